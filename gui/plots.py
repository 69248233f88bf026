"""The last half minute as four small plots: delta EV, EV, exposure time, gain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtGui import QColor, QFont
from PyQt6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from autoexposure.exposure import shutter_text
from gui import texts
from gui.controls import Card, label
from gui.exposure_panel import signed
from gui.history import WINDOW_S, History, Series, Window
from gui.palette import Palette
from gui.theme import Theme

REFRESH_MS = 100
LEAST_SPAN_EV = 2.0
"""No plot is zoomed in further: a converged camera is a flat line, not a landscape of noise."""
EDGE = 0.08
"""Share of the height left free beyond the ends, so that a tick there can be written."""
GRID_EV = 0.5
"""Ends of the axes lie on multiples of this, so that they do not creep."""


@dataclass(frozen=True, slots=True)
class Axis:
    """What a plot shows on the vertical axis; all axes are in stops, so the same slope is the same change of light.

    Attributes
    ----------
    title : name of the plot.
    colour : name of a palette colour.
    values : (N,) from a Window, in stops.
    text, tick : a value in words, for the newest value and at the axis.
    symmetric : keep zero in the middle.
    """

    title: str
    colour: str
    values: Callable[[Window], Series]
    text: Callable[[float], str]
    tick: Callable[[float], str]
    symmetric: bool = False


def whole_stops(ev: float) -> str:
    """A tick at a whole EV: ``−3``, ``0``, ``+1``."""
    return f"{ev:+.0f}".replace("-", "−") if ev else "0"


NOMINAL_SHUTTER = dict(
    zip(
        range(-1, -15, -1),
        (
            "1/2",
            "1/4",
            "1/8",
            "1/15",
            "1/30",
            "1/60",
            "1/125",
            "1/250",
            "1/500",
            "1/1000",
            "1/2000",
            "1/4000",
            "1/8000",
            "1/16000",
        ),
        strict=True,
    )
)
"""What cameras engrave for these powers of two."""


def shutter_tick(stops: float) -> str:
    """2**stops seconds as a camera's dial says it: ``1/125`` and not ``1/128``."""
    whole = round(stops)
    return NOMINAL_SHUTTER.get(whole, shutter_text(2.0**whole).removesuffix(" s"))


def gain_text(stops: float) -> str:
    """2**stops as a factor: ``×4``."""
    return f"×{2.0**stops:.3g}"


def _log2(values: Series) -> Series:
    stops: Series = np.log2(values)
    return stops


def _shutter(stops: float) -> str:
    return shutter_text(2.0**stops)


AXES = (
    Axis(texts.PLOT_DELTA, "searching", lambda window: window.delta_ev, signed, whole_stops, symmetric=True),
    Axis(texts.PLOT_EV, "accent", lambda window: window.ev, signed, whole_stops),
    Axis(texts.PLOT_TIME, "converged", lambda window: _log2(window.time_s), _shutter, shutter_tick),
    Axis(texts.PLOT_GAIN, "locked", lambda window: _log2(window.gain), gain_text, gain_text),
)


def value_range(values: Series, *, symmetric: bool) -> tuple[float, float]:
    """Calm ends for an axis: the finite ``values`` with air around them, on the grid, never too narrow."""
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    if symmetric:
        high = max(abs(low), abs(high))
        low = -high
    lacking = max(0.0, LEAST_SPAN_EV - (high - low)) / 2
    low = np.floor((low - max(lacking, 0.1)) / GRID_EV) * GRID_EV
    high = np.ceil((high + max(lacking, 0.1)) / GRID_EV) * GRID_EV
    return float(low), float(high)


class PlotTile(Card):
    """One plot with its name and newest value above it."""

    def __init__(self, axis: Axis, theme: Theme) -> None:
        super().__init__(axis.title)
        self._axis = axis
        self._theme = theme
        self.body.setContentsMargins(12, 8, 8, 6)
        self.body.setSpacing(2)
        self._newest = label("")
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
