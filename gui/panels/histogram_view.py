"""Histogram and waveform of the picture on screen, with the shares that are clipped."""

from __future__ import annotations

import numpy as np
from PyQt6.QtCore import QLineF, QPointF, QRectF, QSettings, QSize, Qt, QTimer
from PyQt6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen, QPolygonF
from PyQt6.QtWidgets import QHBoxLayout, QSizePolicy, QStackedWidget, QWidget

from autoexposure.control.snapshot import Snapshot
from autoexposure.frame import Frame
from gui.actions.actions import Actions
from gui.orientation import AS_IT_IS, Orientation
from gui.panels.histogram import BINS, Histogram, Trace, histogram, waveform
from gui.panels.side_panel import Panel
from gui.style.theme import Theme
from gui.text import texts
from gui.widgets.controls import ActionButton, Segments, label

REFRESH_MS = 66
"""Fifteen histograms a second: more the eye can't follow."""
MOST_HEIGHT_PX = 260
WARN_SHARE = 0.01
"""From this clipped share on the number is drawn in a warning colour."""
LEAST_SHARE = 1e-4
"""The foot of the logarithmic histogram: one pixel in ten thousand."""
SCOPE_ACTIONS = ("scope", "scope_luma", "scope_log")


class HistogramCard(Panel):
    """Histogram or waveform, in red, green and blue or as brightness; in the title's row how much is clipped."""

    def __init__(self, theme: Theme, actions: Actions, settings: QSettings) -> None:
        super().__init__(texts.HISTOGRAM)
        self._theme = theme
        self._actions = actions
        self._settings = settings
        self._frame: Frame | None = None
        self._turned = AS_IT_IS
        self._stale = False
        self._shadows = label("", "muted", scale=0.9)
        self._highlights = label("", "muted", scale=0.9)
        for shown, text in ((self._shadows, texts.SHADOWS_CLIPPED), (self._highlights, texts.HIGHLIGHTS_CLIPPED)):
            widest = text.format(share=texts.CLIPPED_SHARE.format(percent=99.9))
            shown.setMinimumWidth(shown.fontMetrics().horizontalAdvance(widest))
            shown.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.head.addWidget(shown)
        row = QHBoxLayout()
        self._kinds = Segments([texts.LEVELS, texts.WAVE], texts.HISTOGRAM, actions["scope"].toolTip())
        row.addWidget(self._kinds)
        row.addStretch(1)
        for name in ("scope_luma", "scope_log"):
            button = ActionButton(actions[name], role="segment")
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
            row.addWidget(button)
        self.body.addLayout(row)
        self.curves = HistogramCurves(theme)
        self.curves.setToolTip(texts.HISTOGRAM_TIP)
        self.waveform = WaveformView(theme)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.curves)
        self._stack.addWidget(self.waveform)
        self.body.addWidget(self._stack, 1)
        self.setMaximumHeight(MOST_HEIGHT_PX)
        for name in SCOPE_ACTIONS:
            actions.check(name, str(settings.value(f"scope/{name}", "false")) == "true")
            actions[name].toggled.connect(self._choose)
        self._kinds.chosen.connect(lambda index: actions["scope"].setChecked(bool(index)))
        self._timer = QTimer(self)
        self._timer.setInterval(REFRESH_MS)
        self._timer.timeout.connect(self.refresh)
        self._timer.start()
        self._choose()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Count this turn's picture soon; without one the histogram is emptied."""
        if snapshot.frame is not self._frame:
            self._frame, self._stale = snapshot.frame, True

    def turn(self, turned: Orientation) -> None:
        """Draw the waveform of the picture turned like this, as it is on screen."""
        self._turned, self._stale = turned, True

    def refresh(self) -> None:
        """Count the newest picture, unless it already was or the card is out of view."""
        if not self._stale or not self.isVisible():
            return
        self._stale = False
        if self._frame is None:
            self.curves.show_histogram(None)
            self.waveform.show_trace(None)
            self._shadows.setText("")
            self._highlights.setText("")
            return
        counted = histogram(self._frame.pixels)
        self.curves.show_histogram(counted)
        if self.waveform.isVisible():
            luma = self._actions["scope_luma"].isChecked()
            self.waveform.show_trace(waveform(self._turned.apply(self._frame.pixels), luma=luma))
        for shown, share, text in (
            (self._shadows, counted.shadows, texts.SHADOWS_CLIPPED),
            (self._highlights, counted.highlights, texts.HIGHLIGHTS_CLIPPED),
        ):
            percent = texts.CLIPPED_SHARE.format(percent=100 * share) if share >= 0.0005 else texts.CLIPPED_NONE
            shown.setText(text.format(share=percent))
            colour = self._theme.palette.searching if share >= WARN_SHARE else self._theme.palette.muted
            if shown.property("tint") != colour:
                shown.setProperty("tint", colour)
                shown.setStyleSheet(f"color: {colour};")

    def _choose(self) -> None:
        chosen = {name: self._actions[name].isChecked() for name in SCOPE_ACTIONS}
        for name, on in chosen.items():
            self._settings.setValue(f"scope/{name}", "true" if on else "false")
        self._kinds.choose(int(chosen["scope"]))
        self._stack.setCurrentIndex(int(chosen["scope"]))
        self._actions.allow("scope_log", texts.NO_LOG if chosen["scope"] else "")
        self.curves.choose(luma=chosen["scope_luma"], logarithmic=chosen["scope_log"])
        self._stale = True


