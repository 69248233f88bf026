"""What this program prints on: every text is shown as it stands, and no letter is one too many for the terminal."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.progress import TextColumn


def console(*, stderr: bool = False) -> Console:
    """Standard output (or error) of rich, with its markup off: a camera named ``[/x]`` would end the program."""
    return Console(stderr=stderr, markup=False, emoji=False)


def described(width: int = 0) -> TextColumn:
    """The column of a progress bar that says what is done, at least ``width`` wide, without markup."""
    return TextColumn(f"{{task.description:<{width}}}" if width else "{task.description}", markup=False)


def never_fail_over_a_letter() -> None:
    """Print a question mark where the terminal's or the pipe's encoding lacks a letter, instead of ending."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a test's own stream, or none at all under pythonw, has nothing to set
            stream.reconfigure(errors="replace")
