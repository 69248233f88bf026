import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autoexposure.abilities.moded import PictureMode
from autoexposure.camera import Settings
from autoexposure.control.commands import (
    Lock,
    Pause,
    SetBias,
    SetDamping,
    SetExposure,
    SetProgram,
    UseCamera,
    UseNativeAuto,
    UsePolicy,
)
from autoexposure.control.loop import ControlLoop, LoopConfig
from autoexposure.control.program import ProgramConfig
from autoexposure.errors import CameraNotFound, ControlTaken, ModelFileError, PolicyError
from autoexposure.exposure import Exposure
from autoexposure.metering.classical import AverageMeter
from autoexposure.metering.meters import METERS
from autoexposure.metering.policy import Decision
from autoexposure.metering.preview import Preview
from autoexposure.states import AeState, LoopState

Make = Callable[..., Any]
"""The ``closed_loop`` fixture."""

SIZE = "width=320,height=240"
STEADY = f"light=steady,{SIZE}"


@pytest.mark.parametrize(
    ("meter", "delay", "most_frames"),
    [*(("average", delay, delay + 1) for delay in range(9)), ("centre", 3, 4), ("matrix", 3, 11), ("spot", 3, 11)],
)
def test_three_ev_dark_settles_at_once(closed_loop: Make, meter: str, delay: int, most_frames: int) -> None:
    bench = closed_loop(f"{STEADY},delay={delay}", METERS[meter].make)
    seen = bench.run(60)
    scores = bench.score(seen)
    assert scores.settling_frames is not None
    assert scores.settling_frames <= most_frames
    assert scores.overshoot_ev <= 0.1
    assert scores.reversals == 0
    assert scores.writes <= 2
    assert not any(snapshot.wrote for snapshot in seen[2 * delay + 5 :])
    assert seen[-1].ae_state is AeState.CONVERGED


@pytest.mark.parametrize("delay", [0, 2, 5, 8])
@pytest.mark.parametrize("start_ev", [-4, -2, 2, 3])
def test_a_camera_that_does_not_know_its_delay(closed_loop: Make, start_ev: float, delay: int) -> None:
    bench = closed_loop(f"{STEADY},scene=cat,delay={delay},start_ev={start_ev}", METERS["average"].make, vague=True)
    seen = bench.run(80)
    scores = bench.score(seen)
    assert scores.settling_frames is not None
    assert scores.settling_frames <= 2 * delay + 5
    assert scores.overshoot_ev <= 0.3
    assert seen[-1].ae_state is AeState.CONVERGED
    assert not any(snapshot.wrote for snapshot in seen[40:])


def test_a_lamp_switched_just_before_pictures_are_lost_does_not_confuse(closed_loop: Make) -> None:
    bench = closed_loop(f"{SIZE},delay=3,light=switch,scene=cat", METERS["average"].make, vague=True)
    wrote = False
    for _ in range(500):
        (snapshot,) = bench.run(1)
        assert abs(snapshot.frame.exposure.ev - bench.truth_ev(snapshot)) < 0.3
        if snapshot.wrote:
            bench.clock.sleep(1.9 * bench.camera.frame_interval_s)  # the pictures that would have refreshed its memory
            wrote = True
    assert wrote


def test_every_frame_is_attributed_to_the_exposure_that_made_it(closed_loop: Make) -> None:
    bench = closed_loop(f"{SIZE},delay=4,light=switch", METERS["average"].make)
    for snapshot in bench.run(400):
        assert snapshot.frame is not None
        assert snapshot.frame.exposure is not None
        assert snapshot.frame.exposure.ev == pytest.approx(bench.truth_ev(snapshot), abs=1e-6)


@pytest.mark.parametrize("vague", [False, True])
def test_a_lamp_that_is_switched_is_followed_without_hunting(closed_loop: Make, vague: bool) -> None:
    bench = closed_loop(f"{SIZE},scene=cat,delay=3,light=switch", METERS["average"].make, vague=vague)
    seen = bench.run(1200)
    commands = [snapshot.commanded.ev for snapshot in seen if snapshot.wrote]
    assert len(commands) >= 3  # the lamp did go off and on
    assert len(commands) <= 14
    assert max(commands) - min(commands) == pytest.approx(math.log2(6), abs=0.4)
    converged = sum(snapshot.ae_state is AeState.CONVERGED for snapshot in seen)
    assert converged > 0.9 * len(seen)


