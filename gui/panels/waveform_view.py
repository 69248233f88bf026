"""The waveform of the picture on screen."""

from __future__ import annotations

import numpy as np
from PyQt6.QtCore import QLineF, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from gui.panels.waveform import Trace
from gui.style.theme import Theme
from gui.text import texts


class WaveformView(QWidget):
    """The trace on a dark ground in both themes: it is made of light."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.trace: Trace | None = None
        theme.changed.connect(self.update)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.MinimumExpanding)
        self.setMinimumHeight(64)
        self.setAccessibleName(texts.WAVEFORM)
        self.setToolTip(texts.WAVEFORM_TIP)

    def sizeHint(self) -> QSize:
        return QSize(200, 96)

    def show_trace(self, trace: Trace | None) -> None:
        """Draw this one, or none."""
        self.trace = trace
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        area = QRectF(self.rect()).adjusted(0, 0, 0, -1)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.palette.stage))
        painter.drawRoundedRect(area, 6, 6)
        inner = area.adjusted(4, 4, -4, -4)
        if self.trace is not None:
            height, width = self.trace.shape[:2]
            lit = np.dstack([self.trace, self.trace.max(axis=2)])  # colours are already multiplied by this alpha
            image = QImage(lit.tobytes(), width, height, 4 * width, QImage.Format.Format_RGBA8888_Premultiplied)
            painter.drawImage(inner, image)
        for quarter in range(5):
            level = inner.top() + quarter / 4 * inner.height()
            painter.setPen(QColor(255, 255, 255, 70 if quarter in (0, 4) else 38))
            painter.drawLine(QLineF(inner.left(), level, inner.right(), level))
