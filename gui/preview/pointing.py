"""What pointing at the picture means to the loop: tap to expose, back to attention, a painted mask; with its keys."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PyQt6.QtCore import QObject, pyqtSignal

from autoexposure.control.commands import UsePolicy
from autoexposure.control.snapshot import Snapshot
from autoexposure.metering.classical import SpotMeter
from gui.actions.actions import Actions
from gui.bridge.services import MeterChoice
from gui.preview.mask_brush import RADIUS_STEP, MaskBrush
from gui.preview.view import PreviewView
from gui.preview.viewport import ZOOM_STEP, Point
from gui.text import texts


class Pointing(QObject):
    """Joins picture, brush and actions; ``command`` carries commands for the loop.

    ``meters`` : the first of them is the one a double click goes back to.
    """

    command = pyqtSignal(object)

    def __init__(self, actions: Actions, preview: PreviewView, brush: MaskBrush, meters: Sequence[MeterChoice]) -> None:
        super().__init__()
        self._actions = actions
        self._preview = preview
        self._brush = brush
        self.home = meters[0].make_policy
        self._spot = False
        hand = preview.pointer
        hand.tapped.connect(self._tap)
        hand.untapped.connect(self._untap)
        actions["untap"].triggered.connect(self._untap)
        actions["mask"].toggled.connect(self._paint)
        actions["mask_clear"].triggered.connect(self._clear)
        actions["brush_smaller"].triggered.connect(lambda: brush.resize(1 / RADIUS_STEP))
        actions["brush_larger"].triggered.connect(lambda: brush.resize(RADIUS_STEP))
        actions["zoom_in"].triggered.connect(lambda: hand.zoom(ZOOM_STEP))
        actions["zoom_out"].triggered.connect(lambda: hand.zoom(1 / ZOOM_STEP))
        actions["zoom_fit"].triggered.connect(lambda: hand.zoom(0))

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Follow the loop's own spot and mask."""
        self._spot = snapshot.spot is not None
        self._brush.show_snapshot(snapshot)
        self._actions.allow("untap", "" if self._spot else texts.NO_SPOT)

    def _tap(self, at: Point) -> None:
        self.command.emit(UsePolicy(partial(SpotMeter, at.x, at.y)))
        self._preview.toast(texts.SPOT_SET, "accent")

    def _untap(self) -> None:
        if self._spot:
            self.command.emit(UsePolicy(self.home))
            self._preview.toast(texts.SPOT_LEFT, "accent")

    def _paint(self, on: bool) -> None:
        self._preview.set_painting(on)
        if on:
            self._preview.toast(texts.MASK_ON, "accent")

    def _clear(self) -> None:
        self._brush.clear()
        self._preview.toast(texts.MASK_CLEARED, "accent")
