"""One at a time: what reads a file and writes it anew must not lose what another process wrote between the two."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

if sys.platform != "win32":
    import fcntl


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Hold off other processes and threads that do the same in ``folder``.

    The system lets go of the lock when a process is killed. On Windows, and on a file system without locks, nobody is
    held off. Raises OSError if there is no such folder.
    """
    if sys.platform == "win32":
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
