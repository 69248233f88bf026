"""Pictures of a training and of an evaluation (matplotlib, of the training packages)."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from autoexposure.errors import ConfigError
from models.evaluation.report import MODEL, NOTHING, SHOWN, Report

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def plot_training(logs: Mapping[str, Path], out: Path) -> None:
    """Training and validation error against pictures seen, one colour a run (paper, Figure 7).

    ``logs`` are ``log.csv`` files by the name of their run; training errors are of augmented pictures, and so are
    above those of validation.
    """
    figure, axes = blank("batches", "mean absolute error, EV")
    for number, (name, log) in enumerate(logs.items()):
        with log.open(newline="", encoding="utf-8") as lines:
            rows = list(csv.DictReader(lines))
        steps = [int(row["step"]) for row in rows]
        axes.plot(steps, [float(row["train_error_ev"]) for row in rows], f"C{number}", label=f"{name}, training")
        looked = [(int(row["step"]), float(row["validation_error_ev"])) for row in rows if row["validation_error_ev"]]
        if looked:
            axes.plot(*zip(*looked, strict=True), f"C{number}o--", markersize=4, label=f"{name}, validation")
    axes.set_ylim(bottom=0)
    axes.legend()
    keep(figure, out)


def plot_ladder(report: Report, out: Path) -> None:
    """Error at every step of the ladder: the model and its baselines."""
    figure, axes = blank("exposure of the picture, EV", "mean absolute error, EV")
    for name, error in report.ladders.items():
        if name != NOTHING:
            offsets = [float(offset) for offset in error.mae_per_step]
            width = 2.5 if name == MODEL else 1
            axes.plot(offsets, list(error.mae_per_step.values()), linewidth=width, label=SHOWN[name])
    axes.set_ylim(bottom=0)
    axes.legend(fontsize=8)
    keep(figure, out)


def plot_subjects(report: Report, out: Path) -> None:
    """Where subjects end in every background light: the model and the meters, 0 = the subject is right."""
    figure, axes = blank("light on the background, EV", "median exposure of the subject, EV off")
    for name, off in report.subject_error_ev.items():
        backgrounds = [float(background) for background in off.offset_by_background]
        width = 2.5 if name == MODEL else 1
        errors = list(off.offset_by_background.values())
        axes.plot(backgrounds, errors, "o-", markersize=3, linewidth=width, label=SHOWN[name])
    axes.axhline(0, color="grey", linewidth=0.8)
    axes.legend(fontsize=8)
    keep(figure, out)


def plot_doubt(report: Report, out: Path) -> None:
    """Stated doubt against the error that 68 % of the answers kept to, a point for each tenth of the answers."""
    figure, axes = blank("stated doubt, EV", "68 % of the errors are smaller than, EV")
    for name, found in report.doubt.items():
        axes.plot(*zip(*found.curve_ev, strict=True), "o-", markersize=4, label=name.replace("_", " "))
    highest_ev = max(max(point) for found in report.doubt.values() for point in found.curve_ev)
    axes.plot([0, highest_ev], [0, highest_ev], color="grey", linewidth=0.8, label="a doubt that is true")
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    axes.legend(fontsize=8)
    keep(figure, out)


def blank(x_label: str, y_label: str) -> tuple[Figure, Axes]:
    """A figure of the size and style of all figures, and its axes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.add_subplot()
    axes.grid(alpha=0.3)
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    return figure, axes


def keep(figure: Figure, out: Path) -> None:
    """Write the figure to ``out``, its folder made if missing. Raises ConfigError if it can't be written."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(out, dpi=120)
    except OSError as error:
        raise ConfigError(
            f"the figure {out} can't be written ({error.strerror or error}): name another folder"
        ) from error
