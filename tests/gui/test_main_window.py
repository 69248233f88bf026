from dataclasses import replace

import numpy as np
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication, QToolButton, QToolTip

from autoexposure.camera import Capabilities
from autoexposure.control.commands import Lock, Pause, SetBias, UseCamera, UseNativeAuto, UsePolicy
from autoexposure.errors import CameraDisconnected, CameraNotFound, FeedbackError
from autoexposure.exposure import Exposure
from autoexposure.feedback.answer import Label
from autoexposure.feedback.store import FeedbackStore
from autoexposure.metering.policy import Decision
from autoexposure.states import AeState, LoopState
from gui.actions.notices import Level, Notice
from gui.text import texts


def labels_of(widget):
    from PyQt6.QtWidgets import QLabel

    return [label.text() for label in widget.findChildren(QLabel)]


class TestSnapshotShown:
    def test_read_out(self, window):
        shown = labels_of(window.exposure)
        assert "1/60 s" in shown
        assert "ISO 200" in shown
        assert "+0.05" in shown
        assert "−4.91" in shown, "EV of 1/60 s at gain 2"
        assert "reported" in shown

    def test_status(self, window):
        shown = labels_of(window.status)
        assert {"A webcam", "64 × 48", "29.9 fps", "3 dropped"} <= set(shown)
        assert window.status.chip.text == "Converged"

    @pytest.mark.parametrize(
        ("changes", "word"),
        [
            ({"ae_state": AeState.SEARCHING}, "Searching"),
            ({"ae_state": AeState.LOCKED}, "Locked"),
            ({"ae_state": AeState.INACTIVE}, "Inactive"),
            ({"loop_state": LoopState.RECONNECTING}, "Reconnecting"),
            ({"loop_state": LoopState.FAILED}, "Failed"),
            ({"loop_state": LoopState.STARTING}, "Starting"),
        ],
    )
    def test_state(self, window, see, changes, word):
        see(window, **changes)
        assert window.status.chip.text == word

    def test_what_is_not_known_is_not_invented(self, window, see, make_frame):
        see(window, frame=make_frame(exposure=None), decision=None, target_ev=None)
        assert labels_of(window.exposure).count(texts.UNKNOWN) == 5

    def test_iso_follows_the_camera_base(self, window, see, running):
        see(window, capabilities=replace(running.capabilities, base_iso=50))
        assert "ISO 100" in labels_of(window.exposure)

    def test_a_camera_that_follows_others_says_so_where_its_exposure_stands(self, window, see):
        assert window.exposure._matched.isHidden()
        see(window, follows=True)
        assert not window.exposure._matched.isHidden()
        see(window, follows=False)
        assert window.exposure._matched.isHidden()

    def test_nothing_is_shown_before_the_first_turn(self, make_window, services):
        window = make_window(services)
        assert window.preview.painted is None
        assert texts.STATUS_NO_CAMERA in labels_of(window.status)


