"""What somebody does in the window before a picture of it is taken: compares, records, replays, answers, trains."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from PyQt6.QtWidgets import QApplication

from autoexposure.control.loop import ControlLoop
from autoexposure.control.snapshot import Snapshot
from autoexposure.evaluation.comparison import Choice, Phase
from autoexposure.feedback.answer import Label, Source
from autoexposure.personal.model_store import JudgedKind, PersonalModel, Verdict
from autoexposure.personal.rounds import Round
from autoexposure.personal.training_job import JobState, Stage
from autoexposure.personal.truth import Truth
from autoexposure.recording.writer import RecordingWriter
from autoexposure.response import srgb
from gui.bridge.services import Kept, PersonalServices
from gui.feedback.touches import Left
from gui.main_window import MainWindow
from tests.screenshots.simulated import simulated_loop

ANSWERED_EV = ((-1.4, Label.UNDER), (0.1, Label.WELL), (1.3, Label.OVER), (-0.9, Label.UNDER), (0.0, Label.WELL))
"""How far off the pictures are that get these answers, oldest first; the meter misses one of them."""
KINDS = (
    JudgedKind(Label.UNDER, 92, 80, 66),
    JudgedKind(Label.WELL, 162, 124, 121),
    JudgedKind(Label.OVER, 46, 37, 32),
)
MODELS = tuple(
    PersonalModel(number, Path(), datetime(2026, 5, 10 + number, 19, 12, tzinfo=UTC), verdict, 0)
    for number, verdict in ((2, Verdict(241, 219, 300, KINDS, 0.28, 0.33, 0.99)), (1, Verdict(96, 84, 120)))
)
ROUNDS = (Round(0, 120, 49), Round(1, 180, 113), Round(2, 34, 27))
KNOWN = Truth(0.34, 0.1, 34, 20)
COMPARED = "sim:report=on,native=on,start_ev=0"
REPLAYED = "sim:seed=0"
SETTLED_TURNS, MOST_TURNS = 45, 600


def compare(window: MainWindow) -> None:
    """Both pictures have been taken, on a simulated camera whose firmware meters the average."""
    with _steered(window) as loop:
        _begin(window, loop)
        _follow(window, loop, MOST_TURNS)


def compare_settling(window: MainWindow) -> None:
    """The first picture is taken, the other one settles."""
    with _steered(window) as loop:
        _begin(window, loop)
        for _ in range(MOST_TURNS):
            window.follow(loop.turn())
            if any(pane.has_picture for pane in window.comparison.panes):
                break
        _follow(window, loop, 10)


def compare_blind(window: MainWindow) -> None:
    """Two pictures that nobody has told apart yet."""
    with _steered(window) as loop:
        _begin(window, loop, "compare_blind")
        _follow(window, loop, MOST_TURNS)


def compare_answered(window: MainWindow) -> None:
    """And after the answer."""
    compare_blind(window)
    window.comparison.choose(Choice.LEFT)


def record(window: MainWindow) -> None:
    """A recording is under way."""
    painted = window.preview.painted
    assert painted is not None
    assert painted.frame is not None
    window.actions_["record"].trigger()
    sink = window.recorder.switch.sink
    assert sink is not None
    for number in range(60):  # two seconds, played by hand
        frame = replace(painted.frame, sequence=number, timestamp_s=painted.frame.timestamp_s + number / 4)
        while sink.consumer is None or sink.consumer.written.pictures < number:
            if sink.error is not None:
                raise sink.error
            QApplication.processEvents()
        sink(replace(painted, frame=frame))
    window.recorder.switch.look()


def recorded(window: MainWindow) -> None:
    """And has ended."""
    record(window)
    sink = window.recorder.switch.sink
    window.actions_["record"].trigger()
    assert sink is not None
    sink.close()
    window.recorder.switch.look()


def replay(window: MainWindow) -> None:
    """A recording plays."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "2026-05-17 10.24.31 Simulated camera.tar"
        with simulated_loop(REPLAYED, None, Path(scratch) / "state") as loop, RecordingWriter(path) as writer:
            while writer.written.pictures < 60:
                writer.add(loop.turn())
        with simulated_loop(f"replay:{path}", None, Path(scratch) / "state") as loop:
            _follow_turns(window, loop, 40)


