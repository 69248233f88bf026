"""The console script, also as ``python -m autoexposure``."""

from __future__ import annotations

import sys


def main() -> None:
    """Load the command line and run it; Ctrl+C while it loads ends it without a word, as it does later."""
    try:
        from autoexposure.cli.main import main as run
    except KeyboardInterrupt:
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
