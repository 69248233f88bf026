from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import pytest

from autoexposure.camera import Camera
from autoexposure.clock import SimulatedClock
from autoexposure.control.loop import ControlLoop
from autoexposure.errors import AutoexposureError, CameraError
from autoexposure.evaluation.arithmetic import MatrixProducts
from autoexposure.evaluation.costs import Cost, LoopTurns, TimedCamera, process_cost, take_turns, timed
from autoexposure.metering.meters import METERS
from drivers.simulated.camera import open_simulated


def busy(until_s: float) -> None:
    """Use this much processor time of this thread."""
    end_s = time.thread_time() + until_s
    while time.thread_time() < end_s:
        pass


def test_waiting_costs_nothing_and_work_costs_what_it_takes() -> None:
    assert timed(partial(time.sleep, 0.05))() < 0.04
    assert timed(partial(busy, 0.02))() >= 0.02


def test_rows_take_turns_and_the_first_time_does_not_count() -> None:
    asked: list[str] = []
    times_s = {"one": [9.0, 1.0, 2.0, 6.0], "other": [9.0, 0.5, 0.5, 0.5]}

    def measure(name: str) -> float:
        asked.append(name)
        return times_s[name].pop(0)

    told: list[float] = []
    costs = take_turns({name: partial(measure, name) for name in times_s}, 3, told.append)
    assert asked == ["one", "other"] * 4
    assert costs["one"] == Cost("one", 1.0, 2.0, 3.0)
    assert costs["other"].share_of_core == pytest.approx(15.0)
    assert told == [0, 1 / 3, 2 / 3]


class SlowCamera:
    """A simulated camera that takes long to make a picture."""

    def __init__(self, camera: Camera) -> None:
        self.camera = camera

    def __getattr__(self, name: str) -> object:
        return getattr(self.camera, name)

    def read(self, timeout_s: float) -> object:
        busy(0.02)
        return self.camera.read(timeout_s)


def a_loop(number: int, watched: Callable[[Camera], Camera], *, slow: bool = False) -> ControlLoop:
    clock = SimulatedClock()

    def opened() -> Camera:
        camera = open_simulated(f"light=steady,width=64,height=48,seed={number}", clock)
        return watched(SlowCamera(camera) if slow else camera)  # type: ignore[arg-type]  # all of a camera that is used

    return ControlLoop(opened, METERS["average"].make, clock=clock)


def test_what_making_a_picture_takes_is_left_out_of_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autoexposure.evaluation.costs.SETTLED_AFTER", 2)
    turns = LoopTurns(partial(a_loop, slow=True), 1)
    assert min(turns.turn() for _ in range(5)) < 0.02
    turns.close()


def test_several_loops_are_turned_once_each(monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[str] = []
    monkeypatch.setattr(TimedCamera, "read", _counting(TimedCamera.read, reads))
    turns = LoopTurns(a_loop, 3)
    reads.clear()
    assert turns.turn() > 0
    assert len(reads) == 3
    assert len(set(reads)) == 3
    turns.close()


def _counting(read: Callable[..., object], reads: list[str]) -> Callable[..., object]:
    def counted(camera: TimedCamera, timeout_s: float) -> object:
        reads.append(str(id(camera)))
        return read(camera, timeout_s)

    return counted


def test_a_loop_that_fails_says_why() -> None:
    def broken(number: int, watched: Callable[[Camera], Camera]) -> ControlLoop:
        def opened() -> Camera:
            raise CameraError("it is on fire")

        return ControlLoop(opened, METERS["average"].make, clock=SimulatedClock())

    with pytest.raises(CameraError, match="on fire"):
        LoopTurns(broken, 1)


def test_a_process_is_counted_from_its_start() -> None:
    cost = process_cost("a list", "held = bytearray(80_000_000)")
    assert cost.cpu_s > 0
    assert cost.peak_bytes is None or cost.peak_bytes > 80_000_000


def test_a_process_that_fails_is_one_sentence() -> None:
    with pytest.raises(AutoexposureError, match="'nothing' can't be measured: ValueError: no"):
        process_cost("nothing", "raise ValueError('no')")


def test_matrix_products_are_made_when_asked_for_and_end() -> None:
    with MatrixProducts() as products:
        assert all(0 < products.product_s() < 10 for _ in range(3))
    products.close()
    with pytest.raises(AutoexposureError, match="ended by itself"):
        products.product_s()
