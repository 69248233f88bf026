import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoexposure.frame import Pixels
from autoexposure.metering.preview import SIDE_PX, make_preview
from autoexposure.simulation.builtin_scenes import shipped_photograph

SHAPES = [(480, 640), (720, 1280), (128, 128), (640, 480), (256, 384)]


def noise(height: int, width: int) -> Pixels:
    return np.random.default_rng(height * width).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize(("height", "width"), [*SHAPES, (60, 80), (1, 1)])
def test_every_size_becomes_one_shape(height: int, width: int) -> None:
    preview = make_preview(noise(height, width))
    assert preview.shape == (1, 3, SIDE_PX, SIDE_PX)
    assert preview.dtype == np.float32
    assert preview.flags.c_contiguous
    assert 0 <= preview.min() <= preview.max() <= 255


@pytest.mark.parametrize(("height", "width"), SHAPES)
def test_the_mean_of_each_channel_is_kept(height: int, width: int) -> None:
    pixels = noise(height, width) // np.array([1, 2, 4], np.uint8)
    assert np.allclose(make_preview(pixels).mean(axis=(0, 2, 3)), pixels.mean(axis=(0, 1)), atol=0.5)


@settings(deadline=None)
@given(st.integers(128, 300), st.integers(128, 300), st.tuples(*[st.integers(0, 255)] * 3))
def test_an_even_picture_stays_even(height: int, width: int, colour: tuple[int, int, int]) -> None:
    preview = make_preview(np.full((height, width, 3), colour, np.uint8))
    for channel, code in enumerate(colour):
        assert np.all(preview[0, channel] == code)


def test_channels_are_rgb_and_rows_come_before_columns() -> None:
    pixels = np.zeros((200, 400, 3), np.uint8)
    pixels[:100, :, 0] = 200  # red above
    pixels[:, :200, 2] = 100  # blue at the left
    preview = make_preview(pixels)
    assert preview[0, :, 10, 100].tolist() == [200, 0, 0]
    assert preview[0, :, 100, 10].tolist() == [0, 0, 100]


def test_128_pixels_pass_unchanged() -> None:
    pixels = noise(128, 128)
    assert np.array_equal(make_preview(pixels)[0].transpose(1, 2, 0), pixels)


@pytest.mark.parametrize(("height", "width"), [(720, 1280), (1080, 1920), (2160, 3840), (1000, 1002), (641, 1281)])
def test_large_pictures_are_averaged_just_as_well(height: int, width: int) -> None:
    photograph = cv2.resize(shipped_photograph("coffee.png"), (width, height), interpolation=cv2.INTER_CUBIC)
    plainly = cv2.resize(photograph, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA).astype(np.float32)
    off = np.abs(make_preview(photograph)[0].transpose(1, 2, 0) - plainly)
    assert off.mean() < 0.5
    assert off.max() < 12  # at hard edges


def test_it_averages_areas_instead_of_picking_pixels() -> None:
    stripes = np.zeros((512, 512, 3), np.uint8)
    stripes[:, ::2] = 200
    assert np.all(make_preview(stripes) == 100)
