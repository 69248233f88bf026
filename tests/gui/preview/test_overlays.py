import numpy as np
import pytest

from autoexposure.metering.drawing import FULL_EV, GREEN, RED, attention_layer, exposure_layer
from autoexposure.metering.policy import MAP_SIDE, Decision
from gui.panels.histogram import histogram
from gui.preview.false_colour import false_colour
from gui.preview.overlays import (
    CLIPPED_RED,
    SHADOW_BLUE,
    STRIPE_PX,
    Overlays,
    blend,
    compose,
    draw_clipping,
    draw_zebra,
    over,
)
from gui.preview.viewport import Area


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


def test_clipping_is_red_where_light_is_lost_and_blue_where_shadow_is():
    picture = np.full((40, 60, 3), 128, np.uint8)
    picture[:, :20] = (254, 10, 10)  # one clipped channel is enough
    picture[:, 40:] = 1
    drawn = draw_clipping(picture, picture)
    assert (drawn[:, :20] == CLIPPED_RED).all()
    assert (drawn[:, 20:40] == 128).all()
    assert (drawn[:, 40:] == SHADOW_BLUE).all()
    assert (picture[:, 40:] == 1).all(), "the frame itself must stay as it is"


def test_clipping_agrees_with_the_histogram_s_numbers():
    picture = np.random.default_rng(1).integers(0, 256, (100, 100, 3), np.uint8)
    picture[:30] = 0
    picture[90:] = (255, 3, 80)
    drawn, counted = draw_clipping(picture, picture), histogram(picture)
    assert np.mean((drawn == CLIPPED_RED).all(axis=2)) == pytest.approx(counted.highlights)
    assert np.mean((drawn == SHADOW_BLUE).all(axis=2)) == pytest.approx(counted.shadows)


def test_the_zebra_s_level_is_inclusive_and_moves():
    picture = np.full((40, 60, 3), 220, np.uint8)
    assert (draw_zebra(picture, picture, 221) == 220).all()
    striped = (draw_zebra(picture, picture, 220) == 0).all(axis=2)
    assert 0.3 < striped.mean() < 0.7
    assert STRIPE_PX > 1
    coloured = np.zeros_like(picture)
    coloured[...] = (255, 0, 0)
    assert (draw_zebra(coloured, coloured, 220) == coloured).all(), "one full channel is not yet bright"


def test_false_colour_is_striped_by_the_picture_s_own_brightness(picture):
    drawn = compose(picture, None, Overlays(false_colour=True, zebra=True, zebra_code=150))
    assert {tuple(pixel) for pixel in drawn.reshape(-1, 3)} == {(0, 0, 0), tuple(false_colour(picture)[0, 0])}


@pytest.mark.parametrize("cells", [True, False])
@pytest.mark.parametrize("seen", [Area(0.25, 0.5, 0.75, 1.0), Area(0.1, 0.0, 0.6, 0.3)])
def test_the_layers_of_a_part_are_that_part_of_the_layers(cells, seen):
    picture = np.full((300, 400, 3), 200, np.uint8)
    wanted = np.random.default_rng(3).uniform(-2, 2, (MAP_SIDE, MAP_SIDE)).astype(np.float32)
    attention = np.random.default_rng(4).uniform(0, 1, (MAP_SIDE, MAP_SIDE)).astype(np.float32)
    decision = Decision(0.1, attention, wanted)
    chosen = Overlays(attention=True, exposure=True, cells=cells)
    rows = slice(round(seen.top * 300), round(seen.bottom * 300))
    columns = slice(round(seen.left * 400), round(seen.right * 400))
    part = compose(picture[rows, columns], decision, chosen, seen=seen)
    whole = compose(picture, decision, chosen)[rows, columns]
    assert part.shape == whole.shape
    off = np.abs(part.astype(int) - whole).max(axis=2) > 8
    assert off.mean() < (0.1 if cells else 0.001), "the edge of a cell may lie one pixel beside, nothing else differs"


def test_a_veil_lies_over_everything(picture):
    veil = np.zeros((30, 30, 4), np.uint8)
    veil[:, 15:] = (10, 20, 30, 255)
    drawn = compose(picture, None, Overlays(false_colour=True), veil=veil)
    assert (drawn[:, 60:] == (10, 20, 30)).all()
    assert (drawn[:, :30] == false_colour(picture)[:, :30]).all()
