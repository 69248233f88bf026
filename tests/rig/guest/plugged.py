"""A pytest plug-in for the guest: every module gets a webcam of its own, with the options that its WEBCAM names.

A module whose WEBCAM is None plugs in its own. One without WEBCAM, the contract of all drivers, gets one whose
automatic is off: its firmware would move the very settings that the contract compares.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from linuxpy.video.device import ControlID, set_control

sys.path.insert(0, str(Path(__file__).parent))

from guest_program import warm_up
from webcam import Plugged

DELAY = "--delay 2"


def pytest_sessionstart() -> None:
    warm_up()


@pytest.fixture(scope="module", autouse=True)
def plugged(request: pytest.FixtureRequest) -> Iterator[Plugged | None]:
    options = getattr(request.module, "WEBCAM", DELAY)
    if options is None:
        yield None
        return
    webcam = Plugged(options)
    if not hasattr(request.module, "WEBCAM"):
        with open(webcam.node, "rb+", buffering=0) as node:
            set_control(node, ControlID.EXPOSURE_AUTO, 1)
    yield webcam
    webcam.unplug()
