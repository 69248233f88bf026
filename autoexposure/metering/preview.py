"""The ONE preprocessing that training and the live loop share: a frame becomes what policies look at."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from autoexposure.frame import Pixels, check_pixels
from autoexposure.process.turns import COMPUTING

SIDE_PX = 128
"""Side of the square every policy sees (paper 7.2: inputs are resized to 128x128, whatever their shape)."""

HALVED_FROM_PX = 5 * SIDE_PX
"""Pictures whose shorter side has at least this many pixels are halved first. Averaging two by two pixels is many times
faster than areas of any size: 1280x720 takes a third of the time, and no preview of a photograph differs visibly."""

LEAST_PX = 5 * SIDE_PX // 2
"""Shortest side to which JPEG may be decoded smaller where only a preview is made of it. Of 1920x1080 the network's
answer shifts by 0.01 EV at most then, by 0.16 at 256 and by 0.37 at 128 (measured by docs/tools/reduced_decoding.py).
"""

Preview = NDArray[np.float32]
"""(1, 3, 128, 128) float32: batch, RGB channel, row, column; code values 0..255."""


def make_preview(pixels: Pixels) -> Preview:
    """Shrink a picture to a Preview by area averaging, without keeping its aspect.

    Area averaging, because anything else shows the policy single pixels: OpenCV's default costs 0.18 EV.

    Parameters
    ----------
    pixels : (H, W, 3) uint8 RGB.

    Returns
    -------
    Preview
        (1, 3, 128, 128) float32, code values 0..255.
    """
    with COMPUTING:
        return _shrunk(pixels)


def halved(pixels: Pixels, from_px: int) -> Pixels:
    """Average (H, W, 3) uint8 two by two pixels while the shorter side has ``from_px`` or more and both are even."""
    while min(pixels.shape[:2]) >= from_px and not (pixels.shape[0] | pixels.shape[1]) & 1:
        half = (pixels.shape[1] // 2, pixels.shape[0] // 2)
        pixels = check_pixels(cv2.resize(pixels, half, interpolation=cv2.INTER_AREA))
    return pixels


def _shrunk(pixels: Pixels) -> Preview:
    pixels = halved(pixels, HALVED_FROM_PX)
    small = cv2.resize(pixels, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(small.transpose(2, 0, 1)[np.newaxis], dtype=np.float32)
