"""The contract of all drivers over a recording."""

import pytest

from autoexposure.clock import SimulatedClock
from drivers.discovery import open_camera
from tests.drivers.test_contract import *  # noqa: F403
from tests.drivers.test_contract import Subject
from tests.drivers.test_replay import record


@pytest.fixture
def subject(tmp_path):
    path = record(tmp_path / "a.tar", count=30)
    return Subject(lambda: open_camera(f"replay:{path}", clock=SimulatedClock()))
