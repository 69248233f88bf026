from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from autoexposure.feedback.answer import Label, Sample
from autoexposure.personal.model_store import PersonalModel, Verdict
from autoexposure.personal.rounds import ENOUGH_GOOD, Round, rounds
from autoexposure.states import AeState

BEGAN = datetime(2026, 3, 1, 9, tzinfo=UTC)


def answer(answered_at: datetime, label: Label) -> Sample:
    return Sample(
        id=1,
        answered_at=answered_at,
        profile="ada",
        label=label,
        exposure=None,
        reported=False,
        sequence=0,
        camera="cam",
        meter="attention",
        model_hash="",
        ae_state=AeState.CONVERGED,
        delta_ev=None,
        bias_ev=0.0,
    )


def model_of(made_at: datetime) -> PersonalModel:
    return PersonalModel(1, Path("model.onnx"), made_at, Verdict(2, 1, 3), 3)


def test_answers_are_counted_from_training_to_training() -> None:
    labels = [Label.UNDER, Label.WELL, Label.OVER, Label.WELL, Label.WELL, Label.WELL]
    samples = [answer(BEGAN + timedelta(days=day), label) for day, label in enumerate(labels)]
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
