import cv2
import numpy as np
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QMessageBox

from autoexposure.errors import RecordingError
from autoexposure.evaluation.comparison import Choice, Side
from autoexposure.study.pairs import make_study
from autoexposure.study.verdicts import VerdictStore
from gui.comparison.study_window import StudyWindow
from gui.text import texts

GREY = {Side.OURS: 90, Side.NATIVE: 160}


@pytest.fixture
def study(tmp_path):
    for side, grey in GREY.items():
        (tmp_path / side).mkdir()
        for number in range(6):
            cv2.imwrite(str(tmp_path / side / f"{number}.png"), np.full((48, 64, 3), grey, np.uint8))
    return make_study(tmp_path / "study", tmp_path / "ours", tmp_path / "native", 1).study


@pytest.fixture
def open_window(qtbot, theme, study):
    def make(person="Ann"):
        window = StudyWindow(theme, study, person, VerdictStore(study.folder))
        qtbot.addWidget(window)
        window.resize(900, 600)
        with qtbot.waitExposed(window):
            window.show()
        return window

    return make


def press(qtbot, window, key):
    qtbot.waitUntil(lambda: not window.resting)
    qtbot.keyClick(window, key)


def grey_of(pane):
    image = pane.grab().toImage()
    return image.pixelColor(image.width() // 2, image.height() // 3).red()


def test_both_pictures_stand_where_the_seed_put_them_and_nothing_tells_whose(qtbot, open_window, study):
    window = open_window()
    for showing in study.showings("Ann"):
        assert window.showing == showing
        assert [grey_of(pane) for pane in window.panes] == [GREY[showing.left], GREY[showing.left.other]]
        assert [pane.accessibleName() for pane in window.panes] == list(texts.STUDY_SIDES)
        press(qtbot, window, Qt.Key.Key_Left)
    assert window.showing is None
    assert window.progress.text() == texts.STUDY_DONE.format(pairs=6)
    verdicts, _ = VerdictStore(study.folder).read()
    assert [said.verdict.preferred for said in verdicts] == [showing.left for showing in study.showings("Ann")]


def test_a_new_window_goes_on_and_backspace_answers_anew(qtbot, open_window, study):
    window = open_window()
    press(qtbot, window, Qt.Key.Key_Down)
    press(qtbot, window, Qt.Key.Key_Right)
    window.close()
    window = open_window()
    order = study.showings("Ann")
    assert window.showing == order[2]
    qtbot.keyClick(window, Qt.Key.Key_Backspace)
    assert window.showing == order[1]
    press(qtbot, window, Qt.Key.Key_Left)
    verdicts = {said.pair: said for said in VerdictStore(study.folder).read()[0]}
    assert verdicts[order[1].pair.name].verdict.choice is Choice.LEFT
    assert len(verdicts) == 2


def test_a_key_pressed_twice_answers_once(qtbot, open_window, study):
    window = open_window()
    press(qtbot, window, Qt.Key.Key_Left)
    qtbot.keyClick(window, Qt.Key.Key_Left)
    assert len(VerdictStore(study.folder).read()[0]) == 1
    assert not any(button.isEnabled() for button in window.choices.values())


def test_a_button_answers(qtbot, open_window, study):
    window = open_window()
    qtbot.waitUntil(lambda: not window.resting)
    qtbot.mouseClick(window.choices[Choice.EQUAL], Qt.MouseButton.LeftButton)
    ((said,), _) = VerdictStore(study.folder).read()
    assert said.verdict.preferred is None


def test_a_picture_that_is_gone_costs_its_pair(qtbot, open_window, study):
    first = study.showings("Ann")[0]
    (study.folder / "native" / first.pair.native).unlink()
    window = open_window()
    assert window.said.text() == texts.STUDY_NOT_SHOWN
    press(qtbot, window, Qt.Key.Key_Left)
    assert window.showing == study.showings("Ann")[1]
    assert VerdictStore(study.folder).read() == ([], 0)


def test_a_verdict_that_is_not_kept_is_said_and_asked_for_again(qtbot, open_window, monkeypatch):
    window = open_window()
    shown = window.showing
    said = []
    monkeypatch.setattr(QMessageBox, "critical", lambda *words: said.append(words[-1]))

    def refuse(*_):
        raise RecordingError("the disk is full")

    monkeypatch.setattr(window._store, "add", refuse)
    press(qtbot, window, Qt.Key.Key_Left)
    assert said == ["The disk is full."]
    assert window.showing == shown
