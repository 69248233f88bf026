import math

import numpy as np
import pytest

from autoexposure.personal.belief import Intervals, believe
from autoexposure.personal.taste import CARELESS, HALF_FOLLOWED, NOISE_EV, TastePrior, learn_taste

PRIOR = TastePrior(np.array([0.0, 0.0, 0.2]), np.array([0.36, 0.1, 0.1]))
CONTENT_EV = 0.5


def answers(
    offset_ev: float, count: int, *, common: float = 0.0, noise_ev: float = NOISE_EV, seed: int = 0
) -> Intervals:
    """Of somebody who wants everything brighter by an offset, or what everybody wants."""
    random = np.random.default_rng(seed)
    descriptions = np.concatenate([np.ones((count, 1)), random.normal(size=(count, 2))], axis=1)
    wanted = offset_ev + common * 0.2 * descriptions[:, 2] + noise_ev * random.standard_normal(count)
    low = np.where(np.abs(wanted) < CONTENT_EV, -CONTENT_EV, np.where(wanted > 0, CONTENT_EV, -math.inf))
    high = np.where(np.abs(wanted) < CONTENT_EV, CONTENT_EV, np.where(wanted > 0, math.inf, -CONTENT_EV))
    return Intervals(descriptions, low, high, np.full(count, NOISE_EV))


def test_before_any_answer_nothing_is_followed() -> None:
    taste = learn_taste(PRIOR, answers(0.0, 0))
    assert not taste.weights.any()
    assert len(taste.foretold_ev) == 0


@pytest.mark.parametrize("offset_ev", [-0.7, 0.7])
def test_who_keeps_asking_for_the_same_gets_it(offset_ev: float) -> None:
    moved = [
        np.mean([learn_taste(PRIOR, answers(offset_ev, count, seed=seed)).weights[0] / offset_ev for seed in range(8)])
        for count in (1, 10, 100)
    ]
    assert 0 < moved[0] < 0.3
    assert moved[0] < moved[1] < moved[2]
    assert moved[2] == pytest.approx(1, abs=0.2)


@pytest.mark.parametrize("count", [3, 10, 30, 100])
def test_who_is_content_on_average_is_hardly_followed(count: int) -> None:
    moved = [learn_taste(PRIOR, answers(0.0, count, seed=seed)).weights[0] for seed in range(20)]
    assert np.sqrt(np.mean(np.square(moved))) < 0.15  # 0.18 EV would cost 0.02 EV of the error


def test_what_everybody_wants_is_believed_little_by_little() -> None:
    first, later = (learn_taste(PRIOR, answers(0.0, count)).weights[2] for count in (1, 30))
    assert 0 <= first < 0.04 < later < 0.2


def test_what_everybody_wants_is_believed_of_whom_it_foretells() -> None:
    with_it = learn_taste(PRIOR, answers(0.0, 300, common=3.0, noise_ev=0.3)).weights[2]
    against_it = learn_taste(PRIOR, answers(0.0, 300, common=-3.0, noise_ev=0.3)).weights[2]
    assert with_it > 0.2
    assert against_it < 0


def test_who_differs_far_more_than_the_known_people_is_followed_further() -> None:
    """By five of the known people's deviations: as one of them, this person would get much less of it."""
    seen = answers(0.0, 100, common=3.5)
    as_one_of_them = believe(seen, PRIOR.common, PRIOR.deviations**2, CARELESS).mean[2]
    assert learn_taste(PRIOR, seen).weights[2] > as_one_of_them + 0.1


def test_an_answer_that_is_worth_half_is_followed_as_half_an_answer() -> None:
    seen = answers(0.7, 2 * HALF_FOLLOWED)
    vague = Intervals(seen.descriptions, seen.low, seen.high, seen.noise_ev * np.sqrt(2))
    alike = TastePrior(np.array([0.0, 0.0, 0.2]), np.zeros(3))  # nothing is left to learn of such people
    assert learn_taste(alike, seen).weights[2] == pytest.approx(0.2 * 2 / 3)
    assert learn_taste(alike, vague).weights[2] == pytest.approx(0.2 / 2)


def test_each_answer_is_foretold_without_itself() -> None:
    seen = answers(0.6, 15)
    whole = learn_taste(PRIOR, seen)
    for left_out in (0, 7, 14):
        rest = np.arange(15) != left_out
        others = Intervals(seen.descriptions[rest], seen.low[rest], seen.high[rest], seen.noise_ev[rest])
        alone = float(seen.descriptions[left_out] @ learn_taste(PRIOR, others).weights)
        assert whole.foretold_ev[left_out] == pytest.approx(alone, abs=0.03)
