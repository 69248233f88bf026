"""Figures 11 and 12: the loop and the camera's own automatic, at rest side by side, and after a sudden change of light.

Both come from runs: every picture with its time and, where it is known, its exposure. A run is made here of a camera,
or read from a recording.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autoexposure.camera import Camera
from autoexposure.clock import SimulatedClock
from autoexposure.control.commands import UseNativeAuto
from autoexposure.control.loop import ControlLoop
from autoexposure.custody.journal import Journal
from autoexposure.errors import ConfigError
from autoexposure.evaluation.comparison import Side
from autoexposure.figures.maps import shrunk
from autoexposure.figures.sheet import NATIVE, OURS, Strip
from autoexposure.frame import Pixels
from autoexposure.metering.lookahead import level_ev
from autoexposure.metering.policy import Policy
from autoexposure.metering.preview import make_preview
from autoexposure.recording.reader import Recording
from autoexposure.response import srgb

SHOWN_S = (-0.1, 0.0, 0.1, 0.2, 0.4, 0.8, 1.6, 3.0)
"""Times of the strip's pictures since the change: closer together where more happens."""

BEFORE_S, AFTER_S = 0.5, 4.0
"""How much of the curve is drawn."""

SETTLE_S = 2.0
"""At the start of a run a loop still searches; the change is looked for after that."""

LEAST_CHANGE_EV = 0.5
"""A change of light smaller than this from one picture to the next is none that a figure could show."""

REST_EV = 0.2
"""Settled is within this of where the brightness ends: one step of the paper's ladder (5.3)."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One picture of a run: when, how bright (log2 of the mean linear luminance), and the EV that made it if known."""

    at_s: float
    pixels: Pixels
    level_ev: float
    ev: float | None


def run_on(
    open_camera: Callable[[SimulatedClock], Camera], make_meter: Callable[[], Policy], side: Side, length_s: float
) -> list[Seen]:
    """Let the loop, or the camera's own automatic, expose a simulated camera for ``length_s``."""
    clock = SimulatedClock()
    seen: list[Seen] = []
    with tempfile.TemporaryDirectory() as folder:
        loop = ControlLoop(lambda: open_camera(clock), make_meter, journal=Journal(Path(folder)), clock=clock)
        with loop:
            loop.turn()
            loop.send(UseNativeAuto(side is Side.NATIVE))
            while not seen or seen[-1].at_s - seen[0].at_s < length_s:
                snapshot = loop.turn()
                if snapshot.failure is not None:
                    raise snapshot.failure
                if (frame := snapshot.frame) is not None:
                    ev = frame.exposure.ev if frame.exposure is not None else None
                    seen.append(_seen(frame.timestamp_s, frame.pixels, ev))
    return seen


def recorded(path: Path) -> list[Seen]:
    """Every picture of a recording. Raises RecordingError if it can't be read."""
    recording = Recording(path)
    try:
        return [
            _seen(picture.at_s, recording.pixels(index), picture.exposure.ev if picture.exposure else None)
            for index, picture in enumerate(recording.pictures)
        ]
    finally:
        recording.close()


def change_at(run: Sequence[Seen]) -> int:
    """The first picture after the first sudden change of light, SETTLE_S or more after the start.

    Light is brightness less exposure where every exposure is known: then a loop's own move is none, as far as nothing
    is clipped. The first and not the greatest, since what follows it is the answer to it. Raises ConfigError if no
    change has LEAST_CHANGE_EV.
    """
    levels: NDArray[np.float64] = np.array([seen.level_ev for seen in run])
    evs = [seen.ev for seen in run if seen.ev is not None]
    light = levels - np.array(evs) if len(evs) == len(run) else levels
    for number in range(1, len(run)):
        late = run[number].at_s - run[0].at_s >= SETTLE_S
        if late and abs(light[number] - light[number - 1]) >= LEAST_CHANGE_EV:
            return number
    raise ConfigError(
        f"there is no sudden change of light of {LEAST_CHANGE_EV:g} EV, {SETTLE_S:g} s or more after the start: use a"
        " recording in which a lamp is switched"
    )


@dataclass(frozen=True, slots=True)
class Response:
    """What became of one change.

    Attributes
    ----------
    step_ev : how much the brightness of the picture jumped.
    settled_s : from the change to the picture from which on brightness stays within REST_EV of where it ends; None if
        the run ends too soon to say.
    overshoot_ev : farthest brightness beyond where it ends, on the other side than the jump.
    end_ev : brightness at the end, relative to before the change.
    """

    step_ev: float
    settled_s: float | None
    overshoot_ev: float
    end_ev: float


def respond(run: Sequence[Seen], name: str, side: Side) -> tuple[Strip, Response]:
    """The strip and the numbers of one run."""
    change = change_at(run)
    start_s = run[change].at_s
    before_ev = run[change - 1].level_ev
    part = [seen for seen in run if -BEFORE_S <= seen.at_s - start_s <= AFTER_S]
    times_s = [seen.at_s - start_s for seen in part]
    levels = [seen.level_ev - before_ev for seen in part]
    pictures = [min(part, key=lambda seen: abs(seen.at_s - start_s - at_s)) for at_s in SHOWN_S]
    strip = Strip(
        name,
        OURS if side is Side.OURS else NATIVE,
        [(seen.at_s - start_s, shrunk(seen.pixels)) for seen in pictures],
        times_s,
        levels,
    )
    return strip, _numbers(times_s, levels)


def _numbers(times_s: Sequence[float], levels: Sequence[float]) -> Response:
    after = [(at_s, level) for at_s, level in zip(times_s, levels, strict=True) if at_s >= 0]
    end_ev = float(np.median([level for at_s, level in after if at_s >= after[-1][0] - 1.0]))
    outside = [number for number, (_, level) in enumerate(after) if abs(level - end_ev) > REST_EV]
    first = outside[-1] + 1 if outside else 0
    step_ev = after[0][1]
    beyond = [(end_ev - level) * np.sign(step_ev) for _, level in after]
    settled_s = after[first][0] if first < len(after) else None
    return Response(step_ev, settled_s, max(0.0, float(max(beyond))), end_ev)


def _seen(at_s: float, pixels: Pixels, ev: float | None) -> Seen:
    return Seen(at_s, pixels, level_ev(make_preview(pixels), srgb()), ev)
