"""The pure parts of measuring: light and response from pictures, flicker from rows."""

import math

import numpy as np
import pytest

from autoexposure.camera import ControlRange
from autoexposure.camera_profile import ReadBack
from autoexposure.exposure import Exposure
from autoexposure.probe_control import (
    Point,
    dead_zones,
    falls,
    is_stepped,
    judge_read_back,
    measured_control,
    where_to_look,
)
from autoexposure.probe_flicker import COLUMNS, RowSeries, flicker_of
from autoexposure.probe_light import choose_anchors, fit_light
from autoexposure.probe_stand import Sample
from autoexposure.probe_survey import Survey
from autoexposure.probe_sweep import SweepConfig, spread, times_to_look_at
from autoexposure.response import ResponseCurve, gamma, srgb
from autoexposure.sensor import Flicker

TIMES_S = np.geomspace(0.0005, 0.2, 22)


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


class Window:
    """Stands for a camera in a room whose light a test sets, in code values of every place."""

    def __init__(self) -> None:
        self.level, self.asked, self.back_at = 100.0, 0, math.inf

    def sample(self, exposure: Exposure) -> Sample:
        self.asked += 1
        if self.asked >= self.back_at:
            self.level = 100.0
        places = np.full((1200, 3), self.level, np.float32)
        return Sample(exposure, exposure, None, (), places, places * 0, 1.0, 1 / 30, self.asked / 3)


@pytest.mark.parametrize(("codes", "changes"), [(7.5, 0), (8.5, 1), (30.0, 1), (-8.5, 1)])
def test_light_that_changes_by_more_than_eight_codes_is_waited_for(codes: float, changes: int) -> None:
    window = Window()
    survey = Survey(window, Exposure(0.01), 1.0, timed=True)  # type: ignore[arg-type]
    survey.look_at(Exposure(0.005))
    window.level, window.back_at = 100.0 + codes, window.asked + 4
    repeated = survey.check_light()
    assert survey.changes == changes
    assert [sample.asked for sample in repeated] == [Exposure(0.005)]
    assert window.level == (100.0 if changes else 100.0 + codes)


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


def test_times_that_do_nothing_are_no_anchors() -> None:
    asked_ev = np.log2(TIMES_S)
    light_ev = np.minimum(asked_ev, asked_ev[11])  # nothing moves any more from the middle on
    trusted = choose_anchors(asked_ev, light_ev)
    assert trusted[:12].all()
    assert not trusted[12:].any()


def rows_under(lamp: Flicker | None, time_s: float, *, fps: float = 30.0, readout_s: float = 0.02) -> RowSeries:
    """Pictures of a scene with a brightness of its own in every row, taken by a rolling shutter under a lamp."""
    height, starts = 240, np.arange(24) / fps
    scene = 0.1 + 0.05 * np.sin(np.arange(height) / 9.0)
    light = np.ones((24, height))
    if lamp is not None:
        light = lamp.mean_light(starts[:, np.newaxis] + np.arange(height) * readout_s / height, time_s)
    codes = srgb().encode((scene * light).astype(np.float32))
    noisy = codes[:, :, np.newaxis, np.newaxis] + np.random.default_rng(3).normal(0, 2, (24, height, COLUMNS, 3))
    return RowSeries(np.clip(np.rint(noisy), 0, 255).astype(np.uint8), starts)


@pytest.mark.parametrize("fps", [30.0, 29.97, 25.0, 15.0])
@pytest.mark.parametrize(("mains_hz", "depth"), [(50, 0.5), (60, 0.5), (50, 0.1), (60, 0.1), (0, 0.0)])
def test_the_frequency_of_lamps_is_told_from_bands(mains_hz: int, depth: float, fps: float) -> None:
    lamp = Flicker(mains_hz, depth) if mains_hz else None
    calm = {hertz: rows_under(lamp, 1 / (2 * hertz), fps=fps) for hertz in (50, 60)}
    found = flicker_of(rows_under(lamp, 1 / 400, fps=fps), calm)
    assert found is not None
    assert found.mains_hz == mains_hz
    if mains_hz:
        swing_ev = math.log2((1 + 0.9 * depth) / (1 - 0.9 * depth))
        assert found.swing_ev == pytest.approx(swing_ev, rel=0.35)


