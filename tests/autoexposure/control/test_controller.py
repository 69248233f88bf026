import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexposure.control.controller import Controller, ControllerConfig, Step
from autoexposure.errors import ConfigError
from autoexposure.exposure import Exposure
from autoexposure.states import AeState
from autoexposure.trust.delay import Attribution


def at(ev: float, doubt_ev: float = 0.0) -> Attribution:
    return Attribution(Exposure(2.0**ev), doubt_ev)


def simulate(controller: Controller, start_ev: float, goal_ev, delay: int, frames: int, trust: float = 1.0):
    """Run a perfectly attributed loop; the policy sees ``trust`` of the true error. Returns EVs and writes."""
    history, writes, evs = [start_ev], 0, []
    for frame in range(frames):
        made_ev = history[max(0, len(history) - 1 - delay)]
        evs.append(made_ev)
        goal = goal_ev(frame) if callable(goal_ev) else goal_ev
        in_flight = any(ev != history[-1] for ev in history[-1 - delay :])
        step = controller.step(at(made_ev), (goal - made_ev) * trust, history[-1], in_flight=in_flight)
        writes += step.command_ev is not None
        history.append(history[-1] if step.command_ev is None else step.command_ev)
    return evs, writes


@given(st.floats(-5, 5), st.integers(0, 8))
def test_a_good_policy_needs_one_write(start_ev: float, delay: int) -> None:
    evs, writes = simulate(Controller(), start_ev, 0.0, delay, 40)
    assert abs(evs[-1]) <= 0.1
    assert writes <= 1
    assert all(abs(ev) <= 0.1 for ev in evs[delay + 1 :])


@given(st.floats(-5, 5), st.integers(0, 8), st.floats(0.6, 1.4))
def test_a_policy_that_misjudges_still_settles_without_hunting(start_ev: float, delay: int, trust: float) -> None:
    evs, writes = simulate(Controller(), start_ev, 0.0, delay, 150, trust)
    assert abs(evs[-1] * trust) <= 0.25
    assert writes <= 8
    assert len(set(evs[-30:])) == 1  # at rest


def test_no_write_once_converged_under_noise() -> None:
    controller = Controller()
    states = []
    for frame in range(300):
        noise = 0.12 if frame % 2 else -0.12
        step = controller.step(at(0.0), noise if frame > 5 else 0.0, 0.0, in_flight=False)
        assert step.command_ev is None
        states.append(step.state)
    assert states[-1] is AeState.CONVERGED


def test_a_switched_lamp_is_answered_at_once_and_a_drift_after_some_frames() -> None:
    for error_ev, patience in ((1.5, 1), (0.4, ControllerConfig().wake_frames)):
        controller = Controller()
        for _ in range(5):
            controller.step(at(0.0), 0.0, 0.0, in_flight=False)
        waited = 1
        while controller.step(at(0.0), error_ev, 0.0, in_flight=False).command_ev is None:
            waited += 1
        assert waited == patience


def see(controller: Controller, error_ev: float, commanded_ev: float = 0.0, *, in_flight: bool = False) -> Step:
    """One frame, made by what is commanded, that is off by ``error_ev``."""
    return controller.step(at(commanded_ev), error_ev, commanded_ev, in_flight=in_flight)


def settled(**rules: float) -> Controller:
    controller = Controller(ControllerConfig(**rules))  # type: ignore[arg-type]  # whole numbers where they belong
    while see(controller, 0.0).state is not AeState.CONVERGED:
        pass
    return controller


def test_two_calm_frames_make_it_converged_and_one_in_flight_none() -> None:
    controller = Controller()
    states = [see(controller, 0.0).state for _ in range(3)]
    assert states == [AeState.SEARCHING, AeState.CONVERGED, AeState.CONVERGED]
    controller = Controller()
    assert see(controller, 0.0).state is AeState.SEARCHING
    assert see(controller, 0.0, in_flight=True).state is AeState.SEARCHING  # begins the count anew
    assert [see(controller, 0.0).state for _ in range(2)] == [AeState.SEARCHING, AeState.CONVERGED]


@pytest.mark.parametrize(("error_ev", "frames"), [(0.26, 4), (0.79, 4), (0.81, 1)])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_quarter_ev_wakes_it_after_four_frames_and_four_fifths_at_once(
    error_ev: float, frames: int, sign: int
) -> None:
    controller = settled()
    for _ in range(frames - 1):
        step = see(controller, sign * error_ev)
        assert (step.state, step.command_ev) == (AeState.CONVERGED, None)
    assert see(controller, sign * error_ev).command_ev == pytest.approx(sign * error_ev)


