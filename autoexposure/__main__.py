"""The console script, also as ``python -m autoexposure``."""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> None:
    """Load the command line and run it; Ctrl+C while it loads ends it without a word, as it does later."""
    try:
        from autoexposure.cli.main import main as run
    except KeyboardInterrupt:
        sys.exit(130)
    run()


def _import_nothing_from(folder: Path) -> None:
    """Take the current folder, ``folder``, off the search path, where ``python -m`` puts it before everything else.

    A folder named ``models`` there would be imported instead of the program's own. It stays where the program itself
    is found in it.
    """
    own = Path(__file__).resolve().parent.parent
    if not sys.flags.safe_path and folder.resolve() != own and Path(sys.path[0]).resolve() == folder.resolve():
        del sys.path[0]


if __name__ == "__main__":
    _import_nothing_from(Path.cwd())
    main()
