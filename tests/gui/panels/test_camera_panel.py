"""The Camera card: every control is changed, followed, undone and put back; what can't be set says why."""

from dataclasses import replace

import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QWheelEvent
from PyQt6.QtWidgets import QAbstractButton, QApplication, QComboBox, QSlider, QToolButton

from autoexposure.abilities.adjustable import NAMES, AdjustmentKind, Choice
from autoexposure.control.commands import Adjust, HoldWhiteBalance, UseCamera
from autoexposure.states import LoopState
from gui.bridge import optimistic
from gui.panels.adjustment_rows import ListRow, NumberRow, SegmentsRow, SwitchRow, number_text
from gui.text import texts
from gui.widgets.card import FoldButton
from tests.gui.cameras.played import FEW, MANY, MODE, MODES

BY_NAME = {one.name: one for one in MANY}


@pytest.fixture
def offer(window, see):
    """Have the camera offer these, with some of their values changed."""

    def show(adjustments, **values):
        changed = tuple(replace(one, value=values.get(one.name, one.value)) for one in adjustments)
        see(window, adjustments=changed)
        QApplication.processEvents()
        return window.camera

    return show


def asked(loop):
    return [(command.name, command.value) for command in loop.sent if isinstance(command, Adjust)]


def press(row, text):
    """Click one of a row's segments."""
    next(button for button in row.control.findChildren(QToolButton) if button.text() == text).click()


def pressed(row):
    return next(button.text() for button in row.control.findChildren(QToolButton) if button.isChecked())


def other_value(one):
    """A value that a control does not have now."""
    if one.kind is AdjustmentKind.CHOICE:
        return next(choice.value for choice in one.choices if choice.value != one.value)
    return one.maximum if one.value != one.maximum else one.minimum


def move(row, value):
    """Set a row by the mouse, as its kind is set."""
    if isinstance(row, NumberRow):
        row.slider.setValue(row.slider.maximum() if value == row.adjustment.maximum else row.slider.minimum())
    elif isinstance(row, ListRow):
        row.choice.activated.emit([choice.value for choice in row.adjustment.choices].index(value))
    elif isinstance(row, SegmentsRow):
        press(row, next(choice.text for choice in row.adjustment.choices if choice.value == value))
    elif isinstance(row, SwitchRow):
        row.control.click()
    else:
        press(row, "Auto" if value else "Hold")


@pytest.mark.parametrize("adjustments", [FEW, MANY], ids=["few", "many"])
def test_every_control_is_changed_followed_and_put_back(adjustments, offer, loop, window, qtbot):
    free = tuple(replace(one, value=0.0) if one.name.endswith("_automatic") else one for one in adjustments)
    card = offer(free)
    assert list(card.rows) == [one.name for one in adjustments]
    for one in free:
        if one.name.endswith("_automatic"):
            continue
        loop.sent.clear()
        wanted = other_value(one)
        qtbot.waitUntil(lambda: not card._pause.isActive())
        move(card.rows[one.name], wanted)
        assert asked(loop) == [(one.name, wanted)]
        offer(free, **{one.name: wanted})
        loop.sent.clear()
        window.actions_["controls_found"].trigger()
        assert asked(loop) == [(one.name, one.value)], "put back as it was found"
        offer(free)
    for one in free:
        if one.name.endswith("_automatic"):
            loop.sent.clear()
            move(card.rows[one.name], 1.0)
            assert asked(loop) == [(one.name, 1.0)]
            offer(free, **{one.name: 1.0})
            move(card.rows[one.name], 0.0)
            assert asked(loop)[-1] == (one.name, 0.0)
            offer(free)


def test_what_the_camera_does_by_itself_is_shown_and_nothing_is_asked(offer, loop):
    card = offer(MANY)
    offer(
        MANY,
        white_balance_temperature=5200.0,
        brightness=20.0,
        power_line_frequency=2.0,
        focus_automatic=0.0,
        white_balance_preset=3.0,
    )
    assert card.rows["white_balance_temperature"].value.text() == "5200 K"
    assert card.rows["brightness"].slider.value() == 84
    assert pressed(card.rows["power_line_frequency"]) == "60 Hz"
    assert card.rows["white_balance_preset"].choice.currentText() == "Daylight"
    assert pressed(card.rows["focus_automatic"]) == "Hold"
    assert loop.sent == []


