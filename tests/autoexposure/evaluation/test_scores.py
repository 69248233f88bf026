import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoexposure.control.snapshot import Snapshot
from autoexposure.errors import ConfigError
from autoexposure.evaluation.scores import (
    LoopScores,
    ScoreRules,
    TracePoint,
    reversals,
    score,
    smoothness,
    trace_of,
)
from autoexposure.exposure import Exposure
from autoexposure.frame import Frame
from autoexposure.metering.policy import Decision


def trace(evs: list[float], writes_at: tuple[int, ...] = (), first: int = 100) -> list[TracePoint]:
    return [TracePoint(first + n, ev, None, n in writes_at) for n, ev in enumerate(evs)]


def judge(evs: list[float], writes_at: tuple[int, ...] = ()) -> LoopScores:
    return score(trace(evs, writes_at))


def test_a_clean_step() -> None:
    scores = judge([-3.0] * 4 + [-0.5, 0.1] + [0.0] * 20, writes_at=(0, 3, 5))
    assert scores == LoopScores(
        end_ev=0.0,
        travel_ev=3.0,
        settling_frames=5,
        overshoot_ev=0.1,
        reversals=0,
        smoothness=3.0 / 3.2,
        writes=3,
        writes_after_settling=1,
        steady_rms_ev=float(np.std([0.1] + [0.0] * 20)),
        steady_error_ev=None,
    )
    assert scores.settled


def test_an_overshoot_is_one_reversal() -> None:
    scores = judge([2.0, 2.0, -0.4, -0.4] + [0.0] * 12)
    assert scores.overshoot_ev == pytest.approx(0.4)
    assert scores.reversals == 1
    assert scores.settling_frames == 4


def test_hunting_never_settles() -> None:
    scores = judge([0.5, -0.5] * 20, writes_at=(1, 2, 3))
    assert scores.settling_frames is None
    assert not scores.settled
    assert scores.reversals == 38  # the first step sets the direction, each later one turns it
    assert scores.steady_rms_ev == pytest.approx(0.5)
    assert scores.writes_after_settling == scores.writes == 3


def test_rest_from_the_start_settles_at_once() -> None:
    scores = judge([1.0] * 15)
    assert scores.settling_frames == 0
    assert (scores.overshoot_ev, scores.reversals, scores.smoothness) == (0.0, 0, 1.0)


def test_without_travel_any_departure_is_overshoot() -> None:
    assert judge([0.0, 0.0, -0.7] + [0.0] * 12).overshoot_ev == pytest.approx(0.7)


def test_still_moving_at_the_end_is_not_settled() -> None:
    assert judge([n * 0.1 for n in range(40)]).settling_frames is None


def test_a_trace_shorter_than_hold_is_not_settled() -> None:
    assert judge([0.0] * 9).settling_frames is None
    assert judge([0.0] * 10).settling_frames == 0


def test_one_stray_frame_does_not_move_the_end() -> None:
    scores = judge([-1.0] * 3 + [0.0] * 20 + [0.15])
    assert scores.end_ev == 0.0
    assert scores.settling_frames == 3


def test_dropped_pictures_count_as_time() -> None:
    points = [TracePoint(10, -3.0), TracePoint(14, 0.0), *(TracePoint(20 + n, 0.0) for n in range(12))]
    assert score(points).settling_frames == 4


def test_the_band_is_inclusive() -> None:
    rules = ScoreRules(band_ev=0.25)
    assert score(trace([0.25] * 2 + [0.0] * 12), rules).settling_frames == 0
    assert score(trace([0.26] * 2 + [0.0] * 12), rules).settling_frames == 2


def test_the_steady_error_is_what_the_meter_still_wants_at_the_end() -> None:
    points = [TracePoint(n, 0.0, 2.0 if n < 5 else 0.5) for n in range(20)]
    assert score(points).steady_error_ev == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("evs", "turns"),
    [
        ([0.0], 0),
        ([0.0, 1.0, 2.0, 2.0], 0),
        ([0.0, 1.0, 0.95, 1.0, 0.95], 0),  # smaller than the threshold
        ([0.0, 1.0, 0.96, 0.92, 0.88], 1),  # slow, but it came back by more than the threshold
        ([0.0, -1.0, 0.0, -1.0], 2),
        ([0.0, 0.05, -0.04, 0.05, -0.04], 0),
        ([0.0, 0.08, -0.05, 0.3], 1),  # from 0.08 down to -0.05 sets the direction, then up turns it
    ],
)
def test_reversals(evs: list[float], turns: int) -> None:
    assert reversals(evs, 0.1) == turns


