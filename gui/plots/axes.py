"""What the plots show on their vertical axes, in what words and over what range: no Qt here."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from autoexposure.exposure import shutter_text
from gui.plots.history import Series, Window
from gui.text import texts
from gui.text.wording import signed

LEAST_SPAN_EV = 2.0
"""No plot of stops is zoomed in further: a converged camera is a flat line, not a landscape of noise."""
GRID_EV = 0.5
"""Ends of the axes lie on multiples of this, so that they do not creep."""
LEAST_LATENCY_MS = 10.0
LEAST_DROPPED = 4
LEAST_BLUR_PX = 4.0

Tick = tuple[float, str]


@dataclass(frozen=True, slots=True)
class Ends:
    """Lowest and highest value that an axis shows."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Axis:
    """What a plot shows on the vertical axis.

    Attributes
    ----------
    name : as it is remembered under.
    title : name of the plot.
    colour : name of a palette colour.
    values : (N,) from a Window.
    second : (N,) of another, quieter line, or None.
    band : (N,) half width of a band around the values, or None.
    text : newest value (and newest of the second line) in words.
    ends : over what range to show values.
    ticks : where to write what at the axis.
    zero : whether zero gets a line of its own.
    """

    name: str
    title: str
    colour: str
    values: Callable[[Window], Series]
    text: Callable[[float, float], str]
    ends: Callable[[Series], Ends]
    ticks: Callable[[Ends], list[Tick]]
    second: Callable[[Window], Series] | None = None
    band: Callable[[Window], Series] | None = None
    zero: bool = False


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


def stop_ends(values: Series, *, symmetric: bool = False) -> Ends:
    """Calm ends for an axis in stops: the finite ``values`` with air around them, on the grid, never too narrow."""
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    if symmetric:
        high = max(abs(low), abs(high))
        low = -high
    lacking = max(0.0, LEAST_SPAN_EV - (high - low)) / 2
    low = np.floor((low - max(lacking, 0.1)) / GRID_EV) * GRID_EV
    high = np.ceil((high + max(lacking, 0.1)) / GRID_EV) * GRID_EV
    return Ends(float(low), float(high))


def stop_ticks(ends: Ends, words: Callable[[float], str]) -> list[Tick]:
    """Ticks at whole stops, at most five."""
    span = ends.high - ends.low
    step = 1 if span <= 4 else 2 if span <= 8 else 4
    first = math.ceil(ends.low / step) * step
    return [(float(at), words(float(at))) for at in range(first, math.floor(ends.high) + 1, step)]


def latency_ends(values: Series) -> Ends:
    """From zero to the slowest turn, rounded up to a calm number of milliseconds."""
    finite = values[np.isfinite(values)]
    slowest = max(LEAST_LATENCY_MS, float(finite.max()) if finite.size else 0.0)
    grid = 10.0 ** math.floor(math.log10(slowest)) / 2
    return Ends(0.0, math.ceil(slowest / grid - 1e-9) * grid)


def blur_ends(values: Series) -> Ends:
    """From zero to the widest blur, rounded up to an even number of pixels."""
    finite = values[np.isfinite(values)]
    widest = max(LEAST_BLUR_PX, float(finite.max()) if finite.size else 0.0)
    return Ends(0.0, math.ceil(widest / 2) * 2.0)


def dropped_ends(values: Series) -> Ends:
    """Calm numbers around the counts, so far apart that the middle is a whole number."""
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    grid = max(2.0, 10.0 ** math.floor(math.log10(max(high - low, LEAST_DROPPED))))
    low = math.floor(low / grid) * grid
    return Ends(low, max(math.ceil(high / grid) * grid, low + LEAST_DROPPED))


def even_ticks(ends: Ends, words: Callable[[float], str]) -> list[Tick]:
    """Both ends and the middle."""
    return [(at, words(at)) for at in (ends.low, (ends.low + ends.high) / 2, ends.high)]


def _log2(values: Series) -> Series:
    stops: Series = np.log2(values)
    return stops


AXES = (
    Axis(
        "delta_ev",
        texts.PLOT_DELTA,
        "searching",
        lambda window: window.delta_ev,
        lambda ev, _: signed(ev),
        partial(stop_ends, symmetric=True),
        partial(stop_ticks, words=whole_stops),
        band=lambda window: window.doubt_ev,
        zero=True,
    ),
    Axis(
        "ev",
        texts.PLOT_EV,
        "accent",
        lambda window: window.ev,
        lambda ev, _: signed(ev),
        stop_ends,
        partial(stop_ticks, words=whole_stops),
        second=lambda window: window.target_ev,
    ),
    Axis(
        "time",
        texts.PLOT_TIME,
        "converged",
        lambda window: _log2(window.time_s),
        lambda stops, _: shutter_text(2.0**stops),
        stop_ends,
        partial(stop_ticks, words=shutter_tick),
    ),
    Axis(
        "gain",
        texts.PLOT_GAIN,
        "locked",
        lambda window: _log2(window.gain),
        lambda stops, _: gain_text(stops),
        stop_ends,
        partial(stop_ticks, words=gain_text),
    ),
    Axis(
        "centre",
        texts.PLOT_CENTRE,
        "blue",
        lambda window: window.centre_x,
        lambda x, y: texts.PLOT_CENTRE_VALUE.format(x=100 * x, y=100 * y),
        lambda _: Ends(0.0, 1.0),
        partial(even_ticks, words=lambda at: f"{100 * at:.0f} %"),
        second=lambda window: window.centre_y,
    ),
    Axis(
        "latency",
        texts.PLOT_LATENCY,
        "inactive",
        lambda window: 1000 * window.latency_s,
        lambda ms, _: texts.PLOT_LATENCY_VALUE.format(ms=ms),
        latency_ends,
        partial(even_ticks, words=lambda at: f"{at:g}"),
    ),
    Axis(
        "dropped",
        texts.PLOT_DROPPED,
        "failed",
        lambda window: window.dropped,
        lambda count, _: f"{count:.0f}",
        dropped_ends,
        partial(even_ticks, words=lambda at: f"{at:g}"),
    ),
    Axis(
        "blur",
        texts.PLOT_BLUR,
        "searching",
        lambda window: window.blur_px,
        lambda blur, _: texts.PLOT_BLUR_VALUE.format(blur=blur),
        blur_ends,
        partial(even_ticks, words=lambda at: f"{at:g}"),
    ),
)
"""Every plot there is; the first ones are shown where there is room for no more."""


def age_ticks(start_s: float, end_s: float) -> list[Tick]:
    """At most three ticks between two ages (<= 0) in seconds, none at the very ends."""
    span = end_s - start_s
    step = next((step for step in (0.2, 0.5, 1.0, 2.0, 5.0) if span / step <= 4), 10.0)
    ages = np.arange(math.ceil(start_s / step), math.floor(end_s / step) + 1) * step
    inside = [float(age) for age in ages if start_s + 0.08 * span < age < end_s - 0.08 * span]
    return [(age, f"{age:g} s".replace("-", "−")) for age in inside]
