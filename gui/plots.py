"""The last half minute as four small plots: delta EV, EV, exposure time, gain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtGui import QColor, QFont
from PyQt6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from gui import texts
from gui.controls import Card, label
from gui.history import WINDOW_S, History, Window
from gui.palette import Palette
from gui.plot_axes import AXES, Axis, value_range
from gui.theme import Theme

REFRESH_MS = 100
EDGE = 0.08
"""Share of the height left free beyond the ends, so that a tick there can be written."""


class PlotTile(Card):
    """One plot with its name and newest value above it."""

    def __init__(self, axis: Axis, theme: Theme) -> None:
        super().__init__(axis.title)
        self._axis = axis
        self._theme = theme
        self.body.setContentsMargins(12, 8, 8, 6)
        self.body.setSpacing(2)
        self._newest = label("")
        self.setToolTip(texts.PLOT_TIP.format(title=axis.title))
        self.head.addWidget(self._newest)
        self._plot: Any = pg.PlotWidget()
        self._plot.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._plot.setMinimumHeight(56)
        self._plot.setMouseEnabled(x=False, y=False)
        self._plot.setMenuEnabled(False)
        self._plot.hideButtons()
        self._plot.setXRange(-WINDOW_S, 0, padding=0)
        self._plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._plot.viewport().setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._plot.setFrameShape(self._plot.Shape.NoFrame)
        self._plot.setAccessibleName(axis.title)
        for side in ("left", "bottom"):
            self._plot.getAxis(side).setStyle(tickLength=0, autoExpandTextSpace=False)
        self._plot.getAxis("left").setWidth(46)
        self._plot.getAxis("left").setTicks([[]])  # until there is a value
        self._plot.getAxis("bottom").setHeight(18)
        self._plot.getAxis("bottom").setTicks([[(-20, "−20 s"), (-10, "−10 s")]])
        self._target: Any = self._plot.plot()
        self._zero: Any = pg.InfiniteLine(0, angle=0)
        if axis.symmetric:
            self._plot.addItem(self._zero)
        self._curve: Any = self._plot.plot()
        self._writes: Any = pg.ScatterPlotItem(size=5, symbol="o", pxMode=True)
        self._plot.addItem(self._writes)
        self._marks: Any = {kind: self._plot.plot() for kind in MARK_COLOURS}
        self._range = (0.0, 0.0)
        self.body.addWidget(self._plot)
        theme.changed.connect(self._tint)
        self._tint()

    @property
    def newest(self) -> str:
        """The newest value in words."""
        return self._newest.text()

    def show_window(self, window: Window) -> None:
        """Draw these samples."""
        values = self._axis.values(window)
        ends = value_range(values, symmetric=self._axis.symmetric)
        if ends != self._range:
            self._range = ends
            self._plot.setYRange(*ends, padding=EDGE)
            self._plot.getAxis("left").setTicks([self._ticks(ends)])
        self._curve.setData(window.age_s, values, connect="finite")
        if self._axis.title == texts.PLOT_EV:
            self._target.setData(window.age_s, window.target_ev, connect="finite")
        wrote = window.wrote & np.isfinite(values)
        self._writes.setData(window.age_s[wrote], values[wrote])
        for kind, item in self._marks.items():
            item.setData(*_posts([mark.at_s for mark in window.marks if mark.kind == kind], ends), connect="pairs")
        newest = values[-1] if len(values) else np.nan
        self._newest.setText(self._axis.text(float(newest)) if np.isfinite(newest) else texts.UNKNOWN)

    def _ticks(self, ends: tuple[float, float]) -> list[tuple[float, str]]:
        low, high = ends
        step = 1 if high - low <= 4 else 2 if high - low <= 8 else 4
        first = int(np.ceil(low / step)) * step
        return [(float(tick), self._axis.tick(float(tick))) for tick in range(first, int(np.floor(high)) + 1, step)]

    def _tint(self) -> None:
        palette = self._theme.palette
        colour = getattr(palette, self._axis.colour)
        self._plot.setBackground(palette.card)
        for side in ("left", "bottom"):
            axis = self._plot.getAxis(side)
            axis.setPen(pg.mkPen(palette.border))
            axis.setTextPen(palette.muted)
            font = QFont(self.font())
            font.setPointSizeF(font.pointSizeF() * 0.8)
            axis.setTickFont(font)
        self._plot.showGrid(x=False, y=True, alpha=0.16)
        self._curve.setPen(pg.mkPen(colour, width=1.5))
        self._target.setPen(pg.mkPen(palette.muted, width=1, style=Qt.PenStyle.DashLine))
        self._zero.setPen(pg.mkPen(palette.faint))
        self._writes.setPen(None)
        self._writes.setBrush(pg.mkBrush(palette.text))
        for kind, item in self._marks.items():
            item.setPen(pg.mkPen(mark_colour(kind, palette), width=1.5))


MARK_COLOURS = {"under": "blue", "well": "converged", "over": "searching"}


def mark_colour(kind: str, palette: Palette) -> QColor:
    """Colour of an answer wherever it is shown."""
    return QColor(getattr(palette, MARK_COLOURS[kind]))


def _posts(at_s: Sequence[float], ends: tuple[float, float]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Ends of vertical lines at these moments, in pairs."""
    return np.repeat(np.asarray(at_s, float), 2), np.tile(np.asarray(ends, float), len(at_s))


class Plots(QWidget):
    """The four tiles, refreshed ten times a second while there is something new and someone can see it."""

    def __init__(self, theme: Theme, history: History) -> None:
        super().__init__()
        self._history = history
        self._stale = False
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 0, 0)
        row.setSpacing(8)
        self.tiles = [PlotTile(axis, theme) for axis in AXES]
        for tile in self.tiles:
            row.addWidget(tile, 1)
        self._timer = QTimer(self)
        self._timer.setInterval(REFRESH_MS)
        self._timer.timeout.connect(self.refresh)
        self._timer.start()

    def note(self) -> None:
        """Something was added to the history."""
        self._stale = True

    def refresh(self) -> None:
        """Draw what is new."""
        if not self._stale or not self.isVisible():
            return
        self._stale = False
        window = self._history.window()
        for tile in self.tiles:
            tile.show_window(window)
