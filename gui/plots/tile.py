"""One plot: a quantity over the last seconds, with dots where the camera was written to and lines for what happened."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QColor, QFont
from PyQt6.QtWidgets import QSizePolicy
from pyqtgraph.GraphicsScene.mouseEvents import MouseClickEvent

from gui.plots.axes import Axis, Ends, age_ticks
from gui.plots.history import LIGHT, WINDOW_S, Window
from gui.style.palette import Palette
from gui.style.theme import Theme
from gui.text import texts
from gui.widgets.card import Card
from gui.widgets.controls import label

EDGE = 0.08
"""Share of the height left free beyond the ends, so that a tick there can be written."""
GAP_S = 2.0
"""Longer without a picture, and the line is interrupted; slow cameras send one in a second."""
CLOSEST_S = 1.0
"""No further is zoomed in."""
MARK_COLOURS = {"under": "blue", "well": "converged", "over": "searching", LIGHT: "inactive"}


def mark_colour(kind: str, palette: Palette) -> QColor:
    """Colour of an event wherever it is shown."""
    return QColor(getattr(palette, MARK_COLOURS[kind]))


class PlotTile(Card):
    """One plot with its name and newest value above it."""

    reset_asked = pyqtSignal()
    range_changed = pyqtSignal()

    def __init__(self, axis: Axis, theme: Theme) -> None:
        super().__init__(axis.title)
        self.axis = axis
        self._theme = theme
        self.frame.setContentsMargins(12, 8, 8, 6)
        self.frame.setSpacing(2)
        self._newest = label("")
        self.setToolTip(texts.PLOT_TIP.format(title=axis.title))
        self.head.addWidget(self._newest)
        self.plot = _plot_widget(axis.title)
        self._grid = self._line()  # not pyqtgraph's own: that has the axes drawn anew with every change
        self._band = self._line()
        self._second = self._line()
        self._zero = pg.InfiniteLine(0, angle=0)
        if axis.zero:
            self.plot.addItem(self._zero)
        self._curve = self._line()
        self._writes = pg.ScatterPlotItem(size=5, symbol="o", pxMode=True)
        self.plot.addItem(self._writes)
        self._marks = {kind: self._line() for kind in MARK_COLOURS}
        self._ends = Ends(0.0, 0.0)
        self.body.addWidget(self.plot)
        self.plot.sigXRangeChanged.connect(self._x_changed)
        self.plot.scene().sigMouseClicked.connect(self._clicked)
        self._x_changed()
        theme.changed.connect(self._tint)
        self._tint()

    @property
    def newest(self) -> str:
        """The newest value in words."""
        return self._newest.text()

    @property
    def shown_s(self) -> tuple[float, float]:
        """(start, end) of the time on show, as ages <= 0 in seconds."""
        start_s, end_s = self.plot.viewRange()[0]
        return float(start_s), float(end_s)

    def show_span(self, start_s: float, end_s: float) -> None:
        """Show the time between these ages."""
        self.plot.setXRange(start_s, end_s, padding=0)

    def show_window(self, window: Window) -> None:
        """Draw these samples."""
        values = self.axis.values(window)
        second = self.axis.second(window) if self.axis.second is not None else np.full_like(values, np.nan)
        start_s, end_s = self.shown_s
        seen = (window.age_s >= start_s) & (window.age_s <= end_s)
        ends = self.axis.ends(values[seen])
        if ends != self._ends:
            self._ends = ends
            self.plot.setYRange(ends.low, ends.high, padding=EDGE)
            ticks = self.axis.ticks(ends)
            self.plot.getAxis("left").setTicks([ticks])
            self._grid.setData(*_lines([at for at, _ in ticks]), connect="pairs")
        if self.axis.band is not None:
            self._band.setData(*_bars(window.age_s, values, self.axis.band(window)), connect="pairs")
        self._curve.setData(*with_gaps(window.age_s, values), connect="finite")
        if self.axis.second is not None:
            self._second.setData(*with_gaps(window.age_s, second), connect="finite")
        wrote = window.wrote & np.isfinite(values)
        self._writes.setData(window.age_s[wrote], values[wrote])
        for kind, item in self._marks.items():
            item.setData(*_posts([mark.at_s for mark in window.marks if mark.kind == kind], ends), connect="pairs")
        known = len(values) > 0 and np.isfinite(values[-1])
        self._newest.setText(self.axis.text(float(values[-1]), float(second[-1])) if known else texts.UNKNOWN)

    def _line(self) -> pg.PlotCurveItem:
        """A bare line; pyqtgraph's usual one brings dots along, which cost time although there are none."""
        line = pg.PlotCurveItem()
        self.plot.addItem(line, ignoreBounds=True)
        return line

    def _clicked(self, click: MouseClickEvent) -> None:
        if click.double():
            self.reset_asked.emit()

    def _x_changed(self) -> None:
        self.plot.getAxis("bottom").setTicks([age_ticks(*self.shown_s)])
        self.range_changed.emit()

    def _tint(self) -> None:
        palette = self._theme.palette
        colour = getattr(palette, self.axis.colour)
        self.plot.setBackground(palette.card)
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * 0.8)
        for side in ("left", "bottom"):
            axis = self.plot.getAxis(side)
            axis.setPen(pg.mkPen(palette.border))
            axis.setTextPen(palette.muted)
            axis.setTickFont(font)
        self._grid.setPen(pg.mkPen(palette.border, width=1))
        self._band.setPen(pg.mkPen(palette.pressed, width=1))
        self._curve.setPen(pg.mkPen(colour, width=1.5))
        self._second.setPen(pg.mkPen(palette.muted, width=1, style=Qt.PenStyle.DashLine))
        self._zero.setPen(pg.mkPen(palette.faint))
        self._writes.setPen(None)
        self._writes.setBrush(pg.mkBrush(palette.text))
        for kind, item in self._marks.items():
            style = Qt.PenStyle.DotLine if kind == LIGHT else Qt.PenStyle.SolidLine
            width = 1.0 if kind == LIGHT else 1.5
            item.setPen(pg.mkPen(mark_colour(kind, palette), width=width, style=style))


