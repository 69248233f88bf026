"""A camera seen through its calibration, so that it does what is asked of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Self

from autoexposure.abilities.abilities import Abilities
from autoexposure.abilities.adjustable import Adjustment
from autoexposure.abilities.moded import PictureMode
from autoexposure.camera import Camera, CameraInfo, Capabilities, ControlRange, Settings
from autoexposure.exposure import Exposure
from autoexposure.frame import Frame
from autoexposure.profiles.control_map import ControlMap
from autoexposure.profiles.profile import CameraProfile, MeasuredControl

SPARE_FRAMES = 1
"""Added to the longest delay that was measured, for a moment in which the machine is busier than it was then."""


class ProfiledCamera:
    """The same camera with true times, true gains and a known delay; `autoexposure.camera.Camera` says the rest.

    Parameters
    ----------
    camera : the camera itself; closed together with this.
    time, gain : what its controls really do; None believes the driver.
    delay_frames : as `Capabilities.delay_frames`; None believes the driver.
    skip_frames : pictures to leave out after opening.
    mains_hz : as `Capabilities.mains_hz`.
    """

    def __init__(
        self,
        camera: Camera,
        *,
        time: ControlMap | None = None,
        gain: ControlMap | None = None,
        delay_frames: tuple[int, int] | None = None,
        skip_frames: int = 0,
        mains_hz: int = 0,
    ) -> None:
        self.camera = camera
        self._abilities = Abilities(camera)
        self._time = time
        self._gain = gain
        self._delay_frames = delay_frames
        self._to_skip = skip_frames
        self._mains_hz = mains_hz
        self._announced: Capabilities | None = None
        self._capabilities = Capabilities()

    @classmethod
    def of_profile(cls, camera: Camera, profile: CameraProfile) -> Self:
        """See ``camera`` through a calibration that fits it (`CameraProfile.fits`)."""
        time, gain, delay = profile.time, profile.gain, profile.delay
        announced = camera.capabilities.time_s
        unit_known = announced is None or announced.unit_known
        return cls(
            camera,
            time=_time_map(time, unit_known=unit_known) if time is not None and time.span_ev > 0 else None,
            gain=gain.as_gain() if gain is not None and gain.span_ev > 0 else None,
            delay_frames=(delay.shortest, delay.longest + SPARE_FRAMES) if delay is not None else None,
            skip_frames=profile.startup_frames,
            mains_hz=profile.mains_hz,
        )

    @property
    def info(self) -> CameraInfo:
        """The camera's own: who it is does not change."""
        return self.camera.info

    @property
    def capabilities(self) -> Capabilities:
        """What it can do, in true times and gains."""
        announced = self.camera.capabilities
        if announced != self._announced:  # asked for with every picture, worked out once
            self._announced = announced
            self._capabilities = replace(
                announced,
                time_s=_range(announced.time_s, self._time),
                gain=_range(announced.gain, self._gain),
                delay_frames=self._delay_frames or announced.delay_frames,
                mains_hz=self._mains_hz or announced.mains_hz,
            )
        return self._capabilities

    @property
    def frame_interval_s(self) -> float:
        """The camera's own."""
        return self.camera.frame_interval_s

    @property
    def exposure(self) -> Exposure | None:
        """What is in use, in true time and gain; None if unknown."""
        exposure = self.camera.exposure
        return None if exposure is None else self._really(exposure)

    def settings(self) -> Settings:
        """The raw settings, as the driver knows them: they are only ever put back."""
        return self.camera.settings()

    def restore(self, settings: Settings) -> None:
        """Put raw settings back."""
        self.camera.restore(settings)

    def take_control(self) -> None:
        """Switch the camera's own automatics off."""
        self.camera.take_control()

    def set_exposure(self, exposure: Exposure) -> Exposure:
        """Set a true exposure, as near as there is one; returns which, in true time and gain."""
        time_s = self._time.asked_for(exposure.time_s) if self._time is not None else exposure.time_s
        gain = self._gain.asked_for(exposure.gain) if self._gain is not None else exposure.gain
        return self._really(self.camera.set_exposure(Exposure(time_s, gain)))

    def foreign_change(self) -> str:
        """As Watched.foreign_change; nothing where the camera can't hear."""
        return self._abilities.foreign_change()

    @property
    def restarts(self) -> int:
        """As Restarting.restarts; 0 where the camera doesn't say."""
        return self._abilities.restarts

    def adjustments(self) -> tuple[Adjustment, ...]:
        """As Adjustable.adjustments; none where the camera has none."""
        return self._abilities.adjustments()

    def adjust(self, name: str, value: float) -> float:
        """As Adjustable.adjust."""
        return self._abilities.adjust(name, value)

    def modes(self) -> tuple[PictureMode, ...]:
        """As Moded.modes; none where the camera can't say."""
        return self._abilities.modes()

    @property
    def mode(self) -> PictureMode | None:
        """As Moded.mode."""
        return self._abilities.mode

    def set_native_auto(self, on: bool) -> None:
        """Switch the camera's own exposure control on or off."""
        self.camera.set_native_auto(on)

    def read(self, timeout_s: float) -> Frame:
        """The next picture, with the true exposure that made it; unsteady ones after opening are left out."""
        while self._to_skip > 0:
            self.camera.read(timeout_s)
            self._to_skip -= 1
        frame = self.camera.read(timeout_s)
        return frame if frame.exposure is None else replace(frame, exposure=self._really(frame.exposure))

    def close(self) -> None:
        """Close the camera."""
        self.camera.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _really(self, exposure: Exposure) -> Exposure:
        """What an exposure in the driver's values really is."""
        time_s = self._time.really_of(exposure.time_s) if self._time is not None else exposure.time_s
        gain = self._gain.really_of(exposure.gain) if self._gain is not None else exposure.gain
        return Exposure(time_s, gain)


def _time_map(time: MeasuredControl, *, unit_known: bool) -> ControlMap:
    """What exposure times really are; what was not measured can be inferred only where it has a unit."""
    return time.continued() if unit_known else time.map


def _range(advertised: ControlRange | None, measured: ControlMap | None) -> ControlRange | None:
    return advertised if advertised is None or measured is None else measured.range(advertised)
