"""Which exposures to take, so that as much as possible of what matters is well exposed in at least one of them.

Every place of a picture has an exposure that suits it, its wish, and a weight, how much it matters. The wishes lie on
one line, EV, so the best set of exposures can be found exactly. A place is served best by the nearest exposure below or
above its wish, whatever the others are. So the value of a set is a sum over neighbours, and dynamic programming over
the exposures from dark to bright finds the largest.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from autoexposure.errors import ConfigError

Values = NDArray[np.float64]

STEP_EV = 0.2
"""Grid on which wishes and exposures lie, as the paper's ladder (5.3): fine beside the 2.6 EV that show detail."""

CLOSER = 0.01
"""What one EV nearer to a wish is worth, as a share of having the place well exposed. It decides between sets that
serve the same places, and moves towards those that no set can serve. All of it is less than a tenth of a place."""

FAR_EV = 8.0
"""Nearer than this counts at all: beyond it a place is black or white whatever is done."""

ROUNDING_EV = 1e-9
"""Slack for sums of steps that no number holds exactly."""


def value_of(off_ev: Values, width_ev: float) -> Values:
    """What an exposure ``off_ev`` (any shape) from the wish of a place is worth to it, which is well exposed or not."""
    off_ev = np.abs(off_ev)
    near = CLOSER * np.maximum(0.0, FAR_EV - off_ev)
    return np.asarray((off_ev <= width_ev / 2 + ROUNDING_EV) + near)


def choose(
    wishes_ev: NDArray[np.floating],
    weights: NDArray[np.floating],
    count: int,
    reach_ev: tuple[float, float],
    width_ev: float,
    taken_ev: Sequence[float] = (),
) -> tuple[float, ...]:
    """The ``count`` exposures, dark to bright, that with those taken already show most of what matters well.

    Parameters
    ----------
    wishes_ev : the exposure, in EV, that suits each place; of any shape.
    weights : how much each place matters, at least 0; of the same shape.
    count : how many are chosen, 1 or more.
    reach_ev : (lowest, highest) EV that the camera can be set to.
    width_ev : of the range of exposures with which a place is well exposed, its wish in the middle.
    taken_ev : exposures of the pictures that there are already.

    Returns
    -------
    tuple
        EV within ``reach_ev``, ascending. Fewer than ``count`` where the reach is too narrow for so many steps.

    Raises
    ------
    ConfigError
        If there is nothing to choose, or nowhere.
    """
    if count < 1:
        raise ConfigError(f"a bracket has at least one more exposure, given {count}")
    low_ev, high_ev = reach_ev
    if not (-math.inf < low_ev <= high_ev < math.inf):
        raise ConfigError(f"exposures are chosen between two finite EV, the lower first; given {reach_ev}")
    candidates, places, weight = _grid(wishes_ev, weights, low_ev, high_ev)
    # What each exposure alone is worth to the places of each wish, beyond what the pictures that there are give them.
    gains = value_of(places[:, np.newaxis] - candidates, width_ev)
    if len(taken_ev):
        served = value_of(places[:, np.newaxis] - np.asarray(taken_ev, np.float64), width_ev)
        served = served.max(axis=1, keepdims=True)
        gains = np.maximum(gains - served, 0.0)
    gains *= weight[:, np.newaxis]
    return tuple(
        float(candidates[place]) for place in _best_set(places, candidates, gains, min(count, len(candidates)))
    )


def _grid(
    wishes_ev: NDArray[np.floating], weights: NDArray[np.floating], low_ev: float, high_ev: float
) -> tuple[Values, Values, Values]:
    """(C,) exposures that can be chosen, (P,) wishes and (P,) their weights: a histogram in steps of ``STEP_EV``."""
    wishes = np.asarray(wishes_ev, np.float64).ravel()
    weight = np.asarray(weights, np.float64).ravel()
    if wishes.shape != weight.shape or not wishes.size:
        raise ConfigError(f"every place has one wish and one weight, given {wishes.shape} and {weight.shape}")
    if not (np.isfinite(wishes).all() and np.isfinite(weight).all() and weight.min() >= 0):
        raise ConfigError("wishes must be finite, and weights finite and not negative")
    if not weight.any():  # nothing matters, so everything does alike
        weight = np.ones_like(weight)
    # An exposure outside of all wishes serves every place worse than the outermost wish does.
    asked = wishes[weight > 0]
    low_ev = min(max(low_ev, float(asked.min())), high_ev)
    high_ev = max(min(high_ev, float(asked.max())), low_ev)
    steps = math.floor((high_ev - low_ev) / STEP_EV + ROUNDING_EV)
    candidates = np.asarray(low_ev + STEP_EV * np.arange(steps + 1), np.float64)
    # What lies far outside the reach is served by its ends alone, and no better for being counted further out.
    bins = np.rint((np.clip(wishes, low_ev - FAR_EV, high_ev + FAR_EV) - low_ev) / STEP_EV).astype(np.int64)
    first = int(bins.min())
    totals = np.bincount(bins - first, weights=weight)
    places = low_ev + STEP_EV * (first + np.arange(len(totals)))
    return candidates, np.asarray(places, np.float64), np.asarray(totals, np.float64)


def _best_set(places: Values, candidates: Values, gains: Values, count: int) -> list[int]:
    """Which ``count`` of the candidates serve the places best; ``gains`` (P, C) is what each is worth to each place.

    A place between two neighbours has the better one of both, one outside of all has the outermost.
    """
    below = np.vstack([np.zeros(len(candidates)), np.cumsum(gains, axis=0)])  # (P + 1, C): of the places before one
    edges = np.searchsorted(places, candidates + ROUNDING_EV)  # places at or below each candidate
    number = np.arange(len(candidates))
    best = below[edges, number]  # with this one as the brightest so far
    total = below[-1] - below[edges, number]  # of the places above it, if it is the brightest of all
    between = _between(gains, edges)
    came_from: list[NDArray[np.int64]] = []
    for _ in range(count - 1):
        sums = best[:, np.newaxis] + between
        came_from.append(sums.argmax(axis=0))
        best = sums.max(axis=0)
    chosen = [int(np.argmax(best + total))]
    for steps in reversed(came_from):
        chosen.append(int(steps[chosen[-1]]))
    return chosen[::-1]


def _between(gains: Values, edges: NDArray[np.int64]) -> Values:
    """(C, C): what the places between two candidates get of the better one; never from one that is not darker."""
    count = gains.shape[1]
    found = np.full((count, count), -np.inf)
    for darker in range(count - 1):
        start = edges[darker]
        better = np.maximum(gains[start:, darker, np.newaxis], gains[start:, darker + 1 :])
        summed = np.vstack([np.zeros(better.shape[1]), np.cumsum(better, axis=0)])
        found[darker, darker + 1 :] = summed[edges[darker + 1 :] - start, np.arange(better.shape[1])]
    return found
