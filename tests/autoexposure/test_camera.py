import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoexposure.camera import Capabilities, ControlRange
from autoexposure.errors import ConfigError


@pytest.mark.parametrize(
    "wrong",
    [
        {"minimum": 2, "maximum": 1},
        {"minimum": math.nan, "maximum": 1},
        {"minimum": 0, "maximum": math.nan},
        {"minimum": 0, "maximum": 1, "step": -1},
        {"minimum": 1, "maximum": 4, "values": (2, 4)},
        {"minimum": 1, "maximum": 4, "values": (1, 3)},
    ],
)
def test_what_is_no_range_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="a control"):
        ControlRange(**wrong)  # type: ignore[arg-type]  # wrong on purpose


def test_a_control_of_one_value_is_fine() -> None:
    fixed = ControlRange(0.01, 0.01)
    assert fixed.nearest(5) == fixed.nearest(1e-6) == 0.01


ranges = st.one_of(
    st.tuples(st.floats(1e-4, 1), st.floats(1.5, 1000)).map(lambda ends: ControlRange(ends[0], ends[0] * ends[1])),
    st.tuples(st.floats(1e-4, 1), st.floats(1e-4, 0.1), st.integers(1, 500)).map(
        lambda given: ControlRange(given[0], given[0] + given[1] * given[2], given[1])
    ),
    st.lists(st.floats(1e-3, 1e3), min_size=2, max_size=20, unique_by=lambda value: round(math.log(value), 3)).map(
        lambda values: ControlRange(min(values), max(values), values=tuple(sorted(values)))
    ),
)
slack = 1 + 2e-6
"""The rounding slack that lets 0.1 + 0.2 meet the step at 0.3, and a little."""


def lies_on(control: ControlRange, value: float) -> bool:
    if control.values:
        return value in control.values
    if not control.step or value in (control.minimum, control.maximum):
        return control.minimum <= value <= control.maximum
    steps = (value - control.minimum) / control.step
    return abs(steps - round(steps)) < 1e-6


@settings(deadline=None)
@given(ranges, st.floats(1e-5, 1e5))
def test_floor_nearest_and_ceil_are_values_there_are_and_in_order(control: ControlRange, wanted: float) -> None:
    floor, nearest, ceil = control.floor(wanted), control.nearest(wanted), control.ceil(wanted)
    assert all(lies_on(control, value) for value in (floor, nearest, ceil))
    assert floor <= nearest <= ceil
    assert nearest in (floor, ceil)
    assert floor <= wanted * slack + control.step * 2e-6 or floor == control.minimum
    assert ceil >= wanted / slack or ceil == control.maximum


@settings(deadline=None)
@given(ranges, st.floats(1e-5, 1e5), st.floats(1e-5, 1e5))
def test_nearest_never_goes_down_when_more_is_wanted(control: ControlRange, one: float, other: float) -> None:
    assert control.nearest(min(one, other)) <= control.nearest(max(one, other))


@settings(deadline=None)
@given(ranges, st.floats(1e-5, 1e5))
def test_what_was_found_is_found_again(control: ControlRange, wanted: float) -> None:
    for value in (control.floor(wanted), control.nearest(wanted), control.ceil(wanted)):
        assert control.nearest(value) == value


def test_steps_count_from_the_minimum() -> None:
    control = ControlRange(0.0003, 0.2, step=0.0001)
    assert control.nearest(0.3) == 0.2
    assert control.floor(0.00785) == 0.0078
    assert control.ceil(0.00785) == 0.0079


def test_decimal_steps_are_not_missed_by_rounding() -> None:
    assert ControlRange(0.0, 1.0, step=0.1).floor(0.1 + 0.2) == 0.3
    assert ControlRange(0.0, 1.0, step=0.1).floor(0.3) == 0.3


def test_nearest_is_judged_as_a_ratio() -> None:
    octaves = ControlRange(1, 8, values=(1, 2, 4, 8))
    assert octaves.nearest(2.8) == 2  # the middle between 2 and 4 is 2.83, not 3
    assert octaves.nearest(2.9) == 4


@pytest.mark.parametrize(
    ("capabilities", "controls"),
    [
        (Capabilities(), False),
        (Capabilities(native_auto=True), False),
        (Capabilities(time_s=ControlRange(0.001, 0.1)), True),
        (Capabilities(gain=ControlRange(1, 16)), True),
    ],
)
def test_any_one_control_is_control(capabilities: Capabilities, controls: bool) -> None:
    assert capabilities.controls_exposure == controls
