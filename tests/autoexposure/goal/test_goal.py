"""The goal of a picture: one fixed point with the night in it, and a pace that a ramp keeps."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexposure.camera import Capabilities, ControlRange
from autoexposure.clock import SimulatedClock
from autoexposure.errors import ConfigError
from autoexposure.goal.goal import GoalConfig, GoalRamp
from autoexposure.goal.night import goal_offset_ev

WEBCAM = Capabilities(time_s=ControlRange(1e-4, 0.5), gain=ControlRange(1.0, 16.0))
NIGHT = GoalConfig(keep_night_dark=True)
RAMP = GoalConfig(ramp_ev_per_minute=0.6)
EV_A_SECOND = 0.01
"""That ramp in a second."""


def ramp_at(goal_ev: float, config: GoalConfig = RAMP) -> tuple[GoalRamp, SimulatedClock]:
    """One that has come to rest at ``goal_ev``."""
    clock = SimulatedClock()
    ramp = GoalRamp(config, clock)
    ramp.of(goal_ev, 0.0, WEBCAM)
    ramp.rest()
    return ramp, clock


def test_as_it_is_the_goal_is_the_meters() -> None:
    goal = GoalRamp(GoalConfig(), SimulatedClock()).of(-5.0, 0.75, WEBCAM)
    assert (goal.delta_ev, goal.night_ev, goal.ramp_ev) == (0.75, 0.0, 0.0)
    assert goal.scene_ev == pytest.approx(7.25)


def test_the_night_counts_from_the_light_and_not_from_what_is_set() -> None:
    goals = [GoalRamp(NIGHT, SimulatedClock()).of(made_ev, 3.0 - made_ev, WEBCAM) for made_ev in (-9.0, 0.0, 3.0, 6.0)]
    assert {round(goal.night_ev, 9) for goal in goals} == {round(goal_offset_ev(0.0), 9)}


def test_light_that_is_not_known_is_no_night() -> None:
    goal = GoalRamp(NIGHT, SimulatedClock()).of(3.0, 0.5, Capabilities(gain=WEBCAM.gain))
    assert (goal.delta_ev, goal.scene_ev, goal.night_ev) == (0.5, None, 0.0)


@given(st.floats(-14, 8), st.floats(0.3, 1.5), st.lists(st.floats(-14, 8), min_size=2, max_size=2))
def test_one_exposure_is_found_wherever_the_search_begins(right_ev: float, share: float, starts: list[float]) -> None:
    # A meter that asks for a share of the error: too little, as a network does, or too much.
    ramp = GoalRamp(NIGHT, SimulatedClock())
    ends = []
    for ev in starts:
        errors = []
        for _ in range(60):
            step_ev = ramp.of(ev, share * (right_ev - ev), WEBCAM).delta_ev
            errors.append(abs(step_ev))
            ev += step_ev
        assert all(later <= former + 1e-9 for former, later in pairwise(errors)), "no swing grows"
        ends.append(ev)
    assert ends[0] == pytest.approx(ends[1], abs=1e-4)


@given(st.lists(st.tuples(st.floats(0, 30), st.floats(-14, 8)), min_size=1, max_size=30))
def test_a_ramp_is_never_left_whatever_the_meter_says(turns: list[tuple[float, float]]) -> None:
    ramp, clock = ramp_at(-5.0)
    before_ev = -5.0
    for seconds, right_ev in turns:
        clock.sleep(seconds)
        goal = ramp.of(0.0, right_ev, WEBCAM)
        assert abs(goal.delta_ev - before_ev) <= EV_A_SECOND * seconds + 1e-9
        assert abs(goal.delta_ev - right_ev) <= abs(before_ev - right_ev) + 1e-9, "towards it, and not beyond"
        assert goal.delta_ev - goal.ramp_ev == pytest.approx(right_ev)
        before_ev = goal.delta_ev


def test_the_first_exposure_is_found_at_once() -> None:
    ramp = GoalRamp(RAMP, SimulatedClock())
    assert [ramp.of(-9.0, delta_ev, WEBCAM).delta_ev for delta_ev in (4.0, -2.0)] == [4.0, -2.0]
    assert not ramp.moving


def test_what_a_person_asks_for_is_done_at_once() -> None:
    ramp, clock = ramp_at(-5.0)
    clock.sleep(1)
    assert ramp.of(-5.0, 2.0, WEBCAM).delta_ev == pytest.approx(EV_A_SECOND)
    ramp.restart()
    assert ramp.of(-5.0, 2.0, WEBCAM).delta_ev == 2.0


def test_resting_again_does_not_let_the_ramp_jump() -> None:
    ramp, _ = ramp_at(-5.0)
    ramp.of(-5.0, 2.0, WEBCAM)
    ramp.rest()
    assert ramp.of(-5.0, 2.0, WEBCAM).delta_ev == 0.0


@pytest.mark.parametrize("ev_per_minute", [0.0, -1.0, 0.001, math.nan, -math.inf])
def test_a_ramp_that_goes_nowhere_is_refused(ev_per_minute: float) -> None:
    with pytest.raises(ConfigError, match="EV a minute"):
        GoalConfig(ramp_ev_per_minute=ev_per_minute)
