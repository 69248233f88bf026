"""Checks before long work that its result can be written where it is to go.

They write a file and remove it at once, since modes mean nothing to the superuser and are not reliable on some disks.
They make no missing folder: the writer does, so that a command that fails for another reason leaves none behind.
"""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from pathlib import Path

from autoexposure.errors import ConfigError
from autoexposure.plain_text import plain


def check_file(path: Path, *, folder_may_be_missing: bool = False) -> None:
    """Raise ConfigError, with the reason, if no file could be written to ``path``; ``-`` is standard output."""
    if str(path) == "-":
        return
    try:
        if path.exists():
            _check_there(path)
            return
        folder = path.absolute().parent
        if not folder_may_be_missing and not folder.exists():
            raise _error(errno.ENOENT)
        _check_can_hold(folder)
    except OSError as error:
        reason = error.strerror or error
        raise ConfigError(f"{plain(path)} can't be written ({reason}): name a file in a folder that exists") from error


def check_folder(path: Path) -> None:
    """Raise ConfigError, with the reason, if no files could be written into the folder ``path``; it may be missing."""
    try:
        _check_can_hold(path.absolute())
    except OSError as error:
        reason = error.strerror or error
        raise ConfigError(f"nothing can be written into {plain(path)} ({reason}): name another folder") from error


def _check_there(path: Path) -> None:
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise _error(errno.EISDIR)
    if stat.S_ISREG(mode):
        _check_can_hold(path.absolute().parent)  # a new file replaces this one
        os.close(os.open(path, os.O_WRONLY))  # and it was not made read-only on purpose
    elif not os.access(path, os.W_OK):  # a pipe must not be opened before somebody reads it
        raise _error(errno.EACCES)


def _check_can_hold(folder: Path) -> None:
    """Whether a file can be made in ``folder``, or in the folder in which it would have to be made itself."""
    while not folder.exists():
        folder = folder.parent
    if not folder.is_dir():
        raise _error(errno.ENOTDIR)
    with tempfile.TemporaryFile(dir=folder):
        pass


def _error(number: int) -> OSError:
    return OSError(number, os.strerror(number))
