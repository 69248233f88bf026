"""What a camera's sensor makes of light. Simulator, training and evaluation all use this one model."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from autoexposure.errors import ConfigError
from autoexposure.exposure import Exposure
from autoexposure.frame import Pixels
from autoexposure.process.turns import COMPUTING
from autoexposure.response import ResponseCurve, srgb

Radiance = NDArray[np.float32]
"""(H, W, 3) float32, linear RGB >= 0: the share of the sensor's range that fills in one second at gain 1."""

ADC_LEVELS = 65536
"""Steps of the converter before the response curve: finer than any webcam's, so that noise sets the limit."""

NOISE_SHIFTS = 65536
"""Positions at which the noise pattern may start; neighbouring frames hardly ever share one."""


@dataclass(frozen=True, slots=True)
class SensorConfig:
    """How a sensor behaves.

    Attributes
    ----------
    saturation_e : electrons that fill the converter at gain 1. 5000 is the order of a webcam's 2 um pixels.
    full_well_e : electrons a pixel can hold; below ``saturation_e`` whites stay grey at gain 1.
    read_noise_e : standard deviation of the read noise in electrons.
    noise : False leaves photon and read noise out, for exact figures.
    row_time_s : a rolling shutter starts every row this much after the row above; 0 is a global shutter.
    response : from relative exposure to code values.
    """

    saturation_e: float = 5000.0
    full_well_e: float = 6000.0
    read_noise_e: float = 3.0
    noise: bool = True
    row_time_s: float = 0.0
    response: ResponseCurve = field(default_factory=srgb)

    def __post_init__(self) -> None:
        if not (self.saturation_e > 0 and self.full_well_e > 0):
            raise ConfigError(f"a sensor needs room for electrons, given {self.saturation_e} and {self.full_well_e}")
        if self.read_noise_e < 0 or self.row_time_s < 0:
            raise ConfigError(
                f"read noise and row time can't be negative, given {self.read_noise_e} e and {self.row_time_s} s"
            )


@dataclass(frozen=True, slots=True)
class Flicker:
    """A lamp on alternating current: its light swings around its mean with twice the mains frequency.

    Attributes
    ----------
    mains_hz : 50 or 60.
    depth : 0 is steady, 1 goes dark twice a cycle. Filament lamps have about 0.1, plain LEDs up to 1.
    """

    mains_hz: int
    depth: float = 0.5

    def __post_init__(self) -> None:
        if self.mains_hz not in (50, 60):
            raise ConfigError(f"mains frequency must be 50 or 60 Hz, given {self.mains_hz}")
        if not 0 <= self.depth <= 1:
            raise ConfigError(f"depth of flicker must be 0 to 1, given {self.depth}")

    def mean_light(self, start_s: NDArray[np.floating], time_s: float) -> NDArray[np.floating]:
        """Mean of 1 + depth * cos(2 pi f t), f = 2 * mains, over ``time_s`` from every one of ``start_s``.

        It is exact; over a whole number of periods it is 1, which is what anti-flicker exposure times are for.
        """
        lamp_hz = 2 * self.mains_hz
        middle_s = start_s + time_s / 2
        swing: NDArray[np.floating] = np.cos(2 * math.pi * lamp_hz * middle_s)
        return 1 + self.depth * float(np.sinc(lamp_hz * time_s)) * swing


