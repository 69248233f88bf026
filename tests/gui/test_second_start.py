"""What was taught is there again: the real window on a simulated camera, closed and opened once more."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import pytest
from PyQt6.QtCore import QCoreApplication, QEvent, Qt

from autoexposure.clock import SimulatedClock
from autoexposure.control.commands import Pause, SetBias, UseCamera, UsePolicy
from autoexposure.control.loop import ControlLoop
from autoexposure.control.snapshot import Snapshot
from autoexposure.custody.journal import Journal
from autoexposure.feedback.store import FeedbackStore, default_store_path
from autoexposure.library import make_meter
from autoexposure.metering.classical import MatrixMeter
from autoexposure.personal.model_store import PersonalModels, Verdict
from autoexposure.recording.writer import RecordingWriter
from autoexposure.states import AeState
from drivers.discovery import open_camera
from gui.app import open_window
from gui.main_window import MainWindow
from models.files.model_file import default_model_path
from models.inference.onnx_policy import OnnxPolicy

CAMERA = "sim:scene=cat,light=steady,width=160,height=120"
VISIBLE_EV = 0.2
"""One click moves the exposure by no less."""
ENOUGH_TURNS = 30


@dataclass
class Start:
    """One start of the program: its window, its loop, and what somebody does with them."""

    window: MainWindow
    loop: ControlLoop
    clock: SimulatedClock
    press_key: Callable[[Qt.Key], None]
    deliver: Callable[[], None]

    def rest(self, turns: int = ENOUGH_TURNS) -> Snapshot:
        """Let the loop turn until the exposure stands still."""
        for _ in range(turns):
            self.window.follow(snapshot := self.loop.turn())
        return snapshot

    @property
    def ev(self) -> float:
        """What the camera is set to when the exposure stands still."""
        snapshot = self.rest()
        assert snapshot.ae_state is AeState.CONVERGED, snapshot.notice
        assert snapshot.commanded is not None
        return snapshot.commanded.ev

    def press(self, key: Qt.Key) -> str:
        """Answer the picture on screen, wait until that is stored, and return what the window says."""
        self.window.preview.repaint()
        self.press_key(key)
        self.settle()
        return self.window.feedback.said

    def settle(self) -> None:
        """Wait for the store, and let its signals arrive."""
        for _ in range(2):
            self.window.store.background.wait()
            self.deliver()


@pytest.fixture
def start(qtbot, qapp, theme, settings, tmp_path, monkeypatch):
    """Starts the program as ``autoexposure --camera sim:...`` does, in a home that is empty at first."""
    for kind in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind))

    @contextmanager
    def started(meter: str = "attention", given: tuple[str, ...] = ()) -> Iterator[Start]:
        clock = SimulatedClock()
        loop = ControlLoop(
            lambda: open_camera(CAMERA, clock=clock),
            partial(make_meter, meter),
            journal=Journal(tmp_path / "journal"),
            clock=clock,
        )
        window = open_window(loop, theme, settings, camera=CAMERA, meter=meter, given=frozenset({"camera", *given}))
        window.resize(1280, 720)
        with qtbot.waitExposed(window):
            window.show()
        window.store.count()
        begun = Start(window, loop, clock, lambda key: qtbot.keyClick(window, key), qapp.processEvents)
        begun.settle()
        try:
            with loop:
                yield begun
        finally:
            window.close()
            window.deleteLater()
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    return started


def train(brighter: float, last_answer: int, person: str = "default") -> str:
    """Put a personal model in use, as a training does; returns its SHA-256."""
    torch = pytest.importorskip("torch")
    from models.files.export import ModelNotes, export_network
    from models.training.trainable import load_trainable

    shelf = PersonalModels(person)
    shelf.folder.mkdir(parents=True)
    network = load_trainable(default_model_path())
    with torch.no_grad():
        network.exposure_head.bias += brighter
    made = export_network(network.eval(), shelf.folder / "model.onnx", ModelNotes(description="for a test"), 2)
    model = shelf.add(made.onnx, Verdict(1, 0, 1), last_answer)
    shelf.use(model.number)
    return OnnxPolicy(model.path).sha256


def samples():
    with FeedbackStore(default_store_path()) as store:
        return store.samples()


def test_a_click_teaches_at_every_start_and_a_model_trained_in_between_is_really_used(start):
    with start() as first:
        untaught_ev = first.ev
        assert "Stored as under" in first.press(Qt.Key.Key_1)
        taught_ev = first.ev
        assert taught_ev > untaught_ev + VISIBLE_EV
    with start() as second:
        recalled_ev = second.ev
        assert recalled_ev == pytest.approx(taught_ev, abs=0.26), "the answer is recalled"
        second.press(Qt.Key.Key_1)
        assert second.ev > recalled_ev + VISIBLE_EV
        twice_ev = second.ev
    trained = train(brighter=-0.2, last_answer=2)
    with start() as third:
        trained_ev = third.ev
        assert third.loop.latest().model_hash == trained
        assert trained_ev < twice_ev - VISIBLE_EV, "that model was told that everything is too bright"
        third.press(Qt.Key.Key_1)
        assert "no further until there are 10 answers" in third.rest().notice, "two such answers had gone as far as that"
        assert samples()[0].model_hash == trained
        third.window.personalise._use(None)
        third.settle()
        third.rest()
        assert third.loop.latest().model_hash == OnnxPolicy().sha256, "back to the model that ships, at once"
        assert third.ev > untaught_ev + VISIBLE_EV, "with all three answers"


@pytest.mark.parametrize("given", [(), ("meter",)])
def test_the_person_chosen_last_is_metered_for_from_the_start(start, given):
    with start() as first:
        default_ev = first.ev
        first.window.feedback.profile.choose("Anna")
        first.settle()
        first.press(Qt.Key.Key_1)
        anna_ev = first.ev
        assert anna_ev > default_ev + VISIBLE_EV
        first.window.feedback.profile.choose("default")
        first.settle()
        assert first.ev == pytest.approx(default_ev, abs=0.26)
        first.window.feedback.profile.choose("Anna")
        first.settle()
        assert first.ev == pytest.approx(anna_ev, abs=0.26)
    with start(given=given) as second:
        assert second.ev == pytest.approx(anna_ev, abs=0.26)
        second.press(Qt.Key.Key_1)
        assert second.ev > anna_ev + VISIBLE_EV


def test_with_answers_of_this_camera_only_the_meter_knows_those_from_the_first_picture_it_shows(start):
    with start() as first:
        untaught_ev = first.ev
        first.press(Qt.Key.Key_1)
        other = first.loop.latest().camera
        first.rest()
        with FeedbackStore(default_store_path()) as store:
            store._file.execute("test", "UPDATE sample SET camera = 'another'")
        assert other is not None
        first.window.feedback.profile.only_this_camera(True)
        first.settle()
        assert first.ev == pytest.approx(untaught_ev, abs=0.26)
        first.press(Qt.Key.Key_3)
        darker_ev = first.ev
        assert darker_ev < untaught_ev - VISIBLE_EV
    with start() as second:
        assert second.ev == pytest.approx(darker_ev, abs=0.26)
        second.press(Qt.Key.Key_1)
        assert second.ev > darker_ev + VISIBLE_EV


def test_a_personal_model_that_can_not_be_used_is_said(start):
    train(brighter=-0.2, last_answer=0)
    (PersonalModels("default").folder / "1" / "model.onnx").write_bytes(b"damaged")
    with start() as first:
        first.rest()
        assert "Your own model can't be used" in first.window.notices.text
        assert first.loop.latest().model_hash == OnnxPolicy().sha256


def test_a_click_that_can_move_nothing_because_of_the_limit_says_so(start):
    with start() as first:
        first.rest()
        said = []
        while len(said) < 8 and not any(said):
            first.press(Qt.Key.Key_1)
            first.rest()
            said.append(first.window.notices.text)
        assert len(said) > 1, "the first click has room to move"
        assert "The meter follows you by 1 EV and no further until there are 10 answers" in said[-1]
        first.press(Qt.Key.Key_3)
        first.rest()
        assert first.window.notices.text == ""


def test_changing_the_person_leaves_a_classical_meter_alone_and_the_picker_makes_the_network_theirs(start):
    with start(meter="matrix", given=("meter",)) as first:
        first.rest()
        first.window.feedback.profile.choose("Anna")
        first.settle()
        first.press(Qt.Key.Key_1)
        assert first.rest().meter == "matrix"
        first.window.meters.setCurrentIndex(0)
        first.window.meters.activated.emit(0)
        annas_ev = first.ev
        assert first.loop.latest().meter == "attention"
        first.press(Qt.Key.Key_Z)
        assert first.ev < annas_ev - VISIBLE_EV, "it had learned what Anna said before it was chosen"


def test_an_answer_that_was_just_stored_is_learned_once_though_the_meter_is_made_anew(start):
    with start() as first:
        first.rest()
        first.window.feedback.profile.choose("Anna")
        first.press(Qt.Key.Key_1)  # stored before the loop has come to making Anna's meter
        once_ev = first.ev
        first.press(Qt.Key.Key_Z)
        assert first.ev < once_ev - VISIBLE_EV
        assert first.loop._meter._policy.clicks == 0


def test_an_answer_taken_back_is_gone_at_the_next_start_too_which_can_be_taught(start):
    with start() as first:
        untaught_ev = first.ev
        first.press(Qt.Key.Key_1)
        first.rest()
        first.press(Qt.Key.Key_1)
        first.rest()
        first.press(Qt.Key.Key_Z)
        once_ev = first.ev
    with start() as second:
        assert second.ev == pytest.approx(once_ev, abs=0.26)
        assert "Took back" in second.press(Qt.Key.Key_Z)
        assert second.ev == pytest.approx(untaught_ev, abs=0.26)
    with start() as third:
        again_ev = third.ev
        assert again_ev == pytest.approx(untaught_ev, abs=0.26)
        third.press(Qt.Key.Key_1)
        assert third.ev > again_ev + VISIBLE_EV


def test_an_answer_given_while_paused_is_kept_and_said_not_to_teach(start):
    with start() as first:
        untaught_ev = first.ev
        first.loop.send(Pause(True))
        first.rest(3)
        assert "not learned from: paused" in first.press(Qt.Key.Key_1)
        first.loop.send(Pause(False))
        assert first.ev == pytest.approx(untaught_ev, abs=0.11)
        assert [sample.settled for sample in samples()] == [False]
    with start() as second:
        assert second.ev == pytest.approx(untaught_ev, abs=0.11)


def test_an_answer_refused_because_the_feedback_is_paused_teaches_nothing(start):
    with start() as first:
        untaught_ev = first.ev
        with FeedbackStore(default_store_path()) as store:
            store.pause(True)
        first.press(Qt.Key.Key_1)
        assert "paused" in first.window.notices.text
        assert first.ev == pytest.approx(untaught_ev, abs=0.11)
    assert samples() == []


def test_an_answer_to_a_recording_is_kept_and_teaches_nothing(start, tmp_path):
    path = tmp_path / "recording.tar"
    with start() as first:
        untaught_ev = first.ev
        with RecordingWriter(path) as writer:
            for _ in range(5):
                writer.add(first.loop.turn())
        first.loop.send(UseCamera(lambda: open_camera(f"replay:{path}", clock=first.clock)))
        first.rest(4)
        assert "not learned from" in first.press(Qt.Key.Key_1)
        first.loop.send(UseCamera(lambda: open_camera(CAMERA, clock=first.clock)))
        assert first.ev == pytest.approx(untaught_ev, abs=0.11)
        assert [(sample.settled, sample.camera.partition(":")[0]) for sample in samples()] == [(False, "replay")]
    with start() as second:
        assert second.ev == pytest.approx(untaught_ev, abs=0.11)


@pytest.mark.parametrize("bias_ev", [1.0, -1.0])
def test_well_with_a_bias_moves_nothing_now_or_at_the_next_start(start, bias_ev):
    with start() as first:
        first.loop.send(SetBias(bias_ev))
        shown_ev = first.ev
        first.press(Qt.Key.Key_2)
        assert first.ev == shown_ev
        assert samples()[0].bias_ev == bias_ev
    with start() as second:
        second.loop.send(SetBias(bias_ev))
        assert second.ev == pytest.approx(shown_ev, abs=0.26)


def test_a_meter_chosen_otherwise_than_by_the_picker_is_remembered_too(start):
    with start() as first:
        first.loop.send(UsePolicy(MatrixMeter))
        first.rest()
    with start() as second:
        assert second.rest().meter == "matrix"
