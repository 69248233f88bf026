"""How long a decision takes here, as ratios measured in one run, and how many cameras one process can serve.

Machines differ, ratios less so.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count, cycle

import numpy as np

from autoexposure.control.loop import ControlLoop
from autoexposure.control.snapshot import Snapshot
from autoexposure.frame import Pixels
from autoexposure.metering.policy import MAP_SIDE, Policy
from autoexposure.metering.preview import Preview, make_preview
from autoexposure.motion.speed import SpeedMeter


@dataclass(frozen=True, slots=True)
class Timing:
    """One row of the benchmark.

    Attributes
    ----------
    median_s, p99_s : seconds for one call.
    share_of_frame : median as a share of the frame interval at 30 frames/s.
    against_preview : median divided by that of making the preview, measured in turn with it.
    """

    name: str
    median_s: float
    p99_s: float
    share_of_frame: float
    against_preview: float


def bench(policies: Mapping[str, Policy], pixels: Pixels, rounds: int = 200) -> list[Timing]:
    """Time what is done to a picture, taking turns so that a busy moment hits all.

    Parameters
    ----------
    policies : each is timed on it.
    pixels : (H, W, 3); its preview is timed, too, and the motion from it to the same picture a little further.
    """
    preview = make_preview(pixels)
    calls: dict[str, Callable[[], object]] = {
        "preview": partial(make_preview, pixels),
        "motion": _motion(preview, (pixels.shape[1], pixels.shape[0])),
    }
    calls |= {name: partial(policy.decide, preview) for name, policy in policies.items()}
    taken_s: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        call()  # the first call pays for allocations
    for _ in range(rounds):
        for name, call in calls.items():
            begin_s = time.perf_counter()
            call()
            taken_s[name].append(time.perf_counter() - begin_s)
    return list(_rows(taken_s))


def _motion(preview: Preview, size_px: tuple[int, int]) -> Callable[[], object]:
    """What measures the motion of a preview that is shaken."""
    meter, number, attention = SpeedMeter(), count(), np.ones((MAP_SIDE, MAP_SIDE), np.float32)
    shaken = cycle([preview, np.ascontiguousarray(np.roll(preview, 2, axis=3))])
    return lambda: meter.look(next(shaken), next(number) / 30, size_px, attention)


def _rows(taken_s: Mapping[str, list[float]]) -> Iterable[Timing]:
    preview_s = float(np.median(taken_s["preview"]))
    for name, times_s in taken_s.items():
        median_s = float(np.median(times_s))
        yield Timing(name, median_s, float(np.percentile(times_s, 99)), median_s * 30, median_s / preview_s)


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
