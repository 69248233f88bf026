"""What the four plots show on their vertical axes, in what words and over what range: no Qt here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from autoexposure.exposure import shutter_text
from gui import texts
from gui.history import Series, Window
from gui.wording import signed

LEAST_SPAN_EV = 2.0
"""No plot is zoomed in further: a converged camera is a flat line, not a landscape of noise."""
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
