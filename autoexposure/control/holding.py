"""Exposures held in turn: the loop stands still at each until a picture of it has come, and goes on as before."""

from __future__ import annotations

import logging
from collections.abc import Callable
from enum import Enum, auto

from autoexposure.clock import Clock
from autoexposure.control.commands import Series
from autoexposure.control.session import CameraSession
from autoexposure.control.snapshot import Snapshot, Write
from autoexposure.errors import AutoexposureError
from autoexposure.exposure import Exposure
from autoexposure.response import ResponseCurve
from autoexposure.trust.delay import Attribution

log = logging.getLogger(__name__)

PATIENCE_S = 8.0
"""How long one exposure may take to show; the slowest cameras, behind a network, need two seconds. On one that
ignores it, or whose exposure another program changes, it never shows."""

NO_CONTROL = "the camera's exposure can't be set now: it has no control for it, or its own automatic is on"


class _Phase(Enum):
    IDLE = auto()
    BEGINNING = auto()  # the picture of what was in force before has not come yet
    TAKING = auto()
    RETURNING = auto()  # all is over, but what was in force before does not show yet


class Holding:
    """Asks a `Series` for exposures and gives it the picture of each.

    What was in force before is set again at the end, however it ends; only of a camera that is lost it must be
    remembered, and one that is let go of is put back as it was found.

    Parameters
    ----------
    write : sets an exposure, as `Actuator.write`.
    """

    def __init__(self, clock: Clock, write: Callable[[CameraSession, Exposure], Write | None]) -> None:
        self._clock = clock
        self._write = write
        self._phase = _Phase.IDLE
        self._series: Series | None = None
        self._before: Exposure | None = None
        self._give_up_at_s = 0.0

    @property
    def active(self) -> bool:
        """Whether the exposure is held; nothing else may set it then."""
        return self._phase is not _Phase.IDLE

    def begin(self, series: Series, session: CameraSession | None) -> None:
        """Begin with the next picture whose exposure is certain."""
        if session is None or session.delayed is None:
            series.end(NO_CONTROL)
            return
        self._before = session.delayed.commanded
        self._series = series
        self._turn_to(_Phase.BEGINNING)

    def break_off(self, reason: str, session: CameraSession | None = None) -> Exposure | None:
        """End at once, if it is at work. Returns what was in force before, None if it was not.

        Parameters
        ----------
        reason : told to the series.
        session : the camera, to set it back at once; None for one that is lost, or put back by whoever lets go of it.
        """
        if not self.active:
            return None
        before = self._before
        delayed = session.delayed if session is not None else None
        if session is not None and delayed is not None and before is not None and before != delayed.commanded:
            self._write(session, before)
        self._finish(reason)
        self._phase, self._before = _Phase.IDLE, None
        return before

    def see(
        self, session: CameraSession, snapshot: Snapshot, made_by: Attribution | None, response: ResponseCurve
    ) -> Write | None:
        """Take in one turn; returns what was written, None if nothing. Raises CameraDisconnected.

        Parameters
        ----------
        session : the camera.
        snapshot : of this turn, with its picture.
        made_by : the exposure that made it; None where that is not known.
        response : the camera's curve.
        """
        if not self.active:
            return None
        delayed = session.delayed
        if delayed is None:  # another program took it, or its automatic: it is set back once it is ours again
            if (before := self.break_off(NO_CONTROL)) is not None:
                session.set_when_possible(before)
            return None
        shows = made_by is not None and made_by.doubt_ev == 0 and not delayed.in_flight
        if not shows and self._clock.now() < self._give_up_at_s:
            return None
        if self._phase is _Phase.RETURNING:
            self._phase, self._before = _Phase.IDLE, None
            return None
        if not shows:
            return self._return(session, "the camera does not show the exposure it was set to")
        return self._go_on(session, snapshot, response)

    def _go_on(self, session: CameraSession, snapshot: Snapshot, response: ResponseCurve) -> Write | None:
        assert self._series is not None
        program = session.program
        try:
            ev = self._series.next_ev(snapshot, (program.lowest_ev, program.highest_ev), response)
        except AutoexposureError as error:
            return self._return(session, str(error))
        if ev is None:
            return self._return(session, "")
        wanted = program.split(ev)
        self._turn_to(_Phase.TAKING)
        if session.delayed is not None and wanted == session.delayed.commanded:
            return None  # the next picture is of it
        write = self._write(session, wanted)
        if write is None or not write.confirmed:
            refused = write.reason if write is not None else NO_CONTROL
            return self._return(session, refused) or write
        return write

    def _return(self, session: CameraSession, reason: str) -> Write | None:
        self._finish(reason)
        self._turn_to(_Phase.RETURNING)
        assert self._before is not None
        if session.delayed is None:  # it was taken away just now
            session.set_when_possible(self._before)
            return None
        if session.delayed.commanded == self._before:
            return None
        return self._write(session, self._before)

    def _turn_to(self, phase: _Phase) -> None:
        self._phase = phase
        self._give_up_at_s = self._clock.now() + PATIENCE_S

    def _finish(self, reason: str) -> None:
        series, self._series = self._series, None
        if series is not None:
            log.debug("exposures held in turn: %s", reason or "all were taken")
            series.end(reason)
