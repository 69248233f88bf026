"""Which time motion asks for: the least of blur and noise, and no hunting around it."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexposure.exposure import Exposure, Limits
from autoexposure.motion.trade import CALM_PX, DETAIL, JUDGED_AT_PX, VISIBLE_PX, WORTH, Motion, TimeChoice, loss
from autoexposure.profiles.noise import PHOTON_NOISE, NoiseModel
from autoexposure.response import REC709
from autoexposure.simulation.builtin_scenes import shipped_photograph
from autoexposure.simulation.scene import VGA, fitted

LIMITS = Limits(1e-4, 1 / 30, 1.0, 64.0)
PLAIN = Exposure(1 / 30, 2.0)
LIGHT = PLAIN.time_s * PLAIN.gain


def chosen(
    px_s: float, *, plain: Exposure = PLAIN, motion: Motion = Motion.AUTO, width_px: int = JUDGED_AT_PX
) -> float:
    choice = TimeChoice()
    choice.follow(px_s, width_px, plain, LIMITS, PHOTON_NOISE, motion)
    return choice.longest_s


@given(st.floats(300, 3000))
def test_photon_noise_asks_for_one_over_the_root_of_the_speed(px_s: float) -> None:
    # d/dt (s^2 * light / t + DETAIL / 12 * v * t) = 0
    best_s = math.sqrt(12 * PHOTON_NOISE.codes[0] ** 2 * LIGHT / (DETAIL * px_s))
    assert math.log2(chosen(px_s) / best_s) == pytest.approx(0, abs=1 / 12 + 1e-6)


@given(st.floats(0, 5000))
def test_no_time_is_longer_than_without_motion_and_no_gain_beyond_the_highest(px_s: float) -> None:
    for motion in (Motion.AUTO, Motion.SPORTS):
        longest_s = chosen(px_s, motion=motion)
        assert longest_s == math.inf or LIGHT / LIMITS.highest_gain * (1 - 1e-9) <= longest_s < PLAIN.time_s


def test_sports_is_two_stops_shorter() -> None:
    assert math.log2(chosen(400) / chosen(400, motion=Motion.SPORTS)) == pytest.approx(2, abs=0.17)


def test_wide_pictures_are_judged_as_small_ones() -> None:
    assert chosen(1200, width_px=1920) == chosen(400, width_px=640)


@given(st.floats(0, 0.99 * VISIBLE_PX * 30))
def test_what_nobody_sees_changes_nothing(px_s: float) -> None:
    assert chosen(px_s) == math.inf
    assert chosen(px_s, motion=Motion.SPORTS) == math.inf


def test_a_noisier_camera_takes_longer_times() -> None:
    noisy = NoiseModel((1.0, 4.0, 16.0), (4.0, 10.0, 30.0))
    choice = TimeChoice()
    choice.follow(400, 640, PLAIN, LIMITS, noisy, Motion.AUTO)
    assert choice.longest_s > 2 * chosen(400)


def test_small_changes_of_speed_change_nothing() -> None:
    choice = TimeChoice()
    seen = []
    for px_s in 400 * np.exp2(0.5 * np.sin(np.arange(200) / 7)):  # within a factor of two
        choice.follow(float(px_s), 640, PLAIN, LIMITS, PHOTON_NOISE, Motion.AUTO)
        seen.append(choice.longest_s)
    assert len(set(seen)) == 1


@given(st.lists(st.floats(0, 4000), min_size=1, max_size=20))
def test_never_left_worse_than_is_worth_a_change(speeds: list[float]) -> None:
    choice = TimeChoice()
    for px_s in speeds:
        choice.follow(px_s, 640, PLAIN, LIMITS, PHOTON_NOISE, Motion.AUTO)
        if choice.longest_s == math.inf:
            continue
        now = loss(np.array([choice.longest_s]), LIGHT, px_s, PHOTON_NOISE, Motion.AUTO)[0]
        times_s = PLAIN.time_s * np.exp2(-np.arange(30) / 6)
        best = loss(times_s, LIGHT, px_s, PHOTON_NOISE, Motion.AUTO).min()
        assert now <= (1 + WORTH) * best + 1e-9


def test_rest_brings_the_long_time_back() -> None:
    choice = TimeChoice()
    choice.follow(400, 640, PLAIN, LIMITS, PHOTON_NOISE, Motion.AUTO)
    between_px_s = (VISIBLE_PX + CALM_PX) / 2 / PLAIN.time_s
    choice.follow(between_px_s, 640, PLAIN, LIMITS, PHOTON_NOISE, Motion.SPORTS)
    assert choice.longest_s < math.inf  # once something moves, it does until it is calm
    choice.follow(0.99 * CALM_PX / PLAIN.time_s, 640, PLAIN, LIMITS, PHOTON_NOISE, Motion.SPORTS)
    assert choice.longest_s == math.inf


def test_detail_is_that_of_the_shipped_photographs() -> None:
    found = []
    for name in ("astronaut.png", "coffee.png", "chelsea.png", "rocket.jpg"):
        luma = fitted(shipped_photograph(name), VGA).astype(np.float64) @ np.array(REC709)
        sums = np.cumsum(np.pad(luma, ((0, 0), (1, 0))), axis=1)
        for blur_px in (5, 9, 13):
            smeared = (sums[:, blur_px:] - sums[:, :-blur_px]) / blur_px
            sharp = luma[:, blur_px // 2 : blur_px // 2 + smeared.shape[1]]
            found.append(12 / blur_px * float(((smeared - sharp) ** 2).mean()))
    assert np.mean(found) == pytest.approx(DETAIL, rel=0.1)
