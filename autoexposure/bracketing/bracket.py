"""A bracket: a few pictures, whose exposures are chosen one after the other by what the pictures before showed.

The picture that is there before it begins is looked at, but is not one of them.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime

from autoexposure.bracketing.choice import STEP_EV, choose
from autoexposure.bracketing.light import SHARPNESS, SceneLight
from autoexposure.control.snapshot import Snapshot
from autoexposure.errors import CameraError, ConfigError
from autoexposure.metering.policy import Decision
from autoexposure.metering.preview import Preview, make_preview
from autoexposure.recording.still import taken_at
from autoexposure.response import ResponseCurve, srgb

FEWEST, MOST = COUNTS = (2, 5)
"""Pictures of a bracket. With one there is nothing to choose; after five, 1 % of a subject is left
(`autoexposure experiment bracket`)."""

USUAL = 3
"""Pictures of a bracket where nobody says how many: what cameras take."""


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """One picture of a bracket.

    Attributes
    ----------
    snapshot : with the picture and the exposure that made it.
    ev : of that exposure.
    offset_ev : from the exposure that was in force before.
    at : when it was taken, with its time zone; None for a recording's.
    """

    snapshot: Snapshot
    ev: float
    offset_ev: float
    at: datetime | None


class ExposureChoice:
    """Chooses exposures one after the other, each by all pictures so far. Pure: no camera, no clock.

    Parameters
    ----------
    count : how many pictures there will be.
    response : the camera's curve.
    sharpness : as of `SceneLight`.
    """

    def __init__(self, count: int, response: ResponseCurve, sharpness: float = SHARPNESS) -> None:
        self._count = count
        self._light = SceneLight(response, sharpness)
        self._seen_ev: list[float] = []

    def next_ev(
        self, preview: Preview, ev: float, decision: Decision | None, reach_ev: tuple[float, float]
    ) -> float | None:
        """Look at a picture, and say what to take next; None for no more, or where there is no other exposure.

        The first picture is none of the bracket.

        Parameters
        ----------
        preview : of the picture.
        ev : of the exposure that made it.
        decision : what the meter said of it; None where it said nothing.
        reach_ev : (lowest, highest) EV that the camera can be set to.
        """
        attention, exposure_map = (decision.attention, decision.exposure_map) if decision is not None else (None, None)
        self._light.add(preview, ev, attention, exposure_map)
        self._seen_ev.append(ev)
        taken_ev = self._seen_ev[1:]
        if len(taken_ev) >= self._count:
            return None
        light = self._light
        due = self._count - len(taken_ev)
        chosen = choose(light.wishes_ev, light.weights, due, reach_ev, light.width_ev, taken_ev)
        another = [each for each in chosen if all(abs(each - taken) >= STEP_EV / 2 for taken in taken_ev)]
        # What lies furthest from all that was seen shows most of what is only guessed, while there is still a choice.
        return max(another, key=lambda each: min(abs(each - seen) for seen in self._seen_ev), default=None)


class Bracket:
    """Chooses the exposures and keeps the pictures: a `autoexposure.control.commands.Series` for ``TakeInTurn``.

    Parameters
    ----------
    count : how many pictures, within `COUNTS`. A camera whose range is too narrow for so many gives fewer.

    Raises
    ------
    ConfigError
        If ``count`` is none of those.

    Attributes
    ----------
    taken : the pictures so far, in the order in which they were taken.
    response : the camera's curve, known from the first picture on.
    reason : a sentence on why it ended before all were taken; empty otherwise.
    over : set once there will be no more.
    """

    def __init__(self, count: int = USUAL) -> None:
        if not FEWEST <= count <= MOST:
            raise ConfigError(f"a bracket has {FEWEST} to {MOST} pictures, given {count}")
        self.count = count
        self.taken: tuple[Taken, ...] = ()
        self.response = srgb()
        self.reason = ""
        self.over = threading.Event()
        self._choice: ExposureChoice | None = None
        self._before_ev = 0.0

    def next_ev(self, shown: Snapshot, reach_ev: tuple[float, float], response: ResponseCurve) -> float | None:
        """As `Series.next_ev`. Raises CameraError without a picture."""
        frame, exposure = shown.frame, shown.exposure
        if frame is None or exposure is None or frame.placeholder:
            raise CameraError("there is no picture to choose the exposures by: wait until the camera delivers one")
        if self._choice is None:
            self._choice, self.response, self._before_ev = ExposureChoice(self.count, response), response, exposure.ev
        else:
            at = taken_at(shown, datetime.now().astimezone())
            self.taken = (*self.taken, Taken(shown, exposure.ev, exposure.ev - self._before_ev, at))
        next_ev = self._choice.next_ev(make_preview(frame.pixels), exposure.ev, shown.decision, reach_ev)
        if next_ev is None and len(self.taken) < self.count:
            self.reason = "the limits leave no room for another exposure"
        return next_ev

    def end(self, reason: str) -> None:
        """As `Series.end`."""
        self.reason = reason.rstrip(".") or self.reason
        self.over.set()

    @property
    def by_ev(self) -> tuple[Taken, ...]:
        """The pictures from the darkest exposure to the brightest."""
        return tuple(sorted(self.taken, key=lambda each: each.ev))
