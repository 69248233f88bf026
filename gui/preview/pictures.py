"""Pictures as Qt paints them."""

from __future__ import annotations

import numpy as np
from PyQt6.QtGui import QImage

from autoexposure.frame import Pixels


def image_of(pixels: Pixels) -> QImage:
    """(H, W, 3) uint8 RGB as an image with memory of its own."""
    height, width = pixels.shape[:2]
    data = np.ascontiguousarray(pixels).tobytes()
    return QImage(data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
