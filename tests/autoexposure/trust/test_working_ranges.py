import math

from autoexposure.camera import Capabilities, ControlRange
from autoexposure.exposure import Exposure
from autoexposure.trust.obedience import Control
from autoexposure.trust.working_ranges import WorkingRanges

ANNOUNCED = Capabilities(
    time_s=ControlRange(0.001, 0.5, 0.001), gain=ControlRange(1.0, 8.0, values=(1.0, 2.0, 4.0, 8.0)), mains_hz=50
)


def test_what_is_announced_is_believed_until_something_else_is_seen() -> None:
    ranges = WorkingRanges()
    assert ranges.of(ANNOUNCED) == ANNOUNCED
    ranges.end_at(ANNOUNCED, Control.TIME, 0.0075, highest=True)
    ranges.end_at(ANNOUNCED, Control.TIME, 0.002, highest=False)
    ranges.end_at(ANNOUNCED, Control.GAIN, 4.0, highest=True)
    known = ranges.of(ANNOUNCED)
    assert known.time_s == ControlRange(0.002, 0.0075, 0.001)
    assert known.gain == ControlRange(1.0, 4.0, values=(1.0, 2.0, 4.0))
    assert known.mains_hz == 50
    ranges.forget()
    assert ranges.of(ANNOUNCED) == ANNOUNCED


def test_values_between_those_there_are_end_at_the_last_one_inside() -> None:
    ranges = WorkingRanges()
    ranges.end_at(ANNOUNCED, Control.GAIN, 5.0, highest=True)
    assert ranges.of(ANNOUNCED).gain == ControlRange(1.0, 4.0, values=(1.0, 2.0, 4.0))


def test_an_end_outside_of_the_range_is_none() -> None:
    ranges = WorkingRanges()
    ranges.end_at(ANNOUNCED, Control.TIME, 0.5, highest=True)
    ranges.end_at(ANNOUNCED, Control.TIME, 0.0005, highest=False)
    ranges.end_at(Capabilities(), Control.GAIN, 2.0, highest=False)
    assert ranges.of(ANNOUNCED) == ANNOUNCED


def test_a_control_that_is_left_out_stays_where_it_is() -> None:
    ranges = WorkingRanges()
    ranges.hold(frozenset({Control.TIME}), Exposure(0.03, 2.0))
    known = ranges.of(ANNOUNCED)
    assert known.time_s == ControlRange(0.03, 0.03)
    assert known.gain == ANNOUNCED.gain


def test_an_end_that_the_camera_is_seen_beyond_is_none_and_what_is_held_stays() -> None:
    ranges = WorkingRanges()
    ranges.end_at(ANNOUNCED, Control.GAIN, 2.0, highest=False)
    assert not ranges.seen_at(Exposure(0.1, 2.001))
    assert ranges.of(ANNOUNCED).gain != ANNOUNCED.gain
    assert ranges.seen_at(Exposure(0.1, 1.0))
    assert ranges.of(ANNOUNCED) == ANNOUNCED
    ranges.hold(frozenset({Control.TIME}), Exposure(0.1, 1.0))
    assert not ranges.seen_at(Exposure(0.2, 1.0))


def test_what_pictures_speak_against_is_used_no_more_until_they_show_it_to_obey_there() -> None:
    ranges = WorkingRanges()
    ranges.stay_within(ANNOUNCED, {Control.TIME: (0.0, 0.005)}, Exposure(0.005, 2.0))
    assert ranges.of(ANNOUNCED).time_s == ControlRange(0.001, 0.005, 0.001)
    ranges.obeyed_at(Exposure(0.004, 2.0))
    assert ranges.of(ANNOUNCED).time_s == ControlRange(0.001, 0.005, 0.001)
    ranges.obeyed_at(Exposure(0.01, 2.0))
    assert ranges.of(ANNOUNCED) == ANNOUNCED
    ranges.stay_within(ANNOUNCED, {Control.TIME: (0.005, 0.005)}, Exposure(0.005, 2.0))
    assert ranges.of(ANNOUNCED).time_s == ControlRange(0.005, 0.005, 0.001)


def test_where_pictures_speak_against_both_controls_both_are_used() -> None:
    ranges = WorkingRanges()
    ranges.stay_within(ANNOUNCED, {Control.TIME: (0.0, 0.005)}, Exposure(0.005, 2.0))
    ranges.stay_within(ANNOUNCED, {Control.GAIN: (0.0, 2.0)}, Exposure(0.005, 2.0))
    assert ranges.of(ANNOUNCED) == ANNOUNCED


def test_an_end_is_concluded_where_the_other_control_can_go_on() -> None:
    ranges = WorkingRanges()
    ranges.stay_within(ANNOUNCED, {Control.TIME: (0.0, 0.005)}, Exposure(0.005, 8.0))
    ranges.stay_within(ANNOUNCED, {Control.TIME: (0.005, math.inf)}, Exposure(0.005, 1.0))
    ranges.stay_within(ANNOUNCED, {Control.GAIN: (0.0, 2.0)}, Exposure(0.5, 2.0))
    assert ranges.of(ANNOUNCED) == ANNOUNCED
    ranges.stay_within(ANNOUNCED, {Control.GAIN: (2.0, math.inf)}, Exposure(0.5, 2.0))
    assert ranges.of(ANNOUNCED).gain == ControlRange(2.0, 8.0, values=(2.0, 4.0, 8.0))


def test_the_only_control_in_use_is_believed() -> None:
    ranges = WorkingRanges()
    ranges.hold(frozenset({Control.TIME}), Exposure(0.03, 2.0))
    ranges.stay_within(ANNOUNCED, {Control.GAIN: (0.0, 2.0)}, Exposure(0.005, 2.0))
    assert ranges.of(ANNOUNCED).gain == ANNOUNCED.gain
    alone = Capabilities(time_s=ANNOUNCED.time_s)
    ranges.forget()
    ranges.stay_within(alone, {Control.TIME: (0.0, 0.005)}, Exposure(0.005, 2.0))
    assert ranges.of(alone) == alone


def test_an_end_that_the_camera_told_outlasts_what_pictures_said() -> None:
    ranges = WorkingRanges()
    ranges.end_at(ANNOUNCED, Control.GAIN, 4.0, highest=True)
    ranges.stay_within(ANNOUNCED, {Control.TIME: (0.0, 0.005)}, Exposure(0.005, 2.0))
    ranges.obeyed_at(Exposure(0.01, 8.0))
    assert ranges.of(ANNOUNCED).gain == ControlRange(1.0, 4.0, values=(1.0, 2.0, 4.0))
