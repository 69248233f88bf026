"""Figures of plays whose course is written down, so that every one of them can be counted by hand."""

from __future__ import annotations

import math

import pytest

from autoexposure.evaluation.side_by_side.figures import REST_FRAMES, Tally
from autoexposure.evaluation.side_by_side.play import Played, Shot
from autoexposure.evaluation.side_by_side.trial import FRAMES_PER_S, STAGE_FRAMES, Setup, Stage, Trial
from autoexposure.simulation.light import Drifting


def nothing(*_: object):
    raise AssertionError("no camera is opened here")


def played(evs: list[float], wrote: frozenset[int] = frozenset(), highlights: float = 0.1, code: float = 90) -> Played:
    shots = [Shot(n, ev, (n + 0.5) / FRAMES_PER_S, highlights, code) for n, ev in enumerate(evs)]
    return Played(tuple(shots), wrote, 0.001 * len(evs))


def steps(levels_ev: list[float], setup: Setup, evs: list[float], wrote: frozenset[int] = frozenset()) -> Tally:
    stages = [Stage(level_ev, scored=number > 0) for number, level_ev in enumerate(levels_ev)]
    tally = Tally()
    tally.add(Trial("steps", "s", nothing, len(evs), stages), setup, played(evs, wrote))
    return tally


def stage(*begin: float, end: float) -> list[float]:
    return [*begin, *[end] * (STAGE_FRAMES - len(begin))]


def test_a_step_is_counted_from_the_change_of_the_light_less_the_delay() -> None:
    evs = stage(end=-6.0) + stage(*[-6.0] * 4, -8.5, end=-8.0)
    found = steps([0.0, 2.0], Setup(3), evs).figures().steps
    assert (found.steps, found.settle_p50, found.settle_p95) == (1, 2, 2)
    assert found.soon_share == 1
    assert found.unsettled_share == 0
    assert found.overshoot_worst_ev == pytest.approx(0.5)
    assert found.turns == 1


def test_what_does_not_settle_lasts_until_the_light_changes_again() -> None:
    swinging = [-8.0 + (number % 4) for number in range(STAGE_FRAMES)]
    found = steps([0.0, 1.0], Setup(0), stage(end=-6.0) + swinging).figures().steps
    assert found.settle_p50 == STAGE_FRAMES
    assert found.unsettled_share == 1
    assert found.soon_share == 0
    assert found.turns > 5


def test_creeping_is_no_rest() -> None:
    creeping = [-6.0 - 0.02 * number for number in range(STAGE_FRAMES)]
    assert steps([0.0, 2.0], Setup(0), stage(end=-6.0) + creeping).figures().steps.unsettled_share == 1


def test_a_law_that_holds_still_while_the_light_changes_did_not_settle() -> None:
    figures = steps([0.0, 2.0], Setup(0), stage(end=-6.0) + stage(end=-6.0)).figures()
    assert figures.steps.unsettled_share == 1
    assert figures.rests == 2
    assert figures.rests_apart_ev == pytest.approx(2)


def test_rests_are_counted_with_the_light_taken_off() -> None:
    evs = stage(end=-6.0) + stage(end=-8.0) + stage(end=-5.9)
    figures = steps([0.0, 2.0, 0.0], Setup(0), evs).figures()
    assert figures.rests == 1
    assert figures.rests_apart_ev == pytest.approx(0.1)


def test_writes_at_rest_are_those_at_the_end_of_a_stage() -> None:
    late = frozenset({5, STAGE_FRAMES - 1, STAGE_FRAMES - 2})
    figures = steps([0.0], Setup(0), stage(end=-6.0), late).figures()
    assert figures.rest_writes_per_s == pytest.approx(2 * FRAMES_PER_S / REST_FRAMES)
    assert figures.clipped_share == pytest.approx(0.1)
    assert figures.code == 90
    assert figures.cpu_ms == pytest.approx(1)
    assert figures.steps.steps == 0
    assert math.isnan(figures.steps.settle_p50)


def test_subjects_are_judged_as_they_are_and_with_a_tuned_target() -> None:
    tally = Tally()
    for background_ev, end_ev in ((0.0, -6.5), (2.0, -7.5), (4.0, -8.5)):
        trial = Trial(
            "subjects", "s", nothing, STAGE_FRAMES, [Stage(scored=False)], right_ev=-6.0, background_ev=background_ev
        )
        tally.add(trial, Setup(2), played(stage(end=end_ev)))
    figures = tally.figures()
    assert figures.tuned_by_ev == pytest.approx(0.5)
    assert figures.subject_p50_ev == pytest.approx(2.0)  # 1.5 and 2.5 off
    assert figures.tuned_p50_ev == pytest.approx(1.5)
    assert figures.by_background == pytest.approx({"+0": 0.0, "+2": -1.0, "+4": -2.0})


def test_behind_dimming_light_is_what_the_exposure_lacks() -> None:
    light = Drifting(-2.0, steady_s=1.0, drift_s=2.0, stay_s=1.0)
    trial = Trial("dimming", "s", nothing, 120, light=light, steady_s=1.0)
    still, following = Tally(), Tally()
    still.add(trial, Setup(2), played([-6.0] * 120))
    right = [-6.0 - math.log2(light.factor((number + 0.5) / FRAMES_PER_S)) for number in range(120)]
    following.add(trial, Setup(2), played(right))
    assert still.figures().lag_p95_ev == pytest.approx(2.0)
    assert following.figures().lag_p95_ev == pytest.approx(0.0, abs=1e-9)


def test_in_motion_turns_and_writes_are_counted_from_its_beginning() -> None:
    moving = Trial("object", "s", nothing, 90, steady_s=1.0)
    flicker = Trial("flicker", "s", nothing, 90, steady_s=1.0)
    evs = [-6.0] * 30 + [-6.0, -7.0] * 30
    tally = Tally()
    tally.add(moving, Setup(2), played(evs, frozenset({3, 40, 50})))
    tally.add(flicker, Setup(2), played(evs, frozenset({60})))
    figures = tally.figures()
    assert figures.motion_writes_per_s == pytest.approx(1.0)
    assert figures.motion_turns_per_s == pytest.approx(58 / 2)
    assert figures.flicker_writes_per_s == pytest.approx(0.5)


def test_as_json_there_is_null_where_nothing_was_measured() -> None:
    written = steps([0.0], Setup(0), stage(end=-6.0)).figures().as_json()
    assert written["subject_p50_ev"] is None
    assert written["clipped_share"] == pytest.approx(0.1)
    assert isinstance(written["steps"], dict)
