from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from autoexposure.errors import PolicyError
from autoexposure.feedback.answer import Label
from autoexposure.metering.policy import MAP_SIDE, Decision
from autoexposure.metering.preview import Preview
from autoexposure.personal.features import (
    FACTS,
    FEATURE_CHANNELS,
    FeatureDecision,
    FeatureScale,
    Pooling,
    channel_means,
    describe,
    picture_facts,
)
from autoexposure.personal.known_people import FACT_DEVIATIONS_EV, KnownPeople
from autoexposure.personal.learner import LiveConfig
from autoexposure.personal.live_layer import LiveLayer
from autoexposure.personal.taste import TastePrior
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

    def heads(self, features: NDArray[np.float32]) -> Decision:
        exposure = self.exposure.copy()
        exposure[0] = 2 / self.pooling.value  # about as steep as a network is
        flat = features.reshape(FEATURE_CHANNELS, -1)
        square = (MAP_SIDE, MAP_SIDE)
        exposure_map = (self.pooling.value * np.tanh(exposure @ flat)).astype(np.float32).reshape(square)
        weights = (1 / (1 + np.exp(-(self.attention @ flat + 1.0)))).astype(np.float32).reshape(square)
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
    other = a_preview(1, 90)  # on other scenes hardly: one answer may be a mood
    base_ev = TwoHeads(pooling).decide(other).delta_ev
    assert -0.02 < sign * (layer.decide(other).delta_ev - base_ev) < 0.2


@pytest.mark.parametrize(("label", "sign"), [(Label.UNDER, 1), (Label.OVER, -1)])
def test_what_is_said_again_and_again_moves_every_picture(label: Label, sign: int) -> None:
    layer = LiveLayer(TwoHeads())
    for seed in range(20):
        layer.click(a_preview(seed, 60 + 5 * seed), label)
    other = a_preview(50, 90)
    assert sign * (layer.decide(other).delta_ev - TwoHeads().decide(other).delta_ev) > 0.4


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
    layer = LiveLayer(TwoHeads(), LiveConfig(first_limit_ev=0.2))  # it would like to go far
    layer.decide(a_preview())
    assert not any(layer.holds_back(label) for label in Label)
    for label, other in ((Label.UNDER, Label.OVER), (Label.OVER, Label.UNDER)):
        layer.reset()
        for _ in range(2):
            layer.click(a_preview(), label)
        layer.decide(a_preview())
        assert [layer.holds_back(said) for said in (label, Label.WELL, other)] == [True, False, False]
        assert layer.limit_ev == 0.2
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
        assert layer.decide(a_preview(9)).delta_ev == before
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


@pytest.mark.parametrize("level", [0.0, 255.0])
def test_black_and_white_pictures_give_finite_answers(level: float) -> None:
    layer = LiveLayer(TwoHeads())
    blank = np.full((1, 3, 128, 128), level, np.float32)
    layer.click(blank, Label.UNDER)
    assert np.isfinite(layer.decide(blank).delta_ev)


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


def a_scale(directions: int = 2) -> FeatureScale:
    random = np.random.default_rng(3)
    return FeatureScale(random.random(FEATURE_CHANNELS), random.normal(0, 0.1, (FEATURE_CHANNELS, directions)))


def test_a_picture_is_described_by_its_facts_and_by_its_place_among_the_networks_features() -> None:
    network, preview, scale = TwoHeads(), a_preview(), a_scale()
    seen = network.decide_with_features(preview)
    facts = describe(preview, seen, None)
    assert np.array_equal(facts, picture_facts(preview, seen.decision))
    described = describe(preview, seen, scale)
    assert np.array_equal(described[: len(FACTS)], facts)
    means = seen.features.mean(axis=(1, 2))
    assert channel_means(seen.features) == pytest.approx(means, rel=1e-5)
    place = (means - scale.mean) @ scale.directions
    assert described[len(FACTS) :] == pytest.approx(np.clip(place, -3, 3), abs=1e-5)


def test_each_fact_follows_what_it_is_named_after() -> None:
    def fact(name: str, picture: NDArray[np.float32]) -> float:
        decision = TwoHeads().decide(picture)
        return float(picture_facts(picture, decision)[FACTS.index(name)])

    grey = np.full((1, 3, 128, 128), 100, np.float32)
    bright, sky, half, middle, red, leaf, lamp, lines = (grey.copy() for _ in range(8))
    bright[:] = 180
    sky[:, :, :42] = 200
    half[..., 64:] = 30
    middle[:, :, 48:80, 48:80] = 200
    red[:, 0] = 200
    leaf[:, 1] = 160
    lamp[:, :, :30] = 255
    lines[..., ::2] = 60
    for name, more, less in [
        ("light", bright, grey),
        ("near white", lamp, grey),
        ("shadows", half, bright),
        ("answer", half, grey),
        ("centre", middle, grey),
        ("contrast", half, grey),
        ("saturation", red, grey),
        ("warmth", red, grey),
        ("sky", sky, grey),
        ("green", leaf, red),
        ("detail", lines, grey),
        ("clipped", lamp, grey),
    ]:
        assert fact(name, more) > fact(name, less) + 0.05, name
    assert fact("one", grey) == 1
    looks = np.zeros((MAP_SIDE, MAP_SIDE), np.float32)
    looks[5:10, 5:10] = 1
    attended = [picture_facts(p, Decision(0.0, looks, looks))[FACTS.index("attended")] for p in (middle, grey)]
    assert attended[0] > attended[1] + 0.2
    for nowhere in (None, looks * 0):
        assert picture_facts(middle, Decision(0.0, nowhere, looks))[FACTS.index("attended")] == 0


def test_what_is_known_of_people_counts_once_somebody_has_answered() -> None:
    common = np.r_[np.zeros(len(FACTS)), 0.3, 0.0]
    people = KnownPeople(TastePrior(common, np.r_[FACT_DEVIATIONS_EV, 0.01, 0.01]), a_scale())
    layer, preview = LiveLayer(TwoHeads(), people=people), a_preview(5)
    base_ev = TwoHeads().decide(preview).delta_ev
    assert layer.decide(preview).delta_ev == base_ev
    for _ in range(10):
        layer.click(srgb().re_expose(a_preview(9, 60).astype(np.uint8), settle(layer, a_preview(9, 60))), Label.WELL)
    place = describe(preview, layer.network.decide_with_features(preview), people.scale)[len(FACTS)]
    moved_ev = layer.decide(preview).delta_ev - base_ev
    assert abs(place) > 0.1
    assert 0 < moved_ev / (0.3 * place) < 1.2
