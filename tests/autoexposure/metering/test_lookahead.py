from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from autoexposure.metering.lookahead import Lookahead, LookaheadConfig, detailed, level_ev, look_ahead, re_exposer
from autoexposure.metering.policy import Decision
from autoexposure.metering.preview import Preview, make_preview
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


class Answers(Steady):
    """Says one thing after the other; keeps the pictures it was shown."""

    def __init__(self, *answers_ev: float) -> None:
        super().__init__(0.0)
        self.seen: list[Preview] = []
        self._answers_ev = list(answers_ev)

    def decide(self, preview: Preview) -> Decision:
        self.seen.append(preview)
        return Decision(self._answers_ev.pop(0))


GREY = np.full((1, 3, 128, 128), 100.0, np.float32)


@pytest.mark.parametrize(
    ("first_ev", "again_ev", "asked", "total_ev"),
    [
        (0.09, 0.5, 0, 0.09),  # not worth a round
        (0.1, 0.09, 1, 0.19),
        (-0.09, -0.5, 0, -0.09),
        (-0.1, -0.09, 1, -0.19),
        (0.5, 0.1, 5, 1.0),  # five rounds at the most
        (-0.5, -0.1, 5, -1.0),
        (0.5, -0.19, 1, 0.405),  # half of what turns round, which is little enough
        (-0.5, 0.19, 1, -0.405),
        (2.0, 2.0, 2, 6.0),  # and no further than six stops
        (-2.0, -2.0, 2, -6.0),
        (3.5, 3.5, 1, 6.0),
        (-3.5, -3.5, 1, -6.0),
    ],
)
def test_rounds_end_when_little_is_left_after_five_and_at_six_stops(
    first_ev: float, again_ev: float, asked: int, total_ev: float
) -> None:
    policy = Steady(again_ev)
    found = look_ahead(policy, GREY, Decision(first_ev), srgb())
    assert policy.asked == asked
    assert found.delta_ev == pytest.approx(total_ev)


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


@pytest.mark.parametrize(("off_codes", "same"), [(1.9, True), (2.1, False)])
def test_the_noise_of_a_dark_picture_does_not_make_it_another(off_codes: float, same: bool) -> None:
    policy, ahead = Steady(0.0), Lookahead()
    dark = np.full_like(GREY, 10.0)
    noise = np.full_like(GREY, off_codes)
    noise[..., ::2] *= -1
    ahead.refine(policy, dark, Decision(1.0), srgb())
    ahead.refine(policy, dark + noise, Decision(1.0), srgb())
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


@pytest.mark.parametrize(
    ("pixel", "beyond_ev"),
    [
        ((255, 255, 255), (1.6, 1.6, 1.6)),
        ((250, 250, 250), (1.6, 1.6, 1.6)),
        ((255, 255, 249), (0.5, 0.5, 0.0)),
        ((90, 252, 10), (0.0, 0.5, 0.0)),
        ((249, 249, 249), (0.0, 0.0, 0.0)),
    ],
)
@pytest.mark.parametrize("delta_ev", [-0.5, -1.0, -3.0])
def test_clipped_light_is_brighter_than_it_shows_and_less_so_where_a_channel_is_left(
    pixel: tuple[int, int, int], beyond_ev: tuple[float, float, float], delta_ev: float
) -> None:
    shown = np.broadcast_to(np.array(pixel, np.float32)[np.newaxis, :, np.newaxis, np.newaxis], GREY.shape)
    seen = re_exposer(shown, srgb(), darker=True)(delta_ev)[0, :, 5, 5]
    expected = [
        float(srgb().re_expose(np.array(code, np.uint8), delta_ev + min(beyond, -0.7 * delta_ev)))
        for code, beyond in zip(pixel, beyond_ev, strict=True)
    ]
    assert seen.tolist() == expected


def test_what_counts_as_clipped_is_a_setting() -> None:
    config = LookaheadConfig(saturated_from=0.12, white_beyond_ev=1.0, beyond_share=1.0)  # GREY is 0.127
    assert np.array_equal(re_exposer(GREY, srgb(), config, darker=True)(-1.0), GREY)
    assert not np.array_equal(re_exposer(GREY, srgb(), darker=True)(-1.0), GREY)


