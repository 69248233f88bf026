from __future__ import annotations

import numpy as np
import pytest

from models.evaluation.doubt import FEWEST_ANSWERS, Calibration, rank_correlation

NORMAL_95_RATIO = 1.97
RANDOM = np.random.default_rng(3)
DOUBT_EV = RANDOM.uniform(0.1, 1.5, 20_000)
ERRORS_EV = RANDOM.normal(0, DOUBT_EV / 0.994)
"""Normal errors of which 68 % lie within the doubt."""


def calibration(errors_ev: np.ndarray, doubt_ev: np.ndarray) -> Calibration:
    found = Calibration.of(errors_ev, doubt_ev, NORMAL_95_RATIO)
    assert found is not None
    return found


def test_a_doubt_that_is_true_holds_in_every_third() -> None:
    found = calibration(ERRORS_EV.reshape(200, 100), DOUBT_EV.reshape(200, 100))
    for within in (found.within, *found.by_third):
        assert within.share_68 == pytest.approx(0.68, abs=0.02)
        assert within.share_95 == pytest.approx(0.95, abs=0.02)
    assert found.median_doubt_ev == pytest.approx(0.8, abs=0.02)
    assert 0.3 < found.rank_correlation < 0.7


def test_a_doubt_that_is_always_the_same_passes_the_count_and_fails_the_thirds() -> None:
    """Which is why the thirds and the correlation stand beside it."""
    known = np.argsort(DOUBT_EV)
    even = np.linspace(0.999, 1.001, len(DOUBT_EV)) * np.quantile(np.abs(ERRORS_EV), 0.68)
    found = calibration(ERRORS_EV[known], even)  # told in the order of what it should have known
    assert found.within.share_68 == pytest.approx(0.68, abs=0.01)
    assert found.by_third[0].share_68 > 0.85 > 0.55 > found.by_third[2].share_68
    alike = calibration(ERRORS_EV, np.full(len(ERRORS_EV), 0.5))
    assert alike.rank_correlation == 0.0


@pytest.mark.parametrize(("factor", "low", "high"), [(0.5, 0.2, 0.5), (2.0, 0.9, 1.0)])
def test_a_doubt_that_is_too_small_or_too_large_shows(factor: float, low: float, high: float) -> None:
    assert low < calibration(ERRORS_EV, DOUBT_EV * factor).within.share_68 < high


def test_a_few_answers_are_not_judged() -> None:
    few = slice(FEWEST_ANSWERS - 1)
    assert Calibration.of(ERRORS_EV[few], DOUBT_EV[few], NORMAL_95_RATIO) is None


def test_ranks_go_by_order_and_share_ties() -> None:
    values = np.array([1.0, 2.0, 2.0, 5.0, 9.0])
    assert rank_correlation(values, values**3) == pytest.approx(1)
    assert rank_correlation(values, -values) == pytest.approx(-1)
