"""The contract of all drivers over the cameras that need no hardware, and over any that are named.

Real ones are added by ``AUTOEXPOSURE_CONTRACT="v4l2:/dev/video0 ..."``; the tests marked ``rig`` do so with real kernel
drivers.
"""

import os
from collections.abc import Callable

import pytest

from autoexposure.camera import Camera
from autoexposure.clock import SimulatedClock
from autoexposure.testing import CameraContract, Subject
from drivers.discovery import open_camera
from drivers.simulated.family import SIMULATED
from drivers.v4l2.family import V4L2

REAL = os.environ.get("AUTOEXPOSURE_CONTRACT", "").split()
FIRST_PICTURE_S = 5.0


class TestSimulated(CameraContract):
    family = SIMULATED

    @pytest.fixture(params=["", "native=on", "controls=many", "controls=none"])
    def subject(self, request: pytest.FixtureRequest) -> Subject:
        return Subject(lambda: SIMULATED.open(request.param, SimulatedClock()), open_camera)


class TestPlayedV4l2(CameraContract):
    family = V4L2

    @pytest.fixture
    def subject(self, webcam) -> Subject:
        class Pictures:
            """One whenever the reader waits, as bright as the played exposure."""

            def __bool__(self) -> bool:
                return True

            def popleft(self) -> Callable[[], None]:
                ticks, code = webcam.named_values()["exposure_time_absolute"], webcam.named_values()["gain"]
                return lambda: webcam.deliver(webcam.grey(min(235, 16 + ticks * (16 + code) // 100)), age_s=0)

        webcam.later = Pictures()
        return Subject(lambda: open_camera(f"v4l2:{webcam.path},size=64x48"), open_camera, webcam.unplug)


class TestReal(CameraContract):
    __test__ = bool(REAL)

    @pytest.fixture(params=REAL)
    def subject(self, request: pytest.FixtureRequest) -> Subject:
        return Subject(lambda: streaming(request.param), open_camera)


def streaming(spec: str) -> Camera:
    """A real camera that has delivered its first picture: some don't survive the end of a stream before that."""
    camera = open_camera(spec)
    camera.read(FIRST_PICTURE_S)
    return camera
