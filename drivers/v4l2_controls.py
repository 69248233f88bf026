"""The exposure controls of a V4L2 device: which there are, and in which order they have to be written."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from linuxpy.video.device import get_controls_values, set_controls_values

from autoexposure.camera import ControlRange, Settings
from autoexposure.errors import CameraError, UnsupportedControl
from autoexposure.exposure import Exposure
from drivers.gain_law import GainLaw
from drivers.v4l2_control_info import APERTURE_PRIORITY, AUTO, IDS, MANUAL, SHUTTER_PRIORITY, query_control
from drivers.v4l2_errors import controlling

log = logging.getLogger(__name__)

TICKS_PER_S = 10_000
"""``exposure_time_absolute`` counts 100 microseconds (V4L2 and UVC alike)."""

NO_AMPLIFIER = frozenset({"vivid", "vimc"})
"""Kernel drivers whose gain is there for testing applications and moves nothing in the picture (measured)."""


class ExposureControls:
    """Reads and writes the controls that decide a device's exposure. Changes nothing until asked to.

    Parameters
    ----------
    device : an open linuxpy Device (or anything with ``fileno()``).
    name : what error messages call it.
    driver : the kernel driver's name.
    frame_interval_s : nominal time between two pictures; longer exposure times need the dynamic frame rate.
    law : what its gain codes mean; a guess where there is no profile.

    Raises CameraError and its kin, never OSError.
    """

    def __init__(
        self, device: Any, name: str, driver: str, frame_interval_s: float, law: GainLaw | None = None
    ) -> None:
        self._device = device
        self._name = name
        self._frame_interval_s = frame_interval_s
        with controlling(name, "describe its controls"):
            found = {key: query_control(device, key) for key in IDS}
            gain = found["gain"]
            if driver in NO_AMPLIFIER or (gain is not None and not gain.settable):
                found["gain"] = found["gain_automatic"] = None
            time = found["exposure_time_absolute"]
            mode = found["auto_exposure"]
            self._manual = next((m for m in (MANUAL, SHUTTER_PRIORITY) if mode and m in mode.choices), None)
            self._stuck_in_auto = mode is not None and self._manual is None
            if time is not None and (not time.settable or self._stuck_in_auto):
                found["exposure_time_absolute"] = None
            self._controls = {key: control for key, control in found.items() if control is not None}
            now = self._read("auto_exposure") if mode is not None else {}
        automatic = [m for m in (AUTO, APERTURE_PRIORITY) if mode is not None and m in mode.choices]
        # What the camera was found with, else what UVC cameras have.
        self._automatic = next((m for m in (now.get("auto_exposure"), *reversed(automatic)) if m in automatic), None)
        self._time = self._controls.get("exposure_time_absolute")
        self._gain = self._controls.get("gain")
        self._law = GainLaw((0,), (1.0,))
        if self._gain is not None:
            self._law = law or GainLaw.assumed(self._gain.minimum, self._gain.maximum, self._gain.step)

    @property
    def time_s(self) -> ControlRange | None:
        """Exposure times, or None where they can't be set."""
        if self._time is None:
            return None
        step = max(1, self._time.step)
        shortest = self._time.minimum if self._time.minimum > 0 else self._time.minimum + step
        return ControlRange(
            shortest / TICKS_PER_S,
            self._time.maximum / TICKS_PER_S,
            step / TICKS_PER_S,
            reads_back=self._time.reads_back,
        )

    @property
    def gain(self) -> ControlRange | None:
        """Gains as far as they are known, or None where gain can't be set."""
        return None if self._gain is None else self._law.range(reads_back=self._gain.reads_back)

    @property
    def native_auto(self) -> bool:
        """Whether the firmware has an automatic that can be switched."""
        return (self._automatic is not None and self._manual is not None) or "gain_automatic" in self._controls

    @property
    def note(self) -> str:
        """One sentence on what is missing; empty when nothing is."""
        if self._stuck_in_auto and self._time is None:
            stuck = "The automatic exposure of this camera can't be switched off"
            return stuck + ("; only its gain can be set." if self._gain else ".")
        if self._time is None and self._gain is None:
            return "This camera has no exposure control: its pictures can be watched, but not corrected."
        if self._time is None:
            return "This camera has no exposure time control; only its gain can be set."
        if self._gain is None:
            return "This camera has no gain control; only its exposure time can be set."
        return ""

    def settings(self) -> Settings:
        """The raw value of every control this driver may write, by name."""
        with controlling(self._name, "tell its settings"):
            return dict(self._read(*self._controls))

    def restore(self, settings: Settings) -> None:
        """Write back what ``settings`` returned: by hand first, while the device obeys, then the automatics.

        Goes on after a control that refuses, and raises its error at the end.
        """
        wanted = {key: int(value) for key, value in settings.items() if key in self._controls}
        steps: list[dict[str, int]] = []
        if self._manual is not None and "exposure_time_absolute" in wanted:
            steps.append({"auto_exposure": self._manual})
        if "gain" in wanted and "gain_automatic" in wanted:
            steps.append({"gain_automatic": 0})
        last = ("gain_automatic", "auto_exposure", "exposure_dynamic_framerate")
        steps += [{key: wanted[key]} for key in ("exposure_time_absolute", "gain", *last) if key in wanted]
        refused: CameraError | None = None
        for step in steps:
            try:
                with controlling(self._name, f"put {' and '.join(step)} back"):
                    self._write(step)
            except CameraError as error:
                log.warning("%s", error)
                refused = refused or error
        if refused is not None:
            raise refused

    def take(self) -> None:
        """Dynamic frame rate off, automatics off, then write time and gain. Raises UnsupportedControl."""
        if self._time is None and self._gain is None:
            raise UnsupportedControl(self.note)
        # Read before the switch: some cameras come out of automatic with the values they went in with.
        with controlling(self._name, "tell its exposure"):
            handed_over = self._read("exposure_time_absolute", "gain")
        with controlling(self._name, "switch its automatic exposure off"):
            if "exposure_dynamic_framerate" in self._controls:
                self._write({"exposure_dynamic_framerate": 0})
            if "gain_automatic" in self._controls:
                self._write({"gain_automatic": 0})
            if self._manual is not None:
                self._write({"auto_exposure": self._manual})
            time = query_control(self._device, "exposure_time_absolute") if self._time else None
        if time is not None and time.inactive:
            raise UnsupportedControl(f"{self._name} keeps its exposure automatic although manual was switched on")
        # Both are written whatever was read: the kernel's cache need not be what the camera uses.
        if self._time is not None:
            fits = self._time.nearest(self._frame_interval_s * TICKS_PER_S)
            handed_over["exposure_time_absolute"] = min(handed_over["exposure_time_absolute"], fits)
        with controlling(self._name, "take over its exposure"):
            self._write(handed_over)

    def set(self, exposure: Exposure) -> Exposure:
        """Write time, then gain; return what the kernel says they are now.

        A time longer than the frame interval needs the dynamic frame rate, which is switched along where there is one.
        """
        if self._time is None and self._gain is None:
            raise UnsupportedControl(self.note)
        values: dict[str, int] = {}
        with controlling(self._name, f"set its exposure to {exposure}"):
            if self._time is not None:
                ticks = max(self._time.nearest(exposure.time_s * TICKS_PER_S), 1)
                slow = int(ticks > round(self._frame_interval_s * TICKS_PER_S))
                if self._read("exposure_dynamic_framerate").get("exposure_dynamic_framerate", slow) != slow:
                    values["exposure_dynamic_framerate"] = slow
                values["exposure_time_absolute"] = ticks
            if self._gain is not None:
                values["gain"] = self._law.code_for(exposure.gain)
            self._write(values)
            return self._exposure()

    def now(self) -> Exposure | None:
        """What the device is set to; None while it decides for itself and can't be asked."""
        if self._time is None and self._gain is None:
            return None
        with controlling(self._name, "tell its exposure"):
            mode = self._read("auto_exposure", "gain_automatic")
            automatic = mode.get("auto_exposure", MANUAL) in (AUTO, APERTURE_PRIORITY) or mode.get("gain_automatic")
            asked = [control for control in (self._time, self._gain) if control is not None]
            if automatic and not all(control.reads_back for control in asked):
                return None
            return self._exposure()

    def set_automatic(self, on: bool) -> None:
        """Hand the exposure to the firmware or take it back. Raises UnsupportedControl if there is no automatic."""
        if not self.native_auto:
            raise UnsupportedControl(f"{self._name} has no automatic exposure that can be switched")
        if not on:
            self.take()
            return
        with controlling(self._name, "switch its automatic exposure on"):
            if self._automatic is not None:
                self._write({"auto_exposure": self._automatic})
            if "gain_automatic" in self._controls:
                self._write({"gain_automatic": 1})

    def _exposure(self) -> Exposure:
        values = self._read("exposure_time_absolute", "gain")
        ticks = values.get("exposure_time_absolute")
        time_s = self._frame_interval_s if ticks is None else max(ticks, 1) / TICKS_PER_S
        return Exposure(time_s, self._law.gain_of(values["gain"]) if "gain" in values else 1.0)

    def _read(self, *names: str) -> dict[str, int]:
        there = [self._controls[name] for name in names if name in self._controls]
        if not there:
            return {}
        values: Sequence[int] = get_controls_values(self._device, there)
        return {control.name: int(value) for control, value in zip(there, values, strict=True)}

    def _write(self, values: Mapping[str, int]) -> None:
        """Write several controls in one request, in this order."""
        log.debug("%s: %s", self._name, values)
        set_controls_values(self._device, [(self._controls[name], value) for name, value in values.items()])