class TestCommands:
    def test_bias_slider_sends_thirds_and_shows_them(self, window, loop):
        window.control.slider.setValue(4)
        assert loop.sent == [SetBias(4 / 3)]
        assert "+1.3 EV" in labels_of(window.control)

    def test_bias_keys(self, window, loop, qtbot):
        qtbot.keyClick(window, Qt.Key.Key_Equal)
        qtbot.keyClick(window, Qt.Key.Key_Minus)
        qtbot.keyClick(window, Qt.Key.Key_Minus)
        assert loop.sent == [SetBias(1 / 3), SetBias(0), SetBias(-1 / 3)]
        qtbot.keyClick(window, Qt.Key.Key_0)
        assert loop.sent[-1] == SetBias(0)
        assert "0 EV" in labels_of(window.control)

    def test_a_bias_on_its_way_is_not_thrown_back(self, window, see):
        window.control.slider.setValue(3)
        see(window, ev_bias=0.0)
        assert window.control.slider.value() == 3
        see(window, ev_bias=1.0)
        see(window, ev_bias=-1.0)
        assert window.control.slider.value() == -3, "once granted, the loop's own value is followed"

    def test_showing_a_bias_sends_nothing(self, window, loop, see):
        see(window, ev_bias=2.0)
        assert window.control.slider.value() == 6
        assert loop.sent == []

    @pytest.mark.parametrize(
        ("key", "command"),
        [(Qt.Key.Key_L, Lock), (Qt.Key.Key_Space, Pause), (Qt.Key.Key_N, UseNativeAuto)],
    )
    def test_switches(self, window, loop, qtbot, key, command):
        qtbot.keyClick(window, key)
        assert loop.sent == [command(True)]
        qtbot.keyClick(window, key)
        assert loop.sent == [command(True), command(False)]

    def test_switches_follow_the_loop(self, window, loop, see):
        see(window, locked=True, paused=True)
        assert window.actions_["lock"].isChecked()
        assert window.actions_["pause"].isChecked()
        assert loop.sent == []

    def test_what_the_camera_cannot_do_is_disabled_with_the_reason(self, window, see, loop, qtbot):
        see(window, capabilities=Capabilities(note="its firmware decides alone"), frame=None)
        assert not window.control.slider.isEnabled()
        assert "its firmware decides alone" in window.control.slider.toolTip()
        assert "its firmware decides alone" in window.actions_["lock"].toolTip()
        qtbot.keyClick(window, Qt.Key.Key_L)
        assert loop.sent == []

    def test_no_automatic_of_its_own(self, window, see, running):
        see(window, capabilities=replace(running.capabilities, native_auto=False))
        assert window.actions_["native"].toolTip() == texts.NO_NATIVE
        assert window.actions_["lock"].isEnabled()
        see(window, capabilities=running.capabilities)
        assert window.actions_["native"].isEnabled()

    def test_space_pauses_even_after_a_click_elsewhere(self, window, loop, qtbot):
        from gui.widgets.controls import WordButton

        lock = next(button for button in window.findChildren(WordButton) if button.text() == "Lock")
        qtbot.mouseClick(lock, Qt.MouseButton.LeftButton)
        assert loop.sent == [Lock(True)]
        qtbot.keyClick(window, Qt.Key.Key_Space)
        assert loop.sent == [Lock(True), Pause(True)]


class TestOverlays:
    def test_switching_on_changes_the_picture_and_off_restores_it(self, window, qtbot):
        plain = window.preview.grab().toImage()
        qtbot.keyClick(window, Qt.Key.Key_A)
        assert window.preview.overlays.attention
        assert window.preview.grab().toImage() != plain
        qtbot.keyClick(window, Qt.Key.Key_A)
        assert window.preview.grab().toImage() == plain

    def test_every_key(self, window, qtbot):
        for key in (Qt.Key.Key_E, Qt.Key.Key_C, Qt.Key.Key_G):
            qtbot.keyClick(window, key)
        shown = window.preview.overlays
        assert (shown.attention, shown.exposure, shown.clipping, shown.cells) == (False, True, True, True)

    def test_a_meter_without_maps_cannot_show_them(self, window, see):
        see(window, decision=Decision(0.1))
        assert window.actions_["attention"].toolTip() == texts.NO_MAP
        assert not window.actions_["exposure_map"].isEnabled()
        assert window.actions_["clipping"].isEnabled()

    def test_choices_are_remembered(self, window, make_window, services, qtbot):
        qtbot.keyClick(window, Qt.Key.Key_E)
        qtbot.keyClick(window, Qt.Key.Key_G)
        window.close()
        again = make_window(services)
        assert again.preview.overlays.exposure
        assert again.preview.overlays.cells
        assert not again.preview.overlays.attention
        assert again.actions_["exposure_map"].isChecked()


