import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from autoexposure.errors import ConfigError, PolicyError
from autoexposure.feedback.answer import Label
from autoexposure.metering.policy import MAP_SIDE, Decision
from autoexposure.metering.preview import Preview
from autoexposure.personal.belief import interval_moments
from autoexposure.personal.features import (
    FEATURE_CHANNELS,
    FeatureDecision,
    HeadChange,
    Pooling,
    changed_maps,
    describe,
)
from autoexposure.personal.live_layer import LiveConfig, LiveLayer, _head_change
from autoexposure.response import srgb


class TwoHeads:
    """A network in numpy: random features of the cells' colours, two heads; about content at mid-grey."""

    name = "attention"
    sha256 = "two heads"
    coarse = True

    def __init__(self, pooling: Pooling = Pooling.MEAN, seed: int = 0) -> None:
        self.pooling = pooling
        random = np.random.default_rng(seed)
        self.mix = random.normal(0, 1, (FEATURE_CHANNELS, 3)).astype(np.float32)
        self.exposure = random.normal(0, 0.01, FEATURE_CHANNELS)
        self.attention = random.normal(0, 0.01, FEATURE_CHANNELS)
        self.broken = False

    def features(self, preview: Preview) -> NDArray[np.float32]:
        cells = preview[0, :, :120, :120].reshape(3, MAP_SIDE, 8, MAP_SIDE, 8).mean(axis=(2, 4)) / 255
        mixed = np.maximum(np.tensordot(self.mix, cells, axes=1), 0)
        mixed[0] = 2 - 4 * cells.mean(axis=0)
        return mixed.astype(np.float32)

    def heads(self, features: NDArray[np.float32], change: HeadChange | None = None) -> Decision:
        exposure, attention = self.exposure.copy(), self.attention.copy()
        exposure[0] = 2 / self.pooling.value  # about as steep as a network is
        biases = (0.0, 1.0)
        if change is not None:
            exposure, attention = exposure + change.exposure, attention + change.attention
            biases = (change.exposure_bias, 1.0 + change.attention_bias)
        flat = features.reshape(FEATURE_CHANNELS, -1)
        square = (MAP_SIDE, MAP_SIDE)
        exposure_map = (self.pooling.value * np.tanh(exposure @ flat + biases[0])).astype(np.float32).reshape(square)
        weights = (1 / (1 + np.exp(-(attention @ flat + biases[1])))).astype(np.float32).reshape(square)
        return Decision(self.pooling.pool(weights, exposure_map), weights, exposure_map)

    def decide(self, preview: Preview) -> Decision:
        return self.decide_with_features(preview).decision

    def decide_with_features(self, preview: Preview) -> FeatureDecision:
        if self.broken:
            raise PolicyError("broken")
        features = self.features(preview)
        return FeatureDecision(self.heads(features), features, self.pooling)


def a_preview(seed: int = 0, level: float = 110.0) -> Preview:
    coarse = np.random.default_rng(seed).uniform(0.4, 1.6, (1, 3, 8, 8)).repeat(16, axis=2).repeat(16, axis=3)
    return np.rint(np.clip(coarse * level, 0, 255)).astype(np.float32)


def settle(layer: LiveLayer, preview: Preview) -> float:
    """Where a loop comes to rest from the picture's own exposure, EV."""
    offset_ev = 0.0
    for _ in range(5):
        offset_ev += 0.8 * layer.decide(srgb().re_expose(preview.astype(np.uint8), offset_ev)).delta_ev
    return offset_ev


def test_without_clicks_it_is_the_network() -> None:
    network = TwoHeads()
    layer = LiveLayer(network)
    mine, theirs = layer.decide(a_preview()), network.decide(a_preview())
    assert mine.delta_ev == theirs.delta_ev
    assert np.array_equal(mine.attention, theirs.attention)


@pytest.mark.parametrize("pooling", Pooling)
@pytest.mark.parametrize(("label", "sign"), [(Label.UNDER, 1), (Label.OVER, -1)])
def test_one_click_moves_the_picture_visibly_as_asked(label: Label, sign: int, pooling: Pooling) -> None:
    layer = LiveLayer(TwoHeads(pooling))
    preview = a_preview()
    shown = srgb().re_expose(preview.astype(np.uint8), settle(layer, preview))
    layer.click(shown, label)
    assert 0.25 < sign * layer.decide(shown).delta_ev <= 1.001
    other = a_preview(1, 90)  # and on other scenes too, at least a little
    base_ev = TwoHeads(pooling).decide(other).delta_ev
    assert sign * (layer.decide(other).delta_ev - base_ev) > 0.1


