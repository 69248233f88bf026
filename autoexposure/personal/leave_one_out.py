"""How much of what a person wants their answers explain, each answer foretold by all the others."""

from __future__ import annotations

import math

import numpy as np

from autoexposure.personal.belief import Intervals, Vector, told
from autoexposure.personal.taste import CARELESS, NOISE_EV, Taste
from autoexposure.personal.truth import Truth

FEWEST_ANSWERS = 5
"""With fewer, nothing is said of how much they explain."""

SURE_ENOUGH = 0.05
"""Deviation of the share from which on more answers would tell nothing new: half of ten points."""

_AFTER_ONE = 0.4
"""By how much a share misses that one answer tells, and those of N answers by this over the root of N: what twenty
simulated people to tune on were told missed by 0.12 after 10 answers and by 0.09 after 30. The answers' own scatter
says too little while they are few, since nothing is explained at first whoever it is."""

_RESTS_EV = NOISE_EV * np.geomspace(0.5, 2.0, 25)
"""What answers may leave unexplained, standard deviations that are tried."""

_PEOPLE_DIFFER = 0.15
"""How much people differ in that, standard deviation of its logarithm: own models miss by 0.47 to 0.59 EV (Table 5)."""


def truth_of(taste: Taste, seen: Intervals) -> Truth | None:
    """What the answers explain of the wish beyond the network's own answer; None where there are too few to say.

    A wish departs from the network's answer by what the others foretold and by a rest, which makes the share that is
    explained, in squares. How large the rest is, the answers tell, too: by how well they were foretold.
    """
    answers = len(seen.low)
    if answers < FEWEST_ANSWERS:
        return None
    squares = taste.foretold_ev**2
    log_likely = _log_likely(taste.foretold_ev, seen)
    explained = _share(squares.mean(), log_likely.sum(axis=1))
    # Leaving the answers out one by one says how far the share may be off (the jackknife).
    without = np.array(
        [
            _share((squares.sum() - squares[number]) / (answers - 1), log_likely.sum(axis=1) - log_likely[:, number])
            for number in range(answers)
        ]
    )
    scatter = math.sqrt((answers - 1) / answers * float(((without - without.mean()) ** 2).sum()))
    deviation = math.hypot(scatter, _AFTER_ONE / math.sqrt(answers))
    return Truth(explained, deviation, answers, 0 if deviation <= SURE_ENOUGH else 3 * answers)


def _share(foretold: float, log_likely: Vector) -> float:
    """Of mean square ``foretold``, and of the rest by how likely each size of it is."""
    likely = np.exp(log_likely - log_likely.max())
    rest = float((likely * _RESTS_EV**2).sum() / likely.sum())
    return float(foretold) / (float(foretold) + rest)


def _log_likely(foretold_ev: Vector, seen: Intervals) -> Vector:
    """(25, N) how likely each answer is for each size of the rest, with its part of what is known of people."""
    known = -0.5 * (np.log(_RESTS_EV / NOISE_EV) / _PEOPLE_DIFFER) ** 2 / len(foretold_ev)
    vague = seen.noise_ev / NOISE_EV
    tried = [
        told(
            foretold_ev,
            np.zeros_like(foretold_ev),
            Intervals(seen.descriptions, seen.low, seen.high, rest * vague),
            CARELESS,
        )[0]
        for rest in _RESTS_EV
    ]
    return np.array(tried) + known[:, np.newaxis]
