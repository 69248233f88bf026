"""The contract of all drivers over a recording."""

import pytest

from autoexposure.clock import SimulatedClock
from autoexposure.testing import CameraContract, Subject
from drivers.discovery import open_camera
from drivers.replay.family import RECORDINGS
from tests.drivers.test_replay import record


class TestReplay(CameraContract):
    family = RECORDINGS

    @pytest.fixture
    def subject(self, tmp_path) -> Subject:
        path = record(tmp_path / "a.tar", count=30)
        return Subject(lambda: RECORDINGS.open(str(path), SimulatedClock()), open_camera)
