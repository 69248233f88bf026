from dataclasses import replace

import numpy as np
import pytest
from PyQt6.QtCore import Qt

from autoexposure.camera import CameraInfo
from autoexposure.control.commands import Teach, Unteach, UsePolicy
from autoexposure.feedback.answer import Label
from autoexposure.feedback.reward import Agreement
from autoexposure.feedback.store import FeedbackStore
from autoexposure.states import AeState
from gui.feedback.store_client import RECENT, THUMBNAIL_PX, Whose, shrunk
from gui.text import texts


@pytest.fixture
def press(window, see, make_frame, qtbot):
    """Paint a picture of this grey and answer it by key."""
    sequence = iter(range(1, 1000))

    def answer(grey, key, **changes):
        see(window, frame=make_frame(grey, sequence=next(sequence)), **changes)
        with qtbot.waitSignal(window.store.shelf_changed):
            qtbot.keyClick(window, key)

    return answer


class TestRecent:
    def test_the_last_five_newest_first_each_with_its_own_picture(self, window, press):
        for number in range(7):
            press(10 + 30 * number, (Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_3)[number % 3])
        shown = window.feedback.recent.recent
        assert [kept.label for kept in shown] == ["under", "over", "well", "under", "over"]
        assert [int(kept.thumbnail.mean()) for kept in shown] == [190, 160, 130, 100, 70]
        assert len(shown) == RECENT

    def test_they_are_painted_and_told(self, window, press):
        strip = window.feedback.recent
        assert strip.accessibleName() == texts.FEEDBACK_RECENT_NONE
        press(200, Qt.Key.Key_3)
        middle = strip.place(0).center()
        assert strip.grab().toImage().pixelColor(middle).red() == pytest.approx(200, abs=2)
        assert strip.accessibleName() == "Last answers: over"
        assert strip.words(strip.recent[0]).startswith("over: 1/60 s, ISO 200, 20")

    def test_undo_takes_the_picture_away(self, window, press, qtbot):
        press(50, Qt.Key.Key_1)
        press(90, Qt.Key.Key_2)
        with qtbot.waitSignal(window.store.shelf_changed):
            qtbot.keyClick(window, Qt.Key.Key_Z)
        assert [kept.label for kept in window.feedback.recent.recent] == ["under"]

    def test_thumbnails_keep_their_shape(self):
        assert shrunk(np.zeros((256, 512, 3), np.uint8)).shape == (THUMBNAIL_PX, 2 * THUMBNAIL_PX, 3)

    def test_a_damaged_picture_leaves_a_gap_and_no_error(self, window, press, tmp_path, qtbot):
        press(50, Qt.Key.Key_1)
        with FeedbackStore(tmp_path / "feedback.sqlite") as store:
            store._file.execute("test", "UPDATE sample SET picture = x'00'")
        window.store._thumbnails = {}
        with qtbot.waitSignal(window.store.shelf_changed):
            window.store.count()
        assert window.feedback.recent.recent[0].thumbnail is None
        assert window.notices.text == ""


class TestAgreementMeter:
    def test_it_counts_answers_that_are_as_the_meter_judged(self, window, press):
        assert window.feedback.agreement.text == ""
        press(100, Qt.Key.Key_2)  # the meter wants 0.05 EV: well, too
        press(100, Qt.Key.Key_1)
        assert window.feedback.agreement.text == "1 / 2"
        assert "1 of the last 2 answers" in window.feedback.agreement.toolTip()

    def test_its_bar(self, window, theme):
        meter = window.feedback.agreement
        meter.show_agreement(Agreement(10, 20))
        image = meter.grab().toImage()
        at = image.height() // 2
        assert image.pixelColor(10, at).name() == theme.palette.converged
        assert image.pixelColor(30, at).name() == theme.palette.control


class TestLearningAtOnce:
    def test_an_answer_teaches_with_the_picture_that_was_judged(self, window, press, loop):
        press(77, Qt.Key.Key_1)
        (taught,) = loop.sent
        assert isinstance(taught, Teach)
        assert (taught.pixels == 77).all()
        assert taught.label is Label.UNDER

    def test_undo_takes_that_back(self, window, press, loop, qtbot):
        press(77, Qt.Key.Key_1)
        (taught,) = loop.sent
        with qtbot.waitSignal(window.store.undone):
            qtbot.keyClick(window, Qt.Key.Key_Z)
        assert loop.sent[1:] == [Unteach(answer=taught.answer)]

    def test_an_answer_given_while_searching_is_kept_but_teaches_nothing(self, window, press, loop, qtbot):
        press(77, Qt.Key.Key_1, ae_state=AeState.SEARCHING)
        assert "not learned from" in window.feedback.said
        assert not window.feedback.recent.recent[0].settled
        with qtbot.waitSignal(window.store.undone):
            qtbot.keyClick(window, Qt.Key.Key_Z)
        assert loop.sent == []

    def test_skip_stores_nothing_and_says_so(self, window, loop, qtbot, tmp_path):
        qtbot.keyClick(window, Qt.Key.Key_S)
        window.store.background.wait()
        assert window.feedback.said == texts.FEEDBACK_SKIPPED
        with FeedbackStore(tmp_path / "feedback.sqlite") as store:
            assert store.counts().total == 0

    def test_while_something_else_has_the_stage_nothing_is_judged(self, window, see, qtbot, tmp_path):
        window.actions_["compare"].setChecked(True)
        see(window)
        assert window.actions_["well"].toolTip() == texts.FEEDBACK_NOT_LIVE
        assert window._judged() is None
        window.actions_["compare"].setChecked(False)
        see(window)
        assert window.actions_["well"].isEnabled()


