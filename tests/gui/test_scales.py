"""The two scales that paint themselves: the needle of delta EV, and the bias slider."""

import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QColor

from gui.widgets.ev_scale import EvScale
from gui.widgets.sliders import HANDLE_PX, BiasSlider


@pytest.fixture
def scale(qtbot, theme):
    made = EvScale(theme)
    qtbot.addWidget(made)
    made.resize(260, 34)
    made.show()
    return made


def places_of(scale, colour):
    """Columns in which the colour is seen, above the scale's base."""
    image = scale.grab().toImage()
    wanted = QColor(colour)
    return [x for x in range(image.width()) if any(image.pixelColor(x, y) == wanted for y in range(14))]


def middle(columns):
    return (columns[0] + columns[-1]) / 2


@pytest.mark.parametrize(("delta_ev", "x"), [(0.0, 130), (1.0, 190), (-2.0, 10), (7.0, 250)])
def test_the_needle_stands_where_the_meter_wants_and_stops_at_the_ends(scale, theme, delta_ev, x):
    scale.show_delta(delta_ev, 0.0)
    colour = theme.palette.converged if delta_ev == 0 else theme.palette.searching
    assert middle(places_of(scale, colour)) == pytest.approx(x, abs=1.5)


def test_with_a_bias_it_is_content_where_the_meter_asks_the_bias_back(scale, theme):
    scale.show_delta(-1.0, 1.0)
    assert places_of(scale, theme.palette.converged)
    assert not places_of(scale, theme.palette.searching)
    scale.show_delta(0.0, 1.0)
    assert places_of(scale, theme.palette.searching)


def test_no_needle_while_nothing_is_known(scale, theme):
    scale.show_delta(None, 0.0)
    assert not places_of(scale, theme.palette.converged)
    assert not places_of(scale, theme.palette.searching)


def test_the_band_is_as_wide_as_the_doubt_and_ends_with_the_scale(scale, theme):
    for delta_ev, doubt_ev, ends in ((0.5, 0.5, (130, 190)), (-1.8, 1.0, (10, 82))):
        scale.show_delta(delta_ev, 0.0, doubt_ev)
        columns = places_of(scale, theme.palette.pressed)
        assert (columns[0], columns[-1]) == pytest.approx(ends, abs=3)
    scale.show_delta(0.5, 0.0)
    assert not places_of(scale, theme.palette.pressed)


def test_the_needle_is_content_where_the_picture_is_left_alone(scale, theme):
    scale.show_delta(0.4, 0.0, 0.5, left_alone=True)
    assert middle(places_of(scale, theme.palette.converged)) == pytest.approx(154, abs=1.5)
    assert not places_of(scale, theme.palette.searching)


@pytest.fixture
def slider(qtbot, theme):
    made = BiasSlider(theme, limit=3, steps=3)
    qtbot.addWidget(made)
    made.resize(HANDLE_PX + 180, 24)  # ten pixels a step
    made.show()
    return made


def at(slider, value):
    return QPoint(HANDLE_PX // 2 + 10 * (value + 9), 12)


def test_a_click_goes_to_where_it_was_and_a_drag_follows(slider, qtbot):
    qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=at(slider, 4))
    assert slider.value() == 4
    qtbot.mouseMove(slider, at(slider, -7))
    assert slider.value() == -7
    qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=at(slider, -7))
    qtbot.mouseMove(slider, at(slider, 2))
    assert slider.value() == -7, "let go is let go"


def test_the_ends_hold(slider, qtbot):
    qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(500, 12))
    assert slider.value() == 9


def test_a_double_click_goes_back_to_zero(slider, qtbot):
    slider.setValue(5)
    qtbot.mouseDClick(slider, Qt.MouseButton.LeftButton, pos=at(slider, 8))
    assert slider.value() == 0


def test_arrow_keys_move_by_a_third_of_a_stop(slider, qtbot):
    qtbot.keyClick(slider, Qt.Key.Key_Right)
    qtbot.keyClick(slider, Qt.Key.Key_Right)
    qtbot.keyClick(slider, Qt.Key.Key_Left)
    assert slider.value() == 1
