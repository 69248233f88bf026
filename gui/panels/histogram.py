"""Histogram of a picture and how much of it is clipped: arrays only, no Qt."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from autoexposure.clipping import clipping
from autoexposure.frame import Pixels

BINS = 64
SAMPLES = 40_000
"""So many pixels, evenly spread, say as much as all of them, in 0.3 ms."""


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """Brightness distribution of one picture.

    Attributes
    ----------
    curves : (4, BINS) float32, rows red, green, blue, luma; each bin's share of the pixels.
    highlights, shadows : shares of pixels, 0..1, as `autoexposure.clipping.Clipping` counts them.
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
