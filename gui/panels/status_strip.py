"""The line at the bottom: state, camera, size, rate, latency, dropped pictures."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel, QStatusBar

from autoexposure.control.snapshot import Snapshot
from gui.panels.exposure_panel import say_state
from gui.style.theme import Theme
from gui.text import texts
from gui.widgets.controls import Chip, label, plain_tip

SMOOTHING = 0.1
"""Share of the newest value in the latency shown: a number that jumps 30 times a second can't be read."""


class StatusStrip(QStatusBar):
    """Numbers of the loop as it runs; widths are fixed so that nothing dances."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setSizeGripEnabled(False)
        self.setContentsMargins(8, 0, 8, 6)
        self.chip = Chip(theme)
        self._camera = label(texts.STATUS_NO_CAMERA)
        self._size = self._number("0000 × 0000", texts.STATUS_SIZE_TIP)
        self._rate = self._number("000.0 fps", texts.STATUS_RATE_TIP)
        self._latency = self._number("000.0 ms", texts.STATUS_LATENCY_TIP)
        self._dropped = self._number("0000 dropped", texts.STATUS_DROPPED_TIP)
        self.addWidget(self.chip)
        self.addWidget(self._camera, 1)
        for shown in (self._size, self._rate, self._latency, self._dropped):
            self.addPermanentWidget(shown)
        self._latency_s = 0.0

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show this turn."""
        say_state(self.chip, snapshot)
        self._camera.setText(snapshot.camera.name if snapshot.camera is not None else texts.STATUS_NO_CAMERA)
        self._camera.setToolTip(plain_tip(snapshot.camera.detail) if snapshot.camera is not None else "")
        if snapshot.frame is None:
            for shown in (self._size, self._rate, self._latency, self._dropped):
                shown.setText("")
            return
        width, height = snapshot.frame.size_px
        self._size.setText(texts.STATUS_SIZE.format(width=width, height=height))
        self._rate.setText(texts.STATUS_RATE.format(rate=snapshot.frame_rate))
        self._latency_s += SMOOTHING * (snapshot.timings.latency_s - self._latency_s)
        self._latency.setText(texts.STATUS_LATENCY.format(ms=1000 * self._latency_s))
        self._dropped.setText(texts.STATUS_DROPPED.format(count=snapshot.dropped))

    def _number(self, widest: str, tip: str) -> QLabel:
        shown = label("")
        shown.setMinimumWidth(shown.fontMetrics().horizontalAdvance(widest))
        shown.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        shown.setToolTip(tip)
        return shown
