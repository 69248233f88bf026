from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel, QPushButton

from autoexposure.errors import ModelFileError
from autoexposure.feedback.answer import Label
from autoexposure.feedback.reward import Agreement
from autoexposure.personal.model_store import JudgedKind, PersonalModel, Verdict
from autoexposure.personal.rounds import Round
from autoexposure.personal.training_job import ENOUGH_ANSWERS, FEWEST_ANSWERS, JobState, Stage
from gui.bridge.services import Kept, PersonalServices
from gui.feedback.personalise_dialog import PersonaliseDialog
from gui.feedback.store_client import Shelf, Whose
from gui.text import texts


class FakeJob:
    def __init__(self):
        self.state, self.cancelled, self.closed = JobState(), False, False

    def cancel(self):
        self.cancelled = True
        self.state = replace(self.state, stage=Stage.CANCELLED)

    def close(self, timeout_s=10.0):
        self.closed = True


class Disk:
    """Models of one person, and what was asked of them."""

    def __init__(self):
        self.kept, self.used, self.jobs, self.started = Kept((), None), [], [], []

    def start(self, person, camera):
        self.started.append((person, camera))
        self.jobs.append(FakeJob())
        return self.jobs[-1]

    def use(self, person, number):
        self.used.append((person, number))
        self.kept = replace(self.kept, in_use=number)


def model(number):
    return PersonalModel(number, Path("x.onnx"), datetime(2026, 5, number, 12, tzinfo=UTC), Verdict(17, 14, 20), 20)


@pytest.fixture
def disk():
    return Disk()


@pytest.fixture
def dialog(qtbot, theme, disk, background):
    from PyQt6.QtWidgets import QWidget

    parent = QWidget()
    qtbot.addWidget(parent)
    services = PersonalServices(
        make_policy=lambda *_: pytest.fail("not by the dialog"),
        start=disk.start,
        kept=lambda person: disk.kept,
        use=disk.use,
        lacking=lambda: "",
    )
    made = PersonaliseDialog(parent, services, background)
    made.parent_, made.used = parent, []
    made.changed.connect(lambda: made.used.append(True))
    made.show_shelf(shelf(20))
    made.open_()
    yield made
    made.close()


def shelf(count, whose=None):
    return Shelf(whose or Whose("Anna", "usb-1"), count, (), Agreement(), ())


def settle(dialog, background, qapp):
    background.wait()
    qapp.processEvents()  # the answer arrives
    qapp.processEvents()  # and new widgets are shown


def words(dialog):
    return [label.text() for label in dialog.findChildren(QLabel) if label.isVisible()]


def test_it_comes_up_in_the_middle_of_its_window(dialog):
    dialog.close()
    dialog.parent_.setGeometry(150, 120, 500, 400)
    dialog.open_()
    off = dialog.geometry().center() - dialog.parent_.frameGeometry().center()
    assert abs(off.x()) < 40  # not in a corner of the screen; it grows a little when the models are listed
    assert abs(off.y()) < 40


def test_a_training_is_watched_to_its_end_and_both_numbers_are_told(dialog, disk, background, qtbot, qapp):
    assert "Anna: 20 answers" in words(dialog)
    qtbot.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    assert disk.started == [("Anna", "usb-1")]
    assert dialog.go.text() == texts.PERSONALISE_CANCEL
    job = disk.jobs[0]
    job.state = JobState(Stage.ACCEPTANCE, 0.4)
    dialog.look()
    assert dialog.said == texts.PERSONALISE_STAGES["acceptance"]
    assert dialog._progress.value() == 400
    job.state = JobState(Stage.DONE, 1.0, Verdict(17, 14, 20), used=True)
    disk.kept = Kept((model(1),), 1)
    dialog.look()
    settle(dialog, background, qapp)
    assert "17 of your 20 answers, the old one with\u00a014" in dialog.said
    assert dialog.used == [True]
    assert job.closed
    assert not dialog.running
    assert "Number 1, " in " ".join(words(dialog))
    assert "agreed with 17 of 20" in words(dialog)


KINDS = (JudgedKind(Label.UNDER, 12, 11, 6), JudgedKind(Label.WELL, 8, 6, 8))


