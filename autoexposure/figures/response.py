"""Figures 11 and 12: the loop and the camera's own automatic, at rest side by side, and after a sudden change of light.

Both come from runs: every picture with its time and, where it is known, its exposure. A run is made here of a camera,
or read from a recording.
"""

from __future__ import annotations

import math
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

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
    """One picture of a run, no larger than it is shown.

    Attributes
    ----------
    level_ev : how bright it is: log2 of its mean linear luminance.
    ev : of the exposure that made it; None if unknown.
    """

    at_s: float
    pixels: Pixels
    level_ev: float
    ev: float | None


def run_on(
    open_camera: Callable[[SimulatedClock], Camera], make_meter: Callable[[], Policy], side: Side, length_s: float
) -> Iterator[Seen]:
    """Let the loop, or the camera's own automatic, expose a simulated camera for ``length_s``."""
    clock = SimulatedClock()
    with tempfile.TemporaryDirectory() as folder:
        loop = ControlLoop(lambda: open_camera(clock), make_meter, journal=Journal(Path(folder)), clock=clock)
        with loop:
            loop.turn()
            loop.send(UseNativeAuto(side is Side.NATIVE))
            start_s = at_s = clock.now()
            while at_s - start_s < length_s:
                snapshot = loop.turn()
                if snapshot.failure is not None:
                    raise snapshot.failure
                if (frame := snapshot.frame) is not None:
                    at_s = frame.timestamp_s
                    yield _seen(at_s, frame.pixels, frame.exposure.ev if frame.exposure is not None else None)


def rest_of(run: Iterable[Seen]) -> Seen:
    """The last picture of a run, which must have one."""
    (last,) = deque(run, maxlen=1)
    return last


def recorded(path: Path) -> Iterator[Seen]:
    """Every picture of a recording, one at a time. Raises RecordingError if it can't be read."""
    with Recording(path) as recording:
        for index, picture in enumerate(recording.pictures):
            ev = picture.exposure.ev if picture.exposure is not None else None
            yield _seen(picture.at_s, recording.pixels(index), ev)


def around_change(run: Iterable[Seen]) -> tuple[list[Seen], int]:
    """The pictures around the first sudden change of light, SETTLE_S or more after the start; which is the first of it.

    Light is brightness less exposure where both exposures are known: then a loop's own move is none, as far as nothing
    is clipped. The first and not the greatest, since what follows it is the answer to it. Only these pictures are held
    at a time, however long the run is. Raises ConfigError if no change has LEAST_CHANGE_EV.
    """
    part: list[Seen] = []
    start_s, change = math.nan, 0
    for seen in run:
        if math.isnan(start_s):
            start_s = seen.at_s
        if change and seen.at_s - part[change].at_s > AFTER_S:
            break
        if not change:
            part = [before for before in part if seen.at_s - before.at_s <= BEFORE_S] or part[-1:]
            late = seen.at_s - start_s >= SETTLE_S
            if part and late and abs(_light_step_ev(part[-1], seen)) >= LEAST_CHANGE_EV:
                change = len(part)
        part.append(seen)
    if not change:
        raise ConfigError(
            f"there is no sudden change of light of {LEAST_CHANGE_EV:g} EV, {SETTLE_S:g} s or more after the start: use"
            " a recording in which a lamp is switched"
        )
    return part, change


def _light_step_ev(before: Seen, after: Seen) -> float:
    step_ev = after.level_ev - before.level_ev
    return step_ev if before.ev is None or after.ev is None else step_ev - (after.ev - before.ev)


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


def respond(run: Iterable[Seen], name: str, side: Side) -> tuple[Strip, Response]:
    """The strip and the numbers of one run. Raises as `around_change`."""
    part, change = around_change(run)
    start_s = part[change].at_s
    before_ev = part[change - 1].level_ev
    times_s = [seen.at_s - start_s for seen in part]
    levels = [seen.level_ev - before_ev for seen in part]
    pictures = [min(part, key=lambda seen: abs(seen.at_s - start_s - at_s)) for at_s in SHOWN_S]
    strip = Strip(
        name,
        OURS if side is Side.OURS else NATIVE,
        [(seen.at_s - start_s, seen.pixels) for seen in pictures],
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
    return Seen(at_s, shrunk(pixels), level_ev(make_preview(pixels), srgb()), ev)
