"""Files that are written whole or not at all: killed or out of space half-way, the one before is still there.

A file under way is a ``tmp????????.part`` beside the one it becomes, locked by the process that writes it. So what a
killed process left is told from what another one writes at this moment, and ``sweep`` removes only the former.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

if sys.platform != "win32":
    import fcntl

PARTS = "tmp????????.part"
"""How ``tempfile`` names what ``whole_file`` writes; other programs' ``.part`` files are left alone."""


@contextmanager
def whole_file(path: Path, *, private: bool = False) -> Iterator[BinaryIO]:
    """A file to write into that becomes ``path``, on the disk, when the block ends well.

    Missing folders are made. Raises OSError; then, and if the block raises, nothing of the new file is left behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(suffix=".part", dir=path.parent)
    part = Path(name)
    with os.fdopen(descriptor, "wb") as file:
        try:
            if sys.platform != "win32":
                with suppress(OSError):  # a file system without locks: nothing is swept there either
                    fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield file
            file.flush()
            os.fsync(descriptor)
            if not private:
                part.chmod(0o644)
            if sys.platform == "win32":  # which renames no open file
                file.close()
            part.replace(path)
        except BaseException:
            if sys.platform == "win32":
                file.close()
            part.unlink(missing_ok=True)
            raise
    sync_folder(path.parent)


def write_whole(path: Path, content: str | bytes, *, private: bool = False) -> None:
    """Put ``content`` (text as UTF-8) on the disk as ``path``; ``private``: for this user's eyes only.

    Raises OSError, and leaves nothing of the new file behind then.
    """
    with whole_file(path, private=private) as file:
        file.write(content.encode() if isinstance(content, str) else content)


def sweep(folder: Path) -> None:
    """Remove what killed processes left half-written in ``folder`` itself; raises nothing."""
    for part in folder.glob(PARTS):
        with suppress(OSError), part.open("rb") as file:
            if sys.platform != "win32":
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            part.unlink()


def sync_folder(folder: Path) -> None:
    """Put on the disk which files ``folder`` holds. Windows has no such thing and needs none."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
