"""What the live layer believes about a person's taste: a Gaussian over weights that clicks narrow, one by one.

The wish for one picture is taken to be linear in some description of it, plus noise. A click says in which interval the
wish lies (`autoexposure.feedback.reward.wished`). Conditioning a Gaussian on an interval is no Gaussian, but its mean
and variance along the one direction that matters are known in closed form, and a Gaussian with these replaces it
(assumed density filtering; T. Minka, 2001). Nothing is iterated, no step size is chosen, and the first click already
moves the mean as far as it should: half an EV if tastes differ by that much.

The covariance is kept as its diagonal start plus one outer product a click, so that a click can be taken back exactly
and a thousand of them cost a few milliseconds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

_FAR = 10.0
"""Standard deviations from which on the tail of the normal is replaced by its asymptote (wrong there by 1e-3)."""


@dataclass(frozen=True, slots=True)
class Moments:
    """How conditioning changes a Gaussian: its mean by ``slope`` x variance, its variance by ``bend`` x variance^2."""

    slope: float
    bend: float


class Belief:
    """Gaussian over D weights.

    Its covariance is diag(prior) + sum of bend_k * outer(direction_k, direction_k), one term a condition: D x D numbers
    are never made, and the last condition is undone by dropping the last term.

    Parameters
    ----------
    variances : (D,) the prior's; its mean is 0.

    Attributes
    ----------
    mean : (D,) float64, the expected weights.
    """

    def __init__(self, variances: Vector) -> None:
        self._prior = variances.astype(np.float64)
        self._directions = np.empty((64, len(variances)))
        self._bends = np.empty(64)
        self._slopes = np.empty(64)
        self._steps = 0
        self.mean: Vector = np.zeros(len(variances))

    @property
    def steps(self) -> int:
        """How often it was conditioned."""
        return self._steps

    def expect(self, description: Vector) -> float:
        """Expected wish for a picture with this description, (D,)."""
        return float(description @ self.mean)

    def condition(self, description: Vector, low: float, high: float, noise: float) -> None:
        """Learn that the wish for a picture, told with ``noise`` (standard deviation), lies between low and high."""
        # Only the wish, description . weights, is observed. Given the wish, the weights move along their covariance
        # with it and no other way, so the change of one number's mean and variance is all there is to work out.
        direction = self._covariance_with(description)
        variance = max(0.0, float(description @ direction))  # of the wish; rounding may leave it just below 0
        told = interval_moments(self.expect(description), variance + noise**2, low, high)
        if self._steps == len(self._bends):
            self._directions = np.concatenate([self._directions, np.empty_like(self._directions)])
            self._bends = np.concatenate([self._bends, np.empty_like(self._bends)])
            self._slopes = np.concatenate([self._slopes, np.empty_like(self._slopes)])
        self._directions[self._steps] = direction
        self._bends[self._steps] = told.bend
        self._slopes[self._steps] = told.slope
        self._steps += 1
        self.mean = self.mean + told.slope * direction

    def take_back(self, steps: int = 1) -> None:
        """Undo the last ``steps`` conditions; all of them if there are fewer.

        Exact, because each term was computed from those before it, which are still there.
        """
        for _ in range(min(steps, self._steps)):
            self._steps -= 1
            self.mean = self.mean - self._slopes[self._steps] * self._directions[self._steps]
        if self._steps == 0:
            self.mean = np.zeros(len(self._prior))  # exactly, not but for rounding

    def _covariance_with(self, description: Vector) -> Vector:
        """(D,): the covariance times the description, without making the matrix."""
        known = self._directions[: self._steps]
        spread: Vector = self._prior * description + (self._bends[: self._steps] * (known @ description)) @ known
        return spread


def interval_moments(mean: float, variance: float, low: float, high: float) -> Moments:
    """Moments of a Gaussian conditioned on ``low`` <= x <= ``high``; one of them may be infinite."""
    deviation = math.sqrt(variance)
    below, above = (low - mean) / deviation, (high - mean) / deviation
    mass = 0.5 * (math.erfc(below / math.sqrt(2)) - math.erfc(above / math.sqrt(2)))
    if math.isinf(above) or (mass < 1e-12 and below > 0):
        return _beyond(below, deviation)
    if math.isinf(below) or (mass < 1e-12 and above < 0):
        mirrored = _beyond(-above, deviation)
        return Moments(-mirrored.slope, mirrored.bend)
    # The mean and variance of a truncated normal, in standard deviations: mean shift = at_low - at_high, and the
    # variance is 1 + below * at_low - above * at_high - shift^2.
    at_low, at_high = _density(below) / mass, _density(above) / mass
    slope = at_low - at_high
    shrink = below * at_low - above * at_high - slope**2
    return Moments(slope / deviation, min(0.0, max(-1.0, shrink)) / variance)


def _beyond(edge: float, deviation: float) -> Moments:
    """Of a Gaussian conditioned on lying above ``edge`` standard deviations."""
    if edge > _FAR:  # where the difference below would be nothing but rounding
        return Moments((edge + 1 / edge) / deviation, -(1 - 1 / edge**2) / deviation**2)
    hazard = _density(edge) / (0.5 * math.erfc(edge / math.sqrt(2))) if math.isfinite(edge) else 0.0
    shrink = hazard * (edge - hazard) if hazard else 0.0
    return Moments(hazard / deviation, min(0.0, max(-1.0, shrink)) / deviation**2)


def _density(x: float) -> float:
    return math.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)
