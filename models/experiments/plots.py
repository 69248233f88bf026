"""The plots of the experiments: curves, and bars in groups for what is a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

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
    """Draw pictures (H, W, 3) in a grid, a name above each column and one beside each row."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(1.6 * len(columns) + 0.4, 1.6 * len(rows) + 0.3), layout="constrained")
    grid = figure.subplots(len(rows), len(columns), squeeze=False)
    for across, (column, name) in enumerate(zip(columns, names, strict=True)):
        grid[0, across].set_title(name, fontsize=8)
        for down, picture in enumerate(column):
            axes = grid[down, across]
            axes.imshow(picture)
            axes.set_xticks([])
            axes.set_yticks([])
    for down, name in enumerate(rows):
        grid[down, 0].set_ylabel(name, fontsize=8)
    keep(figure, path)