def test_what_is_within_a_quarter_ev_never_wakes_it_and_begins_the_count_anew() -> None:
    controller = settled()
    for error_ev in [0.24] * 20 + [0.25] * 20 + [0.3, 0.3, 0.3, 0.2] * 5:
        assert see(controller, error_ev).command_ev is None


def test_each_correction_of_a_search_widens_the_dead_band_up_to_the_waking_error() -> None:
    for corrections, band_ev in enumerate([0.1, 0.15, 0.2, 0.25, 0.25]):
        for error_ev, acts in ((band_ev - 0.005, False), (band_ev + 0.005, True)):
            controller, commanded_ev = Controller(), 0.0
            for _ in range(corrections):
                commanded_ev = see(controller, 1.0, commanded_ev).command_ev or 0.0
            assert (see(controller, error_ev, commanded_ev).command_ev is not None) is acts


def test_a_restart_makes_it_as_new() -> None:
    drawn = random.Random(4)
    for _ in range(20):
        used, errors = Controller(), [drawn.uniform(-1.2, 1.2) for _ in range(30)]
        for error_ev in errors[: drawn.randrange(1, 30)]:
            see(used, error_ev, in_flight=drawn.random() < 0.2)
        used.restart()
        new = Controller()
        assert used.wake_threshold_ev == new.wake_threshold_ev == 0
        for error_ev in reversed(errors):
            assert see(used, error_ev) == see(new, error_ev)


def test_it_acts_on_any_error_while_searching_and_at_a_quarter_ev_at_rest() -> None:
    assert Controller().wake_threshold_ev == 0.0
    assert settled().wake_threshold_ev == 0.25


def test_a_change_of_direction_long_after_the_last_write_is_no_turn() -> None:
    for frames, second_ev in ((58, 0.5), (59, 0.5), (60, 1.0)):
        controller = Controller()
        see(controller, 1.0)
        see(controller, -1.0)  # the first turn, taken in full
        for _ in range(frames):  # frames of which nobody knows what made them
            controller.step(at(0.0, doubt_ev=-1.0), 0.5, 0.0, in_flight=True)
        assert see(controller, 1.0).command_ev == pytest.approx(second_ev)


def test_a_camera_that_can_not_come_nearer_is_left_after_three_turns_where_it_was_best() -> None:
    controller, commanded_ev, seen = Controller(), 0.0, []
    for error_ev in (0.6, -0.5, 0.4, -0.45, 0.42):
        step = see(controller, error_ev, commanded_ev)
        seen.append(step.command_ev)
        commanded_ev = commanded_ev if step.command_ev is None else step.command_ev
    assert seen[3] is not None  # a third turn, still a correction
    assert seen[4] is None  # as good as the best place, within the dead band: it rests here
    for _ in range(2):
        step = see(controller, 0.42, commanded_ev)
    assert (step.state, step.command_ev) == (AeState.CONVERGED, None)
    for _ in range(10):  # what is left is tolerated, and only more than that wakes it
        assert see(controller, 0.42 + 0.2, commanded_ev).command_ev is None
    assert see(controller, 0.42 + 0.9, commanded_ev).command_ev is not None


def test_turns_of_pictures_that_nobody_is_sure_of_do_not_end_a_search() -> None:
    """As after a camera was found again: the first pictures are of the exposure before, and look wrong by turns."""
    controller, commanded_ev = Controller(), 0.0
    for error_ev in (1.6, -0.5, 0.5, -0.4, 0.4):
        step = controller.step(at(commanded_ev), error_ev, commanded_ev, in_flight=True)
        assert step.command_ev is not None
        commanded_ev = step.command_ev
    goal_ev = commanded_ev + 0.43
    for _ in range(6):  # now each picture shows the command before it
        step = controller.step(at(commanded_ev), goal_ev - commanded_ev, commanded_ev, in_flight=False)
        commanded_ev = commanded_ev if step.command_ev is None else step.command_ev
    assert step.state is AeState.CONVERGED
    assert commanded_ev == pytest.approx(goal_ev, abs=controller.config.dead_band_ev)


def test_what_equals_what_the_camera_has_counts_as_calm() -> None:
    controller = Controller()
    states = []
    for _ in range(2):
        see(controller, 0.5)
        controller.not_written()
        states.append(controller.wake_threshold_ev)
    assert states == [0.0, 0.25]


def test_what_is_left_is_not_tolerated_while_a_command_is_on_its_way() -> None:
    controller = Controller()
    for _ in range(5):
        controller.step(at(0.0), 0.5, 0.0, in_flight=True)
        controller.not_written()
    assert controller.wake_threshold_ev == 0.0


