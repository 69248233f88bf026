"""What the command says around a training, whose outcome is given here."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from autoexposure.cli.main import app
from autoexposure.feedback.answer import Label
from autoexposure.feedback.store import FeedbackStore
from autoexposure.frame import Frame
from autoexposure.personal.model_store import JudgedKind, PersonalModels, Verdict
from autoexposure.states import AeState
from models.files.model_file import default_model_path
from models.training.personal import personalise
from models.training.personal.personalise import Outcome

KINDS = (JudgedKind(Label.UNDER, 12, 9, 6), JudgedKind(Label.WELL, 8, 8, 7))


@pytest.fixture
def answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Give so many answers, every second of them "good"."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))

    def give(count: int) -> None:
        pixels = np.full((12, 16, 3), 90, np.uint8)
        with FeedbackStore(tmp_path / "autoexposure" / "feedback.sqlite") as store:
            for number in range(count):
                label = Label.WELL if number % 2 else Label.UNDER
                frame = Frame(pixels, 0.0, number)
                store.add(frame, label, camera="", meter="attention", ae_state=AeState.CONVERGED, delta_ev=0.0)

    return give


def run(monkeypatch: pytest.MonkeyPatch, verdict: Verdict, steps: int, *asked: str, used: bool) -> Result:
    def train(store: object, models: PersonalModels, *_: object) -> Outcome:
        model = models.add(default_model_path(), verdict, 1) if used else None
        return Outcome(verdict, model, steps, ((0, 0.9), (steps, 0.8)))

    monkeypatch.setattr(personalise, "personalise", train)
    monkeypatch.setattr(os, "nice", lambda _: 0)  # which would hold for all the tests that follow
    return CliRunner().invoke(app, ["personalise", *asked])


def test_before_and_after_stand_side_by_side_and_in_json(
    answered: Callable[[int], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered(20)
    out = tmp_path / "result.json"
    verdict = Verdict(17, 13, 20, KINDS, 0.2, 0.25, 0.99)
    done = run(monkeypatch, verdict, 50, "--json", str(out), used=True)
    assert done.exit_code == 0, done.output
    assert "The new model is used: it agrees with 17 of 20, before 13." in done.stdout
    assert "about 0.20 EV off what you want, before 0.25 EV." in done.stdout
    lines = [line.split() for line in done.stdout.splitlines() if "█" in line]
    assert [(line[-3], line[-1]) for line in lines] == [("6", "12"), ("9", "12"), ("7", "8"), ("8", "8")]
    assert [line[-4].count("█") for line in lines] == [10, 15, 18, 20]
    assert "ends after 50 of 150 batches" in done.stdout
    found = json.loads(out.read_text())
    assert Verdict.from_json(found["verdict"]) == verdict
    assert found["used"]
    assert (found["model"], found["steps"], found["held_out"]) == (1, 50, [[0, 0.9], [50, 0.8]])
    assert found["rounds"] == [{"number": 0, "answers": 20, "good": 10}, {"number": 1, "answers": 0, "good": 0}]


def test_few_answers_are_said_to_be_few_beforehand_and_tried_all_the_same(
    answered: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beforehand: the outcome is not known yet."""
    answered(34)
    done = run(monkeypatch, Verdict(17, 13, 34, KINDS, 0.2, 0.25, 0.6), 50, used=False)
    assert done.exit_code == 0, done.output
    assert "34 answers are few" in done.stderr
    assert "about 66 more" in done.stderr
    assert "which may be chance" in done.stdout


def test_enough_answers_are_not_called_few(answered: Callable[[int], None], monkeypatch: pytest.MonkeyPatch) -> None:
    answered(100)
    done = run(monkeypatch, Verdict(13, 13, 100, KINDS, 0.25, 0.25), 0, used=False)
    assert "few" not in done.stderr
    assert "The old model stays" in done.stdout
    assert "chance" not in done.stdout
    assert "No training came nearer to answers that were held out." in done.stdout


def test_the_list_of_models_shows_the_rounds(answered: Callable[[int], None], monkeypatch: pytest.MonkeyPatch) -> None:
    answered(10)
    run(monkeypatch, Verdict(17, 13, 20, KINDS, 0.2, 0.25, 0.99), 50, used=True)
    said = CliRunner().invoke(app, ["personalise", "--models"]).stdout
    assert "round 1, before any training: 10 answers, 50% good" in said
    assert "round 2, after training 1: 0 answers" in said
    assert "nothing left" not in said