class SensorModel:
    """A sensor with its noise. The same seed and the same calls give the same pixels; one thread uses it.

    Parameters
    ----------
    config : how it behaves.
    seed : of the noise.
    """

    def __init__(self, config: SensorConfig | None = None, seed: int = 0) -> None:
        self.config = config if config is not None else SensorConfig()
        self._random = np.random.default_rng(seed)
        self._lit: Radiance | None = None  # what ``_mean`` and ``_spread`` are of, and with which time
        self._lit_s = 0.0
        self._make_buffers((0, 0, 3))
        relative = np.linspace(0, 1, ADC_LEVELS, dtype=np.float32)
        self._codes: Pixels = np.rint(self.config.response.encode(relative)).astype(np.uint8)

    def expose(
        self, radiance: Radiance, exposure: Exposure, start_s: float = 0.0, flicker: Flicker | None = None
    ) -> Pixels:
        """Take a picture: (H, W, 3) uint8 in the sensor's response curve.

        Parameters
        ----------
        radiance : (H, W, 3) float32
            The light; not written to.
        exposure : Exposure
            Time and gain to take it with.
        start_s : float
            When the first row starts to collect light; matters under flicker alone.
        flicker : Flicker or None
            Of the lamp that lights all of the scene.
        """
        if radiance.ndim != 3 or radiance.shape[2] != 3 or radiance.dtype != np.float32:
            raise ValueError(f"radiance must be (H, W, 3) float32, given {radiance.shape} {radiance.dtype}")
        with COMPUTING:
            return self._expose(radiance, exposure, start_s, flicker)

    def _expose(self, radiance: Radiance, exposure: Exposure, start_s: float, flicker: Flicker | None) -> Pixels:
        config = self.config
        if self._electrons.shape != radiance.shape:
            self._make_buffers(radiance.shape)
        electrons, levels = self._electrons, self._levels
        if flicker is not None or radiance is not self._lit or exposure.time_s != self._lit_s:
            self._collect(radiance, exposure.time_s, start_s, flicker)
        if config.noise:
            np.multiply(self._spread, self._noise_pattern(radiance.shape), out=electrons)
            electrons += self._mean
            np.minimum(electrons, np.float32(config.full_well_e), out=electrons)
        else:
            np.minimum(self._mean, np.float32(config.full_well_e), out=electrons)
        electrons *= np.float32(exposure.gain * (ADC_LEVELS - 1) / config.saturation_e)
        np.clip(np.rint(electrons, out=electrons), 0, ADC_LEVELS - 1, out=electrons)
        np.copyto(levels, electrons, casting="unsafe")
        pixels: Pixels = np.take(self._codes, levels)
        return pixels

    def _collect(self, radiance: Radiance, time_s: float, start_s: float, flicker: Flicker | None) -> None:
        """Find the mean electrons and how far they spread; kept while neither the light nor the time changes."""
        mean, spread = self._mean, self._spread
        np.multiply(radiance, np.float32(time_s * self.config.saturation_e), out=mean)
        if flicker is not None:
            mean *= self._row_light(flicker, radiance.shape[0], start_s, time_s)
        if self.config.noise:
            # Photon noise is Poisson: its variance is the number of electrons. A normal draw stands in for it, which
            # is off only below some ten electrons, where read noise of a few electrons rules anyway.
            np.add(mean, np.float32(self.config.read_noise_e**2), out=spread)
            cv2.sqrt(spread, dst=spread)
        lasts = flicker is None and not radiance.flags.writeable
        self._lit, self._lit_s = (radiance, time_s) if lasts else (None, 0.0)

    def _row_light(self, flicker: Flicker, rows: int, start_s: float, time_s: float) -> NDArray[np.float32]:
        """(rows, 1, 1): the mean lamp light every row sees."""
        row_starts_s = start_s + self.config.row_time_s * np.arange(rows, dtype=np.float64)
        return flicker.mean_light(row_starts_s, time_s).astype(np.float32)[:, np.newaxis, np.newaxis]

    def _make_buffers(self, shape: tuple[int, ...]) -> None:
        """Room for one size of picture, kept: fresh megabytes for every step cost more than all the arithmetic."""
        self._lit = None
        self._mean = np.empty(shape, np.float32)
        self._electrons = np.empty(shape, np.float32)
        self._spread = np.empty(shape, np.float32)
        self._levels = np.empty(shape, np.uint16)
        if self.config.noise:
            self._noise_tile = self._random.standard_normal(math.prod(shape) + NOISE_SHIFTS, dtype=np.float32)

    def _noise_pattern(self, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """Standard normal numbers: one tile, started at a random place (a fresh one takes longer than the picture)."""
        shift = int(self._random.integers(NOISE_SHIFTS))
        return self._noise_tile[shift : shift + math.prod(shape)].reshape(shape)
