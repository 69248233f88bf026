"""The actuator of a camera that is exposed as others are."""

from __future__ import annotations

import math
from functools import partial

from autoexposure.clock import Clock
from autoexposure.control.actuator import Actuator, Steered
from autoexposure.control.config import LoopConfig
from autoexposure.control.motion import MotionProgram
from autoexposure.control.session import CameraSession
from autoexposure.control.snapshot import Write
from autoexposure.exposure import Exposure
from autoexposure.matching.matching import Matching, Post
from autoexposure.states import AeState
from autoexposure.trust.delay import Attribution, DelayedControls


class MatchedActuator(Actuator):
    """Corrects the exposure while this camera leads; else takes what the leader commands.

    Parameters
    ----------
    matching : shared with the other cameras' loops; those that joined it before lead rather than this one.
    """

    def __init__(self, config: LoopConfig, clock: Clock, matching: Matching) -> None:
        super().__init__(config, clock)
        self.motion = MotionProgram(heeds=False)  # one camera's motion would make the others' gains higher
        self._member = matching.join()
        self._led = False
        self._terms: object = None  # what was agreed on when this camera, leading, was set to it
        self._taken: tuple[Exposure, Exposure] | None = None  # what was asked for to match, and what came of it

    def begin(self, session: CameraSession) -> None:
        """As `Actuator.begin`."""
        super().begin(session)
        self._taken = None

    def stand_aside(self) -> None:
        """As `Actuator.stand_aside`: the others go on without this camera."""
        self.follows = self._led = False
        self._member.stand_aside()

    @property
    def refine_from_ev(self) -> float:
        """As `Actuator.refine_from_ev`; a follower acts on no correction of its own."""
        if not self.follows:
            return super().refine_from_ev
        return self.controller.config.wake_ev if self._member.is_heard else math.inf

    def steer(
        self,
        session: CameraSession,
        delayed: DelayedControls,
        made_by: Attribution,
        delta_ev: float,
        doubt_ev: float | None = None,
    ) -> Steered:
        """As `Actuator.steer`; what the cameras agree on is followed, since no single answer's doubt is that of all."""
        member, program, bias_ev = self._member, session.program, self.controller.bias_ev
        if self.controller.locked and not member.leads:
            self.stand_aside()
            return super().steer(session, delayed, made_by, delta_ev, doubt_ev)
        agreed = member.post(
            Post(
                made_by.exposure.ev + delta_ev,
                made_by.doubt_ev == 0,
                (program.lowest_ev - bias_ev, program.highest_ev - bias_ev),
                program.limits,
            )
        )
        split = partial(program.split_like, limits=agreed.limits)
        if not member.leads:
            self.follows, self._led = True, False
            self._wanted_ev, self._out_of_reach = 0.0, False  # its own pictures may be off, and that is as it should be
            if agreed.command_ev is None:
                return Steered(AeState.SEARCHING, agreed.wanted_ev + bias_ev)
            state = AeState.SEARCHING if delayed.in_flight else agreed.ae_state
            following = Steered(state, agreed.target_ev + bias_ev)
            taken = self._take(session, split(agreed.command_ev + bias_ev), delayed.commanded, following)
            if taken is following:
                member.take_the_lead()
            return taken
        if not self._led:  # nobody led, or this one has followed until now
            self.follows, self._led, self._terms = False, True, None
            self.controller.restart()
        reach_ev = (agreed.reach_ev[0] + bias_ev, agreed.reach_ev[1] + bias_ev)
        steered = self._correct(session, delayed, made_by, agreed.wanted_ev - made_by.exposure.ev, reach_ev, split)
        terms = agreed.limits, reach_ev
        if steered.write is None and terms != self._terms and not self.controller.locked:
            # A calm controller would not write by itself when the others can't do what it is set to.
            within = split(min(max(delayed.commanded.ev, reach_ev[0]), reach_ev[1]))
            taken = self._take(session, within, delayed.commanded, steered)
            if taken is steered or taken.write is not None:
                self._terms = terms
            steered = taken
        if session.delayed is not None:
            member.command(session.delayed.commanded.ev - bias_ev, steered.target_ev - bias_ev, steered.ae_state)
        return steered

    def follow_rules(self, session: CameraSession) -> Write | None:
        """As `Actuator.follow_rules`; its own rules alone may break what all agreed on, which is then set anew."""
        self._terms = None
        return super().follow_rules(session)

    def _take(self, session: CameraSession, wanted: Exposure, commanded: Exposure, otherwise: Steered) -> Steered:
        """Set what matches the others; ``otherwise`` where it is set already, as near as the camera gets."""
        if wanted == commanded or self._taken == (wanted, commanded):
            return otherwise
        if self._clock.now() < self._no_write_before_s:
            return Steered(AeState.SEARCHING, otherwise.target_ev)
        write = self.write(session, wanted)
        if write is not None and write.confirmed:
            self._taken = (wanted, write.really)
        return Steered(AeState.SEARCHING if write is not None else AeState.INACTIVE, otherwise.target_ev, write)
