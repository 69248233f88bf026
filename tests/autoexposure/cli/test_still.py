"""`autoexposure still`: one picture, once its exposure is at rest."""

import os
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageChops
from PIL.ExifTags import IFD, Base

from autoexposure.errors import CameraDisconnected, CameraNotFound
from autoexposure.family import Family
from autoexposure.frame import Frame
from drivers import discovery
from drivers.common.no_controls import NoControls
from drivers.common.stream_camera import StreamCamera
from drivers.simulated.camera import open_simulated

SIM = "sim:width=64,height=48,light=steady"

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def still(in_new_home: Call) -> Call:
    """``still(*words)``: the exit code, what was printed, and what was said."""
    return partial(in_new_home, "still", "--meter", "average")


def test_the_picture_is_saved_at_rest_with_its_exposure(still: Call, tmp_path: Path) -> None:
    path = tmp_path / "desk.jpg"
    code, out, err = still(str(path), "--camera", SIM, "--bias", "1")
    assert (code, out.strip(), err) == (0, str(path), "")
    with Image.open(path) as picture:
        detail = picture.getexif().get_ifd(IFD.Exif)
    assert b"converged" in detail[Base.UserComment]
    assert detail[Base.ExposureBiasValue] == 1
    assert detail[Base.ExposureTime] > 0
    assert Base.OffsetTimeOriginal in detail


def test_a_camera_that_was_unplugged_is_not_waited_for(
    still: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[object] = []

    def open_once(rest: str, clock: object) -> StreamCamera:
        if opened:
            raise CameraNotFound("it is gone")
        opened.append(rest)
        return simulated

    def unplugged(_timeout_s: float) -> Frame:
        raise CameraDisconnected("No such device")

    simulated = open_simulated("width=64,height=48")
    monkeypatch.setattr(simulated, "read", unplugged)
    monkeypatch.setitem(discovery.FAMILIES, "brief", Family("brief", open_once))
    monkeypatch.setattr("autoexposure.cli.photographs.waiting.AWAY_S", 0.5)
    path = tmp_path / "desk.jpg"
    began_s = time.monotonic()
    code, _, err = still(str(path), "--camera", "brief:", "--wait", "60")
    assert code == 1
    assert err.count("\n") == 1
    assert "was disconnected and did not come back: connect it" in err
    assert time.monotonic() - began_s < 30, "it would hang"


def test_controls_beside_exposure_are_set_before_it_is_taken(still: Call, tmp_path: Path) -> None:
    path = tmp_path / "grey.png"
    assert still(str(path), "--camera", f"{SIM},controls=many", "--set", "saturation=0")[0] == 0
    with Image.open(path) as picture:
        red, green, blue = picture.split()
    assert ImageChops.difference(red, green).getextrema()[1] <= 2
    assert ImageChops.difference(green, blue).getextrema()[1] <= 2


def test_without_a_name_it_goes_among_the_documents(still: Call, tmp_path: Path) -> None:
    code, out, _ = still("--camera", SIM, "--overlay", "--maps")
    names = [Path(line) for line in out.splitlines()]
    assert code == 0
    assert [name.suffix for name in names] == [".jpg", ".jpg", ".npz"]
    assert all(name.parent.name == "autoexposure" and tmp_path in name.parents for name in names)
    with np.load(names[2]) as maps:
        assert maps["attention"].shape == (15, 15)


def test_a_picture_that_does_not_come_to_rest_is_saved_and_said(still: Call, tmp_path: Path) -> None:
    code, out, err = still(str(tmp_path / "a.png"), "--camera", SIM, "--bias", "3", "--wait", "0")
    assert (code, out.strip()) == (0, str(tmp_path / "a.png"))
    assert "not at rest yet" in err


def test_the_automatic_of_a_camera_that_can_not_be_set_is_waited_for(
    still: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def open_uncontrolled(rest: str, clock: object) -> StreamCamera:
        pictures = open_simulated("width=64,height=48,native=on")
        return StreamCamera(pictures.info, pictures, NoControls("Nothing can be set."), 1 / 30)

    monkeypatch.setitem(discovery.FAMILIES, "fixed", Family("fixed", open_uncontrolled))
    code, _, err = still(str(tmp_path / "a.png"), "--camera", "fixed:")
    assert (code, err) == (0, "")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a.gif", "saved as .jpg or .png"),
        ("no/a.jpg", "can't be written"),
        (f"{'x' * 300}.jpg", "File name too long"),
        ("there.png", "exists already"),
        ("new.png", "new-overlay.png exists already"),
    ],
)
def test_a_name_that_can_not_be_written_is_said_before_a_camera_is_opened(
    still: Call, tmp_path: Path, name: str, said: str
) -> None:
    (tmp_path / "there.png").touch()
    (tmp_path / "new-overlay.png").touch()
    code, _, err = still(str(tmp_path / name), "--overlay", "--camera", "none-such:")
    assert code == 2
    assert said in err
    assert err.count("\n") == 1


def test_who_interrupts_it_gets_no_picture(still: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "autoexposure.cli.photographs.waiting.Shot.look", lambda self, snapshot: os.kill(os.getpid(), signal.SIGTERM)
    )
    code, out, err = still(str(tmp_path / "a.png"), "--camera", SIM)
    assert code == 1
    assert out == ""
    assert "nothing was saved" in err
    assert not (tmp_path / "a.png").exists()
