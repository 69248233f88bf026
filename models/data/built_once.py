"""A folder of large arrays that is built once and used again: photographs shrunk, raw files developed.

It is built as ``NAME.part`` under a lock and gets its name when all of it is on the disk. A build that ended early goes
on from what it last wrote down; two programs that want the same folder build it once.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from autoexposure.errors import ConfigError
from autoexposure.files.atomic_file import atomic_write, sweep
from autoexposure.files.bounded import as_integer, parse_object, read_text
from autoexposure.files.private_files import make_folder, sync_folder
from autoexposure.process.long_work import Tell

if sys.platform != "win32":
    import fcntl

FINISHED = "finished.json"
"""In a folder that is whole."""

_SO_FAR = "so-far.json"
_LOCK = "lock"

KEPT_EVERY_S = 30.0
"""Work that a killed build may lose; building takes hours for millions of photographs."""

TOLD_EVERY = 20
"""Entries between two reports of progress."""

Shapes: TypeAlias = Mapping[str, tuple[tuple[int, ...], DTypeLike]]
"""File name -> shape and type of the array in it; the first axis counts entries."""

Arrays: TypeAlias = Mapping[str, "np.memmap[tuple[int, ...], np.dtype[np.generic]]"]
Fill: TypeAlias = Callable[[Arrays, int], None]


def build_once(home: Path, shapes: Shapes, count: int, fill: Fill, stage: str, tell: Tell) -> None:
    """Have the arrays ``shapes`` in the folder ``home``; ``fill(arrays, index)`` makes entry 0..count-1 of them.

    Raises ConfigError where the disk refuses, and what ``fill`` and ``tell`` raise: what is done by then is kept.
    """
    if (home / FINISHED).is_file():
        return
    part = home.with_name(f"{home.name}.part")
    try:
        _sweep_builds(home.parent, part)
        make_folder(part)
        with _locked(part, stage, tell):
            if not (home / FINISHED).is_file():
                _build(part, shapes, count, fill, stage, tell)
                shutil.rmtree(home, ignore_errors=True)  # an older version's, half-built
                part.replace(home)
                sync_folder(home.parent)
    except OSError as error:
        reason = error.strerror or error
        raise ConfigError(f"the cache of photographs cannot be written to {home}: {reason}") from error


def _build(part: Path, shapes: Shapes, count: int, fill: Fill, stage: str, tell: Tell) -> None:
    sweep(part)
    done = _so_far(part, shapes)
    for name, shape in shapes.items():
        _make_room(part / name, _size_bytes(*shape))
    arrays = {name: np.memmap(part / name, kind, "r+", shape=shape) for name, (shape, kind) in shapes.items()}

    def keep() -> None:
        for array in arrays.values():
            array.flush()
        atomic_write(part / _SO_FAR, json.dumps({"done": done}))

    kept_s = time.monotonic()
    try:
        while done < count:
            if done % TOLD_EVERY == 0:
                tell(stage, done / count)
            fill(arrays, done)
            done += 1
            if time.monotonic() - kept_s >= KEPT_EVERY_S:
                keep()
                kept_s = time.monotonic()
    finally:
        keep()
    tell(stage, 1.0)
    atomic_write(part / FINISHED, json.dumps({"entries": count}))
    (part / _SO_FAR).unlink()


def _so_far(part: Path, shapes: Shapes) -> int:
    """Entries that an earlier build left here; 0 if its arrays are not what they should be."""
    try:
        done = as_integer(parse_object(read_text(part / _SO_FAR))["done"])
        whole = all((part / name).stat().st_size == _size_bytes(*shape) for name, shape in shapes.items())
    except (OSError, ValueError, KeyError, TypeError):
        return 0
    return done if whole and done >= 0 else 0


def _size_bytes(shape: tuple[int, ...], kind: DTypeLike) -> int:
    return int(np.prod(shape)) * np.dtype(kind).itemsize


def _make_room(path: Path, size_bytes: int) -> None:
    """Take the room on the disk beforehand: a full one is an error here, and would kill the process in a memory map."""
    with path.open("ab") as file:
        if hasattr(os, "posix_fallocate"):
            try:
                os.posix_fallocate(file.fileno(), 0, size_bytes)
            except OSError as error:
                if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP):  # a file system that can't tell
                    raise
        file.truncate(size_bytes)


def _sweep_builds(folder: Path, mine: Path) -> None:
    """Remove what ended builds left of other selections of photographs: nothing will go on with them."""
    for other in folder.glob(f"{mine.name.rpartition('-')[0]}-*.part"):
        with suppress(OSError):  # being built by another program, or gone
            if other != mine and (sys.platform == "win32" or _is_free(other)):
                shutil.rmtree(other, ignore_errors=True)


def _is_free(part: Path) -> bool:
    with (part / _LOCK).open("ab") as lock:
        return _try(lock)


@contextmanager
def _locked(part: Path, stage: str, tell: Tell) -> Iterator[None]:
    """Until no other process builds here."""
    if sys.platform == "win32":  # where a folder can't get its name while a file in it is open
        yield
        return
    with (part / _LOCK).open("ab") as lock:
        while not _try(lock):
            tell(f"waiting for another program that is {stage}", 0.0)
            time.sleep(0.2)
        yield


def _try(lock: BinaryIO) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
