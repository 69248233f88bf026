import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoexposure.metering.explain import Place, explain
from autoexposure.metering.meters import METERS
from autoexposure.metering.policy import MAP_SIDE, Decision

SHAPE = (MAP_SIDE, MAP_SIDE)


@settings(deadline=None)
@given(st.integers(0, 10_000))
def test_the_pulls_add_up_to_the_answer_of_the_network(seed: int) -> None:
    random = np.random.default_rng(seed)
    attention = random.uniform(0, 1, SHAPE).astype(np.float32)
    exposure = random.uniform(-2, 2, SHAPE).astype(np.float32)
    why = explain(Decision(float(np.mean(attention * exposure)), attention, exposure))
    assert why is not None
    assert why.maps_ev == pytest.approx(why.delta_ev, abs=1e-5)
    assert sum(region.weight for region in why.regions) == pytest.approx(attention.mean(), abs=1e-5)
    pulls = [abs(region.pull_ev) for region in why.regions]
    assert pulls == sorted(pulls, reverse=True)
    assert {region.place for region in why.regions} == set(Place)


@settings(deadline=None)
@given(st.integers(0, 10_000))
def test_and_to_that_of_a_network_that_weighs(seed: int) -> None:
    random = np.random.default_rng(seed)
    attention = random.uniform(0, 1, SHAPE).astype(np.float32)
    exposure = random.uniform(-2, 2, SHAPE).astype(np.float32)
    answer_ev = float((attention * exposure).sum() / attention.sum())
    why = explain(Decision(answer_ev, attention, exposure, weighted=True))
    assert why is not None
    assert why.maps_ev == pytest.approx(answer_ev, abs=1e-5)
    assert sum(region.weight for region in why.regions) == pytest.approx(1)


@pytest.mark.parametrize(
    ("place", "row", "column"), [(Place.TOP_LEFT, 0, 0), (Place.RIGHT, 1, 2), (Place.BOTTOM, 2, 1)]
)
def test_a_place_is_where_its_name_says(place: Place, row: int, column: int) -> None:
    attention = np.zeros(SHAPE, np.float32)
    attention[5 * row : 5 * row + 5, 5 * column : 5 * column + 5] = 0.9
    exposure = np.full(SHAPE, -2, np.float32)
    exposure[attention > 0] = 1.5
    why = explain(Decision(0.15, attention, exposure))
    assert why is not None
    first = why.regions[0]
    assert first.place is place
    assert (first.weight, first.wants_ev) == (pytest.approx(0.1), pytest.approx(1.5))
    assert first.pull_ev == pytest.approx(0.15)
    assert why.strongest(-1) is None


def test_wants_are_weighted_by_attention() -> None:
    attention = np.zeros(SHAPE, np.float32)
    exposure = np.zeros(SHAPE, np.float32)
    attention[0, 0], exposure[0, 0] = 0.9, 2.0
    attention[0, 1], exposure[0, 1] = 0.1, -2.0
    why = explain(Decision(0.0, attention, exposure))
    assert why is not None
    assert why.regions[0].wants_ev == pytest.approx(0.9 * 2 - 0.1 * 2)


def test_a_meter_that_averages_has_weights_that_sum_to_one() -> None:
    preview = np.full((1, 3, 128, 128), 188, np.float32)
    preview[..., :40] = 40
    answer = METERS["centre"].make().decide(preview)
    why = explain(answer, averages_light=True)
    assert why is not None
    assert sum(region.weight for region in why.regions) == pytest.approx(1)
    raising, lowering = why.strongest(1), why.strongest(-1)
    assert raising is not None
    assert lowering is not None
    assert raising.place is Place.LEFT
    assert lowering.place is Place.CENTRE


def test_nothing_to_explain_by() -> None:
    assert explain(Decision(1.0)) is None
    nothing = np.zeros(SHAPE, np.float32)
    why = explain(Decision(0.0, nothing, nothing, weighted=True))
    assert why is not None
    assert why.maps_ev == 0
