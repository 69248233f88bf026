"""Belief: what a camera is set to, as far as commands and pictures tell, and so which exposure made which frame."""

from __future__ import annotations

from autoexposure.exposure import Exposure
from autoexposure.frame import Frame
from autoexposure.metering.lookahead import level_ev
from autoexposure.metering.preview import Preview
from autoexposure.response import ResponseCurve
from autoexposure.trust.delay import Attribution, DelayedControls
from autoexposure.trust.obedience import Controls, Obedience, Verdict
from autoexposure.trust.own_automatic import OwnAutomatic


class Belief:
    """What is believed of one camera.

    Parameters
    ----------
    response : its response curve, for the brightness of its pictures.

    Attributes
    ----------
    delayed : the commands and which of them show; None while what it is set to is unknown.
    obedience : whether it does what it is set to, by its pictures.
    own_automatic : whether its own automatic takes that back, by its pictures.
    verdict : what the newest picture showed of whether it obeys; None for most.
    """

    def __init__(self, response: ResponseCurve) -> None:
        self.delayed: DelayedControls | None = None
        self.obedience = Obedience(response)
        self.own_automatic = OwnAutomatic(response)
        self.verdict: Verdict | None = None
        self._response = response
        self._newest: Preview | None = None
        self._reference: Preview | None = None  # the last picture of certain exposure: what the next is held against
        self._certain_from = 0
        self._delay_frames = (0, 0)

    def trust_anew(self) -> None:
        """Control is taken in another way: the camera may do now what it did not do."""
        self.obedience.begin_anew()
        self.own_automatic.begin_anew()

    def be(self, exposure: Exposure, delay_frames: tuple[int, int], certain_from: int | None = None) -> None:
        """Take this for what makes the next pictures, whatever was on its way before.

        Parameters
        ----------
        exposure : what the camera is set to.
        delay_frames : as in Capabilities.delay_frames.
        certain_from : pictures before this number may show something else; None if it was in force before.
        """
        self.delayed = DelayedControls(exposure, delay_frames)
        self._delay_frames = delay_frames
        self._reference = None
        self._interrupt()
        if certain_from is not None:
            self._certain_from = certain_from

    def end(self) -> None:
        """What the camera is set to is not known any more."""
        self.delayed = self._reference = None
        self._interrupt()

    def _interrupt(self) -> None:
        self.obedience.interrupt()
        self.own_automatic.interrupt()

    def attribute(self, frame: Frame, preview: Preview) -> Attribution | None:
        """Which exposure made a frame. Call once for every frame, in order.

        Parameters
        ----------
        frame : the newest; an exposure that the device reported with it is believed.
        preview : of it, (1, 3, 128, 128) float32.

        Returns
        -------
        Attribution | None
            None where it can't be known.
        """
        delayed, self._newest, self.verdict = self.delayed, preview, None
        if delayed is None or frame.sequence < self._certain_from:
            return Attribution(frame.exposure) if frame.exposure is not None else None
        if frame.exposure is None:
            self.own_automatic.saw(frame.sequence, preview, delayed.commanded.ev - delayed.in_force.ev)
        made_by = self._made_by(delayed, frame, preview)
        if self.obedience.under_way:
            verdict = self.verdict = self.obedience.saw(frame.sequence, preview, in_flight=delayed.in_flight)
            if verdict is not None and verdict.really != delayed.commanded:
                made_by = Attribution(frame.exposure or verdict.really)
                self.be(made_by.exposure, self._delay_frames)
        if made_by.doubt_ev == 0:
            self._reference = preview
        return made_by

    def _made_by(self, delayed: DelayedControls, frame: Frame, preview: Preview) -> Attribution:
        if not (delayed.in_flight or self._reference is None):
            return Attribution(frame.exposure or delayed.commanded)
        reference = preview if self._reference is None else self._reference
        # Also for a frame whose exposure was reported: it is how commands come to count as arrived.
        made_by = delayed.attribute(
            frame.sequence,
            level_ev(preview, self._response),
            lambda delta_ev: level_ev(reference, self._response, delta_ev),
        )
        # What the device says of a frame outweighs what was inferred.
        return Attribution(frame.exposure) if frame.exposure is not None else made_by

    def prepare(self) -> None:
        """A command is about to be written: note what its effect is to be held against."""
        if self.delayed is not None and not self.delayed.in_flight and self._reference is not None:
            self.delayed.saw(level_ev(self._reference, self._response))

    def command(
        self, wanted: Exposure, really: Exposure, read_sequence: int, newest_sequence: int, longest_delay: int
    ) -> Controls:
        """Note a command that was taken, while what the camera is set to is known.

        Parameters
        ----------
        wanted, really : what was asked for, and what the camera says that it is set to since.
        read_sequence, newest_sequence : as in DelayedControls.command.
        longest_delay : pictures after which it is sure to show.

        Returns
        -------
        Controls
            As Obedience.commanded.
        """
        assert self.delayed is not None
        ended: Controls = frozenset()
        if self._newest is not None:
            due = newest_sequence + 1 + max(longest_delay, self.delayed.delay_frames[1])
            ended = self.obedience.commanded(self.delayed.commanded, wanted, really, self._newest, due)
        self.delayed.command(really, read_sequence, newest_sequence)
        return ended
