import sqlite3
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from autoexposure.cli import feedback as feedback_commands
from autoexposure.cli.main import app, main
from autoexposure.errors import ConfigError, FeedbackError, ModelFileError
from autoexposure.exposure import Exposure
from autoexposure.feedback.answer import Label, Source
from autoexposure.feedback.reward import FIGURE_6, REWARDS
from autoexposure.feedback.store import FeedbackStore
from autoexposure.frame import Frame
from autoexposure.states import AeState


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own store with three answers."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    path = tmp_path / "autoexposure" / "feedback.sqlite"
    states = (AeState.CONVERGED, AeState.SEARCHING, AeState.LOCKED)
    with FeedbackStore(path) as answers:
        for sequence, (label, state) in enumerate(zip(Label, states, strict=True)):
            frame = Frame(np.full((20, 30, 3), 90, np.uint8), 0.0, sequence, Exposure(1 / 60, 2.0), reported=True)
            answers.add(frame, label, camera="usb-1", meter="attention", ae_state=state, delta_ev=0.1)
    return path


def run(*words: object) -> str:
    done = CliRunner().invoke(app, ["feedback", *map(str, words)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.parametrize(
    "asked", [("--profile", "\udcff"), ("--profile", "a\x1b[31m"), ("--camera", "\udcff")], ids=repr
)
@pytest.mark.parametrize(
    "command", [("feedback", "list"), ("feedback", "forget", "--all"), ("personalise", "--models")]
)
def test_a_name_that_is_no_text_is_one_sentence(store: Path, command: tuple[str, ...], asked: tuple[str, str]) -> None:
    done = CliRunner().invoke(app, [*command, *asked])
    assert isinstance(done.exception, ConfigError)
    assert str(done.exception).isprintable()


def test_listing_says_what_was_answered_and_what_is_learned_from(store: Path) -> None:
    said = run("list")
    assert "3 answers: 1 under, 1 well, 1 over" in said
    assert "2 of them can be learned from" in said
    assert "no, searching" in said
    assert "profile default on usb-1: 3" in said
    assert "0 answers" in run("list", "--profile", "bob")


def test_showing_one_answer_with_its_picture(store: Path, tmp_path: Path) -> None:
    said = run("show", 1, "--out", tmp_path / "one.png")
    assert "answer 1 of default: under" in said
    assert "state converged, learned from: yes" in said
    assert (tmp_path / "one.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(FeedbackError, match="no answer number 9"):
        run("show", 9)
    with pytest.raises(ConfigError, match="can't be written"):
        run("show", 1, "--out", tmp_path / "nowhere" / "x.png")


def test_what_nobody_said_is_told_apart_and_forgotten_alone(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    frame = Frame(np.full((20, 30, 3), 90, np.uint8), 0.0, 9, Exposure(1 / 60, 2.0), reported=True)
    with FeedbackStore(store) as answers:
        for source in (Source.BIAS, Source.SPOT):
            answers.add(
                frame,
                Label.WELL,
                camera="usb-1",
                meter="attention",
                ae_state=AeState.CONVERGED,
                delta_ev=-1.0,
                source=source,
                weight=0.25,
            )
    said = run("list")
    assert "2 of them nobody said" in said
    assert "well (bias, 0.25)" in said
    assert "by the bias that was left so; it weighs 0.25 of a click" in run("show", 4)
    assert "'well', learned from the spot, was unlearned" in run("undo")
    assert "1 answer of default forgotten" in run("forget", "--by-hand")
    assert "3 answers: 1 under, 1 well, 1 over" in run("list")


def test_leave_is_off_until_it_is_given_and_each_person_gives_their_own(store: Path) -> None:
    assert run("permit").count("not asked yet, so off") == 2
    assert "what is set by hand: allowed" in run("permit", "--by-hand")
    assert "questions: not allowed" in run("permit", "--no-questions")
    assert "what is set by hand: allowed" in run("permit")
    assert run("permit", "--profile", "bob").count("not asked yet, so off") == 2
    assert "what is set by hand: not allowed" in run("permit", "--no-by-hand")


def test_undo_forget_pause_and_resume(store: Path) -> None:
    assert "'over' was taken back" in run("undo")
    assert "1 answer of default forgotten, with its picture" in run("forget", 1)
    with pytest.raises(FeedbackError, match="no answer number 1"):
        run("forget", 1)
    with pytest.raises(ConfigError, match="only one of them"):
        run("forget", 2, "--all")
    with pytest.raises(ConfigError, match="or --all"):
        run("forget")
    assert "paused" in run("pause")
    assert "resume" in run("list")
    run("resume")
    assert "1 answer of default forgotten" in run("forget", "--all")
    assert "no answer to take back" in run("undo")


def test_carrying_answers_over(store: Path, tmp_path: Path) -> None:
    assert "3 answers written" in run("export", tmp_path / "answers.zip")
    said = run("import", tmp_path / "answers.zip", "--profile", "bob")
    assert "3 answers added, 0 were there already, 0 damaged" in said
    assert "3 answers: " in run("list", "--profile", "bob")


def test_personal_models_are_listed_and_chosen(store: Path) -> None:
    done = CliRunner().invoke(app, ["personalise", "--models"])
    assert "* 0  the model that ships with the program" in done.output
    done = CliRunner().invoke(app, ["personalise", "--use", "4"])
    assert isinstance(done.exception, ModelFileError)


def test_a_method_that_does_not_exist_is_a_sentence(store: Path) -> None:
    done = CliRunner().invoke(app, ["personalise", "--method", "magic"])
    assert isinstance(done.exception, ConfigError)
    assert "ordinal or reinforce" in str(done.exception)


@pytest.mark.parametrize("command", [("personalise",), ("experiment", "table3", "--out", "results")])
def test_a_reward_that_does_not_exist_is_a_sentence(store: Path, command: tuple[str, ...]) -> None:
    done = CliRunner().invoke(app, [*command, "--reward", "magic"])
    assert done.exit_code == 2
    assert "not one of figure6" in done.output


def test_a_reward_that_nothing_would_learn_from_is_refused(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(REWARDS, "other", REWARDS[FIGURE_6])
    done = CliRunner().invoke(app, ["personalise", "--reward", "other"])
    assert "--method reinforce" in str(done.exception)


def test_forgetting_everything_says_what_it_erased_and_what_stays(store: Path, tmp_path: Path) -> None:
    aside = store.with_name("feedback.damaged-20260101T000000000000Z.sqlite")
    aside.write_bytes(b"damaged")
    models = tmp_path / "autoexposure" / "models" / "default"
    (models / "3").mkdir(parents=True)
    said = run("forget", "--all", "--camera", "usb-2")
    assert f"{aside}, a damaged store set aside earlier, is erased" in said
    assert "0 answers of default with the camera usb-2 forgotten" in said
    said = run("forget", "--all")
    assert "set aside" not in said
    assert "3 answers of default forgotten, with their pictures and what the live layer remembered of them" in said
    assert f"1 personal model of default stays in {models}" in said


def test_forgetting_that_another_program_holds_up_ends_with_1(
    store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reader = sqlite3.connect(store, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM sample").fetchone()
    monkeypatch.setattr(feedback_commands, "_open", lambda path, whose, _: FeedbackStore(store, wait_s=0.05))
    monkeypatch.setattr(sys, "argv", ["autoexposure", "feedback", "forget", "--all"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 1
    assert "3 answers are forgotten, but the files beside" in capsys.readouterr().err
    reader.close()
