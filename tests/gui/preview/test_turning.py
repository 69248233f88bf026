"""Mirrored and turned on screen: what is painted, pointed at and said is right, and the loop hears of nothing."""

from dataclasses import replace

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt

from autoexposure.camera import CameraInfo
from autoexposure.metering.explain import Place
from autoexposure.metering.policy import MAP_SIDE, Decision
from autoexposure.metering.spot import Spot
from gui.orientation import AS_IT_IS, Orientation
from gui.preview.overlays import Overlays
from gui.preview.viewport import Point
from gui.text import texts

EVERY = [Orientation(quarters, mirrored=mirrored) for quarters in range(4) for mirrored in (False, True)]
QUADRANTS = {
    (0.25, 0.25): (250, 10, 20),
    (0.75, 0.25): (5, 200, 40),
    (0.25, 0.75): (20, 30, 240),
    (0.75, 0.75): (9, 9, 9),
}


@pytest.fixture
def quartered(make_frame):
    """A picture whose quarters differ in colour."""
    frame = make_frame(sequence=7)
    height, width = frame.pixels.shape[:2]
    for (x, y), colour in QUADRANTS.items():
        rows = slice(0, height // 2) if y < 0.5 else slice(height // 2, height)
        columns = slice(0, width // 2) if x < 0.5 else slice(width // 2, width)
        frame.pixels[rows, columns] = colour
    return frame


def turn_to(window, turned):
    if turned.mirrored != window.turning.now.mirrored:
        window.actions_["mirror"].trigger()
    while window.turning.now != turned:
        window.actions_["turn"].trigger()
    window.preview.end_toast()
    window.preview.repaint()


def each(window):
    """Every way to turn the picture, one after the other."""
    for turned in EVERY:
        window.preview.pointer.zoom(0)
        window.actions_["mask"].setChecked(False)
        window.preview.point_out(None)
        turn_to(window, turned)
        yield turned


def on_screen(window, x, y):
    found = window.preview.pointer.view.on_widget(Point(x, y))
    return QPoint(round(found.x), round(found.y))


@pytest.mark.parametrize("zoom", [1.0, 1.6])
def test_every_part_of_the_picture_is_painted_where_it_is_pointed_at(window, see, loop, quartered, zoom):
    see(window, frame=quartered)
    for turned in each(window):
        window.preview.pointer.zoom(zoom)
        image = window.preview.grab().toImage()
        place = window.preview.pointer.view.place
        assert place.width / place.height == pytest.approx(np.divide(*turned.size(64, 48)))
        for (x, y), colour in QUADRANTS.items():
            near = (0.5 + (x - 0.5) * 0.4, 0.5 + (y - 0.5) * 0.4)  # in view when zoomed, too
            assert image.pixelColor(on_screen(window, *near)).getRgb()[:3] == colour
        assert loop.sent == [], "the loop hears of nothing"


def test_a_click_exposes_for_what_is_seen_there(window, loop, qtbot):
    for _ in each(window):
        qtbot.mouseClick(window.preview, Qt.MouseButton.LeftButton, pos=on_screen(window, 0.2, 0.7))
        window.preview.pointer.tap_now()
        spot = loop.sent[-1].make_policy().spot
        assert (spot.x, spot.y) == pytest.approx((0.2, 0.7), abs=0.01)


def test_a_mask_is_painted_and_veiled_where_the_brush_is(window, see, loop, qtbot, make_frame):
    see(window, frame=make_frame(200, sequence=3))
    for _ in each(window):
        window.brush.clear()
        window.actions_["mask"].trigger()
        window.preview.end_toast()
        qtbot.mouseClick(window.preview, Qt.MouseButton.LeftButton, pos=on_screen(window, 0.2, 0.7))
        window.preview.pointer.leave()  # the brush's own outline
        mask = loop.sent[-1].mask
        row, column = np.unravel_index(np.argmax(mask), mask.shape)
        assert (column / MAP_SIDE, row / MAP_SIDE) == pytest.approx((0.2, 0.7), abs=0.07)
        image = window.preview.grab().toImage()
        counts, veiled = (image.pixelColor(on_screen(window, *at)).lightness() for at in ((0.2, 0.7), (0.8, 0.3)))
        assert counts == 200
        assert veiled < 120


def test_maps_lie_on_what_they_are_of(window, see, make_frame):
    attention = np.zeros((MAP_SIDE, MAP_SIDE), np.float32)
    attention[10, 3] = 1.0
    see(window, frame=make_frame(200, sequence=3), decision=Decision(0.0, attention, attention))
    for _ in each(window):
        window.preview.set_overlays(Overlays(attention=True, attention_opacity=1.0, cells=True))
        image = window.preview.grab().toImage()
        there = on_screen(window, 3.5 / MAP_SIDE, 10.5 / MAP_SIDE)
        elsewhere = on_screen(window, 10.5 / MAP_SIDE, 3.5 / MAP_SIDE)
        assert image.pixelColor(there).lightness() > 150
        assert image.pixelColor(elsewhere).lightness() < 50


def test_spot_and_place_are_outlined_where_they_are(window, see, make_frame):
    see(window, frame=make_frame(60, sequence=3))
    for _ in each(window):
        see(window, spot=None)
        plain = window.preview.grab().toImage()
        for mark in ("spot", "place"):
            see(window, spot=Spot(0.2, 0.8, 0.1) if mark == "spot" else None)
            window.preview.point_out(Place.BOTTOM_LEFT if mark == "place" else None)
            marked = window.preview.grab().toImage()
            changed = [
                (x, y)
                for x in range(0, plain.width(), 3)
                for y in range(0, plain.height(), 3)
                if plain.pixel(x, y) != marked.pixel(x, y)
            ]
            assert changed
            for x, y in changed:
                found = window.preview.pointer.view.on_picture(Point(x, y))
                assert found is not None
                assert found.x <= 0.35
                assert found.y >= 0.65


def test_the_crosshair_goes_where_the_arrow_points_on_screen(window, loop, qtbot):
    turn_to(window, Orientation(1, mirrored=True))
    window.preview.setFocus()
    before = on_screen(window, 0.5, 0.5)
    for _ in range(5):
        qtbot.keyClick(window.preview, Qt.Key.Key_Right)
    qtbot.keyClick(window.preview, Qt.Key.Key_Return)
    spot = loop.sent[-1].make_policy().spot
    after = on_screen(window, spot.x, spot.y)
    assert after.x() > before.x() + 10
    assert after.y() == pytest.approx(before.y(), abs=1)


def test_places_are_called_as_they_stand_on_screen(window, see):
    attention = np.full((MAP_SIDE, MAP_SIDE), 0.1, np.float32)
    attention[:5, :5] = 1.0  # top left
    exposure = np.full((MAP_SIDE, MAP_SIDE), 0.8, np.float32)
    window.side.unfold("why")
    see(window, decision=Decision(0.8, attention, exposure))
    window.why.refresh()
    assert "top left" in window.why.text
    window.actions_["mirror"].trigger()
    window.why.refresh()
    assert "top right" in window.why.text
    window.actions_["turn"].trigger()
    window.why.refresh()
    assert "bottom right" in window.why.text


def test_it_is_remembered_for_each_camera(window, see, make_window, services, loop, running):
    window.actions_["mirror"].trigger()
    window.actions_["turn"].trigger()
    chosen = window.turning.now
    assert chosen == Orientation(3, mirrored=True)
    other = CameraInfo("v4l2:/dev/video9", "Another", "usb/9:0 ü")
    see(window, camera=other)
    assert window.turning.now == AS_IT_IS
    assert not window.actions_["mirror"].isChecked()
    window.actions_["turn"].trigger()
    see(window, camera=running.camera)
    assert window.turning.now == chosen
    window.close()
    again = make_window(services)
    assert again.turning.now == chosen
    assert again.preview.pointer.view.turned == chosen
    see(again, camera=other)
    assert again.turning.now == Orientation(1)


def test_what_was_done_is_said(window):
    window.actions_["turn"].trigger()
    assert window.turning.said == texts.NOT_MIRRORED.format(degrees=90)
    window.actions_["mirror"].trigger()
    assert window.turning.said == texts.MIRRORED.format(degrees=90)


def test_a_comparison_and_the_waveform_are_turned_as_the_picture_is(window, see, quartered):
    see(window, frame=quartered)
    turn_to(window, Orientation(1))
    assert all(pane._turned == Orientation(1) for pane in window.comparison.panes)
    assert window.histogram._turned == Orientation(1)


def test_a_turned_picture_is_composed_once(window, see, quartered):
    see(window, frame=quartered)
    turn_to(window, Orientation(1))
    kept = window.preview._image
    window.preview.repaint()
    assert window.preview._image is kept
    window.preview.turn(replace(Orientation(1), mirrored=True))
    window.preview.repaint()
    assert window.preview._image is not kept
