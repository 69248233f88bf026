"""Exposures held in turn: each picture is of the exposure asked for, and the loop goes on where it was."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from autoexposure.control.commands import Command, Lock, Pause, SetBias, TakeInTurn, UseNativeAuto
from autoexposure.control.holding import NO_CONTROL, PATIENCE_S
from autoexposure.control.snapshot import Snapshot
from autoexposure.errors import CameraError, ControlTaken, PolicyError
from autoexposure.exposure import Exposure
from autoexposure.metering.classical import AverageMeter
from autoexposure.response import ResponseCurve
from autoexposure.states import AeState, LoopState
from tests.autoexposure.conftest import ClosedLoop

Make = Callable[..., ClosedLoop]

SIM = "scene=cat,light=steady,width=64,height=48"


@dataclass
class Steps:
    """Asks for the exposure before it began, so many EV up and down."""

    offsets_ev: list[float]
    shown: list[Snapshot] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    before_ev: float | None = None

    def next_ev(self, shown: Snapshot, reach_ev: tuple[float, float], response: ResponseCurve) -> float | None:
        assert shown.exposure is not None
        assert reach_ev[0] < shown.exposure.ev < reach_ev[1]
        if self.before_ev is None:
            self.before_ev = shown.exposure.ev
        else:
            self.shown.append(shown)
        if len(self.shown) == len(self.offsets_ev):
            return None
        return self.before_ev + self.offsets_ev[len(self.shown)]

    def end(self, reason: str) -> None:
        self.reasons.append(reason)


def at_rest(closed_loop: Make, spec: str = SIM, **how: object) -> ClosedLoop:
    loop = closed_loop(spec, AverageMeter, **how)
    assert loop.run(40)[-1].ae_state is AeState.CONVERGED
    return loop


@pytest.mark.parametrize("vague", [False, True])
@pytest.mark.parametrize("delay", [0, 2, 5])
def test_each_picture_was_made_by_what_was_asked_for(closed_loop: Make, delay: int, vague: bool) -> None:
    loop = at_rest(closed_loop, f"{SIM},delay={delay}", vague=vague)
    before = loop.run(1)[-1]
    steps = Steps([-2.0, 1.0, 2.0])
    loop.loop.send(TakeInTurn(steps))
    seen = loop.run(60)
    assert steps.reasons == [""]
    assert before.exposure is not None
    for offset_ev, shown in zip(steps.offsets_ev, steps.shown, strict=True):
        assert shown.exposure is not None
        assert loop.truth_ev(shown) == pytest.approx(shown.exposure.ev, abs=0.01)
        assert shown.exposure.ev - before.exposure.ev == pytest.approx(offset_ev, abs=0.1)
        assert shown.ae_state is AeState.INACTIVE, "nothing is corrected meanwhile"
    assert seen[-1].ae_state is AeState.CONVERGED
    assert loop.truth_ev(seen[-1]) == loop.truth_ev(before), "as if nothing had been"
    assert sum(snapshot.wrote for snapshot in seen) == 4


def test_what_is_in_force_already_is_not_written(closed_loop: Make) -> None:
    loop = at_rest(closed_loop)
    steps = Steps([0.0])
    loop.loop.send(TakeInTurn(steps))
    assert not any(snapshot.wrote for snapshot in loop.run(10))
    assert (len(steps.shown), steps.reasons) == (1, [""])


@pytest.mark.parametrize("touch", [Lock(True), UseNativeAuto(True), Pause(True), TakeInTurn(Steps([]))])
def test_a_hand_on_the_exposure_ends_it(closed_loop: Make, touch: Command) -> None:
    loop = at_rest(closed_loop, f"{SIM},delay=2,native=on")
    before = loop.run(1)[-1]
    steps = Steps([-2.0, 2.0])
    loop.loop.send(TakeInTurn(steps))
    loop.run(2)
    loop.loop.send(touch)
    seen = loop.run(20)
    assert steps.reasons == ["the exposure was touched meanwhile"]
    if not isinstance(touch, UseNativeAuto):
        assert loop.truth_ev(seen[-1]) == loop.truth_ev(before)


def test_a_lock_holds_before_and_after(closed_loop: Make) -> None:
    loop = at_rest(closed_loop)
    loop.loop.send(Lock(True))
    before = loop.run(3)[-1]
    steps = Steps([-1.5, 1.5])
    loop.loop.send(TakeInTurn(steps))
    loop.loop.send(SetBias(1.0))
    after = loop.run(30)[-1]
    assert steps.reasons == [""]
    assert after.ae_state is AeState.LOCKED
    assert loop.truth_ev(after) == loop.truth_ev(before)


def test_without_an_exposure_to_set_it_says_so_at_once(closed_loop: Make) -> None:
    for spec, first, words in (
        (f"{SIM},native=on", UseNativeAuto(True), "its own automatic is on"),
        (SIM, Pause(True), "metering is paused"),
    ):
        loop = at_rest(closed_loop, spec)
        loop.loop.send(first)
        loop.run(3)
        steps = Steps([1.0])
        loop.loop.send(TakeInTurn(steps))
        loop.run(3)
        assert not steps.shown
        assert len(steps.reasons) == 1
        assert words in steps.reasons[0]
        loop.loop.stop()


def test_before_there_is_a_camera_there_is_none_to_take(closed_loop: Make) -> None:
    loop = closed_loop(SIM, AverageMeter)
    steps = Steps([1.0])
    loop.loop.send(TakeInTurn(steps))
    loop.loop.turn()
    assert len(steps.reasons) == 1


def test_a_series_that_can_not_choose_ends_it(closed_loop: Make) -> None:
    loop = at_rest(closed_loop)
    before = loop.run(1)[-1]

    class Lost(Steps):
        def next_ev(self, shown: Snapshot, reach_ev: tuple[float, float], response: ResponseCurve) -> float | None:
            if super().next_ev(shown, reach_ev, response) is not None and not self.shown:
                return -6.0
            raise PolicyError("no idea")

    steps = Lost([1.0, 2.0])
    loop.loop.send(TakeInTurn(steps))
    after = loop.run(30)[-1]
    assert steps.reasons == ["no idea"]
    assert loop.truth_ev(after) == loop.truth_ev(before)


def test_an_exposure_that_never_shows_is_given_up(closed_loop: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    loop = at_rest(closed_loop)
    steps = Steps([1.0])
    monkeypatch.setattr(loop.camera, "set_exposure", lambda exposure: exposure)  # believed, and not done
    loop.loop.send(TakeInTurn(steps))
    loop.run(int(30 * PATIENCE_S) + 40)
    assert len(steps.reasons) == 1
    assert not loop.loop._actuator.holding.active


def test_a_refusal_ends_it(closed_loop: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    loop = at_rest(closed_loop)
    true = loop.camera.set_exposure

    def refuse_bright(exposure: Exposure) -> Exposure:
        if steps.before_ev is not None and exposure.ev > steps.before_ev + 0.5:
            raise CameraError("not so bright")
        return true(exposure)

    steps = Steps([-1.0, 1.0])
    monkeypatch.setattr(loop.camera, "set_exposure", refuse_bright)
    loop.loop.send(TakeInTurn(steps))
    after = loop.run(40)[-1]
    assert steps.reasons == ["not so bright"]
    assert len(steps.shown) == 1
    assert steps.before_ev == pytest.approx(loop.truth_ev(after))


@pytest.mark.parametrize("after_frames", [1, 4])
def test_what_another_program_takes_away_meanwhile_comes_back_as_it_was_before(
    closed_loop: Make, after_frames: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = closed_loop(f"{SIM},delay=2,native=on", AverageMeter)
    heard: list[str] = []
    monkeypatch.setattr(loop.camera, "foreign_change", lambda: heard.pop() if heard else "", raising=False)
    loop.run(40)
    loop.loop.send(Lock(True))
    before = loop.run(3)[-1]
    steps = Steps([-2.0, 2.0])
    loop.loop.send(TakeInTurn(steps))
    loop.run(after_frames)
    for _ in range(2):  # the second time it is not set back at once
        loop.camera.set_native_auto(True)
        heard.append("another program switched the automatic exposure on")
        loop.run(1)
    assert loop.run(90)[-1].ae_state is AeState.LOCKED
    assert steps.reasons == [NO_CONTROL]
    assert loop.truth_ev(loop.run(1)[-1]) == loop.truth_ev(before)


def test_what_is_taken_away_just_as_it_is_set_comes_back_as_it_was_before(
    closed_loop: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = at_rest(closed_loop, f"{SIM},delay=2,native=on")
    loop.loop.send(Lock(True))
    before = loop.run(3)[-1]
    true, takers = loop.camera.set_exposure, ["another program switched the automatic exposure on"]

    def take(exposure: Exposure) -> Exposure:
        if takers:
            raise ControlTaken(takers.pop())
        return true(exposure)

    monkeypatch.setattr(loop.camera, "set_exposure", take)
    steps = Steps([-2.0, 2.0])
    loop.loop.send(TakeInTurn(steps))
    assert loop.run(40)[-1].ae_state is AeState.LOCKED
    assert steps.reasons == [NO_CONTROL]
    assert not loop.loop._actuator.holding.active
    assert loop.truth_ev(loop.run(1)[-1]) == loop.truth_ev(before)


def test_a_camera_that_is_lost_comes_back_as_it_was_before(closed_loop: Make) -> None:
    loop = at_rest(closed_loop, f"{SIM},delay=2", lasting=True)
    before = loop.run(1)[-1]
    steps = Steps([-3.0, 3.0])
    loop.loop.send(TakeInTurn(steps))
    loop.run(3)
    loop.camera.unplug()
    assert loop.loop.turn().loop_state is LoopState.RECONNECTING
    assert len(steps.reasons) == 1
    assert "unplugged" in steps.reasons[0]
    loop.camera.replug()
    loop.camera._closed = False  # the same object stands for the new device node
    assert loop.run(30)[-1].commanded == before.commanded


def test_the_end_of_the_loop_ends_it_and_puts_the_camera_back(closed_loop: Make) -> None:
    loop = closed_loop(f"{SIM},delay=2", AverageMeter, lasting=True)
    found = loop.camera.settings()
    loop.run(40)
    steps = Steps([-3.0, 3.0])
    loop.loop.send(TakeInTurn(steps))
    loop.run(3)
    loop.loop.stop()
    assert steps.reasons == ["the loop was stopped"]
    loop.camera._closed = False
    assert loop.camera.settings() == found
