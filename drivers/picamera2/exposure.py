"""The exposure of a Raspberry Pi camera: libcamera's controls, which begin with the picture that carries them."""

from __future__ import annotations

from autoexposure.camera import Capabilities, Settings, believed_gains, believed_times
from autoexposure.errors import CameraDisconnected, CameraError, UnsupportedControl
from autoexposure.exposure import Exposure
from drivers.picamera2.pictures import US, Picamera2, Picamera2Pictures

AUTO, TIME, GAIN = "AeEnable", "ExposureTime", "AnalogueGain"
MODES = ("ExposureTimeMode", "AnalogueGainMode")
"""What libcamera 0.5 has beside AeEnable, which it may ignore without them; 0 is automatic, 1 manual."""

LIMITS = "FrameDurationLimits"

DELAY_FRAMES = (1, 8)
"""Sensors show a setting after 2 or 3 pictures, and as many more as there are buffers; each picture says it anyway."""

NOTHING = "This camera has no exposure control in libcamera: its pictures can be watched, but not corrected."
NO_GAIN = "This camera has no gain control in libcamera; only its exposure time can be set."


class Picamera2Exposure:
    """Reads and writes an open Picamera2's exposure. Changes nothing until asked to.

    Parameters
    ----------
    camera : a picamera2.Picamera2.
    pictures : its stream, which tells what libcamera's automatic uses.
    frame_us : frame duration; a longer exposure time lengthens it.
    """

    def __init__(self, camera: Picamera2, pictures: Picamera2Pictures, name: str, frame_us: int) -> None:
        self._camera = camera
        self._pictures = pictures
        self._name = name
        self._frame_us = frame_us
        controls = camera.camera_controls
        self._limits_us = _span(controls.get(TIME))
        self._gains = _span(controls.get(GAIN))
        self._known = {control for control in (AUTO, *MODES) if control in controls}
        self._set: Exposure | None = None

    @property
    def capabilities(self) -> Capabilities:
        """What can be set, for the rest of the program."""
        if self._limits_us is None:
            return Capabilities(delay_frames=DELAY_FRAMES, reports_exposure=True, note=NOTHING)
        shortest_us, longest_us = self._limits_us
        return Capabilities(
            believed_times(shortest_us * US, longest_us * US, US),
            believed_gains(*self._gains) if self._gains is not None else None,
            native_auto=True,
            reports_exposure=True,
            delay_frames=DELAY_FRAMES,
            note="" if self._gains is not None else NO_GAIN,
        )

    def now(self) -> Exposure | None:
        """What was set; under libcamera's automatic, what made the newest picture."""
        return self._set or self._pictures.exposure

    def settings(self) -> Settings:
        """As Camera.settings. Under the automatic its own values are none of them."""
        if self._limits_us is None:
            return {}
        if self._set is None:
            return {AUTO: 1}
        return {AUTO: 0, TIME: round(self._set.time_s / US), GAIN: self._set.gain}

    def restore(self, settings: Settings) -> None:
        """As Camera.restore."""
        if self._limits_us is None or not settings:
            return
        if settings.get(AUTO, 1):
            self.set_automatic(True)
        else:
            self.set(Exposure(settings[TIME] * US, settings.get(GAIN, 1.0)))

    def take(self) -> None:
        """As Camera.take_control: what the automatic used for the newest picture stays, so that nothing jumps."""
        if self._limits_us is None:
            raise UnsupportedControl(NOTHING)
        self.set(self._pictures.exposure or Exposure(self._frame_us * US / 2))

    def set(self, exposure: Exposure) -> Exposure:
        """As Camera.set_exposure; libcamera rounds to whole lines, which the pictures then say."""
        if self._limits_us is None:
            raise UnsupportedControl(NOTHING)
        time_us = min(max(round(exposure.time_s / US), self._limits_us[0]), self._limits_us[1])
        gain = 1.0 if self._gains is None else min(max(exposure.gain, self._gains[0]), self._gains[1])
        controls: dict[str, object] = {
            TIME: time_us,
            LIMITS: (self._frame_us, max(self._frame_us, time_us)),
            **({GAIN: gain} if self._gains is not None else {}),
        }
        self.write({**self._automatic(False), **controls})
        self._set = Exposure(time_us * US, gain)
        return self._set

    def set_automatic(self, on: bool) -> None:
        """As Camera.set_native_auto."""
        if self._limits_us is None:
            raise UnsupportedControl(NOTHING)
        if not on:
            self.take()
            return
        self.write({**self._automatic(True), LIMITS: (self._frame_us, self._frame_us)})
        self._set = None

    def _automatic(self, on: bool) -> dict[str, object]:
        return {control: on if control == AUTO else int(not on) for control in (AUTO, *MODES) if control in self._known}

    def write(self, controls: dict[str, object]) -> None:
        """Set controls of libcamera by its names. Raises CameraError, and CameraDisconnected where it stopped."""
        if self._pictures.lost:  # libcamera would take the settings, for pictures that never come
            raise CameraDisconnected(f"{self._name} stopped: check its cable")
        try:
            self._camera.set_controls(controls)
        except RuntimeError as error:
            raise CameraError(f"{self._name} refused its settings ({error})") from error


def _span(control: tuple[float, float, object] | None) -> tuple[float, float] | None:
    """(least, greatest) of one of libcamera's (least, greatest, usual); None if there is nothing to choose."""
    if control is None or not control[0] < control[1]:
        return None
    return (max(control[0], 1), control[1]) if isinstance(control[1], int) else (max(control[0], 0.1), control[1])
