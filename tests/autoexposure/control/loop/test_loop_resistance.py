"""The loop on a camera that other programs meddle with, that refuses, and that is pulled out."""

import math
from collections.abc import Callable
from typing import Any

import pytest

from autoexposure.camera import CameraInfo
from autoexposure.control.commands import Lock, SetBias, SetExposure, UseNativeAuto
from autoexposure.errors import CameraBusy, CameraError
from autoexposure.exposure import Exposure
from autoexposure.metering.meters import METERS
from autoexposure.states import AeState, LoopState

Make = Callable[..., Any]
"""The ``closed_loop`` fixture."""

STEADY = "light=steady,width=64,height=48,native=on"


class Meddler:
    """Another program at a simulated camera, which hears of it as a V4L2 camera does."""

    def __init__(self, camera: Any) -> None:
        self._camera = camera
        self._heard: list[str] = []
        camera.foreign_change = lambda: self._heard.pop() if self._heard else ""

    def set(self, exposure: Exposure) -> None:
        self._camera.set_exposure(exposure)
        self._heard = ["another program set gain to 7"]

    def switch_to_automatic(self) -> None:
        self._camera.set_native_auto(True)
        self._heard = ["another program switched the automatic exposure on"]


def test_what_another_program_sets_is_set_back_without_a_correction_of_its_pictures(closed_loop: Make) -> None:
    bench = closed_loop(STEADY, METERS["average"].make)
    meddler = Meddler(bench.camera)
    settled_ev = bench.truth_ev(bench.run(30)[-1])
    meddler.set(Exposure(0.0005, 1.0))
    after = bench.run(20)
    assert after[0].notice == "Another program set gain to 7; it was set back."
    assert not any(snapshot.wrote for snapshot in after)
    assert bench.truth_ev(after[-1]) == pytest.approx(settled_ev, abs=0.05)
    assert after[-1].ae_state is AeState.CONVERGED
    assert bench.run(130)[-1].notice == ""


def test_a_program_that_insists_wins_until_the_user_does(closed_loop: Make) -> None:
    bench = closed_loop(STEADY, METERS["average"].make)
    meddler = Meddler(bench.camera)
    settled_ev = bench.truth_ev(bench.run(30)[-1])
    for _ in range(150):
        meddler.switch_to_automatic()
        (snapshot,) = bench.run(1)
        if "wins" in snapshot.notice:
            break
    lost = bench.run(30)
    assert all("wins" in snapshot.notice and snapshot.ae_state is AeState.INACTIVE for snapshot in lost)
    assert bench.camera.settings()["native_auto"] == 1
    bench.loop.send(Lock(True))
    back = bench.run(20)[-1]
    assert bench.camera.settings()["native_auto"] == 0
    assert bench.truth_ev(back) == pytest.approx(settled_ev, abs=0.05)
    assert back.ae_state is AeState.LOCKED


def test_a_refused_setting_is_reverted_with_the_reason_and_the_newest_is_tried_next(closed_loop: Make) -> None:
    bench = closed_loop(STEADY, METERS["average"].make)
    before = bench.run(30)[-1].commanded
    setting, asked = bench.camera.set_exposure, []

    def refuse(exposure: Exposure) -> Exposure:
        asked.append((bench.clock.now(), exposure))
        if len(asked) < 3:
            raise CameraBusy("it is not ready")
        return setting(exposure)

    bench.camera.set_exposure = refuse
    bench.loop.send(SetBias(1.0))
    seen = bench.run(30)
    bench.loop.send(SetBias(-1.0))
    seen += bench.run(80)
    first, second, third = (snapshot.write for snapshot in seen if snapshot.write is not None)
    assert (first.reason, first.really, first.confirmed) == ("it is not ready", before, False)
    assert second.asked.ev < first.asked.ev  # the newest wish, not the one that was refused
    assert third.confirmed
    assert asked[1][0] - asked[0][0] >= bench.loop.config.refused_pause_s
    assert asked[2][0] - asked[1][0] >= bench.loop.config.refused_pause_s
    notices = [snapshot.notice for snapshot in seen]
    assert notices[5] == "it is not ready"
    assert notices[-1] == ""
    assert not any(snapshot.wrote for snapshot in seen if snapshot.write is None or not snapshot.write.confirmed)


def test_of_a_setting_refused_by_half_the_other_half_counts(closed_loop: Make) -> None:
    bench = closed_loop(STEADY, METERS["average"].make)
    bench.run(30)
    setting = bench.camera.set_exposure

    def by_half(exposure: Exposure) -> Exposure:
        bench.camera.set_exposure = setting
        setting(Exposure(exposure.time_s, bench.camera.exposure.gain))
        raise CameraError("its firmware rejected the gain")

    bench.camera.set_exposure = by_half
    bench.loop.send(SetExposure(Exposure(0.002, 4.0)))
    seen = bench.run(20)
    assert seen[-1].commanded.time_s == pytest.approx(0.002, rel=0.05)
    assert seen[-1].frame.exposure.ev == pytest.approx(bench.truth_ev(seen[-1]), abs=1e-6)


