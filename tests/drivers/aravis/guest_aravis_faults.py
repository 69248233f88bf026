"""Run in a network of its own by test_aravis.py: a simulated GigE Vision camera that loses packets, and its plug."""

from contextlib import suppress
from itertools import pairwise

import pytest

from autoexposure.errors import CameraDisconnected, FrameTimeout
from autoexposure.exposure import Exposure
from drivers.discovery import open_camera
from tests.drivers.aravis.guest_aravis import loopback, plug_in, pull

TIMEOUT_S = 5.0

__all__ = ["loopback"]


@pytest.fixture
def process(request):
    started = plug_in(*request.param)
    yield started
    pull(started)


@pytest.mark.parametrize("process", [("-s", "Lossy", "-r", "2")], indirect=True)
def test_incomplete_pictures_are_left_out(process):
    with open_camera("aravis:Aravis-Lossy") as camera:
        frames = [camera.read(TIMEOUT_S) for _ in range(10)]
    assert all(later.sequence > earlier.sequence for earlier, later in pairwise(frames))
    assert any(later.sequence > earlier.sequence + 1 for earlier, later in pairwise(frames)), "none was lost"


@pytest.mark.parametrize("process", [("-s", "Pulled")], indirect=True)
def test_unplugged_while_reading(process):
    with open_camera("aravis:Aravis-Pulled") as camera:
        camera.take_control()
        camera.read(TIMEOUT_S)
        pull(process)
        with pytest.raises(CameraDisconnected):
            read_for_half_a_minute(camera)
        with pytest.raises(CameraDisconnected):
            camera.set_exposure(Exposure(0.01))


def read_for_half_a_minute(camera):
    for _ in range(150):
        with suppress(FrameTimeout):
            camera.read(0.2)
