"""People who answer where what they use came to rest, and new meters that are nearer, as near, or further off."""

import numpy as np
import pytest

from autoexposure.personal.taste import NOISE_EV
from models.training.personal.nearness import Nearness, nearness

UNKNOWN_EV = 0.6
"""What neither meter knows of a wish."""


def judged(
    old_misses: float,
    new_misses: float,
    *,
    content_ev: float = 0.5,
    unknown_ev: float = UNKNOWN_EV,
    careless: float = 0.15,
    count: int = 300,
    seed: int = 0,
) -> Nearness:
    """Compare two meters on answers of one person, each of whom misses by so many EV what the other knows.

    Their root mean square distances from the wish are hypot(unknown_ev, old_misses) and hypot(unknown_ev, new_misses).
    """
    random = np.random.default_rng(seed)
    only_new, only_old = random.normal(0, old_misses, count), random.normal(0, new_misses, count)
    moved = random.normal(0, 0.1, count)  # what the old one has learned since the picture was judged
    wish_ev = only_new + random.normal(0, unknown_ev, count) - moved
    needs = np.where(np.abs(wish_ev) < content_ev, 0, np.sign(wish_ev)).astype(np.int64)
    slips = random.random(count) < careless
    needs[slips] = random.integers(-1, 2, int(slips.sum()))
    return nearness(-moved, only_new - only_old - moved, needs)


@pytest.mark.parametrize("content_ev", [0.2, 0.5])
def test_how_much_nearer_a_meter_is_does_not_hang_on_what_a_person_calls_good(content_ev: float) -> None:
    for old_misses, new_misses in ((0.4, 0.1), (0.3, 0.3), (0.1, 0.4)):
        truth = old_misses**2 - new_misses**2
        found = [judged(old_misses, new_misses, content_ev=content_ev, count=1000, seed=seed) for seed in range(4)]
        squares = np.mean([each.old_ev**2 - each.new_ev**2 for each in found])
        assert squares == pytest.approx(truth, abs=0.05)
        assert np.mean([each.old_ev for each in found]) == pytest.approx(np.hypot(UNKNOWN_EV, old_misses), abs=0.1)


@pytest.mark.parametrize("content_ev", [0.2, 0.5])
@pytest.mark.parametrize("count", [30, 300])
def test_a_meter_that_is_as_near_passes_about_once_in_twenty(content_ev: float, count: int) -> None:
    """Of 40 people, 2 are expected; 7 or more come of one in twenty less often than once in two hundred."""
    surest = [judged(0.25, 0.25, content_ev=content_ev, count=count, seed=seed).sure for seed in range(40)]
    assert sum(sure >= 0.95 for sure in surest) <= 6
    assert np.mean(surest) == pytest.approx(0.5, abs=0.15)  # neither side is favoured


def test_whoever_makes_no_slips_favours_the_new_meter_little() -> None:
    surest = [judged(0.25, 0.25, careless=0.0, seed=seed).sure for seed in range(20)]
    assert sum(sure >= 0.95 for sure in surest) <= 4


@pytest.mark.parametrize("content_ev", [0.2, 0.5])
def test_a_nearer_meter_is_found_out_and_one_that_is_further_off_does_not_pass(content_ev: float) -> None:
    assert np.mean([judged(0.5, 0.1, content_ev=content_ev, seed=seed).sure > 0.95 for seed in range(6)]) > 0.6
    assert max(judged(0.1, 0.4, content_ev=content_ev, seed=seed).sure for seed in range(6)) < 0.5


def test_the_same_meter_twice_is_not_nearer_than_itself() -> None:
    random = np.random.default_rng(1)
    says_ev, needs = random.normal(0, 0.2, 100), random.integers(-1, 2, 100)
    assert nearness(says_ev, says_ev, needs) == Nearness(NOISE_EV, NOISE_EV, 0.0)


def test_a_few_answers_or_all_of_one_kind_make_nothing_sure() -> None:
    assert judged(0.3, 0.2, count=10).sure < 0.95
    one_kind = nearness(np.zeros(12), np.full(12, 0.05), np.ones(12, np.int64))
    assert np.isfinite([one_kind.old_ev, one_kind.new_ev]).all()