class TestFeedback:
    @pytest.mark.parametrize(
        ("key", "label"), [(Qt.Key.Key_1, "under"), (Qt.Key.Key_2, "well"), (Qt.Key.Key_3, "over")]
    )
    def test_a_key_stores_the_picture_on_screen(self, window, see, qtbot, tmp_path, key, label):
        see(window, model_hash="ab12")
        with qtbot.waitSignal(window.store.stored):
            qtbot.keyClick(window, key)
        with FeedbackStore(tmp_path / "feedback.sqlite") as store:
            (sample,) = store.samples()
            assert (sample.label, sample.exposure, sample.camera) == (label, Exposure(1 / 60, 2.0), "usb-1-2")
            assert (sample.meter, sample.model_hash, sample.ae_state) == ("attention", "ab12", "converged")
            assert sample.delta_ev == pytest.approx(0.05)
            assert (store.picture(sample.id) == 128).all()

    def test_the_picture_on_screen_counts_not_a_newer_one_nobody_saw(
        self, window, loop, qtbot, tmp_path, make_frame, monkeypatch
    ):
        monkeypatch.setattr(window.preview, "repaint", lambda: None)
        newer = make_frame(250, sequence=9, exposure=Exposure(1.0))
        loop.snapshot = replace(loop.snapshot, turn=99, frame=newer)
        window.bridge.poll()  # handed over, but not painted yet
        with qtbot.waitSignal(window.store.stored):
            window.actions_["over"].trigger()
        with FeedbackStore(tmp_path / "feedback.sqlite") as store:
            (sample,) = store.samples()
            assert sample.exposure == Exposure(1 / 60, 2.0)
            assert (store.picture(sample.id) == 128).all()

    def test_it_is_confirmed_counted_and_marked(self, window, qtbot):
        with qtbot.waitSignal(window.store.stored):
            qtbot.keyClick(window, Qt.Key.Key_1)
        assert window.feedback.said == "Stored as under: 1/60 s, ISO 200"
        assert [mark.kind for mark in window.history.window().marks] == ["under"]
        window.feedback.say_count()
        assert window.feedback.said == "1 answer"

    def test_undo_takes_back_the_last(self, window, qtbot, tmp_path):
        for key in (Qt.Key.Key_1, Qt.Key.Key_2):
            with qtbot.waitSignal(window.store.stored):
                qtbot.keyClick(window, key)
        with qtbot.waitSignal(window.store.undone):
            qtbot.keyClick(window, Qt.Key.Key_Z)
        assert window.feedback.said == "Took back: well"
        assert [mark.kind for mark in window.history.window().marks] == ["under"]
        with FeedbackStore(tmp_path / "feedback.sqlite") as store:
            assert [sample.label for sample in store.samples()] == ["under"]

    def test_undo_with_nothing_there(self, window, qtbot):
        with qtbot.waitSignal(window.store.undone):
            window.store.undo()
        assert window.feedback.said == texts.FEEDBACK_NOTHING_TO_UNDO

    def test_answers_of_earlier_days_are_counted(self, make_window, services, loop, running, qtbot, tmp_path):
        with FeedbackStore(tmp_path / "feedback.sqlite") as store:
            for _ in range(2):
                store.add(running.frame, Label.WELL, camera="", meter="", ae_state=AeState.LOCKED, delta_ev=None)
        window = make_window(services)
        with qtbot.waitSignal(window.store.shelf_changed):
            window.store.count()
        assert window.feedback.said == "2 answers"
        assert window.actions_["undo"].isEnabled()

    def test_without_a_picture_there_is_nothing_to_judge(self, window, see, qtbot):
        see(window, frame=None, loop_state=LoopState.FAILED)
        assert window.actions_["well"].toolTip() == texts.FEEDBACK_NO_PICTURE
        assert not window.actions_["well"].isEnabled()

    def test_a_store_that_fails_is_said_and_the_window_lives(self, make_window, services, loop, running, qtbot):
        loop.snapshot = running

        def broken():
            raise FeedbackError("No space left on device")

        window = make_window(replace(services, open_feedback=broken))
        window.preview.repaint()
        with qtbot.waitSignal(window.store.failed):
            window.actions_["well"].trigger()
        assert window.notices.text == "No space left on device."

    def test_a_damaged_store_is_said(self, make_window, services, loop, running, qtbot, tmp_path):
        (tmp_path / "feedback.sqlite").write_bytes(b"this is no database" * 100)
        window = make_window(services)
        with qtbot.waitSignal(window.store.shelf_changed):
            window.store.count()
        assert "damaged" in window.notices.text


