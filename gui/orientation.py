"""How a picture is turned on screen: as numbers, without Qt. Metering and recordings know nothing of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from autoexposure.frame import Pixels

QUARTERS = {1: cv2.ROTATE_90_CLOCKWISE, 2: cv2.ROTATE_180, 3: cv2.ROTATE_90_COUNTERCLOCKWISE}


@dataclass(frozen=True, slots=True)
class Orientation:
    """Turned by ``quarters`` of a circle (0 to 3, clockwise) and, if ``mirrored``, left and right exchanged after that.

    Places are fractions of width and height, of the picture as the camera sent it or of the picture on screen.
    """

    quarters: int = 0
    mirrored: bool = False

    @property
    def upright(self) -> bool:
        """Whether width stays width."""
        return self.quarters % 2 == 0

    def to_screen(self, x: float, y: float) -> tuple[float, float]:
        """Where a place of the picture stands on screen."""
        for _ in range(self.quarters):
            x, y = 1 - y, x
        return (1 - x, y) if self.mirrored else (x, y)

    def to_picture(self, x: float, y: float) -> tuple[float, float]:
        """The other way round."""
        if self.mirrored:
            x = 1 - x
        for _ in range(self.quarters):
            x, y = y, 1 - x
        return x, y

    def size(self, width: float, height: float) -> tuple[float, float]:
        """Width and height on screen of what has these in the picture, and the other way round."""
        return (width, height) if self.upright else (height, width)

    def apply(self, pixels: Pixels) -> Pixels:
        """(H, W, C) as it is to be shown; the very same array where nothing is turned."""
        if self.quarters:
            pixels = np.asarray(cv2.rotate(pixels, QUARTERS[self.quarters]), np.uint8)
        return np.asarray(cv2.flip(pixels, 1), np.uint8) if self.mirrored else pixels

    def turned(self) -> Orientation:
        """Turned on by a quarter, clockwise on screen."""
        return replace(self, quarters=(self.quarters + (-1 if self.mirrored else 1)) % 4)

    def with_mirror(self, on: bool) -> Orientation:
        """Mirrored, or not."""
        return replace(self, mirrored=on)


AS_IT_IS = Orientation()
