import json
import os
from pathlib import Path

import pytest

from autoexposure.camera import CameraInfo
from autoexposure.errors import CameraError, ConfigError
from autoexposure.journal import Journal

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


def test_an_entry_stays_when_the_camera_refuses(tmp_path: Path) -> None:
    journal, camera = Journal(tmp_path), Restorable()
    journal.note(INFO, ORIGINAL)
    camera.refuse = True
    with pytest.raises(CameraError):
        journal.put_back(camera)
    assert journal.find(INFO.stable_id) is not None


def test_no_half_written_entry_is_ever_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CameraError, match="No space left on device"):
        Journal(tmp_path).note(INFO, ORIGINAL)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "{", json.dumps({"spec": "v4l2:"}), "[1, 2]"])
def test_a_damaged_entry_is_named_and_kept(tmp_path: Path, text: str) -> None:
    journal = Journal(tmp_path)
    journal.note(INFO, ORIGINAL)
    (path,) = tmp_path.iterdir()
    path.write_text(text)
    with pytest.raises(ConfigError, match=path.name):
        journal.find(INFO.stable_id)
    assert path.exists()
