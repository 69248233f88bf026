"""Shorter times where something moves, in the closed loop: brightness stays, and nothing hunts."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autoexposure.control.commands import Lock, SetProgram
from autoexposure.control.config import LoopConfig
from autoexposure.control.loop import ControlLoop
from autoexposure.control.program import ProgramConfig
from autoexposure.control.snapshot import Snapshot
from autoexposure.errors import CameraError
from autoexposure.exposure import Exposure
from autoexposure.matching.matching import Matching
from autoexposure.metering.classical import AverageMeter
from autoexposure.motion.trade import Motion
from autoexposure.simulation.builtin_scenes import builtin_scene
from autoexposure.simulation.light import STEADY_S, Steady
from autoexposure.simulation.moving import MovingSubject
from autoexposure.simulation.scene import Layer, LitScene, Size
from autoexposure.simulation.sensor import Radiance

Make = Callable[..., Any]
SIZE = Size(320, 240)
SPEC = "width=320,height=240"
LIGHT = 1 / 16
"""Of a room in the evening: 1/30 s and some gain."""
PX_S = 200.0
SECOND = 30
"""Pictures in one."""


class Stopping:
    """Shows a scene up to a time, and from then on as it is then."""

    def __init__(self, scene: LitScene, stop_s: float) -> None:
        self._scene, self._stop_s = scene, stop_s

    def radiance(self, time_s: float) -> Radiance:
        return self._scene.radiance(min(time_s, self._stop_s))

    def mean_radiance(self, start_s: float, time_s: float) -> Radiance:
        if start_s + time_s > self._stop_s:
            return self._scene.radiance(self._stop_s)
        return self._scene.mean_radiance(start_s, time_s)


@pytest.fixture
def make(closed_loop: Make) -> Make:
    """Makes a loop half a second before its subject begins to move."""

    def made(motion: Motion, *, px_s: float = PX_S, stop_s: float = 1e9, vague: bool = False, **rules: Any) -> Any:
        config = LoopConfig(program=ProgramConfig(motion=motion, **rules))
        loop = closed_loop(SPEC, AverageMeter, vague=vague, config=config)
        subject = MovingSubject(builtin_scene("coffee", SIZE).in_steady_light(), SIZE, px_s)
        scene = Stopping(LitScene((Layer(subject, Steady(LIGHT)),)), stop_s)
        loop.camera = type(loop.camera)(loop.camera.config, scene, loop.clock)
        loop.clock.sleep(STEADY_S - 0.5)
        return loop

    return made


def same_pictures(first: list[Snapshot], second: list[Snapshot]) -> bool:
    return all(
        one.commanded == other.commanded and np.array_equal(one.frame.pixels, other.frame.pixels)
        for one, other in zip(first, second, strict=True)
        if one.frame is not None and other.frame is not None
    )


@pytest.mark.parametrize("motion", [Motion.AUTO, Motion.SPORTS])
def test_a_still_scene_is_exposed_as_without(make: Make, motion: Motion) -> None:
    without, heeding = (make(each, px_s=0.0).run(2 * SECOND) for each in (Motion.OFF, motion))
    assert same_pictures(without, heeding)
    assert without[-1].motion is None
    assert heeding[-1].motion.blur_px < 0.5
    assert heeding[-1].motion.shorter_ev == 0


@pytest.mark.parametrize("vague", [False, True])
def test_what_moves_is_blurred_half_as_much_and_pictures_are_as_bright(make: Make, vague: bool) -> None:
    without, heeding, sports = (make(motion, vague=vague).run(3 * SECOND) for motion in Motion)
    assert without[-1].exposure.time_s == pytest.approx(1 / 30, rel=0.02)
    for seen, at_most in ((heeding, 1 / 2), (sports, 1 / 4)):
        assert seen[-1].exposure.time_s < at_most * without[-1].exposure.time_s
        assert seen[-1].exposure.ev == pytest.approx(without[-1].exposure.ev, abs=0.15)
        assert seen[-1].motion.px_s == pytest.approx(PX_S, rel=0.15)
        assert seen[-1].motion.blur_px == pytest.approx(seen[-1].motion.px_s * seen[-1].exposure.time_s)
        assert seen[-1].motion.shorter_ev == pytest.approx(np.log2(1 / 30 / seen[-1].exposure.time_s), abs=0.1)
        assert sum(each.wrote for each in seen[SECOND:]) <= 4


def test_at_rest_again_the_long_time_comes_back_and_stays(make: Make) -> None:
    seen = make(Motion.AUTO, stop_s=STEADY_S + 1).run(5 * SECOND)
    before = seen[10].commanded
    assert seen[round(1.4 * SECOND)].commanded.time_s < before.time_s / 2
    assert seen[-1].commanded.time_s == pytest.approx(before.time_s, rel=0.02)
    assert seen[-1].commanded.ev == pytest.approx(before.ev, abs=0.15)
    assert sum(each.wrote for each in seen[round(1.6 * SECOND) :]) <= 3
    assert not any(each.wrote for each in seen[-SECOND:])


def test_auto_keeps_whole_periods_of_the_lamps_and_sports_says_that_they_band(make: Make) -> None:
    auto = make(Motion.AUTO, px_s=800.0, mains_hz=50).run(2 * SECOND)
    assert auto[-1].commanded.time_s == pytest.approx(0.01)
    assert not auto[-1].motion.bands
    sports = make(Motion.SPORTS, px_s=800.0, mains_hz=50).run(2 * SECOND)
    assert sports[-1].commanded.time_s < 0.008
    assert sports[-1].motion.bands


def test_brightness_comes_first_where_gain_ends(make: Make) -> None:
    bright = make(Motion.OFF, max_gain=4.0).run(2 * SECOND)[-1]
    moving = make(Motion.SPORTS, max_gain=4.0).run(2 * SECOND)[-1]
    assert moving.commanded.ev == pytest.approx(bright.commanded.ev, abs=0.15)
    assert moving.commanded.gain > 3.5
    assert moving.commanded.gain > bright.commanded.gain


def test_a_locked_exposure_is_left_alone(make: Make) -> None:
    loop = make(Motion.AUTO)
    before = loop.run(10)[-1].commanded
    loop.loop.send(Lock(True))
    seen = loop.run(2 * SECOND)
    assert seen[-1].motion.px_s > PX_S / 2
    assert {each.commanded for each in seen} == {before}
    loop.loop.send(Lock(False))
    assert loop.run(10)[-1].commanded.time_s < before.time_s / 2


def test_switched_off_the_long_time_comes_back_at_once(make: Make) -> None:
    loop = make(Motion.AUTO)
    before = loop.run(10)[-1].commanded
    assert loop.run(SECOND)[-1].commanded.time_s < before.time_s / 2
    loop.loop.send(SetProgram(ProgramConfig()))
    seen = loop.run(3)
    assert seen[0].commanded.time_s == pytest.approx(before.time_s, rel=0.02)
    assert seen[-1].motion is None


def test_a_camera_that_is_matched_does_not_heed_motion(make: Make) -> None:
    loop = make(Motion.SPORTS)
    loop.loop = ControlLoop(
        loop.open, AverageMeter, config=loop.loop.config, journal=loop.journal, match=Matching("mean"), clock=loop.clock
    )
    seen = loop.run(2 * SECOND)
    assert seen[-1].motion is None
    assert seen[-1].commanded.time_s == pytest.approx(1 / 30, rel=0.02)


def test_the_picture_may_flash_where_time_and_gain_arrive_apart(make: Make) -> None:
    # The gain arrives one picture late: one picture is dark, which must not be taken for a change of light.
    loop = make(Motion.AUTO)
    real = loop.camera.set_exposure

    class Late:
        pending = None

    def set_exposure(exposure: Any) -> Any:
        now = loop.camera._frames.register
        real(type(exposure)(exposure.time_s, now.gain))
        Late.pending = exposure, loop.camera._frames.sequence
        return exposure

    take = loop.camera.read

    def read(timeout_s: float) -> Any:
        if Late.pending is not None and loop.camera._frames.sequence > Late.pending[1]:
            real(Late.pending[0])
            Late.pending = None
        return take(timeout_s)

    loop.run(14)
    loop.camera.set_exposure, loop.camera.read = set_exposure, read
    seen = loop.run(2 * SECOND)
    levels = np.array([each.frame.pixels.mean() for each in seen])
    assert levels.min() < 0.8 * np.median(levels)  # it did flash
    settled = {round(each.commanded.ev, 1) for each in seen}
    assert max(settled) - min(settled) <= 0.35


def test_a_split_that_is_refused_is_tried_again(closed_loop: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    loop = closed_loop(
        "scene=cat,light=steady,width=64,height=48",
        AverageMeter,
        config=LoopConfig(program=ProgramConfig(motion=Motion.SPORTS)),
    )
    loop.run(40)
    true, refusals = loop.camera.set_exposure, ["busy"]

    def refuse_once(exposure: Exposure) -> Exposure:
        if refusals:
            raise CameraError(refusals.pop())
        return true(exposure)

    monkeypatch.setattr(loop.camera, "set_exposure", refuse_once)
    loop.loop._connection.session.prefer(0.0005)
    loop.loop._actuator.motion.due = True
    seen = loop.run(2 * SECOND)
    assert not refusals
    assert seen[-1].commanded.time_s == pytest.approx(0.0005)
    assert sum(snapshot.write is not None for snapshot in seen) == 2
