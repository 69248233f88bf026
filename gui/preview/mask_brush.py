"""The brush that paints a mask on the picture, and the mask's way to the loop."""

from __future__ import annotations

import time
from collections.abc import Callable

from PyQt6.QtCore import QObject, pyqtSignal

from autoexposure.control.commands import UseMask
from autoexposure.control.snapshot import Snapshot
from autoexposure.metering.drawing import Layer
from autoexposure.metering.policy import Map
from gui.bridge.optimistic import Wish
from gui.preview.mask_painting import MaskPainting
from gui.preview.viewport import Point

RADII = (0.02, 0.2)
"""Smallest and largest brush, in widths of the picture."""
RADIUS_STEP = 1.25
SEND_EVERY_S = 0.15
"""While a stroke is drawn the loop hears of it this often: each mask begins a new search."""


class MaskBrush(QObject):
    """What is painted here goes out as ``wished``; a mask that the loop has dropped is dropped here too."""

    wished = pyqtSignal(object)
    changed = pyqtSignal()

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._painting = MaskPainting()
        self._layer: Layer | None = None
        self._wish: Wish[bool] = Wish()
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

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Follow the loop: another camera, and what was painted on the last one's picture is gone."""
        masked = self._wish.shown(snapshot.mask is not None)
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
        self._wish.ask(mask is not None)
        self.wished.emit(UseMask(mask))

    def _show(self) -> None:
        self._layer = self._painting.layer()
        self.changed.emit()
