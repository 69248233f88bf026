"""The actuator: what is done to the camera after each frame, when it refuses, and when another program meddles."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from autoexposure.clock import Clock
from autoexposure.control.config import LoopConfig
from autoexposure.control.contention import Contention
from autoexposure.control.controller import Controller
from autoexposure.control.delay import Attribution, DelayedControls
from autoexposure.control.session import CameraSession
from autoexposure.control.snapshot import Write
from autoexposure.errors import CameraDisconnected, CameraError, ControlTaken
from autoexposure.exposure import Exposure
from autoexposure.states import AeState

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Steered:
    """What became of one frame's correction.

    Attributes
    ----------
    ae_state : INACTIVE where another program turned out to have the exposure.
    target_ev : the EV that the frame asks for, bias included.
    write : what was written, or refused; None where nothing was due.
    """

    ae_state: AeState
    target_ev: float
    write: Write | None = None


class Actuator:
    """The controller and the contention rules on one camera session at a time.

    Attributes
    ----------
    controller : decides when to move and how far.
    paused : nothing is written, neither corrections nor reassertions.
    """

    def __init__(self, config: LoopConfig, clock: Clock) -> None:
        self.controller = Controller(config.controller)
        self.paused = False
        self._contention = Contention(config.contention)
        self._clock = clock
        self._refused_pause_s = config.refused_pause_s
        self._refusal = ""
        self._no_write_before_s = 0.0

    def begin(self) -> None:
        """A camera was opened: forget what was going on with the last one."""
        self._contention.reset()
        self._refusal = ""
        self._no_write_before_s = 0.0
        self.controller.restart()

    @property
    def notice(self) -> str:
        """What the user has to know of the camera's resistance; empty if there is none."""
        return self._refusal or self._contention.notice(self._clock.now())

    def insist(self) -> None:
        """The user has touched the exposure: whatever another program did, it is ours again."""
        if not self._contention.calm:
            self._contention.insist()

    def guard(self, session: CameraSession) -> None:
        """Set back what another program changed, as far as the contention rules allow. Raises CameraDisconnected."""
        if what := session.foreign_change():
            self._disturbed(session, what)
        now_s = self._clock.now()
        if self.paused or not self._contention.due(now_s):
            return
        # A try counts whether it works or not: a camera that can't be set back must not be tried with every frame.
        try:
            session.reassert()
        except CameraDisconnected:
            raise
        except CameraError as error:
            self._contention.reasserted(now_s)
            self._disturbed(session, str(error))
        else:
            self._contention.reasserted(now_s)
            self.controller.restart()

    def catch_up(self, session: CameraSession) -> Write | None:
        """Set what was asked for, or ruled out, before there was a picture or while the exposure was not ours.

        Returns what was written, None where nothing was due. Raises as `write`.
        """
        if (wanted := session.take_pending()) is not None:
            return self.write(session, wanted)
        if not (self.paused or self.controller.locked) and session.breaks_rules():
            return self.follow_rules(session)
        return None

    def steer(self, session: CameraSession, delayed: DelayedControls, made_by: Attribution, delta_ev: float) -> Steered:
        """Correct the exposure by what the meter said of one frame, if need be.

        Parameters
        ----------
        session : the open camera.
        delayed : its commands, on their way or arrived; ``session.delayed``, which is not None then.
        made_by : the exposure that made the frame.
        delta_ev : how much more exposure the meter asks for.

        Raises
        ------
        CameraDisconnected
            If it is gone.
        """
        commanded = delayed.commanded
        step = self.controller.step(
            made_by,
            delta_ev,
            commanded.ev,
            in_flight=delayed.in_flight,
            reach_ev=(session.program.lowest_ev, session.program.highest_ev),
        )
        # During the pause after a refusal metering goes on, so that the next try is of what is wanted by then.
        if step.command_ev is None or self._clock.now() < self._no_write_before_s:
            return Steered(step.state, step.target_ev)
        wanted = session.program.split(step.command_ev)
        if wanted == commanded:  # rounded to the camera's own steps: writing it again would only put it in flight anew
            self.controller.not_written()
            return Steered(step.state, step.target_ev)
        write = self.write(session, wanted)
        return Steered(step.state if write is not None else AeState.INACTIVE, step.target_ev, write)

    def follow_rules(self, session: CameraSession) -> Write | None:
        """Split the light in force by the rules that hold now: a calm controller would not write by itself.

        Returns as `catch_up`. Raises as `write`.
        """
        if session.delayed is None or not session.has_picture:
            return None
        wanted = session.program.split(session.delayed.commanded.ev)
        return None if wanted == session.delayed.commanded else self.write(session, wanted)

    def write(self, session: CameraSession, wanted: Exposure) -> Write | None:
        """Set the camera; None if another program has switched it to automatic.

        After a refusal pictures go on; the next try, of what is wanted by then, comes after a pause.
        Raises CameraDisconnected, and UnsupportedControl where there is nothing to set.
        """
        try:
            write = session.write(wanted)
        except ControlTaken as error:
            self._disturbed(session, str(error))
            return None
        self._refusal = write.reason
        if not write.confirmed:
            log.warning("%s refused %s: %s", session.camera.info.name, wanted, write.reason)
            self._no_write_before_s = self._clock.now() + self._refused_pause_s
        return write

    def _disturbed(self, session: CameraSession, what: str) -> None:
        if self._contention.calm:
            log.warning("%s: %s", session.camera.info.name, what)
        self._contention.disturbed(what, self._clock.now())
        session.distrust()  # the next pictures may be the other program's, and correcting those would be wrong
