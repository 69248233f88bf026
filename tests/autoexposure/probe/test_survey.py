"""Samples of one scene under many settings: light that changes meanwhile, and what they say together."""

import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest

from autoexposure.exposure import Exposure
from autoexposure.probe import survey as probe_survey
from autoexposure.probe.control_points import Point
from autoexposure.probe.light_fit import LightFit, fit_light
from autoexposure.probe.rig import Sample
from autoexposure.probe.survey import Survey
from autoexposure.response import srgb

REFERENCE = Exposure(0.01)


def sample(
    exposure: Exposure,
    level: float = 100.0,
    *,
    at_s: float = 0.0,
    said: Exposure | None = None,
    codes: Iterable[tuple[str, float]] = (),
    noise: float = 1.0,
    places: np.ndarray | None = None,
) -> Sample:
    seen = np.full((1200, 3), level, np.float32) if places is None else places.astype(np.float32)
    return Sample(exposure, exposure, said, dict(codes), seen, seen * 0, noise, 1 / 30, at_s)


class Window:
    """Stands for a camera in a room whose light a test sets, in code values of every place; a sample takes 0.5 s."""

    def __init__(self) -> None:
        self.level, self.asked, self.back_at = 100.0, 0, math.inf
        self.order: list[Exposure] = []
        self.others: dict[Exposure, np.ndarray] = {}

    def sample(self, exposure: Exposure) -> Sample:
        self.asked += 1
        self.order.append(exposure)
        if self.asked >= self.back_at:
            self.level = 100.0
        return sample(exposure, self.level, at_s=self.asked / 2, places=self.others.get(exposure))


def survey_at(window: Window, **known: float) -> Survey:
    return Survey(window, REFERENCE, 1.0, timed=True, **known)


@pytest.mark.parametrize(("codes", "changes"), [(7.5, 0), (8.0, 0), (8.5, 1), (30.0, 1), (-8.5, 1)])
def test_light_that_changes_by_more_than_eight_codes_is_waited_for(codes: float, changes: int) -> None:
    window = Window()
    survey = survey_at(window)
    survey.look_at(Exposure(0.005))
    window.level, window.back_at = 100.0 + codes, window.asked + 4
    repeated = survey.check_light()
    assert survey.changes == changes
    assert [one.asked for one in repeated] == [Exposure(0.005)]
    assert window.level == (100.0 if changes else 100.0 + codes)
    assert [one.asked for one in survey.samples] == (
        [REFERENCE, REFERENCE, Exposure(0.005)] if changes else [REFERENCE, Exposure(0.005), REFERENCE]
    )
    assert all(abs(float(one.places[0, 0]) - 100) <= 8 for one in survey.samples)


def test_the_reference_is_looked_at_first_and_after_every_sixth_sample() -> None:
    window = Window()
    survey = survey_at(window)
    settings = [Exposure(0.001 * (n + 1)) for n in range(13)]
    assert all(survey.look_at(exposure) for exposure in settings)
    assert window.order == [REFERENCE, *settings[:6], REFERENCE, *settings[6:12], REFERENCE, settings[12]]
    assert survey.has(settings[3])
    assert not survey.has(Exposure(9.0))


def test_before_anything_was_looked_at_there_is_no_light_to_check() -> None:
    window = Window()
    assert survey_at(window).check_light() == []
    assert window.order == []


@pytest.mark.parametrize(("places", "of_use"), [(30, True), (29, False)])
def test_a_sample_is_of_use_with_ninety_places(places: int, of_use: bool) -> None:
    window = Window()
    window.others[Exposure(0.5)] = np.where(np.arange(1200)[:, np.newaxis] < places, 100.0, [255.0, 255.0, 255.0])
    survey = survey_at(window)
    assert (survey.contrast_ev, survey.drift_ev, survey.changes, survey.found) == (0.0, 0.0, 0, None)
    assert survey.look_at(Exposure(0.5)) is of_use
    assert window.order == [REFERENCE, Exposure(0.5), *([] if of_use else [REFERENCE])]


@pytest.mark.parametrize(("places", "of_use"), [(30, True), (29, False)])
def test_a_sample_in_which_a_lamp_was_off_is_of_use_with_as_many_when_it_is_back(places: int, of_use: bool) -> None:
    window = Window()
    survey = survey_at(window)
    survey.look_at(Exposure(0.005))
    window.level, window.back_at = 2.0, window.asked + 5
    back = np.where(np.arange(1200)[:, np.newaxis] < places, 100.0, [255.0, 255.0, 255.0])
    dark = np.full((1200, 3), 2.0)

    def off_at_first(exposure: Exposure) -> Sample:
        window.others[Exposure(0.02)] = back if window.asked + 1 >= window.back_at else dark
        return Window.sample(window, exposure)

    window.sample = off_at_first
    assert survey.look_at(Exposure(0.02)) is of_use


