"""How many cameras one process can serve, in real time; what they cost apart from that is in `costs`."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from autoexposure.control.loop import ControlLoop
from autoexposure.control.snapshot import Snapshot

WARM_UP_PICTURES = 60
"""Opening cameras, the first run of the network and the first search are no part of what a camera costs."""

WARM_UP_S = 60.0
"""The longest that is waited for these."""

WARM_UP_LOOK_S = 0.125

WINDOW_S = 1.0
"""A frame rate is counted over this long."""


@dataclass(frozen=True, slots=True)
class Served:
    """How a number of cameras fared in one process.

    Attributes
    ----------
    median_fps, p10_fps, worst_fps : of the pictures metered in each second of each camera.
    metered_fps : pictures metered in a second, of all cameras together.
    dropped : share of the cameras' pictures that were missed.
    cores : processor time of the whole process divided by the time that passed.
    """

    cameras: int
    median_fps: float
    p10_fps: float
    worst_fps: float
    metered_fps: float
    dropped: float
    cores: float

    @property
    def picture_s(self) -> float:
        """Processor time for one picture, making it and all, in seconds."""
        return self.cores / self.metered_fps if self.metered_fps else math.inf


class _Counter:
    """A sink that notes when which pictures were metered."""

    def __init__(self) -> None:
        self.metered: list[tuple[float, int]] = []
        self._last: int | None = None

    def __call__(self, snapshot: Snapshot) -> None:
        if snapshot.frame is not None and snapshot.frame.sequence != self._last:
            self._last = snapshot.frame.sequence
            self.metered.append((time.monotonic(), self._last))


def serve(loops: Sequence[ControlLoop], seconds: float) -> Served:
    """Start all ``loops``, let them run, count for ``seconds`` (at least ``WINDOW_S``) what they meter, and stop them.

    Raises what made a loop fail.
    """
    counters = [_Counter() for _ in loops]
    try:
        for loop, counter in zip(loops, counters, strict=True):
            loop.add_sink(counter)
            loop.start()
        latest_s = time.monotonic() + WARM_UP_S
        while min(len(counter.metered) for counter in counters) < WARM_UP_PICTURES and time.monotonic() < latest_s:
            time.sleep(WARM_UP_LOOK_S)
            _raise_failures(loops)
        begin_s, begin_cpu_s = time.monotonic(), time.process_time()
        time.sleep(seconds)
        end_s, end_cpu_s = time.monotonic(), time.process_time()
        _raise_failures(loops)
    finally:
        for loop in loops:
            loop.leave()
        for loop in loops:
            loop.stop()
    edges_s = np.arange(begin_s, end_s + 1e-6, WINDOW_S)
    counted = [[one for one in counter.metered if begin_s <= one[0] < end_s] for counter in counters]
    rates = np.concatenate([np.histogram([at_s for at_s, _ in own], edges_s)[0] / WINDOW_S for own in counted])
    metered = sum(map(len, counted))
    taken = sum(own[-1][1] - own[0][1] + 1 if own else 1 for own in counted)
    return Served(
        len(loops),
        float(np.median(rates)),
        float(np.percentile(rates, 10)),
        float(rates.min()),
        metered / (end_s - begin_s),
        1 - metered / taken,
        (end_cpu_s - begin_cpu_s) / (end_s - begin_s),
    )


def _raise_failures(loops: Sequence[ControlLoop]) -> None:
    for loop in loops:
        if (failure := loop.latest().failure) is not None:
            raise failure