class TestPickers:
    def test_cameras_are_found_in_the_background_real_ones_first(self, window, qtbot):
        window.cameras.refresh()
        qtbot.waitUntil(lambda: window.cameras.count() == 2)
        assert [window.cameras.itemText(i) for i in range(2)] == ["A webcam", "Simulated camera"]
        assert window.cameras.currentText() == "A webcam"

    def test_choosing_sends_a_camera_to_open_later(self, window, loop, services, see, qtbot):
        opened = []
        window.cameras._opener = lambda stable_id: opened.append
        window.cameras.refresh()
        qtbot.waitUntil(lambda: window.cameras.count() == 2)
        window.cameras.setCurrentIndex(1)
        window.cameras.activated.emit(1)
        (command,) = loop.sent
        assert isinstance(command, UseCamera)
        assert opened == [], "opening is the loop's business"
        command.open_camera()
        assert opened == ["sim:"]
        see(window)
        assert window.cameras.currentText() == "Simulated camera", "what was asked for is shown at once"

    def test_choosing_the_open_camera_again_does_nothing(self, window, loop, qtbot):
        window.cameras.activated.emit(0)
        assert loop.sent == []

    def test_the_camera_that_was_let_go_can_be_chosen_again(self, window, loop, see):
        see(window, camera=None, capabilities=None, frame=None, loop_state=LoopState.STOPPED)
        index = window.cameras.findData("v4l2:/dev/video0")
        window.cameras.activated.emit(index)
        assert [type(command) for command in loop.sent] == [UseCamera]

    def test_the_list_says_what_it_says_of_the_open_camera_too(self, make_window, services, loop, running, qtbot):
        loop.snapshot = running
        listed = replace(running.camera, detail="as the list describes it")
        window = make_window(replace(services, list_cameras=lambda: [listed]))
        window.cameras.refresh()
        qtbot.waitUntil(lambda: window.cameras.cameras == [listed])

    def test_an_open_camera_that_no_list_names_is_shown_all_the_same(self, window, see, qtbot, running):
        see(window, camera=replace(running.camera, spec="sim:scene=x.hdr", name="Simulated camera: x.hdr"))
        assert window.cameras.currentText() == "Simulated camera: x.hdr"

    def test_a_failed_search_is_said(self, make_window, services, qtbot):
        def fail():
            raise OSError("the bus does not answer")

        window = make_window(replace(services, list_cameras=fail))
        with qtbot.waitSignal(window.cameras.failed):
            window.cameras.refresh()
        assert "the bus does not answer" in window.notices.text

    def test_meters(self, window, loop, see):
        assert window.meters.currentText() == "Attention"
        window.meters.setCurrentIndex(1)
        window.meters.activated.emit(1)
        assert [type(command) for command in loop.sent] == [UsePolicy]
        see(window, meter="matrix")
        see(window, meter="spot")
        assert window.meters.currentText() == "Spot"

    def test_a_meter_that_stands_in_is_not_shown_as_the_chosen_one(self, window, see):
        see(window, meter="matrix", instead_of="attention")
        assert window.meters.currentText() == "Attention"


class TestNotices:
    def test_an_error_of_the_loop_is_a_sentence_with_something_to_do(self, window, see):
        error = CameraNotFound("there is no camera at /dev/video7: plug it in or choose another")
        see(window, loop_state=LoopState.FAILED, error=error, notice=str(error), frame=None)
        assert window.notices.text == "There is no camera at /dev/video7: plug it in or choose another."
        assert window.notices.action is window.actions_["camera"]
        see(window, loop_state=LoopState.RUNNING, error=None, notice="")
        assert window.notices.text == ""

    def test_an_error_without_a_notice_still_speaks(self, window, see):
        see(window, loop_state=LoopState.RECONNECTING, error=CameraDisconnected("it left"), notice="")
        assert window.notices.text == "It left."

    def test_a_dismissed_notice_stays_away_until_something_else_is_wrong(self, window, see):
        see(window, notice="first")
        window.notices.dismiss()
        assert window.notices.text == ""
        see(window)
        assert window.notices.text == ""
        see(window, notice="second")
        assert window.notices.text == "Second."
        see(window, notice="")
        see(window, notice="first")
        assert window.notices.text == "First."

    def test_the_weightiest_wins(self, window, see):
        window.report(ValueError("a bug"))
        see(window, notice="a hint")
        assert "a bug" in window.notices.text
        window.notices.dismiss()
        assert window.notices.text == "A hint."

    def test_of_equal_weight_the_newest_wins(self, window):
        for key, text in (("first", "One."), ("second", "Two."), ("first", "Three.")):
            window.notices.say(key, Notice(Level.ERROR, text))
            assert window.notices.text == text
        window.notices.say("second", Notice(Level.ERROR, "Two."))
        assert window.notices.text == "Three.", "nothing new was said"


