import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoexposure.errors import PictureDamaged, PictureError
from autoexposure.simulation.builtin_scenes import shipped_photograph
from drivers.common.pictures.colours import BT709, Colours, code_table, rgb_from_yuv
from drivers.common.pictures.formats import FORMATS, to_rgb
from drivers.common.pictures.layout import Layout
from tests.drivers.common.pictures.encoders import WAYS, by_hue

BLOCK_PX = 8
"""Every so many pixels the colour changes, so that colours sampled coarsely lose nothing inside a block."""

FEW = 12
"""Examples of each of a hundred formats, many of which share their code."""


def blocks(wide, high, seed=0, grey=False):
    colours = np.random.default_rng(seed).integers(0, 256, (-(-high // BLOCK_PX), -(-wide // BLOCK_PX), 3), np.uint8)
    colours[0, 0] = 255
    colours[-1, -1] = 0
    if grey:
        colours[:] = colours[..., :1]
    return np.repeat(np.repeat(colours, BLOCK_PX, 0), BLOCK_PX, 1)[:high, :wide]


def inside(pixels):
    """Pixels in the middle of whole blocks, where no neighbour's colour is mixed in."""
    high, wide = (side // BLOCK_PX * BLOCK_PX for side in pixels.shape[:2])
    return pixels[3:high:BLOCK_PX, 3:wide:BLOCK_PX].astype(int)


def test_every_format_is_held_against_an_encoder():
    assert set(WAYS) | {"MJPG", "JPEG"} == set(FORMATS)


@pytest.mark.parametrize("name", WAYS)
@settings(max_examples=FEW)
@given(
    wide=st.integers(8, 67),
    high=st.integers(8, 35),
    padding=st.sampled_from([0, 2, 8, 24]),
    extra=st.sampled_from([0, 1, 4096]),
    seed=st.integers(0, 99),
)
def test_every_format_becomes_the_same_rgb(name, wide, high, padding, extra, seed):
    way = WAYS[name]
    rgb = blocks(wide, high, seed, way.grey)
    data, line_bytes = way.encode(rgb, padding)
    data = np.concatenate((data, np.full(extra, 99, np.uint8)))
    before = data.copy()
    decoded = to_rgb(data, name, Layout(wide, high, line_bytes))
    assert decoded.dtype == np.uint8
    assert 0 <= wide - decoded.shape[1] < 8
    assert 0 <= high - decoded.shape[0] < 4
    high, wide = decoded.shape[:2]
    assert np.abs(inside(decoded) - inside(rgb[:high, :wide])).max() <= way.error
    assert np.array_equal(data, before)
    data[:] = 0
    assert np.abs(inside(decoded) - inside(rgb[:high, :wide])).max() <= way.error  # it is a copy


@pytest.mark.parametrize("name", WAYS)
@settings(max_examples=FEW)
@given(wide=st.sampled_from([8, 16, 40]), high=st.sampled_from([8, 20]), missing=st.integers(1, 3000))
def test_what_is_too_short_is_damaged(name, wide, high, missing):
    data, line_bytes = WAYS[name].encode(blocks(wide, high), 0)
    with pytest.raises(PictureDamaged, match="damaged: it has"):
        to_rgb(data[: max(0, len(data) - missing)], name, Layout(wide, high, line_bytes))


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=FEW)
@given(st.binary(max_size=3000), st.integers(0, 40), st.integers(0, 40), st.integers(0, 200))
def test_any_bytes_are_a_picture_or_refused(name, data, wide, high, line_bytes):
    try:
        decoded = to_rgb(np.frombuffer(data, np.uint8), name, Layout(wide, high, line_bytes))
    except PictureError:
        return
    assert decoded.ndim == 3
    assert decoded.shape[2] == 3


@pytest.mark.parametrize("name", FORMATS)
def test_a_picture_of_no_size_is_no_damage(name):
    with pytest.raises(PictureError) as caught:
        to_rgb(np.zeros(64, np.uint8), name, Layout(2, 2))
    assert not isinstance(caught.value, PictureDamaged)


def test_jpeg_has_the_size_it_has_and_is_decoded_smaller():
    data = cv2.imencode(".jpg", np.full((480, 720, 3), 90, np.uint8))[1].reshape(-1)
    for name in ("MJPG", "JPEG"):
        assert to_rgb(data, name, Layout(640, 480)).shape == (480, 720, 3)
        assert to_rgb(data, name, Layout(640, 480), 200).shape == (240, 360, 3)


@pytest.mark.parametrize("name", ["YUYV", "UYVY", "YVYU", "NV12", "NV21", "YU12", "YV12", "M420", "P010"])
def test_opencvs_own_conversion_and_ours_agree(name):
    """Where OpenCV converts, the same colours said in other words take our way."""
    rgb = cv2.resize(shipped_photograph("chelsea.png"), (64, 48))
    data, line_bytes = WAYS[name].encode(rgb, 0)
    almost = Colours(luma=(0.2990001, 0.114))
    fast, ours = (
        to_rgb(data, name, Layout(64, 48, line_bytes, colours)).astype(int) for colours in (Colours(), almost)
    )
    assert np.abs(fast - ours).max() <= 2


@pytest.mark.parametrize("luma", [(0.299, 0.114), BT709])
@pytest.mark.parametrize("full", [True, False])
def test_ranges_and_matrices(luma, full):
    """White, black and pure colours, computed from the standard's own equations."""
    red, blue = luma
    for colour in ((255, 255, 255), (0, 0, 0), (255, 0, 0), (0, 255, 0), (0, 0, 255), (90, 120, 30)):
        r, g, b = (value / 255 for value in colour)
        y = red * r + (1 - red - blue) * g + blue * b
        u, v = (b - y) / (2 - 2 * blue), (r - y) / (2 - 2 * red)
        codes = (255 * y, 255 * u + 128, 255 * v + 128) if full else (219 * y + 16, 224 * u + 128, 224 * v + 128)
        data = np.rint(np.clip(codes, 0, 255)).astype(np.uint8)
        decoded = to_rgb(np.tile(data, 64), "YUV3", Layout(8, 8, 0, Colours(luma, full)))
        assert np.abs(decoded[4, 4].astype(int) - colour).max() <= 3
    assert rgb_from_yuv(Colours(luma, full)).shape == (3, 4)


@pytest.mark.parametrize("name", ["GREY", "RGB3", "BGR4"])
def test_a_range_that_leaves_room_is_stretched(name):
    data = np.full(8 * 8 * 4, 235, np.uint8)
    assert to_rgb(data, name, Layout(8, 8, 0, Colours(full_range=False))).min() == 255
    assert to_rgb(data, name, Layout(8, 8)).max() == 235


def test_who_says_linear_gets_the_curve_and_who_says_otherwise_does_not():
    half = np.full(64, 128, np.uint8)
    for name, unsaid in (("GREY", 128), ("BA81", 188)):
        assert to_rgb(half, name, Layout(8, 8))[4, 4].tolist() == [unsaid] * 3
        assert to_rgb(half, name, Layout(8, 8, 0, Colours(linear=True)))[4, 4, 0] == 188
        assert to_rgb(half, name, Layout(8, 8, 0, Colours(linear=False)))[4, 4, 0] == 128


@pytest.mark.parametrize("bits", [4, 8, 10, 12, 14, 16])
@pytest.mark.parametrize("linear", [False, True])
def test_a_table_of_codes_rises_to_white_and_stays_there(bits, linear):
    table = code_table(bits, linear, True).astype(int)
    assert table[0] == 0
    assert (table[(1 << bits) - 1 :] == 255).all()
    assert (np.diff(table) >= 0).all()


def test_a_clipped_sensor_is_white_whatever_the_mosaic():
    for name in ("RG10", "pRAA", "BA81"):
        data = np.full(64 * 2, 255, np.uint8)
        if name == "RG10":
            data = np.full(64, 1023, "<u2").view(np.uint8)
        assert to_rgb(data, name, Layout(8, 8)).min() == 255


@pytest.mark.parametrize("hues", [180, 256])
def test_a_hue_counts_by_the_steps_that_the_driver_says(hues):
    quarter, half = hues // 4, hues // 2
    data = np.tile(np.array([[0, 255, 255], [half, 255, 255], [quarter, 255, 200], [0, 0, 90]], np.uint8), (8, 2, 1))
    decoded = to_rgb(data.reshape(-1), "HSV3", Layout(8, 8, 0, Colours(hues=hues)))
    assert decoded[0, :4].tolist() == [[255, 0, 0], [0, 255, 255], [100, 200, 0], [90, 90, 90]]
    rgb = blocks(32, 16, 3)
    again = to_rgb(by_hue("HSV", hues).encode(rgb, 0)[0], "HSV3", Layout(32, 16, 0, Colours(hues=hues)))
    assert np.abs(inside(again) - inside(rgb)).max() <= by_hue("HSV").error
