"""How noisy pictures get with gain: as a camera's calibration measured it, else as photon noise has it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from autoexposure.profiles.profile import MeasuredControl

Floats = NDArray[np.float64]

PHOTON_SLOPE = 0.5
"""Photons arrive at random: twice the gain means half of them at the same brightness, and sqrt(2) times the noise."""


@dataclass(frozen=True, slots=True)
class NoiseModel:
    """Standard deviation of a mid-tone pixel, in code values, by gain.

    Attributes
    ----------
    gains : linear gains, rising, at least one.
    codes : the noise at each, > 0.
    """

    gains: tuple[float, ...]
    codes: tuple[float, ...]

    @classmethod
    def measured(cls, gain: MeasuredControl | None) -> Self | None:
        """The noise that a calibration found; None if it found none."""
        if gain is None or not gain.noise:
            return None
        by_gain = {2.0**light_ev: code for light_ev, code in zip(gain.light_ev, gain.noise, strict=True) if code > 0}
        return cls(tuple(sorted(by_gain)), tuple(by_gain[at] for at in sorted(by_gain))) if by_gain else None

    def at(self, gains: Floats) -> Floats:
        """The noise at each of ``gains`` (any shape), in code values.

        Straight in both logarithms between two points, and photon noise beyond them.
        """
        known, codes, asked = np.log2(self.gains), np.log2(self.codes), np.log2(gains)
        inside = np.clip(asked, known[0], known[-1])
        noise: Floats = np.exp2(np.interp(inside, known, codes) + PHOTON_SLOPE * (asked - inside))
        return noise


MID_GREY_E = 900.0
"""Electrons of a mid-grey pixel at gain 1: 18 % of the 5000 that a webcam's pixel of 2 um holds
(`autoexposure.simulation.sensor.SensorConfig`)."""

CODES_PER_FOLD = 54.9
"""By how many code values sRGB rises at mid grey if the light rises by a factor of e: d code / d ln(light)."""

PHOTON_NOISE = NoiseModel((1.0,), (CODES_PER_FOLD / math.sqrt(MID_GREY_E),))
"""What is taken for a camera whose noise was not measured."""