def test_slow_dimming_is_followed(closed_loop: Make) -> None:
    bench = closed_loop(f"{SIZE},scene=cat,light=dim", METERS["average"].make)
    seen = bench.run(900)
    off = [abs(snapshot.decision.delta_ev) for snapshot in seen[30:]]
    assert max(off) < 0.6


def test_pictures_nobody_read_are_counted_and_no_others(closed_loop: Make) -> None:
    bench = closed_loop(STEADY, METERS["average"].make)
    assert {snapshot.dropped for snapshot in bench.run(20)} == {0}
    bench.clock.sleep(3 * bench.camera.frame_interval_s)
    late = bench.run(1)[-1]
    missed = late.frame.sequence - 20  # the one before was number 19
    assert missed in (2, 3)
    assert late.dropped == missed
    assert bench.run(5)[-1].dropped == missed


def test_bias_lock_and_pause(closed_loop: Make) -> None:
    bench = closed_loop(f"{STEADY},scene=cat", METERS["average"].make)
    plain_ev = bench.truth_ev(bench.run(30)[-1])
    bench.loop.send(SetBias(1.0))
    assert bench.truth_ev(bench.run(30)[-1]) == pytest.approx(plain_ev + 1, abs=0.15)
    bench.loop.send(Lock(True))
    bench.loop.send(SetBias(-2.0))
    locked = bench.run(30)
    assert {snapshot.ae_state for snapshot in locked} == {AeState.LOCKED}
    assert not any(snapshot.wrote for snapshot in locked)
    bench.loop.send(Pause(True))
    bench.loop.send(Lock(False))
    paused = bench.run(10)
    assert {snapshot.ae_state for snapshot in paused} == {AeState.INACTIVE}
    assert all(snapshot.decision is None for snapshot in paused)
    bench.loop.send(Pause(False))
    assert bench.truth_ev(bench.run(30)[-1]) == pytest.approx(plain_ev - 2, abs=0.15)


def test_a_manual_exposure_wins_and_holds(closed_loop: Make) -> None:
    bench = closed_loop(STEADY, METERS["average"].make)
    bench.run(20)
    bench.loop.send(SetExposure(Exposure(0.002, 2.0)))
    seen = bench.run(20)
    assert seen[-1].frame.exposure == bench.camera.truth(seen[-1].frame.sequence)
    assert seen[-1].frame.exposure.ev == pytest.approx(Exposure(0.002, 2.0).ev, abs=0.05)
    assert seen[-1].locked


def test_native_auto_exposure_is_handed_over_and_taken_back(closed_loop: Make) -> None:
    bench = closed_loop(STEADY, METERS["average"].make)
    bench.run(20)
    bench.loop.send(UseNativeAuto(True))
    native = bench.run(60)
    assert native[-1].native_auto
    assert native[-1].ae_state is AeState.INACTIVE
    assert native[-1].frame.exposure is None  # nobody can know it
    assert native[-1].decision is not None  # but it is still metered
    bench.loop.send(UseNativeAuto(False))
    assert bench.run(30)[-1].ae_state is AeState.CONVERGED


def test_program_rules_take_effect(closed_loop: Make) -> None:
    bench = closed_loop(STEADY, METERS["average"].make)
    bench.run(20)
    bench.loop.send(SetProgram(ProgramConfig(max_time_s=0.004)))
    bench.loop.send(SetBias(0.5))
    assert bench.run(30)[-1].frame.exposure.time_s <= 0.004