def test_a_click_is_learned_at_half_an_ev_less_and_more_too() -> None:
    layer, preview = LiveLayer(TwoHeads()), a_preview()
    features = layer.features_of(preview)
    shown = [srgb().re_expose(preview.astype(np.uint8), offset_ev) for offset_ev in (-0.5, 0.0, 0.5)]
    assert features.base_ev == pytest.approx([TwoHeads().decide(picture).delta_ev for picture in shown], abs=1e-6)
    assert features.base_ev[0] > features.base_ev[1] > features.base_ev[2]


def doubt_ev(layer: LiveLayer, preview: Preview) -> float:
    """How unsure the layer is of this person's wish for a picture: a standard deviation."""
    description = describe(preview, layer.network.decide_with_features(preview))
    belief = layer._belief or layer._prior(description)
    return math.sqrt(float(description @ belief._covariance_with(description)))


def test_before_any_click_it_is_as_unsure_as_people_were_found_to_differ() -> None:
    layer, preview = LiveLayer(TwoHeads()), a_preview()
    _, *light = describe(preview, layer.network.decide_with_features(preview))[:6]
    # Overall, with each fact about the light, and what either head can explain of a picture.
    wanted = 0.45**2 + 0.3**2 * sum(fact**2 for fact in light) + 0.12**2 + 0.07**2
    assert doubt_ev(layer, preview) ** 2 == pytest.approx(wanted, rel=0.02)


def test_one_click_moves_the_mean_by_as_much_as_its_noise_allows() -> None:
    layer, preview = LiveLayer(TwoHeads(), LiveConfig(ladder_ev=(0.0,))), a_preview()
    base_ev, before_ev = layer.decide(preview).delta_ev, doubt_ev(layer, preview)
    layer.click(preview, Label.UNDER)
    told = interval_moments(0.0, before_ev**2 + 0.25**2, 0.2 - base_ev, math.inf)
    assert layer.decide(preview).delta_ev - base_ev == pytest.approx(told.slope * before_ev**2, rel=0.1)


def test_the_last_weight_of_each_head_is_its_bias() -> None:
    change = _head_change(np.arange(6.0 + 2 * (FEATURE_CHANNELS + 1)))
    assert change.exposure[0] == 6
    assert change.exposure_bias == 6 + FEATURE_CHANNELS
    assert change.attention[0] == 7 + FEATURE_CHANNELS
    assert change.attention_bias == 7 + 2 * FEATURE_CHANNELS


def test_its_answers_are_coarse_as_the_networks_so_the_loop_looks_ahead() -> None:
    assert LiveLayer(TwoHeads()).coarse


def test_when_all_is_taken_back_the_network_answers_itself() -> None:
    layer = LiveLayer(TwoHeads())
    layer.click(a_preview(), Label.OVER)
    assert layer.decide(a_preview()).delta_ev != TwoHeads().decide(a_preview()).delta_ev
    layer.undo()
    assert layer.decide(a_preview()).delta_ev == TwoHeads().decide(a_preview()).delta_ev


def test_well_holds_the_picture_where_it_is() -> None:
    layer = LiveLayer(TwoHeads())
    shown = srgb().re_expose(a_preview().astype(np.uint8), settle(layer, a_preview()))
    layer.click(shown, Label.WELL)
    assert abs(layer.decide(shown).delta_ev) < 0.1


@pytest.mark.parametrize("bias_ev", [-1.0, -0.5, 0.5, 1.0])
def test_well_with_a_bias_holds_the_picture_that_the_bias_made(bias_ev: float) -> None:
    layer = LiveLayer(TwoHeads())
    alone = srgb().re_expose(a_preview(level=80).astype(np.uint8), settle(layer, a_preview(level=80)))
    shown = srgb().re_expose(alone.astype(np.uint8), bias_ev)
    layer.click(shown, Label.WELL, bias_ev)
    assert abs(layer.decide(alone).delta_ev) < 0.1, "where the meter alone rests it still does"


@pytest.mark.parametrize("bias_ev", [-1.0, 1.0])
@pytest.mark.parametrize(("label", "sign"), [(Label.UNDER, 1), (Label.OVER, -1)])
def test_under_and_over_with_a_bias_mean_the_picture_that_is_shown(label: Label, sign: int, bias_ev: float) -> None:
    layer = LiveLayer(TwoHeads())
    alone = srgb().re_expose(a_preview(level=80).astype(np.uint8), settle(layer, a_preview(level=80)))
    layer.click(srgb().re_expose(alone.astype(np.uint8), bias_ev), label, bias_ev)
    assert 0.25 < sign * layer.decide(alone).delta_ev <= 1.001


