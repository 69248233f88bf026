"""How many exposures of one scene a meter is content with.

There should be one. Where there are two, a loop stays at the one it meets first, and what a person sees depends on
where the camera happened to start. So a view is taken at every exposure of a wide sweep, and the places are counted
where the answer passes through nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from autoexposure.exposure import Exposure
from autoexposure.frame import Pixels
from autoexposure.metering.policy import Policy
from autoexposure.metering.preview import make_preview
from autoexposure.process.long_work import Tell, tell_nobody
from autoexposure.simulation.scene import REFERENCE, Size
from autoexposure.simulation.scene_files import load_scene
from autoexposure.simulation.sensor import SensorConfig, SensorModel
from models.meters import CONTENT_EV

FARTHEST_EV = (-6.0, 6.0)
"""Ends of a sweep, around the exposure that a scene is scaled for: from nearly black to nearly white."""

STEP_EV = 0.25
"""Of a sweep: hardly coarser than what a loop takes for settled."""

VIEW = Size(320, 240)


@dataclass(frozen=True, slots=True)
class Rests:
    """What sweeps over views found.

    Attributes
    ----------
    views : how many.
    several : those of them with more than one place where the answer changes its sign, and how many places.
    none : those where it never does: the meter is content nowhere.
    """

    views: int
    several: dict[str, int]
    none: tuple[str, ...]


class View(Protocol):
    """One view at any exposure: a scene in true light, or a `models.data.stacks.Stack`."""

    @property
    def name(self) -> str:
        """What people know it by."""

    @property
    def range_ev(self) -> tuple[float, float]:
        """The darkest and the brightest exposure there is."""

    def picture(self, ev: float, /) -> Pixels:
        """(H, W, 3) uint8 RGB."""


class SceneView:
    """A scene's file, in one unmoved view and without sensor noise; 0 EV is the exposure that it is scaled for.

    Raises SceneError if it can't be read.
    """

    range_ev = FARTHEST_EV

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self._sensor = SensorModel(SensorConfig(noise=False), seed=0)
        self._radiance = load_scene(path, VIEW).radiance(0.0)

    def picture(self, ev: float, /) -> Pixels:
        """See `View`."""
        return self._sensor.expose(self._radiance, Exposure(REFERENCE.time_s * 2.0**ev, REFERENCE.gain))


def count_rests(policy: Policy, views: Iterable[View], count: int, tell: Tell = tell_nobody) -> Rests:
    """Sweep the exposure over every one of ``count`` views, which may be opened one by one."""
    found = []
    for number, view in enumerate(views, 1):
        found.append((view.name, zero_crossings(sweep_ev(policy, view))))
        tell("sweeping the exposure", number / count)
    several = {name: rests for name, rests in found if rests > 1}
    return Rests(len(found), several, tuple(name for name, rests in found if rests == 0))


def sweep_ev(policy: Policy, view: View) -> NDArray[np.float64]:
    """(S,) what ``policy`` answers from the darkest to the brightest exposure, every STEP_EV."""
    low_ev, high_ev = (min(max(ev, FARTHEST_EV[0]), FARTHEST_EV[1]) for ev in view.range_ev)
    exposures_ev = np.arange(low_ev, high_ev + 1e-9, STEP_EV)
    return np.array([policy.decide(make_preview(view.picture(float(ev)))).delta_ev for ev in exposures_ev])


def zero_crossings(answers_ev: NDArray[np.float64]) -> int:
    """How often (N,) answers change their sign; those that a loop would not act on have none."""
    signs = np.sign(answers_ev[np.abs(answers_ev) >= CONTENT_EV])
    return int((np.diff(signs) != 0).sum())