def test_hold_frees_the_value_at_once_and_auto_greys_it_with_the_reason(offer, loop):
    card = offer(MANY)
    distance = card.rows["focus_distance"]
    assert not distance.slider.isEnabled()
    assert distance.slider.toolTip() == texts.AUTOMATIC_HAS_IT.format(name="Focus")
    press(card.rows["focus_automatic"], "Hold")
    assert asked(loop) == [("focus_automatic", 0.0)]
    assert distance.slider.isEnabled(), "before the camera has said so"
    distance.slider.setValue(distance.slider.maximum())
    assert asked(loop)[-1] == ("focus_distance", 250.0)
    press(card.rows["white_balance_automatic"], "Auto")
    assert not card.rows["white_balance_temperature"].slider.isEnabled()


def test_what_another_setting_has_says_so(offer):
    card = offer([replace(BY_NAME["brightness"], active=False)])
    assert not card.rows["brightness"].slider.isEnabled()
    assert card.rows["brightness"].slider.toolTip() == texts.CONTROL_INACTIVE


def test_what_was_asked_for_is_shown_until_the_camera_agrees_or_never_will(offer, see, window):
    now_s = [0.0]
    card = offer(FEW)
    row = card.rows["brightness"]
    card._asked["brightness"]._clock = lambda: now_s[0]
    row.slider.setValue(200)
    see(window)
    assert row.value.text() == "200", "not thrown back by a turn from before"
    now_s[0] = optimistic.PATIENCE_S + 0.1
    see(window)
    assert row.value.text() == "128", "the loop's value is the truth"
    assert row.slider.value() == 128


def test_a_double_click_and_the_button_go_back_to_the_default(offer, loop, qtbot):
    card = offer(FEW)
    row = card.rows["saturation"]
    assert not row.reset.isHidden(), "it stands elsewhere"
    assert card.rows["brightness"].reset.isHidden()
    row.reset.click()
    assert asked(loop) == [("saturation", 50.0)]
    assert row.reset.isHidden()
    qtbot.waitUntil(lambda: not card._pause.isActive())
    row.slider.setValue(80)
    qtbot.mouseDClick(row.slider, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: asked(loop)[-1] == ("saturation", 50.0))


def test_a_slider_that_is_dragged_is_heard_of_now_and_then_and_at_the_end(offer, loop, qtbot):
    card = offer(FEW)
    for value in range(129, 180):
        card.rows["brightness"].slider.setValue(value)
    assert asked(loop) == [("brightness", 129.0)]
    qtbot.waitUntil(lambda: not card._pause.isActive())
    assert asked(loop)[-1] == ("brightness", 179.0)
    assert len(asked(loop)) < 5


def test_two_cameras_that_are_alike_are_two(offer, see, window, running, loop):
    offer(FEW)
    see(window, camera=replace(running.camera, stable_id="usb-9"), modes=MODES, mode=MODE)
    window.camera.modes.size_.activated.emit(0)
    assert [type(command) for command in loop.sent] == [UseCamera]


def test_all_of_them_to_their_defaults_and_the_automatics_that_go_on_last(offer, loop, window):
    offer(MANY)
    window.actions_["controls_default"].trigger()
    assert asked(loop) == [
        ("white_balance_temperature", 4000.0),
        ("blue_balance", 128.0),
        ("white_balance_automatic", 1.0),
        ("power_line_frequency", 2.0),
        ("brightness", 0.0),
    ], "the distance is left to its automatic, which is on"
    offer(MANY, white_balance_automatic=1.0, power_line_frequency=2.0, brightness=0.0)
    assert not window.actions_["controls_default"].isEnabled()
    assert window.actions_["controls_default"].toolTip() == texts.CONTROLS_UNCHANGED
    loop.sent.clear()
    window.actions_["controls_found"].trigger()
    assert asked(loop) == [
        ("white_balance_automatic", 0.0),
        ("white_balance_temperature", 4600.0),
        ("red_balance", 128.0),
        ("blue_balance", 140.0),
        ("power_line_frequency", 1.0),
        ("brightness", -12.0),
    ]


