from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from autoexposure.metering.lookahead import Lookahead, LookaheadConfig, beyond_white, level_ev, look_ahead
from autoexposure.metering.policy import Decision
from autoexposure.metering.preview import Preview
from autoexposure.response import gamma, srgb


def picture(seed: int = 1, middle_ev: float = -3.0, width_ev: float = 1.5) -> NDArray[np.float32]:
    """(1, 3, 128, 128) relative exposure of grey light whose logarithm is normally distributed; beyond 1 is clipped."""
    light_ev = np.random.default_rng(seed).normal(middle_ev, width_ev, (1, 1, 128, 128))
    return np.repeat(np.exp2(light_ev).astype(np.float32), 3, axis=1)


def codes_of(light: NDArray[np.float32]) -> Preview:
    return np.rint(srgb().encode(light))


class MeanMeter:
    """Wants the mean light to be a tenth of white, carefully; keeps the pictures it was shown."""

    name = "mean"
    coarse = True

    def __init__(self, at_most_ev: float = 2.0) -> None:
        self.seen: list[Preview] = []
        self._at_most_ev = at_most_ev

    def decide(self, preview: Preview) -> Decision:
        self.seen.append(preview.copy())
        delta_ev = float(np.log2(0.1 / max(srgb().linearise(preview).mean(), 1e-4)))
        return Decision(max(-self._at_most_ev, min(self._at_most_ev, delta_ev)))


@pytest.mark.parametrize("response", [srgb(), gamma()], ids=lambda curve: curve.name)
def test_a_darker_picture_is_re_exposed_as_the_camera_would_take_it(response) -> None:
    meter, codes = MeanMeter(), np.rint(response.encode(picture(middle_ev=-6)))
    first = meter.decide(codes)
    look_ahead(meter, codes, first, response)
    assert np.array_equal(meter.seen[1], response.re_expose(codes.astype(np.uint8), first.delta_ev))


def test_the_sum_of_the_corrections_is_what_is_right_at_once() -> None:
    meter, codes = MeanMeter(), codes_of(picture(middle_ev=-7))
    first = meter.decide(codes)
    assert first.delta_ev == 2
    total_ev = look_ahead(meter, codes, first, srgb()).delta_ev
    assert total_ev > 2.5
    assert abs(meter.decide(srgb().re_expose(codes, total_ev)).delta_ev) < 0.1


def test_a_small_correction_is_taken_as_it_is() -> None:
    meter = MeanMeter()
    first = Decision(0.05)
    assert look_ahead(meter, codes_of(picture()), first, srgb()) is first
    assert not meter.seen


def test_the_policy_is_asked_no_more_often_than_allowed_and_the_sum_is_bounded() -> None:
    meter, dark = MeanMeter(), np.zeros((1, 3, 128, 128), np.float32)
    config = LookaheadConfig(rounds=5, reach_ev=4.5)
    assert look_ahead(meter, dark, Decision(2.0), srgb(), config).delta_ev == 4.5
    assert len(meter.seen) == 2
    meter = MeanMeter()
    look_ahead(meter, dark, Decision(2.0), srgb(), LookaheadConfig(rounds=1))
    assert len(meter.seen) == 1


class Steady:
    """Always wants the same; counts how often it was asked."""

    name = "steady"
    coarse = True

    def __init__(self, delta_ev: float) -> None:
        self.delta_ev = delta_ev
        self.asked = 0

    def decide(self, preview: Preview) -> Decision:
        self.asked += 1
        return Decision(self.delta_ev)


GREY = np.full((1, 3, 128, 128), 100.0, np.float32)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("first_ev", "again_ev", "asked", "total_ev"),
    [
        (0.09, 0.5, 0, 0.09),  # not worth a round
        (0.1, 0.04, 1, 0.14),
        (0.5, 0.5, 3, 2.0),  # three rounds at the most
        (0.5, -0.1, 3, 0.2),
        (2.0, 2.0, 2, 6.0),  # and no further than six stops
        (3.5, 3.5, 1, 6.0),
    ],
)
def test_rounds_end_when_little_is_left_after_three_and_at_six_stops(
    first_ev: float, again_ev: float, asked: int, total_ev: float, sign: int
) -> None:
    policy = Steady(sign * again_ev)
    found = look_ahead(policy, GREY, Decision(sign * first_ev), srgb())
    assert policy.asked == asked
    assert found.delta_ev == pytest.approx(sign * total_ev)


