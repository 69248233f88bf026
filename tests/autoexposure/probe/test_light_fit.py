"""Which pictures and which exposure times a measurement may rest on."""

import math

import numpy as np
import pytest

from autoexposure.probe import light_fit as probe_light
from autoexposure.probe.light_fit import (
    HARD,
    KNOTS,
    LightFit,
    _basis,
    _curve,
    _solve,
    choose_anchors,
    ends_of,
    fit_light,
    valid_places,
)
from autoexposure.response import ResponseCurve, gamma, srgb

ASKED_EV = np.arange(8.0)
TIMES_S = np.geomspace(0.0005, 0.2, 22)


def chosen(light_ev: list[float]) -> list[bool]:
    return choose_anchors(ASKED_EV[: len(light_ev)], np.array(light_ev)).tolist()


@pytest.mark.parametrize(
    ("dark", "bright", "ends"),
    [(0, 255, (0, 255)), (16, 235, (16, 235)), (23, 201, (23, 201)), (24, 200, (0, 255)), (90, 120, (0, 255))],
)
def test_black_and_white_are_where_places_clip_or_the_ends_of_the_scale(
    dark: int, bright: int, ends: tuple[float, float]
) -> None:
    assert ends_of(np.repeat([[float(dark)], [float(bright)]], 500, axis=1)) == ends


def test_times_whose_light_moves_about_as_it_should_are_believed() -> None:
    assert chosen([0, 1, 2, 3, 4, 5, 6, 7]) == [True] * 8
    assert chosen([0, 0.56, 1.12, 1.68]) == [True] * 4
    assert chosen([0, 1.59, 3.18, 4.77]) == [True] * 4
    assert chosen([0, 1, 2, 3, 3, 3, 3, 3]) == [True] * 4 + [False] * 4
    assert chosen([0, 1, 2, 3, 4.7, 6.4, 6.4, 6.4]) == [True] * 4 + [False] * 4
    assert chosen([0, 0.5, 1, 1.5, 2.5, 3.5, 4.5, 4.5]) == [False] * 3 + [True] * 4 + [False]


def test_times_without_light_are_left_out_and_bridged() -> None:
    nan = math.nan
    assert chosen([nan, 1, 2, nan, 4, 5, 6, nan]) == [False, True, True, False, True, True, True, False]
    assert chosen([nan, 1, 2, nan]) == [False, True, True, False]  # too few to judge


def test_where_hardly_any_move_as_they_should_only_dead_ends_are_left_out() -> None:
    assert chosen([0, 0, 0.4, 0.8, 1.2, 1.6, 1.6, 1.6]) == [False] + [True] * 5 + [False] * 2
    assert chosen([0, 2, 4, 6, 8]) == [True] * 5
    assert chosen([0, 0, 0, 0]) == [False] * 4


def test_places_near_either_end_are_no_witnesses_and_fewer_the_more_they_are_noisy() -> None:
    codes = np.arange(256.0)[np.newaxis]
    calm = valid_places(codes, np.array([0.0]))[0]
    noisy = valid_places(codes, np.array([20.0]))[0]
    unknown = valid_places(codes, np.array([math.nan]))[0]
    assert np.array_equal(calm, unknown)
    first, last = int(np.flatnonzero(calm)[0]), int(np.flatnonzero(calm)[-1])
    assert calm[first : last + 1].all()
    assert (first, last) == (6, 242)  # more than five code values from black, twelve from white
    assert np.flatnonzero(noisy)[[0, -1]].tolist() == [61, 194]  # or three standard deviations
    shifted = valid_places(codes, np.array([0.0]), black=16.0, white=235.0)[0]
    assert np.flatnonzero(shifted)[[0, -1]].tolist() == [first + 16, last - 20]


@pytest.mark.parametrize(("codes_off", "least_ev", "most_ev"), [(1.0, 0.003, 0.011), (1.5, 0.006, 0.018)])
def test_places_count_by_what_a_code_is_worth_in_ev(codes_off: float, least_ev: float, most_ev: float) -> None:
    """Half of the places are so dark that a code is an eighth of an EV: that these are off by one hardly counts."""
    times_s = np.geomspace(0.002, 0.1, 12)
    places = np.concatenate([np.geomspace(0.05, 0.5, 60), np.full(60, 0.004)]) * 100
    codes = srgb().encode(np.minimum(np.outer(times_s, places), 1).astype(np.float32)).astype(np.float64)
    codes[4, 60:] += codes_off
    fit = fit_light(codes, np.full(len(times_s), 1.0), np.log2(times_s))
    off_ev = fit.light_ev - np.log2(times_s)
    assert least_ev < off_ev[4] - np.median(off_ev) < most_ev


