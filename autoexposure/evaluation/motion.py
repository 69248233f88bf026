"""What heeding motion does to pictures of a moving subject: blur and noise, against a program that heeds none.

A subject moves before the scenes of the gallery, on a camera that smears it by as much as it moves during the exposure
and is noisy as photons are. All programs follow the same meter, so their pictures are equally bright.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from autoexposure.camera import Camera
from autoexposure.clock import Clock, SimulatedClock
from autoexposure.control.config import LoopConfig
from autoexposure.control.loop import ControlLoop
from autoexposure.control.program import ProgramConfig
from autoexposure.control.snapshot import Snapshot
from autoexposure.custody.journal import Journal
from autoexposure.exposure import Exposure
from autoexposure.frame import Pixels
from autoexposure.metering.policy import Policy
from autoexposure.profiles.noise import PHOTON_NOISE, NoiseModel
from autoexposure.simulation.builtin_scenes import builtin_scene
from autoexposure.simulation.light import STEADY_S, Steady
from autoexposure.simulation.moving import MovingSubject
from autoexposure.simulation.scene import Layer, LitScene, Scene, Size, exposed
from autoexposure.simulation.sensor import SensorConfig, SensorModel

SETTLE_S = 1.0
"""Before the subject begins to move the loop has so long to find its exposure."""

MOVE_S = 2.0
"""So long it moves."""

JUDGED_S = 1.0
"""The end of that is judged: the loop has had time to answer."""

MIDTONES = (90, 150)
"""Code values whose noise is measured: around the mid grey that noise models are of."""

OpenCamera = Callable[[Scene, Clock], Camera]


@dataclass(frozen=True, slots=True)
class Shot:
    """What one program made of one moving subject; means of the judged time.

    Attributes
    ----------
    exposure : in force at the end.
    ev : mean of the pictures' EV.
    blur_px : how far the subject is smeared.
    detail_lost : share of the subject's gradient energy, along its way, that the smear takes.
    noise, predicted : standard deviation of a mid-tone pixel in code values, measured and as the noise model has it.
    writes : settings while the subject moved.
    """

    exposure: Exposure
    ev: float
    blur_px: float
    detail_lost: float
    noise: float
    predicted: float
    writes: int


def shoot(
    name: str,
    size: Size,
    px_s: float,
    strength: float,
    open_camera: OpenCamera,
    make_policy: Callable[[], Policy],
    program: ProgramConfig,
    noise: NoiseModel = PHOTON_NOISE,
) -> Shot:
    """Photograph a subject before one scene of the gallery.

    Parameters
    ----------
    name : of the scene.
    px_s : speed of the subject in pixels per second.
    strength : of the light; 1 is that of a bright room.
    open_camera : opens a camera before a scene.
    program : splits the exposures.
    noise : predicts the noise.
    """
    subject = MovingSubject(builtin_scene(name, size).in_steady_light(), size, px_s)
    scene = LitScene((Layer(subject, Steady(strength)),))
    snapshots = _run(scene, open_camera, make_policy, program)
    moving = [each for each in snapshots if _time_s(each) > STEADY_S]
    judged = [each for each in moving if _time_s(each) > STEADY_S + MOVE_S - JUDGED_S]
    exposures = [each.exposure for each in judged if each.exposure is not None]
    return Shot(
        exposures[-1],
        float(np.mean([exposure.ev for exposure in exposures])),
        px_s * float(np.mean([exposure.time_s for exposure in exposures])),
        detail_lost(scene, subject, exposures[-1], _time_s(judged[-1])),
        noise_of(judged, slice(0, subject.top_px)),
        float(np.mean(noise.at(np.array([exposure.gain for exposure in exposures])))),
        sum(each.wrote for each in moving),
    )


def _run(
    scene: Scene, open_camera: OpenCamera, make_policy: Callable[[], Policy], program: ProgramConfig
) -> list[Snapshot]:
    clock = SimulatedClock()
    snapshots: list[Snapshot] = []
    with TemporaryDirectory() as folder, open_camera(scene, clock) as camera:
        clock.sleep(STEADY_S - SETTLE_S)  # the scene has begun, and nobody has looked
        config = LoopConfig(program=program)
        loop = ControlLoop(lambda: camera, make_policy, config=config, journal=Journal(Path(folder)), clock=clock)
        while clock.now() < STEADY_S + MOVE_S:
            snapshot = loop.turn()
            if snapshot.failure is not None:
                raise snapshot.failure
            if snapshot.frame is not None:
                snapshots.append(snapshot)
        loop.stop()
    return snapshots


def detail_lost(scene: Scene, subject: MovingSubject, exposure: Exposure, end_s: float) -> float:
    """The share of the subject's gradient energy along its way that an exposure which ends at ``end_s`` loses.

    The middle half of it counts, in pictures without noise.
    """
    sensor = SensorModel(SensorConfig(noise=False))
    middle_s = end_s - exposure.time_s / 2
    sharp = sensor.expose(scene.radiance(middle_s), exposure)
    smeared = sensor.expose(exposed(scene, end_s - exposure.time_s, exposure.time_s), exposure)
    width, height = subject.subject_px
    left = round(subject.left_px(middle_s))
    inside = (
        slice(subject.top_px + height // 4, subject.top_px + 3 * height // 4),
        slice(left + width // 4, left + 3 * width // 4),
    )
    return 1 - _gradient_energy(smeared[inside]) / _gradient_energy(sharp[inside])


def _gradient_energy(pixels: Pixels) -> float:
    return float((np.diff(pixels.astype(np.float64), axis=1) ** 2).mean())


def noise_of(snapshots: Iterable[Snapshot], rows: slice) -> float:
    """Standard deviation of mid-tones, in rows where nothing moves; NaN without mid-tones.

    It is that of the difference of neighbouring pictures with one exposure, divided by the root of two.
    """
    found = []
    for one, other in pairwise(snapshots):
        if one.frame is None or other.frame is None or one.exposure != other.exposure:
            continue
        first, second = (each.pixels[rows].astype(np.float64) for each in (one.frame, other.frame))
        mean = (first + second) / 2
        midtones = (mean > MIDTONES[0]) & (mean < MIDTONES[1])
        if midtones.any():
            found.append(float((second - first)[midtones].std()) / math.sqrt(2))
    return float(np.mean(found)) if found else math.nan


def _time_s(snapshot: Snapshot) -> float:
    assert snapshot.frame is not None
    return snapshot.frame.timestamp_s