class TestWindow:
    def test_layout_is_remembered(self, window, make_window, services, qtbot):
        qtbot.keyClick(window, Qt.Key.Key_P)
        assert not window.plots.isVisible()
        window.close()
        again = make_window(services)
        assert not again.plots.isVisible()
        assert not again.actions_["plots"].isChecked()
        assert again.actions_["panel"].isChecked()

    @pytest.mark.parametrize("name", ["", "control", "limits", "histogram", "overlays", "why"])
    def test_everything_fits_at_1280x720_whichever_card_is_open(self, window, name):
        if name:
            window.side.unfold(name)
            QApplication.processEvents()  # the scroll bar's range follows the layout's
        assert window.side.area.verticalScrollBar().maximum() == 0
        assert window.preview.height() >= 400

    def test_no_tool_is_hidden_in_the_smallest_window(self, window):
        window.resize(window.minimumSizeHint())
        QApplication.processEvents()
        hidden = [bar for bar in window.findChildren(QToolButton, "qt_toolbar_ext_button") if bar.isVisible()]
        assert hidden == []

    def test_panel_and_plots_grow_and_shrink_with_the_window(self, window):
        sizes = []
        for size in ((1280, 720), (2560, 1440), (1280, 720)):
            window.resize(*size)
            QApplication.processEvents()
            sizes.append((window.side.width(), window.plots.height()))
        assert sizes[0] == sizes[2]
        assert sizes[1] > sizes[0]

    def test_every_action_has_a_tooltip_and_a_key(self, window):
        for name, action in window.actions_.items():
            assert action.toolTip(), name
            assert action.shortcuts(), name

    def test_no_two_actions_share_a_key(self, window):
        keys = [key.toString() for _, action in window.actions_.items() for key in action.shortcuts()]
        assert len(keys) == len(set(keys))

    def test_whatever_tab_reaches_has_a_name_for_screen_readers(self, window):
        from PyQt6.QtWidgets import QWidget

        for widget in window.findChildren(QWidget):
            if widget.isVisible() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
                named = widget.accessibleName() or getattr(widget, "text", lambda: "")()
                assert named, f"{widget} ({widget.parentWidget()})"

    def test_shortcuts_sheet(self, window, qtbot):
        from gui.actions.menu import ShortcutsSheet

        qtbot.keyClick(window, Qt.Key.Key_F1)
        (sheet,) = window.findChildren(ShortcutsSheet)
        assert sheet.isVisible()
        assert not sheet.isModal()
        assert {"L", "Lock", "Space", "Pause"} <= set(labels_of(sheet))

    def test_frames_of_any_shape(self, window, see, running):
        wide = np.zeros((30, 300, 3), np.uint8)
        see(window, frame=replace(running.frame, pixels=wide, timestamp_s=200.0))
        assert window.preview.picture_rect().width() == window.preview.width()
        window.histogram.refresh()
        window.plots.refresh()
        window.grab()


def test_a_key_that_can_do_nothing_says_why(window, see, qtbot):
    see(window, capabilities=Capabilities())
    qtbot.keyClick(window, Qt.Key.Key_X, Qt.KeyboardModifier.ShiftModifier)
    assert QToolTip.text() == texts.COMPARE_HINDRANCES["no_control"]
    QToolTip.hideText()
    qtbot.keyClick(window, Qt.Key.Key_L)
    assert QToolTip.text() == texts.NO_CONTROL
    QToolTip.hideText()
