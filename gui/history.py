"""What the plots show: the last seconds of the loop in arrays that never grow."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autoexposure.snapshot import Snapshot

WINDOW_S = 30.0
CAPACITY = 4096
"""Samples kept: the window at up to 136 pictures per second."""

Series = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at one moment.

    Attributes
    ----------
    at_s : the frame's timestamp.
    kind : ``under``, ``well`` or ``over``: an answer of the user.
    """

    at_s: float
    kind: str


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """The samples of the last ``WINDOW_S`` seconds, oldest first; NaN where a value was not known.

    Attributes
    ----------
    age_s : (N,) time of each sample before the newest, <= 0.
    delta_ev, ev, time_s, gain, target_ev : (N,) values of each picture.
    wrote : (N,) bool: whether the camera was written to.
    marks : what else happened, with times on the scale of ``age_s``.
    """

    age_s: Series
    delta_ev: Series
    ev: Series
    time_s: Series
    gain: Series
    target_ev: Series
    wrote: NDArray[np.bool_]
    marks: tuple[Mark, ...]


class History:
    """A ring of samples; adding one costs the same whatever it holds."""

    FIELDS = ("at_s", "delta_ev", "ev", "time_s", "gain", "target_ev", "wrote")

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._ring = np.full((capacity, len(self.FIELDS)), np.nan)
        self._count = 0
        self._marks: deque[Mark] = deque(maxlen=256)
        self._last_s = -math.inf

    def add(self, snapshot: Snapshot) -> bool:
        """Take one turn in; turns that bring no new picture are passed over. Returns whether it was new."""
        frame = snapshot.frame
        if frame is None or frame.timestamp_s == self._last_s:
            return False
        if frame.timestamp_s < self._last_s:
            self.clear()  # another camera, another clock
        self._last_s = frame.timestamp_s
        exposure = frame.exposure
        self._ring[self._count % len(self._ring)] = (
            frame.timestamp_s,
            math.nan if snapshot.decision is None else snapshot.decision.delta_ev,
            math.nan if exposure is None else exposure.ev,
            math.nan if exposure is None else exposure.time_s,
            math.nan if exposure is None else exposure.gain,
            math.nan if snapshot.target_ev is None else snapshot.target_ev,
            snapshot.wrote,
        )
        self._count += 1
        return True

    def mark(self, mark: Mark) -> None:
        """Remember an event at a frame's timestamp."""
        self._marks.append(mark)

    def unmark(self) -> None:
        """Forget the newest event, if there is one."""
        if self._marks:
            self._marks.pop()

    def clear(self) -> None:
        """Begin anew."""
        self._count = 0
        self._marks.clear()
        self._last_s = -math.inf

    def window(self) -> Window:
        """A copy of the last ``WINDOW_S`` seconds."""
        held = min(self._count, len(self._ring))
        start = self._count % len(self._ring) if held == len(self._ring) else 0
        rows = np.roll(self._ring[:held], -start, axis=0)
        if held:
            rows = rows[rows[:, 0] >= self._last_s - WINDOW_S]
        columns = dict(zip(self.FIELDS, rows.T, strict=True))
        oldest_s = self._last_s - WINDOW_S
        return Window(
            age_s=columns["at_s"] - self._last_s if held else columns["at_s"],
            delta_ev=columns["delta_ev"],
            ev=columns["ev"],
            time_s=columns["time_s"],
            gain=columns["gain"],
            target_ev=columns["target_ev"],
            wrote=columns["wrote"] == 1,
            marks=tuple(Mark(mark.at_s - self._last_s, mark.kind) for mark in self._marks if mark.at_s >= oldest_s),
        )
