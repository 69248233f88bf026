"""What motion in a camera's pictures makes of its exposure program."""

from __future__ import annotations

import math

from autoexposure.control.session import CameraSession
from autoexposure.exposure import Exposure
from autoexposure.frame import Frame
from autoexposure.metering.policy import Decision
from autoexposure.metering.preview import Preview
from autoexposure.motion.speed import SpeedMeter
from autoexposure.motion.trade import Motion, SeenMotion, TimeChoice
from autoexposure.profiles.noise import NoiseModel


class MotionProgram:
    """Follows one camera's motion, and has its session prefer times that suit it.

    Parameters
    ----------
    heeds : False for a camera whose exposure is not its own.

    Attributes
    ----------
    due : the preferred time has changed, and the light in force was not split by it yet.
    """

    def __init__(self, *, heeds: bool = True) -> None:
        self._heeds = heeds
        self.begin()

    def begin(self) -> None:
        """Nothing is known of motion: there is another camera, or it is not heeded any more."""
        self.due = False
        self._speed = SpeedMeter()
        self._choice = TimeChoice()

    def heed(
        self,
        session: CameraSession,
        frame: Frame,
        preview: Preview,
        decision: Decision,
        commanded: Exposure,
        noise: NoiseModel,
    ) -> SeenMotion | None:
        """Take in one picture.

        Parameters
        ----------
        frame, preview : the picture, and it in small.
        decision : of the meter; what has its attention counts.
        commanded : what the camera is set to.
        noise : of the camera.

        Returns
        -------
        SeenMotion | None
            None where the program does not heed motion.
        """
        motion = session.program.config.motion
        if motion is Motion.OFF or not self._heeds:
            if math.isfinite(self._choice.longest_s):
                self.begin()
                session.prefer(math.inf)
            return None
        size_px = full_size_px(session, frame)
        px_s = self._speed.look(preview, frame.timestamp_s, size_px, decision.attention)
        plain = session.program.preferring(math.inf)
        before_s = self._choice.longest_s
        self._choice.follow(px_s, size_px[0], plain.split(commanded.ev), plain.limits, noise, motion)
        if self._choice.longest_s != before_s:
            session.prefer(self._choice.longest_s)
            self.due = True
        made_by = frame.exposure
        if made_by is None or session.camera.capabilities.time_s is None:
            return SeenMotion(px_s)
        blur_px = px_s * made_by.time_s
        if math.isinf(self._choice.longest_s):
            return SeenMotion(px_s, blur_px)
        shorter_ev = max(0.0, math.log2(plain.split(made_by.ev).time_s / made_by.time_s))
        return SeenMotion(px_s, blur_px, shorter_ev, bands=shorter_ev > 0 and plain.bands(made_by.time_s))


def full_size_px(session: CameraSession, frame: Frame) -> tuple[int, int]:
    """(width, height) of the camera's pictures, also of one that was decoded smaller."""
    mode = session.abilities.mode
    return (mode.width_px, mode.height_px) if mode is not None else frame.size_px
