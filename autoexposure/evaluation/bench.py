"""How long a decision takes here, as ratios measured in one run: machines differ, ratios less so."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from autoexposure.frame import Pixels
from autoexposure.metering.policy import Policy
from autoexposure.metering.preview import make_preview


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
    """Time the preview of ``pixels`` (H, W, 3) and every policy on it, taking turns so that a busy moment hits all."""
    preview = make_preview(pixels)
    calls: dict[str, Callable[[], object]] = {"preview": partial(make_preview, pixels)}
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


def _rows(taken_s: Mapping[str, list[float]]) -> Iterable[Timing]:
    preview_s = float(np.median(taken_s["preview"]))
    for name, times_s in taken_s.items():
        median_s = float(np.median(times_s))
        yield Timing(name, median_s, float(np.percentile(times_s, 99)), median_s * 30, median_s / preview_s)
