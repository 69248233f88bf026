"""CameraSession: one camera from opened to put back; what it is set to, and which exposure made which frame."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from itertools import count

from autoexposure.abilities.abilities import Abilities
from autoexposure.adjusting.adjusting import Adjusting
from autoexposure.camera import Camera
from autoexposure.clock import Clock
from autoexposure.control.program import ExposureProgram, ProgramConfig
from autoexposure.control.snapshot import Write
from autoexposure.custody.custody import Custody, left_changed
from autoexposure.custody.journal import Journal
from autoexposure.errors import (
    AutoexposureError,
    CameraDisconnected,
    CameraError,
    ControlTaken,
    UnsupportedControl,
)
from autoexposure.exposure import Exposure, Limits
from autoexposure.frame import Frame
from autoexposure.metering.preview import Preview
from autoexposure.plain_text import plain
from autoexposure.profiles.quirks import Remedy
from autoexposure.response import ResponseCurve
from autoexposure.trust.arrivals import Arrivals
from autoexposure.trust.belief import Belief
from autoexposure.trust.delay import Attribution, DelayedControls
from autoexposure.trust.obedience import Controls, Obedience, values_of
from autoexposure.trust.own_automatic import OwnAutomatic
from autoexposure.trust.working_ranges import WorkingRanges

log = logging.getLogger(__name__)


class CameraSession:
    """An open camera under our control; one thread owns it.

    Parameters
    ----------
    camera : freshly opened; the session closes it.
    journal : keeps the camera's settings while they are changed. If it holds an entry already, an earlier run
        ended without putting the camera back: that is done first.

    streams : gives the camera's streams their numbers.

    Raises CameraBusy, and touches nothing, if another session or program has the camera.

    Attributes
    ----------
    abilities : what it can do besides.
    arrivals : counts the pictures.
    native : whether the firmware's automatic exposure is on by our doing.
    wanted : the newest exposure asked for; None before the first and where there is nothing to ask for.
    notice : one sentence for the user where control is not possible.
    remedy : what makes it obey when control is taken.
    adjusting : its controls beside exposure.
    """

    def __init__(
        self,
        camera: Camera,
        journal: Journal,
        program: ProgramConfig,
        response: ResponseCurve,
        clock: Clock,
        streams: Iterator[int] | None = None,
        remedy: Remedy = Remedy.NONE,
    ) -> None:
        self.camera = camera
        self.abilities = Abilities(camera)
        self.remedy = remedy
        self.arrivals = Arrivals(camera.info.name, clock, streams or count(1))
        self.native = False
        self.wanted: Exposure | None = None
        self.notice = ""
        self._belief = Belief(response)
        self._custody = Custody(camera, journal)
        self.adjusting = Adjusting(self.abilities, self._custody, clock)
        self._clock = clock
        self._newest: Frame | None = None
        self._ranges = WorkingRanges()
        self._preferred_s = math.inf
        self._pending: Exposure | None = None  # to be set with the next picture
        self._found_again = False
        try:
            self.use_program(program)
            self._take_control()
        except BaseException:
            self.close()
            raise

    def use_program(self, config: ProgramConfig) -> None:
        """Split exposures by these rules from now on."""
        known = self._ranges.of(self.camera.capabilities)
        program = ExposureProgram(known, self.camera.frame_interval_s, config)
        self.program = program.preferring(self._preferred_s)
        self._rules_unchecked = True

    @property
    def announced_limits(self) -> Limits:
        """The times and gains that its rules allow, of all that the camera says it has."""
        return ExposureProgram(self.camera.capabilities, self.camera.frame_interval_s, self.program.config).limits

    def prefer(self, longest_s: float) -> None:
        """Split exposures with no longer times than this from now on, as `ExposureProgram.preferring`."""
        self._preferred_s = longest_s
        self.program = self.program.preferring(longest_s)

    def leave_out(self, controls: Controls) -> None:
        """Split exposures by the other control alone, since these do not obey; by both where ``controls`` is empty."""
        self._ranges.forget()
        if self.delayed is not None:
            self._ranges.hold(controls, self.delayed.commanded)
        self.use_program(self.program.config)

    @property
    def delayed(self) -> DelayedControls | None:
        """The commands and which of them show; None while what the camera is set to is unknown.

        There is no exposure control then, the firmware's automatic is on, or another program set it.
        """
        return self._belief.delayed

    @property
    def obedience(self) -> Obedience:
        """Whether the camera does what it is set to, by its pictures."""
        return self._belief.obedience

    @property
    def own_automatic(self) -> OwnAutomatic:
        """Whether the camera's own automatic takes back what it is set to, by its pictures."""
        return self._belief.own_automatic

    @property
    def has_picture(self) -> bool:
        """Whether a picture came since opening: before that nothing can be written."""
        return self._newest is not None

    def use_native(self, on: bool) -> None:
        """Hand the exposure to the firmware or take it back. Raises UnsupportedControl."""
        if on == self.native:
            return
        try:
            with self._custody.changing():
                self.camera.set_native_auto(on)
        except CameraDisconnected:
            self.native = on  # it is what the camera is to be set to when it is back
            raise
        self.native = on
        self._belief.end()
        self._trust_anew()
        if not on:
            self._take_control()

    def read(self, timeout_s: float) -> Frame:
        """The camera's newest frame, counted; raises as Camera.read."""
        frame = self.camera.read(timeout_s)
        frame, anew = self.arrivals.take(frame, self.abilities.restarts)
        if anew:
            self._count_anew(frame)
        elif self._newest is None and self._found_again:
            self._believe_from(frame)
        self._newest = frame
        return frame

    def _count_anew(self, first: Frame) -> None:
        """Another stream began: what was in flight can't be counted any more, and may have been forgotten.

        Its driver has set the exposure again; pictures that can't show it yet are attributed to none.
        """
        self._belief.trust_anew()
        if refused := self.adjusting.resume(self.adjusting.chosen):
            log.warning("%s", refused)
        self._believe_from(first)

    def _believe_from(self, first: Frame) -> None:
        if self.delayed is not None:
            longest = self.camera.capabilities.delay_frames[1]
            self._believe(self.delayed.commanded, first.sequence + 1 + longest)

    def resume(self, exposure: Exposure | None, *, native: bool) -> None:
        """Set a camera that was just opened as it was before it was lost, or as was asked for before it was there.

        It may have been put back a moment ago: its first pictures may still be of what was set before that.
        """
        self._found_again = True
        if native:
            try:
                self.use_native(True)
            except UnsupportedControl as error:
                self.notice = str(error)
        if exposure is not None:
            self.set_when_possible(exposure)

    def set_when_possible(self, exposure: Exposure) -> None:
        """Set this with the next picture; nothing where there is nothing to set.

        Not before: what is in flight is counted from a picture's number. While the camera's automatic has it, it is
        only noted in ``wanted``.
        """
        if self.camera.capabilities.controls_exposure:
            self.wanted = exposure
            self._pending = None if self.native else exposure

    def take_pending(self) -> Exposure | None:
        """What was to be set when possible, once, if it is possible now."""
        if self.delayed is None or self._newest is None:
            return None
        pending, self._pending = self._pending, None
        return pending

    def breaks_rules(self) -> bool:
        """Whether what is set now is ruled out; looked at once after the rules changed or control was taken."""
        if not self._rules_unchecked or self.delayed is None or self._newest is None:
            return False
        self._rules_unchecked = False
        return not self.keeps_rules

    @property
    def keeps_rules(self) -> bool:
        """Whether what is set now is known, and allowed."""
        return self.delayed is not None and self.program.allows(self.delayed.commanded)

    def foreign_change(self) -> str:
        """As Watched.foreign_change; empty too for cameras that can't hear, and while nothing is ours to lose."""
        if self.wanted is None or self.native:
            return ""
        return plain(self.abilities.foreign_change())  # it names programs, which name themselves

    def distrust(self) -> None:
        """What the camera is set to is not known any more: nothing is inferred or written until ``reassert``."""
        self._belief.end()

    def hand_over(self) -> None:
        """Switch the camera's own automatic on until ``retake``. Raises as Camera.set_native_auto."""
        if self.delayed is not None:
            self.wanted = self.delayed.commanded
        with self._custody.changing():
            self.camera.set_native_auto(True)
        self._belief.end()

    def retake(self, remedy: Remedy) -> None:
        """Take control anew through the camera's own automatic, which wakes some that ignore what they are set to.

        It begins from what its pictures showed, so that the next correction shows whether that helped.
        Raises as Camera.set_exposure.
        """
        if self.delayed is not None:
            self.wanted = self.delayed.commanded
        elif self._pending is None and (now := self.camera.exposure):
            self.wanted = now  # where its automatic has led it; whether it obeys or not, that is what it shows
        self.remedy = remedy
        self._trust_anew()
        self.reassert()

    def reassert(self) -> None:
        """Take control once more and set what was wanted. Raises as Camera.set_exposure.

        Pictures that may still show what another program had set are attributed to no exposure, and not corrected.
        """
        wanted = self.wanted or self.program.split(self.program.plain_ev)
        self._switch_to_manual()
        with self._custody.changing():
            really = self.camera.set_exposure(wanted)
        self._renew_notice()  # whatever kept us from it is over
        self.wanted = really
        self._pending = None
        # One frame may be exposing while this is set; the next is the first that can wait the longest delay.
        reached = self._sequence_now(self._newest) if self._newest is not None else None
        longest = self.camera.capabilities.delay_frames[1]
        self._believe(really, None if reached is None else reached + 2 + longest)

    def _trust_anew(self) -> None:
        self._belief.trust_anew()
        self.leave_out(frozenset())

    def _believe(self, exposure: Exposure, certain_from: int | None = None) -> None:
        self._belief.be(exposure, self.camera.capabilities.delay_frames, certain_from)

    def attribute(self, frame: Frame, preview: Preview) -> Attribution | None:
        """As Belief.attribute; a control that a picture shows to have no effect gives way to the other."""
        made_by, verdict = self._belief.attribute(frame, preview), self._belief.verdict
        if verdict is not None and (verdict.stayed or verdict.cleared):
            if verdict.cleared:
                self._ranges.obeyed_at(verdict.really)
            self._ranges.stay_within(self.camera.capabilities, verdict.stayed, verdict.really)
            self.use_program(self.program.config)
        return made_by

    def write(self, wanted: Exposure) -> Write:
        """Set the camera; a refusal is reverted, which means that what it is set to after all is found out.

        Raises CameraDisconnected, ControlTaken, and UnsupportedControl where there is nothing to set.
        """
        delayed, newest = self.delayed, self._newest
        if delayed is None or newest is None:
            raise UnsupportedControl("the exposure can't be set while the camera's own automatic is on, or has none")
        self._belief.prepare()
        reason = ""
        self.wanted = wanted  # also if that fails: it is what a camera that is lost now, or taken, is set to later
        try:
            with self._custody.changing():
                really = self.camera.set_exposure(wanted)
        except (CameraDisconnected, ControlTaken):
            raise
        except CameraError as error:
            reason, really = str(error), self._set_after_all(delayed.commanded)
        if not reason:
            longest = self.camera.capabilities.delay_frames[1]
            ended = self._belief.command(wanted, really, newest.sequence, self._sequence_now(newest), longest)
            self._narrow(ended, wanted, really)
        elif really != delayed.commanded:  # of two controls one may have been written
            delayed.command(really, newest.sequence, self._sequence_now(newest))
        self.wanted = really
        return Write(wanted, really, reason)

    def _narrow(self, ended: Controls, wanted: Exposure, really: Exposure) -> None:
        refuted = self._ranges.seen_at(really)
        for control in ended:
            value, highest = values_of(really)[control], values_of(wanted)[control] > values_of(really)[control]
            log.info(
                "%s: its %s goes no %s than %g", self.camera.info.name, control, ("lower", "higher")[highest], value
            )
            self._ranges.end_at(self.camera.capabilities, control, value, highest=highest)
        if ended or refuted:
            self.use_program(self.program.config)

    def close(self, *, quiet: bool = False) -> str:
        """Put the settings back and let go of the camera; returns a sentence if it was left changed, else nothing.

        ``quiet`` : that sentence is no error in the log: the caller says it, or the camera is lost and its note stays
        until it is back.
        """
        try:
            self._custody.give_back()
            return ""
        except AutoexposureError as error:
            left = left_changed(self.camera.info.name, error)
            log.log(logging.INFO if quiet else logging.ERROR, "%s", left)
            return left
        except Exception as error:  # a driver's bug must not keep the camera open, nor end the thread that has it
            log.exception("%s could not be put back to how it was", self.camera.info.name)
            left = f"{self.camera.info.name} could not be put back to how it was"
            return f"{left}: {error!r}; 'autoexposure restore' tries again"
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Let go of a camera without a word to it; if it was not put back, its note stays until it is."""
        self._belief.end()
        try:
            let_go_of(self.camera)
        finally:
            self._custody.release()

    def _take_control(self) -> None:
        try:
            self._custody.take()
            self._renew_notice()
            if not self.camera.capabilities.controls_exposure:
                return
            self._switch_to_manual()
            # A control that turned out not to obey when it was taken is there no more, which is said, too.
            self._renew_notice()
            self.use_program(self.program.config)
        except UnsupportedControl as error:
            self.notice = str(error)
            return
        with self._custody.changing():
            exposure = self.camera.exposure or self.camera.set_exposure(self.program.split(self.program.plain_ev))
        self._believe(exposure)
        self._rules_unchecked = True
        self.wanted = self._pending or exposure

    def _renew_notice(self) -> None:
        self.notice = self._custody.notice or self.camera.capabilities.notice

    def _switch_to_manual(self) -> None:
        with self._custody.changing():
            if self.remedy is not Remedy.NONE and self.camera.capabilities.native_auto:
                self.camera.set_native_auto(True)
            self.camera.take_control()

    def _set_after_all(self, otherwise: Exposure) -> Exposure:
        try:
            return self.camera.exposure or otherwise
        except CameraDisconnected:
            raise
        except CameraError as error:
            log.info("%s does not say what it is set to either: %s", self.camera.info.name, error)
            return otherwise

    def _sequence_now(self, newest: Frame) -> int:
        """The number of the frame that the camera has probably reached by now."""
        since_newest_s = self._clock.now() - newest.timestamp_s
        return newest.sequence + max(0, int(since_newest_s / self.camera.frame_interval_s))


def let_go_of(camera: Camera) -> None:
    """Close a camera; one that can't even be closed is logged, since nothing more can be done about it."""
    try:
        camera.close()
    except AutoexposureError as error:
        log.error("a camera could not be closed: %s", error)
        log.debug("a camera could not be closed", exc_info=True)
    except Exception:  # of a device that is gone drivers raise what their libraries do; it must not end the loop
        log.exception("a camera could not be closed")