def answer(window: MainWindow) -> None:
    """Five pictures were answered."""
    painted = window.preview.painted
    assert painted is not None
    assert painted.frame is not None
    assert painted.decision is not None
    for off_ev, label in ANSWERED_EV:
        pixels = np.asarray(srgb().re_expose(painted.frame.pixels, off_ev), np.uint8)
        frame = replace(painted.frame, pixels=pixels)
        decision = replace(painted.decision, delta_ev=-off_ev if abs(off_ev) > 1 else 0.05)
        window.store.add(replace(painted, frame=frame, decision=decision), label)
    window.store.background.wait()
    QApplication.processEvents()


def asked(window: MainWindow) -> None:
    """A question about the picture."""
    answer(window)
    window.questions._ask()


def asked_for_leave(window: MainWindow) -> None:
    """Somebody set the bias and left it, for the first time."""
    window.by_hand._ask()


def learned(window: MainWindow) -> None:
    """Five pictures were answered, two more left standing; the list of it is open."""
    answer(window)
    painted = window.preview.painted
    assert painted is not None
    for source, weight in ((Source.BIAS, 0.5), (Source.SPOT, 0.22)):
        window.store.learn(Left(source, painted, 0.0, weight), window.store.whose)
    window.actions_["learned"].trigger()
    known(window)


def known(window: MainWindow) -> None:
    """What the answers are worth is known."""
    for shows in (window.feedback, window.learned):
        shows.show_truth(KNOWN)
    for _ in range(3):
        window.store.background.wait()
        QApplication.processEvents()
    window.feedback._quiet.stop()
    window.feedback.say_count()


def known_of_answers(window: MainWindow) -> None:
    """Five pictures were answered, and what that is worth is known."""
    answer(window)
    known(window)


def personalise(window: MainWindow) -> None:
    """A training is under way."""
    for _ in range(4):
        answer(window)
    window.actions_["personalise"].trigger()
    window.store.background.wait()
    QApplication.processEvents()
    window.personalise.go.click()
    window.personalise.look()


def personalised(window: MainWindow) -> None:
    """And has ended: the new model was accepted."""
    personalise(window)
    window.personalise.look()
    window.store.background.wait()
    QApplication.processEvents()


class ScriptedTraining:
    """A training that is done at the third look."""

    def __init__(self) -> None:
        self._states = iter((JobState(Stage.ACCEPTANCE, 0.62),) * 2)

    @property
    def state(self) -> JobState:
        return next(self._states, JobState(Stage.DONE, 1.0, MODELS[0].verdict, used=True))

    def cancel(self) -> None:
        """It doesn't run."""

    def close(self, timeout_s: float = 10.0) -> None:
        """See ``cancel``."""


def scripted_personal(services: PersonalServices) -> PersonalServices:
    """Two models and a training, so that the sheet has something to show."""
    return replace(
        services,
        start=lambda person, camera: ScriptedTraining(),
        kept=lambda person: Kept(MODELS, MODELS[0].number, ROUNDS),
        lacking=lambda: "",
        truth=lambda person, camera: KNOWN,
    )


@contextmanager
def _steered(window: MainWindow) -> Iterator[ControlLoop]:
    """A simulated camera that the comparison steers."""
    with tempfile.TemporaryDirectory() as scratch, simulated_loop(COMPARED, None, Path(scratch)) as loop:
        window.comparison.command.connect(loop.send)
        try:
            yield loop
        finally:
            window.comparison.command.disconnect(loop.send)


def _begin(window: MainWindow, loop: ControlLoop, action: str = "compare") -> None:
    _follow_turns(window, loop, SETTLED_TURNS)
    window.actions_[action].setChecked(True)


def _follow(window: MainWindow, loop: ControlLoop, turns: int) -> None:
    for _ in range(turns):
        window.follow(loop.turn())
        if window.comparison.phase is not Phase.SETTLING:
            return


def _follow_turns(window: MainWindow, loop: ControlLoop, turns: int) -> Snapshot:
    for _ in range(turns):
        window.follow(snapshot := loop.turn())
    return snapshot
