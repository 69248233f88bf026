import numpy as np
import pytest

from autoexposure.metering.clipping import HIGHLIGHT_CODE, SATURATED_FROM, clipping
from autoexposure.response import srgb


def test_clipping_counts_pixels_by_their_strongest_channel() -> None:
    pixels = np.full((10, 10, 3), 100, np.uint8)
    pixels[0] = (250, 0, 0)  # one channel is enough to lose colour
    pixels[1] = (249, 249, 249)
    pixels[2] = (5, 5, 5)
    pixels[3] = (0, 6, 0)  # one channel is enough to be seen
    found = clipping(pixels)
    assert found.highlights == pytest.approx(0.1)
    assert found.shadows == pytest.approx(0.1)


def test_light_is_saturated_just_where_an_srgb_picture_is_clipped() -> None:
    assert np.flatnonzero(srgb().relative >= SATURATED_FROM)[0] == HIGHLIGHT_CODE