def test_it_says_which_clicks_its_limit_holds_back() -> None:
    layer = LiveLayer(TwoHeads(), LiveConfig(shift_ev=2.0))  # it would like to go far
    layer.decide(a_preview())
    assert not any(layer.holds_back(label) for label in Label)
    for label, other in ((Label.UNDER, Label.OVER), (Label.OVER, Label.UNDER)):
        layer.reset()
        for _ in range(2):
            layer.click(a_preview(), label)
        layer.decide(a_preview())
        assert [layer.holds_back(said) for said in (label, Label.WELL, other)] == [True, False, False]
        assert layer.limit_ev == 1.0
    layer.undo()
    layer.undo()
    assert not any(layer.holds_back(label) for label in Label)


def test_an_answer_is_taken_back_by_its_number_wherever_it_stands() -> None:
    layer, without = LiveLayer(TwoHeads()), LiveLayer(TwoHeads())
    for answer, label in enumerate([Label.UNDER, Label.OVER, Label.UNDER]):
        layer.click(a_preview(answer), label, answer=answer)
        if answer != 1:
            without.click(a_preview(answer), label, answer=answer)
    assert layer.knows(1)
    assert layer.undo(answer=1)
    assert not layer.knows(1)
    assert layer.decide(a_preview(9)).delta_ev == without.decide(a_preview(9)).delta_ev
    assert not layer.undo(answer=1)
    assert layer.clicks == 2
    assert layer.undo(answer=2)
    assert layer.undo(answer=0)
    assert not layer.undo(answer=0)
    assert layer.decide(a_preview(9)).delta_ev == TwoHeads().decide(a_preview(9)).delta_ev


def test_the_change_is_bounded_until_ten_clicks_and_larger_after() -> None:
    layer = LiveLayer(TwoHeads(), LiveConfig(shift_ev=2.0))  # it would like to go far
    preview = a_preview()
    brighter = srgb().re_expose(preview.astype(np.uint8), 1.5)
    base_ev = layer.decide(preview).delta_ev
    changes = []
    for _ in range(7):
        layer.click(preview, Label.UNDER)
        layer.click(brighter, Label.UNDER)
        changes.append(layer.decide(preview).delta_ev - base_ev)
    assert changes[:4] == pytest.approx([1.0] * 4)  # two clicks a round
    assert 1.2 < max(changes) <= LiveConfig().limit_ev + 1e-6


@pytest.mark.parametrize("pooling", Pooling)
def test_the_maps_go_on_explaining_the_answer(pooling: Pooling) -> None:
    layer = LiveLayer(TwoHeads(pooling))
    for seed in range(12):
        layer.click(a_preview(seed), Label.OVER)
    for level in (20, 110, 230):
        decision = layer.decide(a_preview(50, level))
        assert decision.attention is not None
        assert decision.exposure_map is not None
        assert decision.attention.shape == decision.exposure_map.shape == (MAP_SIDE, MAP_SIDE)
        assert decision.attention.dtype == decision.exposure_map.dtype == np.float32
        assert pooling.pool(decision.attention, decision.exposure_map) == pytest.approx(decision.delta_ev, abs=1e-4)


def test_undo_takes_back_one_click_after_the_other_and_reset_all() -> None:
    layer = LiveLayer(TwoHeads())
    answers = []
    for seed, label in enumerate([Label.UNDER, Label.WELL, Label.OVER, Label.UNDER]):
        answers.append(layer.decide(a_preview(9)).delta_ev)
        layer.click(a_preview(seed), label)
    for before in reversed(answers):
        assert layer.undo()
        assert layer.decide(a_preview(9)).delta_ev == pytest.approx(before, abs=1e-9)
    assert not layer.undo()
    layer.click(a_preview(), Label.OVER)
    layer.reset()
    assert layer.clicks == 0
    assert layer.decide(a_preview(9)).delta_ev == answers[0]


def test_a_taste_is_learned_from_fifteen_clicks_on_the_loops_own_pictures() -> None:
    layer, taste_ev = LiveLayer(TwoHeads()), 0.8
    unhappy = [settle(layer, a_preview(seed)) for seed in range(100, 104)]
    for seed in range(15):
        preview = a_preview(seed, 60 + 8 * seed)
        wish_ev = settle(LiveLayer(TwoHeads()), preview) + taste_ev
        at_ev = settle(layer, preview)
        shown = srgb().re_expose(preview.astype(np.uint8), at_ev)
        label = Label.WELL if abs(wish_ev - at_ev) < 0.2 else Label.UNDER if wish_ev > at_ev else Label.OVER
        layer.click(shown, label)
    happy = [settle(layer, a_preview(seed)) for seed in range(100, 104)]
    assert np.mean(np.subtract(happy, unhappy)) == pytest.approx(taste_ev, abs=0.25)


