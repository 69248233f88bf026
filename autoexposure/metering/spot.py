"""The round spot that a tap on the picture exposes for."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from autoexposure.errors import ConfigError
from autoexposure.metering.policy import MAP_SIDE, Map

SAMPLES = 8
"""Along a cell's side, so that a cell's share of the spot is true to about 1/64."""

LEAST_RADIUS = 0.4 / MAP_SIDE
"""Half a cell: a smaller spot could fall between the samples."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a spot meter looks; checked on construction.

    Attributes
    ----------
    x, y : its centre as fractions of the picture's width (from the left) and height (from the top), 0..1.
    radius : as a fraction of width and height alike, so in a wide picture it is an ellipse; above 0 up to 1.
    """

    x: float = 0.5
    y: float = 0.5
    radius: float = 0.08

    def __post_init__(self) -> None:
        if not (0 <= self.x <= 1 and 0 <= self.y <= 1 and 0 < self.radius <= 1):
            raise ConfigError(
                "a spot needs x and y from 0 to 1 and a radius above 0 up to 1, "
                f"given {self.x}, {self.y} and {self.radius}"
            )

    def weights(self) -> Map:
        """(15, 15) share of every cell that the spot covers, 0..1; never zero all over."""
        # Sampled finely and averaged down: a cell that the circle cuts counts by the share that lies within.
        place = (np.arange(MAP_SIDE * SAMPLES) + 0.5) / (MAP_SIDE * SAMPLES)
        distance = np.hypot(place[np.newaxis, :] - self.x, place[:, np.newaxis] - self.y)
        inside = (distance <= max(self.radius, LEAST_RADIUS)).astype(np.float32)
        return np.asarray(cv2.resize(inside, (MAP_SIDE, MAP_SIDE), interpolation=cv2.INTER_AREA), np.float32)
