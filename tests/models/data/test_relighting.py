from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from autoexposure.errors import ConfigError
from autoexposure.response import REC709, gamma, srgb
from models.data.exposure_ladder import PLAIN, Light, encode_table, expose_linear, linear_light
from models.data.relighting import FAINTEST, Lighting, Relighting, paste, relight

Scene = Callable[..., NDArray[np.uint8]]
EFFECTS = [name for name in Relighting.__dataclass_fields__ if name.endswith("_share")]
PASTED = ("several_share", "elsewhere_share")


def subject_mask(side: int = 96) -> NDArray[np.uint8]:
    mask = np.zeros((side, side), np.uint8)
    mask[side // 4 : 3 * side // 4, side // 3 : 2 * side // 3] = 255
    mask[side // 4, side // 3 : 2 * side // 3] = 128
    return mask


def grey(code: int = 80, side: int = 96) -> NDArray[np.uint8]:
    return np.full((side, side, 3), code, np.uint8)


def lit(lighting: Lighting, code: int = 80) -> NDArray[np.float64]:
    """(96, 96, 3): light of an even grey picture in that light, of what it was; dark enough not to clip."""
    shown = relight(grey(code), subject_mask(), gamma(), replace(lighting), -2.0)
    return (shown / code) ** 2.2 * 4


def plainly(pixels, mask, response, background_ev, offset_ev, light=PLAIN) -> NDArray[np.uint8]:
    subject = mask[..., np.newaxis].astype(np.float32) / 255
    gain = (subject + (1 - subject) * np.float32(2**background_ev)) * np.float32(2**offset_ev)
    return expose_linear(linear_light(pixels, response, light) * gain, encode_table(response))


def test_only_the_background_changes(make_scene: Scene) -> None:
    picture = make_scene(1)
    mask = np.zeros(picture.shape[:2], np.uint8)
    mask[40:120, 60:140] = 255
    relit = relight(picture, mask, gamma(), Lighting(2.0), 0.0)
    subject = mask == 255
    assert np.abs(relit[subject].astype(int) - picture[subject]).max() <= 1
    assert relit[~subject].mean() > picture[~subject].mean() + 40


def test_soft_edges_get_light_in_between(make_scene: Scene) -> None:
    grey = np.full((8, 3, 3), 100, np.uint8)
    mask = np.array([[0, 128, 255]] * 8, np.uint8)
    row = relight(grey, mask, gamma(), Lighting(1.0), 0.0)[0, :, 0]
    assert row[0] > row[1] > row[2] == 100


def test_exposure_acts_on_both(make_scene: Scene) -> None:
    picture = make_scene(2)
    mask = np.full(picture.shape[:2], 255, np.uint8)
    darker = relight(picture, mask, gamma(), Lighting(3.0), -1.0)
    np.testing.assert_allclose(darker, gamma().re_expose(picture, -1.0), atol=1)


@settings(max_examples=30, deadline=None)
@given(
    st.floats(-3, 4),
    st.floats(-3, 3),
    st.sampled_from([gamma(), srgb(), gamma(1.7)]),
    st.floats(1, 8),
    st.integers(0, 99),
)
def test_without_any_effect_only_the_background_gets_more_light(
    background_ev, offset_ev, response, headroom, seed
) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    mask = np.random.default_rng(seed + 1).integers(0, 256, (40, 50), dtype=np.uint8)
    light = Light((1.05, 1.0, 0.9), headroom)
    plain = plainly(pixels, mask, response, background_ev, offset_ev, light)
    np.testing.assert_array_equal(relight(pixels, mask, response, Lighting(background_ev), offset_ev, light), plain)
    drawn = Relighting().draw(np.random.default_rng(seed), background_ev)
    np.testing.assert_array_equal(relight(pixels, mask, response, drawn, offset_ev, light), plain)
    none = Relighting(**{name: 1.0 for name in EFFECTS if name not in ("uneven_share", *PASTED)},
                      colour_ev=0, soft_px=0, haze=0, rim_ev=0)  # fmt: skip
    drawn = none.draw(np.random.default_rng(seed), background_ev)
    np.testing.assert_array_equal(relight(pixels, mask, response, drawn, offset_ev, light), plain)


@pytest.mark.parametrize("effect", [name for name in EFFECTS if name not in PASTED])
def test_each_effect_shows(effect: str, make_scene: Scene) -> None:
    pixels, mask = make_scene(3, 96, 96), subject_mask()
    plain = plainly(pixels, mask, gamma(), 2.0, -1.0)
    lighting = Relighting(**{effect: 1.0}).draw(np.random.default_rng(5), 2.0)
    assert np.abs(relight(pixels, mask, gamma(), lighting, -1.0).astype(int) - plain).max() > 8


def test_colours_differ_and_brightness_does_not() -> None:
    lighting = Relighting(coloured_share=1.0).draw(np.random.default_rng(1), 1.0)
    colours = np.array([lighting.subject_colour, lighting.background_colour])
    np.testing.assert_allclose(colours @ np.array(REC709), 1)
    light = lit(lighting)
    np.testing.assert_allclose(light[48, 48], lighting.subject_colour, rtol=0.05)
    np.testing.assert_allclose(light[5, 5], 2 * colours[1], rtol=0.05)
    assert not np.allclose(colours[0], colours[1], rtol=0.05)


def test_soft_edges_spill_light_and_leave_the_middle_alone() -> None:
    row = lit(Lighting(2.0, edge_px=5))[48, :, 0]
    assert row[48] == pytest.approx(1, rel=0.05)
    assert row[3] == pytest.approx(4, rel=0.05)
    assert 1.3 < row[33] < 3.5
    assert np.all(np.diff(row[:40]) <= 0.1)


def test_haze_adds_light_of_the_background_to_the_subject_and_never_takes_any() -> None:
    bright, dim = (lit(Lighting(ev, haze=0.1)) - lit(Lighting(ev)) for ev in (2.0, 0.0))
    assert bright.min() > 0
    assert bright[48, 40].mean() > 1.5 * dim[48, 40].mean()


@pytest.mark.parametrize("seed", range(6))
def test_an_uneven_background_has_half_to_all_of_its_light(seed: int) -> None:
    lighting = Relighting(uneven_share=1.0).draw(np.random.default_rng(seed), 1.0)
    gain = lighting.gain(np.zeros((96, 96), np.uint8)) / 2
    assert FAINTEST <= gain.min() < gain.max() <= 1
    assert gain.max() - gain.min() > 0.1
    assert lighting.gain(np.full((96, 96), 255, np.uint8)) == pytest.approx(1)


def test_a_rim_lies_inside_the_outline() -> None:
    difference = (lit(Lighting(1.0, rim_ev=1.0)) - lit(Lighting(1.0)))[48, :, 0]
    assert difference[32] > 0.6
    assert np.abs(difference[[20, 30, 48]]).max() < 0.05


def test_a_second_subject_is_subject_too(make_scene: Scene) -> None:
    pixels, mask = make_scene(1, 96, 96), subject_mask()
    other = np.full((96, 96, 3), 7, np.uint8)
    for seed in range(20):
        both, either = paste(np.random.default_rng(seed), (pixels, mask), (other, subject_mask()), 0.5)
        assert np.all(either >= mask)
        from_other = (both == 7).all(axis=2)
        assert from_other.sum() == pytest.approx((subject_mask() == 255).sum() / 4, rel=0.15)
        assert np.all(either[from_other] > 240)
        np.testing.assert_array_equal(both[either == 0], pixels[either == 0])


def test_pasting_leaves_the_cache_alone(make_scene: Scene) -> None:
    pixels, mask = make_scene(1, 96, 96), subject_mask()
    kept = pixels.copy(), mask.copy()
    paste(np.random.default_rng(0), (pixels, mask), (make_scene(2, 96, 96), mask), 1.0)
    np.testing.assert_array_equal(pixels, kept[0])
    np.testing.assert_array_equal(mask, kept[1])


@pytest.mark.parametrize(
    "wrong", [{"haze_share": 1.5}, {"smaller": (0.5, 1.5)}, {"soft_px": -1.0}, {"smaller": (0.0, 1.0)}]
)
def test_impossible_settings_are_refused(wrong: dict) -> None:
    with pytest.raises(ConfigError):
        Relighting(**wrong)


def test_linear_light_is_the_curves(make_scene: Scene) -> None:
    pixels = make_scene(4)
    np.testing.assert_allclose(linear_light(pixels, gamma()), gamma().linearise(pixels), rtol=1e-6)
