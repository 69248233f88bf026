"""A camera that looks around inside a 360 degree panorama."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from autoexposure.errors import ConfigError
from autoexposure.simulation.light import STEADY_S
from autoexposure.simulation.scene import Size, freeze, normalised
from autoexposure.simulation.sensor import Radiance

FIELD_OF_VIEW_DEG = 80.0
"""Horizontal view of a wide webcam (most have 65 to 90 degrees)."""

PAN_DEG_PER_S = 6.0
"""Slow enough for a control loop to follow, fast enough to see a whole room in a minute."""


class PanoramaScene:
    """A level view into an equirectangular panorama; it stands still at first, then keeps panning right.

    Parameters
    ----------
    panorama : (H, 2H, 3) float32 >= 0, the horizon in the middle row; any unit, it is normalised here.
    size : of the view.
    pan_deg_per_s : how fast it turns after ``STEADY_S``; 0 stands still.
    """

    def __init__(self, panorama: Radiance, size: Size, pan_deg_per_s: float = PAN_DEG_PER_S) -> None:
        if panorama.shape[1] != 2 * panorama.shape[0]:
            raise ConfigError(f"a panorama is twice as wide as high, given {panorama.shape[1]}x{panorama.shape[0]}")
        self._pan_deg_per_s = pan_deg_per_s
        panorama = _shrunk_to_need(panorama, size)
        height, self._width = panorama.shape[:2]
        latitude = (np.arange(height, dtype=np.float32) + 0.5) * np.float32(math.pi / height) - np.float32(math.pi / 2)
        solid_angle = np.repeat(np.cos(latitude)[:, np.newaxis], self._width, axis=1)
        panorama = normalised(panorama, solid_angle)
        column, self._row = _view_map(height, size)
        first_column = math.floor(column.min())
        self._column = column - np.float32(first_column)
        self._first_column = first_column
        # The view may reach over the right edge: what lies beyond is the left side again.
        overlap = math.ceil(float(self._column.max())) + 2
        self._panorama = np.hstack([panorama, panorama[:, :overlap]])
        self._shift = math.nan
        self._view: Radiance = np.empty((0, 0, 3), np.float32)

    def radiance(self, time_s: float) -> Radiance:
        """The view at ``time_s``, (H, W, 3) float32; the same array while it stands still."""
        yaw_deg = self._pan_deg_per_s * max(time_s - STEADY_S, 0.0)
        shift = (self._first_column + yaw_deg / 360 * self._width) % self._width
        if shift != self._shift:
            self._view = freeze(
                np.asarray(cv2.remap(self._panorama, self._column + np.float32(shift), self._row, cv2.INTER_LINEAR))
            )
            self._shift = shift
        return self._view


def _shrunk_to_need(panorama: Radiance, size: Size) -> Radiance:
    """No finer than the view can show: a finer one would alias and cost memory."""
    needed_width = round(size.width_px * 360 / FIELD_OF_VIEW_DEG / 2) * 2
    if panorama.shape[1] <= needed_width:
        return panorama
    return np.asarray(cv2.resize(panorama, (needed_width, needed_width // 2), interpolation=cv2.INTER_AREA))


def _view_map(panorama_height: int, size: Size) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Column and row of the panorama that every pixel of a view to its middle sees, two of (H, W) float32."""
    focal_px = size.width_px / 2 / math.tan(math.radians(FIELD_OF_VIEW_DEG / 2))
    right = (np.arange(size.width_px) + 0.5 - size.width_px / 2) / focal_px
    down = ((np.arange(size.height_px) + 0.5 - size.height_px / 2) / focal_px)[:, np.newaxis]
    longitude = np.broadcast_to(np.arctan(right), (size.height_px, size.width_px))
    latitude = np.arctan2(down, np.hypot(right, 1.0))
    per_radian = panorama_height / math.pi
    column = (longitude + math.pi) * per_radian - 0.5
    row = np.clip((latitude + math.pi / 2) * per_radian - 0.5, 0, panorama_height - 1)
    return column.astype(np.float32), row.astype(np.float32)
