"""People in front of the live layer, at toy sizes."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from autoexposure.personal.features import FACTS
from autoexposure.personal.known_people import KnownPeople, people_path, read_people
from models.experiments.people import (
    BEST,
    BEST_BIAS,
    FOLLOWERS,
    NOTHING,
    Audience,
    Layer,
    OneBias,
    answered,
    measure,
    people,
    prior,
)
from models.experiments.run import run_experiment
from models.experiments.study import StudyConfig, open_unseen_world
from models.people.audience import Scenes
from models.people.looks import OFFSETS_EV, Described
from models.people.panel import Person
from models.people.scene_facts import FACTS as SCENE_FACTS

PICTURES = 60


@pytest.fixture
def config(photo_folder: Path, subject_folder: Path, tmp_path: Path) -> StudyConfig:
    return StudyConfig(
        out=tmp_path / "out", photos=(photo_folder,), subjects=(subject_folder,), size="small", cache=tmp_path / "cache"
    )


def an_audience() -> Audience:
    """Photographs on which a network is right, but for half an EV of its own."""
    random = np.random.default_rng(4)
    missed_ev = 0.4 * random.standard_normal((PICTURES, 1))
    facts = np.clip(0.5 * random.standard_normal((PICTURES, len(FACTS))), -1.5, 1.5)
    facts[:, 0] = 1
    scenes = Scenes(
        tuple(random.standard_normal(len(SCENE_FACTS)) for _ in range(PICTURES)),
        ("thing",) * PICTURES,
        tuple(f"picture {number}" for number in range(PICTURES)),
    )
    described = Described(missed_ev - OFFSETS_EV, np.repeat(facts[:, np.newaxis], len(OFFSETS_EV), axis=1))
    return Audience(described, scenes, np.arange(40), np.arange(40, PICTURES))


def a_person(offset_ev: float) -> Person:
    return Person("somebody", offset_ev, np.zeros(len(SCENE_FACTS)), 0.0, 0.2, 0.2, 0.1)


@pytest.mark.parametrize("follower", FOLLOWERS)
def test_who_follows_answers_comes_nearer_to_a_person_with_an_offset(follower: str) -> None:
    found = measure(an_audience(), a_person(0.9), KnownPeople(), [3, 30], 2)
    errors = found.errors_ev
    assert errors[f"{follower} 30"] < errors[f"{follower} 3"] <= errors[NOTHING] + 0.02
    assert errors[f"{follower} 30"] < 0.7 * errors[NOTHING]
    assert errors[f"{follower} 30"] > errors[BEST_BIAS] - 0.05
    assert errors[BEST] == pytest.approx(errors[BEST_BIAS], abs=0.1)


def test_what_is_told_of_the_layers_worth_is_held_against_what_it_did() -> None:
    found = measure(an_audience(), a_person(0.9), KnownPeople(), [3, 30], 2)
    assert [(one.answers, one.order) for one in found.told] == [(30, 0), (30, 1)]  # of three nothing is said
    for one in found.told:
        assert one.true > 0.3
        assert one.told == pytest.approx(one.true, abs=0.3)


def test_answers_are_about_pictures_that_are_not_measured_and_come_in_another_order_each_time() -> None:
    audience, seen = an_audience(), []
    for order in (0, 1):
        learner = Layer(KnownPeople())
        stops = list(answered(audience, a_person(0.0), learner, order, [2, 5]))
        assert [(count, len(unasked)) for count, unasked in stops] == [(2, PICTURES - 2), (5, PICTURES - 5)]
        seen.append(np.stack([lesson.features.description for lesson in learner.learner._lessons]))
    clicked = audience.described.descriptions[audience.clicked, 0]
    for descriptions in seen:
        assert all(np.isclose(clicked, one).all(axis=1).any() for one in descriptions)
    assert not np.allclose(seen[0], seen[1])


def test_one_bias_moves_every_picture_alike() -> None:
    audience, follower = an_audience(), OneBias(KnownPeople())
    nothing = follower.change()(np.ones((3, len(FACTS))))
    assert not nothing.any()
    for _ in answered(audience, a_person(0.9), follower, 0, [20]):
        changes = follower.change()(audience.described.descriptions[:, 3])
    assert changes[0] > 0.4
    assert np.ptp(changes) < 1e-9


def test_a_prior_is_learned_and_what_is_learned_is_used(config: StudyConfig) -> None:
    for name in ("prior", "people"):
        run_experiment(name, config, config.out / f"{name} again.json")
        document = json.loads((config.out / f"{name}.json").read_text())
        assert "SIMULATED" in document["people"] if name == "prior" else document["cut"]["6"]
        assert (config.out / f"{name}.png").stat().st_size > 5000
    learned = read_people(people_path(config.out / config.model.name), config.model_sha256)
    assert learned.size > len(FACTS)
    assert learned.prior.common.any()


def test_an_experiment_with_people_that_was_interrupted_does_not_look_again(
    config: StudyConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = open_unseen_world(config)
    first = people(config, world)
    monkeypatch.setattr("models.inference.onnx_policy.OnnxPolicy.decide_with_features", None)
    monkeypatch.setattr("models.experiments.people.measure", None)
    assert json.dumps(people(config, world).figures) == json.dumps(first.figures)


def test_nothing_that_ships_is_touched_by_a_quick_trial(config: StudyConfig, tmp_path: Path) -> None:
    model = tmp_path / "model.onnx"
    model.write_bytes(config.model.read_bytes())
    prior(replace(config, model=model), open_unseen_world(config))
    assert not people_path(model).exists()
    assert people_path(config.out / "model.onnx").is_file()
