"""What the ladder of a click means to the live layer, in figures: kept features are learned from without a network."""

from __future__ import annotations

import math

import numpy as np
import pytest

from autoexposure.feedback.answer import Label
from autoexposure.personal.features import FeatureDecision
from autoexposure.personal.live_layer import ClickFeatures, LiveConfig, LiveLayer


class NeverAsked:
    """The network behind a layer that learns from kept features."""

    name = "attention"
    sha256 = "never asked"

    def decide_with_features(self, preview: object) -> FeatureDecision:
        raise AssertionError("nothing here shows a picture to the network")

    decide = decide_with_features


def a_layer(ladder_ev: tuple[float, ...]) -> LiveLayer:
    return LiveLayer(NeverAsked(), LiveConfig(ladder_ev=ladder_ev))


def along(layer: LiveLayer, fact: int) -> np.ndarray:
    """The description of a picture of which nothing is known but one fact about its light."""
    description = np.zeros(layer.description_size)
    description[fact] = 1
    return description


def learned(layer: LiveLayer, label: Label, facts: list[int]) -> None:
    """Teach one answer; at each step of the ladder the network wants nothing, and sees another fact."""
    descriptions = np.stack([along(layer, fact) for fact in facts])
    layer.learn(ClickFeatures(np.zeros(len(facts), np.float32), descriptions.astype(np.float32)), label)


def expected_ev(layer: LiveLayer, fact: int) -> float:
    assert layer._belief is not None
    return layer._belief.expect(along(layer, fact))


def doubt_ev(layer: LiveLayer, fact: int) -> float:
    assert layer._belief is not None
    description = along(layer, fact)
    return math.sqrt(float(description @ layer._belief._covariance_with(description)))


@pytest.mark.parametrize("step_ev", [-0.5, 0.5, 1.0])
def test_what_is_well_is_to_be_changed_back_where_it_is_shown_brighter_or_darker(step_ev: float) -> None:
    layer = a_layer((0.0, step_ev))
    for _ in range(20):
        learned(layer, Label.WELL, [1, 2])
    assert expected_ev(layer, 1) == pytest.approx(0, abs=0.01)
    assert expected_ev(layer, 2) == pytest.approx(-step_ev, abs=0.35 * abs(step_ev))


@pytest.mark.parametrize("steps", [4, 9])
def test_a_ladder_is_one_answer_not_several(steps: int) -> None:
    """The same picture at every step: the layer must not become as sure as by so many clicks, nor less sure."""
    one, ladder = a_layer((0.0,)), a_layer((0.0,) * steps)
    learned(one, Label.WELL, [0])
    learned(ladder, Label.WELL, [0] * steps)
    assert doubt_ev(ladder, 0) == pytest.approx(doubt_ev(one, 0), rel=0.1)


def test_a_change_within_its_limit_is_not_held_back() -> None:
    layer = a_layer((0.0,))
    for change_ev, held_back in ((0.1, False), (-0.1, False), (50.0, True), (-50.0, True)):
        assert abs(layer._limited(change_ev)) <= layer.limit_ev
        assert any(layer.holds_back(label) for label in Label) is held_back


def test_a_look_is_without_bias_unless_it_says_otherwise() -> None:
    assert ClickFeatures(np.zeros(1, np.float32), np.zeros((1, 776), np.float32)).bias_ev == 0