@pytest.mark.parametrize(
    ("level", "answer_ev", "same"),
    [
        (101.9, 1.0, True),
        (98.1, 1.0, True),
        (102.2, 1.0, False),
        (97.9, 1.0, False),
        (100.0, 1.04, True),
        (100.0, 0.96, True),
        (100.0, 1.06, False),
        (100.0, 0.94, False),
    ],
)
def test_the_same_picture_is_one_within_two_percent_and_a_twentieth_of_an_ev(
    level: float, answer_ev: float, same: bool
) -> None:
    policy, ahead = Steady(0.0), Lookahead()
    ahead.refine(policy, GREY, Decision(1.0), srgb())
    ahead.refine(policy, np.full_like(GREY, level), Decision(answer_ev), srgb())
    assert policy.asked == (1 if same else 2)


def test_the_level_of_a_picture_is_the_log_of_its_mean_light() -> None:
    white, black = np.full_like(GREY, 255.0), np.zeros_like(GREY)
    green = black.copy()
    green[:, 1] = 255.0
    assert level_ev(white, srgb()) == pytest.approx(0, abs=1e-3)
    assert level_ev(white, srgb(), 1.0) == pytest.approx(0, abs=1e-3)  # white stays white
    assert level_ev(white, srgb(), -1.0) == pytest.approx(-1, abs=1e-3)
    assert level_ev(black, srgb()) == pytest.approx(math.log2(1e-4))
    assert level_ev(green, srgb()) == pytest.approx(math.log2(0.7152), abs=1e-3)
    assert level_ev(GREY, srgb(), 1.0) - level_ev(GREY, srgb()) == pytest.approx(1, abs=2e-3)


@pytest.mark.parametrize(("share", "estimated"), [(0.019, False), (0.02, True), (0.9, True), (0.91, False)])
def test_the_light_beyond_white_is_estimated_from_two_to_ninety_percent_of_it(share: float, estimated: bool) -> None:
    light = np.full((1, 3, 100, 100), 0.4, np.float32)
    light.reshape(1, 3, -1)[:, :, : round(10_000 * share)] = 0.951
    light[:, 1:] *= 0.5  # the brightest channel is what clips
    clipped, beyond_ev = beyond_white(light, LookaheadConfig(most_beyond_ev=100.0))
    assert clipped.shape == (1, 1, 100, 100)
    assert float(clipped.mean()) == pytest.approx(share)
    assert (0 < beyond_ev < 100) is estimated


def test_white_is_not_re_exposed_to_grey() -> None:
    light = picture(middle_ev=-0.5)
    meter, codes = MeanMeter(), codes_of(light)
    look_ahead(meter, codes, Decision(-1.0), srgb())
    clipped, beyond_ev = beyond_white(srgb().linearise(codes.astype(np.uint8)), LookaheadConfig())
    assert 0 < beyond_ev <= 1.5
    white = np.broadcast_to(clipped, codes.shape)
    plainly = srgb().re_expose(codes.astype(np.uint8), -1.0)
    assert np.all(meter.seen[0][white] > plainly[white])
    assert np.array_equal(meter.seen[0][~white], plainly[~white])


@settings(deadline=None, max_examples=30)
@given(st.floats(-3.0, -0.8), st.floats(1.0, 2.0), st.integers(0, 100))
def test_the_light_beyond_white_is_found_from_what_is_not_clipped(middle_ev: float, width_ev: float, seed: int) -> None:
    light = picture(seed, middle_ev, width_ev)
    config = LookaheadConfig(saturated_from=1.0, most_beyond_ev=10)
    clipped, beyond_ev = beyond_white(np.minimum(light, 1), config)
    share = float(clipped.mean())
    if share < config.least_clipped:
        assert beyond_ev == 0
    else:
        assert share == float((light[:, :1] >= 1).mean())
        true_ev = float(np.median(np.log2(light[:, :1][clipped])))
        assert beyond_ev == pytest.approx(true_ev, abs=0.15)


@pytest.mark.parametrize(("share", "expected_ev"), [(0.0, 0.0), (0.01, 0.0), (0.95, 1.5), (1.0, 1.5)])
def test_where_nothing_can_be_estimated(share: float, expected_ev: float) -> None:
    light = np.full((1, 3, 100, 100), 0.2, np.float32)
    light[:, :, : round(100 * share)] = 1.0
    clipped, beyond_ev = beyond_white(light, LookaheadConfig())
    assert clipped.mean() == share
    assert beyond_ev == expected_ev


