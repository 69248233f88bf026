"""Questions in the window: rarely, calmly, with leave, and gone with their picture."""

from dataclasses import replace

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt

from autoexposure.feedback.answer import Label, Source
from autoexposure.feedback.asking import look_of
from autoexposure.feedback.store import Subject
from autoexposure.metering.policy import Decision
from autoexposure.states import AeState
from gui.feedback.question_strip import Reply
from gui.feedback.questions import ASKS, UNANSWERED_S
from gui.text import texts


@pytest.fixture
def now(window) -> list[float]:
    moment = [1000.0]
    window.questions._clock = lambda: moment[0]
    return moment


@pytest.fixture
def allowed(window, settle, now, see):
    window.actions_["ask"].trigger()
    settle()
    see(window, model_hash="ab", decision=Decision(0.05, doubt_ev=0.5))


@pytest.fixture
def other_scene(make_frame):
    def made(sequence: int):
        frame = make_frame(30, sequence=sequence)
        pixels = frame.pixels.copy()
        pixels[:, : 8 * (1 + sequence % 6)] = 230
        return replace(frame, pixels=pixels)

    return made


def pass_time(window, see, now, seconds: int) -> None:
    for _ in range(seconds):
        now[0] += 1
        see(window)


def test_nobody_is_asked_without_leave(window, see, now, settle):
    settle()
    see(window, model_hash="ab", decision=Decision(0.05, doubt_ev=0.5))
    pass_time(window, see, now, 1000)
    assert window.question.key == ""


def test_a_question_is_answered_by_its_buttons_and_is_told_apart_from_a_click(window, see, now, allowed, store, settle):
    pass_time(window, see, now, 310)
    assert window.question.text == texts.QUESTION
    assert [button.text() for button in window.question.buttons] == ["Under", "Well", "Over", texts.QUESTION_NEVER]
    window.question.buttons[0].click()
    assert window.question.key == ""
    settle()
    (sample,) = store.samples()
    assert (sample.label, sample.source, sample.weight) == (Label.UNDER, Source.QUESTION, 1.0)


def test_the_keys_answer_it_too(window, see, now, allowed, store, settle, qtbot):
    pass_time(window, see, now, 310)
    with qtbot.waitSignal(window.store.stored):
        qtbot.keyClick(window, Qt.Key.Key_2)
    assert window.question.key == ""
    assert store.samples()[0].source is Source.QUESTION
    with qtbot.waitSignal(window.store.stored):
        qtbot.keyClick(window, Qt.Key.Key_2)
    assert store.samples()[0].source is Source.CLICK


def test_never_twice_about_the_same_and_rarely_about_others(window, see, now, allowed, other_scene, store, settle):
    pass_time(window, see, now, 310)
    asked = [window.question.key]
    window.question.dismiss()
    pass_time(window, see, now, 1000)
    assert window.question.key == "", "the same picture"
    see(window, frame=other_scene(1))
    pass_time(window, see, now, 10)
    assert [*asked, window.question.key] == [ASKS, ASKS]
    window.question.dismiss()
    see(window, frame=other_scene(3))
    pass_time(window, see, now, 100)
    assert window.question.key == "", "too soon"
    settle()
    assert len(store.looks()) == 2, "nor on another day"


def test_it_is_withdrawn_with_its_picture_and_when_nobody_cares(window, see, now, allowed, other_scene):
    pass_time(window, see, now, 310)
    see(window, ae_state=AeState.SEARCHING)
    assert window.question.key == ""
    see(window, ae_state=AeState.CONVERGED, frame=other_scene(2))
    pass_time(window, see, now, 400)
    assert window.question.key == "", "after a while without a reply it is gone"
    window.questions._asker.config = replace(window.questions._asker.config, pause_s=120)
    see(window, frame=other_scene(4))
    pass_time(window, see, now, 30)
    assert window.question.key == ASKS
    see(window, frame=other_scene(0))
    pass_time(window, see, now, 2)
    assert window.question.key == ""
    assert UNANSWERED_S < 60


def test_dont_ask_again(window, see, now, allowed, other_scene, store, settle):
    pass_time(window, see, now, 310)
    window.question.buttons[-1].click()
    settle()
    assert store.permission(Subject.QUESTIONS) is False
    assert not window.actions_["ask"].isChecked()
    see(window, frame=other_scene(2))
    pass_time(window, see, now, 1000)
    assert window.question.key == ""


def test_a_meter_that_learns_nothing_asks_nothing(window, see, now, allowed):
    see(window, model_hash="")
    pass_time(window, see, now, 400)
    assert window.question.key == ""


def test_what_was_answered_unasked_is_not_asked_about(window, see, now, allowed, store, settle, qtbot):
    with qtbot.waitSignal(window.store.stored):
        qtbot.keyClick(window, Qt.Key.Key_2)
    settle()
    assert len(store.looks()) == 1
    pass_time(window, see, now, 1000)
    assert window.question.key == ""


def test_the_strip_lies_over_the_picture_and_keeps_its_presses_from_it(window, qtbot, loop):
    done, dismissed = [], []
    before = window.preview.geometry()
    window.question.ask("x", "Is it?", (Reply("Yes", lambda: done.append(1)),), lambda: dismissed.append(1))
    strip = window.question
    assert strip.isVisible()
    assert window.stage.rect().contains(strip.geometry())
    qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=QPoint(4, 4))
    qtbot.wait(300)
    assert loop.sent == []
    assert window.preview.geometry() == before, "nothing moved for it"
    window.resize(1000, 640)
    assert window.stage.rect().contains(strip.geometry())
    strip.buttons[0].click()
    assert (done, dismissed) == ([1], [])
    assert not strip.isVisible()


def test_another_question_takes_its_place_and_closing_is_a_reply_of_its_own(window):
    said = []
    window.question.ask("one", "One?", (), lambda: said.append("one"))
    window.question.ask("two", "Two?", (), lambda: said.append("two"))
    window.question.withdraw("one")
    assert window.question.text == "Two?"
    window.question.dismiss()
    window.question.withdraw()
    assert said == ["two"]


def test_looks_of_the_tests_differ(other_scene):
    looks = [look_of(other_scene(number).pixels) for number in (1, 3, 4)]
    assert all(np.abs(looks[a] - looks[b]).max() > 1 for a in range(3) for b in range(a))
