import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gui.orientation import AS_IT_IS, Orientation

orientations = st.builds(Orientation, st.integers(0, 3), mirrored=st.booleans())
shares = st.floats(0, 1)
EVERY = [Orientation(quarters, mirrored=mirrored) for quarters in range(4) for mirrored in (False, True)]


@given(orientations, shares, shares)
def test_there_and_back(turned, x, y):
    assert turned.to_picture(*turned.to_screen(x, y)) == pytest.approx((x, y))
    assert turned.to_screen(*turned.to_picture(x, y)) == pytest.approx((x, y))


@pytest.mark.parametrize("turned", EVERY, ids=str)
def test_pixels_go_where_places_go(turned):
    pixels = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    shown = turned.apply(pixels)
    height, width = shown.shape[:2]
    assert (width, height) == turned.size(3, 2)
    for row in range(2):
        for column in range(3):
            x, y = turned.to_screen((column + 0.5) / 3, (row + 0.5) / 2)
            assert np.array_equal(shown[int(y * height), int(x * width)], pixels[row, column])


@given(orientations, shares, shares)
def test_turning_is_clockwise_on_screen_whether_mirrored_or_not(turned, x, y):
    before, after = turned.to_screen(x, y), turned.turned().to_screen(x, y)
    assert after == pytest.approx((1 - before[1], before[0]))


@given(orientations, shares, shares)
def test_mirroring_exchanges_left_and_right_on_screen(turned, x, y):
    before, after = turned.to_screen(x, y), turned.with_mirror(not turned.mirrored).to_screen(x, y)
    assert after == pytest.approx((1 - before[0], before[1]))


def test_four_quarters_are_none():
    assert AS_IT_IS.turned().turned().turned().turned() == AS_IT_IS
    pixels = np.zeros((2, 3, 3), np.uint8)
    assert AS_IT_IS.apply(pixels) is pixels
