"""What a picture depends on beside exposure, and users expect next to it: white balance, focus, tone.

Drivers name these controls by one vocabulary, ``NAMES``, whatever their device calls them; the window, the command line
and presets know no other. A control that a driver can't describe, read or write is not there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

from autoexposure.errors import ConfigError
from autoexposure.plain_text import plain

NAMES = {
    "white_balance_automatic": "White balance",
    "white_balance_temperature": "Colour temperature",
    "white_balance_preset": "White balance preset",
    "red_balance": "Red balance",
    "blue_balance": "Blue balance",
    "focus_automatic": "Autofocus",
    "focus_distance": "Focus",
    "power_line_frequency": "Power line",
    "backlight_compensation": "Backlight compensation",
    "brightness": "Brightness",
    "contrast": "Contrast",
    "saturation": "Saturation",
    "hue_automatic": "Automatic hue",
    "hue": "Hue",
    "gamma": "Gamma",
    "sharpness": "Sharpness",
}
"""Every adjustment there can be, with what people call it, in the order in which they are shown.

The ``..._automatic`` ones are switches. While one is off, its camera holds what the automatic had found, or obeys the
value beside it: ``white_balance_temperature`` (kelvin where the device says so), ``focus_distance`` (the device's own
scale). ``power_line_frequency`` is a choice of off, 50 Hz, 60 Hz and, on some cameras, auto.
"""

AUTOMATICS = {
    "white_balance_temperature": "white_balance_automatic",
    "red_balance": "white_balance_automatic",
    "blue_balance": "white_balance_automatic",
    "focus_distance": "focus_automatic",
    "hue": "hue_automatic",
}
"""Which automatic moves a value: it obeys only while that is off."""


def bound_to(name: str) -> frozenset[str]:
    """What may change when ``name`` is set: itself, its automatic, and all that this automatic moves."""
    automatic = AUTOMATICS.get(name, name)
    return frozenset({name, automatic, *(value for value, mover in AUTOMATICS.items() if mover == automatic)})


def in_order(values: Mapping[str, float]) -> dict[str, float]:
    """Several adjustments in the order in which they are to be set: an automatic before what it moves.

    A value whose automatic is switched on among them is left out, since setting it would switch that off.
    """
    return {name: values[name] for name in NAMES if name in values and not values.get(AUTOMATICS.get(name, ""), 0)}


class AdjustmentKind(StrEnum):
    """How an adjustment is set."""

    SWITCH = "switch"
    NUMBER = "number"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of an adjustment that is a choice: its number for the driver, its words for people."""

    value: int
    text: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", plain(self.text))  # devices choose the words


@dataclass(frozen=True, slots=True)
class Adjustment:
    """One control beside exposure, as it is now.

    Attributes
    ----------
    name : one of ``NAMES``.
    kind : how it is set.
    value : what it is set to; 0 or 1 for a switch, a choice's value for a choice.
    minimum, maximum, step : which numbers there are, in the device's own scale; for a switch 0, 1, 1.
    default : what the device comes with; None where it doesn't say.
    unit : of a number, ``K``; empty for a bare scale.
    choices : the entries of a choice.
    active : False while its automatic has it, so that setting it would change nothing.
    """

    name: str
    kind: AdjustmentKind
    value: float
    minimum: float = 0.0
    maximum: float = 1.0
    step: float = 1.0
    default: float | None = None
    unit: str = ""
    choices: tuple[Choice, ...] = ()
    active: bool = True

    def __post_init__(self) -> None:
        """Raise ConfigError for one that could not be shown or set."""
        if not all(map(math.isfinite, (self.value, self.minimum, self.maximum, self.step, self.default or 0))):
            raise ConfigError(f"the numbers of an adjustment must be finite, given {self}")
        if self.name not in NAMES:
            raise ConfigError(f"an adjustment is one of {', '.join(NAMES)}, given {self.name!r}")
        if not (self.minimum <= self.maximum and self.step > 0):
            raise ConfigError(f"an adjustment needs minimum <= maximum and a step above zero, given {self}")
        if (self.kind is AdjustmentKind.CHOICE) != bool(self.choices):
            raise ConfigError(f"a choice, and nothing else, has entries, given {self}")

    @property
    def text(self) -> str:
        """What people call it."""
        return NAMES[self.name]

    def nearest(self, wanted: float) -> float:
        """The value it can take that is nearest to ``wanted``. Raises ConfigError for an entry that a choice lacks."""
        if self.kind is AdjustmentKind.CHOICE:
            if wanted not in {choice.value for choice in self.choices}:
                entries = ", ".join(f"{choice.value} ({choice.text})" for choice in self.choices)
                raise ConfigError(f"{self.name} is one of {entries}, given {wanted:g}")
            return wanted
        if not self.minimum <= wanted <= self.maximum:
            wanted = self.minimum if wanted < self.minimum else self.maximum
        return min(self.minimum + round((wanted - self.minimum) / self.step) * self.step, self.maximum)

    def stands_at(self, wanted: float) -> bool:
        """Whether it is set to ``wanted``, as near as it comes, and no automatic has it."""
        nearest = wanted if self.kind is AdjustmentKind.CHOICE else self.nearest(wanted)
        return self.active and abs(self.value - nearest) < self.step

    def read(self, text: str) -> float:
        """The value that people mean: a number, on or off of a switch, the words of a choice.

        Raises ConfigError, which says what there is, also for a number out of range.
        """
        if self.kind is AdjustmentKind.NUMBER:
            try:
                value = float(text)
            except ValueError:
                value = math.nan
            if self.minimum <= value <= self.maximum:
                return value
            raise ConfigError(f"{self.name} is {self.range_text}, given {text!r}")
        for entry in [choice.value for choice in self.choices] or [0, 1]:
            if text.lower() in (self.value_text(entry).lower(), str(entry)):
                return entry
        raise ConfigError(f"{self.name} is {self.range_text}, given {text!r}")

    @property
    def range_text(self) -> str:
        """What it can be set to, as ``2800 to 6500 K``, ``on or off``, ``50 Hz or 60 Hz``."""
        if self.kind is AdjustmentKind.NUMBER:
            return f"{self.minimum:g} to {self.maximum:g} {self.unit}".rstrip()
        *others, last = [choice.text for choice in self.choices] or ["on", "off"]
        return f"{', '.join(others)} or {last}" if others else last

    def value_text(self, value: float) -> str:
        """One of its values in the words that `read` takes."""
        if self.kind is AdjustmentKind.SWITCH:
            return "on" if value else "off"
        return next((choice.text for choice in self.choices if choice.value == value), f"{value:g}")


@runtime_checkable
class Adjustable(Protocol):
    """A further ability of most cameras: their controls beside exposure can be read and set.

    What is changed is noted before the first change and put back by ``adjust``: neither ``Camera.settings`` nor
    ``Camera.restore`` knows of these.
    """

    def adjustments(self) -> tuple[Adjustment, ...]:
        """Every control beside exposure that the camera has, as it is now, in the order of ``NAMES``; maybe none.

        Asked about twice a second between two pictures: where reading costs more than a few milliseconds, all is read
        the first time and one control after the other in the calls that follow.
        """

    def adjust(self, name: str, value: float) -> float:
        """Set one; return what it is set to after that, read back where it can be.

        Raises UnsupportedControl if the camera has no such control or its automatic has it, CameraError if it refuses.
        """
