"""The brush that paints a mask on the picture, and the mask's way to the loop."""

from __future__ import annotations

import time
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QObject, pyqtSignal

from autoexposure.control.commands import UseMask
from autoexposure.control.snapshot import Snapshot
from autoexposure.metering.drawing import Layer
from autoexposure.metering.policy import MAP_SIDE, Map
from gui.bridge.optimistic import OptimisticValue
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


RADII = (0.02, 0.2)
"""Smallest and largest brush, in widths of the picture."""
RADIUS_STEP = 1.25
SEND_EVERY_S = 0.15
"""While a stroke is drawn the loop hears of it this often: each mask begins a new search."""


class MaskBrush(QObject):
    """What is painted here goes out as ``command``; a mask that the loop has dropped is dropped here too."""

    command = pyqtSignal(object)
    changed = pyqtSignal()

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._paintings = [MaskPainting()]
        self._painting = self._paintings[0]
        self._layer: Layer | None = None
        self._asked_for: OptimisticValue[bool] = OptimisticValue()
        self._last: Point | None = None
        self._counts = True
        self._sent_s = 0.0
        self.radius = 0.06

    @property
    def layer(self) -> Layer | None:
        """The veil over what does not count; the same array until the mask changes."""
        return self._layer

    @property
    def cells(self) -> Map | None:
        """The mask as the loop gets it; None without one."""
        return self._painting.cells()

    @property
    def stroking(self) -> bool:
        """Whether a stroke is being drawn."""
        return self._last is not None

    def press(self, at: Point, aspect: float, *, counts: bool) -> None:
        """Begin a stroke of what may count, or of what may not. ``aspect`` : the picture's width / height."""
        self._last, self._counts = at, counts
        self._stroke(at, aspect)

    def move(self, at: Point, aspect: float) -> None:
        """Go on with it."""
        if self._last is not None:
            self._stroke(at, aspect)

    def release(self) -> None:
        """End it."""
        if self._last is not None:
            self._last = None
            self._send()

    def clear(self) -> None:
        """Let all of the picture count again."""
        self._last = None
        self._painting.clear()
        self._send()
        self._show()

    def resize(self, factor: float) -> None:
        """Make the brush larger or smaller."""
        self.radius = min(max(self.radius * factor, RADII[0]), RADII[1])
        self.changed.emit()

    def turn_to(self, number: int) -> None:
        """Go on with what was painted on the pictures of this one of several cameras."""
        self._last = None
        while number >= len(self._paintings):
            self._paintings.append(MaskPainting())
        self._painting = self._paintings[number]
        self._asked_for.ask(not self._painting.empty)  # until the loop was seen
        self._show()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Follow the loop: another camera, and what was painted on the last one's picture is gone."""
        masked = self._asked_for.shown(snapshot.mask is not None)
        if not masked and not self.stroking and not self._painting.empty:
            self._painting.clear()
            self._show()

    def _stroke(self, at: Point, aspect: float) -> None:
        assert self._last is not None
        self._painting.stroke(self._last, at, self.radius, aspect, counts=self._counts)
        self._last = at
        if self._clock() - self._sent_s >= SEND_EVERY_S:
            self._send()
        self._show()

    def _send(self) -> None:
        self._sent_s = self._clock()
        mask = self._painting.cells()
        self._asked_for.ask(mask is not None)
        self.command.emit(UseMask(mask))

    def _show(self) -> None:
        self._layer = self._painting.layer()
        self.changed.emit()
