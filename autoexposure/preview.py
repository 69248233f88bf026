"""The ONE preprocessing that training and the live loop share: a frame becomes what policies look at."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from autoexposure.frame import Pixels

SIDE_PX = 128
"""Side of the square every policy sees (paper 7.2: inputs are resized to 128x128, whatever their shape)."""

Preview = NDArray[np.float32]
"""(1, 3, 128, 128) float32: batch, RGB channel, row, column; code values 0..255."""


def make_preview(pixels: Pixels) -> Preview:
    """Shrink an (H, W, 3) uint8 RGB picture to a Preview by area averaging, without keeping its aspect."""
    small = cv2.resize(pixels, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(small.transpose(2, 0, 1)[np.newaxis], dtype=np.float32)
