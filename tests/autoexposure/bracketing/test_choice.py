"""The exposures of a bracket are the best there are, by comparison with all others."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexposure.bracketing.choice import FAR_EV, STEP_EV, choose, value_of
from autoexposure.errors import ConfigError

WIDTH_EV = 2.0
REACH_EV = (-3.0, 3.0)

wishes = st.lists(
    st.tuples(st.integers(-25, 25).map(lambda step: step * STEP_EV), st.floats(0.01, 1)), min_size=1, max_size=12
)


def worth(evs: tuple[float, ...], asked: list[tuple[float, float]]) -> float:
    """What a set of exposures is worth, place by place."""
    return sum(weight * max(float(value_of(np.array(wish - ev), WIDTH_EV)) for ev in evs) for wish, weight in asked)


def chosen_of(
    asked: list[tuple[float, float]],
    count: int,
    taken: tuple[float, ...] = (),
    reach_ev: tuple[float, float] = REACH_EV,
) -> tuple[float, ...]:
    places, weights = (np.array(column) for column in zip(*asked, strict=True))
    return choose(places, weights, count, reach_ev, WIDTH_EV, taken)


@given(wishes, st.integers(1, 3))
def test_no_set_is_better(asked: list[tuple[float, float]], count: int) -> None:
    chosen = chosen_of(asked, count)
    grid = np.round(np.arange(-15, 16, 2) * STEP_EV, 6)  # every other exposure there is; all of them take minutes
    best = max(worth(each, asked) for each in itertools.combinations(grid.tolist(), min(count, 3)))
    assert worth(chosen, asked) >= best - 1e-6


@given(wishes, st.integers(1, 5), st.lists(st.floats(-3, 3), max_size=2))
def test_they_ascend_within_reach_and_no_more_than_asked_for(
    asked: list[tuple[float, float]], count: int, taken: list[float]
) -> None:
    chosen = chosen_of(asked, count, tuple(taken))
    assert 1 <= len(chosen) <= count
    assert list(chosen) == sorted(set(chosen))
    assert all(REACH_EV[0] - 1e-9 <= ev <= REACH_EV[1] + 1e-9 for ev in chosen)


@given(wishes, st.integers(1, 3))
def test_one_more_never_makes_it_worse(asked: list[tuple[float, float]], count: int) -> None:
    assert worth(chosen_of(asked, count + 1), asked) >= worth(chosen_of(asked, count), asked) - 1e-9


@given(wishes, st.integers(1, 3), st.floats(0.1, 100))
def test_only_the_share_of_a_weight_counts(asked: list[tuple[float, float]], count: int, factor: float) -> None:
    louder = [(wish, weight * factor) for wish, weight in asked]
    assert worth(chosen_of(louder, count), asked) == pytest.approx(worth(chosen_of(asked, count), asked))


def test_what_a_picture_has_shown_already_is_not_taken_again() -> None:
    asked = [(-2.0, 10.0), (2.0, 1.0)]
    assert chosen_of(asked, 1) == pytest.approx((-2.0,), abs=1e-6)
    assert chosen_of(asked, 1, taken=(-2.0,)) == pytest.approx((2.0,), abs=1e-6)


def test_each_group_gets_its_own_and_the_heaviest_come_first() -> None:
    asked = [(-3.0, 1.0), (0.0, 2.0), (3.0, 3.0)]
    assert chosen_of(asked, 3) == pytest.approx((-3.0, 0.0, 3.0), abs=1e-6)
    assert chosen_of(asked, 2) == pytest.approx((0.0, 3.0), abs=1e-6)


def test_what_no_exposure_reaches_still_pulls() -> None:
    assert chosen_of([(5.0, 1.0)], 1) == pytest.approx((3.0,))
    assert chosen_of([(-5.0, 1.0)], 1) == pytest.approx((-3.0,))


def test_where_nothing_matters_all_places_do() -> None:
    assert chosen_of([(1.0, 0.0), (1.2, 0.0)], 1) == pytest.approx((1.1,), abs=0.21)


def test_a_camera_with_one_exposure_has_one() -> None:
    assert chosen_of([(3.0, 1.0), (-3.0, 1.0)], 3, reach_ev=(-0.5, -0.5)) == (-0.5,)


@pytest.mark.parametrize(
    ("places", "weights", "count", "reach_ev"),
    [
        ([], [], 1, REACH_EV),
        ([0.0, 1.0], [1.0], 1, REACH_EV),
        ([math.nan], [1.0], 1, REACH_EV),
        ([0.0], [-1.0], 1, REACH_EV),
        ([0.0], [math.inf], 1, REACH_EV),
        ([0.0], [1.0], 0, REACH_EV),
        ([0.0], [1.0], 1, (1.0, -1.0)),
        ([0.0], [1.0], 1, (-math.inf, 0.0)),
    ],
)
def test_what_makes_no_sense_is_refused(
    places: list[float], weights: list[float], count: int, reach_ev: tuple[float, float]
) -> None:
    with pytest.raises(ConfigError):
        choose(np.array(places), np.array(weights), count, reach_ev, WIDTH_EV)


def test_being_nearer_never_outweighs_being_well_exposed() -> None:
    inside, outside = value_of(np.array([WIDTH_EV / 2, WIDTH_EV / 2 + 0.01]), WIDTH_EV)
    assert inside - outside > 0.9
    assert value_of(np.array(FAR_EV + 1), WIDTH_EV) == 0