def test_times_that_do_nothing_are_no_anchors() -> None:
    asked_ev = np.log2(TIMES_S)
    light_ev = np.minimum(asked_ev, asked_ev[11])  # nothing moves any more from the middle on
    trusted = choose_anchors(asked_ev, light_ev)
    assert trusted[:12].all()
    assert not trusted[12:].any()


def test_ends_are_those_of_a_thousandth_of_the_places() -> None:
    codes = np.full((10, 100), 100.0)
    codes[0, :2], codes[1, :2] = 10.0, 210.0  # two of a thousand, darker and brighter than all others
    assert ends_of(codes) == pytest.approx((10.09, 255.0 if np.quantile(codes, 0.999) <= 200 else 209.89), abs=0.2)


def test_of_three_times_two_are_believed_where_the_third_stands_still() -> None:
    assert chosen([0, 1, 1]) == [True, True, False]
    assert chosen([0, 0, 1]) == [False, True, True]


def test_of_many_times_a_quarter_has_to_move_as_it_should() -> None:
    asked = np.arange(17.0)
    good = np.concatenate([np.full(4, 1.0), np.full(12, 0.4)])
    four = choose_anchors(asked, np.concatenate([[0.0], np.cumsum(good)]))
    three = choose_anchors(asked, np.concatenate([[0.0], np.cumsum(np.concatenate([good[:3], good[4:], [0.4]]))]))
    assert four.tolist() == [True] * 5 + [False] * 12
    assert three.all()


def test_less_than_a_third_of_what_was_asked_is_a_dead_end_and_a_fall_is_none() -> None:
    assert chosen([0, 0.29, 0.7, 1.1, 1.41, 1.7]) == [False, True, True, True, True, False]
    assert chosen([0, -0.5, -1, -1, -1.5, -1.5]) == [True] * 5 + [False]


KNOT_CODES = 8 * (263 / 8) ** (np.arange(KNOTS) / (KNOTS - 1)) - 8
"""Where the curve may bend: evenly spaced in log2(code + 8), from 0 to 255."""


def test_the_curve_bends_at_knots_and_is_straight_between_them() -> None:
    _, _, parts = _basis(KNOT_CODES)
    assert parts == pytest.approx(np.eye(KNOTS), abs=1e-9)
    middles = np.sqrt((KNOT_CODES[:-1] + 8) * (KNOT_CODES[1:] + 8)) - 8
    assert _basis(middles)[2] == pytest.approx((np.eye(KNOTS)[:-1] + np.eye(KNOTS)[1:]) / 2, abs=1e-9)
    assert _basis(np.array([-3.0, 300.0]))[2] == pytest.approx(np.eye(KNOTS)[[0, -1]], abs=1e-12)


def test_the_base_is_srgb_in_stops_and_its_slope_that_per_code() -> None:
    linear = srgb().relative.astype(np.float64)
    base, slope, _ = _basis(np.array([0.0, 1.0, 2.0, 100.0, 100.5, 254.0, 255.0]))
    assert base[[1, 2, 3, 5, 6]] == pytest.approx(np.log2(linear[[1, 2, 100, 254, 255]]))
    assert base[0] == pytest.approx(np.log2(linear[1] / 4))
    assert base[4] == pytest.approx((np.log2(linear[100]) + np.log2(linear[101])) / 2)
    assert slope[3] == pytest.approx((np.log2(linear[101]) - np.log2(linear[99])) / 2)
    assert slope[4] == pytest.approx((slope[3] + (np.log2(linear[102]) - np.log2(linear[100])) / 2) / 2)


