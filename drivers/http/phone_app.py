"""What the apps that turn a phone into a network camera have in common; each of them is a description of its own.

Android lets an app set exposure time and ISO, or only the compensation of its own automatic, or nothing; the apps pass
that on in units of their own.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from autoexposure.camera import CameraInfo, Capabilities, ControlRange, believed_gains, believed_times
from autoexposure.errors import CameraDisconnected, CameraError, CameraNotFound
from autoexposure.exposure import Exposure, believed_exposure
from drivers.common.exposure_compensation import ExposureCompensation
from drivers.common.stream_camera import Reasserting, ReconnectingCamera
from drivers.http.device import HttpDevice, ReadBack
from drivers.http.mjpeg import DELAY_FRAMES, MjpegStream
from drivers.http.url import DeviceUrl


@dataclass(frozen=True, slots=True)
class PhoneScales:
    """What an app lets be set on a phone, in the app's units.

    Attributes
    ----------
    unit_s : seconds of one unit of exposure time.
    frame_s : what an exposure counts as, in seconds, where its time can't be set.
    time, iso : both or neither.
    compensation : only where there is no time and ISO.
    """

    unit_s: float
    frame_s: float
    time: ControlRange | None = None
    iso: ControlRange | None = None
    compensation: ExposureCompensation | None = None

    @classmethod
    def of(
        cls,
        unit_s: float,
        frame_s: float,
        time: ControlRange | None,
        iso: ControlRange | None,
        compensation: ExposureCompensation | None,
    ) -> PhoneScales:
        """From what the app says, as far as it can be true."""
        if time is not None and iso is not None and None not in (times_of(time, unit_s), gains_of(iso)):
            return cls(unit_s, frame_s, time, iso)
        return cls(unit_s, frame_s, compensation=compensation)

    @property
    def manual(self) -> bool:
        """Whether exposure time and ISO can be set."""
        return self.time is not None

    def capabilities(self, compensation_only: str, nothing: str) -> Capabilities:
        """For the rest of the program; the notes say what is missing, the first with a place for ``step`` in EV."""
        if self.time is not None and self.iso is not None:
            return Capabilities(
                times_of(self.time, self.unit_s),
                gains_of(self.iso),
                native_auto=True,
                delay_frames=DELAY_FRAMES,
                base_iso=round(self.iso.minimum),
            )
        if self.compensation is not None:
            note = compensation_only.format(step=self.compensation.step_ev)
            return Capabilities(gain=self.compensation.gain, delay_frames=DELAY_FRAMES, note=note)
        return Capabilities(delay_frames=DELAY_FRAMES, note=nothing)

    def time_and_iso(self, exposure: Exposure) -> tuple[int, int] | None:
        """The nearest there are; None where they can't be set."""
        if self.time is None or self.iso is None:
            return None
        iso = self.iso.nearest(exposure.gain * self.iso.minimum)
        return round(self.time.nearest(exposure.time_s / self.unit_s)), round(iso)

    def exposure_of(self, time: float | None, iso: float | None, index: float | None) -> Exposure | None:
        """What the app shows as an exposure: by time and ISO, else by the index of the compensation."""
        if self.iso is not None:
            if not (time and iso and time > 0 and iso > 0):
                return None
            return believed_exposure(time * self.unit_s, iso / self.iso.minimum)
        if self.compensation is None or index is None:
            return None
        return believed_exposure(self.frame_s, self.compensation.gain_of(round(index)))


@dataclass(frozen=True, slots=True)
class FoundApp:
    """An app that answered: how its exposure is set, and what it says about itself.

    Attributes
    ----------
    model : the phone, in brackets and after a space; or nothing.
    detail : of its CameraInfo.
    """

    controls: Reasserting
    frame_s: float
    detail: str
    model: str = ""


class PhoneAppCamera(ReconnectingCamera):
    """One phone running the app; it streams from the constructor on, nothing is written before ``take_control``.

    Parameters
    ----------
    url : where the app is.
    read_back : how long a setting may take to show.
    patience_s : how long a stream may bring no picture before it counts as lost.

    Raises CameraNotFound if there is no answer, CameraBusy if the login is wrong, CameraError if it is another app,
    ConfigError for an option that the app or the phone doesn't have.
    """

    FAMILY: ClassVar[str]
    TITLE: ClassVar[str]
    STATUS: ClassVar[str]
    """The path that says what the app is set to."""

    def __init__(self, url: DeviceUrl, *, read_back: ReadBack | None = None, patience_s: float = 2.0) -> None:
        name = f"{self.TITLE} at {url.authority}"
        http = HttpDevice(url, name)
        try:
            found = self._look(http, http.get_json(self.STATUS), read_back or ReadBack())
        except CameraDisconnected as error:
            raise CameraNotFound(str(error)) from error
        if found is None:
            raise CameraError(f"{name} does not answer as the app does: check the address and the port")
        info = CameraInfo(
            f"{self.FAMILY}:{url}{url.options_text}",
            f"{self.TITLE}{found.model} at {url.authority}",
            f"{self.FAMILY}:{url.authority}",
            found.detail,
        )
        stream = MjpegStream(name, lambda: http.stream("/video"), patience_s)
        super().__init__(info, stream, found.controls, found.frame_s)

    @staticmethod
    @abstractmethod
    def _look(http: HttpDevice, status: Mapping[str, object], read_back: ReadBack) -> FoundApp | None:
        """Make sense of the answer to ``STATUS``; None if it is not the app's."""


def times_of(time: ControlRange, unit_s: float) -> ControlRange | None:
    """An app's exposure times in seconds, as far as they can be; None if they begin at nothing."""
    if time.minimum <= 0:
        return None
    values = tuple(value * unit_s for value in time.values)
    return believed_times(time.minimum * unit_s, time.maximum * unit_s, time.step * unit_s, values)


def gains_of(iso: ControlRange) -> ControlRange | None:
    """An app's ISO as gains over its lowest, as far as they can be."""
    base = iso.minimum
    if base <= 0:
        return None
    return believed_gains(1.0, iso.maximum / base, iso.step / base, tuple(value / base for value in iso.values))
