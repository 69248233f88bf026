"""Published laws: where each leads, how fast it may go, and the constants that its authors print."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from autoexposure.camera import Capabilities, ControlRange
from autoexposure.control.program import ExposureProgram
from autoexposure.evaluation.laws.gradient import GradientLaw
from autoexposure.evaluation.laws.law import Facts, Law, light, luma, mean_sample_value
from autoexposure.evaluation.laws.raspberry_pi import RaspberryPiAgc, centre_weights
from autoexposure.evaluation.laws.ratios import ElphelPercentile, GstAutoexposure, SpinnakerController
from autoexposure.evaluation.laws.steppers import Libv4lAutogain, MeanSampleValuePi, OmniVisionAec, SoftIspStepper
from autoexposure.evaluation.laws.table import PUBLISHED, PublishedLaw
from autoexposure.exposure import Exposure
from autoexposure.response import srgb

CAPABILITIES = Capabilities(time_s=ControlRange(1e-4, 1 / 30, 1e-4), gain=ControlRange(1.0, 16.0, 1 / 16))
PROGRAM = ExposureProgram(CAPABILITIES, 1 / 30)
SCENE = np.random.default_rng(1).lognormal(np.log(0.12), 0.8, (48, 64, 1)).astype(np.float32).repeat(3, axis=2)
"""Light of a natural contrast, which fills the sensor at 1 when it is exposed for 10 ms."""


def picture(exposure: Exposure, scene: np.ndarray = SCENE) -> np.ndarray:
    return np.rint(srgb().encode(scene * np.float32(2.0**exposure.ev / 0.01))).astype(np.uint8)


def facts(pixels: np.ndarray, exposure: Exposure, *, since_write: int = 9, delay_frames: int = 0) -> Facts:
    return Facts(pixels, exposure, exposure, since_write, delay_frames, CAPABILITIES, PROGRAM)


def ends(law: Law, start: Exposure, pictures: int = 400) -> list[Exposure]:
    """What a law sets before a camera without delay."""
    way = [start]
    for number in range(pictures):
        known = facts(picture(way[-1]), way[-1], since_write=1 + number)
        way.append(law.next_exposure(known) or way[-1])
    return way


@pytest.mark.parametrize("published", PUBLISHED, ids=lambda law: law.name)
def test_a_law_leads_to_one_place_from_either_side(published: PublishedLaw) -> None:
    dark, bright = (ends(published.make(), start)[-1].ev for start in (Exposure(1e-3), Exposure(1 / 30, 8.0)))
    most_apart_ev = {"msv_pi": 1.8, "gradient": 0.4}.get(published.name, 0.5)  # wide dead bands, as published
    assert abs(dark - bright) <= most_apart_ev
    assert 20 < picture(Exposure(2.0**dark)).mean() < 200


@pytest.mark.parametrize("published", PUBLISHED, ids=lambda law: law.name)
def test_each_names_its_source_and_what_was_assumed(published: PublishedLaw) -> None:
    assert published.source
    assert published.assumed
    assert [law.name for law in PUBLISHED].count(published.name) == 1


def test_the_page_of_laws_has_a_row_for_each() -> None:
    page = (Path(__file__).parents[4] / "docs/how/laws.md").read_text()
    assert [law.name for law in PUBLISHED if f"| `{law.name}` |" not in page] == []


def test_the_raspberry_pi_goes_a_fifth_of_the_way_once_it_has_started() -> None:
    law = RaspberryPiAgc()
    there = ends(law, Exposure(0.01), 30)[-1]
    twice = Exposure(there.time_s, there.gain * 2)
    asked = law.next_exposure(facts(picture(twice), twice))
    assert asked is not None
    assert asked.ev == pytest.approx(there.ev, abs=0.05)  # the target is where it was, whatever made the picture
    dimmed = law.next_exposure(facts(picture(there, SCENE / 4), there))
    assert dimmed is not None
    ratio = 2.0 ** (dimmed.ev - there.ev)
    assert ratio == pytest.approx(0.8 + 0.2 * 4, abs=0.1)


def test_a_starting_raspberry_pi_goes_all_the_way_at_once() -> None:
    way = ends(RaspberryPiAgc(), Exposure(1e-3), 12)
    assert way[2].ev == pytest.approx(way[-1].ev, abs=0.1)


def test_its_highlight_constraint_keeps_the_brightest_below_its_level() -> None:
    scene = SCENE.copy()
    scene[:4] = 4.0
    ends_ev = []
    for law in (RaspberryPiAgc(), RaspberryPiAgc(highlights=True)):
        at = Exposure(0.01)
        for _ in range(40):
            at = law.next_exposure(facts(picture(at, scene), at)) or at
        ends_ev.append(at.ev)
        brightest = light(picture(at, scene)).max()
    assert ends_ev[1] < ends_ev[0] - 0.5
    assert brightest <= RaspberryPiAgc.BRIGHTEST_AT_MOST + 0.05


def test_its_weights_fall_from_the_middle_to_the_corners() -> None:
    weights = centre_weights((30, 40))
    assert weights.sum() == pytest.approx(1, abs=1e-5)
    assert weights[15, 20] == weights.max()
    assert weights[0, 0] == 0


@pytest.mark.parametrize(("code", "value"), [(0, 1), (127, 3), (255, 5)])
def test_the_mean_sample_value_counts_fifths_of_the_range(code: int, value: float) -> None:
    assert mean_sample_value(luma(np.full((8, 8, 3), code, np.uint8))) == value


@pytest.mark.parametrize(("code", "factor"), [(40, 1.1), (220, 0.9)])
def test_the_software_isp_steps_by_ten_per_cent(code: int, factor: float) -> None:
    asked = SoftIspStepper().next_exposure(facts(np.full((8, 8, 3), code, np.uint8), Exposure(0.01)))
    assert asked is not None
    assert asked.time_s * asked.gain == pytest.approx(0.01 * factor, rel=0.02)


def test_a_step_is_never_rounded_away() -> None:
    shortest = Exposure(2e-4)
    asked = SoftIspStepper().next_exposure(facts(np.full((8, 8, 3), 20, np.uint8), shortest))
    assert asked is not None
    assert asked.ev > shortest.ev


@pytest.mark.parametrize(("code", "factor"), [(30, 2.0), (90, 17 / 16), (130, 15 / 16), (220, 0.5)])
def test_omnivision_doubles_far_off_and_creeps_near(code: int, factor: float) -> None:
    asked = OmniVisionAec().next_exposure(facts(np.full((8, 8, 3), code, np.uint8), Exposure(0.016)))
    assert asked is not None
    assert asked.time_s * asked.gain == pytest.approx(0.016 * factor, rel=0.02)


@pytest.mark.parametrize(
    ("make", "code"),
    [(OmniVisionAec, 105), (SpinnakerController, 120), (MeanSampleValuePi, 110), (SoftIspStepper, 102)],
)
def test_within_its_band_a_law_rests(make: Callable[[], Law], code: int) -> None:
    pixels = np.full((10, 10, 3), code, np.uint8)
    pixels[:5] = code - 51 if make is SoftIspStepper or make is MeanSampleValuePi else code  # bins are fifths
    assert make().next_exposure(facts(pixels, Exposure(0.01))) is None


@pytest.mark.parametrize("make", [OmniVisionAec, SpinnakerController, GstAutoexposure, ElphelPercentile])
def test_laws_that_jump_wait_until_their_last_write_shows(make: Callable[[], Law]) -> None:
    dark = np.full((8, 8, 3), 20, np.uint8)
    early = Facts(dark, Exposure(0.001), Exposure(0.01), 2, 2, CAPABILITIES, PROGRAM)
    assert make().next_exposure(early) is None
    shown = Facts(dark, Exposure(0.01), Exposure(0.01), 3, 2, CAPABILITIES, PROGRAM)
    assert make().next_exposure(shown) is not None


def test_the_spinnaker_ratio_is_at_most_tenfold() -> None:
    asked = SpinnakerController().next_exposure(facts(np.zeros((8, 8, 3), np.uint8), Exposure(1e-3)))
    assert asked is not None
    assert asked.ev - Exposure(1e-3).ev == pytest.approx(math.log2(10), abs=0.05)


def test_the_percentile_comes_to_just_below_white() -> None:
    end = ends(ElphelPercentile(), Exposure(1e-3), 60)[-1]
    codes = np.sort(luma(picture(end)).ravel())
    assert codes[int(codes.size * ElphelPercentile.FRACTION)] == pytest.approx(ElphelPercentile.LEVEL_CODE, abs=10)


def test_libv4l_walks_in_steps_of_its_controls_and_halves_them_on_a_turn() -> None:
    law, start = Libv4lAutogain(), Exposure(0.01)
    darker = law.next_exposure(facts(np.full((8, 8, 3), 100 - 24, np.uint8), start))
    assert darker is not None
    assert darker.time_s == pytest.approx(start.time_s + 4 * 1e-4)
    white = np.full((8, 8, 3), 100 + 48, np.uint8)
    assert [law.next_exposure(facts(white, darker)) for _ in range(2)] == [None, None]  # it skips two pictures
    turned = law.next_exposure(facts(white, darker))
    assert turned is not None
    assert turned.time_s == pytest.approx(darker.time_s - 4 * 1e-4)


def test_libv4l_raises_the_gain_before_the_longest_times() -> None:
    law, usual = Libv4lAutogain(), Exposure(CAPABILITIES.time_s.nearest(1 / 60))
    asked = law.next_exposure(facts(np.full((8, 8, 3), 40, np.uint8), usual))
    assert asked is not None
    assert asked.time_s == usual.time_s
    assert asked.gain > 1


def test_without_an_edge_the_gradient_says_nothing() -> None:
    assert GradientLaw().next_exposure(facts(np.full((16, 16, 3), 255, np.uint8), Exposure(0.01))) is None


def test_the_gradient_goes_towards_more_of_it() -> None:
    for exposure, brighter in ((Exposure(5e-4), True), (Exposure(1 / 30, 12.0), False)):
        asked = GradientLaw().next_exposure(facts(picture(exposure), exposure))
        assert asked is not None
        assert (asked.ev > exposure.ev) == brighter
