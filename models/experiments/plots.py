"""The plots of the experiments: curves, and bars in groups for what is a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autoexposure.figures.sheet import picture_grid
from autoexposure.frame import Pixels
from models.evaluation.plots import blank, keep


@dataclass(frozen=True, slots=True)
class Curve:
    """One line of a plot."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    dashed: bool = False


def plot_curves(
    curves: Sequence[Curve], x_label: str, y_label: str, note: str, path: Path, *, logarithmic: bool = False
) -> None:
    """Draw curves over one axis; ``note`` says below what they are made of."""
    figure, axes = blank(x_label, y_label)
    colours: dict[str, str] = {}
    for curve in curves:
        person = curve.name.split(",")[0]
        colours.setdefault(person, f"C{len(colours)}")
        style = "--" if curve.dashed else "o-"
        axes.plot(curve.x, curve.y, style, color=colours[person], label=curve.name, markersize=4)
    if logarithmic:
        axes.set_xscale("log")
    axes.set_ylim(bottom=0)
    axes.legend(fontsize=8, ncols=2)
    figure.supxlabel(note, fontsize=7, color="grey")
    keep(figure, path)


def plot_bars(rows: Mapping[str, Mapping[str, float]], y_label: str, note: str, path: Path) -> None:
    """Draw a table as bars: a colour for each row, a group for each column; columns may be missing in some rows."""
    figure, axes = blank("", y_label)
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    width = 0.8 / len(rows)
    for number, (name, row) in enumerate(rows.items()):
        places = [columns.index(column) + (number - (len(rows) - 1) / 2) * width for column in row]
        axes.bar(places, list(row.values()), width, label=name)
    axes.set_xticks(range(len(columns)), columns)
    axes.grid(visible=False, axis="x")
    axes.legend(fontsize=8, ncols=3)
    figure.supxlabel(note, fontsize=7, color="grey")
    keep(figure, path)


def plot_pictures(columns: Sequence[Sequence[Pixels]], names: Sequence[str], rows: Sequence[str], path: Path) -> None:
    """Write a `picture_grid`."""
    keep(picture_grid(columns, names, rows), path)
