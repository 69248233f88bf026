from collections.abc import Callable
from typing import Any

import pytest

from autoexposure.camera import Camera
from autoexposure.control.commands import (
    Adjust,
    Command,
    ForCamera,
    LetGo,
    Lock,
    Pause,
    SetBias,
    SetDamping,
    SetExposure,
    SetProgram,
    UseCamera,
    UseNativeAuto,
)
from autoexposure.control.program import ProgramConfig
from autoexposure.control.snapshot import Snapshot
from autoexposure.errors import ConfigError
from autoexposure.exposure import Exposure
from autoexposure.metering.meters import METERS
from autoexposure.states import AeState, LoopState
from drivers.simulated.camera import open_simulated

Make = Callable[..., Any]
"""The ``closed_loop`` fixture."""

STEADY = "light=steady,width=320,height=240"


def test_a_calmer_loop_takes_more_writes_to_the_same_place(closed_loop: Make) -> None:
    fast = closed_loop(STEADY, METERS["average"].make)
    calm = closed_loop(STEADY, METERS["average"].make)
    calm.loop.send(SetDamping(0.3))
    fast_seen, calm_seen = fast.run(120), calm.run(120)
    assert calm_seen[-1].damping == 0.3
    assert sum(turn.wrote for turn in calm_seen) > sum(turn.wrote for turn in fast_seen)
    assert calm_seen[-1].ae_state is AeState.CONVERGED
    assert calm_seen[-1].commanded.ev == pytest.approx(fast_seen[-1].commanded.ev, abs=0.3)


@pytest.mark.parametrize("share", [0.0, -0.5, 1.5, float("nan")])
def test_a_share_that_makes_no_sense_is_refused(share: float) -> None:
    with pytest.raises(ConfigError):
        SetDamping(share)


def test_the_rules_in_force_are_shown(closed_loop: Make) -> None:
    bench = closed_loop(STEADY, METERS["average"].make)
    rules = ProgramConfig(min_time_s=0.001, max_gain=4.0, mains_hz=50)
    bench.loop.send(SetProgram(rules))
    assert bench.run(5)[-1].program == rules


def test_new_limits_hold_at_once_though_the_picture_is_well_exposed(closed_loop: Make) -> None:
    bench = closed_loop(STEADY, METERS["average"].make)
    before = bench.run(40)[-1]
    assert before.ae_state is AeState.CONVERGED
    bench.loop.send(SetProgram(ProgramConfig(max_time_s=before.commanded.time_s / 2)))
    after = bench.run(8)[-1]
    assert after.frame.exposure.time_s <= before.commanded.time_s / 2 + 1e-9
    assert after.frame.exposure.ev == pytest.approx(before.commanded.ev, abs=0.25), "gain makes up for the time"


def test_new_limits_leave_a_paused_camera_alone(closed_loop: Make) -> None:
    bench = closed_loop(STEADY, METERS["average"].make)
    before = bench.run(40)[-1]
    bench.loop.send(Pause(True))
    bench.loop.send(SetProgram(ProgramConfig(max_time_s=before.commanded.time_s / 2)))
    assert bench.run(8)[-1].commanded == before.commanded
    bench.loop.send(Pause(False))
    assert bench.run(8)[-1].commanded.time_s <= before.commanded.time_s / 2 + 1e-9, "until it goes on"


def test_a_camera_let_go_of_is_put_back_and_stays_free_until_it_is_asked_for(closed_loop: Make) -> None:
    bench = closed_loop(f"{STEADY},native=on", METERS["average"].make, lasting=True)
    bench.run(20)
    assert bench.journal.entries() != []
    bench.loop.send(LetGo())
    free = [bench.loop.turn() for _ in range(5)]
    assert {turn.loop_state for turn in free} == {LoopState.STOPPED}
    assert free[-1].camera is None
    assert bench.journal.entries() == []
    bench.loop.send(UseCamera(lambda: open_simulated(STEADY, clock=bench.clock)))
    assert bench.run(30)[-1].ae_state is AeState.CONVERGED


BY_HAND = Exposure(0.002, 2.0)


