"""What answers say about a person's taste: a Gaussian over weights, fitted to intervals.

The wish for one picture is taken to be linear in some description of it, plus noise. An answer says in which interval
the wish lies (`autoexposure.feedback.reward.wished`), and some answers say nothing: they were given at random. A
Gaussian times such likelihoods is no Gaussian; expectation propagation (T. Minka, 2001) finds the one that agrees with
each of them in mean and variance. Each answer is replaced by a Gaussian factor of its own, so the result does not
depend on the order of the answers, and what all the others say of one picture is known without fitting again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

_ROUNDS = 20
"""Of refining all factors; more than a person's answers have ever needed."""
_STILL = 1e-3
"""Factors that change by less, in 1 / EV^2, are final: far below what one answer is worth."""
_DAMPING = 0.8
"""Share of each change of a factor that is made: with all of it, factors that are refined together may overshoot."""
_LEAST_MASS = 1e-12
"""Probability of an interval, at least: it stays away from 0 / 0 where an answer could not be less expected."""
_WEAKEST = 1e-9
"""Curvature of an answer's likelihood, at least. Where it curves the other way, as a random answer's does, its factor
would say that the others know too much."""


@dataclass(frozen=True, slots=True, eq=False)
class Intervals:
    """N looks at pictures, each with an interval for the wish.

    Attributes
    ----------
    descriptions : (N, D). low, high : (N,) ends in EV, may be infinite.
    noise_ev : (N,) standard deviation of what the person meant.
    """

    descriptions: Matrix
    low: Vector
    high: Vector
    noise_ev: Vector


@dataclass(frozen=True, slots=True, eq=False)
class Belief:
    """Gaussian over D weights, and what it says of each of the N looks it was made from.

    Attributes
    ----------
    mean, covariance : (D,), (D, D) of the weights.
    log_evidence : how well the prior and the noise foretold all answers together.
    foretold_ev : (N,) the wish for each picture, by all other answers.
    log_foretold : (N,) logarithm of the probability that the others gave to each answer.
    """

    mean: Vector
    covariance: Matrix
    log_evidence: float
    foretold_ev: Vector
    log_foretold: Vector


def believe(seen: Intervals, mean: Vector, variances: Vector, careless: float) -> Belief:
    """What is believed of the weights after all answers.

    Parameters
    ----------
    mean, variances : (D,) of the weights before any answer; one of variance 0 stays as it is.
    careless : share of answers that are given at random.
    """
    free = variances > 0
    known, given_ev = seen.descriptions[:, free], seen.descriptions @ mean
    rest = Intervals(known, seen.low - given_ev, seen.high - given_ev, seen.noise_ev)
    before = np.diag(1 / variances[free])
    precisions, shifts = np.zeros(len(given_ev)), np.zeros(len(given_ev))
    for _ in range(_ROUNDS):
        centre, covariance, _ = _gaussian(known, precisions, shifts, before)
        others_mean, others_variance = _without_itself(known, centre, covariance, precisions, shifts)
        _, slope, bend = told(others_mean, others_variance, rest, careless)
        bend = np.clip(bend, -0.999 / others_variance, -_WEAKEST)
        after = 1 + others_variance * bend
        change = -bend / after - precisions
        precisions = precisions + _DAMPING * change
        shifts = shifts + _DAMPING * ((slope - others_mean * bend) / after - shifts)
        if not len(change) or float(np.abs(change).max()) < _STILL:
            break
    centre, covariance, log_narrowed = _gaussian(known, precisions, shifts, before)
    others_mean, others_variance = _without_itself(known, centre, covariance, precisions, shifts)
    log_mass, _, _ = told(others_mean, others_variance, rest, careless)
    # Each factor is scaled so that it foretells its answer as well as the likelihood that it replaces.
    of_factor = 0.5 * (
        (others_mean / others_variance + shifts) ** 2 / (1 / others_variance + precisions)
        - others_mean**2 / others_variance
        - np.log1p(precisions * others_variance)
    )
    log_evidence = float((log_mass - of_factor).sum()) + log_narrowed + 0.5 * float(centre @ (known.T @ shifts))
    weights = mean.copy()
    weights[free] += centre
    full = np.zeros((len(mean), len(mean)))
    full[np.ix_(free, free)] = covariance
    return Belief(weights, full, log_evidence, given_ev + others_mean, log_mass)


def _gaussian(known: Matrix, precisions: Vector, shifts: Vector, before: Matrix) -> tuple[Vector, Matrix, float]:
    """Mean and covariance of the weights, and half the logarithm of how much the factors narrowed them."""
    information = before + (known.T * precisions) @ known
    covariance: Matrix = np.linalg.inv(information).astype(np.float64)
    narrowed = np.linalg.slogdet(before)[1] - np.linalg.slogdet(information)[1]
    return covariance @ (known.T @ shifts), covariance, 0.5 * float(narrowed)


def _without_itself(
    known: Matrix, mean: Vector, covariance: Matrix, precisions: Vector, shifts: Vector
) -> tuple[Vector, Vector]:
    """(N,) mean and variance of each picture's wish by all factors but its own."""
    variance = np.maximum(((known @ covariance) * known).sum(axis=1), 1e-12)
    others_variance = 1 / np.maximum(1 / variance - precisions, 1e-9)
    return others_variance * (known @ mean / variance - shifts), others_variance


def told(mean: Vector, variance: Vector, seen: Intervals, careless: float) -> tuple[Vector, Vector, Vector]:
    """Of each answer: the logarithm of its probability, and how that changes with the wish's mean, once and twice."""
    deviation = np.sqrt(variance + seen.noise_ev**2)
    below, above = (seen.low - mean) / deviation, (seen.high - mean) / deviation
    at_low, at_high = _density(below), _density(above)
    sure = 1 - careless
    mass = careless / 3 + sure * np.maximum(_below(above) - _below(below), _LEAST_MASS)  # one answer of three
    slope = sure * (at_low - at_high) / (deviation * mass)
    ends = np.where(np.isfinite(below), below, 0.0) * at_low - np.where(np.isfinite(above), above, 0.0) * at_high
    return np.log(mass), slope, sure * ends / (deviation**2 * mass) - slope**2


_erf = np.frompyfunc(math.erf, 1, 1)


def _below(x: Vector) -> Vector:
    """The normal distribution's share below ``x``."""
    share: Vector = 0.5 * (1 + np.asarray(_erf(x / math.sqrt(2)), np.float64))
    return share


def _density(x: Vector) -> Vector:
    density: Vector = np.exp(-0.5 * np.minimum(x * x, 1400.0)) / math.sqrt(2 * math.pi)
    return density