@pytest.mark.parametrize("delay", [0, 6])
@pytest.mark.parametrize("bias_ev", [-1.5, -2.5, -3.4])
def test_a_camera_that_snaps_to_coarse_steps_in_secret_is_not_hunted_for_ever(
    closed_loop: Make, bias_ev: float, delay: int
) -> None:
    bench = closed_loop(f"{STEADY},scene=cat,delay={delay}", METERS["average"].make, vague=True)
    setting = bench.camera.set_exposure

    def snap(exposure: Exposure) -> Exposure:
        steps = (0.0003, 0.0005, 0.001, 0.002, 0.0039, 0.0078, 0.0156, 0.0312)
        setting(Exposure(min(steps, key=lambda step: abs(math.log(step / exposure.time_s))), exposure.gain))
        return exposure

    bench.camera.set_exposure = snap
    bench.run(40)
    bench.loop.send(SetBias(bias_ev))
    seen = bench.run(90)
    assert seen[-1].ae_state is AeState.CONVERGED
    assert sum(snapshot.wrote for snapshot in seen) <= 6
    assert not any(snapshot.wrote for snapshot in seen[60:])
    assert abs(seen[-1].decision.delta_ev + bias_ev) < 0.65  # half a step of the camera's, and the dead band
    bench.loop.send(SetBias(0.0))
    assert abs(bench.run(60)[-1].decision.delta_ev) < 0.65


@pytest.mark.parametrize("native", [False, True])
def test_a_camera_that_is_back_is_set_as_it_was(closed_loop: Make, native: bool) -> None:
    asked: list[CameraInfo] = []
    bench = closed_loop(STEADY, METERS["average"].make)
    bench.loop._connection._open_same = lambda info, otherwise: asked.append(info) or otherwise()
    bench.run(20)
    by_hand = Exposure(0.003, 2.0)
    bench.loop.send(UseNativeAuto(True) if native else SetExposure(by_hand))
    bench.run(5)
    bench.camera.unplug()
    assert bench.loop.turn().loop_state is LoopState.RECONNECTING
    bench.camera.replug()
    bench.camera._closed = False  # the same object stands for the new device node
    back = bench.run(12)[-1]
    assert asked == [bench.camera.info]
    assert back.native_auto is native
    if not native:
        assert bench.truth_ev(back) == pytest.approx(by_hand.ev, abs=0.1)
        assert back.locked


def test_a_camera_that_is_away_from_the_start_is_waited_for_with_pauses(closed_loop: Make) -> None:
    bench = closed_loop(STEADY, METERS["average"].make)
    bench.camera.unplug()  # opening it says 'disconnected', as a phone's does that has been here
    states = {bench.loop.turn().loop_state for _ in range(5)}
    assert states == {LoopState.RECONNECTING}
    assert bench.clock.now() >= 1.0
    bench.camera.replug()
    assert bench.run(3)[-1].frame is not None


def test_what_was_set_while_the_camera_was_away_counts(closed_loop: Make) -> None:
    bench = closed_loop(STEADY, METERS["average"].make)
    bench.run(20)
    bench.camera.unplug()
    bench.loop.turn()
    bench.loop.send(SetExposure(Exposure(0.001, 1.0)))
    bench.loop.turn()
    bench.camera.replug()
    bench.camera._closed = False
    assert bench.truth_ev(bench.run(12)[-1]) == pytest.approx(Exposure(0.001, 1.0).ev, abs=0.1)


def test_a_camera_that_refuses_every_setting_is_told_once(closed_loop: Make, caplog: pytest.LogCaptureFixture) -> None:
    bench = closed_loop(STEADY, METERS["average"].make)
    bench.run(30)
    setting, asked = bench.camera.set_exposure, []

    def refuse(exposure: Exposure) -> Exposure:
        asked.append(exposure)
        raise CameraError(f"it refused to be set to {exposure}")

    def said() -> int:
        return sum("refused to be set" in record.getMessage() for record in caplog.records)

    bench.camera.set_exposure = refuse
    for ev in (1.0, 1.5, 2.0):
        bench.loop.send(SetBias(ev))
        bench.run(60)
    assert len(set(asked)) == 3
    assert len(asked) > 3
    assert said() == 1
    bench.camera.set_exposure = setting
    bench.run(60)
    bench.camera.set_exposure = refuse
    bench.loop.send(SetBias(0.0))
    bench.run(60)
    assert said() == 2  # it had obeyed meanwhile
