"""What pictures in several exposures tell of the light of each place."""

import numpy as np
import pytest

from autoexposure.bracketing.light import SHARPNESS, SceneLight
from autoexposure.metering.policy import MAP_SIDE, Map
from autoexposure.metering.preview import SIDE_PX, Preview
from autoexposure.response import ResponseCurve, gamma, srgb


def picture(light: float, ev: float, response: ResponseCurve) -> Preview:
    """A grey wall of this light, as a Preview."""
    code = np.rint(response.encode(np.array([light * 2.0**ev], np.float32)))[0]
    return np.full((1, 3, SIDE_PX, SIDE_PX), code, np.float32)


def cells(value: float) -> Map:
    return np.full((MAP_SIDE, MAP_SIDE), value, np.float32)


@pytest.mark.parametrize("response", [srgb(), gamma()], ids=lambda curve: curve.name)
@pytest.mark.parametrize("ev", [-1.5, 0.0, 1.0])
def test_the_wish_puts_a_place_in_the_middle_whatever_it_was_taken_with(response: ResponseCurve, ev: float) -> None:
    light = SceneLight(response)
    light.add(picture(0.2, ev, response), ev, cells(1), cells(0))
    wish_ev = float(light.wishes_ev.mean())
    low, high = (float(response.linearise(np.array([255 * share], np.float32))[0]) for share in (0.3, 0.7))
    assert 0.2 * 2**wish_ev == pytest.approx((low * high) ** 0.5, rel=0.03)
    assert light.width_ev == pytest.approx(np.log2(high / low), abs=1e-5)


def test_a_clipped_place_asks_for_what_the_map_says_and_no_less_than_its_bound() -> None:
    for asked_ev, far in ((0.0, False), (-6.0, True)):
        light = SceneLight(srgb())
        light.add(picture(8.0, 0.0, srgb()), 0.0, cells(1), cells(asked_ev))
        assert light.wishes_ev.max() < -2.5, "the light is at least white"
        assert (float(light.wishes_ev.mean()) == pytest.approx(-6.0)) is far


def test_a_picture_that_shows_a_place_corrects_the_guess_and_a_worse_one_does_not() -> None:
    light = SceneLight(srgb())
    light.add(picture(8.0, 0.0, srgb()), 0.0, cells(0.2), cells(0))
    light.add(picture(8.0, -4.0, srgb()), -4.0, cells(0.9), cells(0))
    shown = light.wishes_ev.copy()
    assert float(shown.mean()) == pytest.approx(np.log2(0.18 / 8), abs=0.1)
    assert light.weights.mean() == pytest.approx(0.9**SHARPNESS, rel=1e-5)
    light.add(picture(8.0, -12.0, srgb()), -12.0, cells(0.1), cells(4))
    assert np.array_equal(light.wishes_ev, shown)
    assert light.weights.mean() == pytest.approx(0.9**SHARPNESS, rel=1e-5)


@pytest.mark.parametrize("order", [(0.0, -3.0), (-3.0, 0.0)])
def test_of_a_place_that_is_clipped_in_all_pictures_the_darkest_says_most(order: tuple[float, float]) -> None:
    light = SceneLight(srgb())
    for ev in order:
        light.add(picture(64.0, ev, srgb()), ev, cells(1), cells(0))
    alone = SceneLight(srgb())
    alone.add(picture(64.0, -3.0, srgb()), -3.0, cells(1), cells(0))
    assert np.array_equal(light.wishes_ev, alone.wishes_ev)
    light.add(picture(64.0, -7.0, srgb()), -7.0, cells(1), cells(0))
    assert float(light.wishes_ev.mean()) == pytest.approx(np.log2(0.18 / 64), abs=0.1)


def test_a_black_place_asks_for_more() -> None:
    light = SceneLight(srgb())
    light.add(picture(1e-5, 0.0, srgb()), 0.0, cells(1), cells(0))
    assert light.wishes_ev.min() > 4


def test_attention_that_a_mask_has_raised_keeps_its_proportions() -> None:
    raised = cells(2.0)
    raised[:, MAP_SIDE // 2 :] = 6.0
    light = SceneLight(srgb())
    light.add(picture(0.2, 0.0, srgb()), 0.0, raised, cells(0))
    assert light.weights.max() == 1
    assert light.weights.min() == pytest.approx((1 / 3) ** SHARPNESS, rel=1e-4)


def test_without_maps_every_place_counts_alike() -> None:
    light = SceneLight(srgb())
    light.add(picture(0.2, 0.0, srgb()), 0.0, None, None)
    assert np.all(light.weights == 1)
