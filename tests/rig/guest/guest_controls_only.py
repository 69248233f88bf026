"""In the guest: another program streams the webcam and writes what it sees to a file, by which we set the webcam."""

import json
import math
import subprocess
import sys

import pytest

from autoexposure.errors import CameraBusy
from drivers.discovery import open_camera

CAMERA = "v4l2:/dev/video0"
DARK = {"auto_exposure": 1, "exposure_time_absolute": 42, "gain": 0}
DARK_EV = math.log2(0.0042)

OTHER_PROGRAM = """
import os, sys, cv2
capture = cv2.VideoCapture("/dev/video0", cv2.CAP_V4L2)
capture.set(cv2.CAP_PROP_FRAME_WIDTH, 320)
capture.set(cv2.CAP_PROP_FRAME_HEIGHT, 240)
while True:
    there, picture = capture.read()
    assert there
    cv2.imwrite("part.jpg", picture)
    os.replace("part.jpg", "newest.jpg")
    print(".", end="", flush=True)
"""


@pytest.fixture
def newest(tmp_path):
    """The picture that another program keeps writing."""
    with open_camera(f"{CAMERA},size=320x240") as camera:
        camera.restore({**camera.settings(), **DARK})
    other = subprocess.Popen([sys.executable, "-c", OTHER_PROGRAM], cwd=tmp_path, stdout=subprocess.PIPE)
    assert other.stdout.read(3) == b"..."
    yield tmp_path / "newest.jpg"
    alive = other.poll() is None
    other.kill()
    other.communicate()
    assert alive, "the other program was disturbed"


def test_it_is_set_by_what_the_other_program_shows_and_put_back(newest, tmp_path):
    with pytest.raises(CameraBusy):
        open_camera(CAMERA)
    lines = tmp_path / "frames.jsonl"
    command = [sys.executable, "-m", "autoexposure", "run", "--camera", CAMERA, "--meter-from", str(newest)]
    command += ["--meter", "average", "--frames", "90", "--quiet", "--json", str(lines)]
    subprocess.run(command, check=True, timeout=90)
    frames = [json.loads(line) for line in lines.read_text().splitlines()]
    assert len(frames) == 90
    assert frames[-1]["commanded_ev"] > DARK_EV + 1
    assert frames[-1]["state"] == "converged"
    assert abs(frames[-1]["delta_ev"]) < 0.3
    with open_camera(f"controls:{CAMERA}") as camera:
        settings = camera.settings()
    assert {name: settings[name] for name in DARK} == DARK
