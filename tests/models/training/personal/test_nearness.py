"""People who answer where what they use came to rest, and new meters that are nearer, as near, or further off."""

import numpy as np
import pytest
from numpy.typing import NDArray

from models.training.personal.nearness import Nearness, nearness

DELTA_EV = 0.2


def judged(
    new_off: float, *, old_off: float = 0.4, shared: float = 0.7, careless: float = 0.0, count: int = 300, seed: int = 0
) -> Nearness:
    """Compare two meters, off the wish by so many EV; ``shared`` correlates their errors."""
    random = np.random.default_rng(seed)
    old_error: NDArray[np.float64] = random.normal(0, old_off, count)
    own = random.normal(0, new_off, count)
    new_error = shared * old_error * new_off / old_off + np.sqrt(1 - shared**2) * own
    wish_ev = -old_error  # from the picture that was judged, which is where the old one came to rest
    needs = np.where(np.abs(wish_ev) < DELTA_EV, 0, np.sign(wish_ev)).astype(np.int64)
    slips = random.random(count) < careless
    needs[slips] = random.integers(-1, 2, int(slips.sum()))
    return nearness(random.normal(0, 0.02, count), wish_ev + new_error, needs, DELTA_EV, drawn=60)


@pytest.mark.parametrize("shared", [0.0, 0.7])
def test_distances_are_estimated_from_answers_that_only_say_which_way(shared: float) -> None:
    for new_off in (0.25, 0.4, 0.55):
        found = judged(new_off, shared=shared, count=1500)
        assert found.old_ev == pytest.approx(0.4, abs=0.05)
        assert found.new_ev == pytest.approx(new_off, abs=0.07)


def test_a_nearer_meter_is_found_out_and_one_that_is_further_off_never_passes() -> None:
    assert judged(0.3).sure > 0.97
    assert judged(0.3, careless=0.15).sure > 0.9
    for seed in range(4):
        assert judged(0.55, seed=seed).sure < 0.8
        assert judged(0.55, shared=0.0, seed=seed).sure < 0.8


def test_being_as_near_with_other_errors_is_no_lead() -> None:
    """Though such a meter agrees with more answers than one that asks for nothing, and makes them likelier."""
    surest = [judged(0.4, shared=0.0, seed=seed).sure for seed in range(8)]
    assert sum(sure >= 0.95 for sure in surest) <= 2


def test_the_same_meter_twice_is_not_nearer_than_itself() -> None:
    random = np.random.default_rng(1)
    says_ev, needs = random.normal(0, 0.2, 100), random.integers(-1, 2, 100)
    found = nearness(says_ev, says_ev, needs, DELTA_EV, drawn=20)
    assert found.sure == 0
    assert found.new_ev == found.old_ev


def test_a_few_answers_or_all_of_one_kind_make_nothing_sure() -> None:
    assert judged(0.35, count=10).sure < 0.95
    one_kind = nearness(np.zeros(12), np.full(12, 0.05), np.ones(12, np.int64), DELTA_EV, drawn=20)
    assert np.isfinite([one_kind.old_ev, one_kind.new_ev]).all()
