"""How far the colours of a picture have moved, whatever its exposure."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexposure.metering.colour import colour_shift_ev
from autoexposure.metering.preview import Preview
from autoexposure.response import srgb

RESPONSE = srgb()
SCENE = np.random.default_rng(0).uniform(0.05, 0.8, (1, 3, 128, 128)).astype(np.float32)


def taken(ev: float, red: float = 1.0, blue: float = 1.0) -> Preview:
    gains = np.array([red, 1, blue], np.float32).reshape(1, 3, 1, 1) * np.float32(2**ev)
    return np.rint(RESPONSE.encode(SCENE * gains)).astype(np.float32)


@given(st.floats(-2, 2), st.floats(-2, 2))
def test_another_exposure_moves_no_colour(first_ev: float, second_ev: float) -> None:
    assert colour_shift_ev(taken(first_ev), taken(second_ev), RESPONSE) == pytest.approx(0, abs=0.02)


@given(st.floats(-1, 1), st.floats(-0.5, 0.5))
def test_another_balance_is_seen_whatever_the_exposure(ev: float, shift_ev: float) -> None:
    moved = taken(ev, red=2 ** (shift_ev / 2), blue=2 ** (-shift_ev / 2))
    assert colour_shift_ev(taken(0), moved, RESPONSE) == pytest.approx(shift_ev, abs=0.03)


def test_what_moves_in_a_part_of_the_scene_does_not_count() -> None:
    moved = taken(0)
    moved[0, 0, :50] = 30
    assert colour_shift_ev(taken(0), moved, RESPONSE) == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize("ev", [-9, 9])
def test_pictures_that_share_no_certain_pixel_say_nothing(ev: float) -> None:
    assert colour_shift_ev(taken(0), taken(ev), RESPONSE) is None