def test_each_search_begins_with_the_narrow_band_and_ends_in_the_same_rest() -> None:
    controller, commanded_ev = Controller(), 0.0
    for _ in range(3):
        commanded_ev = see(controller, 1.0, commanded_ev).command_ev or 0.0
    for _ in range(2):
        for _ in range(2):
            see(controller, 0.0, commanded_ev)
        woken = [see(controller, 0.3, commanded_ev).command_ev for _ in range(4)]
        assert [command_ev is None for command_ev in woken] == [True, True, True, False]
    assert see(controller, 0.2, commanded_ev).command_ev is not None


def test_what_is_in_flight_is_not_commanded_again() -> None:
    controller = Controller()
    assert controller.step(at(-3.0), 3.0, -3.0, in_flight=False).command_ev == pytest.approx(0.0)
    for _ in range(8):  # old frames keep coming in, all asking for the same
        assert controller.step(at(-3.0), 3.0, 0.0, in_flight=True).command_ev is None


def test_doubt_holds_unless_both_readings_agree() -> None:
    controller = Controller()
    assert controller.step(at(-3.0, doubt_ev=3.0), 1.5, 0.0, in_flight=True).command_ev is None
    # Whichever made it, the picture is at least 1 EV too dark.
    assert controller.step(at(-1.0, doubt_ev=1.0), 2.0, 0.0, in_flight=True).command_ev == pytest.approx(1.0)


def test_lock_bias_and_reach() -> None:
    controller = Controller()
    controller.locked = True
    step = controller.step(at(0.0), 2.0, 0.0, in_flight=False)
    assert (step.state, step.command_ev) == (AeState.LOCKED, None)
    controller.locked = False
    controller.bias_ev = 1.0
    assert controller.step(at(0.0), 2.0, 0.0, in_flight=False).command_ev == pytest.approx(3.0)
    limited = Controller().step(at(0.0), 2.0, 0.0, in_flight=False, reach_ev=(-5.0, 0.5))
    assert limited.command_ev == pytest.approx(0.5)
    assert Controller().step(at(0.5), 2.0, 0.5, in_flight=False, reach_ev=(-5.0, 0.5)).command_ev is None


def test_slew_and_damping() -> None:
    slow = Controller(ControllerConfig(max_step_ev=0.5))
    assert slow.step(at(0.0), 3.0, 0.0, in_flight=False).command_ev == pytest.approx(0.5)
    calm = Controller(ControllerConfig(damping=0.25))
    assert calm.step(at(0.0), 2.0, 0.0, in_flight=False).command_ev == pytest.approx(0.5)


def test_one_write_changes_no_more_than_six_stops() -> None:
    for sign in (1, -1):
        assert see(Controller(), sign * 5.9).command_ev == pytest.approx(sign * 5.9)
        assert see(Controller(), sign * 8.0).command_ev == pytest.approx(sign * 6.0)


def test_who_unlocks_it_has_it_search_anew() -> None:
    controller = Controller()
    for _ in range(3):  # which widens the dead band of this search
        see(controller, 1.0)
    controller.locked = True
    assert see(controller, 0.12).state is AeState.LOCKED
    controller.locked = False
    assert see(controller, 0.12).command_ev == pytest.approx(0.12)
    assert controller.wake_threshold_ev == 0


def test_a_frame_of_which_nobody_knows_what_made_it_is_not_calm() -> None:
    controller = Controller()
    for _ in range(5):
        assert controller.step(at(0.0, doubt_ev=0.05), 0.0, 0.0, in_flight=False).state is AeState.SEARCHING
    for _ in range(5):
        assert controller.step(at(0.0, doubt_ev=1.0), 0.0, 0.0, in_flight=False).state is AeState.SEARCHING
    assert [see(controller, 0.0).state for _ in range(2)] == [AeState.SEARCHING, AeState.CONVERGED]


def test_at_rest_because_nothing_nearer_can_be_set_it_wakes_when_that_has_changed() -> None:
    controller = Controller()
    for _ in range(2):
        for _ in range(2):
            see(controller, 0.5)
            controller.not_written()
        assert controller.wake_threshold_ev == 0.25
        assert [see(controller, 0.7).command_ev for _ in range(9)] == [None] * 9, "what is left is tolerated"
        assert [see(controller, 0.8).command_ev for _ in range(3)] == [None] * 3
        assert see(controller, 0.8).command_ev == pytest.approx(0.8)
        controller.restart()


def test_a_camera_without_so_small_a_step_may_do_the_whole_one() -> None:
    step = see(Controller(ControllerConfig(damping=0.5)), 0.8)
    assert (step.command_ev, step.whole_ev) == (pytest.approx(0.4), pytest.approx(0.8))