def _plot_widget(name: str) -> pg.PlotWidget:
    """A bare plot whose time can be zoomed and moved by the mouse, and nothing else."""
    plot = pg.PlotWidget(enableMenu=False)
    plot.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
    plot.setMinimumHeight(56)
    plot.setMouseEnabled(x=True, y=False)
    plot.hideButtons()
    plot.setLimits(xMin=-WINDOW_S, xMax=0, minXRange=CLOSEST_S)
    plot.setXRange(-WINDOW_S, 0, padding=0)
    plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    plot.viewport().setFocusPolicy(Qt.FocusPolicy.NoFocus)
    plot.setFrameShape(plot.Shape.NoFrame)
    plot.setAccessibleName(name)
    for side in ("left", "bottom"):
        plot.getAxis(side).setStyle(tickLength=0, autoExpandTextSpace=False)
    plot.getAxis("left").setWidth(46)
    plot.getAxis("left").setTicks([[]])  # until there is a value
    plot.getAxis("bottom").setHeight(18)
    return plot


def with_gaps(age_s: NDArray[np.float64], values: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """(N + gaps,) ages and values with a NaN where no picture came for a while: no line is drawn through nothing."""
    after = np.flatnonzero(np.diff(age_s) > GAP_S) + 1
    return np.insert(age_s, after, age_s[after]), np.insert(values, after, np.nan)


def _lines(levels: Sequence[float]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Ends of level lines over all of the time, in pairs."""
    return np.tile(np.asarray((-WINDOW_S, 0.0)), len(levels)), np.repeat(np.asarray(levels, float), 2)


def _bars(
    age_s: NDArray[np.float64], values: NDArray[np.float64], half: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Ends of a bar around each of the values that has a width, in pairs; there are so many that they make a band."""
    known = np.isfinite(values) & np.isfinite(half)
    ends = np.stack((values - half, values + half), axis=1)[known]
    return np.repeat(age_s[known], 2), ends.ravel()


def _posts(at_s: Sequence[float], ends: Ends) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Ends of vertical lines at these moments, in pairs."""
    return np.repeat(np.asarray(at_s, float), 2), np.tile(np.asarray((ends.low, ends.high), float), len(at_s))
