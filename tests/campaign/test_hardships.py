"""What survives what, besides kill -9: power cut, full disk, read-only home, a second instance, a clock that jumps.

The table in SECURITY.md names these tests.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.campaign.kept_camera import ORIGINAL, plug_in, set_to
from tests.campaign.table import row
from tests.campaign.victims import DEVICE
from tests.campaign.warmed import Ended, Trials

DEVICES = (DEVICE, *(f"{DEVICE}{number}" for number in range(3)))
KINDS = ("loop", "store", "journal", "settings", "recording", "models")
SMALL_KB = 4096
FEW_KB = 24
"""What is left of it: room for a first note, or half a recording, and then for nothing."""


def with_devices(home: Path) -> Path:
    """A home, its cameras beside it: they have a memory of their own."""
    home.mkdir(parents=True, exist_ok=True)
    for name in DEVICES:
        plug_in(home.parent / name)
        (home / name).symlink_to(home.parent / name)
    return home


@contextmanager
def disk(home: Path, options: str) -> Iterator[Callable[[str], None]]:
    """A file system of its own at ``home``; yields what mounts it anew with other options."""
    home.mkdir(parents=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "none", str(home)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a small disk can't be mounted here: {mounted.stderr.strip()}")
    try:
        yield lambda changed: subprocess.run(["mount", "-o", f"remount,{changed}", str(home)], check=True) and None
    finally:
        subprocess.run(["umount", "-l", str(home)], check=True)


def survives(trials: Trials, home: Path, kind: str, said: Ended, **given: object) -> None:
    """The next start finds all that was promised."""
    given |= {"by_command": False} if kind == "loop" else {}
    promised = [line for line in said.said if not line.startswith("refused")]
    after = trials.run(f"tests.campaign.victims:after_{kind}", home, said=promised, **given)
    assert after.code == 0, after.out + after.err


@pytest.mark.parametrize("kind", ["loop", "journal", "recording", "models"])
def test_a_power_cut_takes_nothing_that_was_promised(trials: Trials, home: Path, kind: str) -> None:
    for after in (1, 2, 3, 5, 8):
        place = with_devices(home / str(after) / "home")
        cut = trials.run("tests.campaign.hardships:power_cut", place, victim=kind, after=after)
        row(f"power cut: {kind}").note(cut)
        assert len(cut.said) == after, cut.err
        if kind == "recording":
            continue  # up to its last second, see tests/autoexposure/recording/test_writer.py
        survives(trials, place, kind, cut)


SAVES_TWICE = """
import sys
from PyQt6.QtCore import QSettings
settings = QSettings(sys.argv[1], QSettings.Format.IniFormat)
for value in "ab":
    settings.setValue("meter", value)
    settings.sync()
