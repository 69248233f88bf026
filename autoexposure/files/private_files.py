"""Files and folders for this user alone: 0600 and 0700 whatever the umask is, even where they exist already.

What the program keeps shows the user's room and names their cameras, so there is one rule for all of it. A folder that
the user chose and that exists keeps its mode; what is written into it is private all the same. On Windows modes say
nothing: there a user's profile is private by default.
"""

from __future__ import annotations

import errno
import logging
import os
import stat
import sys
from pathlib import Path

log = logging.getLogger(__name__)

FILE_MODE = 0o600
FOLDER_MODE = 0o700
OTHERS = 0o077
"""The permission bits of everybody but the owner."""

_NO_FOLDER_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EACCES})
"""Errors of file systems that can't sync a folder, and of folders that may be written but not read."""


def private(path: str | os.PathLike[str], flags: int) -> int:
    """The ``opener`` of ``open``: a new file is made private, and an old one becomes so. Raises OSError."""
    descriptor = os.open(path, flags, FILE_MODE)
    if sys.platform != "win32":
        status = os.fstat(descriptor)
        if stat.S_ISREG(status.st_mode) and status.st_mode & OTHERS and status.st_uid == os.geteuid():
            os.fchmod(descriptor, FILE_MODE)
    return descriptor


def make_folder(folder: Path) -> None:
    """Make ``folder`` and what is missing above it, private and on the disk. One that exists stays as it is.

    Raises OSError.
    """
    if folder.is_dir():
        return
    make_folder(folder.parent)
    try:
        folder.mkdir(FOLDER_MODE)
    except FileExistsError:  # another process was faster, or it is a file
        if not folder.is_dir():
            raise
    else:
        sync_folder(folder.parent)


def own_folder(folder: Path) -> None:
    """Make a folder that belongs to the program, private also if it exists. Raises OSError if it can't be made."""
    make_folder(folder)
    tighten(folder.resolve())


def tighten(path: Path) -> None:
    """Take a file or folder that exists away from everybody but its owner. Links are not followed; raises nothing.

    The owner's own rights stay as they are. It is changed by name, without opening it: closing a second descriptor of a
    file drops the locks that SQLite has on it.
    """
    if sys.platform == "win32":
        return
    try:
        mode = path.lstat().st_mode
        if (stat.S_ISDIR(mode) or stat.S_ISREG(mode)) and mode & OTHERS:
            path.chmod(stat.S_IMODE(mode) & ~OTHERS)
    except FileNotFoundError:
        pass  # gone meanwhile
    except OSError as error:
        log.warning("%s stays readable for other users of this computer: %s", path, error.strerror or error)


def sync_folder(folder: Path) -> None:
    """Put the entries of ``folder`` on the disk: what was renamed or made in it survives a power cut from then on.

    Raises OSError if the disk refuses. Windows has no such thing and needs none.
    """
    if sys.platform == "win32":
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
