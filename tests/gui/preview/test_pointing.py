"""Tap to expose, the painted mask, zoom: through the whole window, with mouse and keys."""

from dataclasses import replace

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QWheelEvent
from PyQt6.QtWidgets import QApplication

from autoexposure.control.commands import UseMask, UsePolicy
from autoexposure.metering.classical import SpotMeter
from autoexposure.metering.policy import MAP_SIDE
from autoexposure.metering.spot import Spot
from gui.preview.viewport import Point


@pytest.fixture
def at(window):
    """The place on the preview of a place on the picture."""

    def place(x, y):
        found = window.preview.pointer.view.on_widget(Point(x, y))
        return QPoint(round(found.x), round(found.y))

    return place


@pytest.fixture
def click(window, qtbot, at):
    def press(x, y, button=Qt.MouseButton.LeftButton):
        qtbot.mouseClick(window.preview, button, pos=at(x, y))

    return press


def drag(qtbot, widget, start, end, button=Qt.MouseButton.LeftButton):
    qtbot.mousePress(widget, button, pos=start)
    for step in range(1, 6):
        qtbot.mouseMove(widget, start + (end - start) * step / 5)
        QApplication.processEvents()
    qtbot.mouseRelease(widget, button, pos=end)


class TestTapToExpose:
    def test_a_click_exposes_for_that_place(self, window, loop, click):
        click(0.25, 0.6)
        assert loop.sent == [], "it might become a double click"
        window.preview.pointer.tap_now()
        (command,) = loop.sent
        assert isinstance(command, UsePolicy)
        meter = command.make_policy()
        assert isinstance(meter, SpotMeter)
        assert (meter.spot.x, meter.spot.y) == pytest.approx((0.25, 0.6), abs=0.01)

    def test_a_click_beside_the_picture_does_nothing(self, window, loop, qtbot):
        qtbot.mouseClick(window.preview, Qt.MouseButton.LeftButton, pos=QPoint(3, 3))
        window.preview.pointer.tap_now()
        assert loop.sent == []

    def test_a_double_click_goes_back_to_attention_without_a_tap_before(self, window, loop, see, qtbot, at):
        see(window, spot=Spot(0.3, 0.3), meter="spot")
        qtbot.mouseClick(window.preview, Qt.MouseButton.LeftButton, pos=at(0.5, 0.5))
        qtbot.mouseDClick(window.preview, Qt.MouseButton.LeftButton, pos=at(0.5, 0.5))
        window.preview.pointer.tap_now()
        assert [command.make_policy for command in loop.sent] == [window.pointing.home]

    def test_without_a_spot_there_is_nothing_to_leave(self, window, loop, see, qtbot, at):
        see(window)
        qtbot.mouseDClick(window.preview, Qt.MouseButton.LeftButton, pos=at(0.5, 0.5))
        assert loop.sent == []
        assert not window.actions_["untap"].isEnabled()

    def test_keys_do_it_too(self, window, loop, see, qtbot):
        window.preview.setFocus()
        for _ in range(5):
            qtbot.keyClick(window.preview, Qt.Key.Key_Right)
        qtbot.keyClick(window.preview, Qt.Key.Key_Up)
        qtbot.keyClick(window.preview, Qt.Key.Key_Return)
        (command,) = loop.sent
        spot = command.make_policy().spot
        assert (spot.x, spot.y) == pytest.approx((0.6, 0.48))
        see(window, spot=spot, meter="spot")
        qtbot.keyClick(window, Qt.Key.Key_Backspace)
        assert loop.sent[-1].make_policy == window.pointing.home


class TestMask:
    def test_the_brush_paints_what_counts(self, window, loop, qtbot, at):
        window.actions_["mask"].trigger()
        drag(qtbot, window.preview, at(0.2, 0.5), at(0.8, 0.5))
        assert all(isinstance(command, UseMask) for command in loop.sent)
        mask = loop.sent[-1].mask
        assert mask.shape == (MAP_SIDE, MAP_SIDE)
        assert mask[7, 4:11].min() > 0.9
        assert mask[0].max() == 0

    def test_the_right_button_takes_away(self, window, loop, click):
        window.actions_["mask"].trigger()
        window.brush.resize(4)
        click(0.5, 0.5, Qt.MouseButton.RightButton)
        mask = loop.sent[-1].mask
        assert mask[7, 7] == 0
        assert mask[0, 0] == 1

    def test_painting_is_not_pointing(self, window, loop, click):
        window.actions_["mask"].trigger()
        click(0.5, 0.5)
        window.preview.pointer.tap_now()
        assert not [command for command in loop.sent if isinstance(command, UsePolicy)]

    def test_clear_lets_everything_count(self, window, loop, see, click):
        window.actions_["mask"].trigger()
        click(0.5, 0.5)
        see(window, mask=loop.sent[-1].mask)
        assert window.preview.grab().toImage() != _without_veil(window)
        window.actions_["mask_clear"].trigger()
        assert loop.sent[-1].mask is None
        assert window.brush.layer is None

    def test_another_camera_ends_the_mask_here_too(self, window, loop, see, click):
        window.actions_["mask"].trigger()
        click(0.5, 0.5)
        see(window)
        assert window.brush.layer is not None, "the loop has not heard of it yet"
        see(window, mask=loop.sent[-1].mask)
        see(window, mask=None)
        assert window.brush.layer is None

    def test_brush_keys(self, window, qtbot):
        before = window.brush.radius
        qtbot.keyClick(window, Qt.Key.Key_BracketRight)
        assert window.brush.radius > before
        qtbot.keyClick(window, Qt.Key.Key_BracketLeft)
        assert window.brush.radius == pytest.approx(before)


