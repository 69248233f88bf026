"""OpenCV before the played kernel: what the start of its stream resets."""

import cv2
import pytest

pytest.importorskip("linuxpy", reason="V4L2 exists on Linux only")

from autoexposure.errors import CameraDisconnected
from drivers.discovery import open_camera
from tests.drivers.conftest import DYNAMIC, GAIN, MODE, TIME
from tests.drivers.opencv.fake_opencv import FakeCapture, FakeDevice

FOUND = {MODE: 1, TIME: 42, DYNAMIC: 0, GAIN: 60}
DEFAULTS = {MODE: 3, TIME: 156, DYNAMIC: 1, GAIN: 0}


@pytest.fixture
def capture(webcam, monkeypatch):
    """OpenCV's way to the webcam: its first grab starts the stream."""
    device = FakeDevice(cv2.CAP_V4L2, time_range=(3, 2047))
    opened = FakeCapture(device)

    def grab() -> bool:
        webcam.streamon(None)
        return True

    opened.grab = grab
    monkeypatch.setattr(cv2, "VideoCapture", lambda target, api: opened)
    return opened


def test_what_the_start_of_the_stream_resets_is_as_it_was_found(webcam, capture):
    webcam.values, webcam.resets = dict(FOUND), DEFAULTS
    with open_camera("opencv:0,backend=v4l2"):
        assert webcam.streaming
        assert webcam.values == FOUND


def test_a_camera_whose_start_resets_nothing_is_not_written_to(webcam, capture):
    with open_camera("opencv:0,backend=v4l2"):
        assert webcam.streaming
        assert webcam.written == []


def test_a_cable_that_is_pulled_at_the_start_leaves_no_capture_open(webcam, capture):
    capture.grab = webcam.unplug
    with pytest.raises(CameraDisconnected):
        open_camera("opencv:0,backend=v4l2")
    assert capture.released == 1
