"""The exposure part of an ONVIF camera's imaging settings: microseconds and decibels here, seconds and gain outside."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass

from autoexposure.camera import Capabilities, ControlRange, Settings, believed_gains, believed_times
from autoexposure.errors import CameraError, SettledOtherwise, UnsupportedControl
from autoexposure.exposure import Exposure, believed_exposure
from drivers.http.device import ReadBack
from drivers.onvif.questions import Refused, part
from drivers.onvif.service import OnvifService

log = logging.getLogger(__name__)

US = 1e-6
MANUAL, AUTO = "MANUAL", "AUTO"
MODE, TIME, GAIN = "Mode", "ExposureTime", "Gain"
WORDS = {TIME: "exposure time in microseconds", GAIN: "gain in decibels"}

DELAY_FRAMES = (0, 25)
"""For a camera that was not measured: network cameras and FFmpeg hold up to about a second of video."""

AGREES = 1e-3
"""Relative difference up to which two numbers are the same: cameras answer with rounded floats."""

NOTHING = (
    "This network camera has no manual exposure over ONVIF: pictures and metering work, the exposure stays its own."
)
UNTOLD = "This network camera doesn't tell its exposure settings over ONVIF, so that they are left alone."
NO_GAIN = "This network camera sets the exposure time but not the gain."
NO_TIME = "This network camera sets the gain but not the exposure time."


@dataclass(frozen=True, slots=True)
class Offered:
    """What the camera's imaging options allow.

    Attributes
    ----------
    time_us, gain_db : in ONVIF's units, or None; zero and negative dB are gains like any other.
    automatic : the camera has an automatic exposure.
    """

    time_us: tuple[float, float] | None = None
    gain_db: tuple[float, float] | None = None
    automatic: bool = False

    @classmethod
    def of(cls, options: Mapping[str, object]) -> Offered:
        """Read an answer to GetOptions."""
        exposure = part(options, "Exposure")
        modes = exposure.get(MODE)
        if not isinstance(modes, list) or MANUAL not in modes:
            return cls()
        time_us = _span(exposure.get(TIME))
        if time_us is not None and time_us[1] <= 0:
            time_us = None
        elif time_us is not None:
            time_us = (max(time_us[0], 1.0), time_us[1])  # some begin at 0, which is no exposure
        gain_db = _span(exposure.get(GAIN))
        if gain_db is not None and gain_db[1] > 120:
            gain_db = None
        return cls(
            time_us if times_of(time_us) is not None else None,
            gain_db if gains_of(gain_db) is not None else None,
            AUTO in modes,
        )


def times_of(time_us: tuple[float, float] | None) -> ControlRange | None:
    """Exposure times in seconds, as far as they can be."""
    return believed_times(time_us[0] * US, time_us[1] * US) if time_us is not None else None


def gains_of(gain_db: tuple[float, float] | None) -> ControlRange | None:
    """Linear gains, as far as they can be."""
    return believed_gains(_gain(gain_db[0]), _gain(gain_db[1])) if gain_db is not None else None


class OnvifExposure:
    """Sets time and gain, and finds out whether the camera did.

    Parameters
    ----------
    frame_interval_s : what an exposure counts as where its time can't be set.
    """

    def __init__(self, service: OnvifService, name: str, frame_interval_s: float, read_back: ReadBack) -> None:
        self._service = service
        self._name = name
        self._frame_s = frame_interval_s
        self._read_back = read_back
        self._offered = Offered.of(service.description.options)
        self._wanted: dict[str, str | float] = {}
        self._nothing = NOTHING
        if self._names() and not part(service.description.settings, "Exposure"):
            self._offered, self._nothing = Offered(), UNTOLD  # what can't be read can't be put back

    @property
    def capabilities(self) -> Capabilities:
        """What can be set, for the rest of the program."""
        time_us, gain_db = self._offered.time_us, self._offered.gain_db
        if time_us is None and gain_db is None:
            return Capabilities(delay_frames=DELAY_FRAMES, note=self._nothing)
        return Capabilities(
            times_of(time_us),
            gains_of(gain_db),
            native_auto=self._offered.automatic,
            delay_frames=DELAY_FRAMES,
            note=NO_GAIN if gain_db is None else NO_TIME if time_us is None else "",
        )

    def now(self) -> Exposure | None:
        """What is set; None under the camera's automatic, and where nothing can be set."""
        return self._exposure_of(self._told(self._wanted)) if self.capabilities.controls_exposure else None

    def settings(self) -> Settings:
        """As Camera.settings; Mode is 1 for manual."""
        if not self.capabilities.controls_exposure:
            return {}
        now = self._read()
        numbers = {name: float(value) for name in self._names() if isinstance(value := now.get(name), int | float)}
        return {MODE: int(now.get(MODE) == MANUAL), **numbers}

    def restore(self, settings: Settings) -> None:
        """As Camera.restore."""
        if not self.capabilities.controls_exposure or not settings:
            return
        self._wanted = {}
        mode = MANUAL if settings.get(MODE) else AUTO
        numbers = {name: float(settings[name]) for name in self._names() if name in settings}
        if mode == AUTO and numbers:
            self._write({MODE: MANUAL, **numbers}, MODE)  # under the automatic cameras drop them
        now = self._write({MODE: mode, **numbers}, *([MODE] if mode == AUTO else [MODE, *numbers]))
        if now.get(MODE) != mode:
            raise CameraError(f"{self._name} answers OK but did not put its exposure mode back: set it on its own page")
        settled = [
            f"its {WORDS[name]} is {_number(now.get(name)):g} now, where it was {value:g}"
            for name, value in numbers.items()
            if mode == MANUAL and not _agrees(value, now.get(name))
        ]
        if settled:
            raise SettledOtherwise(f"{self._name} took everything back, but {' and '.join(settled)}")

    def take(self) -> None:
        """As Camera.take_control."""
        if not self.capabilities.controls_exposure:
            raise UnsupportedControl(self._nothing)
        now = self._told({})
        numbers = {name: _number(now.get(name)) or self._default(name) for name in self._names()}
        if self._write({MODE: MANUAL, **numbers}, MODE).get(MODE) != MANUAL:
            raise UnsupportedControl(
                f"{self._name} answers OK but stays automatic: set its exposure to manual on the camera's own page"
            )

    def set(self, exposure: Exposure) -> Exposure:
        """As Camera.set_exposure."""
        if not self.capabilities.controls_exposure:
            raise UnsupportedControl(self._nothing)
        wanted: dict[str, float] = {}
        if self._offered.time_us is not None:
            wanted[TIME] = _clamped(exposure.time_s / US, self._offered.time_us)
        if self._offered.gain_db is not None:
            wanted[GAIN] = _clamped(20 * math.log10(exposure.gain), self._offered.gain_db)
        now = self._write({MODE: MANUAL, **wanted}, MODE, *wanted)
        self._wanted = {MODE: MANUAL, **wanted}
        really = self._exposure_of(now)
        if really is None:
            raise UnsupportedControl(
                f"{self._name} answers OK but went back to automatic: set it to manual on the camera's own page"
            )
        return really

    def set_automatic(self, on: bool) -> None:
        """As Camera.set_native_auto."""
        if not self._offered.automatic or not self.capabilities.controls_exposure:
            raise UnsupportedControl(f"{self._name} has no automatic exposure that can be switched over ONVIF")
        self._wanted = {}
        if not on:
            self.take()
        elif self._write({MODE: AUTO}, MODE).get(MODE) != AUTO:
            raise CameraError(f"{self._name} answers OK but stays manual: set its exposure on the camera's own page")

    def reassert(self) -> None:
        """Write again what we set and is no longer so: the camera started anew, or somebody used its page."""
        now = self._told({}) if self._wanted else {}
        if any(not _agrees(value, now.get(name)) for name, value in self._wanted.items()):
            log.info("%s forgot its exposure: written again", self._name)
            self._write(self._wanted)

    def _names(self) -> tuple[str, ...]:
        offered = self._offered
        return ((TIME,) if offered.time_us is not None else ()) + ((GAIN,) if offered.gain_db is not None else ())

    def _default(self, name: str) -> float:
        """Where a camera under its automatic does not say what it uses."""
        if name == GAIN:
            return self._offered.gain_db[0] if self._offered.gain_db is not None else 0.0
        return _clamped(self._frame_s / US / 4, self._offered.time_us) if self._offered.time_us is not None else 0.0

    def _read(self) -> dict[str, object]:
        try:
            answer = self._service.imaging_settings()
        except Refused:  # some refuse now and then
            answer = self._service.imaging_settings()
        return dict(part(answer, "Exposure"))

    def _write(self, values: Mapping[str, str | float], *checked: str) -> dict[str, object]:
        """Write the exposure and read back until what is checked shows; what it doesn't tell is what was written.

        Written whole, since some cameras refuse a part of it; others refuse what they told themselves.
        """
        try:
            self._service.set_exposure({**self._told({}), **values})
        except Refused:
            self._service.set_exposure(values)

        def applied(now: dict[str, object]) -> bool:
            return all(_agrees(values[name], now.get(name)) for name in checked)

        return self._read_back.wait(lambda: self._told(values), applied)

    def _told(self, otherwise: Mapping[str, object]) -> dict[str, object]:
        """What the camera is set to; what it leaves out, or refuses to tell, is ``otherwise``."""
        try:
            return {**otherwise, **self._read()}
        except Refused as error:
            log.info("%s", error)
            return dict(otherwise)

    def _exposure_of(self, now: Mapping[str, object]) -> Exposure | None:
        if now.get(MODE) != MANUAL:
            return None
        time_s, gain = self._frame_s, 1.0
        if self._offered.time_us is not None:
            time_us = _number(now.get(TIME))
            if time_us is None or time_us <= 0:
                return None
            time_s = time_us * US
        if self._offered.gain_db is not None:
            gain_db = _number(now.get(GAIN))
            if gain_db is None:
                return None
            gain = _gain(gain_db)
        return believed_exposure(time_s, gain)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _gain(decibels: float) -> float:
    return float(10 ** (decibels / 20))


def _clamped(value: float, span: tuple[float, float]) -> float:
    return min(max(value, span[0]), span[1])


def _span(described: object) -> tuple[float, float] | None:
    if not isinstance(described, Mapping):
        return None
    low, high = described.get("Min"), described.get("Max")
    if not (isinstance(low, int | float) and isinstance(high, int | float)) or not low < high:
        return None
    return (float(low), float(high)) if math.isfinite(low) and math.isfinite(high) else None


def _agrees(wanted: str | float, now: object) -> bool:
    if isinstance(wanted, str) or not isinstance(now, int | float):
        return wanted == now
    return math.isclose(wanted, now, rel_tol=AGREES, abs_tol=0.01)
