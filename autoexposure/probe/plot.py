"""A picture of a camera's calibration: what time, gain and response really do, against what is claimed."""

from __future__ import annotations

import math
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from autoexposure.errors import ConfigError
from autoexposure.extras import first_missing, not_installed
from autoexposure.probe.report import report
from autoexposure.profiles.profile import CameraProfile, MeasuredControl
from autoexposure.response import srgb

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

MEASURED, TROUBLE = "#1f77b4", "#d62728"


def check_plotting(path: Path) -> None:
    """Raise ConfigError before anything is measured if no picture could be written afterwards."""
    if missing := first_missing("matplotlib"):
        raise ConfigError(not_installed(f"--plot needs {missing}", "plot"))
    if path.suffix.lower() not in (".png", ".svg", ".pdf"):
        raise ConfigError(f"--plot writes .png, .svg or .pdf, given {path}")
    if not path.absolute().parent.is_dir():
        raise ConfigError(f"--plot: there is no folder {path.absolute().parent}")


def plot_profile(profile: CameraProfile, path: Path) -> None:
    """Draw a calibration into a file. Raises ConfigError if it can't be written."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 7.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(2, 2)
    figure.suptitle(f"{profile.name}\n", fontsize=14, fontweight="bold")
    figure.text(0.5, 0.945, f"{profile.detail}, {profile.measured_at[:10]}", ha="center", fontsize=9, color="#555555")
    _time(axes[0][0], profile.time, profile.frame_interval_s)
    _gain(axes[0][1], profile.gain)
    _response(axes[1][0], profile)
    _words(axes[1][1], profile)
    try:
        figure.savefig(path, dpi=120)
    except OSError as error:
        raise ConfigError(f"{path} can't be written ({error.strerror or error})") from error


def _claim(axis: Axes, values: ArrayLike, light: ArrayLike, label: str) -> None:
    """What a camera claims, over the measured line, so that both are seen where they agree."""
    axis.plot(values, light, label=label, color="#404040", lw=1, ls="--", zorder=3)


def _time(axis: Axes, control: MeasuredControl | None, interval_s: float) -> None:
    axis.set_title("Exposure time: what is set, what it does")
    if control is None:
        _empty(axis)
        return
    asked, really = np.array(control.asked), 2.0 ** np.array(control.light_ev)
    ends = [control.advertised.low, control.advertised.high]
    _claim(axis, ends, ends, "what it says")
    style = "steps-mid" if control.stepped else "default"
    axis.plot(asked, really, "o-", color=MEASURED, ms=3, lw=1, drawstyle=style, label="measured")
    for zone in control.dead_zones:
        axis.axvspan(zone.low, zone.high, color=TROUBLE, alpha=0.12, lw=0)
    for fall in control.falls:
        axis.axvspan(fall.low, fall.high, color=TROUBLE, alpha=0.3, lw=0)
    axis.axvline(interval_s, color="black", lw=0.8, ls=":", label="frame interval")
    axis.set(xscale="log", yscale="log", xlabel="set, s", ylabel="effective, s")
    axis.grid(alpha=0.25)
    axis.legend(fontsize=8)


def _gain(axis: Axes, control: MeasuredControl | None) -> None:
    axis.set_title("Gain: EV over the lowest")
    if control is None:
        _empty(axis)
        return
    codes = control.codes or control.asked
    axis.plot(codes, control.light_ev, "o-", color=MEASURED, ms=3, lw=1, label="measured")
    claimed = [math.log2(asked / control.asked[0]) for asked in control.asked]
    _claim(axis, codes, claimed, "assumed before" if control.codes else "what it says")
    axis.set(xlabel="gain code" if control.codes else "gain set", ylabel="EV")
    axis.grid(alpha=0.25)
    axis.legend(fontsize=8, loc="upper left")
    if control.noise:
        noise = axis.twinx()
        noise.plot(codes, control.noise, color="#ff7f0e", lw=1, ls="--")
        noise.set_ylabel("noise, code values (dashed)", color="#ff7f0e", fontsize=8)
        noise.set_ylim(bottom=0)


def _response(axis: Axes, profile: CameraProfile) -> None:
    axis.set_title("Response: light that makes a code value")
    codes = np.arange(1, 256)
    _claim(axis, codes, np.log2(srgb().relative[codes]), "sRGB")
    if profile.response is not None:
        axis.plot(codes, np.log2(profile.response.relative[codes]), color=MEASURED, lw=1.5, label="measured")
    axis.set(xlabel="code value", ylabel="EV below saturation", xlim=(0, 255), ylim=(-12, 0.5))
    axis.grid(alpha=0.25)
    axis.legend(fontsize=8, loc="lower right")


def _words(axis: Axes, profile: CameraProfile) -> None:
    axis.axis("off")
    y = 0.98
    for line in report(profile):
        wrapped = textwrap.fill(line.found, 58)
        axis.text(0.0, y, line.what, transform=axis.transAxes, fontsize=9, fontweight="bold", va="top")
        axis.text(0.24, y, wrapped, transform=axis.transAxes, fontsize=9, va="top")
        y -= 0.062 * (wrapped.count("\n") + 1) + 0.012


def _empty(axis: Axes) -> None:
    axis.text(0.5, 0.5, "can't be set, or was not measured", ha="center", transform=axis.transAxes, color="#777777")
    axis.set(xticks=[], yticks=[])
