"""A subject that moves to and fro before a scene, smeared by as much as it moves while a picture is exposed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from autoexposure.simulation.builtin_scenes import shipped_photograph
from autoexposure.simulation.light import STEADY_S
from autoexposure.simulation.photograph import linearised
from autoexposure.simulation.scene import Scene, Size, exposed, fitted, freeze, normalised
from autoexposure.simulation.sensor import Radiance

SUBJECT_HEIGHT = 0.6
"""Of the subject, as a share of the picture's: a head and shoulders before a webcam."""

PHOTOGRAPH = "chelsea.png"
"""What the subject is: a cat's face, full of fur and whiskers that blur is seen on."""

LEAST_WAY_PX = 1e-3
"""A subject that stands still goes so far: nobody sees it, and nothing is divided by zero."""


class MovingSubject:
    """An oval cut from a photograph that stands in the middle at first, and then goes from side to side, evenly.

    Parameters
    ----------
    background : what it moves before, of ``size``.
    size : of the radiance.
    px_s : its speed after ``STEADY_S``, in pixels per second.

    Attributes
    ----------
    subject_px : width and height of the subject.
    top_px : the row of its upper end.
    """

    def __init__(self, background: Scene, size: Size, px_s: float) -> None:
        self._background = background
        self.px_s = px_s
        height = max(2, round(SUBJECT_HEIGHT * size.height_px))
        width = min(height, size.width_px)
        self.subject_px = Size(width, height)
        light = linearised(shipped_photograph(PHOTOGRAPH))
        face = normalised(fitted(np.asarray(light, np.float32), Size(width, height)))
        down, across = (2 * (np.arange(side, dtype=np.float32) + 0.5) / side - 1 for side in (height, width))
        edge_px = 2.0  # soft, as of anything a lens sees
        inside = 1 - np.hypot(across, down[:, np.newaxis])
        cover = np.clip(inside * min(width, height) / 2 / edge_px, 0, 1)[..., np.newaxis]
        # Light and cover together, summed from the left: what a pixel sees is a difference of two of these sums. What
        # it sees on average while the subject goes by is a difference of two sums of them.
        sums = np.cumsum(np.concatenate([face * cover, cover], axis=2, dtype=np.float64), axis=1)
        self._sums = np.pad(sums, ((0, 0), (1, 0), (0, 0)))
        halves = (self._sums[:, 1:] + self._sums[:, :-1]) / 2
        self._sums_of_sums = np.pad(np.cumsum(halves, axis=1), ((0, 0), (1, 0), (0, 0)))
        self.top_px = (size.height_px - height) // 2
        self._way_px = size.width_px - width
        self._shown: tuple[Radiance, tuple[float, float]] | None = None
        self._picture: Radiance = np.empty((0, 0, 3), np.float32)

    def left_px(self, time_s: float) -> float:
        """Where its left edge is."""
        if not self._way_px:
            return 0.0
        gone_px = self._way_px / 2 + self.px_s * max(time_s - STEADY_S, 0.0)
        return self._way_px - abs(self._way_px - gone_px % (2 * self._way_px))

    def radiance(self, time_s: float) -> Radiance:
        """The scene at one moment, (H, W, 3) float32."""
        return self.mean_radiance(time_s, 0.0)

    def mean_radiance(self, start_s: float, time_s: float) -> Radiance:
        """The mean of the scene while a picture is exposed, (H, W, 3) float32.

        Where the subject turns round in between, it is smeared over the way between where it is at first and at last.
        """
        behind = exposed(self._background, start_s, time_s)
        first_px, last_px = self.left_px(start_s), self.left_px(start_s + time_s)
        ends = min(first_px, last_px), max(first_px, last_px)
        if self._shown is not None and self._shown[0] is behind and self._shown[1] == ends:
            return self._picture
        smeared = self._smeared(*ends, behind.shape[1])
        rows = slice(self.top_px, self.top_px + smeared.shape[0])
        picture = behind.copy()
        picture[rows] = picture[rows] * (1 - smeared[..., 3:]) + smeared[..., :3]
        self._picture, self._shown = freeze(picture), (behind, ends)
        return self._picture

    def _smeared(self, first_px: float, last_px: float, width_px: int) -> NDArray[np.float32]:
        """(rows, width, 4): light and cover of the subject while its left edge goes evenly from first to last."""
        way_px = max(last_px - first_px, LEAST_WAY_PX)
        edges = np.arange(width_px + 1, dtype=np.float64)  # of the pixels
        passed = self._summed(edges - first_px) - self._summed(edges - first_px - way_px)
        return np.asarray(np.diff(passed, axis=1) / way_px, np.float32)

    def _summed(self, up_to_px: NDArray[np.float64]) -> NDArray[np.float64]:
        """Integral of the sums from the subject's left up to each of ``up_to_px``, (rows, N, 4)."""
        width_px = self._sums.shape[1] - 1
        inside = np.clip(up_to_px, 0, width_px)
        whole = np.minimum(inside.astype(int), width_px - 1)
        share = (inside - whole)[:, np.newaxis]
        sums = self._sums[:, whole]
        integral = self._sums_of_sums[:, whole] + sums * share + (self._sums[:, whole + 1] - sums) * share**2 / 2
        beyond = np.maximum(up_to_px - width_px, 0)[:, np.newaxis]
        return np.asarray(integral + self._sums[:, -1:] * beyond)
