"""How many exposures of one scene a meter is content with.

There should be one. Where there are two, a loop stays at the one it meets first, and what a person sees depends on
where the camera happened to start. So a scene in true light is taken at every exposure of a wide sweep, and the places
are counted where the answer passes through nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autoexposure.exposure import Exposure
from autoexposure.metering.policy import Policy
from autoexposure.metering.preview import make_preview
from autoexposure.process.long_work import Tell, tell_nobody
from autoexposure.simulation.scene import REFERENCE, Size
from autoexposure.simulation.scene_files import load_scene
from autoexposure.simulation.sensor import SensorConfig, SensorModel
from models.meters import CONTENT_EV

SWEEP_EV: NDArray[np.float64] = np.arange(-6.0, 6.0 + 1e-9, 0.25)
"""Exposures of a sweep around the one that a scene is scaled for: from nearly black to nearly white, in steps that are
hardly coarser than what a loop takes for settled."""

VIEW = Size(320, 240)


@dataclass(frozen=True, slots=True)
class Rests:
    """What a sweep over scenes found.

    Attributes
    ----------
    scenes : how many.
    several : those of them with more than one place where the answer changes its sign, and how many places.
    none : those where it never does: the meter is content nowhere.
    """

    scenes: int
    several: dict[str, int]
    none: tuple[str, ...]


def count_rests(policy: Policy, scenes: Sequence[Path], tell: Tell = tell_nobody) -> Rests:
    """Sweep the exposure over every scene, without sensor noise. Raises SceneError for one that can't be read."""
    found = []
    for number, scene in enumerate(scenes, 1):
        found.append((scene.name, zero_crossings(sweep_ev(policy, scene))))
        tell("sweeping the exposure", number / len(scenes))
    several = {name: count for name, count in found if count > 1}
    return Rests(len(scenes), several, tuple(name for name, count in found if count == 0))


def sweep_ev(policy: Policy, scene: Path) -> NDArray[np.float64]:
    """(len(SWEEP_EV),) what ``policy`` answers on a scene taken at each exposure of the sweep, in one unmoved view."""
    sensor = SensorModel(SensorConfig(noise=False), seed=0)
    radiance = load_scene(scene, VIEW).radiance(0.0)
    answers = []
    for offset_ev in SWEEP_EV:
        taken = Exposure(REFERENCE.time_s * 2.0**offset_ev, REFERENCE.gain)
        answers.append(policy.decide(make_preview(sensor.expose(radiance, taken, 0.0))).delta_ev)
    return np.array(answers)


def zero_crossings(answers_ev: NDArray[np.float64]) -> int:
    """How often (N,) answers change their sign; those that a loop would not act on have none."""
    signs = np.sign(answers_ev[np.abs(answers_ev) >= CONTENT_EV])
    return int((np.diff(signs) != 0).sum())
