"""The terminal: texts are printed as they stand, and no letter that its encoding lacks ends the program."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.progress import TextColumn


def console(*, stderr: bool = False) -> Console:
    """Make rich's standard output (or error) without markup, which a camera named ``[/x]`` would break."""
    return Console(stderr=stderr, markup=False, emoji=False)


def described(width: int = 0) -> TextColumn:
    """Make the column of a progress bar that names the work, at least ``width`` wide, without markup."""
    return TextColumn(f"{{task.description:<{width}}}" if width else "{task.description}", markup=False)


def never_fail_over_a_letter() -> None:
    """Print a question mark where the terminal's or the pipe's encoding lacks a letter, instead of ending."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a test's own stream, or none at all under pythonw, has nothing to set
            stream.reconfigure(errors="replace")
