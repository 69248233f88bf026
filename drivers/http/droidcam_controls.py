"""The exposure settings of the DroidCam app: compensation, and on request its shutter and ISO, as far as is known.

DroidCam publishes no interface. What is used here was read from its remote-control page by several people: settings are
written with PUT and shown by ``/v1/camera/info``; two are toggles, which have to be read before they are pressed; what
the free app does not do is answered with 550.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping

from autoexposure.camera import Capabilities, ControlRange, Settings, stepped_range
from autoexposure.errors import CameraError, UnsupportedControl
from autoexposure.exposure import Exposure
from drivers.common.exposure_compensation import ExposureCompensation
from drivers.http.device import HttpDevice, ReadBack
from drivers.http.phone_app import PhoneScales

log = logging.getLogger(__name__)

INFO = "/v1/camera/info"
LOCK_TOGGLE = "/v1/camera/el_toggle"
AUTOMATIC_TOGGLE = "/v1/camera/ae_toggle"
NEEDS_PRO = 550

TIME, ISO, COMPENSATION, LOCK = "ss", "iso", "ev", "exposure_lock"

MOST_INDICES = 200
"""A compensation with more steps is no scale that was read right: phones have some forty."""

NS = 1e-9
SHUTTER_UNITS_S = {"ns": NS, "us": 1e-6, "ms": 1e-3}
"""The app does not say in what it counts exposure times; Android itself counts nanoseconds."""

NOTHING = (
    "DroidCam lets nothing be set on this phone: pictures, metering and feedback work, the exposure stays the phone's "
    "own."
)
COMPENSATION_ONLY = (
    "DroidCam is driven through its exposure compensation (experimental): the phone's own automatic stays on and is "
    "shifted in steps of {step:.2g} EV."
)


class DroidcamControls:
    """Exposure compensation; or, with a named unit of time, shutter and ISO.

    Parameters
    ----------
    http : the app.
    info : its first answer to ``INFO``.
    frame_interval_s : what an exposure counts as where its time can't be set.
    shutter_unit_s : seconds of one step of ``ss``; None leaves shutter and ISO alone.
    compensation_ev : what the highest compensation is worth; None where it isn't known.
    """

    def __init__(
        self,
        http: HttpDevice,
        info: Mapping[str, object],
        frame_interval_s: float,
        shutter_unit_s: float | None,
        compensation_ev: float | None,
        read_back: ReadBack,
    ) -> None:
        self._http = http
        self._read_back = read_back
        time, iso, steps = (_range(info, name) for name in (TIME, ISO, COMPENSATION))
        compensation = None
        if steps is not None and steps.maximum - steps.minimum <= MOST_INDICES:
            indices = range(math.ceil(steps.minimum), math.floor(steps.maximum) + 1)
            compensation = ExposureCompensation.of(indices, compensation_ev)
        if shutter_unit_s is None:
            time = iso = None
        self._scales = PhoneScales.of(shutter_unit_s or NS, frame_interval_s, time, iso, compensation)
        self._wanted: dict[str, float] = {}
        self._manual: bool | None = None  # not known until a written time was seen to stay
        self._automatic_toggled = False

    @property
    def capabilities(self) -> Capabilities:
        """What can be set, for the rest of the program."""
        return self._scales.capabilities(COMPENSATION_ONLY, NOTHING)

    def now(self) -> Exposure | None:
        """What is set; None while the phone's automatic decides, or may do so."""
        if self._scales.manual and not self._manual:
            return None
        return self._exposure_of(self._http.get_json(INFO))

    def settings(self) -> Settings:
        """As Camera.settings."""
        info = self._http.get_json(INFO)
        names = [_value_name(name) for name in self._numbers()]
        if self._scales.compensation is not None:
            names.append(LOCK)
        return {name: number for name in names if (number := _number(info.get(name))) is not None}

    def restore(self, settings: Settings) -> None:
        """As Camera.restore."""
        self._wanted, self._manual = {}, None
        numbers = {name: settings[_value_name(name)] for name in self._numbers() if _value_name(name) in settings}
        info = self._write(numbers)
        if self._automatic_toggled:
            self._press_automatic()
        elif self._scales.compensation is not None and not _shows(info, numbers):
            # Shutter and ISO are not checked: the automatic, which is on again, overrules them.
            raise CameraError(f"{self._http.name} did not put its exposure back: set it in the app")
        if LOCK in settings:
            self._lock(bool(settings[LOCK]))

    def take(self) -> None:
        """As Camera.take_control."""
        if self._scales.compensation is not None:
            self._lock(False)
            index = _number(self._http.get_json(INFO).get(_value_name(COMPENSATION)))
            self._write({COMPENSATION: index or 0.0})  # changes nothing, but tells whether the app lets us
        elif self._scales.manual:
            self._take_shutter()
        else:
            raise UnsupportedControl(NOTHING)

    def set(self, exposure: Exposure) -> Exposure:
        """As Camera.set_exposure."""
        wanted = self._numbers_for(exposure)
        info = self._write(wanted)
        self._wanted = wanted
        really = self._exposure_of(info)
        if really is None:
            raise CameraError(f"{self._http.name} no longer says what it is set to: check the app on the phone")
        return really

    def set_automatic(self, on: bool) -> None:
        """As Camera.set_native_auto."""
        if not self._scales.manual:
            raise UnsupportedControl(self.capabilities.note)
        if not on:
            self.take()
            return
        if self._manual is None:
            self.take()
        if self._manual:
            self._press_automatic()
            self._manual = False
            self._wanted = {}

    def reassert(self) -> None:
        """Write again what we set and is no longer so: the app restarted, or somebody used it."""
        if self._wanted and not _shows(self._http.get_json(INFO), self._wanted):
            log.info("%s forgot its exposure: written again", self._http.name)
            if not _shows(self._write(self._wanted), self._wanted) and self._automatic_toggled:
                self._press(AUTOMATIC_TOGGLE)  # a restart switched the automatic on again: our toggle still counts once
                self._write(self._wanted)

    def _take_shutter(self) -> None:
        """Switch the automatic off. No field shows it, so what tells is whether a written time stays as written."""
        times = self._scales.time
        assert times is not None
        now = _number(self._http.get_json(INFO).get(_value_name(TIME))) or times.minimum
        other = times.nearest(now * 2 if now * 2 <= times.maximum else now / 2)
        trial = {TIME: float(round(other))}
        for _ in range(2):
            if _shows(self._write(trial), trial):
                self._manual = True
                return
            self._press_automatic()  # the second time back to where it stood
        raise UnsupportedControl(
            f"{self._http.name} accepts an exposure time but does not use it: leave 'shutter=' out of the camera's name"
        )

    def _press_automatic(self) -> None:
        self._press(AUTOMATIC_TOGGLE)
        self._automatic_toggled = not self._automatic_toggled

    def _numbers(self) -> tuple[str, ...]:
        if self._scales.manual:
            return (ISO, TIME)
        return (COMPENSATION,) if self._scales.compensation is not None else ()

    def _numbers_for(self, exposure: Exposure) -> dict[str, float]:
        numbers = self._scales.time_and_iso(exposure)
        if numbers is not None:
            time, iso = numbers
            return {ISO: float(iso), TIME: float(time)}
        if self._scales.compensation is None:
            raise UnsupportedControl(NOTHING)
        return {COMPENSATION: float(self._scales.compensation.index_for(exposure.gain))}

    def _exposure_of(self, info: Mapping[str, object]) -> Exposure | None:
        time, iso, index = (_number(info.get(_value_name(name))) for name in (TIME, ISO, COMPENSATION))
        return self._scales.exposure_of(time, iso, index)

    def _lock(self, on: bool) -> None:
        """Press the toggle only if it stands the other way."""
        info = self._http.get_json(INFO)
        if LOCK in info and bool(info[LOCK]) != on:
            self._press(LOCK_TOGGLE)

    def _write(self, numbers: Mapping[str, float]) -> Mapping[str, object]:
        """Write, and return the info once it shows, or has had the time to."""
        for name, number in numbers.items():
            self._press(f"/v3/camera/{name}/{number:.0f}")
        return self._read_back.wait(lambda: self._http.get_json(INFO), lambda info: _shows(info, numbers))

    def _press(self, path: str) -> None:
        answer = self._http.request(path, "PUT")
        if answer.status == NEEDS_PRO:
            raise UnsupportedControl(
                f"{self._http.name} sets the exposure in DroidCam Pro only: it stays the phone's own"
            )
        if answer.status != 200:
            raise CameraError(
                f"{self._http.name} refused {path} (HTTP {answer.status}): its interface may have changed"
            )


def _value_name(name: str) -> str:
    return f"{name}Value"


def _shows(info: Mapping[str, object], numbers: Mapping[str, float]) -> bool:
    return all(_number(info.get(_value_name(name))) == number for name, number in numbers.items())


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _range(info: Mapping[str, object], name: str) -> ControlRange | None:
    low, high = _number(info.get(f"{name}Min")), _number(info.get(f"{name}Max"))
    return stepped_range(low, high, 1.0) if low is not None and high is not None and low < high else None