"""


def test_settings_are_on_the_disk_before_they_have_their_name(tmp_path: Path) -> None:
    watched = ["strace", "-f", "-e", "trace=fsync,fdatasync,rename,renameat,renameat2,linkat"]
    command = [*watched, sys.executable, "-c", SAVES_TWICE, str(tmp_path / "window.ini")]
    try:
        seen = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("strace is not installed: Qt's own calls can't be watched")
    if seen.returncode:
        pytest.skip(f"Qt's own calls can't be watched here: {seen.stderr[-200:]}")
    synced, named = False, 0
    for line in seen.stderr.splitlines():
        synced = synced or "sync(" in line
        if "window.ini" in line and line.endswith("= 0"):
            assert synced, seen.stderr
            named += 1
            synced = "window.ini." in line.rpartition(",")[0].rpartition('"')[0]  # a name under way, renamed at once
    assert named >= 2


@pytest.mark.parametrize("kind", KINDS)
def test_a_full_disk_is_a_sentence_and_takes_nothing_that_was_promised(trials: Trials, home: Path, kind: str) -> None:
    with disk(home, f"size={SMALL_KB}k"):
        with_devices(home)
        if kind == "store":  # with some answers in it
            assert trials.run("tests.campaign.victims:store", home).code == 0
        with (home / "filler").open("wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(bytes(1024))
            except OSError:
                filler.truncate(max(0, filler.tell() - FEW_KB * 1024))
        full = trials.run("tests.campaign.hardships:refused", home, victim=kind)
        row(f"full disk: {kind}").note(full)
        assert full.code == 0, full.err
        (home / "filler").unlink()
        if kind != "settings":  # Qt says nothing, and keeps the file before
            survives(trials, home, kind, full)


@pytest.mark.parametrize("kind", KINDS)
def test_a_read_only_home_is_a_sentence_and_leaves_the_camera_alone(trials: Trials, home: Path, kind: str) -> None:
    with disk(home, "size=4m") as remount:
        with_devices(home)
        for name in (".out", ".err"):
            (home / name).symlink_to(home.parent / name)
        remount("ro")
        refused = trials.run("tests.campaign.hardships:refused", home, victim=kind)
        row(f"read-only home: {kind}").note(refused)
        assert refused.code == 0, refused.err
        assert all(set_to(home / name) == ORIGINAL for name in DEVICES)
        if kind != "settings":
            assert any(line.startswith("refused") for line in refused.said)


@pytest.mark.parametrize("kind", ["store", "models", "settings"])
def test_two_instances_keep_what_both_promised(trials: Trials, others: Trials, home: Path, kind: str) -> None:
    home.mkdir()
    assert trials.run(f"tests.campaign.victims:{kind}", home).code == 0
    ended: list[Ended] = []
    beside = threading.Thread(target=lambda: ended.append(others.run(f"tests.campaign.victims:{kind}", home)))
    beside.start()
    ended.append(trials.run(f"tests.campaign.victims:{kind}", home))
    beside.join()
    for one in ended:
        row(f"second instance: {kind}").note(one)
        assert one.code == 0, one.err
    both = Ended((*ended[0].said, *ended[1].said), 0, False, 0.0, 0.0, "", "")
    survives(trials, home, kind, both, **({"instances": 2} if kind == "models" else {}))


def test_a_second_instance_leaves_the_camera_to_the_first(trials: Trials, others: Trials, home: Path) -> None:
    with_devices(home)
    arguments = ["run", "--camera", f"kept:{home / DEVICE}", "--meter", "average", "--quiet"]
    ended: list[Ended] = []
    call = "tests.campaign.warmed:cli"
    beside = threading.Thread(
        target=lambda: ended.append(others.run(call, home, arguments=[*arguments, "--seconds", "4"]))
    )
    beside.start()
    while set_to(home / DEVICE) == ORIGINAL and beside.is_alive():
        time.sleep(0.01)
    second = trials.run(call, home, arguments=[*arguments, "--frames", "3"])
    still_its_own = set_to(home / DEVICE)["automatic"] == 0 if beside.is_alive() else None
    beside.join()
    row("second instance: loop").note(second)
    assert second.code == 1, second.out + second.err
    assert "autoexposure: " in second.err
    assert still_its_own is not False
    assert ended[0].code == 0, ended[0].err
    assert set_to(home / DEVICE) == ORIGINAL


@pytest.mark.parametrize("kind", KINDS)
def test_a_clock_that_jumps_takes_nothing(trials: Trials, home: Path, kind: str) -> None:
    with_devices(home)
    jumped = trials.run("tests.campaign.hardships:clock_jumps", home, victim=kind)
    row(f"clock jump: {kind}").note(jumped)
    assert jumped.code == 0, jumped.err
    survives(trials, home, kind, jumped)


@pytest.mark.long
@pytest.mark.parametrize("hardship", ["a full disk", "a read-only home", "a clock that jumps"])
def test_a_training_keeps_its_last_checkpoint(tmp_path: Path, home: Path, hardship: str) -> None:
    pytest.importorskip("torch")
    small = "size=200m" if hardship != "a full disk" else f"size={TRAINING_MB}m"
    warm = ["torch", "models.training.finetune", "tests.campaign.victims"]
    with Trials(tmp_path / "warm", warm) as trials, disk(home, small) as remount:
        begun = trials.run("tests.campaign.victims:training", home, kill_after_s=10.0)
        assert any(line.startswith("step") for line in begun.said)
        if hardship == "a read-only home":
            for name in (".out", ".err"):
                (home / name).unlink(missing_ok=True)
                (home / name).symlink_to(home.parent / name)
            remount("ro")
        if hardship == "a full disk":
            (home / "filler").write_bytes(bytes(TRAINING_MB * 1_000_000 - used_bytes(home) - 1_000_000))
        wrapper = "clock_jumps" if hardship == "a clock that jumps" else "refused"
        given = {"victim": "training", "kill_after_s": 4.0}
        met = trials.run(f"tests.campaign.hardships:{wrapper}", home, **given)
        row(f"{hardship}: training").note(met)
        assert "Traceback" not in met.err, met.err
        both = Ended((*begun.said, *met.said), 0, False, 0.0, 0.0, "", "")
        remount("rw")
        (home / "filler").unlink(missing_ok=True)
        survives(trials, home, "training", both)


@pytest.mark.long
def test_two_trainings_in_one_folder_leave_a_whole_checkpoint(tmp_path: Path, home: Path) -> None:
    pytest.importorskip("torch")
    warm = ["torch", "models.training.finetune", "tests.campaign.victims"]
    call = ("tests.campaign.victims:training", home)
    with Trials(tmp_path / "one", warm) as trials, Trials(tmp_path / "other", warm) as others:
        ended: list[Ended] = []
        beside = threading.Thread(target=lambda: ended.append(others.run(*call, kill_after_s=8.0)))
        beside.start()
        ended.append(trials.run(*call, kill_after_s=8.0))
        beside.join()
        for one in ended:
            row("second instance: training").note(one)
        survives(trials, home, "training", Ended((), 0, False, 0.0, 0.0, "", ""))


TRAINING_MB = 30
"""Room for the checkpoint before and not for the next, about 4 MB of weights and twice that of the optimiser each."""


def used_bytes(home: Path) -> int:
    """Of the files there."""
    return sum(path.stat().st_size for path in home.rglob("*") if path.is_file())
