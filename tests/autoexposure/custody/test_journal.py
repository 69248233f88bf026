import json
import os
import stat
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from autoexposure.camera import CameraInfo
from autoexposure.custody.journal import VERSION, Journal
from autoexposure.errors import CameraBusy, CameraError

INFO = CameraInfo("v4l2:/dev/video0", "Desk camera", "usb-1.2-serial7")
ORIGINAL = {"auto_exposure": 3, "exposure_time_absolute": 157, "gain": 20}


class Restorable:
    """The part of a camera that the journal touches."""

    info = INFO

    def __init__(self) -> None:
        self.restored: list[dict[str, float]] = []
        self.refuse = False

    def restore(self, settings) -> None:
        if self.refuse:
            raise CameraError("the camera does not answer")
        self.restored.append(dict(settings))


def test_note_then_put_back(tmp_path: Path) -> None:
    journal, camera = Journal(tmp_path / "new" / "folder"), Restorable()
    journal.note(INFO, ORIGINAL)
    assert [entry.settings for entry in journal.entries()] == [ORIGINAL]
    assert journal.put_back(camera)
    assert camera.restored == [ORIGINAL]
    assert journal.entries() == []
    assert not journal.put_back(camera)


def test_the_first_note_is_the_truth(tmp_path: Path) -> None:
    Journal(tmp_path).note(INFO, ORIGINAL)
    kept = Journal(tmp_path).note(INFO, {"auto_exposure": 1})
    assert kept.settings == ORIGINAL


def test_more_can_be_noted_later(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.note(INFO, ORIGINAL)
    assert journal.note(INFO, {"brightness": 3, "gain": 99}).settings == {**ORIGINAL, "brightness": 3}
    assert [entry.settings for entry in Journal(tmp_path).entries()] == [{**ORIGINAL, "brightness": 3}]


class Adjusted(Restorable):
    """Has controls beside exposure."""

    def __init__(self) -> None:
        super().__init__()
        self.adjusted: list[tuple[str, float]] = []

    def adjustments(self) -> tuple[()]:
        return ()

    def adjust(self, name: str, value: float) -> float:
        self.adjusted.append((name, value))
        return value


def test_controls_beside_exposure_are_put_back_by_name_also_where_the_exposure_refuses(tmp_path: Path) -> None:
    journal, camera = Journal(tmp_path), Adjusted()
    white_balance = {"white_balance_automatic": 1, "white_balance_temperature": 4600}
    journal.note(INFO, {**ORIGINAL, **white_balance})
    camera.refuse = True
    with pytest.raises(CameraError, match="does not answer"):
        journal.put_back(camera)
    assert camera.adjusted == [
        ("white_balance_automatic", 0),
        ("white_balance_temperature", 4600),
        ("white_balance_automatic", 1),
    ]
    camera.refuse = False
    assert journal.put_back(camera)
    assert camera.restored == [ORIGINAL]
    assert journal.entries() == []


def test_an_entry_stays_when_the_camera_refuses(tmp_path: Path) -> None:
    journal, camera = Journal(tmp_path), Restorable()
    journal.note(INFO, ORIGINAL)
    camera.refuse = True
    with pytest.raises(CameraError):
        journal.put_back(camera)
    assert journal.find(INFO.stable_id) is not None


def test_a_note_under_a_former_id_is_found_put_back_and_gone(tmp_path: Path) -> None:
    journal, camera = Journal(tmp_path), Restorable()
    journal.note(INFO, ORIGINAL)
    camera.info = replace(INFO, stable_id=f"{INFO.stable_id}-at-1-2", former_id=INFO.stable_id)
    assert journal.note(camera.info, {"gain": 99, "brightness": 1}).settings == {
        "brightness": 1,
        "gain": 99,
        **ORIGINAL,
    }
    assert [entry.stable_id for entry in journal.entries()] == [camera.info.stable_id]
    journal.drop(camera.info)
    journal.note(INFO, ORIGINAL)
    assert journal.put_back(camera)
    assert camera.restored == [ORIGINAL]
    assert journal.entries() == []


def test_no_half_written_entry_is_ever_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CameraError, match="No space left on device"):
        Journal(tmp_path).note(INFO, ORIGINAL)
    assert list(tmp_path.iterdir()) == []


WHOLE = {"version": VERSION, "stable_id": INFO.stable_id, "spec": INFO.spec, "name": INFO.name, "settings": ORIGINAL}
OTHER = CameraInfo("v4l2:/dev/video2", "Other camera", "usb-1.4")


