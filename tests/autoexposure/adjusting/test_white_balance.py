"""Holding the automatic white balance while the exposure is searched: learned, held, given back."""

from collections.abc import Callable

import pytest

from autoexposure.control.commands import Adjust, HoldWhiteBalance
from autoexposure.control.config import LoopConfig
from autoexposure.control.snapshot import Snapshot
from autoexposure.errors import CameraDisconnected, CameraError
from autoexposure.metering.meters import METERS
from autoexposure.states import AeState, LoopState
from tests.autoexposure.conftest import ClosedLoop

Make = Callable[..., ClosedLoop]
HUNTING = "scene=coffee,light=switch,fps=10,wb_speed=0.3,width=64,height=48,start_ev=4,controls=many"
STEADY = HUNTING.replace("wb_speed=0.3,", "")
FIRST_SWITCH_S, THIRD_SWITCH_S = 15.0, 35.0


def until(bench: ClosedLoop, time_s: float) -> list[Snapshot]:
    seen: list[Snapshot] = []
    while bench.clock.now() < time_s:
        seen += bench.run(1)
    return seen


def automatic(bench: ClosedLoop) -> float:
    """What the camera itself says of its white balance."""
    bench.camera._closed = False
    return next(each.value for each in bench.camera.adjustments() if each.name == "white_balance_automatic")


def looping(closed_loop: Make, spec: str, *, hold: bool = True) -> ClosedLoop:
    bench = closed_loop(spec, METERS["average"].make, lasting=True, config=LoopConfig(hold_white_balance=hold))
    writes: list[tuple[str, float]] = []
    adjust = bench.camera.adjust

    def spied(name: str, value: float) -> float:
        writes.append((name, value))
        return adjust(name, value)

    bench.camera.adjust = spied  # type: ignore[method-assign]  # looked at, not changed
    bench.writes = writes  # type: ignore[attr-defined]  # for the test that asked for it
    return bench


@pytest.fixture
def learned(closed_loop: Make) -> ClosedLoop:
    """A camera whose white balance was seen to hunt, just before another search."""
    bench = looping(closed_loop, HUNTING)
    until(bench, THIRD_SWITCH_S - 0.1)
    assert bench.writes == []
    return bench


def test_after_three_searches_it_is_held_in_the_fourth_and_given_back_at_rest(learned: ClosedLoop) -> None:
    held = []
    while not learned.writes or automatic(learned) == 0:
        (snapshot,) = learned.run(1)
        if automatic(learned) == 0:
            held.append(snapshot)
    assert learned.writes == [("white_balance_automatic", 0), ("white_balance_automatic", 1)]
    assert {snapshot.ae_state for snapshot in held} == {AeState.SEARCHING}
    assert held[-1].holds_white_balance
    # For all who look it is on: it was not switched off by anybody's wish.
    assert {each.name: each.value for each in held[-1].adjustments}["white_balance_automatic"] == 1
    assert not held[-1].adjustments[1].active
    learned.loop.stop()
    assert automatic(learned) == 1


@pytest.mark.parametrize(("spec", "hold"), [(STEADY, True), (HUNTING, False), (f"{HUNTING[:-5]}=none", True)])
def test_it_is_left_alone_where_it_does_not_move_or_nobody_asked_or_there_is_none(
    closed_loop: Make, spec: str, hold: bool
) -> None:
    bench = looping(closed_loop, spec, hold=hold)
    until(bench, THIRD_SWITCH_S + 2)
    assert bench.writes == []


@pytest.mark.parametrize("how", ["off", "touched", "ended"])
def test_it_is_given_back_when_it_is_not_to_be_held_any_more(learned: ClosedLoop, how: str) -> None:
    while automatic(learned):
        learned.run(1)
    if how == "off":
        learned.loop.send(HoldWhiteBalance(False))
        learned.run(1)
        assert automatic(learned) == 1
        until(learned, THIRD_SWITCH_S + 12)
        assert learned.writes[2:] == []
    elif how == "touched":
        learned.loop.send(Adjust("white_balance_temperature", 4000))
        until(learned, THIRD_SWITCH_S + 12)
        assert automatic(learned) == 0  # as it was asked for, through a search
    learned.loop.stop()
    assert automatic(learned) == 1
    assert learned.journal.entries() == []


def test_a_camera_that_refuses_goes_on_without(learned: ClosedLoop, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[float] = []
    adjust = learned.camera.adjust

    def stalls(name: str, value: float) -> float:
        tried.append(value)
        raise CameraError("it stalled")

    monkeypatch.setattr(learned.camera, "adjust", stalls)
    *_, last = until(learned, THIRD_SWITCH_S + 3)
    assert last.ae_state is AeState.CONVERGED
    assert tried == [0] * len(tried) != []
    # Held, and then it stalls: it is tried again, though not with every picture.
    monkeypatch.setattr(learned.camera, "adjust", adjust)
    while automatic(learned):
        learned.run(1)
    monkeypatch.setattr(learned.camera, "adjust", stalls)
    tried.clear()
    learned.run(40)  # four seconds
    assert 5 <= tried.count(1) <= 9
    monkeypatch.setattr(learned.camera, "adjust", adjust)
    learned.run(10)
    assert automatic(learned) == 1


def test_a_camera_lost_while_it_is_held_comes_back_with_its_automatic_on(
    learned: ClosedLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def leaves(name: str, value: float) -> float:
        learned.camera.unplug()
        raise CameraDisconnected("it left")

    with monkeypatch.context() as patched:
        patched.setattr(learned.camera, "adjust", leaves)
        while learned.loop.turn().loop_state is not LoopState.RECONNECTING:
            pass
    learned.camera.replug()
    learned.camera._closed = False
    learned.run(60)
    assert automatic(learned) == 1