class TestSentTooEarly:
    """Commands that come before there is a camera, or before its first picture, or while it is away."""

    @pytest.fixture(params=["no camera yet", "no picture yet", "away"])
    def bench(self, closed_loop: Make, request: pytest.FixtureRequest) -> Any:
        bench = closed_loop(f"{STEADY},native=on,delay=2", METERS["average"].make)
        if request.param == "no picture yet":
            assert bench.loop.turn().frame is None
            assert bench.loop.latest().camera is not None
        if request.param == "away":
            bench.run(30)
            bench.camera.unplug()
            assert bench.loop.turn().loop_state is LoopState.RECONNECTING
        return bench

    def run(self, bench: Any, frames: int = 20) -> list[Snapshot]:
        if bench.loop.latest().loop_state is LoopState.RECONNECTING:
            bench.camera.replug()
            bench.camera._closed = False  # the same object stands for the new device node
        return bench.run(frames)

    def test_what_depends_on_the_camera_is_asked_of_the_one_that_comes(self, bench: Any) -> None:
        asked = []

        def darker(camera: Camera) -> list[Command]:
            asked.append(camera.info.stable_id)
            return [SetBias(-1.0), SetDamping(0.5)]

        bench.loop.send(ForCamera(darker))
        after = self.run(bench)[-1]
        assert asked == [after.camera.stable_id]
        assert (after.ev_bias, after.damping) == (-1.0, 0.5)

    def test_an_exposure_is_set_with_the_first_picture_and_held(self, bench: Any) -> None:
        bench.loop.send(SetExposure(BY_HAND))
        seen = self.run(bench)
        assert seen[0].commanded.ev == pytest.approx(BY_HAND.ev, abs=0.05)
        assert bench.truth_ev(seen[-1]) == pytest.approx(BY_HAND.ev, abs=0.05)
        assert seen[-1].ae_state is AeState.LOCKED

    def test_the_last_exposure_is_the_one(self, bench: Any) -> None:
        bench.loop.send(SetExposure(Exposure(0.01, 1.0)))
        bench.loop.send(SetExposure(BY_HAND))
        assert bench.truth_ev(self.run(bench)[-1]) == pytest.approx(BY_HAND.ev, abs=0.05)

    def test_the_camera_s_own_automatic(self, bench: Any) -> None:
        bench.loop.send(UseNativeAuto(True))
        assert self.run(bench)[-1].native_auto
        assert bench.camera.settings()["native_auto"]

    def test_an_exposure_by_hand_waits_until_the_automatic_lets_go(self, bench: Any) -> None:
        bench.loop.send(UseNativeAuto(True))
        bench.loop.send(SetExposure(BY_HAND))
        assert self.run(bench)[-1].native_auto
        bench.loop.send(UseNativeAuto(False))
        assert bench.truth_ev(bench.run(20)[-1]) == pytest.approx(BY_HAND.ev, abs=0.05)

    def test_a_lock(self, bench: Any) -> None:
        bench.loop.send(Lock(True))
        seen = self.run(bench)
        assert {turn.ae_state for turn in seen} == {AeState.LOCKED}
        assert not any(turn.wrote for turn in seen[1:])

    def test_a_bias(self, bench: Any) -> None:
        bench.loop.send(SetBias(1.0))
        seen = self.run(bench, 40)
        assert seen[-1].decision.delta_ev == pytest.approx(-1.0, abs=0.3)

    def test_rules(self, bench: Any) -> None:
        bench.loop.send(SetProgram(ProgramConfig(max_time_s=0.001)))
        assert self.run(bench, 40)[-1].frame.exposure.time_s <= 0.001 + 1e-9


def test_rules_hold_from_the_first_picture_though_it_is_exposed_well(closed_loop: Make) -> None:
    bench = closed_loop(f"{STEADY},start_ev=0", METERS["average"].make)
    found = bench.camera.exposure
    bench.loop.send(SetProgram(ProgramConfig(max_time_s=found.time_s / 2)))
    after = bench.run(20)[-1]
    assert after.frame.exposure.time_s <= found.time_s / 2 + 1e-9
    assert after.frame.exposure.ev == pytest.approx(found.ev, abs=0.25)


def test_rules_hold_again_when_the_camera_s_automatic_hands_over(closed_loop: Make) -> None:
    bench = closed_loop(STEADY, METERS["average"].make)
    bench.loop.send(SetProgram(ProgramConfig(max_time_s=0.001)))
    bench.run(20)
    bench.loop.send(UseNativeAuto(True))
    bench.run(60)
    assert bench.camera.exposure.time_s > 0.001, "the firmware knows nothing of our rules"
    bench.loop.send(UseNativeAuto(False))
    assert bench.run(20)[-1].frame.exposure.time_s <= 0.001 + 1e-9


def test_a_locked_camera_is_left_as_it_was_found(closed_loop: Make) -> None:
    bench = closed_loop(f"{STEADY},start_ev=0", METERS["average"].make)
    found = bench.camera.exposure
    bench.loop.send(SetProgram(ProgramConfig(max_time_s=found.time_s / 2)))
    bench.loop.send(Lock(True))
    assert bench.run(20)[-1].commanded == found
    bench.loop.send(Lock(False))
    assert bench.run(20)[-1].commanded.time_s <= found.time_s / 2 + 1e-9


@pytest.mark.parametrize("hold", [Lock(True), Pause(True)])
def test_what_is_held_is_held_again_after_the_camera_s_automatic_had_it(closed_loop: Make, hold: Lock | Pause) -> None:
    bench = closed_loop(f"{STEADY}", METERS["average"].make)
    bench.loop.send(SetBias(-1.5))
    before = bench.run(40)[-1].commanded
    bench.loop.send(hold)
    bench.loop.send(UseNativeAuto(True))
    bench.run(90)
    assert abs(bench.camera.exposure.ev - before.ev) > 0.5, "the firmware has its own mind"
    bench.loop.send(UseNativeAuto(False))
    assert bench.run(20)[-1].commanded.ev == pytest.approx(before.ev, abs=0.05)


def test_what_one_camera_refuses_keeps_nothing_else_from_being_done_and_is_said(closed_loop: Make) -> None:
    bench = closed_loop(f"{STEADY},controls=few", METERS["average"].make)
    commands = [Adjust("focus_distance", 10.0), Adjust("white_balance_temperature", 4000.0), Lock(True)]
    bench.loop.send(ForCamera(lambda _: commands))
    after = bench.run(3)[-1]
    assert {each.name: each.value for each in after.adjustments}["white_balance_temperature"] == 4000.0
    assert after.locked
    assert "has no control focus_distance" in after.notice


def test_what_can_not_be_had_of_the_camera_ends_the_loop_with_the_reason(closed_loop: Make) -> None:
    def missing(_camera: Camera) -> list[Command]:
        raise ConfigError("this camera has no preset 'x'")

    bench = closed_loop(STEADY, METERS["average"].make)
    bench.loop.send(ForCamera(missing))
    with pytest.raises(ConfigError, match="no preset 'x'"):
        bench.run(3)
    assert bench.journal.entries() == []
