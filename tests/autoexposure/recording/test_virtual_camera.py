import numpy as np
import pytest

from autoexposure.control.snapshot import Snapshot
from autoexposure.errors import VirtualCameraError
from autoexposure.frame import Frame
from autoexposure.recording.virtual_camera import VirtualCamera, fitted


class FakeDevice:
    name = "/dev/video9"

    def __init__(self, width, height, rate):
        self.opened_as, self.size_px = (width, height, rate), (width, height)
        self.sent, self.closed, self.broken = [], False, False

    def send(self, pixels):
        if self.broken:
            raise VirtualCameraError("device went away")
        assert pixels.shape == (self.size_px[1], self.size_px[0], 3)
        assert pixels.flags.c_contiguous
        self.sent.append(pixels)

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


def test_a_device_that_insists_on_its_own_size_gets_it():
    device = FakeDevice(32, 48, 30.0)
    with VirtualCamera(lambda *wanted: device) as camera:
        camera.add(picture(64, 48))
    assert device.sent[0][24].min() == 200
    assert device.sent[0][:12].max() == 0


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
    with pytest.raises(VirtualCameraError, match="device went away"):
        camera.add(picture())
    camera.close()
    camera.close()
    assert devices[0].closed