def test_as_found_is_what_the_loop_found_though_it_was_changed_before_the_window_saw_it(offer, see, window, loop):
    offer(FEW)
    see(window, found={"white_balance_automatic": 0.0, "saturation": 50.0})
    window.actions_["controls_found"].trigger()
    assert asked(loop) == [("white_balance_automatic", 0.0), ("saturation", 50.0)]
    loop.sent.clear()
    see(window, modes=MODES, mode=MODE)
    window.camera.modes.size_.activated.emit(0)
    assert asked(loop) == [], "opened again it is as found, which is what was asked for"


def test_a_calm_white_balance_is_held_in_searches(offer, see, window, loop):
    row = offer(FEW).rows["white_balance_automatic"]
    press(row, "Calm")
    assert loop.sent == [HoldWhiteBalance(True)], "on already"
    see(window)
    assert pressed(row) == "Calm", "not thrown back by a turn from before"
    see(window, holds_white_balance=True)
    press(row, "Hold")
    assert loop.sent[1:] == [Adjust("white_balance_automatic", 0.0)]
    offer(FEW, white_balance_automatic=0.0)
    assert pressed(row) == "Hold"
    loop.sent.clear()
    press(row, "Calm")
    assert loop.sent == [HoldWhiteBalance(True), Adjust("white_balance_automatic", 1.0)]
    offer(FEW)
    loop.sent.clear()
    press(row, "Auto")
    assert loop.sent == [HoldWhiteBalance(False)]
    see(window, holds_white_balance=False)
    assert pressed(row) == "Auto"
    assert texts.CALM_TIP in row.control.toolTip()


def test_only_a_white_balance_can_be_calm(offer):
    card = offer(MANY)
    words = [button.text() for button in card.rows["focus_automatic"].control.findChildren(QToolButton)]
    assert words == ["Auto", "Hold"]


def test_another_camera_is_found_anew(offer, see, window, running, loop):
    offer(FEW)
    other = replace(running.camera, spec="v4l2:/dev/video9", stable_id="usb-9")
    see(window, camera=other, adjustments=tuple(replace(one, value=one.minimum) for one in FEW))
    assert not window.actions_["controls_found"].isEnabled()
    offer(FEW)
    window.actions_["controls_found"].trigger()
    assert asked(loop) == [("white_balance_automatic", 0.0), ("brightness", 0.0), ("saturation", 0.0)]


def test_without_controls_a_sentence_says_so(window, see):
    card = window.camera
    assert not card._none.isHidden()
    assert card._back.isHidden()
    see(window, adjustments=FEW)
    assert card._none.isHidden()
    see(window, adjustments=())
    assert not card._none.isHidden()
    assert card.rows == {}


def test_while_no_camera_is_open_all_is_grey_and_says_why(offer, see, window):
    card = offer(MANY)
    see(window, camera=None, adjustments=(), loop_state=LoopState.STARTING)
    assert list(card.rows) == [one.name for one in MANY], "nothing jumps while a camera is opened again"
    assert not any(row.control.isEnabled() for row in card.rows.values())
    assert card.rows["brightness"].slider.toolTip() == texts.NOT_READY
    assert window.actions_["controls_found"].toolTip() == texts.NOT_READY


def test_much_of_it_folds_and_that_is_remembered(offer, make_window, services, window):
    card = offer(MANY)
    window.side.unfold("camera")
    (more,) = (button for button in card.findChildren(FoldButton) if button.text() == texts.MORE_CONTROLS)
    assert not card.rows["gamma"].slider.isVisible()
    assert card.rows["white_balance_temperature"].slider.isVisible()
    more.click()
    assert card.rows["gamma"].slider.isVisible()
    window.close()
    again = make_window(services)
    again.side.unfold("camera")
    assert again.camera.rows["gamma"].slider.isVisible()


def test_little_of_it_does_not_fold(offer, window):
    card = offer(FEW)
    assert [button.text() for button in card.findChildren(FoldButton)] == [texts.CAMERA]


