"""A bracket: a few pictures in exposures that are chosen one after the other, each by what the pictures before it showed.

The picture that was there before it began is looked at, but is not one of them: what it leaves badly exposed is not yet
known, and the first exposure is chosen for that, too.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from autoexposure.bracketing.choice import choose
from autoexposure.bracketing.light import SceneLight
from autoexposure.control.snapshot import Snapshot
from autoexposure.errors import CameraError, ConfigError
from autoexposure.metering.preview import make_preview
from autoexposure.recording.still import taken_at
from autoexposure.response import ResponseCurve, srgb

FEWEST, MOST = COUNTS = (2, 5)
"""Pictures of a bracket: with one there is nothing to choose; five stops of steps cover what rooms with windows hold."""

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


class Bracket:
    """Chooses the exposures and keeps the pictures: a `autoexposure.control.commands.Series` for ``TakeInTurn``.

    Parameters
    ----------
    count : how many pictures, within `COUNTS`. A camera whose range is too narrow for so many gives fewer.
    ended : called in the loop's thread once there will be no more; must not block.

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

    def __init__(self, count: int = USUAL, ended: Callable[[], object] = lambda: None) -> None:
        if not FEWEST <= count <= MOST:
            raise ConfigError(f"a bracket has {FEWEST} to {MOST} pictures, given {count}")
        self.count = count
        self.taken: tuple[Taken, ...] = ()
        self.response = srgb()
        self.reason = ""
        self.over = threading.Event()
        self._ended = ended
        self._light: SceneLight | None = None
        self._before_ev = 0.0

    def next_ev(self, shown: Snapshot, reach_ev: tuple[float, float], response: ResponseCurve) -> float | None:
        """As `Series.next_ev`: the next exposure is the one of those still due that lies furthest from what was seen."""
        frame, exposure = shown.frame, shown.exposure
        if frame is None or exposure is None or frame.placeholder:
            raise CameraError("there is no picture to choose the exposures by: wait until the camera delivers one")
        if self._light is None:
            self._light, self.response, self._before_ev = SceneLight(response), response, exposure.ev
        else:
            at = taken_at(shown, datetime.now().astimezone())
            self.taken = (*self.taken, Taken(shown, exposure.ev, exposure.ev - self._before_ev, at))
        due = self.count - len(self.taken)
        if due == 0:
            return None
        light, decision, taken_ev = self._light, shown.decision, [each.ev for each in self.taken]
        light.add(
            make_preview(frame.pixels),
            exposure.ev,
            decision.attention if decision is not None else None,
            decision.exposure_map if decision is not None else None,
        )
        chosen = choose(light.wishes_ev, light.weights, due, reach_ev, light.width_ev, taken_ev)
        # What lies furthest from all pictures so far shows most of what they could not, while there is still a choice.
        seen_ev = [self._before_ev, *taken_ev]
        return max(chosen, key=lambda ev: min(abs(ev - seen) for seen in seen_ev))

    def end(self, reason: str) -> None:
        """As `Series.end`."""
        self.reason = reason
        self.over.set()
        self._ended()

    @property
    def by_ev(self) -> tuple[Taken, ...]:
        """The pictures from the darkest exposure to the brightest."""
        return tuple(sorted(self.taken, key=lambda each: each.ev))
