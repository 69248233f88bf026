import numpy as np
import pytest
from PyQt6.QtCore import QRect

from autoexposure.control.snapshot import Snapshot
from autoexposure.errors import ModelFileError
from autoexposure.states import LoopState
from gui.preview.mask_brush import MaskBrush
from gui.preview.messages import message_for
from gui.preview.view import PreviewView, fit
from gui.text import texts


@pytest.mark.parametrize("area", [QRect(0, 0, 300, 100), QRect(5, 7, 90, 400), QRect(0, 0, 1280, 720)])
@pytest.mark.parametrize("picture", [(64, 48), (1920, 1080), (48, 64), (100, 100)])
def test_the_picture_is_never_stretched_nor_cut(area, picture):
    place = fit(picture, area)
    assert area.contains(place)
    width, height = picture
    assert place.width() * height == pytest.approx(place.height() * width, abs=max(width, height))
    assert place.width() == area.width() or place.height() == area.height()
    assert abs((place.left() - area.left()) - (area.right() - place.right())) <= 1
    assert abs((place.top() - area.top()) - (area.bottom() - place.bottom())) <= 1


@pytest.fixture
def view(qtbot, theme):
    made = PreviewView(theme, MaskBrush())
    qtbot.addWidget(made)
    made.resize(640, 480)
    made.show()
    return made


def colours(view, points):
    image = view.grab().toImage()
    return [image.pixelColor(*point).getRgb()[:3] for point in points]


def test_pixels_arrive_on_screen_as_they_are(view, running, make_frame):
    frame = make_frame()
    frame.pixels[:24] = (250, 10, 20)
    frame.pixels[24:] = (5, 200, 40)
    view.show_snapshot(running)
    assert colours(view, [(320, 60), (320, 420)]) == [(128, 128, 128)] * 2
    from dataclasses import replace

    view.show_snapshot(replace(running, frame=frame))
    assert colours(view, [(320, 60), (320, 420)]) == [(250, 10, 20), (5, 200, 40)]


def test_letterbox_is_the_stage(view, theme, running, make_frame):
    from dataclasses import replace

    wide = replace(make_frame(), pixels=np.full((20, 80, 3), 255, np.uint8))
    view.show_snapshot(replace(running, frame=wide))
    (above, middle) = colours(view, [(320, 40), (320, 240)])
    assert "#{:02x}{:02x}{:02x}".format(*above) == theme.palette.stage
    assert middle == (255, 255, 255)


def test_painted_is_what_was_painted(view, running, monkeypatch):
    assert view.painted is None
    with monkeypatch.context() as late:
        late.setattr(view, "repaint", lambda: None)
        view.show_snapshot(running)
    assert view.painted is None, "handed over is not yet seen"
    view.show_snapshot(running)
    assert view.painted is running, "at once, before the rest of the window"


def test_without_a_picture_it_says_why(view, running):
    assert message_for(None).title == texts.WAITING_TITLE
    broken = Snapshot(loop_state=LoopState.FAILED, error=ModelFileError("it is damaged"))
    assert message_for(broken).title == texts.NO_METER_TITLE, "not the camera's fault"
    for state, title in (
        (LoopState.FAILED, texts.NO_CAMERA_TITLE),
        (LoopState.RECONNECTING, texts.RECONNECTING_TITLE),
        (LoopState.STOPPED, texts.STOPPED_TITLE),
    ):
        view.show_snapshot(Snapshot(loop_state=state))
        assert message_for(Snapshot(loop_state=state)).title == title
        view.repaint()
        assert view.painted is None


def test_after_a_failure_the_old_picture_is_gone(view, running):
    from dataclasses import replace

    view.show_snapshot(running)
    view.repaint()
    view.show_snapshot(replace(running, loop_state=LoopState.FAILED))
    view.repaint()
    assert view.painted is None


def test_a_toast_comes_and_goes(view, running):
    view.show_snapshot(running)
    plain = view.grab().toImage()
    view.toast("Stored as under", "blue")
    assert view.grab().toImage() != plain
    view.end_toast()
    assert view.grab().toImage() == plain


def test_zoomed_in_pixels_are_squares_at_their_places(view, running, make_frame):
    from dataclasses import replace

    frame = make_frame()
    frame.pixels[20:28, 30:34] = (250, 10, 20)
    view.show_snapshot(replace(running, frame=frame))
    view.pointer.zoom(4.0)
    assert view.pointer.view.zoom == 4
    place = view.pointer.view.place
    corners = [(30 / 64, 20 / 48), (34 / 64, 28 / 48)]
    (left, top), (right, bottom) = [
        (round(place.left + x * place.width), round(place.top + y * place.height)) for x, y in corners
    ]
    inside = [(left + 1, top + 1), (right - 2, bottom - 2)]
    outside = [(left - 2, top + 1), (right + 1, bottom - 2), (left + 1, top - 2)]
    assert colours(view, inside) == [(250, 10, 20)] * 2
    assert colours(view, outside) == [(128, 128, 128)] * 3


def test_a_larger_window_keeps_the_zoom_and_another_camera_does_not(view, running):
    from dataclasses import replace

    view.show_snapshot(running)
    view.pointer.zoom(3.0)
    view.resize(900, 500)
    assert view.pointer.view.zoom == 3
    tall = replace(running.frame, pixels=np.zeros((80, 20, 3), np.uint8))
    view.show_snapshot(replace(running, frame=tall))
    assert view.pointer.view.zoom == 1


def test_the_spot_is_outlined_where_the_loop_says(view, running):
    from dataclasses import replace

    from autoexposure.metering.spot import Spot

    view.show_snapshot(running)
    plain = view.grab().toImage()
    view.show_snapshot(replace(running, spot=Spot(0.25, 0.5, 0.1)))
    spotted = view.grab().toImage()
    changed = [(x, y) for x in range(0, 640, 4) for y in range(0, 480, 4) if plain.pixel(x, y) != spotted.pixel(x, y)]
    assert changed
    assert all(abs(x - 160) <= 70 and abs(y - 240) <= 55 for x, y in changed)


def test_only_what_rounding_cuts_off_is_the_window_s_colour(view, theme, running, make_frame):
    from dataclasses import replace

    view.show_snapshot(replace(running, frame=make_frame(255)))
    view.resize(640, 480)
    corners = [(0, 0), (639, 0), (0, 479), (639, 479)]
    assert {"#{:02x}{:02x}{:02x}".format(*found) for found in colours(view, corners)} == {theme.palette.window}
    assert colours(view, [(10, 10), (629, 469), (320, 4), (4, 240), (635, 240)]) == [(255, 255, 255)] * 5