def test_a_sample_in_which_a_lamp_was_off_is_taken_again() -> None:
    window = Window()
    survey = survey_at(window)
    survey.look_at(Exposure(0.005))
    window.level, window.back_at = 2.0, window.asked + 5
    assert survey.look_at(Exposure(0.02))
    assert survey.samples[-1].usable == 3600
    assert window.order[-2:] == [Exposure(0.005), Exposure(0.02)]


def test_light_that_does_not_come_back_is_waited_for_until_twenty_five_seconds_are_used_up() -> None:
    window = Window()
    survey = survey_at(window)
    survey.look_at(Exposure(0.005))
    window.level = 200.0
    for samples in (51, 51, 1):
        before = window.asked
        assert survey.check_light() == []
        assert window.asked - before == samples
    assert survey.changes == 3
    assert [one.asked for one in survey.samples] == [REFERENCE]


def light_of(survey: Survey, exposure: Exposure) -> float:
    """What the fit says of a setting; NaN where that is unknown."""
    times, gains = survey._contributions()
    return times.get(exposure.time_s, math.nan) + gains.get(exposure.gain, math.nan)


def test_slow_drift_of_the_light_is_taken_out() -> None:
    survey = survey_at(Window())
    a, b = Exposure(0.02), Exposure(0.04)
    survey.samples = [sample(s, at_s=at) for s, at in ((REFERENCE, 0), (a, 1), (b, 2), (REFERENCE, 4), (b, 6))]
    survey._references = [0, 3]
    survey._sort_out(np.array([-7.0, -5.9, -4.8, -6.6, -4.6]))
    assert survey.drift_ev == pytest.approx(0.4)
    assert light_of(survey, a) == pytest.approx(-6.0)
    assert light_of(survey, b) == pytest.approx(-5.0)
    assert light_of(survey, REFERENCE) == pytest.approx(-7.0)
    assert survey._light[0.04, 1.0] == pytest.approx([-5.0, -5.0])


def test_what_has_no_light_is_left_out_and_without_two_references_nothing_drifts() -> None:
    survey = survey_at(Window())
    survey.samples = [sample(REFERENCE), sample(Exposure(0.02)), sample(REFERENCE, at_s=1.0)]
    survey._references = [0, 2]
    survey._sort_out(np.array([-7.0, -6.0, math.nan]))
    assert survey.drift_ev == 0.0
    assert light_of(survey, Exposure(0.02)) == -6.0
    survey._sort_out(np.array([math.nan, math.nan, -6.9]))
    assert math.isnan(light_of(survey, Exposure(0.02)))
    assert math.isnan(light_of(survey, Exposure(0.02, 9.0)))
    assert survey._light == {(0.01, 1.0): [pytest.approx(-6.9)]}


def contributions() -> Survey:
    """Times of 10, 20 and 30 ms at gains of 1, 4 and 8, which are seen at different times, and one that hangs loose."""
    survey = survey_at(Window())
    lights = {
        (0.01, 1.0): [-7.0, -6.9, -6.0],
        (0.02, 1.0): [-6.0],
        (0.01, 4.0): [-5.1],  # 1.8
        (0.02, 4.0): [-4.0],  # 2.0
        (0.03, 4.0): [-3.5],
        (0.03, 8.0): [-2.6],
        (0.5, 99.0): [0.0],
    }
    survey.samples = [
        sample(
            Exposure(t, g),
            said=Exposure(t * 1.01, g * 1.1),
            codes=[("exposure_time_absolute", t * 1e4), ("gain", g * 10 + 0.5 * (g == 4))],
            noise=g + n if n < 2 else math.nan,
        )
        for (t, g), found in lights.items()
        for n, _ in enumerate(found)
    ]
    survey._sort_out(np.array([ev for found in lights.values() for ev in found]))
    return survey


def test_light_is_the_time_s_part_and_the_gain_s_part() -> None:
    survey = contributions()
    times, gains = survey._contributions()
    assert times == pytest.approx({0.01: -6.9, 0.02: -6.0, 0.03: -5.4})
    assert gains == pytest.approx({1.0: 0.0, 4.0: 1.9, 8.0: 2.8})
    assert light_of(survey, Exposure(0.03, 8.0)) == pytest.approx(-5.4 + 2.8)


def test_points_say_what_the_camera_said_of_their_last_sample() -> None:
    survey = contributions()
    survey._offset_ev = 0.5
    times, gains = survey.time_points(), survey.gain_points()
    assert [p.asked for p in times] == [0.01, 0.02, 0.03]
    assert [p.light_ev for p in times] == pytest.approx([-7.4, -6.5, -5.9])
    assert [p.said for p in times] == pytest.approx([0.0101, 0.0202, 0.0303])
    assert [p.code for p in times] == [100, 200, 300]
    assert all(math.isnan(p.noise) for p in times)
    assert [(p.asked, p.code) for p in gains] == [(1.0, 10), (4.0, None), (8.0, 80)]
    assert [p.light_ev for p in gains] == pytest.approx([0.0, 1.9, 2.8])
    assert [p.said for p in gains] == pytest.approx([1.1, 4.4, 8.8])
    assert [p.noise for p in gains] == [1.0, 4.0, 8.0]


