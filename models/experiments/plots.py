"""The plots of the experiments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


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
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.add_subplot()
    colours: dict[str, str] = {}
    for curve in curves:
        person = curve.name.split(",")[0]
        colours.setdefault(person, f"C{len(colours)}")
        style = "--" if curve.dashed else "o-"
        axes.plot(curve.x, curve.y, style, color=colours[person], label=curve.name, markersize=4)
    if logarithmic:
        axes.set_xscale("log")
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.legend(fontsize=8, ncols=2)
    figure.supxlabel(note, fontsize=7, color="grey")
    FigureCanvasAgg(figure)
    figure.savefig(path, dpi=120)