def test_while_the_picture_stays_the_same_it_is_not_looked_ahead_of_again() -> None:
    meter, ahead, codes = MeanMeter(), Lookahead(), codes_of(picture(middle_ev=-7))
    first = meter.decide(codes)
    found = ahead.refine(meter, codes, first, srgb())
    assert found.delta_ev == look_ahead(MeanMeter(), codes, first, srgb()).delta_ev
    asked = len(meter.seen)
    slightly = codes + np.random.default_rng(1).integers(-1, 2, codes.shape).astype(np.float32) * 0.2
    assert ahead.refine(meter, slightly, meter.decide(slightly), srgb()).delta_ev == found.delta_ev
    assert len(meter.seen) == asked + 1


@pytest.mark.parametrize("change", ["light", "answer", "forgotten"])
def test_what_was_found_holds_for_the_same_picture_and_policy_only(change: str) -> None:
    meter, ahead, codes = MeanMeter(), Lookahead(), codes_of(picture(middle_ev=-7))
    first = meter.decide(codes)
    ahead.refine(meter, codes, first, srgb())
    asked = len(meter.seen)
    if change == "light":
        codes = codes_of(picture(middle_ev=-6.9))
    elif change == "answer":
        first = Decision(first.delta_ev - 0.1)
    else:
        ahead.forget()
    ahead.refine(meter, codes, first, srgb())
    assert len(meter.seen) > asked


def test_black_has_a_brightness_too() -> None:
    light = np.zeros((1, 3, 100, 100), np.float32)
    light[..., :10] = 1.0
    _, beyond_ev = beyond_white(light, LookaheadConfig(most_beyond_ev=100.0))
    # A tenth beyond 1.28 of the bell's widths, the visible middle 0.13 below its middle, and 13.3 EV between them.
    assert beyond_ev == pytest.approx(13.2877 / (1.2816 + 0.1257) * (1.6449 - 1.2816), rel=1e-3)


class Answers(Steady):
    """Says one thing after the other; keeps the pictures it was shown."""

    def __init__(self, *answers_ev: float) -> None:
        super().__init__(0.0)
        self.seen: list[Preview] = []
        self._answers_ev = list(answers_ev)

    def decide(self, preview: Preview) -> Decision:
        self.seen.append(preview)
        return Decision(self._answers_ev.pop(0))


def test_only_for_a_picture_that_is_too_bright_the_light_beyond_white_is_guessed() -> None:
    codes, policy = codes_of(picture(middle_ev=-0.5)), Answers(-0.7, 0.0)
    look_ahead(policy, codes, Decision(0.5), srgb())
    assert np.array_equal(policy.seen[1], srgb().re_expose(codes.astype(np.uint8), -0.2))


def test_its_settings_hold() -> None:
    codes, policy = codes_of(picture(middle_ev=-0.5)), Answers(0.0)
    look_ahead(policy, codes, Decision(-0.5), srgb(), LookaheadConfig(most_beyond_ev=0.0))
    assert np.array_equal(policy.seen[0], srgb().re_expose(codes.astype(np.uint8), -0.5))
    once = Steady(0.5)
    Lookahead(LookaheadConfig(rounds=1)).refine(once, GREY, Decision(0.5), srgb())
    assert once.asked == 1


@pytest.mark.parametrize(
    ("level", "answer_ev", "same"),
    [(200.0, 1.0, True), (201.0, 1.0, False), (100.0, 1.0625, True), (100.0, 1.07, False), (100.0, 0.9375, True)],
)
def test_at_the_borders_it_is_the_same_picture(level: float, answer_ev: float, same: bool) -> None:
    policy, ahead = Steady(0.0), Lookahead(LookaheadConfig(same_share=0.5, same_ev=0.0625))
    ahead.refine(policy, GREY, Decision(1.0), srgb())
    ahead.refine(policy, np.full_like(GREY, level), Decision(answer_ev), srgb())
    assert policy.asked == (1 if same else 2)


def test_just_half_of_it_clipped_is_not_mostly_clipped() -> None:
    light = np.full((1, 3, 100, 100), 0.2, np.float32)
    light[..., :50] = 1.0
    assert beyond_white(light, LookaheadConfig(most_clipped=0.4))[1] == 0.0


@pytest.mark.parametrize(("level", "clipped"), [(0.5, True), (0.49, False)])
def test_what_is_as_bright_as_the_border_counts_as_clipped(level: float, clipped: bool) -> None:
    light = np.full((1, 3, 8, 8), level, np.float32)
    assert np.all(beyond_white(light, LookaheadConfig(saturated_from=0.5))[0] == clipped)
