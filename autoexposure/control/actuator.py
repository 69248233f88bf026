"""The actuator: what is done to the camera after each frame, when it refuses, and when another program meddles."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from autoexposure.clock import Clock
from autoexposure.control.config import LoopConfig
from autoexposure.control.contention import Contention
from autoexposure.control.controller import Controller
from autoexposure.control.holding import Holding
from autoexposure.control.motion import MotionProgram
from autoexposure.control.session import CameraSession
from autoexposure.control.snapshot import Write
from autoexposure.errors import CameraDisconnected, CameraError, ControlTaken
from autoexposure.exposure import Exposure
from autoexposure.goal.goal import RAMP_STEP_EV, Goal, GoalConfig, GoalRamp
from autoexposure.profiles.quirks import Remedy, remedy_line
from autoexposure.states import AeState
from autoexposure.trust.delay import Attribution, DelayedControls
from autoexposure.trust.obedience import STAYED_EV, Controls, controls_of
from autoexposure.trust.questions import exchange, question
from autoexposure.trust.recovery import Act, Recovery

log = logging.getLogger(__name__)

REFUSAL_SHOWN_S = 4.0
"""How long a refusal is still shown once the next try would have been possible: where the controller wants none by
then, the camera is set as it should be."""

PATIENT_TRIES, MOST_DOUBLINGS = 3, 6
"""A camera that takes a setting and says that it stays as it was is asked again after the pause of a refusal; after so
many tries that pause doubles, so often."""


@dataclass(frozen=True, slots=True)
class Steered:
    """What became of one frame's correction.

    Attributes
    ----------
    ae_state : INACTIVE where another program turned out to have the exposure.
    target_ev : the EV that the frame asks for, bias included.
    write : what was written, or refused; None where nothing was due.
    left_alone : as of `Step`.
    """

    ae_state: AeState
    target_ev: float
    write: Write | None = None
    left_alone: bool = False


class Actuator:
    """The controller and the contention rules on one camera session at a time.

    Attributes
    ----------
    controller : decides when to move and how far.
    goal : what each picture is exposed for, by what its meter says.
    holding : exposures that are held in turn, instead of all that.
    motion : which exposure times suit what moves in the pictures.
    paused : nothing is written, neither corrections nor reassertions.
    follows : the exposure is another camera's (`autoexposure.control.matched`).
    """

    follows = False

    def __init__(self, config: LoopConfig, clock: Clock) -> None:
        self.controller = Controller(config.controller)
        self.goal = GoalRamp(config.goal, clock)
        self.holding = Holding(clock, self.write)
        self.motion = MotionProgram()
        self._usual = config.controller
        self.paused = False
        self._contention = Contention(config.contention)
        self._recovery = Recovery(config.recovery)
        self._wanted_ev, self._left_alone = 0.0, False  # what the newest picture asks for, and as of `Steered`
        self._out_of_reach = False
        self._clock = clock
        self._said = ""
        self._refused_pause_s = config.refused_pause_s
        self._refusal = self._refused = ""  # what is shown, and what was logged last
        self._no_write_before_s = 0.0
        self._in_vain = 0  # writes in a row that the camera took and did not follow
        self._question: Exposure | None = None  # to be set next, so that the pictures tell whether it obeys
        self._asked = False  # that was done, and the pictures have not answered yet
        self._flashes_left = 0  # pictures in which time and gain that were changed against each other may be apart

    def begin(self, session: CameraSession) -> None:
        """A camera was opened: forget what was going on with the last one."""
        self._contention.reset()
        self._recovery.reset(session.camera.info.name, session.remedy)
        self._wanted_ev, self._left_alone, self._out_of_reach = 0.0, False, False
        self._refusal = self._refused = ""
        self._no_write_before_s = 0.0
        self._in_vain = 0
        self._question, self._asked = None, False
        self.motion.begin()
        self._flashes_left = 0
        self.controller.begin()
        if self.goal.config.keep_night_dark:  # then a person wants something else than what is found
            self.controller.follow()

    def stand_aside(self) -> None:
        """There is nothing to steer: no camera, or its exposure is not ours."""

    def follow(self) -> None:
        """Search anew, all the way and at once: a person has asked for something."""
        self.controller.follow()
        self.goal.restart()

    def use_goal(self, config: GoalConfig) -> None:
        """Aim at other exposures from now on."""
        if config != self.goal.config:
            self.goal.config = config
            self.follow()

    def aim(self, session: CameraSession, made_by: Attribution, delta_ev: float) -> Goal:
        """What a picture is exposed for, given what the meter says of it; `steer` takes its ``delta_ev``."""
        goal = self.goal.of(made_by.exposure.ev, delta_ev, session.camera.capabilities)
        # A ramp moves the goal by less than the controller would notice, and has dealt with noise and hunting itself.
        now, usual = self.controller.config, self._usual
        steps = (RAMP_STEP_EV, RAMP_STEP_EV, 1, 0)
        if not self.goal.moving:
            steps = (usual.dead_band_ev, usual.wake_ev, usual.wake_frames, usual.hunting_frames)
        if steps != (now.dead_band_ev, now.wake_ev, now.wake_frames, now.hunting_frames):
            band_ev, wake_ev, wake_frames, hunting_frames = steps
            self.controller.config = replace(
                now, dead_band_ev=band_ev, wake_ev=wake_ev, wake_frames=wake_frames, hunting_frames=hunting_frames
            )
        return goal

    @property
    def refine_from_ev(self) -> float:
        """The smallest correction that could be acted on next; refining a smaller one would be wasted."""
        return math.inf if self.holding.active else self.controller.wake_threshold_ev

    @property
    def notice(self) -> str:
        """What the user has to know of the camera's resistance; empty if there is none."""
        now_s = self._clock.now()
        return self._refusal or self._contention.notice(now_s) or self._recovery.notice(now_s)

    @property
    def disobedient(self) -> Controls:
        """As Recovery.disobedient."""
        return self._recovery.disobedient

    def insist(self) -> None:
        """The user has touched the exposure: whatever another program did, it is ours again."""
        if not self._contention.calm:
            self._contention.insist()
        self._recovery.insist()
        self._no_write_before_s = 0.0

    def guard(self, session: CameraSession) -> None:
        """Set back what another program changed, as far as the contention rules allow. Raises CameraDisconnected."""
        if what := session.foreign_change():
            self._disturbed(session, what)
        now_s = self._clock.now()
        if now_s - self._no_write_before_s > REFUSAL_SHOWN_S:  # it could have been tried again, and need not be
            self._refusal = ""
        if session.native:
            # The automatic has it, as the user wants: there is nothing to set back, and nothing that could obey.
            self._contention.reset()
            self._recovery.reset(session.camera.info.name)
            self._refusal = ""
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
            self._refusal = ""
            self.controller.restart()

    def recover(self, session: CameraSession) -> bool:
        """Do what is due about a camera that does not obey; returns whether that was anything.

        Raises CameraDisconnected.
        """
        self._question = None  # one that this picture did not ask is of an exposure that may be over
        if self.paused or session.native or not self._contention.calm:
            return False
        now_s, controls = self._clock.now(), controls_of(session.camera.capabilities)
        own, off = session.own_automatic, self._out_of_reach or self.controller.rests_off
        due = self._recovery.due(
            session.obedience,
            controls,
            now_s,
            automatic=session.camera.capabilities.native_auto,
            # Where it rests there are no more settings that could be taken back: then fewer are enough.
            takes_back=own.sure or (own.suspected and off),
            wanted_ev=self._wanted_ev,
            out_of_reach=self._out_of_reach,
            at_rest=self._at_rest(session, now_s),
        )
        if due in (Act.ASK, Act.EXCHANGE):  # with the next correction, which this picture may be good for
            self._question = self._ask_for(session, due)
            return False
        match due:
            case Act.RETAKE | Act.HAND_OVER:
                try:
                    if due is Act.HAND_OVER:
                        session.hand_over()
                    else:
                        session.retake(self._recovery.remedy)
                        session.leave_out(self._recovery.on_trial)
                except CameraDisconnected:
                    raise
                except CameraError as error:
                    log.warning("%s refused to be taken control of anew: %s", session.camera.info.name, error)
                    self._recovery.give_up(now_s)
                    session.distrust()
                self.controller.restart()
            case Act.LEAVE_OUT | Act.USE_ALL:
                session.remedy = Remedy.NONE
                session.leave_out(self._recovery.left_out)
                self.controller.restart()
            case Act.BELIEVE:
                session.leave_out(frozenset())
            case Act.LEAVE_ALONE:
                session.remedy = Remedy.NONE
                session.distrust()
            case Act.SHARE:
                session.leave_out(frozenset())
                if line := remedy_line(session.camera.info, session.remedy):
                    log.warning("others with this camera are helped by this entry in the library of quirks:\n%s", line)
            case None:
                return False
        self._in_vain = 0
        self._no_write_before_s = 0.0
        if (notice := self._recovery.notice(now_s)) and notice != self._said:
            log.warning("%s", notice)
        self._said = notice
        return True

    def _at_rest(self, session: CameraSession, now_s: float) -> bool:
        delayed = session.delayed
        right = self._left_alone or abs(self._wanted_ev) <= self.controller.config.wake_ev
        elsewhere = self.holding.active or self.follows or self.controller.locked  # the exposure is not to be set here
        busy = elsewhere or self._asked or self._flashes_left or now_s < self._no_write_before_s
        calm = self.controller.converged and right and not busy
        return calm and delayed is not None and not (delayed.in_flight or session.obedience.under_way)

    def catch_up(self, session: CameraSession) -> Write | None:
        """Set what was asked for, or ruled out, before there was a picture or while the exposure was not ours.

        Returns what was written, None where nothing was due. Raises as `write`.
        """
        if (wanted := session.take_pending()) is not None:
            return self.write(session, wanted)
        if not (self.paused or self.controller.locked) and session.breaks_rules():
            return self.follow_rules(session)
        return None

    def steer(
        self,
        session: CameraSession,
        delayed: DelayedControls,
        made_by: Attribution,
        delta_ev: float,
        doubt_ev: float | None = None,
    ) -> Steered:
        """Correct the exposure by what the meter said of one frame, if need be.

        Parameters
        ----------
        session : the open camera.
        delayed : its commands, on their way or arrived; ``session.delayed``, which is not None then.
        made_by : the exposure that made the frame.
        delta_ev : how much more exposure the meter asks for.
        doubt_ev : how unsure it is of that; None to follow it in any case.

        Raises
        ------
        CameraDisconnected
            If it is gone.
        """
        program = session.program
        reach_ev = program.lowest_ev, program.highest_ev
        return self._correct(session, delayed, made_by, delta_ev, reach_ev, program.split, doubt_ev)

    def _correct(
        self,
        session: CameraSession,
        delayed: DelayedControls,
        made_by: Attribution,
        delta_ev: float,
        reach_ev: tuple[float, float],
        split: Callable[[float], Exposure],
        doubt_ev: float | None = None,
    ) -> Steered:
        """As `steer`, within ``reach_ev`` (lowest, highest), an EV being made time and gain by ``split``."""
        commanded = delayed.commanded
        if self._flashes_left and not self.controller.locked:  # what flashes between the two is no change of light
            self._flashes_left -= not delayed.in_flight
            return Steered(AeState.CONVERGED if self.controller.converged else AeState.SEARCHING, commanded.ev)
        self._wanted_ev = delta_ev + self.controller.bias_ev
        goal_ev, slack_ev = made_by.exposure.ev + self._wanted_ev, self.controller.config.wake_ev
        self._out_of_reach = not reach_ev[0] - slack_ev <= goal_ev <= reach_ev[1] + slack_ev
        if (asked := self._ask(session)) is not None:
            return Steered(AeState.SEARCHING, goal_ev, *asked)
        step = self.controller.step(
            made_by, delta_ev, commanded.ev, in_flight=delayed.in_flight, reach_ev=reach_ev, doubt_ev=doubt_ev
        )
        self._left_alone = step.left_alone
        # During the pause after a refusal metering goes on, so that the next try is of what is wanted by then.
        if step.command_ev is None or self._clock.now() < self._no_write_before_s:
            return Steered(step.state, step.target_ev, left_alone=step.left_alone)
        wanted = split(step.command_ev)
        if wanted == commanded and step.whole_ev is not None:  # damping asks for less than a step of the camera
            wanted = split(step.whole_ev)
        if wanted == commanded:  # rounded to the camera's own steps: writing it again would only put it in flight anew
            self.controller.not_written()
            return Steered(step.state, step.target_ev)
        write = self.write(session, wanted)
        return Steered(step.state if write is not None else AeState.INACTIVE, step.target_ev, write)

    def _ask_for(self, session: CameraSession, due: Act) -> Exposure | None:
        """What to set so that the pictures tell; None where there is no such setting."""
        capabilities, delayed = session.camera.capabilities, session.delayed
        if delayed is None:
            return None
        if due is Act.EXCHANGE:
            return exchange(delayed.commanded, capabilities, session.announced_limits)
        return question(self._recovery.in_question, delayed.commanded, capabilities)

    def _ask(self, session: CameraSession) -> tuple[Write | None] | None:
        """Set what is in question, then nothing until the pictures have answered; None without a question.

        Where they have, the light is split by the rules again: an exchange may have left it in more gain than it needs.
        """
        if (asked := self._question) is not None:
            self._question, self._asked = None, True
            return (self.write(session, asked),)
        if not self._asked or self.controller.locked:  # what a hand has set, or holds, stays as it is
            return None
        self._asked = session.obedience.under_way
        return (None if self._asked else self.follow_rules(session),)

    def split_anew(self, session: CameraSession) -> Write | None:
        """Split the light in force by the time that motion asks for since, once nothing else is on its way.

        Returns as `catch_up`. Raises as `write`.
        """
        delayed = session.delayed
        if not self.motion.due or delayed is None or delayed.in_flight or self.controller.locked:
            return None
        if self._clock.now() < self._no_write_before_s or self._asked or session.obedience.under_way:
            return None
        write = self.follow_rules(session)
        self.motion.due = write is not None and not write.confirmed  # what was refused is tried again
        self._flashes_left = session.obedience.config.apart if write is not None else 0
        return write

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
        before = session.delayed.commanded if session.delayed is not None else wanted
        rules = session.program
        try:
            write = session.write(wanted)
        except ControlTaken as error:
            self._disturbed(session, str(error))
            return None
        self._refusal = write.reason
        # A camera that refuses is tried every second: said once, whatever it is asked for, and again once that changes.
        refused = write.reason.replace(str(wanted), "")
        if refused and refused != self._refused:
            log.warning("%s refused %s: %s", session.camera.info.name, wanted, write.reason)
        self._refused = refused
        # Where the camera has shown the end of a range, the next try is of something else, and need not wait.
        in_vain = write.confirmed and session.program is rules and _stands_still(before, write)
        self._in_vain = self._in_vain + 1 if in_vain else 0
        if self._in_vain or not write.confirmed:
            longer = 2.0 ** min(max(self._in_vain - PATIENT_TRIES, 0), MOST_DOUBLINGS)
            self._no_write_before_s = self._clock.now() + self._refused_pause_s * longer
        return write

    def _disturbed(self, session: CameraSession, what: str) -> None:
        if self._contention.calm:
            log.warning("%s: %s", session.camera.info.name, what)
        self._contention.disturbed(what, self._clock.now())
        session.distrust()  # the next pictures may be the other program's, and correcting those would be wrong


def _stands_still(before: Exposure, write: Write) -> bool:
    """Whether a camera took a setting, and says that it came hardly nearer to it; rounding is no such thing."""
    asked_ev, left_ev = write.asked.ev - before.ev, write.asked.ev - write.really.ev
    return abs(asked_ev) > STAYED_EV and abs(left_ev) > 0.8 * abs(asked_ev)
