"""Which other programs have a device node open: so that a message can name the one to close."""

from __future__ import annotations

import os
from pathlib import Path

PROCESSES = Path("/proc")


def others_using(path: str) -> list[str]:
    """The programs besides this one that have a device node open, as 'name, process 123'.

    Only those whose open files this user may see; for root that is all.
    """
    found = []
    for process in PROCESSES.glob("[0-9]*"):
        if process.name == str(os.getpid()):
            continue
        try:
            if any(os.readlink(link) == path for link in (process / "fd").iterdir()):
                found.append(f"{(process / 'comm').read_text().strip()}, process {process.name}")
        except OSError:  # it ended meanwhile, or is not ours to look at
            continue
    return sorted(found)


def another_program(path: str) -> str:
    """'another program', with the names of those that have the node open, where they can be seen."""
    others = others_using(path)
    return f"another program ({'; '.join(others)})" if others else "another program"
