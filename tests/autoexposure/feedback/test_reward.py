import math
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexposure.errors import ConfigError
from autoexposure.feedback.answer import Label, Sample, Source
from autoexposure.feedback.reward import (
    FIGURE_6,
    NEED,
    REWARDS,
    Agreement,
    RewardConfig,
    agreement,
    agrees,
    label_of,
    rewards,
    target_ev,
    wished,
)
from autoexposure.states import AeState

EV = st.floats(-4, 4, allow_nan=False)


def reward_of(action_ev: float, target_ev: float, label: Label) -> float:
    return float(rewards(action_ev, target_ev, NEED[label]).values)


def test_a_need_is_the_sign_of_the_wish_and_no_more() -> None:
    assert NEED == {Label.UNDER: 1, Label.WELL: 0, Label.OVER: -1}


@pytest.mark.parametrize("config", [None, RewardConfig(0.2), RewardConfig(0.35)])
def test_the_wish_reaches_from_where_the_answer_changes(config: RewardConfig | None) -> None:
    delta_ev = 0.2 if config is None else config.delta_ev
    assert wished(Label.UNDER, config) == (delta_ev, math.inf)
    assert wished(Label.WELL, config) == (-delta_ev, delta_ev)
    assert wished(Label.OVER, config) == (-math.inf, -delta_ev)
    assert label_of(delta_ev, config) is Label.UNDER  # a miss by exactly delta is a miss
    assert label_of(-delta_ev, config) is Label.OVER


@pytest.mark.parametrize("name", REWARDS)
def test_every_reward_of_the_table_keeps_to_its_shape_and_to_what_was_said(name: str) -> None:
    actions_ev, needs = np.linspace(-2, 2, 9)[:, None], np.array([NEED[label] for label in Label])
    found = rewards(actions_ev, 0.0, needs, RewardConfig(name=name))
    assert found.values.shape == found.defined.shape == (9, 3)
    best, darkest, brightest = found.values[4], found.values[0], found.values[-1]
    under, well, over = (list(Label).index(label) for label in (Label.UNDER, Label.WELL, Label.OVER))
    assert best[well] > max(darkest[well], brightest[well])
    assert darkest[under] < 0
    assert brightest[over] < 0


def test_the_reward_that_the_config_names_is_the_one_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(REWARDS, "closeness", lambda miss_ev, _need, delta_ev: -np.abs(miss_ev) / delta_ev)
    assert float(rewards(1.0, 0.5, 0, RewardConfig(0.25, "closeness")).values) == -2.0
    assert RewardConfig().name == FIGURE_6
    assert float(rewards(1.0, 0.5, 0).values) == -1.0


def test_a_reward_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"one of figure6.*'magic'"):
        RewardConfig(name="magic")


@pytest.mark.parametrize(
    ("action_ev", "label", "reward"),
    [
        (0.5, Label.WELL, 1.0),
        (0.5 + 0.19, Label.WELL, 1.0),
        (0.5 - 0.19, Label.WELL, 1.0),
        (0.5 + 0.21, Label.WELL, -1.0),
        (0.5 - 0.21, Label.WELL, -1.0),
        (0.49, Label.UNDER, -1.0),
        (-2.0, Label.UNDER, -1.0),
        (0.51, Label.OVER, -1.0),
        (2.0, Label.OVER, -1.0),
    ],
)
def test_the_cells_of_figure_6(action_ev: float, label: Label, reward: float) -> None:
    assert reward_of(action_ev, 0.5, label) == reward


@pytest.mark.parametrize(("action_ev", "label"), [(0.5, Label.UNDER), (2.0, Label.UNDER), (0.4, Label.OVER)])
def test_what_nobody_said_is_undefined_and_poisons_a_sum(action_ev: float, label: Label) -> None:
    found = rewards(action_ev, 0.5, NEED[label])
    assert not found.defined
    assert np.isnan(found.values)


@pytest.mark.parametrize("side", [1, -1])
def test_a_miss_of_exactly_delta_is_wrong_and_a_hit_of_the_target_is_no_mistake(side: int) -> None:
    config = RewardConfig(delta_ev=0.25)  # exact in binary
    assert rewards(side * 0.25, 0.0, NEED[Label.WELL], config).values == -1
    assert rewards(side * 0.2499, 0.0, NEED[Label.WELL], config).values == 1
    assert label_of(side * 0.25, config) is (Label.UNDER if side > 0 else Label.OVER)
    assert label_of(side * 0.2499, config) is Label.WELL
    for label in (Label.UNDER, Label.OVER):
        assert not rewards(0.25, 0.25, NEED[label], config).defined


def test_the_wish_behind_an_answer_begins_where_the_next_answer_ends() -> None:
    config = RewardConfig(delta_ev=0.25)
    assert wished(Label.OVER, config) == (-math.inf, -0.25)
    assert wished(Label.WELL, config) == (-0.25, 0.25)
    assert wished(Label.UNDER, config) == (0.25, math.inf)
    for label in Label:
        low, high = wished(label, config)
        middle = 1.0 if label is Label.UNDER else -1.0 if label is Label.OVER else 0.0
        assert low < middle < high
        assert label_of(middle, config) is label