def test_before_and_after_are_drawn_and_told(dialog, disk, qtbot):
    assert not dialog.figure.isVisible()
    qtbot.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    assert not dialog.figure.isVisible()
    disk.jobs[0].state = JobState(Stage.DONE, 1.0, Verdict(17, 14, 20, KINDS, 0.2, 0.25, 0.99), used=True)
    dialog.look()
    assert dialog.figure.isVisible()
    assert "It is about 0.20\u00a0EV off what you want, the old one 0.25\u00a0EV." in dialog.said
    assert dialog.figure.accessibleDescription() == (
        "too dark: agreed with 6 of 12 before, 11 after; good: agreed with 8 of 8 before, 6 after"
    )
    dialog.adjustSize()
    drawn = dialog.figure.grab().toImage()
    accent = dialog.figure.palette().highlight().color().rgb()
    rows = [sum(drawn.pixel(x, y) == accent for x in range(drawn.width())) for y in range(drawn.height())]
    thick = [length for length in rows if length > 20]
    assert max(thick[: len(thick) // 2]) > 1.1 * max(thick[len(thick) // 2 :])  # 11 of 12 above, 6 of 8 below
    qtbot.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    assert not dialog.figure.isVisible()  # the next one has not ended


def test_a_verdict_of_an_older_version_draws_nothing(dialog, disk, qtbot):
    qtbot.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    disk.jobs[0].state = JobState(Stage.DONE, 1.0, Verdict(17, 14, 20), used=True)
    dialog.look()
    assert not dialog.figure.isVisible()


def test_a_lead_that_may_be_chance_is_called_so(dialog, disk, qtbot):
    qtbot.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    disk.jobs[0].state = JobState(Stage.DONE, 1.0, Verdict(15, 14, 20, KINDS, 0.2, 0.25, 0.6), used=False)
    dialog.look()
    assert dialog.said.startswith("The old model stays")
    assert dialog.said.endswith("may be chance.")


def test_rounds_show_how_the_share_of_good_answers_went(dialog, disk, background, qapp):
    disk.kept = Kept((model(2), model(1)), 2, (Round(0, 50, 20), Round(1, 0, 0), Round(2, 10, 8)))
    dialog.list_models()
    settle(dialog, background, qapp)
    assert "Good answers, from training to training: 40% of 50, 80% of 10." in words(dialog)
    disk.kept = replace(disk.kept, rounds=(Round(0, 50, 20), Round(1, 12, 12)))
    dialog.list_models()
    settle(dialog, background, qapp)
    assert any(said.endswith(texts.PERSONALISE_ALL_GOOD) for said in words(dialog))
    disk.kept = replace(disk.kept, rounds=(Round(0, 50, 20),))
    dialog.list_models()
    settle(dialog, background, qapp)
    assert not any("training to training" in said for said in words(dialog))  # there was none yet


def test_a_few_answers_are_said_to_be_few_and_may_be_trained_on_all_the_same(dialog, disk, qtbot):
    dialog.show_shelf(shelf(34))
    assert texts.PERSONALISE_FEW.format(answers=34, lacking=66) in dialog.said
    assert dialog.go.text() == texts.PERSONALISE_ANYWAY
    qtbot.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    assert len(disk.started) == 1
    assert dialog.go.text() == texts.PERSONALISE_CANCEL
    disk.jobs[0].state = JobState(Stage.DONE, 1.0, Verdict(14, 15, 34), used=False)
    dialog.look()
    dialog.show_shelf(shelf(35))
    assert dialog.said.startswith("The old model stays")  # what was found is still there to read
    dialog.show_shelf(shelf(ENOUGH_ANSWERS, Whose("Ben")))
    assert dialog.go.text() == texts.PERSONALISE_START
    assert dialog.said == texts.PERSONALISE_INTRO


def test_a_model_that_is_not_better_is_not_used(dialog, disk, background, qtbot, qapp):
    qtbot.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    disk.jobs[0].state = JobState(Stage.DONE, 1.0, Verdict(14, 15, 20), used=False)
    dialog.look()
    assert dialog.said.startswith("The old model stays")
    assert dialog.used == []


def test_a_new_model_is_not_said_to_be_used_while_another_was_asked_for(dialog, disk, qtbot):
    dialog._services = replace(dialog._services, given="mine.onnx")
    qtbot.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    disk.jobs[0].state = JobState(Stage.DONE, 1.0, Verdict(17, 14, 20), used=True)
    dialog.look()
    assert dialog.said.startswith("The new model is saved")
    assert "mine.onnx stays in use" in dialog.said


def test_cancel(dialog, disk, background, qtbot, qapp):
    for _ in range(2):
        qtbot.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    assert disk.jobs[0].cancelled
    dialog.look()
    assert dialog.said == texts.PERSONALISE_STAGES["cancelled"]
    assert dialog.go.text() == texts.PERSONALISE_ANYWAY  # 20 answers are few
    assert dialog.go.isEnabled()


def test_an_error_is_a_sentence(dialog, disk, qtbot):
    qtbot.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    disk.jobs[0].state = JobState(Stage.FAILED, error="the disk is full")
    dialog.look()
    assert dialog.said == "The disk is full."
    assert not dialog.running


def test_closing_the_sheet_leaves_the_training_running_and_the_window_ends_it(dialog, disk, background, qtbot, qapp):
    qtbot.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    dialog.close()
    assert not disk.jobs[0].cancelled
    dialog.end()
    background.wait()
    assert disk.jobs[0].cancelled
    assert disk.jobs[0].closed


def test_back_to_an_earlier_model(dialog, disk, background, qtbot, qapp):
    disk.kept = Kept((model(2), model(1)), 2)
    dialog.list_models()
    settle(dialog, background, qapp)
    buttons = {button.accessibleName(): button for button in dialog.findChildren(QPushButton) if button.isVisible()}
    name = next(name for name in buttons if name.startswith("Use Number 1"))
    assert texts.PERSONALISE_USE_NAME.format(name=texts.PERSONALISE_BASE) in buttons
    qtbot.mouseClick(buttons[name], Qt.MouseButton.LeftButton)
    settle(dialog, background, qapp)
    settle(dialog, background, qapp)
    assert disk.used == [("Anna", 1)]
    assert dialog.used == [True]
    assert [text for text in words(dialog) if text == texts.PERSONALISE_IN_USE] == [texts.PERSONALISE_IN_USE]


def test_a_model_asked_for_at_the_start_is_the_one_in_use_and_no_other(dialog, disk, background, qapp):
    dialog._services = replace(dialog._services, given="mine.onnx")
    disk.kept = Kept((model(2), model(1)), 2)
    dialog.list_models()
    settle(dialog, background, qapp)
    shown = words(dialog)
    assert shown.count(texts.PERSONALISE_IN_USE) == 1
    assert shown[shown.index("mine.onnx, chosen with --model") + 2] == texts.PERSONALISE_IN_USE
    buttons = [button.text() for button in dialog.findChildren(QPushButton) if button.isVisible()]
    assert texts.PERSONALISE_USE not in buttons


def test_a_disk_that_refuses_is_said(dialog, disk, background, qapp):
    def refuse(person):
        raise ModelFileError("the models of Anna can't be read")

    dialog._services = replace(dialog._services, kept=refuse)
    dialog.list_models()
    settle(dialog, background, qapp)
    assert dialog.said == "The models of Anna can't be read."


def test_answers_that_a_training_leaves_out_do_not_count(dialog):
    dialog.show_shelf(replace(shelf(12), unsettled=3))
    assert not dialog.go.isEnabled()
    assert texts.PERSONALISE_TOO_FEW.format(least=FEWEST_ANSWERS) in dialog.said
    assert "Anna: 9 answers, plus 3 that can't be learned from" in words(dialog)
    dialog.show_shelf(replace(shelf(13), unsettled=3))
    assert dialog.go.isEnabled()


def test_too_few_answers(dialog):
    dialog.show_shelf(shelf(9, Whose("Ben")))
    assert not dialog.go.isEnabled()
    assert "at least 10 answers" in dialog.said
    dialog.show_shelf(shelf(10, Whose("Ben")))
    assert dialog.go.isEnabled()


def test_without_the_library_it_says_what_to_install(dialog):
    dialog._services = replace(dialog._services, lacking=lambda: "torch")
    dialog.show_shelf(shelf(20, Whose("Ben")))
    assert not dialog.go.isEnabled()
    assert "autoexposure[learn]" in dialog.said
