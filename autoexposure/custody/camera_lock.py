"""One program a camera: a lock on a file beside the camera's note, freed by the system however its owner ends.

It belongs to the open file and not to the process, so that a second session in the same process is refused as well. The
file stays, for deleting it would let two programs lock two files of one name. What stands in it, the process and its
program, is for people only.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import sys
from pathlib import Path

from autoexposure.errors import CameraBusy
from autoexposure.plain_text import plain

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

log = logging.getLogger(__name__)

LOCKED_BYTE = 1 << 30
"""On Windows no other process can read a byte that is locked, so it lies far behind what stands in the file."""

NO_LOCKS_HERE = frozenset({errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP})
"""What file systems without locks say, some network ones among them."""


class CameraLock:
    """Held from construction to ``close``.

    Parameters
    ----------
    path : of the lock's file; its folder exists.
    name : what messages call the camera.

    Raises CameraBusy, which names the process that holds it, and OSError where no file can be made.
    """

    def __init__(self, path: Path, name: str) -> None:
        self._file: int | None = _opened(path)
        try:
            _lock(self._file)
        except BlockingIOError as error:
            owner = _owner(self._file)
            self.close()
            raise CameraBusy(f"{name} is in use by {owner}: close that one first") from error
        except OSError as error:
            if error.errno not in NO_LOCKS_HERE:
                self.close()
                raise
            log.warning("%s is not locked, since %s has no locks: start it in one program only", name, path.parent)
        _sign(self._file)

    def close(self) -> None:
        """Let others have the camera. Callable twice."""
        file, self._file = self._file, None
        if file is not None:
            os.close(file)


def _opened(path: Path) -> int:
    """The lock's file; to be read only, where it is there and nothing can be written: that is enough for a lock."""
    flags = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | flags, 0o600)
    except OSError:
        if not path.is_file():
            raise
        return os.open(path, os.O_RDONLY | flags)


def _lock(file: int) -> None:
    """Lock, or raise BlockingIOError at once if it is locked already."""
    if sys.platform == "win32":
        os.lseek(file, LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except PermissionError as error:
            raise BlockingIOError(errno.EAGAIN, "locked") from error
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _sign(file: int) -> None:
    program = Path(sys.argv[0]).name if sys.argv and sys.argv[0] else "python"
    with contextlib.suppress(OSError):  # a full or read-only disk costs the name in a message, not the lock
        os.lseek(file, 0, os.SEEK_SET)
        os.ftruncate(file, 0)
        os.write(file, f"{os.getpid()} {program}".encode(errors="replace"))


def _owner(file: int) -> str:
    try:
        os.lseek(file, 0, os.SEEK_SET)
        pid, _, program = os.read(file, 300).decode(errors="replace").partition(" ")
    except OSError:
        pid = program = ""
    if pid == str(os.getpid()):
        return f"this very program (process {pid})"
    if not pid.isdecimal():
        return "another autoexposure"
    return f"another autoexposure (process {pid[:10]}, {plain(program, 40) or 'of unknown name'})"
