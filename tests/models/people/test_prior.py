"""Looks, people before them, and what is learned from both, on a network made of numbers."""

from pathlib import Path

import numpy as np
import pytest

from autoexposure.metering.policy import MAP_SIDE, Decision
from autoexposure.metering.preview import Preview
from autoexposure.personal.features import FACTS, FEATURE_CHANNELS, FeatureDecision, Pooling, describe
from autoexposure.personal.known_people import KnownPeople
from models.people.audience import kind_of, linear, no_change, rest_ev
from models.people.looks import OFFSETS_EV, Described, Looks, look
from models.people.panel import OFFSET_EV
from models.people.prior import RIDGES, best_weights, cross_fitted_weights, learn_people

PICTURES = 12


class Grey:
    """Wants the mean at 110; its features are the means of the channels, mixed."""

    name = "attention"
    sha256 = "grey"
    coarse = True

    def __init__(self) -> None:
        self.asked = 0
        self.mix = np.random.default_rng(0).normal(size=(FEATURE_CHANNELS, 3)).astype(np.float32)

    def decide(self, preview: Preview) -> Decision:
        return self.decide_with_features(preview).decision

    def decide_with_features(self, preview: Preview) -> FeatureDecision:
        self.asked += 1
        means = preview[0].mean(axis=(1, 2)) / 255
        delta_ev = float(np.clip(2 * (0.43 - means.mean()) / 0.43, -2, 2))
        square = np.ones((MAP_SIDE, MAP_SIDE), np.float32)
        features = np.maximum(self.mix @ means, 0)[:, np.newaxis, np.newaxis] * square
        return FeatureDecision(Decision(delta_ev, square, delta_ev * square), features, Pooling.WEIGHTED)


@pytest.fixture
def pictures() -> np.ndarray:
    random = np.random.default_rng(1)
    levels, colours = random.uniform(60, 170, (PICTURES, 1, 1, 1)), random.uniform(0.7, 1.3, (PICTURES, 1, 1, 3))
    grain = random.uniform(0.5, 1.5, (PICTURES, 32, 32, 3))
    return np.clip(levels * colours * grain, 0, 255).astype(np.uint8)


@pytest.fixture
def looks(pictures: np.ndarray, tmp_path: Path) -> Looks:
    return look(Grey(), pictures, np.arange(PICTURES), tmp_path / "looks.npz", lambda *_: None)


def test_a_look_is_taken_once(pictures: np.ndarray, looks: Looks, tmp_path: Path) -> None:
    network = Grey()
    again = look(network, pictures, np.arange(PICTURES), tmp_path / "looks.npz", lambda *_: None)
    assert network.asked == 0
    assert np.array_equal(again.means, looks.means)
    (tmp_path / "looks.npz").write_bytes(b"rubbish")
    look(network, pictures, np.arange(2), tmp_path / "looks.npz", lambda *_: None)
    assert network.asked == 2 * len(OFFSETS_EV)


def test_between_two_looks_everything_runs_straight(looks: Looks) -> None:
    described = looks.described_by(KnownPeople())
    places = np.array([3, 4])
    at_look, _ = described.at(places, OFFSETS_EV[[2, 3]])
    assert at_look == pytest.approx([described.base_ev[3, 2], described.base_ev[4, 3]])
    between, descriptions = described.at(places, (OFFSETS_EV[[2, 3]] + OFFSETS_EV[[3, 4]]) / 2)
    assert between[0] == pytest.approx(described.base_ev[3, 2:4].mean())
    assert descriptions[1] == pytest.approx(described.descriptions[4, 3:5].mean(axis=0))
    beyond, _ = described.at(places, np.array([-9.0, 9.0]))
    assert beyond == pytest.approx([described.base_ev[3, 0], described.base_ev[4, -1]])


def test_a_description_that_was_kept_is_what_the_live_layer_sees(pictures: np.ndarray, looks: Looks) -> None:
    people = learn_people(looks, [np.zeros(PICTURES), np.full(PICTURES, 0.3)])
    preview = np.zeros((1, 3, 128, 128), np.float32)
    preview[0] = pictures[5].transpose(2, 0, 1).repeat(4, axis=1).repeat(4, axis=2)
    seen = describe(preview, Grey().decide_with_features(preview), people.scale)
    kept = looks.described_by(people).descriptions[5, list(OFFSETS_EV).index(0.0)]
    assert kept[len(FACTS) :] == pytest.approx(seen[len(FACTS) :], abs=0.02)