@pytest.mark.parametrize("adjustments", [FEW, MANY], ids=["few", "many"])
def test_nothing_is_cut_at_1280x720(adjustments, offer, see, window):
    see(window, modes=MODES, mode=MODE)
    card = offer(adjustments)
    window.side.unfold("camera")
    for more in card.findChildren(FoldButton):
        more.setChecked(True)
    QApplication.processEvents()
    viewport = window.side.area.viewport()
    assert card.width() == viewport.width(), "no wider than the panel"
    for row in card.rows.values():
        for widget in (row.caption, row.control):
            assert widget.width() >= widget.minimumSizeHint().width()
            right = widget.mapTo(card, QPoint(widget.width(), 0)).x()
            assert right <= card.width() - 10, row.caption.text()
            row.control.setFocus()
            window.side._bring_into_view(None, row.control)
            top = row.control.mapTo(viewport, QPoint(0, 0)).y()
            assert 0 <= top <= viewport.height() - row.control.height(), "brought into view by the keyboard"


def test_every_control_is_reached_by_tab_and_has_a_name(offer, see, window):
    see(window, modes=MODES, mode=MODE)
    card = offer(MANY)
    window.side.unfold("camera")
    for more in card.findChildren(FoldButton):
        more.setChecked(True)
    for kind in (QSlider, QComboBox, QAbstractButton):
        for widget in card.findChildren(kind):
            if widget.isVisible():
                assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus, widget
                assert widget.accessibleName(), widget
                assert widget.toolTip(), widget
    assert {row.control.accessibleName() for row in card.rows.values()} == {NAMES[name] for name in card.rows}


def test_keys_move_a_slider_by_one_step(offer, loop, qtbot):
    card = offer(MANY)
    qtbot.keyClick(card.rows["white_balance_temperature"].slider, Qt.Key.Key_Right)
    assert asked(loop) == [("white_balance_temperature", 4610.0)]


def test_space_presses_what_has_the_focus(offer, see, window, loop, qtbot):
    card = offer(MANY)
    window.side.unfold("camera")
    auto = card.rows["white_balance_automatic"].control.findChildren(QToolButton)[0]
    auto.setFocus()
    qtbot.keyClick(auto, Qt.Key.Key_Space)
    assert asked(loop) == [("white_balance_automatic", 1.0)]


def test_the_wheel_scrolls_the_panel_and_sets_nothing(offer, see, window, loop):
    see(window, modes=MODES, mode=MODE)
    card = offer(MANY)
    for widget in (card.rows["brightness"].slider, card.modes.size_, card.rows["white_balance_preset"].control):
        middle = QPointF(widget.rect().center())
        event = QWheelEvent(
            middle,
            widget.mapToGlobal(middle),
            QPoint(0, 0),
            QPoint(0, -120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(widget, event)
    assert loop.sent == []


def test_short_choices_stand_side_by_side_and_long_ones_in_a_list(offer, loop):
    two = replace(BY_NAME["power_line_frequency"], choices=(Choice(0, "Off"), Choice(1, "On")), value=0.0)
    card = offer([two])
    assert isinstance(card.rows["power_line_frequency"], SegmentsRow)
    press(card.rows["power_line_frequency"], "On")
    assert asked(loop) == [("power_line_frequency", 1.0)]
    card = offer(MANY)
    assert isinstance(card.rows["white_balance_preset"], ListRow)


def test_values_are_written_with_their_unit_and_a_true_minus():
    temperature, brightness = BY_NAME["white_balance_temperature"], BY_NAME["brightness"]
    assert number_text(temperature, 4600.0) == "4600 K"
    assert number_text(brightness, -12.0) == "−12"
    assert number_text(brightness, 0.25) == "0.25"
    assert number_text(brightness, 1234567.0) == "1234567"


def test_the_key_opens_the_card(window):
    window.camera.fold(True)
    window.actions_["controls"].trigger()
    assert not window.camera.folded


def test_another_mode_opens_the_camera_again_and_sets_what_was_set(offer, see, window, loop):
    see(window, modes=MODES, mode=MODE)
    offer(FEW)
    offer(FEW, white_balance_automatic=0.0, brightness=90.0)
    window.camera.modes.size_.activated.emit(0)
    assert [type(command) for command in loop.sent] == [UseCamera, Adjust, Adjust]
    assert asked(loop) == [("white_balance_automatic", 0.0), ("brightness", 90.0)]