def test_gains_count_from_the_lowest_even_where_the_base_is_another() -> None:
    survey = Survey(Window(), REFERENCE, 2.0, timed=True)
    survey.samples = [sample(Exposure(0.01, gain), noise=math.nan) for gain in (2.0, 1.0, 4.0)]
    survey._sort_out(np.array([-6.0, -7.0, -5.2]))
    first, second, third = survey.gain_points()
    assert (first, second.light_ev, third.light_ev) == (first, 1.0, pytest.approx(1.8))
    assert first.asked == 1.0
    assert (first.light_ev, first.said, first.code) == (0.0, None, None)
    assert math.isnan(first.noise)
    (point,) = survey.time_points()
    assert isinstance(point, Point)
    assert point.said is None


def timed(light_ev: list[float]) -> tuple[Survey, list[float]]:
    """A survey of times a third of a stop apart, of a gain, and the times."""
    survey = survey_at(Window())
    times = [0.001 * 2 ** (n / 3) for n in range(len(light_ev))]
    survey.samples = [*(sample(Exposure(t)) for t in times), sample(Exposure(times[1], 4.0))]
    survey._sort_out(np.array([*light_ev, light_ev[1] + 2]))
    return survey, times


def test_times_that_behave_are_anchors_at_the_base_gain() -> None:
    survey, times = timed([n / 3 for n in range(9)] + [8 / 3] * 3)  # the last three stand still
    anchors = survey._anchors()
    assert anchors[:9] == pytest.approx(np.log2(times[:9]))
    assert np.isnan(anchors[9:]).all()
    assert len(anchors) == 13


def test_where_times_are_stepped_the_middles_of_the_steps_are_anchors() -> None:
    survey, times = timed([float(n // 3) for n in range(12)])
    anchors = survey._anchors()
    assert np.isnan(anchors[[0, 1, 2, 9, 10, 11, 12]]).all()
    assert anchors[3:9] == pytest.approx(np.log2([times[4]] * 3 + [times[7]] * 3))


def test_zero_is_where_times_that_can_be_trusted_are_what_they_should_be() -> None:
    survey, _ = timed([1.0, 2.0, 3.0])
    assert survey._zero_ev(np.array([0.4, 1.5, 0.0, math.nan])) == pytest.approx(0.6)
    assert survey._zero_ev(np.full(4, math.nan)) == 0.0


def scene_under(settings: list[tuple[float, float]], gain_law: float) -> list[Sample]:
    random = np.random.default_rng(1)
    places = 2.0 ** random.uniform(-3.5, 3.5, (1200, 3)) * 8
    codes = [srgb().encode(np.minimum(t * g**gain_law * places, 1).astype(np.float32)) for t, g in settings]
    return [
        sample(Exposure(t, g), at_s=n, places=np.rint(seen))
        for n, ((t, g), seen) in enumerate(zip(settings, codes, strict=True))
    ]


def fitted(monkeypatch: pytest.MonkeyPatch, *, timed: bool) -> tuple[Survey, list[tuple[object, ...]]]:
    settings = [(0.001 * 2 ** (n / 2), 1.0) for n in range(13)] + [(0.004, 2.0), (0.004, 4.0)]
    survey = Survey(Window(), REFERENCE, 1.0, timed=timed, flicker_ev=0.25)
    survey.samples = scene_under(settings, 1.5)
    survey._references = [0]
    asked: list[tuple[object, ...]] = []

    def kept(pictures: np.ndarray, noise: np.ndarray, anchors: np.ndarray, **options: object) -> LightFit:
        asked.append((pictures.shape, int(np.isfinite(anchors).sum()), options))
        fit = fit_light(pictures, noise, anchors, **options)
        return replace(fit, light_ev=fit.light_ev + 0.7)  # what light has in common, pictures don't tell

    monkeypatch.setattr(probe_survey, "fit_light", kept)
    survey.fit()
    return survey, asked


def test_times_and_gains_come_out_of_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    survey, asked = fitted(monkeypatch, timed=True)
    assert asked == [
        ((15, 300), 0, {"free_curve": False, "flicker_ev": 0.25}),
        ((15, 300), 13, {"free_curve": True, "flicker_ev": 0.25}),
    ]
    times, gains = survey.time_points(), survey.gain_points()
    assert [p.light_ev for p in times] == pytest.approx(np.log2([p.asked for p in times]), abs=0.03)
    assert [p.light_ev for p in gains] == pytest.approx([0.0, 1.5, 3.0], abs=0.05)
    assert survey.contrast_ev == pytest.approx(0.9 * 7, abs=0.5)
    assert survey.found is not None


def test_without_known_times_the_usual_curve_has_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    survey, asked = fitted(monkeypatch, timed=False)
    assert asked == [((15, 300), 0, {"free_curve": False, "flicker_ev": 0.25})]
    assert [p.light_ev for p in survey.gain_points()] == pytest.approx([0.0, 1.5, 3.0], abs=0.05)
