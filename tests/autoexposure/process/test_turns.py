import sys
import threading
from collections.abc import Callable

import numpy as np
import pytest

from autoexposure.exposure import Exposure
from autoexposure.metering.preview import make_preview
from autoexposure.process.turns import COMPUTING, CORES, SWITCH_INTERVAL_S, take_short_turns
from autoexposure.simulation.sensor import SensorModel


def test_turns_are_shorter_than_usual() -> None:
    usual_s = sys.getswitchinterval()
    try:
        take_short_turns()
        assert sys.getswitchinterval() == pytest.approx(SWITCH_INTERVAL_S)
        assert usual_s > SWITCH_INTERVAL_S
    finally:
        sys.setswitchinterval(usual_s)


@pytest.mark.parametrize(
    "compute",
    [
        lambda: make_preview(np.zeros((480, 640, 3), np.uint8)),
        lambda: SensorModel().expose(np.zeros((48, 64, 3), np.float32), Exposure(0.01)),
    ],
    ids=["preview", "sensor"],
)
def test_no_more_threads_compute_than_there_are_cores(compute: Callable[[], object]) -> None:
    began, done = threading.Event(), threading.Event()

    def work() -> None:
        began.set()
        compute()
        done.set()

    thread = threading.Thread(target=work)
    for _ in range(CORES):
        COMPUTING.acquire()
    try:
        thread.start()
        assert began.wait(10)
        assert not done.wait(0.1)
    finally:
        COMPUTING.release(CORES)
    thread.join(10)
    assert done.is_set()