def test_a_clipped_picture_tells_nothing_about_lamps() -> None:
    white = RowSeries(np.full((24, 240, COLUMNS, 3), 255, np.uint8), np.arange(24) / 30)
    assert flicker_of(white, {50: white, 60: white}) is None


ASKED = [0.001 * 2 ** (i / 3) for i in range(16)]


def lights(asked: list[float], really) -> list[float]:  # type: ignore[no-untyped-def]
    return [math.log2(really(value)) for value in asked]


def test_zones_falls_and_steps() -> None:
    honest = lights(ASKED, lambda t: t)
    assert dead_zones(ASKED, honest) == []
    assert falls(ASKED, honest) == []
    capped = lights(ASKED, lambda t: min(t, 0.01))
    (zone,) = dead_zones(ASKED, capped)
    assert zone.low == pytest.approx(0.01, rel=0.15)
    assert zone.high == ASKED[-1]
    assert not is_stepped(ASKED, [zone])
    rolled = lights(ASKED, lambda t: t if t < 0.01 else t / 50)
    (fall,) = falls(ASKED, rolled)
    assert fall.low < 0.01 <= fall.high
    stops = lights(ASKED, lambda t: 2.0 ** math.floor(math.log2(t)))
    assert is_stepped(ASKED, dead_zones(ASKED, stops))


def test_it_looks_closer_where_something_happens_and_nowhere_else() -> None:
    assert where_to_look(ASKED, lights(ASKED, lambda t: t), widest_ev=math.inf) == []
    (edge,) = where_to_look(ASKED, lights(ASKED, lambda t: min(t, 0.0115)), widest_ev=math.inf)
    assert edge[0] < 0.0115 < edge[1]
    gaps = where_to_look([1.0, 2.0, 2.2], [0.0, 1.0, 1.14], widest_ev=0.35)
    assert gaps == [(1.0, 2.0)]


@pytest.mark.parametrize(
    ("says", "judged"),
    [
        (lambda asked, really: really, ReadBack.HONEST),
        (lambda asked, really: asked, ReadBack.ECHO),
        (lambda asked, really: None, ReadBack.NONE),
        (lambda asked, really: 0.02, ReadBack.NONE),
    ],
)
def test_what_a_camera_says_is_compared_with_what_it_does(says, judged: ReadBack) -> None:  # type: ignore[no-untyped-def]
    points = []
    for asked in ASKED:
        really = 2.0 ** round(math.log2(asked))
        points.append(Point(asked, math.log2(really), says(asked, really)))
    assert judge_read_back(points, relative=False) is judged


def test_a_stepped_control_keeps_the_middle_of_each_step() -> None:
    fine = [0.001 * 2 ** (i / 8) for i in range(48)]
    points = [Point(t, round(math.log2(t)), t, code=i) for i, t in enumerate(fine)]
    control = measured_control(points, ControlRange(fine[0], fine[-1], 1e-5), gain=False)
    assert control.stepped
    assert control.map.really == pytest.approx([2.0**ev for ev in range(-10, -3)])
    for asked, ev in zip(control.asked[1:-1], range(-9, -4), strict=True):
        assert abs(math.log2(asked) - ev) < 0.13
    assert len(control.codes) == len(control.asked)


def test_values_to_look_at_exist_and_reach_both_ends() -> None:
    times = ControlRange(1e-4, 0.5, 1e-4)
    chosen = times_to_look_at(times, SweepConfig())
    assert chosen[0] == 1e-4
    assert chosen[-1] == 0.5
    assert all(times.nearest(value) == value for value in chosen)
    assert len(chosen) < 40
    assert times_to_look_at(ControlRange(1e-4, 30.0), SweepConfig())[-1] == 1.0
    assert spread(ControlRange(1.0, 16.0, 1.0), 9)[0] == 1.0
    assert spread(ControlRange(1.0, 1.0), 9) == [1.0]
