import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexposure.errors import ConfigError
from autoexposure.feedback import Label
from autoexposure.reward import NEED, RewardConfig, label_of, rewards, wished

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


def test_delta_is_in_ev_and_must_be_positive() -> None:
    assert label_of(0.25) is Label.UNDER
    assert label_of(0.25, RewardConfig(delta_ev=0.3)) is Label.WELL
    assert label_of(-0.25) is Label.OVER
    with pytest.raises(ConfigError, match="positive"):
        RewardConfig(delta_ev=0)
    with pytest.raises(ConfigError, match="positive"):
        RewardConfig(delta_ev=math.inf)