@pytest.mark.parametrize("sign", [1, -1])
def test_once_turned_too_often_it_goes_back_to_the_place_that_was_best(sign: int) -> None:
    controller, commanded_ev, places = Controller(), 0.0, []
    for error_ev in (0.9, -0.6, 0.4, -0.7):
        places.append(commanded_ev)
        commanded_ev = see(controller, sign * error_ev, commanded_ev).command_ev or math.nan
    assert see(controller, sign * 0.8, commanded_ev, in_flight=True).command_ev is None, "not while it is unsure"
    back = see(controller, sign * 0.8, commanded_ev)
    assert (back.state, back.command_ev) == (AeState.SEARCHING, pytest.approx(places[2]))
    rests = [see(controller, sign * error_ev, places[2]) for error_ev in (0.45, 0.45)]
    assert [step.command_ev for step in rests] == [None, None]
    assert rests[-1].state is AeState.CONVERGED


def test_where_the_best_place_is_not_as_good_any_more_the_search_begins_anew() -> None:
    controller, commanded_ev, places = Controller(), 0.0, []
    for error_ev in (0.9, -0.6, 0.4, -0.7):
        places.append(commanded_ev)
        commanded_ev = see(controller, error_ev, commanded_ev).command_ev or math.nan
    see(controller, 0.8, commanded_ev)
    assert see(controller, 0.6, places[2]).command_ev is None
    again = see(controller, 0.6, places[2])
    assert again.command_ev is not None
    assert again.state is AeState.SEARCHING


def test_what_is_just_as_good_as_is_tolerated_is_rested_at() -> None:
    controller = Controller(ControllerConfig(dead_band_ev=0.125))
    for error_ev in (2.0, -2.0, 2.0, -0.5):
        see(controller, error_ev)
    assert see(controller, 0.625, 4.0).command_ev is None, "no worse than the best by more than the dead band"
    controller = Controller()
    for error_ev in (2.0, -2.0, 2.0):
        see(controller, error_ev)
    see(controller, -1.25, 4.0)
    assert see(controller, 1.1).command_ev is None, "two stops apart, the coarsest hidden steps there are"
    assert see(controller, 1.1).state is AeState.CONVERGED


@pytest.mark.parametrize("sign", [1, -1])
def test_what_is_too_far_off_is_never_rested_at_for_having_turned(sign: int) -> None:
    controller = Controller()
    for error_ev in (2.0, -2.0, 2.0):
        see(controller, sign * error_ev)
    see(controller, sign * -1.5, 4.0)
    assert see(controller, sign * -1.25, 4.0).command_ev is None, "a new search begins"
    assert see(controller, sign * -1.25, 4.0).command_ev is not None


def test_the_borders_belong_to_the_calmer_side() -> None:
    assert see(Controller(ControllerConfig(dead_band_ev=0.125)), 0.125).command_ev is None
    assert see(settled(startle_ev=0.75), 0.75).command_ev is None
    assert see(settled(startle_ev=0.75), 0.76).command_ev is not None


@pytest.mark.parametrize(("frames", "step_ev"), [(58, -0.25), (59, -1.0)])
def test_going_back_is_a_write_after_which_turns_are_counted(frames: int, step_ev: float) -> None:
    controller = Controller()
    for error_ev in (2.0, -2.0, 2.0, -0.5):
        see(controller, error_ev)
    assert see(controller, 1.0, 4.0).command_ev == 0.0
    for _ in range(frames):  # frames of which nobody knows what made them
        controller.step(at(0.0, doubt_ev=-1.0), 0.5, 0.0, in_flight=True)
    assert see(controller, 0.9).command_ev is None, "not as good any more: another search"
    see(controller, 0.9)  # the first turn, if the last write was not long ago
    assert see(controller, -1.0).command_ev == pytest.approx(step_ev)


def test_of_two_places_that_are_as_good_the_first_is_gone_back_to() -> None:
    controller, commanded_ev, places = Controller(), 0.0, []
    for error_ev in (2.0, -1.0, 1.0, -1.2):
        places.append(commanded_ev)
        commanded_ev = see(controller, error_ev, commanded_ev).command_ev or math.nan
    assert places[1:3] == [2.0, 1.0]
    assert see(controller, 1.3, commanded_ev).command_ev == 2.0