@pytest.mark.parametrize("delta_ev", [0.0, -0.1, math.inf, math.nan])
def test_a_delta_that_is_no_distance_is_refused(delta_ev: float) -> None:
    with pytest.raises(ConfigError, match="positive"):
        RewardConfig(delta_ev)


@given(EV, EV)
def test_under_and_over_are_mirror_images(action_ev: float, target_ev: float) -> None:
    under, over = rewards(action_ev, target_ev, 1), rewards(-action_ev, -target_ev, -1)
    assert np.array_equal(under.values, over.values, equal_nan=True)


@given(EV, EV, st.sampled_from(list(Label)))
def test_the_same_shift_of_action_and_target_changes_nothing(action_ev: float, target_ev: float, label: Label) -> None:
    eighths = np.round(np.array([action_ev, target_ev]) * 8) / 8  # so that the shift is exact
    here = rewards(eighths[0], eighths[1], NEED[label])
    there = rewards(eighths[0] + 1, eighths[1] + 1, NEED[label])
    assert np.array_equal(here.values, there.values, equal_nan=True)


def test_shapes_broadcast_and_each_row_keeps_its_own_answer() -> None:
    found = rewards(np.zeros((3, 4)), np.array([[0.5], [0.0], [-0.5]]), np.array([[1], [0], [-1]]))
    assert found.values.tolist() == [[-1.0] * 4, [1.0] * 4, [-1.0] * 4]


@given(EV)
def test_a_label_never_punishes_the_change_the_person_wished(wanted_ev: float) -> None:
    label = label_of(wanted_ev)
    found = rewards(wanted_ev, 0.0, NEED[label])
    assert found.values == 1.0 if label is Label.WELL else not found.defined


@given(EV, st.floats(-3, 3))
def test_a_bias_is_part_of_the_picture_that_was_judged(delta_ev: float, bias_ev: float) -> None:
    target = target_ev(0.0, bias_ev)
    assert delta_ev - target == pytest.approx(delta_ev + bias_ev)
    assert label_of(-bias_ev - target) is Label.WELL, "a meter at rest with the bias is right"


def test_delta_is_in_ev_and_must_be_positive() -> None:
    assert label_of(0.25) is Label.UNDER
    assert label_of(0.25, RewardConfig(delta_ev=0.3)) is Label.WELL
    assert label_of(-0.25) is Label.OVER
    with pytest.raises(ConfigError, match="positive"):
        RewardConfig(delta_ev=0)
    with pytest.raises(ConfigError, match="positive"):
        RewardConfig(delta_ev=math.inf)


def sample(label, delta_ev, *, state=AeState.CONVERGED, bias_ev=0.0, source=Source.CLICK):
    when, camera = datetime.now(UTC), "usb-1"
    return Sample(1, when, "default", label, None, False, 0, camera, "attention", "", state, delta_ev, bias_ev, source)


@pytest.mark.parametrize(
    ("label", "delta_ev", "bias_ev", "agreed"),
    [
        (Label.WELL, 0.1, 0.0, 1),
        (Label.WELL, 0.3, 0.0, 0),
        (Label.UNDER, 0.1, 0.0, 0),
        (Label.UNDER, 0.5, 0.0, 1),
        (Label.OVER, -0.5, 0.0, 1),
        (Label.OVER, 0.5, 0.0, 0),
        (Label.WELL, -1.0, 1.0, 1),
    ],
)
def test_an_answer_agrees_if_the_meter_with_its_bias_says_the_same(label, delta_ev, bias_ev, agreed):
    assert agreement([sample(label, delta_ev, bias_ev=bias_ev)]) == Agreement(agreed, 1)


def test_what_says_nothing_is_left_out():
    samples = [
        sample(Label.WELL, 0.0, state=AeState.SEARCHING),
        sample(Label.WELL, None),
        sample(Label.WELL, 0.0, state=AeState.LOCKED),
        sample(Label.OVER, 0.0, source=Source.QUESTION),
        sample(Label.WELL, 0.0, source=Source.BIAS),
    ]
    assert agreement(samples) == Agreement(1, 2)


@given(st.lists(st.tuples(EV, st.sampled_from(Label)), max_size=20))
def test_agreement_has_one_definition(judged: list[tuple[float, Label]]) -> None:
    same = agrees([off_ev for off_ev, _ in judged], [NEED[label] for _, label in judged])
    assert same.tolist() == [label_of(off_ev) is label for off_ev, label in judged]
    assert agreement(sample(label, off_ev) for off_ev, label in judged) == Agreement(int(same.sum()), len(judged))


def test_nothing():
    assert agreement([]) == Agreement() == Agreement(0, 0)