def _without_veil(window):
    layer, window.brush._layer = window.brush._layer, None
    image = window.preview.grab().toImage()
    window.brush._layer = layer
    return image


class TestZoom:
    def test_the_wheel_zooms_at_the_mouse_and_dragging_moves(self, window, loop, qtbot, at):
        here = at(0.7, 0.3)
        _wheel(window.preview, here, 360)
        view = window.preview.pointer.view
        assert view.zoom == pytest.approx(1.25**3)
        assert view.on_picture(Point(here.x(), here.y())).x == pytest.approx(0.7, abs=0.01)
        middle = window.preview.rect().center()
        before = view.on_picture(Point(middle.x(), middle.y()))
        drag(qtbot, window.preview, middle, middle + QPoint(40, 30))
        after = window.preview.pointer.view.on_picture(Point(middle.x() + 40, middle.y() + 30))
        assert (after.x, after.y) == pytest.approx((before.x, before.y), abs=0.01)
        window.preview.pointer.tap_now()
        assert loop.sent == [], "dragging is no tap"

    def test_keys_zoom_and_come_back(self, window):
        window.actions_["zoom_in"].trigger()
        assert window.preview.pointer.view.zoom > 1
        window.actions_["zoom_fit"].trigger()
        assert window.preview.pointer.view.zoom == 1


def _wheel(widget, at, angle):
    event = QWheelEvent(
        QPointF(at),
        QPointF(widget.mapToGlobal(at)),
        QPoint(),
        QPoint(0, angle),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


class TestWhy:
    def test_the_card_says_why_and_points_at_the_picture(self, window, see, running, qtbot):
        attention = np.zeros((MAP_SIDE, MAP_SIDE), np.float32)
        attention[5:10, :5] = 0.9
        exposure = np.full((MAP_SIDE, MAP_SIDE), 2.0, np.float32)
        decision = replace(running.decision, delta_ev=0.2, attention=attention, exposure_map=exposure)
        window.side.unfold("why")
        see(window, decision=decision)
        window.why.refresh()
        assert window.why.text == "Raise 0.2 EV: centre-left, weight\u00a00.10, wants\u00a0+2.00."
        assert [region.place for region in window.why.bars.regions] == ["left"]
        plain = window.preview.grab().toImage()
        qtbot.mouseMove(window.why.bars, QPoint(20, 5))
        assert window.preview.grab().toImage() != plain

    def test_a_paused_loop_has_no_reason(self, window, see):
        window.side.unfold("why")
        see(window, decision=None)
        window.why.refresh()
        assert window.why.text == "Metering is off."
        assert window.why.bars.regions == ()

    def test_the_key_opens_and_folds_it(self, window, qtbot):
        window.why.fold(True)
        qtbot.keyClick(window, Qt.Key.Key_W)
        assert not window.why.folded
        qtbot.keyClick(window, Qt.Key.Key_W)
        assert window.why.folded


class TestScopes:
    def test_waveform_luma_and_log_are_chosen_and_remembered(self, window, settings, make_window, services, see):
        window.side.unfold("histogram")
        for name in ("scope", "scope_luma"):
            window.actions_[name].trigger()
        see(window)
        window.histogram.refresh()
        assert window.histogram.waveform.trace is not None
        again = make_window(services)
        assert again.actions_["scope"].isChecked()
        assert again.actions_["scope_luma"].isChecked()
        assert not again.actions_["scope_log"].isChecked()

    def test_a_key_that_changes_it_shows_it(self, window, qtbot):
        window.histogram.fold(True)
        qtbot.keyClick(window, Qt.Key.Key_H)
        assert not window.histogram.folded

    def test_each_choice_is_drawn(self, window, see, make_frame):
        frame = make_frame(sequence=1)
        frame.pixels[:20] = np.arange(0, 192, 3, np.uint8)[:, np.newaxis]
        frame.pixels[20:24] = (10, 200, 90)
        window.side.unfold("histogram")
        see(window, frame=frame)
        window.histogram.refresh()
        drawn = []
        for names in ((), ("scope_log",), ("scope_luma",)):
            for name in names:
                window.actions_[name].trigger()
            drawn.append(window.histogram.curves.grab().toImage())
        assert drawn[0] != drawn[1] != drawn[2] != drawn[0]
