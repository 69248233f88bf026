"""Learning from what is set by hand, in the window: with leave, listed, undone by one key."""

import numpy as np
import pytest
from PyQt6.QtCore import Qt

from autoexposure.control.commands import Lock, SetBias, Teach, Unteach, UsePolicy
from autoexposure.feedback.answer import Label, Source
from autoexposure.feedback.store import Subject
from autoexposure.states import AeState
from gui.feedback.by_hand import ASKS_FOR_LEAVE
from gui.text import texts


@pytest.fixture
def now(window) -> list[float]:
    """What the clock says; a test moves it."""
    moment = [1000.0]
    window.by_hand._clock = lambda: moment[0]
    return moment


@pytest.fixture
def settle(settle):
    settle()
    return settle


@pytest.fixture
def lock(window, see, now):
    """Hold the exposure for some seconds, and let it go."""

    def held(seconds: float) -> None:
        window.actions_["lock"].trigger()
        see(window, locked=True, ae_state=AeState.LOCKED)
        now[0] += seconds
        see(window)
        window.actions_["lock"].trigger()
        see(window, locked=False, ae_state=AeState.CONVERGED)

    return held


@pytest.fixture
def allowed(window, settle):
    window.actions_["by_hand"].trigger()
    settle()


class TestLeave:
    def test_it_is_asked_for_once_when_there_is_something_to_learn_and_nothing_is_learned_before(
        self, window, see, now, lock, settle, store, loop
    ):
        assert not window.actions_["by_hand"].isChecked()
        lock(5)
        assert window.question.text == "", "nobody is asked about what was taken back at once"
        lock(60)
        assert window.question.text == texts.BY_HAND_ASK
        settle()
        assert store.counts().total == 0
        window.question.dismiss()
        settle()
        assert store.permission(Subject.BY_HAND) is False
        lock(600)
        settle()
        assert window.question.text == ""
        assert store.counts().total == 0
        assert not any(isinstance(command, Teach) for command in loop.sent)

    def test_with_leave_even_what_was_asked_about_is_learned(self, window, lock, settle, store):
        lock(60)
        window.question.buttons[0].click()
        settle()
        (sample,) = store.samples()
        assert (sample.label, sample.source, sample.weight) == (Label.WELL, Source.LOCK, 0.25)
        assert window.actions_["by_hand"].isChecked()
        assert not window.actions_["ask"].isChecked()

    def test_both_can_be_allowed_at_once(self, window, lock, settle, store):
        lock(60)
        window.question.buttons[1].click()
        settle()
        assert [store.permission(subject) for subject in Subject] == [True, True]
        assert window.actions_["ask"].isChecked()

    def test_it_is_changed_in_the_menu_and_remembered(self, window, allowed, settle, make_window, services, qtbot):
        again = make_window(services)
        with qtbot.waitSignal(again.store.shelf_changed):
            again.store.count()
        assert again.actions_["by_hand"].isChecked()
        window.actions_["by_hand"].trigger()
        settle()
        assert window.store.whose.person == "default"
        with qtbot.waitSignal(again.store.shelf_changed):
            again.store.count()
        assert not again.actions_["by_hand"].isChecked()

    def test_each_person_gives_their_own(self, window, allowed, lock, settle, store, qtbot):
        with qtbot.waitSignal(window.store.shelf_changed):
            window.feedback.profile.choose("Anna")
        assert not window.actions_["by_hand"].isChecked()
        lock(60)
        assert window.question.key == ASKS_FOR_LEAVE

    def test_while_feedback_is_paused_nothing_is_learned_and_nothing_complained_of(
        self, window, allowed, lock, settle, store
    ):
        store.pause(True)
        lock(600)
        settle()
        assert store.counts().total == 0
        assert window.notices.text == ""


class TestLearning:
    def test_a_bias_teaches_once_it_is_off_and_with_the_picture_that_it_made(
        self, window, allowed, see, make_frame, now, loop, settle, store
    ):
        window.control.slider.setValue(3)
        see(window, ev_bias=1.0, frame=make_frame(150, sequence=1))
        now[0] += 120
        far = make_frame(20, sequence=2)
        pixels = far.pixels.copy()
        pixels[:24] = 220
        object.__setattr__(far, "pixels", pixels)
        see(window, frame=far)
        assert store.counts().total == 0
        loop.sent.clear()
        window.control.slider.setValue(0)
        settle()
        bias, taught = loop.sent
        assert bias == SetBias(0)
        assert isinstance(taught, Teach)
        assert (taught.pixels == 150).all()
        assert (taught.label, taught.bias_ev, taught.weight) == (Label.WELL, 0.0, 0.5)
        assert window.feedback.said.startswith("Learned from your EV bias")
        (sample,) = store.samples()
        assert (sample.source, sample.bias_ev, sample.weight) == (Source.BIAS, 0.0, 0.5)

    def test_a_tap_on_the_picture_is_one_too(self, window, allowed, see, now, settle, store, qtbot):
        from autoexposure.metering.spot import Spot
        from gui.preview.viewport import Point

        window.preview.pointer.tapped.emit(Point(0.3, 0.6))
        see(window, spot=Spot(0.3, 0.6))
        now[0] += 120
        see(window)
        see(window, spot=None)
        settle()
        assert [sample.source for sample in store.samples()] == [Source.SPOT]

    def test_one_key_takes_it_back_and_says_what(self, window, allowed, lock, settle, store, loop, qtbot):
        lock(600)
        settle()
        taught = next(command for command in loop.sent if isinstance(command, Teach))
        with qtbot.waitSignal(window.store.undone):
            qtbot.keyClick(window, Qt.Key.Key_Z)
        assert loop.sent[-1] == Unteach(answer=taught.answer)
        assert window.feedback.said == "Unlearned: well, from your lock"
        assert store.counts().total == 0

    def test_it_marks_no_moment_in_the_plots(self, window, allowed, lock, settle):
        lock(600)
        settle()
        assert window.history.window().marks == ()

    def test_what_stands_when_the_window_closes_is_kept(self, window, allowed, see, now, store):
        window.control.slider.setValue(3)
        see(window, ev_bias=1.0)
        now[0] += 120
        window.close()
        assert [sample.source for sample in store.samples()] == [Source.BIAS]

    def test_it_is_the_answer_of_who_was_there(self, window, allowed, see, now, store, settle, loop):
        window.control.slider.setValue(3)
        see(window, ev_bias=1.0)
        now[0] += 120
        loop.sent.clear()
        window.feedback.profile.choose("Anna")
        settle()
        assert [sample.source for sample in store.samples()] == [Source.BIAS], "in the store, it is the former's"
        assert [type(command) for command in loop.sent] == [UsePolicy], "Anna's meter learns nothing of it"

    def test_agreement_and_training_count_what_was_said(self, window, allowed, lock, settle, qtbot):
        lock(600)
        shelves = []
        window.store.shelf_changed.connect(shelves.append)
        settle()
        assert (shelves[-1].count, shelves[-1].by_hand, shelves[-1].learnable) == (1, 1, 0)
        assert window.feedback.agreement.text == ""

    def test_nothing_else_is_sent_for_it(self, window, allowed, lock, loop, settle):
        lock(3)
        settle()
        assert loop.sent == [Lock(True), Lock(False)]


def test_pictures_are_frames_of_their_own(make_frame):
    assert not np.shares_memory(make_frame(1).pixels, make_frame(1).pixels)
