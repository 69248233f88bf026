import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexposure.personal.belief import Intervals, Vector, believe, told

ANSWERS = [(0.5, math.inf), (-0.5, 0.5), (-math.inf, -0.5)]


def intervals(descriptions: np.ndarray, ends: list[tuple[float, float]], noise_ev: float = 0.6) -> Intervals:
    low, high = np.array(ends, np.float64).reshape(-1, 2).T
    return Intervals(descriptions, low, high, np.full(len(low), noise_ev))


def one_number(ends: list[tuple[float, float]], noise_ev: float = 0.6) -> Intervals:
    return intervals(np.ones((len(ends), 1)), ends, noise_ev)


def by_integration(seen: Intervals, variance: float, careless: float) -> tuple[float, float, float]:
    """Mean, variance and log evidence of one number, on a fine grid."""
    x = np.linspace(-6, 6, 24_001)
    logarithm = -0.5 * x**2 / variance - 0.5 * math.log(2 * math.pi * variance)
    for low, high, noise in zip(seen.low, seen.high, seen.noise_ev, strict=True):
        within = [0.5 * (1 + math.erf((end - at) / noise / math.sqrt(2))) for at in x for end in (low, high)]
        mass = np.diff(np.array(within).reshape(-1, 2), axis=1)[:, 0]
        logarithm += np.log(np.maximum(careless / 3 + (1 - careless) * mass, 1e-300))
    density = np.exp(logarithm - logarithm.max())
    total = float(density.sum())
    mean = float((x * density).sum()) / total
    return (
        mean,
        float(((x - mean) ** 2 * density).sum()) / total,
        math.log(total * (x[1] - x[0])) + float(logarithm.max()),
    )


@pytest.mark.parametrize("careless", [0.0, 0.15])
@pytest.mark.parametrize("ends", [ANSWERS[:1], [ANSWERS[1]] * 3, [*ANSWERS, *ANSWERS[:1] * 4], [(0.1, 0.6)] * 5])
def test_it_agrees_with_integration(ends: list[tuple[float, float]], careless: float) -> None:
    seen = one_number(ends)
    mean, variance, log_evidence = by_integration(seen, 0.3, careless)
    belief = believe(seen, np.zeros(1), np.full(1, 0.3), careless)
    assert belief.mean[0] == pytest.approx(mean, abs=0.03 if careless else 0.005)
    assert belief.covariance[0, 0] == pytest.approx(variance, rel=0.2 if careless else 0.02)
    assert belief.log_evidence == pytest.approx(log_evidence, abs=0.1 if careless else 0.01)


def test_what_the_others_say_is_what_is_believed_without_an_answer() -> None:
    random = np.random.default_rng(1)
    seen = intervals(random.normal(size=(12, 3)), [ANSWERS[number % 3] for number in range(12)])
    belief = believe(seen, np.zeros(3), np.full(3, 0.3), 0.0)
    for left_out in range(12):
        rest = np.arange(12) != left_out
        others = Intervals(seen.descriptions[rest], seen.low[rest], seen.high[rest], seen.noise_ev[rest])
        without = believe(others, np.zeros(3), np.full(3, 0.3), 0.0)
        assert belief.foretold_ev[left_out] == pytest.approx(seen.descriptions[left_out] @ without.mean, abs=0.1)
        change = belief.log_evidence - without.log_evidence
        assert belief.log_foretold[left_out] == pytest.approx(change, abs=0.08)


def test_the_order_of_answers_does_not_matter() -> None:
    random = np.random.default_rng(2)
    descriptions, ends = random.normal(size=(30, 4)), [ANSWERS[int(n)] for n in random.integers(3, size=30)]
    shuffled = random.permutation(30)
    one = believe(intervals(descriptions, ends), np.zeros(4), np.ones(4), 0.1)
    other = believe(intervals(descriptions[shuffled], [ends[n] for n in shuffled]), np.zeros(4), np.ones(4), 0.1)
    assert np.allclose(one.mean, other.mean, atol=1e-9)


def test_without_answers_nothing_is_believed_and_nothing_foretold() -> None:
    belief = believe(intervals(np.zeros((0, 2)), []), np.array([0.3, 0.0]), np.array([0.2, 0.1]), 0.15)
    assert belief.mean == pytest.approx([0.3, 0.0])
    assert np.diag(belief.covariance) == pytest.approx([0.2, 0.1])
    assert belief.log_evidence == 0
    assert len(belief.foretold_ev) == 0


def test_a_weight_that_is_known_stays_and_counts() -> None:
    seen = intervals(np.eye(2)[[0, 1, 1]], [ANSWERS[0]] * 3)
    belief = believe(seen, np.array([0.7, 0.0]), np.array([0.0, 0.3]), 0.0)
    assert belief.mean[0] == 0.7
    assert belief.mean[1] > 0.3
    assert not belief.covariance[0].any()
    fixed = believe(seen, np.array([0.7, 0.1]), np.zeros(2), 0.0)
    assert fixed.mean == pytest.approx([0.7, 0.1])
    assert fixed.foretold_ev == pytest.approx([0.7, 0.1, 0.1])
    assert fixed.log_evidence == pytest.approx(float(fixed.log_foretold.sum()))


def test_who_answers_at_random_now_and_then_is_followed_less_far() -> None:
    seen = one_number([(3.0, math.inf)], 0.3)
    assert believe(seen, np.zeros(1), np.full(1, 0.3), 0.15).mean[0] < 0.1
    assert believe(seen, np.zeros(1), np.full(1, 0.3), 0.0).mean[0] > 1


@given(
    st.floats(-60, 60),
    st.floats(0.01, 4),
    st.sampled_from(ANSWERS),
    st.sampled_from([0.0, 0.15]),
)
def test_any_surprise_gives_numbers(mean: float, variance: float, ends: tuple[float, float], careless: float) -> None:
    log_mass, slope, bend = told(np.full(1, mean), np.full(1, variance), one_number([ends], 0.1), careless)
    for number in (log_mass, slope, bend):
        assert np.isfinite(number).all()
    assert log_mass[0] <= 1e-9


def test_the_slope_and_bend_are_those_of_the_logarithm() -> None:
    seen, variance, step = one_number([(-0.2, 0.9)]), np.full(1, 0.4), 1e-4

    def log_mass(mean: float) -> float:
        return float(told(np.full(1, mean), variance, seen, 0.15)[0][0])

    _, slope, bend = told(np.full(1, 0.3), variance, seen, 0.15)
    assert slope[0] == pytest.approx((log_mass(0.3 + step) - log_mass(0.3 - step)) / (2 * step), rel=1e-4)
    second = (log_mass(0.3 + step) - 2 * log_mass(0.3) + log_mass(0.3 - step)) / step**2
    assert bend[0] == pytest.approx(second, rel=1e-3)


def test_a_thousand_answers_are_no_trouble() -> None:
    random = np.random.default_rng(3)
    weights: Vector = random.normal(size=20) * 0.3
    descriptions = random.normal(size=(1000, 20))
    wishes = descriptions @ weights + 0.6 * random.normal(size=1000)
    ends = [ANSWERS[1] if abs(wish) < 0.5 else ANSWERS[0] if wish > 0 else ANSWERS[2] for wish in wishes]
    belief = believe(intervals(descriptions, ends), np.zeros(20), np.full(20, 0.1), 0.0)
    assert np.abs(belief.mean - weights).max() < 0.12