@pytest.mark.parametrize(
    ("error_ev", "doubt_ev", "moves_ev"),
    [(1.0, 1.0, 1.0), (1.0, -0.5, 0.5), (-1.0, -1.0, -1.0), (-1.0, 0.5, -0.5), (1.0, -1.0, None), (1.0, -2.0, None)],
)
def test_the_smaller_of_two_corrections_is_made_where_both_point_one_way(
    error_ev: float, doubt_ev: float, moves_ev: float | None
) -> None:
    # The error is that of the guess; the other exposure would have left so much more to do.
    step = Controller().step(at(0.0, doubt_ev=doubt_ev), error_ev, 0.0, in_flight=True)
    assert step.command_ev == (None if moves_ev is None else pytest.approx(moves_ev))


def test_every_change_of_direction_but_the_first_halves_the_step() -> None:
    controller = Controller()
    controller.step(at(0.0), 1.0, 0.0, in_flight=False)
    assert controller.step(at(1.0), -1.0, 1.0, in_flight=False).command_ev == pytest.approx(0.0)
    assert controller.step(at(0.0), 1.0, 0.0, in_flight=False).command_ev == pytest.approx(0.5)
    assert controller.step(at(0.5), -1.0, 0.5, in_flight=False).command_ev == pytest.approx(0.25)


def test_the_brake_is_let_go_step_by_step_while_the_direction_stays() -> None:
    controller = Controller(ControllerConfig(turns_allowed=9))
    commanded_ev, steps_ev = 0.0, []
    for error_ev in (1.0, -1.0, 1.0, -1.0, -1.0, -1.0, -1.0):  # three turns, the second and third of which brake
        command_ev = controller.step(at(commanded_ev), error_ev, commanded_ev, in_flight=False).command_ev
        assert command_ev is not None
        steps_ev.append(command_ev - commanded_ev)
        commanded_ev = command_ev
    assert steps_ev == pytest.approx([1.0, -1.0, 0.5, -0.25, -0.5, -1.0, -1.0])


def turned_often(controller: Controller, error_ev: float) -> float:
    """Have a camera miss by ``error_ev`` on alternate sides until no turn is left; returns the EV commanded."""
    commanded_ev = 0.0
    for turn in range(controller.config.turns_allowed + 1):
        command_ev = controller.step(
            at(commanded_ev), error_ev * (-1) ** turn, commanded_ev, in_flight=False
        ).command_ev
        assert command_ev is not None
        commanded_ev = command_ev
    return commanded_ev


@pytest.mark.parametrize(("error_ev", "rests"), [(0.9, True), (1.05, True), (1.2, False), (3.0, False)])
def test_coarse_steps_are_tolerated_and_a_wrong_exposure_is_not(error_ev: float, rests: bool) -> None:
    controller = Controller()
    commanded_ev = turned_often(controller, error_ev)
    states, writes = [], 0
    for _ in range(12):
        step = controller.step(at(commanded_ev), error_ev, commanded_ev, in_flight=False)
        commanded_ev = commanded_ev if step.command_ev is None else step.command_ev
        writes += step.command_ev is not None
        states.append(step.state)
    assert (states[-1] is AeState.CONVERGED) is rests
    assert (writes == 0) is rests


@pytest.mark.parametrize(
    "fields",
    [
        {"dead_band_ev": 0.0},
        {"wake_ev": 0.05},
        {"wake_ev": 0.9},
        {"damping": 0.0},
        {"damping": 1.5},
        {"max_step_ev": 0.0},
        {"patience_ev": -0.01},
    ],
)
def test_nonsense_is_refused(fields: dict[str, float]) -> None:
    with pytest.raises(ConfigError):
        ControllerConfig(**fields)


def test_the_borders_of_what_makes_sense_are_allowed() -> None:
    assert ControllerConfig(patience_ev=0.0).patience_ev == 0.0
    same = ControllerConfig(dead_band_ev=0.3, wake_ev=0.3, startle_ev=0.3, damping=1.0)
    assert (same.wake_ev, same.damping) == (0.3, 1.0)


@pytest.mark.parametrize(
    ("error_ev", "nearly"), [(0.1, False), (0.14, False), (-0.14, False), (0.16, True), (-0.3, True)]
)
def test_an_error_nearer_to_waking_than_the_dead_band_is_said(error_ev: float, nearly: bool) -> None:
    controller = Controller()
    for _ in range(5):
        see(controller, 0.0)
    assert controller.converged
    see(controller, error_ev)
    assert controller.nearly_wakes is nearly
    assert controller.converged
    see(controller, 0.0)
    assert not controller.nearly_wakes


def test_what_is_tolerated_wakes_nobody() -> None:
    """A camera that has no step that is nearer rests off its goal, and that is as it should be."""
    controller = Controller()
    for _ in range(5):
        see(controller, 0.2)
        controller.not_written()
    assert controller.converged
    see(controller, 0.2)
    assert not controller.nearly_wakes
