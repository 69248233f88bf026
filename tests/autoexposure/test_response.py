import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoexposure.errors import ConfigError
from autoexposure.response import ResponseCurve, gamma, srgb

CODES = np.arange(256, dtype=np.uint8)
CURVES = [srgb(), gamma(), gamma(1.0), gamma(1.8)]
every_curve = pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)


@every_curve
def test_every_code_comes_back(curve: ResponseCurve) -> None:
    assert np.allclose(curve.encode(curve.linearise(CODES)), CODES, atol=1e-3)


@every_curve
def test_it_rises_from_black_to_saturation(curve: ResponseCurve) -> None:
    relative = curve.linearise(CODES)
    assert relative[0] == 0
    assert relative[255] == 1
    assert np.all(np.diff(relative) > 0)


@every_curve
def test_fractions_of_codes_lie_between_their_neighbours(curve: ResponseCurve) -> None:
    halves = curve.linearise(np.arange(255, dtype=np.float32) + np.float32(0.5))
    whole = curve.linearise(CODES)
    assert np.all((whole[:-1] < halves) & (halves < whole[1:]))


@every_curve
def test_whole_codes_as_floats_agree_with_integers(curve: ResponseCurve) -> None:
    assert np.array_equal(curve.linearise(CODES.astype(np.float32)), curve.linearise(CODES))


@every_curve
def test_encode_clips(curve: ResponseCurve) -> None:
    assert curve.encode(np.array([-1, 0, 1, 7], np.float32)).tolist() == [0, 0, 255, 255]


@settings(deadline=None)
@given(st.lists(st.floats(0, 1, width=32), min_size=2, max_size=50), st.sampled_from(CURVES))
def test_more_light_is_never_a_lower_code(light: list[float], curve: ResponseCurve) -> None:
    codes = curve.encode(np.sort(np.array(light, np.float32)))
    assert np.all(np.diff(codes) >= 0)


def test_srgb_by_value() -> None:
    # IEC 61966-2-1: code 188 is 0.5028 of saturation, and the linear part has a slope of 1 / 12.92.
    assert srgb().linearise(np.array([188], np.uint8))[0] == pytest.approx(0.5028, abs=1e-4)
    assert srgb().linearise(np.array([10], np.uint8))[0] == pytest.approx(10 / 255 / 12.92, rel=1e-5)


def test_gamma_by_value() -> None:
    assert gamma(2.2).linearise(np.array([128], np.uint8))[0] == pytest.approx((128 / 255) ** 2.2, rel=1e-5)


@settings(deadline=None)
@given(st.floats(0.1, 2.5), st.sampled_from(CURVES))
def test_darker_and_back_is_the_same_within_the_rounding_of_the_dark_picture(down: float, curve: ResponseCurve) -> None:
    dark = curve.re_expose(CODES, -down)
    back = curve.re_expose(dark, down)
    # A dark code stands for all light that rounds to it; brightened again, half of its width either side is lost.
    lower = curve.re_expose(np.maximum(dark - np.float32(0.5), 0), down)
    upper = curve.re_expose(np.minimum(dark + np.float32(0.5), 255), down)
    assert np.all((lower - 1 <= CODES) & (upper + 1 >= CODES))
    assert np.all((lower <= back) & (back <= upper))


@settings(deadline=None)
@given(st.floats(0.1, 3), st.sampled_from(CURVES))
def test_brighter_and_back_is_the_same_below_clipping(up: float, curve: ResponseCurve) -> None:
    bright = curve.re_expose(CODES, up)
    unclipped = bright < 255
    assert unclipped.any()
    assert np.all(np.abs(curve.re_expose(bright, -up)[unclipped] - CODES[unclipped]) <= 1)


@settings(deadline=None)
@given(st.floats(0.1, 3), st.sampled_from(CURVES))
def test_light_beyond_clipping_is_lost(up: float, curve: ResponseCurve) -> None:
    bright = curve.re_expose(CODES, up)
    clipped = bright == 255
    assert clipped.any()
    assert np.unique(curve.re_expose(bright, -up)[clipped]).size == 1


@settings(deadline=None)
@given(st.floats(-3, 3), st.floats(0.01, 2), st.sampled_from(CURVES))
def test_more_exposure_never_darkens(start_ev: float, more_ev: float, curve: ResponseCurve) -> None:
    assert np.all(curve.re_expose(CODES, start_ev + more_ev) >= curve.re_expose(CODES, start_ev))


def test_one_ev_doubles_the_light() -> None:
    curve = srgb()
    codes = np.arange(60, 180, dtype=np.uint8)
    ratio = curve.linearise(curve.re_expose(codes, 1.0)) / curve.linearise(codes)
    assert np.allclose(ratio, 2, rtol=0.02)


def test_re_exposed_codes_are_whole_and_fit_in_8_bits() -> None:
    codes = srgb().re_expose(np.linspace(0, 255, 1000, dtype=np.float32), 0.7)
    assert codes.dtype == np.float32
    assert np.array_equal(codes, codes.astype(np.uint8))


def test_shapes_are_kept() -> None:
    picture = np.zeros((2, 5, 3), np.uint8)
    assert srgb().linearise(picture).shape == (2, 5, 3)
    assert srgb().re_expose(picture.astype(np.float32), 1.0).shape == (2, 5, 3)


@pytest.mark.parametrize(
    "relative",
    [
        np.linspace(0, 1, 255, dtype=np.float32),
        np.linspace(0, 0.9, 256, dtype=np.float32),
        np.linspace(1, 0, 256, dtype=np.float32),
        np.concatenate([[0, 0], np.linspace(0.1, 1, 254)]).astype(np.float32),
    ],
)
def test_what_is_no_curve_is_refused(relative: np.ndarray) -> None:
    with pytest.raises(ConfigError, match="response curve 'odd'"):
        ResponseCurve("odd", relative)
