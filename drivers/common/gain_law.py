"""GainLaw: what a device's gain codes mean as linear gain."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass

from autoexposure.camera import ControlRange
from autoexposure.errors import ConfigError

ASSUMED_HIGHEST_GAIN = 16.0
"""Gain assumed at a device's highest code where it was not measured: 24 dB, the usual span of a small sensor's
analogue amplifier. Too high a guess makes a controller's steps fall short and be repeated; too low a guess (libcamera's
4.0 for UVC cameras) makes them overshoot, so the guess leans high."""

MOST_CODES = 1024
"""Codes listed at most: steps of 0.02 EV at the low end of the assumed law, finer than anyone sees."""


@dataclass(frozen=True, slots=True)
class GainLaw:
    """A table of codes and the linear gains they stand for.

    UVC and V4L2 give gain as a bare number: its unit, its base and even its direction are the manufacturer's secret.
    ``assumed`` is a guess that keeps a closed loop stable; a camera profile brings measured values instead.

    Attributes
    ----------
    codes : the codes, in the order of rising gain.
    gains : the linear gain of each, rising, above zero.
    measured : False for a guess.
    """

    codes: tuple[int, ...]
    gains: tuple[float, ...]
    measured: bool = False

    def __post_init__(self) -> None:
        if not self.codes or len(self.codes) != len(self.gains):
            raise ConfigError(f"a gain law needs as many gains as codes, given {len(self.gains)} and {len(self.codes)}")
        if self.gains[0] <= 0 or any(a >= b for a, b in zip(self.gains, self.gains[1:], strict=False)):
            raise ConfigError("the gains of a gain law must be positive and rise from code to code")

    @classmethod
    def assumed(cls, minimum: int, maximum: int, step: int = 1) -> GainLaw:
        """Linear gain rising evenly from 1.0 at ``minimum`` to ASSUMED_HIGHEST_GAIN at ``maximum``."""
        step = max(1, step)
        step *= math.ceil(((maximum - minimum) // step + 1) / MOST_CODES)
        codes = tuple(range(minimum, maximum + 1, step))
        per_code = (ASSUMED_HIGHEST_GAIN - 1) / max(1, maximum - minimum)
        return cls(codes, tuple(1 + (code - minimum) * per_code for code in codes))

    @classmethod
    def of_iso(cls, entries: Mapping[int, int]) -> GainLaw | None:
        """The gains of a menu of ISO numbers by its index, the lowest counting as 1.0; None where there is none."""
        by_iso = {iso: index for index, iso in sorted(entries.items(), reverse=True) if iso > 0}  # 0 means 'auto'
        rising = sorted(by_iso)
        return cls(tuple(by_iso[iso] for iso in rising), tuple(iso / rising[0] for iso in rising)) if rising else None

    def code_for(self, gain: float) -> int:
        """The code whose gain is nearest to ``gain`` as a ratio, since exposure counts in EV."""
        above = bisect_left(self.gains, gain)
        if above == 0:
            return self.codes[0]
        if above == len(self.gains):
            return self.codes[-1]
        low, high = self.gains[above - 1], self.gains[above]
        return self.codes[above - 1] if gain * gain <= low * high else self.codes[above]

    def gain_of(self, code: int) -> float:
        """The linear gain of ``code``; of the nearest code listed, if it isn't itself."""
        nearest = min(range(len(self.codes)), key=lambda i: abs(self.codes[i] - code))
        return self.gains[nearest]

    def range(self, *, reads_back: bool) -> ControlRange:
        """The gains as a control."""
        return ControlRange(self.gains[0], self.gains[-1], values=self.gains, reads_back=reads_back)
