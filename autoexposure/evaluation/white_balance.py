"""What holding the automatic white balance while the exposure is searched does, on a camera whose balance hunts.

A lamp is switched off and on again and again before each scene. The first searches are left alone, since the hold is
learned from them; the later ones are judged, with the hold and without it, picture for picture with the same noise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from autoexposure.abilities.adjustable import Adjustable
from autoexposure.camera import Camera
from autoexposure.clock import Clock, SimulatedClock
from autoexposure.control.config import LoopConfig
from autoexposure.control.loop import ControlLoop
from autoexposure.control.snapshot import Snapshot
from autoexposure.custody.journal import Journal
from autoexposure.evaluation.scores import score, trace_of
from autoexposure.metering.policy import Policy
from autoexposure.states import LoopState

MIRED = 1e6
"""A colour temperature in mired is this by kelvin: steps of it look alike all along the scale."""

AT_REST_MIRED = 5.0
"""Nearer than this to where it ends, a white balance is at rest: a change that is just seen side by side."""

OpenCamera = Callable[[Clock], Camera]


@dataclass(frozen=True, slots=True)
class Stretch:
    """The time from one switch of the lamp to the next.

    Attributes
    ----------
    settling_frames : until the exposure was at rest; as many as there are, where it never was.
    overshoot_ev : as `LoopScores`.
    writes : of the exposure.
    colour_rest_frames : until the white balance was at rest.
    colour_path_mired : all the ways that it went.
    """

    settling_frames: float
    overshoot_ev: float
    writes: float
    colour_rest_frames: float
    colour_path_mired: float


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of a `Stretch`: mean and 90th percentile without the hold and with it, and how pairs differ."""

    name: str
    without: tuple[float, float]
    held: tuple[float, float]
    difference: tuple[float, float, float]
    """With less without: mean, 10th and 90th percentile over the pairs."""


def measure(
    cameras: Iterable[OpenCamera], make_policy: Callable[[], Policy], switches_s: tuple[float, ...]
) -> list[Row]:
    """Compare the two on each of the cameras, which have an automatic white balance.

    Parameters
    ----------
    cameras : each opens the same camera twice, before a lamp that is switched at ``switches_s``.
    switches_s : seconds from the start; judged is the time between two of them.
    """
    without: list[Stretch] = []
    held: list[Stretch] = []
    for open_camera in cameras:
        without += _stretches(open_camera, make_policy, switches_s, hold=False)
        held += _stretches(open_camera, make_policy, switches_s, hold=True)
    rows = []
    for name in (field.name for field in fields(Stretch)):
        before, after = (np.array([getattr(stretch, name) for stretch in arm]) for arm in (without, held))
        low, high = np.percentile(after - before, (10, 90))
        differs = float((after - before).mean()), float(low), float(high)
        rows.append(Row(name, _mean_and_p90(before), _mean_and_p90(after), differs))
    return rows


def _mean_and_p90(values: np.ndarray) -> tuple[float, float]:
    return float(values.mean()), float(np.percentile(values, 90))


def _stretches(
    open_camera: OpenCamera, make_policy: Callable[[], Policy], switches_s: tuple[float, ...], *, hold: bool
) -> list[Stretch]:
    clock = SimulatedClock()
    shots: list[Snapshot] = []
    mired: list[float] = []
    with TemporaryDirectory() as folder, open_camera(clock) as camera:
        config = LoopConfig(hold_white_balance=hold)
        loop = ControlLoop(lambda: camera, make_policy, config=config, journal=Journal(Path(folder)), clock=clock)
        while not shots or _time_s(shots[-1]) - _time_s(shots[0]) < switches_s[-1]:
            snapshot = loop.turn()
            if snapshot.failure is not None:
                raise snapshot.failure
            if snapshot.frame is not None and snapshot.loop_state is LoopState.RUNNING:
                shots.append(snapshot)
                mired.append(_white_balance_mired(camera))
        loop.stop()
    times_s = np.array([_time_s(shot) - _time_s(shots[0]) for shot in shots])
    cuts = np.searchsorted(times_s, switches_s)
    return [_judged(shots[start:end], np.array(mired[start:end])) for start, end in pairwise(cuts)]


def _judged(shots: list[Snapshot], mired: np.ndarray) -> Stretch:
    scores = score(trace_of(shots))
    away = np.flatnonzero(np.abs(mired - mired[-1]) > AT_REST_MIRED)
    return Stretch(
        len(shots) if scores.settling_frames is None else scores.settling_frames,
        scores.overshoot_ev,
        scores.writes,
        float(away[-1] + 1) if away.size else 0.0,
        float(np.abs(np.diff(mired)).sum()),
    )


def _time_s(shot: Snapshot) -> float:
    assert shot.frame is not None
    return shot.frame.timestamp_s


def _white_balance_mired(camera: Camera) -> float:
    assert isinstance(camera, Adjustable)
    return next(MIRED / each.value for each in camera.adjustments() if each.name == "white_balance_temperature")
