import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexposure.personal.belief import Belief, Vector, interval_moments


def variance_of(belief: Belief, description: Vector) -> float:
    """How unsure it is of the wish for a picture with this description."""
    return float(description @ belief._covariance_with(description))


@pytest.mark.parametrize(
    ("mean", "variance", "low", "high"),
    [
        (0.0, 1.0, 0.2, math.inf),
        (0.3, 0.5, -math.inf, -0.2),
        (0.1, 0.8, -0.2, 0.2),
        (3.0, 0.25, -0.2, 0.2),
        (-2.0, 0.3, 0.2, math.inf),
    ],
)
def test_moments_agree_with_integration(mean: float, variance: float, low: float, high: float) -> None:
    x = np.linspace(-12, 12, 480_001)
    density = np.exp(-0.5 * (x - mean) ** 2 / variance) * ((x >= low) & (x <= high))
    density /= density.sum()
    true_mean = float((x * density).sum())
    true_variance = float(((x - true_mean) ** 2 * density).sum())
    told = interval_moments(mean, variance, low, high)
    assert mean + told.slope * variance == pytest.approx(true_mean, abs=2e-4)
    assert variance + told.bend * variance**2 == pytest.approx(true_variance, abs=2e-4)


@given(st.floats(-60, 60), st.floats(0.01, 4), st.sampled_from([(0.2, math.inf), (-math.inf, -0.2), (-0.2, 0.2)]))
def test_any_surprise_gives_numbers_that_move_towards_the_interval(
    mean: float, variance: float, interval: tuple[float, float]
) -> None:
    told = interval_moments(mean, variance, *interval)
    after, spread = mean + told.slope * variance, variance + told.bend * variance**2
    assert interval[0] - 0.05 <= after <= interval[1] + 0.05
    assert -1e-9 <= spread <= variance


@pytest.mark.parametrize("deviation", [1.0, 2.0])
def test_far_from_the_interval_the_tail_has_its_known_shape(deviation: float) -> None:
    edge = 20.0  # standard deviations
    above = interval_moments(-edge * deviation, deviation**2, 0.0, math.inf)
    below = interval_moments(edge * deviation, deviation**2, -math.inf, 0.0)
    assert above.slope == -below.slope == pytest.approx((edge + 1 / edge) / deviation, rel=1e-5)
    assert above.bend == below.bend == pytest.approx(-(1 - 1 / edge**2) / deviation**2, rel=1e-4)


def test_an_answer_that_rules_nothing_out_teaches_nothing() -> None:
    told = interval_moments(0.3, 0.5, -math.inf, math.inf)
    assert told.slope == told.bend == 0


def test_one_step_is_taken_back_unless_more_are_named() -> None:
    belief = Belief(np.ones(2))
    for _ in range(3):
        belief.condition(np.array([1.0, 0.5]), 0.2, math.inf, 0.3)
    belief.take_back()
    assert belief.steps == 2


def test_the_first_answer_already_moves_the_mean() -> None:
    belief = Belief(np.array([0.36, 0.1]))
    belief.condition(np.array([1.0, 0.0]), 0.2, math.inf, 0.25)
    assert belief.expect(np.array([1.0, 0.0])) > 0.5
    assert variance_of(belief, np.array([1.0, 0.0])) < 0.36
    assert belief.expect(np.array([0.0, 1.0])) == 0  # nothing was said about that


def test_it_agrees_with_the_full_covariance() -> None:
    random = np.random.default_rng(0)
    prior = random.uniform(0.1, 1, 5)
    belief, mean, covariance = Belief(prior), np.zeros(5), np.diag(prior)
    for number in range(100):
        description = random.normal(size=5)
        low, high = [(0.2, math.inf), (-0.2, 0.2), (-math.inf, -0.2)][number % 3]
        told = interval_moments(
            float(description @ mean), float(description @ covariance @ description) + 0.09, low, high
        )
        gain = covariance @ description
        mean, covariance = mean + told.slope * gain, covariance + told.bend * np.outer(gain, gain)
        belief.condition(description, low, high, 0.3)
    assert belief.steps == 100
    assert np.allclose(belief.mean, mean)
    other = random.normal(size=5)
    assert variance_of(belief, other) == pytest.approx(float(other @ covariance @ other))


def test_taking_back_restores_what_was_believed() -> None:
    random = np.random.default_rng(1)
    descriptions = random.normal(size=(20, 4))
    belief = Belief(np.ones(4))
    for description in descriptions[:10]:
        belief.condition(description, 0.2, math.inf, 0.3)
    mean, variance = belief.mean.copy(), variance_of(belief, descriptions[3])
    for description in descriptions[10:]:
        belief.condition(description, -0.2, 0.2, 0.3)
    belief.take_back(10)
    assert np.allclose(belief.mean, mean, atol=1e-12)
    assert variance_of(belief, descriptions[3]) == pytest.approx(variance)
    belief.take_back(99)
    assert belief.steps == 0
    assert not belief.mean.any()
    assert variance_of(belief, descriptions[3]) == pytest.approx(float((descriptions[3] ** 2).sum()))
