"""Files that are written whole or not at all: after a kill or a full disk half-way, the previous one is still there.

A file being written is a ``tmp????????.part`` beside the one it becomes, locked by its process. The lock tells what a
killed process left behind from what a running one is writing, so that ``sweep`` removes only the former.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from autoexposure.files.private_files import make_folder, sync_folder

if sys.platform != "win32":
    import fcntl

log = logging.getLogger(__name__)

PARTS = "tmp????????.part"
"""How ``tempfile`` names what ``atomic_open`` writes; the ``.part`` files of other programs are left alone."""


@contextmanager
def atomic_open(path: Path, *, new: bool = False) -> Iterator[BinaryIO]:
    """Open a file that becomes ``path``, on the disk and for this user alone, when the block ends without an error.

    Missing folders are made, a link is followed, and a device or pipe is written into directly. Raises OSError. If it
    does, or the block raises, nothing of the new file stays behind.

    ``new`` : replace nothing: raise FileExistsError if ``path`` is there by then.
    """
    if new and (path.exists() or path.is_symlink()):
        raise _exists(path)
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
            (rename_to_new if new else os.replace)(part, path)
        except BaseException:
            if sys.platform == "win32":
                file.close()
            part.unlink(missing_ok=True)
            raise
    sync_folder(path.parent)


def atomic_write(path: Path, content: str | bytes, *, new: bool = False) -> None:
    """Put ``content`` (text as UTF-8) on the disk as ``path``, for this user alone; its folder is made if missing.

    Raises OSError, and leaves nothing of the new file behind then. ``new`` : as of `atomic_open`.
    """
    data = content.encode() if isinstance(content, str) else content
    with atomic_open(path, new=new) as file:
        file.write(data)


def write_new(folder: Path, stem: str, ending: str, content: str | bytes, now: datetime) -> Path:
    """Put ``content`` on the disk in ``folder``, named after what it is and when it was made; return where.

    No file is replaced, whoever made it, and whenever. ``ending`` : with its dot. Raises OSError as `atomic_write`.
    """
    make_folder(folder)  # here, since a file in its place raises the very error that asks for another number below
    name = f"{stem}-{now:%Y-%m-%d-%H%M%S}"
    for number in itertools.count(1):
        path = folder / (f"{name}{ending}" if number == 1 else f"{name}-{number}{ending}")
        with contextlib.suppress(FileExistsError):
            atomic_write(path, content, new=True)
            return path
    raise AssertionError("numbers don't end")


def sweep(folder: Path) -> None:
    """Remove what killed processes left half-written in ``folder`` itself, not below; raises nothing.

    The owner of a folder calls this at the start. What a running process writes is locked, and stays.
    """
    for part in folder.glob(PARTS):
        try:
            _remove_if_abandoned(part)
        except OSError as error:  # locked, or on a file system without locks, where all of them stay
            log.debug("%s is left alone: %s", part, error)


def _remove_if_abandoned(part: Path) -> None:
    if sys.platform == "win32":
        part.unlink(missing_ok=True)  # refused while a process has it open
        return
    if part.is_symlink() or not part.is_file():
        return
    descriptor = os.open(part, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        part.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def rename_to_new(part: Path, path: Path) -> None:
    """As os.rename on Windows: raises FileExistsError instead of replacing a file."""
    try:
        if sys.platform == "win32":
            os.rename(part, path)
            return
        os.link(part, path)
    except FileExistsError:
        raise _exists(path) from None
    except OSError:  # a file system without hard links, as on memory cards
        if path.exists():
            raise _exists(path) from None
        os.replace(part, path)
    else:
        part.unlink()


def _exists(path: Path) -> FileExistsError:
    return FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))


def _new_part(folder: Path) -> tuple[BinaryIO, Path]:
    """Make a part file, locked; return it with its path. If a sweep takes it before it is locked, make another."""
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
