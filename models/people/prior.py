"""What is learned from SIMULATED people before anybody answers: how people differ, told in one network's features.

The people are those to tune on, the photographs those of the validation part: nobody is judged on either, and the
network was trained on neither.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from autoexposure.personal.features import FACTS, FeatureScale
from autoexposure.personal.known_people import KnownPeople
from autoexposure.personal.taste import TastePrior
from models.people.audience import linear, no_change, rest_ev
from models.people.looks import OFFSETS_EV, Described, Evs, Looks, Places
from models.people.panel import OFFSET_EV

DIRECTIONS = 12
"""Of a network's features. With 8 to 16 of them whoever knows all wishes errs by the same, with 24 by more."""

RIDGE = 20.0
"""How much one number of a description is held back when a person's weights are fitted, in looks at pictures."""

NEAR_EV = 1.0
"""Looks about this far from where the network comes to rest count for a fit: there the loop is when it matters."""

COMMON_RIDGE, COMMON_NEAR_EV = 1.0, 0.5
"""The same for what the network misses for everybody, where it comes to rest: with 20 and 1 EV, photographs that were
not fitted to are missed by 6 % more (standard deviation)."""

RIDGES = (0.3, 1.0, 3.0, 10.0, 30.0)
"""What is tried for somebody who knows all wishes."""

FOLDS = 5
"""Parts of the photographs, each of which is held against a fit to the others."""

_FLATTEST = 1e-6
"""Channels that vary less than this share of the liveliest one are left out: they would be divided by nothing."""

_LEAST_EV = 1e-3
"""No weight is taken to be exactly alike in all people."""


def learn_people(looks: Looks, told_ev: Sequence[Evs]) -> KnownPeople:
    """What is known for a network from N photographs and what each of some people wants of them, (N,) EV."""
    scale = _scale(looks)
    described = looks.described_by(KnownPeople(TastePrior(np.zeros(0), np.zeros(0)), scale))
    as_they_are = np.zeros(len(looks.base_ev))
    common = best_weights(described, as_they_are, ridge=COMMON_RIDGE, near_ev=COMMON_NEAR_EV)
    weights = np.stack([best_weights(described, wanted) for wanted in told_ev])
    deviations = np.maximum(weights.std(axis=0), _LEAST_EV)
    deviations[FACTS.index("one")] = OFFSET_EV
    return KnownPeople(TastePrior(common, deviations), scale)


def best_weights(
    described: Described,
    wanted_ev: Evs,
    places: Places | None = None,
    *,
    ridge: float = RIDGE,
    near_ev: float = NEAR_EV,
    numbers: int | None = None,
) -> NDArray[np.float64]:
    """(D,) weights that come closest to wishes (N,) that are known.

    Parameters
    ----------
    places : of the photographs to fit to; None for all.
    ridge, near_ev : as `RIDGE` and `NEAR_EV`.
    numbers : of the description, from its beginning; 1 gives the best bias.
    """
    places = np.arange(len(wanted_ev)) if places is None else places
    middle = slice(1, -1)  # at the ends a picture is black or white, and the network at the end of its answers
    offsets_ev = OFFSETS_EV[np.newaxis, middle]
    known = described.descriptions[places][:, middle, :numbers]
    left_ev = wanted_ev[places][:, np.newaxis] - offsets_ev - described.base_ev[places][:, middle]
    away_ev = offsets_ev - rest_ev(described, places, no_change)[:, np.newaxis]
    counts = np.exp(-0.5 * (away_ev / near_ev) ** 2).ravel()
    flat = known.reshape(-1, known.shape[-1])
    held = np.full(flat.shape[1], ridge)
    held[0] = 1e-3  # the offset is free
    weights: NDArray[np.float64] = np.linalg.solve(
        (flat.T * counts) @ flat + np.diag(held), (flat.T * counts) @ left_ev.ravel()
    )
    return weights


def cross_fitted_weights(described: Described, wanted_ev: Evs, places: Places) -> NDArray[np.float64]:
    """`best_weights` with that ridge of `RIDGES` which comes closest to the wishes for pictures not fitted to."""
    parts = np.array_split(np.random.default_rng(0).permutation(places), FOLDS)

    def missed(ridge: float) -> float:
        total = 0.0
        for held_out in parts:
            fitted = best_weights(described, wanted_ev, np.setdiff1d(places, held_out), ridge=ridge)
            total += float(((wanted_ev[held_out] - rest_ev(described, held_out, linear(fitted))) ** 2).sum())
        return total

    return best_weights(described, wanted_ev, places, ridge=min(RIDGES, key=missed))


def _scale(looks: Looks) -> FeatureScale:
    means = looks.means[:, 1:-1].reshape(-1, looks.means.shape[-1]).astype(np.float64)
    mean, deviation = means.mean(axis=0), means.std(axis=0)
    lively = deviation > _FLATTEST * deviation.max()
    weight = np.where(lively, 1 / np.where(lively, deviation, 1.0), 0.0)
    _, spread, directions = np.linalg.svd((means - mean) * weight, full_matrices=False)
    kept = min(DIRECTIONS, int((spread > _FLATTEST * spread[0]).sum()))
    along = spread[:kept] / np.sqrt(len(means))
    return FeatureScale(mean, weight[:, np.newaxis] * directions[:kept].T / along)
