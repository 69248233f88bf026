"""In the guest: another program streams the webcam and writes what it sees to a file, by which we set the webcam."""

import math
import os
import sys
from pathlib import Path

import cv2
import pytest

from autoexposure.errors import CameraBusy
from drivers.discovery import open_camera

sys.path.insert(0, str(Path(__file__).parent))

from guest_program import Program
from webcam import SIZE, Child, wait_until

WEBCAM = "--delay 2"
CAMERA = "v4l2:/dev/video0"
DARK = {"auto_exposure": 1, "exposure_time_absolute": 42, "gain": 0}
DARK_EV = math.log2(0.0042)


def show_in(newest: Path) -> None:
    """What the other program does, for ever."""
    capture = cv2.VideoCapture("/dev/video0", cv2.CAP_V4L2)
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, 160)
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, 120)
    while True:
        there, picture = capture.read()
        assert there
        part = str(newest.with_name("part.jpg"))
        cv2.imwrite(part, picture)
        os.replace(part, newest)


@pytest.fixture
def newest(tmp_path):
    """The picture that another program keeps writing."""
    with open_camera(f"{CAMERA},{SIZE}") as camera:
        camera.restore({**camera.settings(), **DARK})
    picture = tmp_path / "newest.jpg"
    other = Child(lambda: show_in(picture), tmp_path / "out", tmp_path / "err")
    assert wait_until(picture.exists)
    yield picture
    alive = other.poll() is None
    other.kill()
    assert alive, "the other program was disturbed"


def test_it_is_set_by_what_the_other_program_shows_and_put_back(newest, tmp_path):
    with pytest.raises(CameraBusy):
        open_camera(CAMERA)
    options = ["--meter-from", str(newest), "--meter", "average", "--frames", "90"]
    with Program(tmp_path, *options, camera=CAMERA) as program:
        assert program.process.wait() == 0
    frames = program.lines
    assert len(frames) == 90
    assert frames[-1]["commanded_ev"] > DARK_EV + 1
    assert frames[-1]["state"] == "converged"
    assert abs(frames[-1]["delta_ev"]) < 0.3
    with open_camera(f"controls:{CAMERA}") as camera:
        settings = camera.settings()
    assert {name: settings[name] for name in DARK} == DARK