def test_clicks_make_it_surer_of_what_was_shown() -> None:
    layer = LiveLayer(TwoHeads())
    before = doubt_ev(layer, a_preview())
    for _ in range(3):
        layer.click(a_preview(), Label.WELL)
    assert doubt_ev(layer, a_preview()) < 0.7 * before


def test_a_kept_look_teaches_the_same_as_the_picture() -> None:
    first, second = LiveLayer(TwoHeads()), LiveLayer(TwoHeads())
    for seed in range(5):
        second.learn(first.click(a_preview(seed), Label.UNDER), Label.UNDER)
    assert second.decide(a_preview(8)).delta_ev == first.decide(a_preview(8)).delta_ev


def test_a_network_that_fails_costs_no_state() -> None:
    network = TwoHeads()
    layer = LiveLayer(network)
    network.broken = True
    with pytest.raises(PolicyError):
        layer.click(a_preview(), Label.UNDER)
    network.broken = False
    assert layer.clicks == 0
    assert not layer.undo()


def test_old_clicks_are_forgotten_in_the_end() -> None:
    layer = LiveLayer(TwoHeads(), LiveConfig(remembered=8))
    for seed in range(9):
        layer.click(a_preview(seed), Label.UNDER)
    assert layer.clicks == 6


@pytest.mark.parametrize("pooling", Pooling)
def test_reading_the_heads_back_from_the_maps_is_exact(pooling: Pooling) -> None:
    random = np.random.default_rng(4)
    network = TwoHeads(pooling)
    features = network.features(a_preview())
    change = HeadChange(random.normal(0, 0.02, FEATURE_CHANNELS), 0.1, random.normal(0, 0.02, FEATURE_CHANNELS), -0.2)
    attention, exposure_map = changed_maps(FeatureDecision(network.heads(features), features, network.pooling), change)
    wanted = network.heads(features, change)
    assert np.allclose(attention, wanted.attention, atol=2e-4)
    assert np.allclose(exposure_map, wanted.exposure_map, atol=2e-3)


@pytest.mark.parametrize("pooling", Pooling)
def test_the_description_is_the_slope_of_the_answer(pooling: Pooling) -> None:
    random = np.random.default_rng(5)
    network, preview = TwoHeads(pooling), a_preview()
    features = network.features(preview)
    seen = FeatureDecision(network.heads(features), features, network.pooling)
    step = 1e-3
    change = HeadChange(
        step * random.normal(0, 1, FEATURE_CHANNELS), step, step * random.normal(0, 1, FEATURE_CHANNELS), -step
    )
    weights = np.r_[np.zeros(6), change.exposure, change.exposure_bias, change.attention, change.attention_bias]
    moved = network.heads(features, change).delta_ev - seen.decision.delta_ev
    assert describe(preview, seen) @ weights == pytest.approx(moved, rel=0.05)


@pytest.mark.parametrize("level", [0.0, 255.0])
def test_black_and_white_pictures_give_finite_answers(level: float) -> None:
    layer = LiveLayer(TwoHeads())
    blank = np.full((1, 3, 128, 128), level, np.float32)
    layer.click(blank, Label.UNDER)
    assert np.isfinite(layer.decide(blank).delta_ev)


def test_settings_are_checked() -> None:
    with pytest.raises(ConfigError, match="0 EV"):
        LiveConfig(ladder_ev=(-1.0, 1.0))
    with pytest.raises(ConfigError, match="limit"):
        LiveConfig(first_limit_ev=3.0)
    with pytest.raises(ConfigError, match="limit"):
        LiveConfig(first_limit_ev=0.0)
    assert LiveConfig(first_limit_ev=2.0, limit_ev=2.0).limit_ev == 2


class SaysHowSure(TwoHeads):
    """The same, with a doubt."""

    def decide_with_features(self, preview: Preview) -> FeatureDecision:
        seen = super().decide_with_features(preview)
        return FeatureDecision(replace(seen.decision, doubt_ev=0.4), seen.features, seen.pooling)


def test_a_layer_that_was_taught_still_says_how_sure_the_network_is() -> None:
    layer = LiveLayer(SaysHowSure())
    assert not layer.taught
    layer.click(a_preview(), Label.UNDER)
    assert layer.taught
    assert layer.decide(a_preview()).doubt_ev == 0.4
    layer.undo()
    assert not layer.taught


def test_a_network_of_ones_own_was_taught_before_the_first_click() -> None:
    assert LiveLayer(TwoHeads(), own=True).taught
