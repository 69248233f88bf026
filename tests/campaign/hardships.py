"""What a victim of the campaign meets besides kill -9; each runs in a child of `warmed`, around one of `victims`."""

from __future__ import annotations

import datetime
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from autoexposure.errors import AutoexposureError
from tests.campaign import victims
from tests.campaign.warmed import Say

JUMP_S = 40 * 86_400.0
"""Further than a leap, a time zone or a battery that went flat for a month."""


def refused(say: Say, home: Path, victim: str) -> None:
    """Run ``victim`` where it may fail: then with one of the program's own errors."""
    try:
        getattr(victims, victim)(say, home)
    except AutoexposureError as error:
        say(f"refused {' '.join(str(error).split())}")
    except SystemExit as leaving:
        say(f"refused with exit code {leaving.code}")


def clock_jumps(say: Say, home: Path, victim: str) -> None:
    """Run ``victim`` while the wall clock jumps back and forth by forty days, and the monotonic one forward once."""
    true_time, true_monotonic, calls = time.time, time.monotonic, [0]

    def jumping() -> float:
        calls[0] += 1
        return true_time() + (JUMP_S if calls[0] % 2 else -JUMP_S)

    class Jumping(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Any:
            return datetime.datetime.fromtimestamp(jumping(), tz)

    began_s = true_monotonic()
    time.time = jumping
    time.monotonic = lambda: true_monotonic() + (3600.0 if true_monotonic() - began_s > 0.01 else 0.0)
    from autoexposure.feedback import store as feedback
    from autoexposure.recording import writer as recording

    feedback.datetime = recording.datetime = Jumping  # type: ignore[misc, assignment]  # these modules name the class
    getattr(victims, victim)(say, home)


def power_cut(say: Say, home: Path, victim: str, after: int) -> None:
    """Run ``victim`` and cut the power after so many of its acknowledgements: what no fsync covered is gone.

    A file keeps what was in it at its last fsync, and a name what it stood for at its folder's last one. SQLite and Qt
    write past Python and are not seen here.
    """
    with _disk(home) as lose_power:
        told = 0

        def acknowledge(what: object) -> None:
            nonlocal told
            say(what)
            told += 1
            if told == after:
                lose_power()
                os._exit(0)

        getattr(victims, victim)(acknowledge, home)


@contextmanager
def _disk(home: Path) -> Iterator[Callable[[], None]]:
    """Watch what is certain to be on the disk; yields what puts ``home`` into that state."""
    synced: dict[int, int] = {}  # inode -> bytes of it that are on the disk
    certain: dict[Path, Path | None] = {}  # name -> copy of what it stood for until the folder is synced; None: nothing
    fsync, replace = os.fsync, os.replace
    kept = home.with_name(f"{home.name}.kept")
    kept.mkdir(exist_ok=True)

    def watched_fsync(descriptor: int) -> None:
        fsync(descriptor)
        where = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        if where.is_dir():
            for name in [name for name in certain if name.parent == where]:
                del certain[name]
        else:
            status = os.fstat(descriptor)
            synced[status.st_ino] = status.st_size

    def watched_replace(source: Any, target: Any) -> None:
        name = Path(target).absolute()
        if name not in certain:
            copy = kept / str(len(list(kept.iterdir())))
            certain[name] = Path(shutil.copy(name, copy)) if name.exists() else None
        replace(source, target)

    def lose_power() -> None:
        for path in [path for path in home.rglob("*") if path.is_file() and not path.is_symlink()]:
            if path.name.startswith((victims.DEVICE, ".")):
                continue  # the camera has a memory of its own
            os.truncate(path, min(path.stat().st_size, synced.get(path.stat().st_ino, 0)))
        for name, copy in certain.items():
            if name.is_dir():
                shutil.rmtree(name)
            name.unlink(missing_ok=True)
            if copy is not None:
                shutil.copy(copy, name)

    os.fsync, os.replace = watched_fsync, watched_replace
    try:
        yield lose_power
    finally:
        os.fsync, os.replace = fsync, replace