def test_a_loop_comes_to_rest_where_its_meter_is_content(looks: Looks) -> None:
    described, places = looks.described_by(KnownPeople()), np.arange(PICTURES)
    rests_ev = rest_ev(described, places, no_change)
    assert np.abs(described.at(places, rests_ev)[0]).max() < 0.1
    brighter_ev = rest_ev(described, places, linear(np.array([0.5])))
    assert np.all(brighter_ev > rests_ev + 0.1)
    within = np.abs(brighter_ev) < OFFSETS_EV[-1]  # beyond the last look nothing changes any more
    assert within.sum() > PICTURES / 2
    assert np.abs(described.at(places, brighter_ev)[0] + 0.5)[within].max() < 0.15


def test_who_knows_every_wish_meets_it_as_well_as_the_description_allows() -> None:
    random = np.random.default_rng(2)
    base_ev = np.repeat(-OFFSETS_EV[np.newaxis], 40, axis=0)
    facts = np.concatenate([np.ones((40, 1)), random.normal(size=(40, 2))], axis=1)
    described = Described(base_ev, np.repeat(facts[:, np.newaxis], len(OFFSETS_EV), axis=1))
    wanted_ev = 0.4 + 0.2 * facts[:, 1]
    weights = best_weights(described, wanted_ev)
    assert weights == pytest.approx([0.4, 0.2, 0.0], abs=0.05)
    assert np.abs(rest_ev(described, np.arange(40), linear(weights)) - wanted_ev).max() < 0.1
    bias = best_weights(described, wanted_ev, numbers=1)
    assert bias == pytest.approx([0.4], abs=0.1)


def test_what_people_have_in_common_is_told_from_how_they_differ(looks: Looks) -> None:
    described = looks.described_by(KnownPeople())
    rests_ev = rest_ev(described, np.arange(PICTURES), no_change)
    alike = learn_people(looks, [rests_ev, rests_ev])
    assert alike.scale is not None
    assert alike.prior.deviations[0] == OFFSET_EV
    assert np.all(alike.prior.deviations[1:] < 0.01)
    colour = described.descriptions[:, 3, FACTS.index("warmth")]
    differ = learn_people(looks, [rests_ev + colour, rests_ev - colour])
    assert differ.prior.deviations[FACTS.index("warmth")] > 5 * alike.prior.deviations[FACTS.index("warmth")]


def test_what_everybody_misses_is_made_up_for(looks: Looks) -> None:
    """The network of numbers leaves photographs darker or brighter than they were meant, by their level."""
    known, places = learn_people(looks, [np.zeros(PICTURES)] * 2), np.arange(PICTURES)
    described = looks.described_by(known)
    left_ev, before_ev = (rest_ev(described, places, change) for change in (linear(known.prior.common), no_change))
    assert np.median(np.abs(left_ev)) < 0.5 * np.median(np.abs(before_ev))


def test_who_knows_every_wish_holds_back_numbers_that_say_nothing() -> None:
    random = np.random.default_rng(3)
    facts = np.concatenate([np.ones((400, 1)), random.normal(size=(400, 25))], axis=1)
    base_ev = np.repeat(-OFFSETS_EV[np.newaxis], 400, axis=0)
    described = Described(base_ev, np.repeat(facts[:, np.newaxis], len(OFFSETS_EV), axis=1))
    wanted_ev = 0.4 + 0.1 * facts[:, 1] + 0.5 * random.standard_normal(400)
    fitted_to, others = np.arange(40), np.arange(40, 400)
    missed = [
        np.abs(wanted_ev[others] - rest_ev(described, others, linear(weights))).mean()
        for weights in (
            cross_fitted_weights(described, wanted_ev, fitted_to),
            best_weights(described, wanted_ev, fitted_to, ridge=RIDGES[0]),
        )
    ]
    assert missed[0] < missed[1] - 0.02


def test_a_kind_is_in_the_name() -> None:
    assert kind_of(Path("a/photo_food_0012.jpg")) == "photo_food"
    assert kind_of(Path("cats_7.png")) == "cats"
    assert kind_of(Path("DSC01459.JPG")) == "DSC"
    assert kind_of(Path("0815.jpg")) == ""
