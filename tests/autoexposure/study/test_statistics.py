import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexposure.study.statistics import sign_test, wilson_interval


@pytest.mark.parametrize(
    ("first", "second", "p"),
    [
        (0, 0, 1.0),
        (5, 5, 1.0),
        (5, 0, 2 / 32),
        (0, 6, 2 / 64),
        (8, 2, 2 * (1 + 10 + 45) / 1024),
        (15, 5, 0.04138947),  # by scipy.stats.binomtest(15, 20)
        (120, 80, 0.005685155),  # by scipy.stats.binomtest(120, 200)
    ],
)
def test_the_sign_test_by_value(first: int, second: int, p: float) -> None:
    assert sign_test(first, second).p == pytest.approx(p, rel=1e-6)


def test_thousands_of_wins_overflow_nothing() -> None:
    assert sign_test(4000, 1000).p == pytest.approx(0.0, abs=1e-300)
    assert sign_test(5000, 5000).p == 1.0


@given(st.integers(0, 60), st.integers(0, 60))
def test_the_sign_test_takes_no_side_and_is_a_probability(first: int, second: int) -> None:
    p = sign_test(first, second).p
    assert 0 < p <= 1
    assert p == sign_test(second, first).p


def test_the_interval_of_a_share_holds_it_and_narrows() -> None:
    """By value, Wilson's for 8 of 10: 0.490 to 0.943."""
    assert wilson_interval(0.8, 10) == pytest.approx((0.490, 0.943), abs=1e-3)
    assert wilson_interval(0.0, 20)[0] == 0
    low, high = wilson_interval(0.8, 1000)
    assert 0.77 < low < 0.8 < high < 0.83
    assert wilson_interval(0.0, 0) == (0.0, 1.0)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_the_interval_covers_the_truth_19_times_of_20(share: float) -> None:
    """Summed over every outcome of 100 observations, by its probability."""
    covered = sum(
        math.comb(100, hits) * share**hits * (1 - share) ** (100 - hits)
        for hits in range(101)
        if wilson_interval(hits / 100, 100)[0] <= share <= wilson_interval(hits / 100, 100)[1]
    )
    assert 0.93 < covered < 0.97
