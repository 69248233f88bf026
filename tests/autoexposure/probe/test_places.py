"""The blocks of a picture that are followed, their noise, and which of them are of use."""

import math

import numpy as np
import pytest

from autoexposure.probe.places import (
    choose_places,
    contrast_ev,
    noise_of,
    places_of,
    roughness_of,
    usable_after,
    usable_places,
)
from autoexposure.response import srgb

BLOCKS = np.random.default_rng(4).integers(20, 200, (30, 40, 3)).astype(np.uint8)


def enlarged(blocks: np.ndarray, times: int = 4) -> np.ndarray:
    return blocks.repeat(times, axis=0).repeat(times, axis=1)


def test_places_are_blocks_row_by_row() -> None:
    assert places_of(enlarged(BLOCKS)) == pytest.approx(BLOCKS.reshape(-1, 3))


def test_roughness_is_the_deviation_within_a_block() -> None:
    pixels = enlarged(BLOCKS)
    assert roughness_of(pixels) == pytest.approx(np.zeros((1200, 3)), abs=0.2)
    pixels[::2] += 10
    assert roughness_of(pixels) == pytest.approx(np.full((1200, 3), 5.0), abs=0.05)


def flat(level: int, change: int = 0, size: tuple[int, int] = (20, 50)) -> np.ndarray:
    return np.full((*size, 3), level + change, np.uint8)


def test_noise_is_the_usual_change_between_two_pictures() -> None:
    assert noise_of(flat(100), flat(100, 3)) == pytest.approx(3 / 1.128)
    assert noise_of(flat(100, 3), flat(100)) == pytest.approx(3 / 1.128)
    moved = flat(100, 3)
    moved[0, :9] = 180  # hardly any of the thousand
    assert noise_of(flat(100), moved) == pytest.approx(3 / 1.128)
    many = flat(100, 3)
    many[0, :30] = 180
    assert noise_of(flat(100), many) > 3.2


def test_noise_is_that_of_green() -> None:
    changed = flat(100)
    changed[..., [0, 2]] += 40
    assert noise_of(flat(100), changed) == 0.0


@pytest.mark.parametrize(("level", "known"), [(48, False), (49, True), (188, True), (189, False)])
def test_noise_is_measured_in_mid_tones(level: int, known: bool) -> None:
    assert math.isfinite(noise_of(flat(level), flat(level, 3))) is known  # the middle of both has to be between


def test_noise_at_the_edges_of_mid_tones_is_none() -> None:
    assert math.isnan(noise_of(flat(48), flat(48, 4)))
    assert math.isnan(noise_of(flat(188), flat(188, 4)))


def test_two_hundred_pixels_are_needed() -> None:
    assert noise_of(flat(100, size=(10, 20)), flat(100, 3, size=(10, 20))) == pytest.approx(3 / 1.128)
    assert math.isnan(noise_of(flat(100, size=(1, 199)), flat(100, 3, size=(1, 199))))


def test_under_lamps_what_neighbours_have_in_common_is_no_noise() -> None:
    banded = flat(100)
    banded += np.arange(20, dtype=np.uint8)[:, np.newaxis, np.newaxis]
    assert noise_of(flat(100), banded, banded=True) == 0.0
    assert noise_of(flat(100), banded) > 5
    columns = flat(100)
    columns[:, ::2] += 4
    assert noise_of(flat(100), columns, banded=True) == pytest.approx(4 / math.sqrt(2) / 1.128)
    dark = flat(10, size=(4, 100))
    dark[:, 1:52] = 100  # 204 pixels; the first column has no neighbour on its left
    assert noise_of(dark, dark, banded=True) == 0.0


def test_places_are_of_use_between_the_margins() -> None:
    places = np.array([[5.0, 6.0, 100.0], [242.0, 243.0, 255.0]], np.float32)
    assert usable_places(places, 0.0) == 3
    assert usable_places(places, 30.0) == 1  # three deviations from either end


def test_with_more_light_others_are_of_use() -> None:
    places = srgb().encode(np.array([[0.0005, 0.01, 0.2], [0.24, 0.5, 0.9]], np.float32))
    assert usable_places(places, 0.0) == 4
    assert usable_after(places, 0.0, 1.0) == 4
    assert usable_after(places, 0.0, 4.0) == 3
    assert usable_after(places, 0.0, 0.25) == 5
    assert usable_after(places, 30.0, 1.0) == 2
    assert usable_after(places, 0.0, 1e6) == 0


