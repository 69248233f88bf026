"""Run in the guest: the webcam in software through OpenCV's V4L2 backend."""

import itertools
import sys
from pathlib import Path

import pytest

from autoexposure.control.loop import ControlLoop
from autoexposure.custody.journal import Journal
from autoexposure.errors import CameraBusy, ControlTaken
from autoexposure.exposure import Exposure
from autoexposure.metering.classical import AverageMeter
from autoexposure.states import AeState
from drivers.discovery import open_camera

sys.path.insert(0, str(Path(__file__).parent))

from webcam import SIZE, WebcamRemote

WEBCAM = "--delay 2"
SPEC = f"opencv:/dev/video0,{SIZE}"
WAIT_S = 20.0
"""Patience with a guest that gets a tenth of a core."""


@pytest.fixture
def remote():
    knobs = WebcamRemote("/dev/video0")
    yield knobs
    knobs.close()


@pytest.fixture(scope="module")
def opened():
    with open_camera(SPEC) as camera:
        yield camera


@pytest.fixture
def camera(opened):
    original = opened.settings()
    yield opened
    opened.restore(original)


def settled(camera):
    for _ in range(camera.capabilities.delay_frames[1] + 2):
        frame = camera.read(WAIT_S)
    return frame


def test_limits_are_the_kernels_own(camera):
    assert camera.capabilities.time_s.minimum == 0.0003
    assert camera.capabilities.time_s.maximum == 0.2047
    assert not camera.capabilities.note
    assert camera.info.stable_id == "opencv-usb-1209:0001-RIG0001-1.0.0"
    assert settled(camera).size_px == (160, 120)


def test_exposure_reaches_the_sensor_and_the_picture(camera, remote):
    camera.take_control()
    levels = []
    for time_s in (0.001, 0.004, 0.016, 0.033):
        assert camera.set_exposure(Exposure(time_s)) == Exposure(time_s)
        levels.append(float(settled(camera).pixels.mean()))
        assert remote.truth()["exposure_us"] == pytest.approx(time_s * 1e6, abs=1)
    assert all(later > earlier + 10 for earlier, later in itertools.pairwise(levels))


def test_in_automatic_opencv_just_says_false_and_that_becomes_an_error(camera):
    camera.take_control()
    camera.set_native_auto(True)
    assert camera.settings()["automatic"] == 1
    with pytest.raises(ControlTaken, match="automatic exposure is on"):
        camera.set_exposure(Exposure(0.01))
    camera.take_control()
    assert camera.set_exposure(Exposure(0.01)) == Exposure(0.01)


def test_a_second_streamer_is_refused(camera):
    camera.read(WAIT_S)
    with pytest.raises(CameraBusy):
        open_camera(SPEC)
    camera.read(WAIT_S)


def test_the_loop_settles_and_everything_is_put_back(opened, tmp_path):
    opened.close()
    with open_camera(SPEC) as camera:
        camera.restore({"exposure": 20, "gain": 0, "automatic": 0})
        before = camera.settings()
    with ControlLoop(lambda: open_camera(SPEC), AverageMeter, journal=Journal(tmp_path)) as loop:
        for _ in range(150):
            snapshot = loop.turn()
            assert snapshot.error is None
            if snapshot.ae_state is AeState.CONVERGED:
                break
        assert snapshot.ae_state is AeState.CONVERGED
        assert snapshot.commanded.ev > Exposure(0.002).ev + 1
    with open_camera(SPEC) as camera:
        assert camera.settings() == before
