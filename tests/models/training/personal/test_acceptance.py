from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from autoexposure.feedback.answer import Label
from autoexposure.feedback.reward import NEED, RewardConfig, agreement
from autoexposure.feedback.store import FeedbackStore
from autoexposure.frame import Frame
from autoexposure.states import AeState
from models.training.answered import draw_states
from models.training.personal.acceptance import agrees, deal, verdict_of
from models.training.personal.layered import lessons_in

MOMENTS = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=n) for n in range(20)]


def test_acceptance_counts_as_agreement_does_and_the_training_aims_where_the_live_layer_does(
    tmp_path: Path, make_scene: Callable[..., np.ndarray]
) -> None:
    given = [(Label.WELL, -1.0, 1.0), (Label.WELL, 0.0, 1.0), (Label.UNDER, 0.5, -0.2), (Label.OVER, 0.3, -1.0)]
    with FeedbackStore(tmp_path / "feedback.sqlite") as store:
        for seed, (label, delta_ev, bias_ev) in enumerate(given):
            frame = Frame(make_scene(seed), 0.0, seed)
            about = {"camera": "", "meter": "attention", "ae_state": AeState.CONVERGED}
            store.add(frame, label, **about, delta_ev=delta_ev, bias_ev=bias_ev)
        lessons = lessons_in(store)
    delta_ev = np.array([sample.delta_ev for sample in lessons.samples])
    agreed = agrees(delta_ev - lessons.targets_ev, lessons.answered.needs[:, 0], RewardConfig())
    assert agreed.tolist() == [agreement([sample]).agreed == 1 for sample in lessons.samples]
    assert agreed.tolist() == [True, False, True, True]
    states = draw_states(lessons.answered, 64, np.random.default_rng(0), np.zeros(1))
    for target, need in zip(states.answers.targets_ev[:, 0], states.answers.needs[:, 0], strict=True):
        assert (-target, need) in {(sample.bias_ev, NEED[sample.label]) for sample in lessons.samples}
    assert lessons.answered.part(np.array([2])).targets_ev.tolist() == [[0.2]]


def test_agreement_is_to_say_what_the_person_said() -> None:
    said = agrees(np.array([0.5, 0.1, -0.5, -0.1]), np.array([1, 1, 1, 0]), RewardConfig())
    assert said.tolist() == [True, False, False, True]


def test_a_verdict_has_the_counts_of_each_kind_of_answer() -> None:
    needs = np.array([1, 1, 0, 0, 0, -1])
    new, old = np.array([0.5, 0.5, 0.0, 0.0, 0.5, -0.5]), np.zeros(6)
    verdict = verdict_of(new, old, needs, RewardConfig())
    assert (verdict.new_agrees, verdict.old_agrees, verdict.answers) == (5, 3, 6)
    found = {kind.label: (kind.answers, kind.new_agrees, kind.old_agrees) for kind in verdict.kinds}
    assert found == {Label.UNDER: (2, 2, 0), Label.WELL: (3, 2, 3), Label.OVER: (1, 1, 0)}


def test_dealing_is_even_always_the_same_and_keeps_what_was_dealt() -> None:
    parts = deal(MOMENTS, 5, {}, 1)
    assert [len(part) for part in parts] == [4] * 5
    assert [part.tolist() for part in parts] == [part.tolist() for part in deal(MOMENTS, 5, {}, 1)]
    before = {MOMENTS[place]: number for number, part in enumerate(parts) for place in part if place < 8}
    again = deal([*MOMENTS, *(moment + timedelta(days=1) for moment in MOMENTS)], 5, before, 2)
    for number, part in enumerate(parts):
        assert {place for place in part if place < 8} <= set(again[number].tolist())
    assert sorted(len(part) for part in again) == [8] * 5
    assert sorted(int(place) for part in deal(MOMENTS, 3, before, 1) for place in part) == list(range(20))
