"""The list of what was learned: from what, when, and how to forget it; and the sentence on what it is worth."""

from dataclasses import replace
from itertools import pairwise

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication, QLabel, QPushButton

from autoexposure.control.commands import Unteach, UsePolicy
from autoexposure.feedback.answer import Label, Source
from autoexposure.feedback.store import FeedbackStore
from autoexposure.personal.truth import Truth
from gui.feedback.learned_sheet import SureButton
from gui.feedback.store_client import Whose
from gui.feedback.touches import Left
from gui.text import texts
from gui.text.wording import truth_sentence, truth_short

KNOWN = Truth(0.34, 0.1, 34, 20)


@pytest.fixture
def sheet(window, see, make_frame, qtbot):
    """Three answers, of which nobody said the last; the list is open."""
    for number, key in enumerate((Qt.Key.Key_1, Qt.Key.Key_3)):
        see(window, frame=make_frame(60 + number, sequence=number))
        with qtbot.waitSignal(window.store.shelf_changed):
            qtbot.keyClick(window, key)
    snapshot = see(window, frame=make_frame(90, sequence=9))
    with qtbot.waitSignal(window.store.shelf_changed):
        window.store.learn(Left(Source.BIAS, snapshot, 0.0, 0.25), Whose())
    window.actions_["learned"].trigger()
    settle(window)
    return window.learned


def settle(window) -> None:
    for _ in range(3):
        window.store.background.wait()
        QApplication.processEvents()


def words(sheet) -> list[str]:
    return [label.text() for label in sheet.findChildren(QLabel) if label.isVisible()]


def forget_buttons(sheet) -> list[QPushButton]:
    return [button for button in sheet.findChildren(QPushButton) if button.text() == texts.LEARNED_FORGET]


def test_every_answer_stands_there_with_its_source_weight_and_time(sheet):
    shown = words(sheet)
    rows = [text for text in shown if " from your " in text and not text.startswith("Me")]
    assert rows == ["well, from your EV bias", "over, from your answer", "under, from your answer"]
    assert [text for text in shown if text.startswith("counts")] == ["counts 0.25", "counts 1", "counts 1"]
    assert shown[0] == "Me: 3 answers, 1 of them learned from what was set by hand"
    assert sum(text.startswith("20") and "1/60 s" in text for text in shown) == 3


def test_one_is_forgotten_from_the_store_and_the_meter(sheet, window, loop, tmp_path):
    loop.sent.clear()
    forget_buttons(sheet)[0].click()
    settle(window)
    assert loop.sent == [Unteach(answer=3)]
    assert window.feedback.said == "Unlearned: well, from your EV bias"
    assert len(forget_buttons(sheet)) == 2
    with FeedbackStore(tmp_path / "feedback.sqlite") as store:
        assert [sample.label for sample in store.samples()] == [Label.OVER, Label.UNDER]


def test_all_that_nobody_said_is_forgotten_at_a_second_press(sheet, window, loop, tmp_path):
    loop.sent.clear()
    assert sheet.by_hand.text() == "Forget what was set by hand (1)"
    sheet.by_hand.click()
    settle(window)
    assert sheet.by_hand.text() == "Really forget 1?"
    assert loop.sent == []
    sheet.by_hand.click()
    settle(window)
    assert [type(command) for command in loop.sent] == [UsePolicy], "made again of what is left"
    assert not sheet.by_hand.isVisible()
    with FeedbackStore(tmp_path / "feedback.sqlite") as store:
        assert store.counts().total == store.counts(said_only=True).total == 2


def test_all_are_forgotten(sheet, window, tmp_path):
    for _ in range(2):
        sheet.all.click()
    settle(window)
    assert texts.LEARNED_NONE in words(sheet)
    assert forget_buttons(sheet) == []
    with FeedbackStore(tmp_path / "feedback.sqlite") as store:
        assert store.counts().total == 0


def test_one_press_alone_forgets_nothing(qtbot):
    done = []
    button = SureButton("Forget ({count})", lambda: done.append(1))
    qtbot.addWidget(button)
    button._sure.setInterval(30)
    button.offer(4)
    button.click()
    qtbot.waitUntil(lambda: button.text() == "Forget (4)")
    button.click()
    assert done == []
    button.click()
    assert done == [1]


class TestTruth:
    @pytest.mark.parametrize(
        ("truth", "sentence"),
        [
            (
                KNOWN,
                "Your 34 answers explain about a third of what you want; the rest changes from picture to picture. "
                "About 20 more would tell more surely.",
            ),
            (
                replace(KNOWN, explained=0.52, more=0),
                "Your 34 answers explain about half of what you want; the rest changes from picture to picture.",
            ),
            (
                Truth(0.9, 0.6, 4, 12),
                "Your 4 answers are too few to tell how much of what you want they explain. About 12 more would tell.",
            ),
            (Truth(0.0, 0.0, 0, 10), ""),
            (None, ""),
        ],
    )
    def test_it_is_one_sentence_and_a_vague_share_is_not_told(self, truth, sentence):
        assert truth_sentence(truth) == sentence

    def test_every_share_has_words(self):
        told = [truth_short(replace(KNOWN, explained=share / 100)) for share in range(101)]
        assert told[0] == "34 answers explain hardly any"
        assert told[-1] == "34 answers explain nearly all"
        assert len(set(told)) == len(texts.TRUTH_SHARES)
        assert [text for before, text in pairwise(told) if text != before] == [
            f"34 answers explain {words}" for _, words in texts.TRUTH_SHARES[1:]
        ]

    def test_the_window_asks_in_the_background_and_says_it(self, make_window, services, loop, running, qtbot):
        asked = []

        def measure(person, camera):
            asked.append((person, camera))
            return KNOWN

        loop.snapshot = running
        window = make_window(replace(services, personal=replace(services.personal, truth=measure)))
        window.truth._calm.setInterval(0)
        window.preview.repaint()
        with qtbot.waitSignal(window.truth.changed):
            qtbot.keyClick(window, Qt.Key.Key_2)
        qtbot.waitUntil(lambda: bool(window.learned.truth))
        assert asked == [("default", None)]
        assert window.learned.truth == truth_sentence(KNOWN)
        window.feedback._quiet.stop()
        window.feedback.say_count()
        assert window.feedback.said == "34 answers explain about a third"

    def test_what_fails_is_not_known_and_troubles_nobody(self, make_window, services, loop, running, qtbot):
        def measure(person, camera):
            raise ValueError("no features")

        loop.snapshot = running
        window = make_window(replace(services, personal=replace(services.personal, truth=measure)))
        window.truth._calm.setInterval(0)
        window.preview.repaint()
        with qtbot.waitSignal(window.truth.changed) as told:
            qtbot.keyClick(window, Qt.Key.Key_2)
        assert told.args == [None]
        assert window.notices.text == ""
