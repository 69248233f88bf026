from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from autoexposure.feedback.answer import Label
from autoexposure.personal.model_store import PersonalModel, Verdict
from autoexposure.personal.rounds import ENOUGH_GOOD, Round, rounds
from autoexposure.states import AeState
from tests.autoexposure.personal.samples import sample_of

BEGAN = datetime(2026, 3, 1, 9, tzinfo=UTC)


def model_of(made_at: datetime) -> PersonalModel:
    return PersonalModel(1, Path("model.onnx"), made_at, Verdict(2, 1, 3), 3)


def test_answers_are_counted_from_training_to_training() -> None:
    labels = [Label.UNDER, Label.WELL, Label.OVER, Label.WELL, Label.WELL, Label.WELL]
    samples = [sample_of(BEGAN + timedelta(days=day), label) for day, label in enumerate(labels)]
    samples[2] = replace(samples[2], ae_state=AeState.SEARCHING)  # nobody learns from it
    models = [model_of(BEGAN + timedelta(days=4, minutes=-1)), model_of(BEGAN + timedelta(days=1, minutes=1))]
    found = rounds(reversed(samples), models)  # in any order
    assert found == (Round(0, 2, 1), Round(1, 1, 1), Round(2, 2, 2))
    assert rounds([], []) == (Round(0, 0, 0),)


def test_nothing_is_left_to_learn_once_enough_answers_are_all_good() -> None:
    assert Round(2, ENOUGH_GOOD, ENOUGH_GOOD).all_good
    assert not Round(2, ENOUGH_GOOD, ENOUGH_GOOD - 1).all_good
    assert not Round(2, ENOUGH_GOOD - 1, ENOUGH_GOOD - 1).all_good
    assert not Round(0, 0, 0).all_good
