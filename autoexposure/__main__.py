"""The console script, also as ``python -m autoexposure``."""

from __future__ import annotations

import os.path
import sys


def main() -> None:
    """Load the command line and run it; Ctrl+C while it loads ends it without a word, as it does later."""
    try:
        from autoexposure.cli.main import main as run
    except KeyboardInterrupt:
        sys.exit(130)
    run()


def _import_nothing_from(folder: str) -> None:
    """Take the current folder, ``folder``, off the search path, where ``python -m`` puts it before everything else.

    A folder named ``models`` there would be imported instead of the program's own, a file ``typing.py`` instead of
    Python's. It stays where the program itself is found in it. Until then nothing is imported that Python has not
    loaded by itself.
    """
    own = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
    folder = os.path.realpath(folder)
    if not sys.flags.safe_path and folder != own and os.path.realpath(sys.path[0]) == folder:
        del sys.path[0]


if __name__ == "__main__":
    _import_nothing_from(os.getcwd())
    main()