@pytest.mark.parametrize("delta_ev", [2.0, -2.0])
def test_what_is_finer_than_a_preview_is_re_exposed_before_it_is_averaged(delta_ev: float) -> None:
    """Leaves before a sky: their average is grey, and says nothing of how much of them is white or turns white."""
    pixels = np.full((256, 256, 3), 40, np.uint8)
    pixels[:, ::2] = 255
    stripes = [
        re_exposer(detailed(np.full_like(pixels, code)), srgb(), darker=delta_ev < 0)(delta_ev) for code in (40, 255)
    ]
    finely, coarsely = (
        re_exposer(picture, srgb(), darker=delta_ev < 0)(delta_ev)
        for picture in (detailed(pixels), make_preview(pixels))
    )
    assert finely == pytest.approx(sum(stripes) / 2, abs=0.5)
    assert finely.shape == coarsely.shape == GREY.shape
    assert abs(level_ev(finely, srgb()) - level_ev(coarsely, srgb())) > 0.5


@pytest.mark.parametrize(
    ("shape", "detail"),
    [((1080, 1920, 3), (270, 480)), ((480, 640, 3), (240, 320)), ((319, 500, 3), (319, 500)), ((96, 96, 3), (96, 96))],
)
def test_a_large_picture_is_re_exposed_at_a_size_that_costs_little(
    shape: tuple[int, int, int], detail: tuple[int, int]
) -> None:
    picture = detailed(np.full(shape, 77, np.uint8))
    assert picture.shape == (1, 3, *detail)
    assert re_exposer(picture, srgb(), darker=True)(0.0).tolist() == np.full_like(GREY, 77.0).tolist()


def test_what_is_looked_ahead_of_is_the_picture_itself_where_it_is_given() -> None:
    pixels, policy = np.zeros((256, 256, 3), np.uint8), Answers(0.0)
    pixels[:, ::2] = 200
    Lookahead().refine(policy, make_preview(pixels), Decision(1.0), srgb(), pixels)
    assert np.array_equal(policy.seen[0], make_preview(srgb().re_expose(pixels, 1.0).astype(np.uint8)))


def test_white_is_not_re_exposed_to_grey() -> None:
    meter, codes = MeanMeter(), codes_of(picture(middle_ev=-0.5))
    look_ahead(meter, codes, Decision(-1.0), srgb())
    white = codes == 255
    plainly = srgb().re_expose(codes.astype(np.uint8), -1.0)
    assert np.all(meter.seen[0][white] > plainly[white])
    assert np.array_equal(meter.seen[0][codes < 249], plainly[codes < 249])


def test_white_is_always_darker_in_a_picture_that_is_taken_darker() -> None:
    re_expose = re_exposer(np.full_like(GREY, 255.0), srgb(), darker=True)
    levels = [float(re_expose(-0.25 * step).mean()) for step in range(17)]
    assert levels == sorted(set(levels), reverse=True)


@pytest.mark.parametrize("sign", [1, -1])
def test_an_answer_that_turns_round_is_halved_so_that_one_which_overreacts_is_found_right(sign: int) -> None:
    overreacting = Answers(*(sign * ev for ev in (-0.8, 0.4, -0.2, 0.04)))
    found = look_ahead(overreacting, GREY, Decision(sign * 1.0), srgb())
    assert found.delta_ev == pytest.approx(sign * (1.0 - 0.4 + 0.2 - 0.1 + 0.02))


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


def test_only_for_a_picture_that_is_too_bright_the_light_beyond_white_is_guessed() -> None:
    codes, policy = codes_of(picture(middle_ev=-0.5)), Answers(-1.4, 0.0)
    look_ahead(policy, codes, Decision(0.5), srgb())
    assert np.array_equal(policy.seen[1], srgb().re_expose(codes.astype(np.uint8), -0.2))


def test_its_settings_hold() -> None:
    codes, policy = codes_of(picture(middle_ev=-0.5)), Answers(0.0)
    look_ahead(policy, codes, Decision(-0.5), srgb(), LookaheadConfig(beyond_share=0.0))
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


@pytest.mark.parametrize("shape", [(1079, 1919), (1080, 1921), (721, 641), (640, 321)])
def test_an_odd_number_of_rows_or_columns_is_no_reason_to_re_expose_the_whole_picture(shape: tuple[int, int]) -> None:
    level = np.linspace(0, 255, shape[1]).astype(np.uint8)
    pixels = np.broadcast_to(level[np.newaxis, :, np.newaxis], (*shape, 3))
    small = detailed(pixels)
    assert 160 <= min(small.shape[2:]) < 320
    assert small.mean() == pytest.approx(pixels.mean(), abs=1.0)
