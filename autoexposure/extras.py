"""What the program can do with more packages than it needs, and the one sentence that says how to get them."""

from __future__ import annotations

import shlex
import subprocess
import sys
from importlib.util import find_spec


def install_command(extra: str) -> str:
    """The command that adds an extra of pyproject.toml to the very Python that runs this program, for a shell."""
    words = [sys.executable or "python", "-m", "pip", "install", f"autoexposure[{extra}]"]
    return subprocess.list2cmdline(words) if sys.platform == "win32" else shlex.join(words)


def not_installed(needed: str, extra: str) -> str:
    """A sentence without its full stop: ``needed`` names what needs which library, as in "--plot needs matplotlib"."""
    return f"{needed}, which is not installed: run {install_command(extra)}"


def first_missing(*modules: str) -> str:
    """The first of these top-level modules that is not installed, or nothing; none of them is loaded."""
    return next((module for module in modules if find_spec(module) is None), "")
