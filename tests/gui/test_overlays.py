import numpy as np
import pytest

from autoexposure.policy import MAP_SIDE, Decision
from gui.overlays import (
    FULL_EV,
    GREEN,
    RED,
    SHADOW_BLUE,
    STRIPE_PX,
    Overlays,
    attention_layer,
    blend,
    compose,
    draw_clipping,
    exposure_layer,
    over,
)


@pytest.fixture
def picture():
    return np.full((60, 90, 3), 200, np.uint8)


def test_nothing_on_is_the_very_same_picture(picture):
    decision = Decision(0.0, np.ones((15, 15), np.float32), np.ones((15, 15), np.float32))
    assert compose(picture, decision, Overlays()) is picture
    assert compose(picture, None, Overlays(attention=True, exposure=True)) is picture
    assert compose(picture, Decision(0.3), Overlays(attention=True, exposure=True)) is picture


def test_attention_keeps_what_counts_and_darkens_the_rest(picture):
    attention = np.zeros((MAP_SIDE, MAP_SIDE), np.float32)
    attention[:, :5] = 0.5  # the highest there is: fully bright, whatever its absolute value
    drawn = compose(picture, Decision(0.0, attention), Overlays(attention=True, attention_opacity=1.0, cells=True))
    assert (drawn[:, :30] == 200).all()
    assert (drawn[:, 31:] == 0).all()


@pytest.mark.parametrize("level", [0.1, 1.0])
def test_even_attention_leaves_the_picture_alone(picture, level):
    even = np.full((MAP_SIDE, MAP_SIDE), level, np.float32)
    assert (compose(picture, Decision(0.0, even), Overlays(attention=True)) == 200).all()


def test_attention_of_nothing_is_dark_and_divides_by_nothing():
    assert (attention_layer(np.zeros((MAP_SIDE, MAP_SIDE), np.float32), 1.0)[..., 3] == 255).all()


def test_exposure_map_is_green_to_raise_red_to_lower_black_when_content(picture):
    wanted = np.zeros((MAP_SIDE, MAP_SIDE), np.float32)
    wanted[0], wanted[1] = FULL_EV, -3 * FULL_EV
    layer = exposure_layer(wanted, 1.0)
    assert tuple(layer[0, 0]) == (*GREEN, 255)
    assert tuple(layer[1, 7]) == (*RED, 255)
    assert tuple(layer[2, 0]) == (0, 0, 0, 255)


def test_half_asked_is_half_as_bright():
    half = np.full((MAP_SIDE, MAP_SIDE), 0.5 * FULL_EV, np.float32)
    assert layer_green(half) == pytest.approx(GREEN[1] / 2, abs=1)


def layer_green(wanted):
    return int(exposure_layer(wanted, 1.0)[0, 0, 1])


def test_below_full_opacity_the_picture_shows_and_most_where_nothing_is_asked(picture):
    wanted = np.zeros((MAP_SIDE, MAP_SIDE), np.float32)
    wanted[:, 8:] = FULL_EV
    drawn = compose(picture, Decision(0.0, None, wanted), Overlays(exposure=True, exposure_opacity=0.5, cells=True))
    content, asking = drawn[30, 10].astype(int), drawn[30, 80].astype(int)
    assert (content == content[0]).all()
    assert 0 < asking[0] < content[0] < 200
    assert asking[1] > asking[0]


def test_cells_are_sharp_and_smooth_is_not(picture):
    wanted = np.zeros((MAP_SIDE, MAP_SIDE), np.float32)
    wanted[:, 7] = FULL_EV
    layer = exposure_layer(wanted, 1.0)
    sharp, smooth = blend(picture, layer, cells=True), blend(picture, layer, cells=False)
    assert len(np.unique(sharp[..., 1])) == 2
    assert (sharp[:, 42:48, 1] == GREEN[1]).all()
    assert len(np.unique(smooth[..., 1])) > 4


def test_both_maps_together_show_their_product(picture):
    attention = np.ones((MAP_SIDE, MAP_SIDE), np.float32)
    attention[:, :8] = 0.0
    decision = Decision(0.5, attention, np.full((MAP_SIDE, MAP_SIDE), FULL_EV, np.float32))
    chosen = Overlays(attention=True, exposure=True, attention_opacity=1.0, exposure_opacity=1.0, cells=True)
    drawn = compose(picture, decision, chosen)
    assert (drawn[:, :40] == 0).all()
    assert (drawn[:, 60:, 1] == GREEN[1]).all()


def test_over_with_an_opaque_layer_hides_what_is_below():
    below = np.full((1, 1, 4), 255, np.uint8)
    assert tuple(over(np.array([[[10, 20, 30, 255]]], np.uint8), below)[0, 0]) == (10, 20, 30, 255)
    assert tuple(over(np.zeros((1, 1, 4), np.uint8), below)[0, 0]) == (255, 255, 255, 255)


def test_the_shape_of_the_picture_does_not_matter():
    tall = np.full((97, 31, 3), 90, np.uint8)
    drawn = compose(tall, Decision(0.0, None, np.ones((15, 15), np.float32)), Overlays(exposure=True, clipping=True))
    assert drawn.shape == tall.shape
    assert drawn.dtype == np.uint8


def test_clipping_stripes_highlights_and_colours_shadows():
    picture = np.full((40, 60, 3), 128, np.uint8)
    picture[:, :20] = (251, 10, 10)  # one clipped channel is enough
    picture[:, 40:] = 0
    drawn = draw_clipping(picture, 250)
    striped = (drawn[:, :20] == 0).all(axis=2)
    assert 0.3 < striped.mean() < 0.7
    assert (drawn[:, :20][~striped] == (251, 10, 10)).all()
    assert (drawn[:, 20:40] == 128).all()
    assert (drawn[:, 40:] == SHADOW_BLUE).all()
    assert STRIPE_PX > 1
    assert (picture[:, 40:] == 0).all(), "the frame itself must stay as it is"


def test_the_clipping_level_is_inclusive_and_moves():
    picture = np.full((40, 60, 3), 220, np.uint8)
    assert (draw_clipping(picture, 221) == 220).all()
    assert (draw_clipping(picture, 220) == 0).any()