@pytest.mark.parametrize("free_curve", [True, False])
@pytest.mark.parametrize("anchored", [0, 1, 4])
def test_the_solution_is_that_of_all_unknowns_at_once(free_curve: bool, anchored: int) -> None:
    """The light of the places is eliminated for speed: written out in full, least squares come to the same."""
    random = np.random.default_rng(5)
    settings, places = 6, 15
    base, _, parts = _basis(random.uniform(5, 250, (settings, places)))
    weights = random.uniform(0.5, 400, (settings, places)) * (random.random((settings, places)) < 0.8)
    anchors = np.where(np.arange(settings) < anchored, random.normal(0, 2, settings), 0.0)
    anchor_weights = np.where(np.arange(settings) < anchored, random.uniform(10, 300, settings), 0.0)
    rows, values, unknowns = [], [], KNOTS + settings + places

    def equation(weight: float, value: float, *terms: tuple[int | slice, object]) -> None:
        row = np.zeros(unknowns)
        for where, factor in terms:
            row[where] = factor
        rows.append(np.sqrt(weight) * row)
        values.append(np.sqrt(weight) * value)

    for i in range(settings):
        for j in range(places):
            light, place = KNOTS + i, KNOTS + settings + j
            equation(weights[i, j], -base[i, j], (slice(KNOTS), parts[i, j]), (light, -1.0), (place, -1.0))
        equation(anchor_weights[i], anchors[i], (KNOTS + i, 1.0))
        equation(1e-3, 0.0, (KNOTS + i, 1.0))
    for k in range(KNOTS):
        equation(1.0, 0.0, (k, 1.0))
        if 0 < k < KNOTS - 1:
            equation(300.0, 0.0, (k - 1, 1.0), (k, -2.0), (k + 1, 1.0))
        if not free_curve:
            equation(1e12, 0.0, (k, 1.0))
    if anchored > 1:
        lever = anchor_weights * (anchors - np.average(anchors, weights=anchor_weights))
        lever /= np.abs(lever).sum()
        equation(HARD, float(lever @ anchors), (slice(KNOTS, KNOTS + settings), lever))
    expected = np.linalg.lstsq(np.array(rows), np.array(values), rcond=1e-14)[0]
    bend, light = _solve(base, parts, weights, anchors, anchor_weights, free_curve)
    assert bend == pytest.approx(expected[:KNOTS], abs=2e-5)
    assert light == pytest.approx(expected[KNOTS : KNOTS + settings], abs=2e-5)


