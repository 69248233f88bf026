"""How the light on a scene, or on a part of it, changes with time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from autoexposure.errors import ConfigError

STEADY_S = 15.0
"""Every scene begins with this much steady light, so that a control loop can settle and show that it holds still."""


class Light(Protocol):
    """The brightness of a light over time."""

    def factor(self, time_s: float) -> float:
        """What the light's radiance is multiplied with at ``time_s``; 1 is its full strength, 0 is off."""


@dataclass(frozen=True, slots=True)
class Steady:
    """Always the same.

    Attributes
    ----------
    strength : the factor, >= 0.
    """

    strength: float = 1.0

    def factor(self, time_s: float) -> float:
        """The strength at ``time_s``, as `Light` says."""
        return self.strength


@dataclass(frozen=True, slots=True)
class Switched:
    """Goes from one strength to the other at once, and back, again and again.

    Attributes
    ----------
    first, second : the two factors.
    steady_s : how long ``first`` lasts in the beginning.
    every_s : time between two switches from then on.
    """

    first: float = 1.0
    second: float = 0.0
    steady_s: float = STEADY_S
    every_s: float = 10.0

    def __post_init__(self) -> None:
        if self.first < 0 or self.second < 0 or self.every_s <= 0:
            raise ConfigError(f"a switched light needs factors >= 0 and a time > 0 between switches, given {self}")

    def factor(self, time_s: float) -> float:
        """The strength at ``time_s``, as `Light` says."""
        if time_s < self.steady_s:
            return self.first
        switches_before = int((time_s - self.steady_s) / self.every_s)
        return self.second if switches_before % 2 == 0 else self.first


@dataclass(frozen=True, slots=True)
class Drifting:
    """Drifts evenly in EV to another strength, stays, drifts back, stays, and so on: clouds, dusk, a dimmer.

    Attributes
    ----------
    delta_ev : where it drifts to; negative is dimmer.
    steady_s : how long it is 1 in the beginning.
    drift_s : how long a drift takes.
    stay_s : how long it stays at either end afterwards.
    """

    delta_ev: float
    steady_s: float = STEADY_S
    drift_s: float = 10.0
    stay_s: float = 5.0

    def __post_init__(self) -> None:
        if self.drift_s <= 0 or self.stay_s < 0:
            raise ConfigError(f"a drifting light needs a time > 0 for its drift, given {self}")

    def factor(self, time_s: float) -> float:
        """The strength at ``time_s``, as `Light` says."""
        if time_s < self.steady_s:
            return 1.0
        leg_s = self.drift_s + self.stay_s
        leg, into_leg_s = divmod(time_s - self.steady_s, leg_s)
        progress = min(into_leg_s / self.drift_s, 1.0)
        share = progress if leg % 2 == 0 else 1 - progress
        return math.pow(2.0, share * self.delta_ev)