def test_settings_are_noted_before_and_put_back_after(closed_loop: Make) -> None:
    bench = closed_loop(f"{STEADY},native=on", METERS["average"].make, lasting=True)
    before = dict(bench.camera.settings())
    put_back: list[dict[str, float]] = []
    restore = bench.camera.restore

    def noted(settings: Settings) -> None:
        put_back.append(dict(settings))
        restore(settings)

    bench.camera.restore = noted  # type: ignore[method-assign]  # spied on
    bench.run(30)
    (entry,) = bench.journal.entries()
    assert entry.settings == before
    bench.loop.stop()
    assert put_back == [before]
    assert bench.journal.entries() == []
    bench.loop.stop()  # twice is fine
    assert bench.loop.latest().loop_state is LoopState.STOPPED


def test_a_crash_is_made_good_at_the_next_start(closed_loop: Make) -> None:
    crashed = closed_loop(f"{STEADY},native=on", METERS["average"].make, lasting=True)
    before = dict(crashed.camera.settings())
    crashed.run(10)  # and never stopped
    session = crashed.loop._connection.session
    assert session is not None
    session.abandon()  # as much as the system does for a program that is killed
    again = closed_loop(f"{STEADY},native=on", METERS["average"].make, lasting=True)
    again.camera.take_control()
    again.camera.set_exposure(Exposure(0.1, 8.0))  # as the crash left it
    again.run(10)
    (entry,) = again.journal.entries()
    assert entry.settings == before


