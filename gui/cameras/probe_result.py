"""What a measurement found: three small plots (exposure time, gain, response), and line by line."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QGridLayout, QHBoxLayout, QScrollArea, QWidget

from autoexposure.probe.report import report
from autoexposure.profiles.profile import CameraProfile, MeasuredControl
from autoexposure.response import srgb
from gui.plots.axes import Tick, gain_text, shutter_tick
from gui.style.theme import Theme
from gui.text import texts
from gui.text.wording import as_sentence
from gui.widgets.card import Card
from gui.widgets.controls import label, wrapped

LEAST_HEIGHT_PX = 190
"""All lines of a usual camera; with more, or on a small screen, they scroll."""


class ProbeTable(QScrollArea):
    """The report on a profile, in two columns; the words can be selected and copied."""

    def __init__(self, profile: CameraProfile) -> None:
        super().__init__()
        table = QWidget()
        table.setObjectName("scrolled")
        grid = QGridLayout(table)
        grid.setContentsMargins(0, 0, 8, 0)
        grid.setHorizontalSpacing(18)
        grid.setVerticalSpacing(5)
        grid.setColumnStretch(1, 1)
        for row, line in enumerate(report(profile)):
            what, found = label(line.what.capitalize(), "muted"), wrapped(as_sentence(line.found))
            for words in (what, found):
                words.setAlignment(Qt.AlignmentFlag.AlignTop)
            found.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            grid.addWidget(what, row, 0)
            grid.addWidget(found, row, 1)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setAccessibleName(texts.PROBE_REPORT)
        self.setMinimumHeight(LEAST_HEIGHT_PX)
        self.setWidget(table)


PLOT_PX = (232, 168)
Curve = tuple[NDArray[np.floating | np.integer], NDArray[np.floating]]
"""(N,) across and (N,) up."""

DEEPEST_EV = -12.0
"""Light further below saturation is noise in any webcam."""


class ProbePlots(QWidget):
    """One tile for each curve that was measured: solid is measured, dashed is what the camera claims."""

    def __init__(self, theme: Theme, profile: CameraProfile) -> None:
        super().__init__()
        self._theme = theme
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        self.tiles: list[Card] = []
        if profile.time is not None:
            times = profile.time
            self._add(texts.PROBE_TIME, *_axes_of_time(times), _claim(times), _measured(times))
        if profile.gain is not None:
            self._add(
                texts.PROBE_GAIN, *_axes_of_gain(profile.gain), _claimed_gain(profile.gain), _measured(profile.gain)
            )
        if profile.response is not None:
            codes = np.arange(1, 256)
            assumed = np.log2(srgb().relative[codes])
            measured = np.log2(profile.response.relative[codes])
            seen = measured > DEEPEST_EV
            ticks: list[Tick] = [(0, "0"), (128, "128"), (255, "255")]
            levels = [(level, f"{level:.0f}".replace("-", "−")) for level in (-12.0, -8.0, -4.0, 0.0)]
            curves = (codes[assumed > DEEPEST_EV], assumed[assumed > DEEPEST_EV]), (codes[seen], measured[seen])
            self._add(texts.PROBE_RESPONSE, ticks, levels, *curves)
        for tile in self.tiles:
            row.addWidget(tile)
        row.addStretch(1)

    def _add(self, title: str, across: list[Tick], up: list[Tick], claimed: Curve, measured: Curve) -> None:
        palette = self._theme.palette
        tile = Card(title)
        plot = pg.PlotWidget(background=palette.card)
        plot.setFixedSize(*PLOT_PX)
        plot.setMenuEnabled(False)
        plot.setMouseEnabled(x=False, y=False)
        plot.hideButtons()
        plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        plot.setFrameShape(plot.Shape.NoFrame)
        plot.setAccessibleName(title)
        plot.getPlotItem().layout.setContentsMargins(0, 4, 16, 0)  # room for the last tick
        plot.showGrid(x=False, y=True, alpha=0.16)
        for side, ticks in (("bottom", across), ("left", up)):
            axis = plot.getAxis(side)
            axis.setTicks([ticks])
            axis.setPen(pg.mkPen(palette.border))
            axis.setTextPen(palette.muted)
            axis.setStyle(tickLength=0)
        plot.plot(*claimed, pen=pg.mkPen(palette.muted, width=1, style=Qt.PenStyle.DashLine))
        dots = {"symbol": "o", "symbolSize": 4, "symbolPen": None, "symbolBrush": palette.accent}
        few = len(measured[0]) <= 64
        plot.plot(*measured, pen=pg.mkPen(palette.accent, width=1.5), **(dots if few else {}))
        tile.body.addWidget(plot)
        self.tiles.append(tile)


def _measured(control: MeasuredControl) -> Curve:
    return np.log2(control.asked), np.asarray(control.light_ev)


def _claim(control: MeasuredControl) -> Curve:
    ends = np.log2([control.advertised.low, control.advertised.high])
    return ends, ends


def _claimed_gain(control: MeasuredControl) -> Curve:
    stops = np.log2(control.asked)
    return stops, stops - stops[0]


def _stops(low: float, high: float) -> range:
    span = int(np.floor(high)) - int(np.ceil(low))
    return range(int(np.ceil(low)), int(np.floor(high)) + 1, 1 if span <= 4 else 2 if span <= 8 else 4)


def _axes_of_time(control: MeasuredControl) -> tuple[list[Tick], list[Tick]]:
    ends = np.log2([control.advertised.low, control.advertised.high])
    ticks = [(float(stop), shutter_tick(stop)) for stop in _stops(*ends)]
    return ticks, ticks


def _axes_of_gain(control: MeasuredControl) -> tuple[list[Tick], list[Tick]]:
    asked = np.log2([control.asked[0], control.asked[-1]])
    light = (min(control.light_ev), max(control.light_ev))
    across = [(float(stop), gain_text(stop)) for stop in _stops(*asked)]
    return across, [(float(stop), f"{stop:+d}".replace("-", "−") if stop else "0") for stop in _stops(*light)]