class Solutions:
    """Stands for `_solve`: answers always the same, and keeps what each round weighed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, light: list[float]) -> None:
        self.light = np.array(light)
        self.weights: list[np.ndarray] = []
        self.anchors: list[tuple[np.ndarray, np.ndarray]] = []
        self.free: list[bool] = []
        monkeypatch.setattr(probe_light, "_solve", self)

    def __call__(self, base, parts, weights, anchors, anchor_weights, free):
        self.weights.append(weights.copy())
        self.anchors.append((anchors, anchor_weights))
        self.free.append(free)
        return np.zeros(KNOTS), self.light.copy()


def alike(settings: int, places: int = 20, code: float = 100.0) -> np.ndarray:
    return np.full((settings, places), code)


def spread_ev(code: float, least_ev: float = 0.03) -> float:
    """Of a place: 0.6 code values, and what it may be off by whatever its brightness."""
    return float(np.hypot(_basis(np.array([code]))[1][0] * 0.6, least_ev))


def test_what_is_off_by_more_than_two_errors_loses_weight_and_by_more_than_eight_all_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spread = spread_ev(100.0)
    off_by = np.array([0.0, 0, 0, 0, 0, 0, 0, 1.9, -2.4, 7.9, 9.0]) * spread
    solved = Solutions(monkeypatch, list(off_by))
    fit = fit_light(alike(11), np.full(11, 1.0), np.full(11, math.nan))
    full = np.full(11, 1 / spread**2)
    weights, residual = full, off_by
    for turn in range(6):
        assert solved.weights[turn] == pytest.approx(np.repeat(weights[:, np.newaxis], 20, axis=1)), turn
        residual = -off_by + (weights @ off_by) / weights.sum()
        off = np.abs(residual) / spread
        weights = np.array([one * min(1.0, 2.0 / max(two, 1e-9)) for one, two in zip(full, off, strict=True)])
        if turn >= 4:
            weights[off > 8.0] = 0.0
    assert len(solved.weights) == 6
    assert weights[:-1].all()
    assert np.isnan(fit.light_ev).tolist() == [False] * 10 + [True]
    assert fit.light_ev[:10] == pytest.approx(off_by[:10])
    assert fit.error_ev == pytest.approx(float(np.median(np.abs(residual[:-1]))) * 1.483)


def test_the_first_round_trusts_the_usual_curve(monkeypatch: pytest.MonkeyPatch) -> None:
    for wanted, free in ((True, [False, True, True, True, True, True]), (False, [False] * 6)):
        solved = Solutions(monkeypatch, [0.0] * 3)
        fit_light(alike(3), np.full(3, 1.0), np.zeros(3), free_curve=wanted)
        assert solved.free == free


def test_places_weigh_less_where_lamps_flicker(monkeypatch: pytest.MonkeyPatch) -> None:
    for flicker_ev, least_ev in ((0.0, 0.03), (0.06, 0.03), (0.3, 0.1)):
        solved = Solutions(monkeypatch, [0.0] * 3)
        fit_light(alike(3, code=60.0), np.full(3, 1.0), np.zeros(3), flicker_ev=flicker_ev)
        assert solved.weights[0] == pytest.approx(np.full((3, 20), 1 / spread_ev(60.0, least_ev) ** 2))


def test_an_anchor_far_from_the_others_pulls_less(monkeypatch: pytest.MonkeyPatch) -> None:
    solved = Solutions(monkeypatch, [0.0, 1.0, 2.0, 3.3, 4.0, 9.0])
    anchors = np.array([0.5, 1.5, 2.5, 3.5, math.nan, 5.0])
    pictures = alike(6)
    pictures[5] = 2.0  # too dark to be seen
    fit_light(pictures, np.full(6, 1.0), anchors)
    full = np.array([1, 1, 1, 1, 0, 0]) / 0.06**2
    off = (np.array([-0.5, -0.5, -0.5, -0.2, 0, 0]) + 0.5) / 0.06
    assert solved.anchors[0][0] == pytest.approx(np.array([0.5, 1.5, 2.5, 3.5, 0, 0]))
    assert solved.anchors[0][1] == pytest.approx(full)
    for _, weights in solved.anchors[1:]:
        assert weights == pytest.approx(full / (1 + off**2))


def test_a_dozen_places_are_needed_and_each_has_to_be_seen_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    solved = Solutions(monkeypatch, [0.0] * 4)
    pictures = alike(4)
    pictures[1, 12:], pictures[2, 11:] = 255.0, 255.0  # twelve and eleven places that are not clipped
    pictures[[0, 3], 19], pictures[3, 18] = 255.0, 255.0
    fit = fit_light(pictures, np.full(4, 1.0), np.zeros(4))
    assert np.isnan(fit.light_ev).tolist() == [False, False, True, False]
    used = solved.weights[0] > 0
    assert used.sum(axis=1).tolist() == [18, 12, 0, 18]
    assert used.sum(axis=0).tolist() == [3] * 12 + [2] * 6 + [0] * 2


def test_the_codes_a_curve_rests_on_are_all_but_the_outermost(monkeypatch: pytest.MonkeyPatch) -> None:
    Solutions(monkeypatch, [0.0] * 3)
    row = np.linspace(0, 255, 1001)  # those between 5.3 and 242.7 are not clipped
    fit = fit_light(np.stack([row] * 3), np.full(3, 1.0), np.zeros(3))
    assert fit.codes == pytest.approx((5.8, 242.2), abs=0.3)


def test_from_pictures_without_anything_to_see_comes_nothing() -> None:
    fit = fit_light(alike(3, code=0.0), np.full(3, 1.0), np.zeros(3))
    assert isinstance(fit, LightFit)
    assert np.isnan(fit.light_ev).all()
    assert math.isnan(fit.error_ev)
    assert fit.codes == (0.0, 255.0)


@pytest.mark.parametrize(("black", "white"), [(0.0, 255.0), (16.0, 235.0), (16.4, 234.6)])
def test_a_curve_runs_from_black_to_white(black: float, white: float) -> None:
    curve = _curve(np.zeros(KNOTS), black, white).relative.astype(np.float64)
    codes, usual = np.arange(256), srgb().relative.astype(np.float64)
    first, last = int(black) + 1, round(white)
    expected = usual / usual[last]
    expected[last:] = 1.0
    expected[:first] = expected[first] * codes[:first] / (black + 1)
    assert curve == pytest.approx((expected + 1e-4 * codes / 255) / (1 + 1e-4), abs=1e-7)


def test_a_curve_bends_where_it_was_seen_to_and_never_falls() -> None:
    bend = np.zeros(KNOTS)
    bend[12] = 1.0
    curve = _curve(bend, 0.0, 255.0).relative
    peak = round(KNOT_CODES[12])
    assert np.log2(curve[peak] / srgb().relative[peak]) == pytest.approx(1.0, abs=0.02)
    assert (np.diff(curve) > 0).all()
    bend[12] = 9.0  # brighter than white
    curve = _curve(bend, 0.0, 255.0).relative
    assert (np.diff(curve) > 0).all()
    assert curve[peak] == pytest.approx(1.0, abs=1e-4)


def test_settings_are_joined_by_places_that_only_two_of_them_saw() -> None:
    light = np.array([0.0, 2.5, 5.0])
    pictures = np.full((3, 40), 255.0)
    for i, seen in enumerate((slice(0, 20), slice(0, 40), slice(20, 40))):
        pictures[i, seen] = srgb().encode(np.float32(2.0 ** (light[i] - 6) * 1.0) * np.ones(1, np.float32))
    pictures[1, :20] = srgb().encode(np.full(1, 2.0**-3.5, np.float32))
    pictures[1, 20:] = srgb().encode(np.full(1, 2.0**-5.5, np.float32))
    pictures[2, 20:] = srgb().encode(np.full(1, 2.0**-3.0, np.float32))
    fit = fit_light(pictures, np.full(3, 1.0), np.full(3, math.nan), free_curve=False)
    assert np.diff(fit.light_ev) == pytest.approx([2.5, 2.5], abs=1e-3)


def pictures_of(curve: ResponseCurve, light: np.ndarray, spread_ev: float = 9.0, noise: float = 0.5) -> np.ndarray:
    """(I, 200) code values of places of very different brightness under settings that let in ``light``."""
    random = np.random.default_rng(1)
    places = 2.0 ** random.uniform(-spread_ev / 2, spread_ev / 2, 200) * 8
    codes = curve.encode(np.minimum(np.outer(light, places), 1).astype(np.float32)).astype(np.float64)
    return np.clip(codes + random.normal(0, noise, codes.shape), 0, 255)


@pytest.mark.parametrize("curve", [srgb(), gamma(2.2), gamma(1.6), gamma(2.8)])
def test_light_and_response_come_out_of_pictures_of_unknown_gains(curve: ResponseCurve) -> None:
    gains = np.array([1.0, 1.3, 2.0, 3.7, 6.0, 9.0, 13.0])
    light = np.concatenate([TIMES_S, 0.002 * gains])
    anchors = np.concatenate([np.log2(TIMES_S), np.full(len(gains), np.nan)])
    fit = fit_light(pictures_of(curve, light), np.full(len(light), 1.0), anchors)
    assert fit.light_ev == pytest.approx(np.log2(light), abs=0.05)
    codes = np.arange(20, 245)
    assert np.log2(fit.curve.relative[codes]) == pytest.approx(np.log2(curve.relative[codes]), abs=0.1)
    assert fit.error_ev < 0.1


def test_things_that_move_are_left_out() -> None:
    pictures = pictures_of(srgb(), TIMES_S)
    pictures[8:14, :40] = 128  # somebody stands before a fifth of the scene for a while
    fit = fit_light(pictures, np.full(len(TIMES_S), 1.0), np.log2(TIMES_S))
    assert fit.light_ev == pytest.approx(np.log2(TIMES_S), abs=0.06)


def test_a_setting_with_nothing_to_see_has_no_light() -> None:
    light = np.concatenate([TIMES_S, [1e-9]])
    fit = fit_light(pictures_of(srgb(), light), np.full(23, 1.0), np.log2(light))
    assert math.isnan(fit.light_ev[-1])
    assert np.isfinite(fit.light_ev[:-1]).all()