def _disk_full(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_nothing_is_touched_when_it_cannot_be_written_down(closed_loop: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = closed_loop(f"{STEADY},native=on", METERS["average"].make, lasting=True)
    monkeypatch.setattr(os, "fsync", _disk_full)
    bench.camera.take_control = lambda: pytest.fail("touched")  # type: ignore[method-assign]  # spied on
    snapshot = bench.loop.turn()
    assert snapshot.loop_state is LoopState.FAILED
    assert "left alone" in snapshot.notice


def test_the_modes_of_the_camera_are_told(closed_loop: Make) -> None:
    snapshot = closed_loop("width=64,height=48", METERS["average"].make).run(1)[-1]
    assert snapshot.mode == PictureMode("", 64, 48, (30.0,))
    assert snapshot.mode.size_px in {mode.size_px for mode in snapshot.modes}


def test_unplug_and_replug(closed_loop: Make) -> None:
    bench = closed_loop(STEADY, METERS["average"].make)
    settled_ev = bench.truth_ev(bench.run(30)[-1])
    bench.camera.unplug()
    gone = bench.loop.turn()
    assert gone.loop_state is LoopState.RECONNECTING
    assert "disconnected" in gone.notice
    for _ in range(5):
        assert bench.loop.turn().loop_state is LoopState.RECONNECTING
    bench.camera.replug()
    bench.camera._closed = False  # the same object stands for the new device node
    began_s = bench.clock.now()
    back = bench.run(30)
    assert back[0].frame.timestamp_s - began_s <= 2.1
    assert bench.truth_ev(back[-1]) == pytest.approx(settled_ev, abs=0.2)


def test_late_frames_are_counted_then_taken_for_a_disconnection(closed_loop: Make) -> None:
    bench = closed_loop(STEADY, METERS["average"].make)
    bench.run(5)
    bench.camera.stall(3)
    for _ in range(3):
        assert "no picture" in bench.loop.turn().notice
    assert bench.run(1)[0].notice == ""
    bench.camera.stall(LoopConfig().timeouts_allowed + 1)
    states = [bench.loop.turn().loop_state for _ in range(LoopConfig().timeouts_allowed + 1)]
    assert states[-1] is LoopState.RECONNECTING


def test_a_refused_setting_is_tried_again_and_the_picture_goes_on(closed_loop: Make) -> None:
    bench = closed_loop(STEADY, METERS["average"].make)
    setting, taking, refusals = bench.camera.set_exposure, [], 3

    def refuse(exposure: Exposure) -> Exposure:
        nonlocal refusals
        if refusals:
            refusals -= 1
            raise ControlTaken("another program switched the camera to automatic exposure")
        return setting(exposure)

    bench.camera.set_exposure = refuse
    bench.camera.take_control = lambda: taking.append(bench.clock.now())
    seen = bench.run(240)
    assert "nother program" in seen[0].notice
    assert len(taking) >= 2  # at the start, and each time it was refused
    assert seen[-1].notice == ""
    assert seen[-1].ae_state is AeState.CONVERGED


class Broken:
    """A policy that fails on its second picture."""

    name = "attention"
    coarse = True
    calls = 0

    def decide(self, preview: Preview) -> Decision:
        self.calls += 1
        if self.calls > 1:
            raise PolicyError("not a number")
        return Decision(0.0)


def test_a_failing_policy_hands_over_to_a_classical_meter(closed_loop: Make) -> None:
    seen = closed_loop(STEADY, Broken).run(30)
    assert seen[-1].meter == "matrix"
    assert "matrix metering took over" in seen[-1].notice
    assert seen[-1].ae_state is AeState.CONVERGED


def test_errors_at_the_start_are_shown_and_can_be_mended(closed_loop: Make) -> None:
    def no_camera():
        raise CameraNotFound("there is no camera v4l2:/dev/video9")

    def no_model():
        raise ModelFileError("there is no model here")

    bench = closed_loop(STEADY, METERS["average"].make)
    loop = ControlLoop(no_camera, no_model, journal=bench.journal, clock=bench.clock)
    snapshot = loop.turn()
    assert (snapshot.loop_state, snapshot.notice) == (LoopState.FAILED, "there is no model here")
    loop.send(UsePolicy(AverageMeter))
    assert loop.turn().notice == "there is no camera v4l2:/dev/video9"
    loop.send(UseCamera(bench.open))
    loop.turn()
    assert loop.turn().loop_state is LoopState.RUNNING
    loop.send(UsePolicy(no_model))
    assert "The average meter stays." in loop.turn().notice
    loop.stop()


def test_an_unexpected_error_is_shown_and_the_camera_put_back(
    closed_loop: Make, caplog: pytest.LogCaptureFixture
) -> None:
    bench = closed_loop(STEADY, METERS["average"].make)
    bench.run(3)
    bench.camera.read = lambda timeout_s: 1 / 0  # type: ignore[method-assign, assignment]  # a driver's bug
    snapshot = bench.loop.turn()
    assert snapshot.loop_state is LoopState.FAILED
    assert isinstance(snapshot.error, ZeroDivisionError)
    assert bench.journal.entries() == []
    assert "ZeroDivisionError" in caplog.text


def test_the_thread_runs_and_ends(tmp_path: Path) -> None:
    from autoexposure.custody.journal import Journal
    from drivers.simulated.camera import open_simulated

    loop = ControlLoop(lambda: open_simulated(STEADY), AverageMeter, journal=Journal(tmp_path))
    with loop:
        loop.start()
        while loop.latest().frame is None:
            assert loop.latest().loop_state in (LoopState.STARTING, LoopState.RUNNING)
    assert loop.latest().loop_state is LoopState.STOPPED


@pytest.mark.parametrize("damping", [1.0, 0.5])
@pytest.mark.parametrize("bias_ev", [0.0, 0.2, 0.5, 1.0, 1.5, 2.0, 2.4])
def test_it_rests_at_the_nearest_step_that_the_camera_has(closed_loop: Make, bias_ev: float, damping: float) -> None:
    bench = closed_loop(
        "width=64,height=48,light=steady,scene=cat,time_step=0.006,gain_steps=3", METERS["average"].make
    )
    bench.loop.send(SetBias(bias_ev))
    bench.loop.send(SetDamping(damping))
    seen = bench.run(60)[-30:]
    assert {snapshot.ae_state for snapshot in seen} == {AeState.CONVERGED}
    last = seen[-1]
    assert last.commanded is not None
    assert last.target_ev is not None
    there_are = [Exposure(0.006 * steps, gain).ev for steps in range(1, 6) for gain in (1.0, 8.485, 72.0)]
    nearest_ev = min(abs(ev - last.target_ev) for ev in there_are)
    assert abs(last.commanded.ev - last.target_ev) <= max(nearest_ev, LoopConfig().controller.wake_ev) + 0.01