def test_a_note_says_its_version_and_older_ones_are_read(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.note(INFO, ORIGINAL)
    (path,) = tmp_path.iterdir()
    fields = json.loads(path.read_text())
    assert fields.pop("version") == VERSION
    path.write_text(json.dumps({**fields, "pid": 4711}))  # as the first ones were
    entry = journal.find(INFO.stable_id)
    assert entry is not None
    assert entry.settings == ORIGINAL
    assert journal.take_notices() == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no JSON"),
        ("{", "no JSON"),
        ("[1, 2]", "no note of a camera"),
        (json.dumps({"spec": "v4l2:"}), "does not name its camera"),
        (json.dumps({**WHOLE, "version": 2}), "of version 2"),
        (json.dumps({**WHOLE, "version": "\x1b]52;c;x\x07"}), "of version ]52;c;x"),
        (json.dumps({**WHOLE, "stable_id": "another's"}), "belongs to another file"),
        (json.dumps({**WHOLE, "stable_id": 5}), "does not name its camera"),
        (json.dumps({**WHOLE, "settings": {}}), "no numbers"),
        (json.dumps({**WHOLE, "settings": {"gain": "20"}}), "no numbers"),
        (json.dumps({**WHOLE, "settings": {"gain": [1]}}), "no numbers"),
        (json.dumps({**WHOLE, "settings": {"gain": 10**30}}), "no numbers"),
        (json.dumps({**WHOLE, "settings": {"gain": float("nan")}}), "infinite or none"),
        ("[" * 100_000, "nested too deep"),
        (json.dumps({**WHOLE, "name": "x" * 200_000}), "larger than"),
    ],
)
def test_a_note_that_cannot_be_used_is_set_aside_and_costs_no_other_camera(
    tmp_path: Path, text: str, reason: str
) -> None:
    journal = Journal(tmp_path)
    journal.note(INFO, ORIGINAL)
    (path,) = tmp_path.iterdir()
    path.write_text(text)
    path.chmod(0o644)
    journal.note(OTHER, {"gain": 3})
    assert [entry.stable_id for entry in journal.entries()] == [OTHER.stable_id]
    (notice,) = journal.take_notices()
    assert reason in notice
    assert "\x1b" not in notice
    (aside,) = tmp_path.glob("*.set-aside")
    assert str(aside) in notice
    assert aside.read_text() == text
    assert stat.S_IMODE(aside.stat().st_mode) == 0o600
    journal.note(INFO, {"auto_exposure": 1})  # its own camera works again
    assert [entry.stable_id for entry in journal.entries()] != [OTHER.stable_id]
    assert journal.take_notices() == []


def test_what_was_set_aside_before_stays(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for text in ("first", "second"):
        journal.note(INFO, ORIGINAL)
        (path,) = tmp_path.glob("*.json")
        path.write_text(text)
        assert journal.find(INFO.stable_id) is None
    assert {path.read_text() for path in tmp_path.iterdir()} == {"first", "second"}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes in folders")
def test_a_pipe_and_a_folder_in_place_of_a_note(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    os.mkfifo(journal._path("pipe"))
    journal._path("folder").mkdir()
    journal._path("nowhere").symlink_to(tmp_path / "not there")
    assert journal.entries() == []
    assert len(journal.take_notices()) == 2


def test_a_note_that_can_neither_be_used_nor_moved_is_said_and_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path)
    journal._path(INFO.stable_id).write_text("{")

    def refuse(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "rename", refuse)
    assert journal.entries() == []
    assert "can't be moved away either (Read-only file system)" in journal.take_notices()[0]


def test_a_note_that_cannot_be_deleted_costs_nothing_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    journal, camera = Journal(tmp_path), Restorable()
    journal.note(INFO, ORIGINAL)
    monkeypatch.setattr(Path, "unlink", refuse)
    assert journal.put_back(camera)
    assert camera.restored == [ORIGINAL]


def test_settings_that_are_no_numbers_are_never_noted(tmp_path: Path) -> None:
    with pytest.raises(CameraError, match="left alone"):
        Journal(tmp_path).note(INFO, {"gain": float("nan")})
    assert list(tmp_path.iterdir()) == []


def test_one_session_a_camera(tmp_path: Path) -> None:
    with closing(Journal(tmp_path).lock(INFO)):
        with pytest.raises(CameraBusy, match=rf"in use by this very program \(process {os.getpid()}\)"):
            Journal(tmp_path).lock(INFO)
        Journal(tmp_path).lock(OTHER).close()
    Journal(tmp_path).lock(INFO).close()


def test_no_lock_without_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CameraError, match="Desk camera is left alone"):
        Journal(tmp_path / "file").lock(INFO)