def test_smoothness() -> None:
    assert smoothness([0.0, 1.0, 2.0]) == 1
    assert smoothness([0.0, 2.0, 1.0]) == pytest.approx(1 / 3)
    assert smoothness([1.0, 2.0, 1.0]) == 0
    assert smoothness([1.0]) == 1


curves = st.lists(st.floats(-8, 8).map(lambda ev: round(ev, 3)), min_size=1, max_size=60)


@settings(deadline=None)
@given(curves, st.floats(-5, 5))
def test_scores_do_not_depend_on_where_zero_or_up_is(evs: list[float], shift: float) -> None:
    here = judge(evs)
    there = judge([-ev for ev in evs])
    assert (there.settling_frames, there.reversals) == (here.settling_frames, here.reversals)
    assert there.overshoot_ev == pytest.approx(here.overshoot_ev)
    assert there.steady_rms_ev == pytest.approx(here.steady_rms_ev)
    assert there.end_ev == pytest.approx(-here.end_ev)
    moved = judge([ev + shift for ev in evs])
    assert moved.travel_ev == pytest.approx(here.travel_ev)
    assert moved.smoothness == pytest.approx(here.smoothness, abs=1e-6)


@settings(deadline=None)
@given(curves)
def test_bounds(evs: list[float]) -> None:
    scores = judge(evs)
    assert 0 <= scores.overshoot_ev <= max(evs) - min(evs) + 1e-9
    assert 0 <= scores.smoothness <= 1
    assert 0 <= scores.reversals <= max(0, len(evs) - 2)
    assert scores.settling_frames is None or 0 <= scores.settling_frames < len(evs)
    assert math.isfinite(scores.steady_rms_ev)


@settings(deadline=None)
@given(st.lists(st.floats(0, 2), min_size=1, max_size=30))
def test_a_one_way_approach_has_no_turn_and_no_overshoot(steps: list[float]) -> None:
    evs = list(np.cumsum([0.0, *steps]))
    scores = judge([*evs, *[evs[-1]] * 12])
    assert scores.reversals == 0
    assert scores.smoothness == pytest.approx(1)
    assert scores.settled
    if scores.travel_ev > 0.2:
        assert scores.overshoot_ev == 0


@settings(deadline=None)
@given(curves)
def test_resting_longer_changes_nothing_but_makes_it_settle(evs: list[float]) -> None:
    held = judge([*evs, *[evs[-1]] * 20])
    longer = judge([*evs, *[evs[-1]] * 40])
    assert held.settled
    assert held.settling_frames == longer.settling_frames
    assert (held.overshoot_ev, held.reversals) == (longer.overshoot_ev, longer.reversals)


def test_what_is_no_trace_is_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        score([])
    with pytest.raises(ValueError, match="must rise"):
        score([TracePoint(3, 0.0), TracePoint(3, 0.0)])


@pytest.mark.parametrize("rules", [{"band_ev": 0}, {"hold": 0}, {"reversal_ev": -0.1}, {"band_ev": float("nan")}])
def test_impossible_rules_are_refused(rules: dict[str, float]) -> None:
    with pytest.raises(ConfigError):
        ScoreRules(**rules)  # type: ignore[arg-type]  # nonsense on purpose


def test_a_trace_of_snapshots() -> None:
    pixels = np.zeros((2, 2, 3), np.uint8)
    known = Frame(pixels, 0.0, 4, Exposure(0.5))
    snapshots = [
        Snapshot(),
        Snapshot(frame=Frame(pixels, 0.0, 3)),  # nobody knows its exposure
        Snapshot(frame=known, decision=Decision(0.3), wrote=True),
        Snapshot(frame=known, decision=Decision(0.3)),  # the same picture, seen again after a timeout
        Snapshot(frame=Frame(pixels, 0.0, 6, Exposure(1.0, 2.0))),
    ]
    assert trace_of(snapshots) == [TracePoint(4, -1.0, 0.3, True), TracePoint(6, 1.0, None, False)]
