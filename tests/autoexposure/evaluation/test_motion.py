"""What the bench of motion measures, against what is known of the simulation."""

import math

import numpy as np
import pytest

from autoexposure.clock import Clock
from autoexposure.control.program import ProgramConfig
from autoexposure.control.snapshot import Snapshot
from autoexposure.evaluation.motion import detail_lost, noise_of, shoot
from autoexposure.exposure import Exposure
from autoexposure.frame import Frame
from autoexposure.metering.classical import AverageMeter
from autoexposure.motion.trade import Motion
from autoexposure.simulation.builtin_scenes import builtin_scene
from autoexposure.simulation.light import STEADY_S
from autoexposure.simulation.moving import MovingSubject
from autoexposure.simulation.scene import Scene, Size
from drivers.simulated.camera import SimulatedCamera
from drivers.simulated.config import SimulatedConfig

SIZE = Size(320, 240)


def open_camera(scene: Scene, clock: Clock) -> SimulatedCamera:
    return SimulatedCamera(SimulatedConfig(width=320, height=240), scene, clock)


def test_blur_is_halved_at_least_and_noise_is_as_predicted() -> None:
    fixed, auto = (
        shoot("coffee", SIZE, 200.0, 1 / 16, open_camera, AverageMeter, ProgramConfig(motion=motion))
        for motion in (Motion.OFF, Motion.AUTO)
    )
    assert fixed.blur_px == pytest.approx(200 / 30, rel=0.02)
    assert auto.blur_px <= fixed.blur_px / 2
    assert auto.detail_lost < fixed.detail_lost
    assert auto.ev == pytest.approx(fixed.ev, abs=0.1)
    for shot in (fixed, auto):
        assert shot.noise == pytest.approx(shot.predicted, rel=0.2)


def test_detail_is_lost_by_motion_alone() -> None:
    still = MovingSubject(builtin_scene("coffee", SIZE).in_steady_light(), SIZE, 0.0)
    moving = MovingSubject(builtin_scene("coffee", SIZE).in_steady_light(), SIZE, 200.0)
    assert detail_lost(still, still, Exposure(0.01), STEADY_S + 1) == 0
    lost = [detail_lost(moving, moving, Exposure(time_s, 0.01 / time_s), STEADY_S + 1) for time_s in (0.01, 0.03)]
    assert 0 < lost[0] < lost[1] < 1


def test_noise_is_that_of_midtones() -> None:
    random = np.random.default_rng(0)
    pictures = [np.clip(random.normal(120, 5, (20, 60, 3)), 0, 255).round().astype(np.uint8) for _ in range(40)]
    shots = [Snapshot(frame=Frame(pixels, index / 30, index)) for index, pixels in enumerate(pictures)]
    assert noise_of(shots, slice(0, 20)) == pytest.approx(5, rel=0.05)
    dark = [Snapshot(frame=Frame(pixels // 4, index / 30, index)) for index, pixels in enumerate(pictures)]
    assert math.isnan(noise_of(dark, slice(0, 20)))
