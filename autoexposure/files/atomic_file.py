"""Files that are written whole or not at all: killed or out of space half-way, the one before is still there.

A file under way is a ``tmp????????.part`` beside the one it becomes, locked by the process that writes it. So what a
killed process left is told from what another one writes at this moment, and ``sweep`` removes only the former.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from autoexposure.files.private_files import make_folder, sync_folder

if sys.platform != "win32":
    import fcntl

log = logging.getLogger(__name__)

PARTS = "tmp????????.part"
"""How ``tempfile`` names what ``atomic_open`` writes; other programs' ``.part`` files are left alone."""


@contextmanager
def atomic_open(path: Path) -> Iterator[BinaryIO]:
    """A file to write into that becomes ``path``, on the disk and for this user alone, when the block ends well.

    Missing folders are made, a link is followed, and a device or pipe is simply written into. Raises OSError; then, and
    if the block raises, nothing of the new file is left behind.
    """
    if path.exists() and not path.is_file():
        with open(path, "wb") as stream:
            yield stream
        return
    if path.is_symlink() and path.exists():
        path = path.resolve()
    make_folder(path.parent)
    file, part = _new_part(path.parent)
    with file:
        try:
            yield file
            file.flush()
            os.fsync(file.fileno())
            if sys.platform == "win32":  # which renames no open file; elsewhere the lock is held until it is done
                file.close()
            os.replace(part, path)
        except BaseException:
            if sys.platform == "win32":
                file.close()
            part.unlink(missing_ok=True)
            raise
    sync_folder(path.parent)


def atomic_write(path: Path, content: str | bytes) -> None:
    """Put ``content`` (text as UTF-8) on the disk as ``path``, for this user alone; its folder is made if missing.

    Raises OSError, and leaves nothing of the new file behind then.
    """
    data = content.encode() if isinstance(content, str) else content
    with atomic_open(path) as file:
        file.write(data)


def sweep(folder: Path) -> None:
    """Remove what killed processes left half-written in ``folder`` itself; raises nothing.

    Whoever owns a folder calls this at the start. What a running process writes is locked, and stays.
    """
    for part in folder.glob(PARTS):
        try:
            _remove_if_abandoned(part)
        except OSError as error:  # locked, or on a file system without locks, where nobody can tell
            log.debug("%s is left alone: %s", part, error)


def _remove_if_abandoned(part: Path) -> None:
    if sys.platform == "win32":
        part.unlink(missing_ok=True)  # refused while somebody has it open
        return
    if part.is_symlink() or not part.is_file():
        return
    descriptor = os.open(part, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        part.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def _new_part(folder: Path) -> tuple[BinaryIO, Path]:
    """A file under way, and its name. Between its making and its lock a sweep may take it: then another is made."""
    while True:
        descriptor, name = tempfile.mkstemp(suffix=".part", dir=folder)
        file = os.fdopen(descriptor, "wb")
        if sys.platform != "win32":
            with contextlib.suppress(OSError):  # a file system without locks; nothing is swept there either
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            if not os.fstat(descriptor).st_nlink:
                file.close()
                continue
        return file, Path(name)
