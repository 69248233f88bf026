"""Sheets of pictures and curves (matplotlib, which the extra ``plot`` brings)."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from autoexposure.errors import ConfigError
from autoexposure.extras import first_missing, not_installed
from autoexposure.frame import Pixels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DPI = 150
CELL_INCHES = 1.6
"""Width of a picture in a grid: eight of them fill a page."""
NOTE_PT = 7
"""Of the line that says what a figure is made of."""
NOTE_LETTERS_AN_INCH = 17
"""Of that size; measured, with some to spare."""

OURS, NATIVE = "#1b7f79", "#d08a2e"
"""Colours of curves; they differ in lightness too, for print and for colour-blind eyes."""


def check_drawing(what: str) -> None:
    """Raise ConfigError if nothing can be drawn here; ``what`` needs it, as in "a figure"."""
    if missing := first_missing("matplotlib"):
        raise ConfigError(not_installed(f"{what} needs {missing}", "plot"))


def picture_grid(
    columns: Sequence[Sequence[Pixels]], names: Sequence[str], rows: Sequence[str], note: str = ""
) -> Figure:
    """Pictures (H, W, 3) uint8 RGB in a grid, a name above each column and one beside each row, a note below."""
    from matplotlib.figure import Figure

    # Every row as tall as its pictures are, or white bands stand between the rows.
    tall = [max(picture.shape[0] / picture.shape[1] for picture in row) for row in zip(*columns, strict=True)]
    size = (CELL_INCHES * len(columns) + 0.4, (CELL_INCHES + 0.08) * sum(tall) + 0.5)
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(len(rows), len(columns), squeeze=False, height_ratios=tall)
    for across, (column, name) in enumerate(zip(columns, names, strict=True)):
        grid[0, across].set_title(name, fontsize=8)
        for down, picture in enumerate(column):
            _show(grid[down, across], picture)
    for down, name in enumerate(rows):
        grid[down, 0].set_ylabel(name, fontsize=8)
    _say(figure, note)
    return figure


@dataclass(frozen=True, slots=True, eq=False)
class Strip:
    """One row of a response: whose it is, its pictures with the time of each, and its curve.

    Attributes
    ----------
    pictures : (time in s since the change, (H, W, 3) uint8 RGB) each; as many in every strip.
    times_s, level_ev : the curve: brightness of the picture relative to before the change.
    """

    name: str
    colour: str
    pictures: Sequence[tuple[float, Pixels]]
    times_s: Sequence[float]
    level_ev: Sequence[float]


def response_sheet(strips: Sequence[Strip], note: str) -> Figure:
    """The pictures of every strip in a row, and all their curves over one axis below."""
    from matplotlib.figure import Figure

    across = len(strips[0].pictures)
    figure = Figure(figsize=(1.45 * across + 0.4, 1.25 * len(strips) + 2.9), layout="constrained")
    grid = figure.add_gridspec(len(strips) + 1, across, height_ratios=[1.2] * len(strips) + [2.4])
    for down, strip in enumerate(strips):
        for place, (at_s, picture) in enumerate(strip.pictures):
            axes = figure.add_subplot(grid[down, place])
            _show(axes, picture)
            axes.set_title(f"{at_s:+.2f} s", fontsize=7)
            if place == 0:
                axes.set_ylabel(strip.name, fontsize=8)
    curves = figure.add_subplot(grid[-1, :])
    for strip in strips:
        curves.plot(strip.times_s, strip.level_ev, color=strip.colour, linewidth=1.6, label=strip.name)
        for at_s, _ in strip.pictures:
            curves.axvline(at_s, color="#dddddd", linewidth=0.6, zorder=0)
    curves.axhline(0, color="grey", linewidth=0.8)
    curves.set_xlabel("time since the light changed, s")
    curves.set_ylabel("brightness of the picture, EV")
    curves.grid(axis="y", alpha=0.3)
    curves.legend(fontsize=8)
    _say(figure, note)
    return figure


def as_png(figure: Figure) -> bytes:
    """The figure as a file."""
    image = io.BytesIO()
    figure.savefig(image, format="png", dpi=DPI)
    return image.getvalue()


def plain_label(text: str) -> str:
    """``text`` as matplotlib prints it: a dollar would begin a formula."""
    return text.replace("$", r"\$")


def _show(axes: Axes, picture: Pixels) -> None:
    axes.imshow(picture)
    axes.set_xticks([])
    axes.set_yticks([])


def _say(figure: Figure, note: str) -> None:
    if note:
        words = textwrap.fill(note, int(figure.get_figwidth() * NOTE_LETTERS_AN_INCH))
        figure.supxlabel(words, fontsize=NOTE_PT, color="grey")
