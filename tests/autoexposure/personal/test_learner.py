"""What a person's answers come to, in figures: descriptions alone are learned from, no network is asked."""

from __future__ import annotations

import numpy as np
import pytest

from autoexposure.errors import ConfigError
from autoexposure.feedback.answer import Label
from autoexposure.personal.features import FACTS
from autoexposure.personal.learner import ClickFeatures, Learner, LiveConfig


def a_picture(seed: int, base_ev: float = 0.0) -> ClickFeatures:
    facts = np.random.default_rng(seed).uniform(-1, 1, len(FACTS))
    facts[0] = 1
    return ClickFeatures(base_ev, facts)


def taught(labels: list[Label], config: LiveConfig | None = None) -> Learner:
    learner = Learner(config=config)
    for number, label in enumerate(labels):
        learner.learn(a_picture(number), label, number)
    return learner


def test_an_answer_counts_from_what_the_network_would_have_done() -> None:
    """Good, where the network wanted an EV more: the person wants it an EV darker than the network."""
    learner = Learner()
    for number in range(30):
        learner.learn(a_picture(number, base_ev=1.0), Label.WELL)
    assert learner.change_ev(a_picture(99).description) == pytest.approx(-1, abs=0.3)


@pytest.mark.parametrize(("label", "sign"), [(Label.UNDER, 1), (Label.OVER, -1)])
def test_many_answers_move_pictures_never_seen_one_moves_its_own(label: Label, sign: int) -> None:
    one, many = taught([label]), taught([label] * 30)
    assert sign * one.change_ev(a_picture(0).description) > 0.25
    assert sign * one.change_ev(a_picture(99).description) < 0.2
    assert sign * many.change_ev(a_picture(99).description) > 0.5


def test_an_answer_that_is_worth_less_moves_less() -> None:
    full, part = Learner(), Learner()
    for number in range(5):
        full.learn(a_picture(number), Label.UNDER)
        part.learn(a_picture(number), Label.UNDER, weight=0.2)
    for seed in (0, 99):
        picture = a_picture(seed).description
        assert 0 < part.change_ev(picture) < full.change_ev(picture)


def test_what_is_taken_back_leaves_no_trace() -> None:
    picture = a_picture(99).description
    labels = [Label.UNDER, Label.OVER, Label.UNDER, Label.WELL, Label.UNDER]
    learner, changes = Learner(), []
    for number, label in enumerate(labels):
        changes.append(learner.change_ev(picture))
        learner.learn(a_picture(number), label, number)
    for before, label in zip(reversed(changes), reversed(labels), strict=True):
        assert learner.undo() is label
        assert learner.change_ev(picture) == before
    assert learner.undo() is None


def test_an_answer_is_taken_back_by_its_number_wherever_it_stands() -> None:
    learner = taught([Label.UNDER, Label.OVER, Label.UNDER])
    without = Learner()
    for number in (0, 2):
        without.learn(a_picture(number), Label.UNDER, number)
    assert learner.knows(1)
    assert learner.undo(answer=1) is Label.OVER
    assert not learner.knows(1)
    assert learner.undo(answer=1) is None
    assert learner.clicks == 2
    assert learner.change_ev(a_picture(9).description) == without.change_ev(a_picture(9).description)


def test_old_answers_are_forgotten_one_by_one() -> None:
    learner = taught([Label.UNDER] * 9, LiveConfig(remembered=8))
    assert learner.clicks == 8
    assert not learner.knows(0)
    assert learner.knows(1)


def test_the_change_is_bounded_until_ten_clicks_and_larger_after() -> None:
    learner, config = Learner(), LiveConfig(first_limit_ev=0.2, limit_ev=0.4)
    learner = taught([], config)
    for number in range(15):
        learner.learn(a_picture(number, base_ev=-2.0), Label.WELL)
        change_ev = learner.change_ev(a_picture(number).description)
        assert 0 < change_ev <= learner.limit_ev
        assert learner.limit_ev == (0.2 if number < 9 else 0.4)
    assert change_ev == 0.4
    assert learner.holds_back(Label.UNDER)
    assert not learner.holds_back(Label.OVER)
    assert not learner.holds_back(Label.WELL)
    learner.reset()
    assert not any(learner.holds_back(label) for label in Label)
    assert learner.change_ev(a_picture(0).description) == 0


def test_settings_are_checked() -> None:
    for wrong in ({"first_limit_ev": 3.0}, {"first_limit_ev": 0.0}, {"content_ev": 0.0}):
        with pytest.raises(ConfigError):
            LiveConfig(**wrong)
    assert LiveConfig(first_limit_ev=2.0, limit_ev=2.0).limit_ev == 2
