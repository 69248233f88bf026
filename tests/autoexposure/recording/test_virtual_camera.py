import sys

import numpy as np
import pytest

from autoexposure.control.snapshot import Snapshot
from autoexposure.errors import VirtualCameraError
from autoexposure.frame import Frame
from autoexposure.recording import virtual_camera
from autoexposure.recording.virtual_camera import VirtualCamera, device_opener, fitted


class FakeDevice:
    device = "/dev/video9"

    def __init__(self, width, height, rate):
        self.opened_as, self.sent, self.closed, self.broken = (width, height, rate), [], False, False

    def send(self, frame):
        if self.broken:
            raise RuntimeError("device went away")
        assert frame.shape == (self.opened_as[1], self.opened_as[0], 3)
        assert frame.flags.c_contiguous
        self.sent.append(frame)

    def close(self):
        self.closed = True


@pytest.fixture
def devices():
    return []


@pytest.fixture
def camera(devices):
    def open_device(*wanted):
        devices.append(FakeDevice(*wanted))
        return devices[-1]

    with VirtualCamera(open_device) as opened:
        yield opened


def picture(width=64, height=48, grey=200):
    return Snapshot(frame=Frame(np.full((height, width, 3), grey, np.uint8), 0.0, 0), frame_rate=25.0)


def test_pictures_go_out_in_the_size_of_the_first(camera, devices):
    assert not camera.add(Snapshot())
    assert camera.add(picture())
    assert camera.add(picture(grey=90))
    assert len(devices) == 1
    assert devices[0].opened_as == (64, 48, 25.0)
    assert [int(frame.mean()) for frame in devices[0].sent] == [200, 90]
    assert camera.name == "/dev/video9"


def test_another_shape_is_fitted_in_and_not_stretched(camera, devices):
    camera.add(picture(64, 48))
    camera.add(picture(96, 36))
    shown = devices[0].sent[1]
    assert shown[24, 32].tolist() == [200] * 3
    assert shown[:12].max() == 0
    assert shown[36:].max() == 0
    assert shown[12:36].min() == 200


def test_odd_sizes_lose_a_line(camera, devices):
    camera.add(picture(65, 49))
    assert devices[0].opened_as[:2] == (64, 48)


def test_a_larger_picture_is_shrunk_whole():
    big = np.zeros((96, 128, 3), np.uint8)
    big[:, 64:] = 255
    small = fitted(big, (64, 48))
    assert small[:, :31].max() == 0
    assert small[:, 33:].min() == 255


def test_a_device_that_goes_away(camera, devices):
    camera.add(picture())
    devices[0].broken = True
    with pytest.raises(VirtualCameraError, match=r"/dev/video9 takes no more pictures \(device went away\)"):
        camera.add(picture())
    camera.close()
    assert devices[0].closed


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("'v4l2loopback' backend: No v4l2 loopback device found at /dev/video[0-99].", "no virtual camera device"),
        ("'obs' backend: OBS Virtual Camera device not found!", "no virtual camera device"),
        ("'v4l2loopback' backend: Device /dev/video9 is not a video output device.", "not a video output device"),
    ],
)
def test_what_the_library_says_in_words_a_user_can_act_on(said, sentence):
    def refuse(*_):
        raise RuntimeError(said)

    with pytest.raises(VirtualCameraError, match=sentence):
        VirtualCamera(refuse).add(picture())


def test_without_the_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyvirtualcam", None)
    with pytest.raises(VirtualCameraError, match="pip install pyvirtualcam"):
        device_opener()


def test_the_true_library_on_a_file_that_is_no_device():
    pytest.importorskip("pyvirtualcam", reason="an optional extra")
    if sys.platform != "linux":
        pytest.skip("names a Linux device")
    with pytest.raises(VirtualCameraError, match=r"can't be opened .*/dev/null"):
        VirtualCamera(device_opener("/dev/null")).add(picture())


def test_the_way_to_a_device_names_what_this_system_needs():
    assert ("v4l2loopback" if sys.platform == "linux" else "OBS") in virtual_camera.SET_UP