class TestProfiles:
    def test_each_person_has_their_own_answers(self, window, press, qtbot, loop):
        press(40, Qt.Key.Key_1)
        with qtbot.waitSignal(window.store.shelf_changed):
            window.feedback.profile.choose("Anna")
        assert window.feedback.said == texts.FEEDBACK_COUNT_NONE
        assert window.feedback.recent.recent == ()
        assert isinstance(loop.sent[-1], UsePolicy), "the meter knows what Anna taught it"
        press(60, Qt.Key.Key_3)
        press(60, Qt.Key.Key_3)
        assert window.feedback.profile.people() == ["default", "Anna"]
        with qtbot.waitSignal(window.store.shelf_changed):
            window.feedback.profile.choose("default")
        assert [kept.label for kept in window.feedback.recent.recent] == ["under"]

    def test_the_policy_is_made_for_who_is_chosen(self, make_window, services, loop, running, settings):
        asked = []
        personal = replace(services.personal, make_policy=lambda *whose: asked.append(whose))
        loop.snapshot = running
        window = make_window(replace(services, personal=personal))
        window.feedback.profile.choose("Anna")
        window.feedback.profile.only_this_camera(True)
        for command in loop.sent:
            command.make_policy()
        assert asked == [("Anna", "usb-1-2"), ("Anna", "usb-1-2")], "made when the loop comes to it"

    def test_a_classical_meter_is_left_alone(self, window, loop):
        window.feedback.profile.choose("Anna")
        assert [command.instead_of for command in loop.sent] == ["attention"]

    def test_only_this_camera(self, window, see, press, qtbot):
        press(40, Qt.Key.Key_1)
        other = CameraInfo("v4l2:/dev/video1", "Another webcam", "usb-9")
        press(40, Qt.Key.Key_2, camera=other)
        with qtbot.waitSignal(window.store.shelf_changed):
            window.feedback.profile.only_this_camera(True)
        assert window.store.whose == Whose("default", "usb-9")
        assert [kept.label for kept in window.feedback.recent.recent] == ["well"]
        with qtbot.waitSignal(window.store.shelf_changed):
            see(window, camera=replace(other, stable_id="usb-1-2"))
        assert [kept.label for kept in window.feedback.recent.recent] == ["under"]

    def test_the_choice_is_remembered(self, window, make_window, services):
        window.feedback.profile.choose("Anna")
        assert make_window(services).store.whose == Whose("Anna")

    @pytest.mark.parametrize(
        ("whose", "owns"),
        [(Whose(), True), (Whose("Anna"), False), (Whose(camera="usb-1-2"), True), (Whose(camera="x"), False)],
    )
    def test_an_answer_teaches_whoever_is_chosen_when_it_is_stored_if_it_is_theirs(self, running, whose, owns):
        assert whose.owns("default", running.camera) is owns

    @pytest.mark.parametrize(("key", "done"), [(Qt.Key.Key_1, "stored"), (Qt.Key.Key_Z, "undone")])
    def test_what_is_stored_after_the_person_changed_does_not_change_what_the_next_one_taught(
        self, window, press, loop, qtbot, key, done
    ):
        press(77, Qt.Key.Key_3)
        loop.sent.clear()
        with qtbot.waitSignal(getattr(window.store, done)):
            qtbot.keyClick(window, key)
            window.feedback.profile.choose("Anna")
        assert [type(command) for command in loop.sent] == [UsePolicy]

    def test_a_lesson_has_the_bias_of_its_picture_and_its_number_in_the_store(self, window, press, loop):
        press(77, Qt.Key.Key_2, ev_bias=1.0)
        (taught,) = loop.sent
        assert (taught.bias_ev, taught.answer) == (1.0, 1)

    def test_the_menu_offers_people_the_camera_and_a_new_name(self, window, qtbot):
        button = window.feedback.profile
        button.choose("Anna")
        button._fill()
        entries = {action.text(): action.isChecked() for action in button.menu().actions() if action.text()}
        assert entries == {"Me  (0)": False, "Anna  (0)": True, "Only answers given with A webcam": False}
        edit = button.menu().actions()[-1].line
        edit.setText("  Ben   the  brave ")
        qtbot.keyClick(edit, Qt.Key.Key_Return)
        assert window.store.whose.person == "Ben the brave"

    def test_an_empty_name_is_nobody(self, window):
        window.feedback.profile.choose("   ")
        assert window.store.whose == Whose()