class HistogramCurves(QWidget):
    """Red, green and blue as translucent hills, brightness as a line over them."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.histogram: Histogram | None = None
        self._luma = self._logarithmic = False
        theme.changed.connect(self.update)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.MinimumExpanding)
        self.setMinimumHeight(40)
        self.setAccessibleName(texts.HISTOGRAM)

    def sizeHint(self) -> QSize:
        """The size it likes best, in logical pixels."""
        return QSize(200, 56)

    def choose(self, *, luma: bool, logarithmic: bool) -> None:
        """Draw brightness alone or the colours too; heights as square roots or as logarithms of the shares."""
        self._luma, self._logarithmic = luma, logarithmic
        self.update()

    def show_histogram(self, counted: Histogram | None) -> None:
        """Draw this one, or none."""
        self.histogram = counted
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint it in the theme's colours."""
        palette = self._theme.palette
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(0, 0, 0, -1)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(palette.control))
        painter.drawRoundedRect(area, 6, 6)
        grid = QColor(palette.border)
        painter.setPen(grid)
        for quarter in (0.25, 0.5, 0.75):
            x = area.left() + quarter * area.width()
            painter.drawLine(QPointF(x, area.top() + 1), QPointF(x, area.bottom() - 1))
        if self.histogram is None:
            return
        heights = _heights(self.histogram, logarithmic=self._logarithmic)
        colours = (palette.red, palette.green, palette.blue)
        hills = [(heights[3], palette.luma)] if self._luma else list(zip(heights[:3], colours, strict=True))
        for row, colour in hills:
            line = _line(row, area)
            hill = QPolygonF([QPointF(line[0].x(), area.bottom() - 1), *line, QPointF(line[-1].x(), area.bottom() - 1)])
            fill = QColor(colour)
            fill.setAlphaF(0.30)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(fill)
            painter.drawPolygon(hill)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(palette.luma), 1.3))
        painter.drawPolyline(QPolygonF(_line(heights[3], area)))


def _heights(counted: Histogram, *, logarithmic: bool) -> np.ndarray:
    """(4, BINS) drawn heights 0..1: square roots, so that a small peak beside a large one is still seen, or logarithms.

    The two outermost bins do not set the scale: a clipped sky would flatten all the rest.
    """
    above_foot = np.maximum(counted.curves, LEAST_SHARE) / LEAST_SHARE
    drawn = np.log10(above_foot) if logarithmic else np.sqrt(counted.curves)
    highest = float(drawn[:, 1:-1].max())
    heights: np.ndarray = np.minimum(drawn / highest, 1) if highest > 0 else np.minimum(drawn, 1)
    return heights


def _line(row: np.ndarray, area: QRectF) -> list[QPointF]:
    inner = area.adjusted(1, 4, -1, -1)
    step = inner.width() / (BINS - 1)
    return [QPointF(inner.left() + i * step, inner.bottom() - float(h) * inner.height()) for i, h in enumerate(row)]


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
        """The size it likes best, in logical pixels."""
        return QSize(200, 96)

    def show_trace(self, trace: Trace | None) -> None:
        """Draw this one, or none."""
        self.trace = trace
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint it in the theme's colours."""
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
