"""The mask under the user's brush: finer than the network's cells, so that a stroke is seen where it was drawn. No Qt.

Painting what counts on an untouched mask leaves out all the rest; painting what does not count leaves all the rest in.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from autoexposure.metering.drawing import Layer
from autoexposure.metering.policy import MAP_SIDE, Map
from gui.preview.viewport import Point

SIDE = MAP_SIDE * 12
SHIFT = 4
"""Strokes are drawn on sixteenths of the mask's pixels."""
VEIL = (150, 90, 255)
"""What does not count is covered with this, so that it is not taken for a dark part of the attention map."""
VEIL_ALPHA = 0.62


class MaskPainting:
    """What was painted so far, on any picture's shape."""

    def __init__(self) -> None:
        self._painted: NDArray[np.uint8] | None = None

    @property
    def empty(self) -> bool:
        """Whether there is no mask: nothing was painted, or everything or nothing would count."""
        return self._painted is None

    def clear(self) -> None:
        """Let everything count again."""
        self._painted = None

    def stroke(self, start: Point, end: Point, radius: float, aspect: float, *, counts: bool) -> None:
        """Paint from ``start`` to ``end`` (fractions of the picture) with a brush that is round on the picture.

        ``radius`` is a fraction of the picture's width, ``aspect`` its width / height.
        """
        if self._painted is None:
            self._painted = np.full((SIDE, SIDE), 0 if counts else 255, np.uint8)
        steps = max(1, int(np.hypot(end.x - start.x, (end.y - start.y) / aspect) / (radius / 3)))
        axes = (round(radius * SIDE * 2**SHIFT), round(radius * aspect * SIDE * 2**SHIFT))
        for step in range(steps + 1):
            x = start.x + (end.x - start.x) * step / steps
            y = start.y + (end.y - start.y) * step / steps
            centre = (round((x * SIDE - 0.5) * 2**SHIFT), round((y * SIDE - 0.5) * 2**SHIFT))
            cv2.ellipse(self._painted, centre, axes, 0, 0, 360, 255 if counts else 0, -1, cv2.LINE_AA, SHIFT)
        if self._painted.min() == 255 or self._painted.max() == 0:
            self._painted = None

    def cells(self) -> Map | None:
        """(15, 15) share of every cell that counts, 0..1; None without a mask."""
        if self._painted is None:
            return None
        cells = cv2.resize(self._painted, (MAP_SIDE, MAP_SIDE), interpolation=cv2.INTER_AREA)
        return np.asarray(cells, np.float32) / np.float32(255)

    def layer(self) -> Layer | None:
        """(180, 180, 4) uint8 RGBA, premultiplied: a veil over what does not count; None without a mask."""
        if self._painted is None:
            return None
        alpha = (255 - self._painted).astype(np.float32) * np.float32(VEIL_ALPHA)
        colour = alpha[..., np.newaxis] * (np.array(VEIL, np.float32) / 255 * 0.35)
        layer: Layer = np.rint(np.concatenate([colour, alpha[..., np.newaxis]], axis=2)).astype(np.uint8)
        return layer
