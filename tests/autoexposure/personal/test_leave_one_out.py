import math

import numpy as np
import pytest

from autoexposure.personal.belief import Intervals
from autoexposure.personal.leave_one_out import FEWEST_ANSWERS, truth_of
from autoexposure.personal.taste import NOISE_EV, TastePrior, learn_taste

PRIOR = TastePrior(np.zeros(2), np.array([0.36, 0.15]))


def answers(offset_ev: float, count: int, noise_ev: float = NOISE_EV, seed: int = 0) -> Intervals:
    """Of somebody who wants everything brighter by an offset, and the rest differently from picture to picture."""
    random = np.random.default_rng(seed)
    descriptions = np.stack([np.ones(count), random.normal(size=count)], axis=1)
    # As in use: pictures are shown at what was learned so far, here about right.
    shown_ev = offset_ev + random.uniform(-0.5, 0.5, count)
    wanted = offset_ev + noise_ev * random.standard_normal(count) - shown_ev
    low = np.where(np.abs(wanted) < 0.5, -0.5, np.where(wanted > 0, 0.5, -math.inf))
    high = np.where(np.abs(wanted) < 0.5, 0.5, np.where(wanted > 0, math.inf, -0.5))
    return Intervals(descriptions, low + shown_ev, high + shown_ev, np.full(count, NOISE_EV))


@pytest.mark.parametrize(("offset_ev", "noise_ev"), [(0.0, 0.65), (0.4, 0.65), (0.8, 0.65), (0.8, 0.5), (0.6, 0.8)])
def test_the_share_is_that_of_the_squares(offset_ev: float, noise_ev: float) -> None:
    told = []
    for seed in range(6):
        seen = answers(offset_ev, 100, noise_ev, seed)
        truth = truth_of(learn_taste(PRIOR, seen), seen)
        assert truth is not None
        assert truth.answers == 100
        told.append(truth.explained)
    true = offset_ev**2 / (offset_ev**2 + noise_ev**2)
    assert np.mean(told) == pytest.approx(true, abs=0.1)


def test_more_answers_make_it_surer() -> None:
    deviations = []
    for count in (10, 30, 300):
        seen = answers(0.6, count)
        truth = truth_of(learn_taste(PRIOR, seen), seen)
        assert truth is not None
        deviations.append(truth.deviation)
        assert (truth.more == 0) == (truth.deviation <= 0.05)
    assert deviations[0] > deviations[1] > deviations[2]
    assert deviations[2] < 0.05


def test_of_a_handful_nothing_is_said() -> None:
    few, enough = answers(0.6, FEWEST_ANSWERS - 1), answers(0.6, FEWEST_ANSWERS)
    assert truth_of(learn_taste(PRIOR, few), few) is None
    assert truth_of(learn_taste(PRIOR, enough), enough) is not None


def test_each_answer_is_judged_without_itself() -> None:
    """Somebody who answers by chance is not explained, however well a taste could be made to fit the answers."""
    seen = answers(0.0, 40, 1.2, seed=3)
    truth = truth_of(learn_taste(PRIOR, seen), seen)
    assert truth is not None
    assert truth.explained < 0.1
