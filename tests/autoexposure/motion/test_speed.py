"""The speed of what matters, from pictures whose motion is known."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoexposure.exposure import Exposure
from autoexposure.frame import Pixels
from autoexposure.metering.policy import Map
from autoexposure.metering.preview import make_preview
from autoexposure.motion.speed import HOLD_S, LONGEST_GAP_S, SpeedMeter
from autoexposure.motion.trade import CALM_PX, JUDGED_AT_PX
from autoexposure.simulation.builtin_scenes import builtin_scene
from autoexposure.simulation.scene import Size
from autoexposure.simulation.sensor import SensorConfig, SensorModel

SIZE = Size(320, 240)
INTERVAL_S = 1 / 30
CAT = builtin_scene("cat", SIZE).radiance(0.0)
SENSOR = SensorModel(SensorConfig(noise=False))


def picture(right_px: int = 0, down_px: int = 0, ev: float = 0.0, sensor: SensorModel = SENSOR) -> Pixels:
    """The cat, so many pixels further; what leaves the picture comes in again at the other side."""
    moved = np.ascontiguousarray(np.roll(CAT, (down_px, right_px), axis=(0, 1)))
    return sensor.expose(moved, Exposure(0.01 * 2**ev))


def measured(pictures: list[Pixels], attention: Map | None = None, size_px: tuple[int, int] = SIZE) -> float:
    meter = SpeedMeter()
    for index, pixels in enumerate(pictures):
        px_s = meter.look(make_preview(pixels), index * INTERVAL_S, size_px, attention)
    return px_s


@settings(max_examples=12)
@given(st.integers(-16, 16), st.integers(-12, 12))
def test_a_known_shift_is_a_known_speed(right_px: int, down_px: int) -> None:
    seen = measured([picture(right_px * index, down_px * index) for index in range(24)])
    assert seen == pytest.approx(math.hypot(right_px, down_px) / INTERVAL_S, rel=0.08, abs=0.3 / INTERVAL_S)


def test_speed_counts_in_pixels_of_the_full_picture() -> None:
    pictures = [picture(4 * index) for index in range(24)]
    assert measured(pictures, size_px=(960, 720)) == pytest.approx(3 * measured(pictures))


def test_nothing_moves_in_a_noisy_still_picture() -> None:
    noisy = SensorModel(SensorConfig(), seed=1)
    pictures = [noisy.expose(CAT, Exposure(0.01 / 16, 16.0)) for _ in range(12)]
    assert measured(pictures) * INTERVAL_S * JUDGED_AT_PX / SIZE.width_px < 0.8 * CALM_PX


@pytest.mark.parametrize("step_ev", [-1.0, 0.5, 1.0])
def test_an_exposure_that_changes_is_no_motion(step_ev: float) -> None:
    pictures = [picture()] * 6 + [picture(ev=step_ev)] * 6
    assert measured(pictures) * INTERVAL_S < 0.5


def test_pictures_without_texture_stand_still() -> None:
    flat = np.full((*SIZE[::-1], 3), 100, np.uint8)
    assert measured([flat, flat + 20, flat]) == 0.0


def test_what_has_the_attention_counts() -> None:
    # The left third moves.
    pictures = []
    for index in range(24):
        pixels = picture().copy()
        pixels[:, :107] = picture(down_px=5 * index)[:, :107]
        pictures.append(pixels)
    left, right = (np.zeros((15, 15), np.float32) for _ in range(2))
    left[:, :4] = 1
    right[:, 7:] = 1
    assert measured(pictures, left) == pytest.approx(5 / INTERVAL_S, rel=0.1)
    assert measured(pictures, right) * INTERVAL_S < 0.2
    assert measured(pictures) == pytest.approx(5 / INTERVAL_S, rel=0.1)  # a third of all is enough to count
    assert measured(pictures, np.zeros((15, 15), np.float32)) == measured(pictures)


def test_one_jump_is_no_motion_and_motion_is_soon_believed_and_held_for_a_while() -> None:
    meter = SpeedMeter()
    still, jumped = make_preview(picture()), make_preview(picture(8))
    speeds = [meter.look(each, index * INTERVAL_S, SIZE) for index, each in enumerate([still, still, jumped, jumped])]
    assert max(speeds) * INTERVAL_S < 0.5
    meter.forget()
    speeds = [meter.look(make_preview(picture(4 * index)), index * INTERVAL_S, SIZE) for index in range(10)]
    assert speeds[-1] > 0.8 * 4 / INTERVAL_S
    last = make_preview(picture(36))
    after = [meter.look(last, (10 + index) * INTERVAL_S, SIZE) for index in range(round(2 * HOLD_S / INTERVAL_S))]
    held = round(0.9 * HOLD_S / INTERVAL_S)
    assert min(after[:held]) >= speeds[-1]
    assert after == sorted(after, reverse=True)
    assert after[-1] * INTERVAL_S < 0.1


def test_pictures_far_apart_and_out_of_order_are_not_compared() -> None:
    meter = SpeedMeter()
    meter.look(make_preview(picture()), 10.0, SIZE)
    assert meter.look(make_preview(picture(9)), 10.0 + 2 * LONGEST_GAP_S, SIZE) == 0.0
    assert meter.look(make_preview(picture(18)), 3.0, SIZE) == 0.0
