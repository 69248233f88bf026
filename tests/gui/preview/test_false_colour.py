import numpy as np
import pytest

from autoexposure.metering.clipping import HIGHLIGHT_CODE, SHADOW_CODE
from autoexposure.response import srgb
from gui.preview.false_colour import BANDS, BLACK, COLOURS, WHITE, false_colour


def shown(code):
    return tuple(false_colour(np.full((2, 3, 3), code, np.uint8))[1, 2])


@pytest.mark.parametrize("ev", [-5, -4, -3, -2, -1, 0, 1, 2])
def test_light_gets_the_colour_of_its_distance_from_middle_grey(ev):
    code = round(float(srgb().encode(np.array([0.18 * 2.0**ev], np.float32))[0]))
    assert shown(code) == COLOURS[ev]


def test_no_detail_is_told_from_the_darkest_and_the_brightest():
    assert shown(0) == shown(SHADOW_CODE) == BLACK
    assert shown(255) == shown(HIGHLIGHT_CODE) == WHITE
    assert shown(SHADOW_CODE + 1) not in (BLACK, WHITE)
    assert shown(HIGHLIGHT_CODE - 1) == COLOURS[2]


def test_bands_rise_and_each_has_its_own_colour():
    firsts = [band.first_code for band in BANDS]
    assert firsts == sorted(set(firsts))
    assert len({band.colour for band in BANDS}) == len(BANDS)
    assert [band.ev for band in BANDS[1:-1]] == sorted(COLOURS)
