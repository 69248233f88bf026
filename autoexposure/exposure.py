"""Exposure as one number and as two: EV = log2(time * gain).

The sign convention of the whole project stands here: **+1 EV is twice the light in the picture**, as the
paper's appendix simplifies it (EV = log2 t*s). It is relative: 0 EV is one second at gain 1. A positive
``delta_ev`` therefore always means *raise the exposure, the picture is too dark*.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from numbers import Real

from autoexposure.errors import ConfigError

TIMES_S = (1e-8, 1e6)
"""Exposure times in seconds: the fastest shutters end at a tenth of a microsecond, stars take hours."""

GAINS = (1e-4, 1e6)
"""Gains, 1.0 = base: drivers that know no unit give 16 bits as they are."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """What a picture was, or shall be, taken with.

    Attributes
    ----------
    time_s : exposure time in seconds, > 0.
    gain : linear amplification, 1.0 = the sensor's base sensitivity, > 0.

    Raises
    ------
    ConfigError
        If one of them is not a positive, finite number.
    """

    time_s: float
    gain: float = 1.0

    def __post_init__(self) -> None:
        if not (_is_positive(self.time_s) and _is_positive(self.gain)):
            raise ConfigError(
                f"exposure time and gain must be positive numbers, given {self.time_s!r} s and gain {self.gain!r}"
            )

    @property
    def ev(self) -> float:
        """log2(time_s * gain): +1 EV is twice the light."""
        return math.log2(self.time_s) + math.log2(self.gain)

    def iso(self, base_iso: int = 100) -> float:
        """Gain as photographers read it; a display only."""
        return self.gain * base_iso

    def __str__(self) -> str:
        return f"{shutter_text(self.time_s)} x{self.gain:.3g}"


def _is_positive(value: object) -> bool:
    return isinstance(value, Real) and 0 < float(value) < math.inf  # NaN is neither


def believed_exposure(time_s: float, gain: float) -> Exposure | None:
    """What a device says a picture was taken with, in physical units; None if that can't be (it is then unknown)."""
    if TIMES_S[0] <= time_s <= TIMES_S[1] and GAINS[0] <= gain <= GAINS[1]:
        return Exposure(time_s, gain)
    return None


def shutter_text(time_s: float) -> str:
    """Exposure time as photographers write it: ``1/60 s``, ``2.5 s``."""
    if time_s >= 0.4:
        return f"{time_s:.3g} s"
    denominator = 1 / time_s
    return f"1/{denominator:.0f} s" if denominator >= 10 else f"1/{denominator:.3g} s"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one camera can be set to under its rules: exposure times in seconds, linear gains."""

    shortest_s: float
    longest_s: float
    lowest_gain: float
    highest_gain: float

    @classmethod
    def of_all(cls, limits: Iterable[Limits]) -> Limits:
        """What all of them can be set to; where there is nothing of the kind, the lowest is above the highest."""
        shortest_s, longest_s, lowest_gain, highest_gain = zip(*map(astuple, limits), strict=True)
        return cls(max(shortest_s), min(longest_s), max(lowest_gain), min(highest_gain))
