"""Which places of a picture count as well exposed: in code values and in light alike."""

import math

import numpy as np
import pytest

from autoexposure.evaluation.scores import WELL_EXPOSED, well_exposed, well_exposed_light, well_exposed_share
from autoexposure.frame import Pixels
from autoexposure.response import gamma, srgb


def row(*codes: tuple[int, int, int]) -> Pixels:
    return np.array([codes], np.uint8)


def test_by_value() -> None:
    greys = row(*((code, code, code) for code in (0, 76, 77, 128, 178, 179, 255)))
    assert well_exposed(greys)[0].tolist() == [False, False, True, True, True, False, False]


def test_a_clipped_channel_is_lost_however_dark_the_place_looks() -> None:
    assert well_exposed(row((255, 60, 60), (240, 60, 60)))[0].tolist() == [False, True]


def test_light_and_codes_agree() -> None:
    for response in (srgb(), gamma()):
        low, high = well_exposed_light(response)
        just = response.encode(np.array([low * 1.01, high * 0.99, low * 0.95, high * 1.05], np.float32))
        greys = np.repeat(np.rint(just).astype(np.uint8)[np.newaxis, :, np.newaxis], 3, axis=2)
        assert well_exposed(greys)[0].tolist() == [True, True, False, False]
    low, high = well_exposed_light(gamma())
    assert math.log2(high / low) == pytest.approx(2.2 * math.log2(WELL_EXPOSED[1] / WELL_EXPOSED[0]), abs=0.01)


def test_once_is_enough_and_only_the_area_counts() -> None:
    dark, bright = row((10, 10, 10), (128, 128, 128)), row((128, 128, 128), (255, 255, 255))
    both, first = np.array([[True, True]]), np.array([[True, False]])
    assert well_exposed_share([dark], both) == 0.5
    assert well_exposed_share([dark, bright], both) == 1
    assert well_exposed_share([dark], first) == 0
    with pytest.raises(ValueError, match="empty area"):
        well_exposed_share([dark], np.zeros((1, 2), np.bool_))
