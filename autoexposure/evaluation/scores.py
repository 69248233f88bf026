"""How well a loop behaved: one definition for tests, the benchmark and comparisons of meters.

A trace begins with the first picture after something changed (the start, a lamp, another meter) and lasts until well
after the loop came to rest. EV is the exposure that made each picture, so everything here counts what was seen,
camera delay included, and not what was commanded.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, median

import numpy as np
from numpy.typing import NDArray

from autoexposure.control.snapshot import Snapshot
from autoexposure.errors import ConfigError
from autoexposure.frame import Pixels
from autoexposure.metering.clipping import HIGHLIGHT_CODE, strongest_channel
from autoexposure.response import REC709, ResponseCurve

WELL_EXPOSED = (0.3, 0.7)
"""Luma of a place that shows its detail well, as a share of white. Exposure fusion weights places by a Gaussian around
0.5, whose standard deviation is 0.2 (Mertens, Kautz and Van Reeth 2007): no further off than that."""


@dataclass(frozen=True, slots=True)
class TracePoint:
    """One picture of a trace.

    Attributes
    ----------
    sequence : the picture's running number; gaps (dropped pictures) count as time.
    ev : EV of the exposure that made it.
    delta_ev : what the meter wanted of it, None if none ran.
    wrote : whether the camera was written to on account of it.
    """

    sequence: int
    ev: float
    delta_ev: float | None = None
    wrote: bool = False


@dataclass(frozen=True, slots=True)
class ScoreRules:
    """Where the lines are drawn; checked on construction.

    Attributes
    ----------
    band_ev : settled means no further than this from where the trace ends; one step of the paper's ladder (5.3).
    hold : pictures at the end that must all lie within the band; their median is where the trace ends.
    reversal_ev : a turn counts when EV has come back from its extreme by more than this; smaller is a rounding step.
    """

    band_ev: float = 0.2
    hold: int = 10
    reversal_ev: float = 0.1

    def __post_init__(self) -> None:
        if not (self.band_ev > 0 and self.reversal_ev > 0 and self.hold >= 1):
            raise ConfigError(f"scores need bands above 0 and hold of at least 1, given {self}")


@dataclass(frozen=True, slots=True)
class LoopScores:
    """What became of one trace. T is its number of pictures, ``end_ev`` the median EV of its last ``hold`` pictures.

    Attributes
    ----------
    end_ev : where it ended.
    travel_ev : ``end_ev`` minus the EV of the first picture.
    settling_frames : frames from the first picture to the one from which on EV stays within ``band_ev`` of
        ``end_ev``, by sequence numbers; 0 if it always did. None (not settled) if the last ``hold`` pictures do not all
        lie within the band, or there are fewer.
    overshoot_ev : furthest EV beyond ``end_ev`` in the direction of travel, at least 0. Where there was no travel to
        speak of (within ``band_ev``) the furthest departure from ``end_ev`` to either side.
    reversals : how often EV turned round: it had gone one way by more than ``reversal_ev`` and then came back from the
        extreme it had reached by more than that. A straight approach has 0, one overshoot 1; more is hunting.
    smoothness : |first EV - last EV| / sum of |steps|; 1 = straight, and also where nothing moved.
    writes : pictures on account of which the camera was written to.
    writes_after_settling : those of them from the settling picture on; all of them if it never settled.
    steady_rms_ev : root mean square of EV around its own mean from settling on (over the last ``hold`` if not settled).
    steady_error_ev : mean of what the meter still wanted over the last ``hold`` pictures; None if no meter ran there.
        Large at rest means that the camera is at a limit or locked, or the dead band wide.
    """

    end_ev: float
    travel_ev: float
    settling_frames: int | None
    overshoot_ev: float
    reversals: int
    smoothness: float
    writes: int
    writes_after_settling: int
    steady_rms_ev: float
    steady_error_ev: float | None

    @property
    def settled(self) -> bool:
        """Whether the loop came to rest within the trace."""
        return self.settling_frames is not None


def score(trace: Sequence[TracePoint], rules: ScoreRules | None = None) -> LoopScores:
    """Judge one trace.

    Raises
    ------
    ValueError
        If it is empty, or its sequence numbers do not rise.
    """
    rules = rules or ScoreRules()
    _check(trace)
    evs = [point.ev for point in trace]
    tail = trace[-rules.hold :]
    end_ev = median(point.ev for point in tail)
    inside = [abs(ev - end_ev) <= rules.band_ev for ev in evs]
    settled_at = max((index + 1 for index, is_inside in enumerate(inside) if not is_inside), default=0)
    settled = len(trace) - settled_at >= rules.hold
    steady = evs[settled_at:] if settled else evs[-rules.hold :]
    writes = [point.wrote for point in trace]
    wanted = [point.delta_ev for point in tail if point.delta_ev is not None]
    return LoopScores(
        end_ev=end_ev,
        travel_ev=end_ev - evs[0],
        settling_frames=trace[settled_at].sequence - trace[0].sequence if settled else None,
        overshoot_ev=overshoot_ev(evs, end_ev, rules.band_ev),
        reversals=reversals(evs, rules.reversal_ev),
        smoothness=smoothness(evs),
        writes=sum(writes),
        writes_after_settling=sum(writes[settled_at:] if settled else writes),
        steady_rms_ev=float(np.std(steady)),
        steady_error_ev=fmean(wanted) if wanted else None,
    )


def trace_of(snapshots: Iterable[Snapshot]) -> list[TracePoint]:
    """The trace in a series of Snapshots: one point a picture, those of unknown exposure left out.

    A picture seen in several Snapshots counts once, written to if any of them says so.
    """
    points: dict[int, TracePoint] = {}
    for snapshot in snapshots:
        frame = snapshot.frame
        if frame is None or frame.exposure is None:
            continue
        before = points.get(frame.sequence)
        points[frame.sequence] = TracePoint(
            frame.sequence,
            frame.exposure.ev,
            snapshot.decision.delta_ev if snapshot.decision else None,
            snapshot.wrote or (before is not None and before.wrote),
        )
    return list(points.values())


def overshoot_ev(evs: Sequence[float], end_ev: float, band_ev: float) -> float:
    """See `LoopScores`."""
    travel_ev = end_ev - evs[0]
    if abs(travel_ev) <= band_ev:
        return max(abs(ev - end_ev) for ev in evs)
    direction = math.copysign(1.0, travel_ev)
    return max(0.0, max(direction * (ev - end_ev) for ev in evs))


def reversals(evs: Sequence[float], reversal_ev: float) -> int:
    """See `LoopScores`."""
    turns = 0
    rising: bool | None = None  # not known before EV has gone somewhere
    lowest = highest = evs[0]
    for ev in evs:
        lowest, highest = min(lowest, ev), max(highest, ev)
        # A turn is seen only when EV has come back by more than the threshold: noise below it never counts, however
        # often it changes its sign. The extreme behind it starts anew, so that the next turn is measured from there.
        if rising is not False and highest - ev > reversal_ev:
            turns += rising is True
            rising, lowest = False, ev
        elif rising is not True and ev - lowest > reversal_ev:
            turns += rising is False
            rising, highest = True, ev
    return turns


def smoothness(evs: Sequence[float]) -> float:
    """See `LoopScores`."""
    path_ev = math.fsum(abs(after - before) for before, after in pairwise(evs))
    return 1.0 if path_ev == 0 else min(1.0, abs(evs[-1] - evs[0]) / path_ev)


def well_exposed(pixels: Pixels) -> NDArray[np.bool_]:
    """(H, W) which places of an (H, W, 3) uint8 picture are well exposed: luma in the middle, no channel clipped."""
    luma = pixels @ np.array(REC709, np.float32)
    low, high = (255 * share for share in WELL_EXPOSED)
    return np.asarray((luma >= low) & (luma <= high) & (strongest_channel(pixels) < HIGHLIGHT_CODE))


def well_exposed_share(pictures: Sequence[Pixels], area: NDArray[np.bool_]) -> float:
    """Share of the places in ``area`` (H, W) that are well exposed in at least one of the (H, W, 3) ``pictures``.

    Raises ValueError if the area is empty.
    """
    if not area.any():
        raise ValueError("an empty area has no share that is well exposed")
    return float(np.any([well_exposed(picture)[area] for picture in pictures], axis=0).mean())


def well_exposed_light(response: ResponseCurve) -> tuple[float, float]:
    """(least, most) relative exposure, 1 = saturation, of a grey place that is well exposed."""
    low, high = response.linearise(255 * np.array(WELL_EXPOSED, np.float32))
    return float(low), float(high)


def _check(trace: Sequence[TracePoint]) -> None:
    if not trace:
        raise ValueError("an empty trace has no scores")
    numbers = [point.sequence for point in trace]
    if any(after <= before for before, after in pairwise(numbers)):
        raise ValueError("the sequence numbers of a trace must rise; cut it where the camera was opened again")
