"""Drawings of a comparison as SVG, which a page can hold and any browser shows: no library is needed for them.

Colours are CSS classes and variables, so that the page decides what light and dark look like.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 300, 168
LEFT, RIGHT, TOP, BOTTOM = 34, 8, 8, 26
"""Margins in pixels: room for the numbers at the axes."""

TICKS = 4
"""About so many numbers at an axis."""

STYLE = """
svg text { font: 11px system-ui, sans-serif; fill: var(--muted); }
svg .axis { stroke: var(--line); stroke-width: 1; fill: none; }
svg .mark { stroke: var(--muted); stroke-width: 1; stroke-dasharray: 3 3; }
svg .span { fill: var(--muted); fill-opacity: 0.16; }
svg .law { stroke: var(--law); stroke-width: 1.8; fill: none; }
svg .own { stroke: var(--own); stroke-width: 2.2; fill: none; }
svg .bar { fill: var(--law); } svg .bar.own { fill: var(--own); stroke: none; } svg .name { fill: var(--text); }
"""
"""What a page, or a file of its own, needs for them."""

ALONE = """
:root { --text: #1c1e21; --muted: #666; --line: #ccc; --law: #7a8699; --own: #0b6bcb; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6e6e6; --muted: #a0a0a0; --line: #444; --law: #8b97aa; --own: #5cb0ff; }
}
"""
"""The colours, light and dark."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Points (x, y) in their order; ``own`` curves are drawn in the colour of this program's law."""

    points: Sequence[tuple[float, float]]
    own: bool = False


def line_chart(
    curves: Sequence[Curve],
    x_label: str,
    y_label: str,
    *,
    x_range: tuple[float, float] | None = None,
    y_range: tuple[float, float] | None = None,
    marks: Sequence[float] = (),
    spans: Sequence[tuple[float, float]] = (),
) -> str:
    """Lines over two axes, with vertical ``marks`` at some x and shaded ``spans`` from one x to another.

    Ranges are those of the points unless given.
    """
    points = [point for curve in curves for point in curve.points]
    x_low, x_high = x_range or _range(point[0] for point in points)
    y_low, y_high = y_range or _range(point[1] for point in points)

    def place(x: float, y: float) -> tuple[float, float]:
        across = LEFT + (x - x_low) / (x_high - x_low) * (WIDTH - LEFT - RIGHT)
        down = TOP + (y_high - y) / (y_high - y_low) * (HEIGHT - TOP - BOTTOM)
        return across, min(max(down, TOP), HEIGHT - BOTTOM)

    floor = HEIGHT - BOTTOM
    parts = [
        *(_span(place(begin, y_high), place(end, y_low)) for begin, end in spans),
        f'<path class="axis" d="M{LEFT} {TOP}V{floor}H{WIDTH - RIGHT}"/>',
        *(_text(place(x, y_low)[0], floor + 12, f"{x:g}", "middle") for x in _ticks(x_low, x_high)),
        *(_text(LEFT - 4, place(x_low, y)[1] + 4, f"{y:g}", "end") for y in _ticks(y_low, y_high)),
        *(f'<path class="mark" d="M{place(mark, y_low)[0]:.1f} {TOP}V{floor}"/>' for mark in marks),
    ]
    for curve in sorted(curves, key=lambda curve: curve.own):
        path = " ".join(f"{across:.1f},{down:.1f}" for across, down in (place(*point) for point in curve.points))
        parts.append(f'<polyline class="{"own" if curve.own else "law"}" points="{path}"/>')
    parts.append(_text(WIDTH - RIGHT, HEIGHT - 2, x_label, "end"))
    parts.append(_text(LEFT + 4, TOP + 8, y_label, "start"))
    return _svg(WIDTH, HEIGHT, parts, f"{y_label} over {x_label}")


def bar_chart(rows: Sequence[tuple[str, float, str, bool]], label: str) -> str:
    """Bars to the right, one a row: name, length, text at its end, and whether it is this program's own."""
    row_px, name_px, bar_px, text_px = 18, 190, 260, 90
    longest = max((length for _, length, _, _ in rows if length < math.inf), default=0) or 1.0
    parts = []
    for number, (name, length, text, own) in enumerate(rows):
        down = number * row_px
        width = max(1.0, min(length / longest, 1.0) * bar_px)
        parts.append(f'<text class="name" x="{name_px - 6}" y="{down + 13}" text-anchor="end">{escape(name)}</text>')
        kind = "bar own" if own else "bar"
        parts.append(f'<rect class="{kind}" x="{name_px}" y="{down + 3}" width="{width:.1f}" height="{row_px - 6}"/>')
        parts.append(_text(name_px + width + 5, down + 13, text, "start"))
    return _svg(name_px + bar_px + text_px, row_px * len(rows), parts, label)


def alone(drawing: str) -> str:
    """A drawing as a file of its own."""
    return drawing.replace(">", f"><style>{ALONE}{STYLE}</style>", 1)


def _svg(width: int, height: int, parts: Sequence[str], label: str) -> str:
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{escape(label, quote=True)}">'
    return head + "".join(parts) + "</svg>"


def _span(corner: tuple[float, float], opposite: tuple[float, float]) -> str:
    size = f'width="{max(opposite[0] - corner[0], 1.0):.1f}" height="{opposite[1] - corner[1]:.1f}"'
    return f'<rect class="span" x="{corner[0]:.1f}" y="{corner[1]:.1f}" {size}/>'


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _range(values: Iterable[float]) -> tuple[float, float]:
    numbers = list(values)
    low, high = min(numbers), max(numbers)
    return (low, high) if high > low else (low - 1, high + 1)


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers from ``low`` to ``high``."""
    rough = (high - low) / TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    first = math.ceil(low / step - 1e-9)
    return [round(number * step, 10) for number in range(first, math.floor(high / step + 1e-9) + 1)]
