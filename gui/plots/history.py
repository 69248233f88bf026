"""What the plots show: the last seconds of the loop in arrays that never grow."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from autoexposure.control.snapshot import Snapshot
from autoexposure.metering.policy import Decision
from autoexposure.states import AeState

WINDOW_S = 30.0
CAPACITY = 4096
"""Samples kept: the window at up to 136 pictures per second."""
OWN_DOING_S = 1.5
"""A search that starts this soon after the user changed something is put down to that, not to a change of light."""

LIGHT = "light"
"""Kind of the marks that this module sets itself."""

Series = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at one moment.

    Attributes
    ----------
    at_s : the frame's timestamp.
    kind : ``under``, ``well`` or ``over``: an answer of the user; ``light``: the light changed.
    """

    at_s: float
    kind: str


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """The samples of the last ``WINDOW_S`` seconds, oldest first; NaN where a value was not known.

    Attributes
    ----------
    age_s : (N,) time of each sample before the newest, <= 0.
    delta_ev, doubt_ev, ev, time_s, gain, target_ev : (N,) values of each picture.
    centre_x, centre_y : (N,) where the middle of the attention lies, 0..1 from the left and from the top.
    latency_s : (N,) from reading the picture to the written setting.
    dropped : (N,) pictures missed since the camera was opened.
    blur_px, motion_px_s : (N,) how far what moves is smeared in the picture, and how fast it is.
    wrote : (N,) bool: whether the camera was written to since the sample before.
    marks : what else happened, with times on the scale of ``age_s``.
    """

    age_s: Series
    delta_ev: Series
    doubt_ev: Series
    ev: Series
    time_s: Series
    gain: Series
    target_ev: Series
    centre_x: Series
    centre_y: Series
    latency_s: Series
    dropped: Series
    blur_px: Series
    motion_px_s: Series
    wrote: NDArray[np.bool_]
    marks: tuple[Mark, ...]


SAMPLED = tuple(field.name for field in fields(Window) if field.name not in ("age_s", "wrote", "marks"))


@dataclass(frozen=True, slots=True)
class Centre:
    """The middle of an attention map, 0..1 from the left and from the top; NaN where there is none."""

    x: float
    y: float


def attention_centre(decision: Decision | None) -> Centre:
    """Where the meter looks on average: the centre of mass of the attention map."""
    if decision is None or decision.attention is None:
        return Centre(math.nan, math.nan)
    weights = np.asarray(decision.attention, float)
    total = float(weights.sum())
    if not total > 0:
        return Centre(math.nan, math.nan)
    down, across = ((np.arange(side) + 0.5) / side for side in weights.shape)
    return Centre(float(weights.sum(axis=0) @ across) / total, float(weights.sum(axis=1) @ down) / total)


class History:
    """A ring of samples; adding one costs the same whatever it holds."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._ring = np.full((capacity, len(SAMPLED) + 2), np.nan)
        self._count = 0
        self._marks: deque[Mark] = deque(maxlen=256)
        self._last: Snapshot | None = None
        self._last_s = -math.inf
        self._asked_s = -math.inf

    def add(self, snapshot: Snapshot) -> bool:
        """Take one turn in; turns that bring no new picture are passed over. Returns whether it was new."""
        frame = snapshot.frame
        if frame is None or frame.timestamp_s == self._last_s:
            return False
        if frame.timestamp_s < self._last_s:
            self.clear()  # another camera, another clock
        last, self._last, self._last_s = self._last, snapshot, frame.timestamp_s
        if last is not None:
            self._watch_light(last, snapshot)
        # A turn that the window never saw may have written: then the commanded exposure differs.
        wrote = snapshot.wrote or (last is not None and last.commanded != snapshot.commanded)
        self._ring[self._count % len(self._ring)] = (frame.timestamp_s, *_sample(snapshot), wrote)
        self._count += 1
        return True

    def _watch_light(self, before: Snapshot, now: Snapshot) -> None:
        """Mark a search that the user did not cause: the light changed."""
        if _user_settings(before) != _user_settings(now) or before.mask is not now.mask:
            self._asked_s = self._last_s
        began = before.ae_state is AeState.CONVERGED and now.ae_state is AeState.SEARCHING
        if began and self._last_s - self._asked_s > OWN_DOING_S:
            self._marks.append(Mark(self._last_s, LIGHT))

    def mark(self, mark: Mark) -> None:
        """Remember an answer at its frame's timestamp; the search it starts is the user's own doing."""
        self._marks.append(mark)
        self._asked_s = self._last_s

    def unmark(self) -> None:
        """Forget the newest answer, if there is one."""
        self._asked_s = self._last_s
        for mark in reversed(self._marks):
            if mark.kind != LIGHT:
                self._marks.remove(mark)
                return

    def clear(self) -> None:
        """Begin anew."""
        self._count = 0
        self._marks.clear()
        self._last = None
        self._last_s = self._asked_s = -math.inf

    def window(self) -> Window:
        """A copy of the last ``WINDOW_S`` seconds."""
        held = min(self._count, len(self._ring))
        start = self._count % len(self._ring) if held == len(self._ring) else 0
        rows = np.roll(self._ring[:held], -start, axis=0)
        oldest_s = self._last_s - WINDOW_S
        rows = rows[rows[:, 0] >= oldest_s]
        return Window(
            age_s=rows[:, 0] - self._last_s if held else rows[:, 0],
            **dict(zip(SAMPLED, rows.T[1:-1], strict=True)),
            wrote=rows[:, -1] == 1,
            marks=tuple(Mark(mark.at_s - self._last_s, mark.kind) for mark in self._marks if mark.at_s >= oldest_s),
        )


def _sample(snapshot: Snapshot) -> tuple[float, ...]:
    """What is kept of a turn, in the order of ``SAMPLED``."""
    exposure = snapshot.frame.exposure if snapshot.frame is not None else None
    centre = attention_centre(snapshot.decision)
    doubt_ev = snapshot.decision.doubt_ev if snapshot.decision is not None else None
    motion = snapshot.motion
    sample = {
        "delta_ev": math.nan if snapshot.decision is None else snapshot.decision.delta_ev,
        "doubt_ev": math.nan if doubt_ev is None else doubt_ev,
        "ev": math.nan if snapshot.ev is None else snapshot.ev,
        "time_s": math.nan if exposure is None or not snapshot.time_known else exposure.time_s,
        "gain": math.nan if exposure is None or not snapshot.gain_known else exposure.gain,
        "target_ev": math.nan if snapshot.target_ev is None or not snapshot.ev_known else snapshot.target_ev,
        "centre_x": centre.x,
        "centre_y": centre.y,
        "latency_s": snapshot.timings.latency_s,
        "dropped": float(snapshot.dropped),
        "blur_px": math.nan if motion is None or motion.blur_px is None else motion.blur_px,
        "motion_px_s": math.nan if motion is None else motion.px_s,
    }
    return tuple(sample[name] for name in SAMPLED)


def _user_settings(snapshot: Snapshot) -> tuple[object, ...]:
    """Everything the user can change that makes the controller search."""
    return (
        snapshot.ev_bias,
        snapshot.meter,
        snapshot.spot,
        snapshot.program,
        snapshot.damping,
        snapshot.paused,
        snapshot.locked,
        snapshot.native_auto,
    )
