"""Histogram of a picture and how much of it is clipped: arrays only, no Qt."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from autoexposure.frame import Pixels
from autoexposure.metering.clipping import clipping

BINS = 64
SAMPLES = 40_000
"""This many pixels, evenly spread, give the same curve as all of them, in 0.3 ms."""


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """Brightness distribution of one picture.

    Attributes
    ----------
    curves : (4, BINS) float32, rows red, green, blue, luma; each bin's share of the pixels.
    highlights, shadows : shares of pixels, 0..1, as `autoexposure.metering.clipping.Clipping` counts them.
    """

    curves: NDArray[np.float32]
    highlights: float
    shadows: float


def histogram(picture: Pixels) -> Histogram:
    """Count a (H, W, 3) uint8 RGB picture."""
    height, width = picture.shape[:2]
    step = max(1, round((height * width / SAMPLES) ** 0.5))
    sample = np.ascontiguousarray(picture[::step, ::step])
    luma = cv2.cvtColor(sample, cv2.COLOR_RGB2GRAY)
    channels = [np.asarray(channel, np.uint8) for channel in (*cv2.split(sample), luma)]
    curves = np.stack([np.bincount(channel.ravel() >> 2, minlength=BINS) for channel in channels])
    lost = clipping(sample)
    return Histogram((curves / luma.size).astype(np.float32), lost.highlights, lost.shadows)


COLUMNS, LEVELS = 256, 128
"""Size of the drawn waveform: finer than a side panel shows."""
ROWS = 160
"""How many rows of the picture are looked at, evenly spread."""
FAINTEST = 40
"""What one single pixel of a column is drawn with, of 255: it must be seen."""

Trace = NDArray[np.uint8]
"""(LEVELS, COLUMNS, 3) uint8 RGB; the top row is white, the left column the left of the picture."""


def waveform(picture: Pixels, *, luma: bool) -> Trace:
    """The waveform of a (H, W, 3) uint8 RGB picture: red, green and blue laid over each other, or brightness in grey.

    Where the three agree, their traces add up to white.
    """
    sample = cv2.resize(picture, (COLUMNS, ROWS), interpolation=cv2.INTER_NEAREST)
    if luma:
        return np.repeat(_trace(np.asarray(cv2.cvtColor(sample, cv2.COLOR_RGB2GRAY), np.uint8))[..., np.newaxis], 3, 2)
    return np.stack([_trace(np.asarray(channel, np.uint8)) for channel in cv2.split(sample)], axis=2)


def _trace(channel: NDArray[np.uint8]) -> NDArray[np.uint8]:
    level = (255 - channel) >> 1  # 256 code values on LEVELS rows, white on top
    places = level.astype(np.int32) * COLUMNS + np.arange(COLUMNS, dtype=np.int32)
    counts = np.bincount(places.ravel(), minlength=LEVELS * COLUMNS)
    return _BRIGHTNESS[np.minimum(counts, ROWS)].reshape(LEVELS, COLUMNS)


def _brightness() -> NDArray[np.uint8]:
    """Drawn brightness by count: a cube root, since counts differ by a factor of hundred between faces and walls."""
    share = np.cbrt(np.arange(ROWS + 1) / ROWS)
    drawn = np.where(share > 0, FAINTEST + (255 - FAINTEST) * share, 0)
    return np.rint(drawn).astype(np.uint8)


_BRIGHTNESS = _brightness()
