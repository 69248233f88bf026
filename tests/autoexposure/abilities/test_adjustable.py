"""Controls beside exposure: their values, their order, and how they are put back."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexposure.abilities.adjustable import AUTOMATICS, NAMES, Adjustment, AdjustmentKind, Choice, bound_to, in_order
from autoexposure.abilities.several_adjustments import put_back
from autoexposure.errors import CameraDisconnected, CameraError, ConfigError, SettledOtherwise, UnsupportedControl

POWER_LINE = Adjustment(
    "power_line_frequency", AdjustmentKind.CHOICE, 1, choices=(Choice(0, "off"), Choice(1, "50 Hz"))
)

VALUES = st.dictionaries(st.sampled_from(list(NAMES)), st.integers(0, 3).map(float))


class Knobs:
    """As strict as a camera: a value whose automatic is on is refused; so is what is in ``broken``."""

    def __init__(self, **values: float) -> None:
        self.values = values
        self.broken: dict[str, CameraError] = {}

    def adjustments(self) -> tuple[Adjustment, ...]:
        return ()

    def adjust(self, name: str, value: float) -> float:
        if self.values.get(AUTOMATICS.get(name, "")):
            raise UnsupportedControl(f"{AUTOMATICS[name]} is on")
        if name in self.broken:
            raise self.broken[name]
        self.values[name] = value
        return value


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "zoom"},
        {"minimum": 2},
        {"step": 0},
        {"kind": AdjustmentKind.CHOICE},
        {"choices": (Choice(0, "off"),)},
        {"value": math.nan},
        {"maximum": math.inf},
        {"default": math.nan},
    ],
)
def test_one_that_could_not_be_shown_is_refused(wrong: dict) -> None:
    with pytest.raises(ConfigError):
        Adjustment(**{"name": "hue", "kind": AdjustmentKind.NUMBER, "value": 0.0, **wrong})


def test_a_choice_takes_its_entries_alone() -> None:
    assert POWER_LINE.nearest(0) == 0
    with pytest.raises(ConfigError, match=r"one of 0 \(off\), 1 \(50 Hz\), given 2"):
        POWER_LINE.nearest(2)


@given(st.integers(-100, 100), st.integers(0, 200), st.integers(1, 50), st.floats(-1e6, 1e6))
def test_the_nearest_value_is_one_there_is(minimum: int, width: int, step: int, wanted: float) -> None:
    control = Adjustment("gamma", AdjustmentKind.NUMBER, minimum, minimum, minimum + width, step)
    there = {*range(minimum, minimum + width + 1, step), minimum + width}
    nearest = control.nearest(wanted)
    assert nearest in there
    assert abs(nearest - wanted) <= min(abs(each - wanted) for each in there) + step / 2


@given(VALUES)
def test_set_in_order_none_is_refused_and_automatics_stay_on(values: dict[str, float]) -> None:
    camera = Knobs(**dict.fromkeys(AUTOMATICS.values(), 1))
    for name, value in in_order({**dict.fromkeys(AUTOMATICS.values(), 0), **values}).items():
        camera.adjust(name, value)
    for name, value in values.items():
        if not values.get(AUTOMATICS.get(name, "")):
            assert camera.values[name] == value


@given(VALUES, VALUES)
def test_everything_is_put_back_whatever_it_was_changed_to(before: dict[str, float], after: dict[str, float]) -> None:
    whole = {**dict.fromkeys(NAMES, 0.0), **before}
    camera = Knobs(**{**whole, **after})
    put_back(camera, whole)
    assert camera.values == whole


def test_it_goes_on_after_one_that_refuses() -> None:
    camera = Knobs(white_balance_automatic=0, brightness=5, contrast=5)
    camera.broken["brightness"] = CameraError("it stalled")
    with pytest.raises(CameraError, match="it stalled"):
        put_back(camera, {"brightness": 1, "contrast": 2, "white_balance_automatic": 1})
    assert camera.values == {"white_balance_automatic": 1, "brightness": 5, "contrast": 2}
    camera.broken["brightness"] = CameraDisconnected("it left")
    with pytest.raises(CameraDisconnected):
        put_back(camera, {"brightness": 1, "contrast": 7})
    assert camera.values["contrast"] == 2


GAMMA = Adjustment("gamma", AdjustmentKind.NUMBER, 100, 0, 200, 10)


class Coarse(Knobs):
    """Takes gamma in steps of ten up to 200, and mains only of its menu."""

    def adjustments(self) -> tuple[Adjustment, ...]:
        return (POWER_LINE, GAMMA)

    def adjust(self, name: str, value: float) -> float:
        return super().adjust(name, {"gamma": GAMMA, "power_line_frequency": POWER_LINE}[name].nearest(value))


def test_what_settles_elsewhere_is_said_unless_it_is_between_two_steps() -> None:
    camera = Coarse()
    put_back(camera, {"gamma": 103})
    with pytest.raises(SettledOtherwise, match=r"its gamma is 200, not 300$"):
        put_back(camera, {"gamma": 300})


def test_what_it_could_not_be_set_to_is_left_without_an_end_of_trying() -> None:
    camera = Coarse(power_line_frequency=1)
    put_back(camera, {"power_line_frequency": 9, "gamma": 50})
    assert camera.values == {"power_line_frequency": 1, "gamma": 50}


def test_words_of_a_device_are_plain() -> None:
    assert Choice(0, "50\x1b[31m Hz\n").text == "50[31m Hz"


@pytest.mark.parametrize(
    ("adjustment", "text", "value"),
    [
        (POWER_LINE, "50 hz", 1),
        (POWER_LINE, "1", 1),
        (POWER_LINE, "off", 0),
        (Adjustment("focus_automatic", AdjustmentKind.SWITCH, 1), "OFF", 0),
        (Adjustment("focus_automatic", AdjustmentKind.SWITCH, 1), "1", 1),
        (GAMMA, "101.5", 101.5),
    ],
)
def test_what_people_mean(adjustment: Adjustment, text: str, value: float) -> None:
    assert adjustment.read(text) == value
    assert adjustment.read(adjustment.value_text(value)) == value


@pytest.mark.parametrize(
    ("adjustment", "text", "there"),
    [
        (POWER_LINE, "2", "off or 50 Hz"),
        (Adjustment("focus_automatic", AdjustmentKind.SWITCH, 1), "maybe", "on or off"),
        (GAMMA, "201", "0 to 200"),
        (GAMMA, "nan", "0 to 200"),
        (Adjustment("hue", AdjustmentKind.NUMBER, 1, 0, 9, unit="deg"), "x", "0 to 9 deg"),
    ],
)
def test_what_can_not_be_meant(adjustment: Adjustment, text: str, there: str) -> None:
    with pytest.raises(ConfigError, match=f"{adjustment.name} is {there}, given '{text}'"):
        adjustment.read(text)


def test_what_belongs_together() -> None:
    colours = {"white_balance_automatic", "white_balance_temperature", "red_balance", "blue_balance"}
    assert bound_to("red_balance") == bound_to("white_balance_automatic") == colours
    assert bound_to("sharpness") == {"sharpness"}
