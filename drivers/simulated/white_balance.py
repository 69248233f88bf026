"""The automatic white balance that webcams have built in, as the simulated camera has it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from drivers.simulated.firmware_auto import Meter

NEUTRAL_K = 5000
"""Colour temperature at which the scene's colours come out as they are."""

TEMPERATURES_K = 2800, 6500
"""What webcams offer."""

RED_TO_BLUE_K = 7355.0
"""By Wien's law the light of a body of T kelvin has a ratio of red (610 nm) to blue (465 nm) that goes with exp(-x / T)
for this x: c2 * (1 / 465 nm - 1 / 610 nm)."""


def channel_gains(temperature_k: float) -> NDArray[np.float32]:
    """(3,): what red, green and blue are multiplied by so that light of this temperature comes out grey."""
    half = math.exp(RED_TO_BLUE_K / 2 * (1 / NEUTRAL_K - 1 / temperature_k))
    return np.array([half, 1, 1 / half], np.float32)


class AutoWhiteBalance:
    """Finds a colour temperature.

    It takes the mean of the picture for grey, as such firmware does, and knows how far from grey this scene is. What it
    can't know is what was clipped: an over-exposed picture looks less coloured than the scene, which it then corrects.

    Parameters
    ----------
    speed : share of the error that is corrected every frame; 0 is one that sees the scene itself, and stays at
        ``NEUTRAL_K``.

    Attributes
    ----------
    temperature_k : what it has found.
    """

    def __init__(self, speed: float) -> None:
        self.temperature_k = float(NEUTRAL_K)
        self.speed = speed

    def begin(self, temperature_k: float) -> None:
        """Be switched on, at what the camera was set to by hand."""
        self.temperature_k = temperature_k if self.speed else float(NEUTRAL_K)

    def look(self, meter: Meter, ev: float) -> None:
        """Move on by one picture of this light, taken at ``ev``."""
        seen = np.minimum(meter * channel_gains(self.temperature_k) * np.float32(2.0**ev), np.float32(1))
        excess = _red_to_blue(seen) - _red_to_blue(meter)
        # Colour counts in steps of 1 / T, which is where light of neighbouring temperatures looks equally different.
        inverse = 1 / self.temperature_k + self.speed * excess / RED_TO_BLUE_K
        low_k, high_k = TEMPERATURES_K
        self.temperature_k = min(max(1 / inverse, low_k), high_k)


def _red_to_blue(light: NDArray[np.float32]) -> float:
    red, _, blue = np.maximum(light.reshape(-1, 3).mean(axis=0, dtype=np.float64), 1e-9)
    return math.log(red / blue)
