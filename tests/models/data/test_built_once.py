from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from autoexposure.errors import ConfigError, Stopped
from autoexposure.process.long_work import tell_nobody
from models.data.built_once import FINISHED, Arrays, build_once

fcntl = pytest.importorskip("fcntl")

COUNT = 60
SHAPES = {"numbers.u8": ((COUNT, 2), np.uint8)}


class Filling:
    """Writes n + 1 into entry n, and remembers which it was asked for."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def __call__(self, arrays: Arrays, index: int) -> None:
        self.asked.append(index)
        arrays["numbers.u8"][index] = index + 1


def stop_half_way(_stage: str, done: float, /) -> None:
    if done >= 0.5:
        raise Stopped(15, "ended")


def build(home: Path, filling: Filling, tell: object = tell_nobody) -> None:
    build_once(home, SHAPES, COUNT, filling, "filling", tell)


def read(home: Path) -> list[int]:
    array = np.memmap(home / "numbers.u8", np.uint8, "r", shape=(COUNT, 2))
    return [int(value) for value in array[:, 0]]


def test_it_is_built_once(tmp_path: Path) -> None:
    home, filling = tmp_path / "numbers-1", Filling()
    build(home, filling)
    build(home, filling)
    assert filling.asked == list(range(COUNT))
    assert read(home) == list(range(1, COUNT + 1))
    assert [entry.name for entry in tmp_path.iterdir()] == ["numbers-1"]


def test_a_build_that_was_ended_goes_on(tmp_path: Path) -> None:
    home, first, second = tmp_path / "numbers-1", Filling(), Filling()
    with pytest.raises(Stopped):
        build(home, first, stop_half_way)
    assert not home.exists()
    build(home, second)
    assert 0 < second.asked[0] == len(first.asked)
    assert read(home) == list(range(1, COUNT + 1))


KILLED_AT_30 = """
import os, signal, sys
from pathlib import Path
import numpy as np
from autoexposure.process.long_work import tell_nobody
from models.data import built_once

built_once.KEPT_EVERY_S = 0.0

def fill(arrays, index):
    if index == 30:
        os.kill(os.getpid(), signal.SIGKILL)
    arrays["numbers.u8"][index] = index + 1

built_once.build_once(Path(sys.argv[1]), {"numbers.u8": ((60, 2), np.uint8)}, 60, fill, "filling", tell_nobody)
"""


def test_a_killed_build_goes_on_from_what_it_last_kept(tmp_path: Path) -> None:
    home, again = tmp_path / "numbers-1", Filling()
    killed = subprocess.run([sys.executable, "-c", KILLED_AT_30, str(home)], check=False)
    assert killed.returncode == -9
    build(home, again)
    assert again.asked[0] == 30
    assert read(home) == list(range(1, COUNT + 1))


@pytest.mark.parametrize("damage", ["", "[]", '{"done": -3}', '{"done": 30}'])
def test_remains_that_make_no_sense_are_built_anew(tmp_path: Path, damage: str) -> None:
    part = tmp_path / "numbers-1.part"
    part.mkdir()
    (part / "so-far.json").write_text(damage)
    filling = Filling()
    build(tmp_path / "numbers-1", filling)
    assert filling.asked == list(range(COUNT))


def test_half_built_folders_of_other_photographs_are_swept_unless_they_are_being_built(tmp_path: Path) -> None:
    for name in ("numbers-2.part", "numbers-3.part", "others.part"):
        (tmp_path / name).mkdir()
    with (tmp_path / "numbers-3.part" / "lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        build(tmp_path / "numbers-1", Filling())
    assert {entry.name for entry in tmp_path.iterdir()} == {"numbers-1", "numbers-3.part", "others.part"}


def test_while_another_program_builds_the_same_it_waits_and_can_be_ended(tmp_path: Path) -> None:
    part, waited = tmp_path / "numbers-1.part", []
    part.mkdir()

    def tell(stage: str, _done: float, /) -> None:
        waited.append(stage)
        raise Stopped(2, "ended")

    with (part / "lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(Stopped):
            build(tmp_path / "numbers-1", Filling(), tell)
    assert waited == ["waiting for another program that is filling"]


def test_a_file_system_that_keeps_no_room_is_built_on_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unable(*_: object) -> None:
        raise OSError(errno.EOPNOTSUPP, "Operation not supported")

    monkeypatch.setattr(os, "posix_fallocate", unable)
    build(tmp_path / "numbers-1", Filling())
    assert read(tmp_path / "numbers-1") == list(range(1, COUNT + 1))


def test_a_full_disk_is_a_sentence_before_anything_is_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    filling = Filling()
    with pytest.raises(ConfigError, match="No space left on device"):
        build(tmp_path / "numbers-1", filling)
    assert filling.asked == []
    assert not (tmp_path / "numbers-1" / FINISHED).exists()
