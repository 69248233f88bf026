"""Exposure compensation as a control: where a camera's own automatic can't be switched off, its target can be shifted.

Shifting it by n EV multiplies the light in the picture by 2^n, as a gain does, so a controller drives it as one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from autoexposure.camera import ControlRange
from autoexposure.errors import ConfigError

LEAST_STEP_EV = 1e-3
"""Finer steps are no scale: a hundredth of them can't be seen."""

ASSUMED_END_EV = 3.0
"""What the highest index is taken for where a device doesn't say: Android phones end between 2 and 4 EV. If it is less,
a controller's steps fall short and are repeated; if it is more, they overshoot by a third and still settle."""

WHOLE_EV_UP_TO = 4
"""A scale that ends at or below this counts in whole EV: smaller steps would not reach Android's 2 EV."""


@dataclass(frozen=True, slots=True)
class ExposureCompensation:
    """Indices and what they are worth.

    Attributes
    ----------
    indices : every index the device takes, rising, 0 among them.
    step_ev : EV of one index.
    """

    indices: tuple[int, ...]
    step_ev: float

    def __post_init__(self) -> None:
        if len(self.indices) < 2 or 0 not in self.indices or self.step_ev <= 0:
            raise ConfigError(f"exposure compensation needs several indices, 0 among them, given {self.indices}")

    @classmethod
    def of(cls, indices: Iterable[int], end_ev: float | None = None) -> ExposureCompensation | None:
        """From what the device offers; None if that is no scale. ``end_ev`` is the worth of the highest index."""
        found = tuple(sorted(set(indices)))
        if len(found) < 2 or 0 not in found:
            return None
        end = max(found[-1], -found[0])
        if end_ev is None:
            end_ev = float(end) if end <= WHOLE_EV_UP_TO else ASSUMED_END_EV
        return cls(found, end_ev / end) if end_ev / end >= LEAST_STEP_EV else None

    @property
    def gain(self) -> ControlRange:
        """The scale as linear gains."""
        gains = tuple(self.gain_of(index) for index in self.indices)
        return ControlRange(gains[0], gains[-1], values=gains)

    def gain_of(self, index: int) -> float:
        """The linear gain that ``index`` amounts to."""
        return float(2.0 ** (index * self.step_ev))

    def index_for(self, gain: float) -> int:
        """The index nearest to ``gain``."""
        wanted_ev = math.log2(gain)
        return min(self.indices, key=lambda index: abs(index * self.step_ev - wanted_ev))


def named_worth_ev(text: str | None) -> float | None:
    """Read the option ``compensation_ev``: what the highest index is worth. Raises ConfigError."""
    if text is None:
        return None
    try:
        worth_ev = float(text)
    except ValueError:
        worth_ev = 0.0
    if not 0 < worth_ev <= 20:
        raise ConfigError(
            f"the highest exposure compensation is a number of EV as in compensation_ev=2, given {text!r}"
        )
    return worth_ev
