"""How fast what matters in the picture moves, from one preview to the next.

A grid of points is followed from preview to preview by sparse optical flow (Lucas and Kanade, in a pyramid). Brightness
is divided by that around it first, so that neither an exposure that changes nor a lamp looks like motion. A point
counts as much as the meter's attention there; the camera's own motion and a subject's count alike, since both blur.
"""

from __future__ import annotations

import math
from collections import deque

import cv2
import numpy as np
from numpy.typing import NDArray

from autoexposure.metering.policy import MAP_SIDE, Map
from autoexposure.metering.preview import SIDE_PX, Preview
from autoexposure.process.turns import COMPUTING
from autoexposure.response import REC709

POINTS_ALONG = 8
"""The grid has so many points in each row and column: few enough for a small share of a turn, and a head before a
webcam has ten of them."""

WINDOW_PX = 9
"""Side of what is compared around a point, in pixels of the preview: the smallest that tells noise from motion."""

LEVELS = 2
"""Halvings of the preview that flow begins at: with two it follows up to 13 of its pixels from frame to frame, 2000
pixels a second in a picture of 640 at 30 a second."""

ITERATIONS = 5
"""With fewer the fastest motions that can be followed come out too slow."""

AROUND_PX = 15
"""Side of the surroundings by whose brightness a pixel is divided, in pixels of the preview."""

FLOOR = 16.0
"""Added to that brightness, in code values: noise in the dark is no texture."""

LEAST_TEXTURE = 3e-3
"""Smallest eigenvalue of a point's gradients (as OpenCV scales it) for which its motion can be told from noise: with a
third of it pictures in the dark seem to move twice as fast."""

MOST_ERROR = 12.0
"""Mean difference of a point's two surroundings, where even brightness is 96, from which on it was lost on the way."""

LEAST_POINTS = 5
"""Fewer points with texture say nothing of the picture's motion: it is then taken for still."""

SHARE = 0.2
"""What moves counts from this share of the attention on: the speed is the one that this share of it has at least."""

LONGEST_GAP_S = 0.5
"""Pictures that lie further apart are not compared: what moves is somewhere else by then."""

SMOOTH_S = 0.1
"""Time constant of the low-pass: motion is answered within some pictures."""

HOLD_S = 1.5
"""The fastest of so long counts: who waves stands still twice a second, and who pauses in a talk soon goes on."""

MEDIAN_OF = 3
"""A single picture in which everything seems to jump, as when a lamp is switched, is no motion."""


class SpeedMeter:
    """Follows one camera's pictures."""

    def __init__(self) -> None:
        along = (np.arange(POINTS_ALONG, dtype=np.float32) + 0.5) * (SIDE_PX / POINTS_ALONG)
        self._points = np.stack(np.meshgrid(along, along), axis=-1).reshape(-1, 1, 2)
        cells = (self._points[:, 0] * (MAP_SIDE / SIDE_PX)).astype(int)
        self._columns, self._rows = cells[:, 0], cells[:, 1]
        self.forget()

    def forget(self) -> None:
        """There is another camera, or its pictures are no longer a row."""
        self._before: NDArray[np.uint8] | None = None
        self._before_s = -math.inf
        self._newest: deque[float] = deque([0.0] * MEDIAN_OF, MEDIAN_OF)
        self._smooth_px_s = 0.0
        self._held: deque[tuple[float, float]] = deque()  # when, how fast

    def look(
        self, preview: Preview, timestamp_s: float, size_px: tuple[int, int], attention: Map | None = None
    ) -> float:
        """Take in the next picture.

        Parameters
        ----------
        preview : of it, (1, 3, 128, 128) float32, code values 0..255.
        timestamp_s : when it was taken.
        size_px : (width, height) of the full picture.
        attention : (15, 15) how much each part of it matters; None for all alike.

        Returns
        -------
        float
            Speed in pixels of the full picture per second: the fastest of the last ``HOLD_S``, single jumps left out.
        """
        with COMPUTING:
            now = _even(preview)
            before, self._before = self._before, now
            gap_s, self._before_s = timestamp_s - self._before_s, timestamp_s
            if before is None or not 0 < gap_s <= LONGEST_GAP_S:
                return self._fastest(timestamp_s)
            moved_px = self._moved_px(before, now, size_px, attention)
        self._newest.append(moved_px / gap_s)
        middle_px_s = sorted(self._newest)[MEDIAN_OF // 2]
        self._smooth_px_s += (middle_px_s - self._smooth_px_s) * -math.expm1(-gap_s / SMOOTH_S)
        while self._held and self._held[-1][1] <= self._smooth_px_s:  # it will not be the fastest any more
            self._held.pop()
        self._held.append((timestamp_s, self._smooth_px_s))
        return self._fastest(timestamp_s)

    def _fastest(self, now_s: float) -> float:
        while self._held and not now_s - HOLD_S <= self._held[0][0] <= now_s:
            self._held.popleft()
        return self._held[0][1] if self._held else 0.0

    def _moved_px(
        self, before: NDArray[np.uint8], now: NDArray[np.uint8], size_px: tuple[int, int], attention: Map | None
    ) -> float:
        found, followed, error = cv2.calcOpticalFlowPyrLK(
            before,
            now,
            self._points,
            np.empty_like(self._points),
            winSize=(WINDOW_PX, WINDOW_PX),
            maxLevel=LEVELS,
            criteria=(cv2.TERM_CRITERIA_COUNT + cv2.TERM_CRITERIA_EPS, ITERATIONS, 0.03),
            minEigThreshold=LEAST_TEXTURE,
        )
        good = (followed[:, 0] > 0) & (error[:, 0] <= MOST_ERROR)
        if np.count_nonzero(good) < LEAST_POINTS:
            return 0.0
        across, down = (np.asarray(size_px) / SIDE_PX * (found - self._points)[good, 0]).T
        weights = None if attention is None else attention[self._rows[good], self._columns[good]]
        return _exceeded_by(SHARE, np.hypot(across, down), weights)


def _even(preview: Preview) -> NDArray[np.uint8]:
    """(128, 128) uint8: luma over that of its surroundings, 96 where both are alike."""
    red, green, blue = preview[0]
    luma = cv2.addWeighted(red, REC709[0], green, REC709[1], 0.0)
    luma = cv2.addWeighted(luma, 1.0, blue, REC709[2], FLOOR)
    around = cv2.blur(luma, (AROUND_PX, AROUND_PX))
    return np.asarray(cv2.divide(luma, around, scale=96.0, dtype=cv2.CV_8U), np.uint8)


def _exceeded_by(share: float, values: NDArray[np.floating], weights: NDArray[np.floating] | None) -> float:
    """The value that ``share`` of the weight has at least; without weights, or with none left, all count alike."""
    order = np.argsort(values)
    counted = np.ones_like(values) if weights is None or not weights.sum() > 0 else weights
    reached = np.cumsum(counted[order])
    return float(values[order][np.searchsorted(reached, (1 - share) * reached[-1])])