def codes_of(light_ev: np.ndarray) -> np.ndarray:
    return srgb().encode(2.0 ** np.asarray(light_ev, np.float32)).astype(np.float64)


def test_contrast_is_that_between_the_darkest_and_brightest_twentieth() -> None:
    scene = np.linspace(-7.0, -0.5, 201)
    pictures = codes_of(np.stack([scene, scene - 0.5]))
    assert contrast_ev(pictures, np.zeros(2), np.array([0.0, -0.5])) == pytest.approx(0.9 * 6.5, abs=0.05)
    assert contrast_ev(np.full((2, 9), 255.0), np.zeros(2), np.zeros(2)) == 0.0


def test_clipped_places_have_no_part_in_the_contrast() -> None:
    pictures = codes_of(np.array([[-3.0] * 10 + [-2.0] * 10 + [2.0] * 10, [-5.0] * 10 + [-4.0] * 10 + [0.0] * 10]))
    assert contrast_ev(pictures, np.zeros(2), np.array([0.0, -2.0])) == pytest.approx(1.0, abs=0.02)
    half_seen = codes_of(np.array([[-3.0] * 10 + [2.0] * 10, [-7.0] * 10 + [-1.0] * 10]))
    assert contrast_ev(half_seen, np.zeros(2), np.array([0.0, -4.0])) == pytest.approx(6.0, abs=0.02)


def test_few_places_are_all_fitted_if_they_were_seen_twice() -> None:
    pictures = np.full((3, 300), 100.0)
    pictures[:2, 5], pictures[0, 6] = 255.0, 255.0
    chosen = choose_places(pictures, np.zeros_like(pictures), np.zeros(3), np.zeros(3))
    assert chosen.tolist() == [n for n in range(300) if n != 5]


def test_of_many_places_the_smoothest_are_fitted_over_all_brightnesses() -> None:
    scene = np.linspace(-6.0, -1.0, 600)
    pictures = codes_of(np.stack([scene, scene - 0.5, scene + 0.5]))
    rough = np.zeros_like(pictures)
    rough[:, 1::2] = 50.0
    rough[0, 0::2] = 50.0  # that they are smooth in one of the pictures is enough
    order = np.random.default_rng(8).permutation(600)
    chosen = choose_places(pictures[:, order], rough[:, order], np.zeros(3), np.array([0.0, -0.5, 0.5]))
    assert len(chosen) == 300
    assert sorted(order[chosen]) == list(range(0, 600, 2))


def test_roughness_counts_by_what_it_is_in_light() -> None:
    """Even places were seen in the first two pictures, odd ones in others of eight times the light."""
    scene = np.linspace(-6.0, -5.9, 400)
    pictures = codes_of(np.stack([scene, scene, scene + 3, scene + 3]))
    pictures[2:, ::2], pictures[:2, 1::2] = 255.0, 255.0
    rough = np.zeros_like(pictures)
    rough[:, ::2], rough[:, 1::2] = 2.0, 4.0
    chosen = choose_places(pictures, rough, np.zeros(4), np.array([0.0, 0.0, 3.0, 3.0]))
    assert np.count_nonzero(chosen % 2) == 200, "in code values they are rougher, in light smoother"


def test_a_place_that_was_clipped_is_not_called_smooth_for_that() -> None:
    pictures = np.full((3, 400), 100.0) + np.arange(400) / 100
    rough = np.full_like(pictures, 10.0)
    pictures[0, ::2], rough[0, ::2] = 255.0, 0.0
    rough[1:, 1::2] = 5.0
    chosen = choose_places(pictures, rough, np.zeros(3), np.zeros(3))
    assert np.count_nonzero(chosen % 2) == 200


def test_one_place_too_many_is_left_out() -> None:
    pictures = np.full((2, 301), 100.0) + np.arange(301) / 100
    assert len(choose_places(pictures, np.zeros_like(pictures), np.zeros(2), np.zeros(2))) == 300
    fewer = pictures[:, :0:-1]  # 300 of falling brightness stay as they are
    assert choose_places(fewer, np.zeros_like(fewer), np.zeros(2), np.zeros(2)).tolist() == list(range(300))
