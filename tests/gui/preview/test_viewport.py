import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gui.orientation import Orientation
from gui.preview.viewport import MOST_ZOOM, Point, Viewport, cut

WIDE = Viewport((800, 400), (640, 480))
sizes = st.tuples(st.integers(50, 4000), st.integers(50, 4000))


def test_at_first_all_of_it_is_seen_in_the_middle():
    place = WIDE.place
    assert (place.top, place.bottom) == (0, 400)
    assert place.left == pytest.approx(800 - place.right)
    assert (WIDE.seen.left, WIDE.seen.top, WIDE.seen.right, WIDE.seen.bottom) == pytest.approx((0, 0, 1, 1))


@settings(deadline=None)
@given(sizes, sizes, st.floats(1, MOST_ZOOM), st.floats(0, 1), st.floats(0, 1))
def test_the_picture_is_never_stretched(widget, picture, zoom, x, y):
    view = Viewport(widget, picture).zoomed(zoom, Point(x * widget[0], y * widget[1]))
    place = view.place
    assert place.width / place.height == pytest.approx(picture[0] / picture[1], rel=1e-6)


@settings(deadline=None)
@given(sizes, sizes, st.floats(1, MOST_ZOOM), st.floats(-5000, 5000), st.floats(-5000, 5000))
def test_no_edge_is_dragged_into_the_widget(widget, picture, zoom, right, down):
    view = Viewport(widget, picture).zoomed(zoom, Point(0, 0)).panned(right, down)
    place = view.place
    for start, end, room in ((place.left, place.right, widget[0]), (place.top, place.bottom, widget[1])):
        if end - start >= room:
            assert start <= 1e-6
            assert end >= room - 1e-6
        else:
            assert start == pytest.approx(room - end, abs=1e-6)


def test_what_is_under_the_mouse_stays_there():
    at = Point(450, 130)
    before = WIDE.on_picture(at)
    after = WIDE.zoomed(6, at).on_picture(at)
    assert before is not None
    assert after is not None
    assert (after.x, after.y) == pytest.approx((before.x, before.y))


def test_zooming_out_ends_with_the_whole_picture():
    assert WIDE.zoomed(9, Point(10, 10)).zoomed(0, Point(700, 300)).place == WIDE.place
    assert WIDE.zoomed(1000, Point(1, 1)).zoom == MOST_ZOOM


def test_dragging_moves_the_picture_with_the_hand():
    near = WIDE.zoomed(4, Point(400, 200))
    held = near.on_picture(Point(400, 200))
    moved = near.panned(30, -20).on_picture(Point(430, 180))
    assert held is not None
    assert moved is not None
    assert (moved.x, moved.y) == pytest.approx((held.x, held.y))


def test_there_and_back():
    view = WIDE.zoomed(3, Point(300, 100))
    place = view.on_picture(Point(123, 321))
    assert place is not None
    back = view.on_widget(place)
    assert (back.x, back.y) == pytest.approx((123, 321))


def test_beside_the_picture_is_nowhere():
    assert WIDE.on_picture(Point(10, 200)) is None


orientations = st.builds(Orientation, st.integers(0, 3), mirrored=st.booleans())


@settings(deadline=None)
@given(sizes, sizes, orientations, st.floats(1, MOST_ZOOM), st.floats(0, 1), st.floats(0, 1))
def test_a_place_is_found_again_however_the_picture_is_turned(widget, picture, turned, zoom, x, y):
    view = Viewport(widget, picture, turned=turned).zoomed(zoom, Point(x * widget[0], y * widget[1]))
    seen = view.seen
    at = Point(seen.left + x * seen.width, seen.top + y * seen.height)
    place = view.place
    on_widget = Point(place.left + at.x * place.width, place.top + at.y * place.height)
    found = view.on_picture(on_widget)
    if found is not None:  # rounding may put the very edge outside
        back = view.on_widget(found)
        assert (back.x, back.y) == pytest.approx((on_widget.x, on_widget.y), abs=1e-6 * max(*widget) * zoom)


@settings(deadline=None)
@given(sizes, sizes, orientations, st.floats(1, MOST_ZOOM))
def test_a_turned_picture_is_not_stretched_either(widget, picture, turned, zoom):
    place = Viewport(widget, picture, turned=turned).zoomed(zoom, Point(0, 0)).place
    assert place.width / place.height == pytest.approx(np.divide(*turned.size(*picture)), rel=1e-6)


@settings(deadline=None)
@given(sizes, sizes, orientations, st.floats(1, MOST_ZOOM), st.floats(0, 1), st.floats(0, 1))
def test_what_is_cut_out_of_the_frame_is_what_is_seen(widget, picture, turned, zoom, x, y):
    view = Viewport(widget, picture, turned=turned).zoomed(zoom, Point(x * widget[0], y * widget[1]))
    part = cut(view, 1.0)
    width, height = picture
    assert 0 <= part.rows.start < part.rows.stop <= height
    assert 0 <= part.columns.start < part.columns.stop <= width
    assert part.seen.left == pytest.approx(part.columns.start / width)
    assert part.seen.bottom == pytest.approx(part.rows.stop / height)
    middle = view.on_picture(Point(widget[0] / 2, widget[1] / 2))
    assert middle is not None
    assert part.columns.start - 1e-6 <= middle.x * width <= part.columns.stop + 1e-6
    assert part.rows.start - 1e-6 <= middle.y * height <= part.rows.stop + 1e-6


@settings(deadline=None)
@given(sizes, sizes, orientations, orientations, st.floats(1, MOST_ZOOM))
def test_turning_keeps_the_middle_as_far_as_the_edges_allow(widget, picture, turned, then, zoom):
    view = Viewport(widget, picture, turned=turned).zoomed(zoom, Point(widget[0] / 2, widget[1] / 2)).turn(then)
    found = view.on_picture(Point(widget[0] / 2, widget[1] / 2))
    assert found is not None
    assert (found.x, found.y) == pytest.approx((0.5, 0.5))


def test_shares_of_the_picture_reach_as_far_as_they_do_on_it():
    view = Viewport((800, 400), (640, 480), turned=Orientation(1))
    width, height = view.place.height, view.place.width
    assert view.extent(0.5, 0.25) == pytest.approx((0.25 * height, 0.5 * width))
    assert max(view.extent(0.5, 0)) == pytest.approx(0.5 * width)
