"""How sure a share is, and whether one side wins more often than a coin would."""

from __future__ import annotations

import math
from dataclasses import dataclass

NORMAL_95 = 1.96
"""Half width of the interval that holds 95 % of a normal distribution."""


@dataclass(frozen=True, slots=True)
class SignTest:
    """How often each of two won; draws are left out, as the test demands.

    Attributes
    ----------
    first, second : wins.
    p : chance that a fair coin splits at least as unevenly: exact, two-sided; 1 if there were no wins.
    """

    first: int
    second: int
    p: float


def sign_test(first: int, second: int) -> SignTest:
    """Compare two counts of wins by the binomial distribution itself, not by an approximation of it."""
    wins = first + second
    tail = sum(math.comb(wins, count) for count in range(min(first, second) + 1))
    return SignTest(first, second, min(1.0, 2 * tail / 2**wins))  # whole numbers divided: nothing overflows


def wilson_interval(share: float, count: int) -> tuple[float, float]:
    """The 95 % interval of a share (0..1) of ``count`` observations: Wilson's score interval, which stays in 0..1.

    Without observations nothing is known: 0..1.
    """
    if count == 0:
        return (0.0, 1.0)
    square = NORMAL_95**2 / count
    middle = (share + square / 2) / (1 + square)
    half = NORMAL_95 * math.sqrt(share * (1 - share) / count + square / (4 * count)) / (1 + square)
    return (max(0.0, middle - half), min(1.0, middle + half))
