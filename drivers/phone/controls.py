"""What can be set on the camera of a phone's browser, in the words of W3C Image Capture, and what that means here.

``exposureTime`` counts in 100 microseconds, ``iso`` is shown with gain 1 as ISO 100, ``exposureCompensation`` is in EV.
All of it comes from a phone and is checked before it is believed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from autoexposure.camera import ControlRange, believed_gains, believed_times
from autoexposure.exposure import Exposure, believed_exposure
from drivers.phone.adjustments import Constraints, finite, settings_beside

TIME_UNIT_S = 1e-4
"""One unit of exposureTime (w3c/mediacapture-image, pull request 200)."""

BASE_ISO = 100

MOST_COMPENSATION_STEPS = 200
LEAST_STEP_EV = 1e-3
"""A scale with finer steps counts as continuous: a hundredth of them can't be seen."""

NOTHING = (
    "This phone's browser lets nothing be set (Safari on iPhones never does): pictures, metering and feedback work, "
    "the exposure stays the phone's own."
)
COMPENSATION_ONLY = (
    "This phone's browser offers exposure compensation only: the phone's own automatic stays on and is shifted in "
    "steps of {step:.2g} EV."
)
NO_ISO = "This phone's browser sets the exposure time but not the ISO."
NO_TIME = "This phone's browser sets the ISO but not the exposure time."

NUMBERS = ("exposureTime", "iso", "exposureCompensation")


@dataclass(frozen=True, slots=True)
class TrackSettings:
    """What ``track.getSettings()`` said; None where the browser says nothing.

    Attributes
    ----------
    mode : exposureMode; ``manual`` where time and ISO are ours.
    time_units, iso, compensation_ev : as the browser counts them.
    beside : those of the controls beside exposure, in the browser's words.
    """

    mode: str = ""
    time_units: float | None = None
    iso: float | None = None
    compensation_ev: float | None = None
    beside: Constraints = field(default_factory=dict)

    @classmethod
    def from_page(cls, values: Mapping[str, object]) -> TrackSettings:
        """Believe what is a number and drop the rest."""
        mode = values.get("exposureMode")
        return cls(
            mode if mode in ("manual", "continuous", "single-shot", "none") else "",
            _positive(values.get("exposureTime")),
            _positive(values.get("iso")),
            finite(values.get("exposureCompensation")),
            settings_beside(values),
        )


@dataclass(frozen=True, slots=True)
class PhoneControls:
    """The controls of one lens.

    Attributes
    ----------
    time_s, gain : as in Capabilities; with ``by_compensation`` the gain is 2 to the power of the compensation.
    by_compensation : only the automatic's target can be shifted.
    automatic : the phone's own exposure can be switched on.
    note : what is missing, for the user.
    """

    time_s: ControlRange | None = None
    gain: ControlRange | None = None
    by_compensation: bool = False
    automatic: bool = False
    note: str = NOTHING

    @classmethod
    def from_page(cls, capabilities: Mapping[str, object]) -> PhoneControls:
        """Read ``track.getCapabilities()``."""
        modes = capabilities.get("exposureMode")
        modes = modes if isinstance(modes, list) else []
        automatic = "continuous" in modes
        if "manual" in modes:
            time_s = _scaled(capabilities.get("exposureTime"), TIME_UNIT_S, believed_times)
            gain = _scaled(capabilities.get("iso"), 1 / BASE_ISO, believed_gains)
            if time_s is not None or gain is not None:
                note = "" if time_s is not None and gain is not None else NO_ISO if gain is None else NO_TIME
                return cls(time_s, gain, automatic=automatic, note=note)
        if (steps_ev := _compensation_steps(capabilities.get("exposureCompensation"))) is not None:
            gains = tuple(2.0**ev for ev in steps_ev)
            note = COMPENSATION_ONLY.format(step=steps_ev[1] - steps_ev[0])
            return cls(None, ControlRange(gains[0], gains[-1], values=gains), by_compensation=True, note=note)
        return cls()

    @property
    def any(self) -> bool:
        """Whether there is anything to set."""
        return self.time_s is not None or self.gain is not None

    def constraints(self, exposure: Exposure) -> Constraints:
        """What the page must ask of its track for the exposure that exists nearest to ``exposure``."""
        gain = self.gain.nearest(exposure.gain) if self.gain is not None else 1.0
        if self.by_compensation:
            return {"exposureCompensation": round(math.log2(gain), 6)}
        wanted: Constraints = {"exposureMode": "manual"}
        if self.time_s is not None:
            wanted["exposureTime"] = round(self.time_s.nearest(exposure.time_s) / TIME_UNIT_S, 6)
        if self.gain is not None:
            wanted["iso"] = round(gain * BASE_ISO, 6)
        return wanted

    def to_numbers(self, settings: TrackSettings) -> dict[str, int | float]:
        """The settings that this driver may change, as numbers."""
        if not self.any:
            return {}
        if self.by_compensation:
            return {"exposureCompensation": settings.compensation_ev or 0.0}
        numbers: dict[str, int | float] = {"exposureMode": int(settings.mode == "manual")}
        if settings.mode == "manual":
            if self.time_s is not None and settings.time_units is not None:
                numbers["exposureTime"] = settings.time_units
            if self.gain is not None and settings.iso is not None:
                numbers["iso"] = settings.iso
        return numbers

    def from_numbers(self, numbers: Mapping[str, int | float]) -> Constraints:
        """What the page must ask of its track to get ``to_numbers`` back."""
        wanted: Constraints = {name: value for name, value in numbers.items() if name in NUMBERS}
        if "exposureMode" in numbers:
            wanted["exposureMode"] = "manual" if numbers["exposureMode"] else "continuous"
        return wanted

    def exposure(self, settings: TrackSettings, frame_interval_s: float) -> Exposure | None:
        """What ``settings`` amount to; None while the phone's automatic decides, or where the browser doesn't say.

        A control that can't be set counts as in ExposureProgram: one frame interval, gain 1.
        """
        if self.by_compensation and self.gain is not None:
            ev = settings.compensation_ev
            if ev is None or abs(ev) > 20:
                return None
            return believed_exposure(frame_interval_s, _snapped(self.gain, 2.0**ev))
        if settings.mode != "manual":
            return None
        time_s = settings.time_units * TIME_UNIT_S if settings.time_units is not None else None
        gain = settings.iso / BASE_ISO if settings.iso is not None else None
        if (self.time_s is not None and time_s is None) or (self.gain is not None and gain is None):
            return None
        return believed_exposure(
            _snapped(self.time_s, time_s) if self.time_s is not None and time_s is not None else frame_interval_s,
            _snapped(self.gain, gain) if self.gain is not None and gain is not None else 1.0,
        )


def _snapped(control: ControlRange, value: float) -> float:
    """The same number that ControlRange gives for this step, so that equal settings compare as equal."""
    nearest = control.nearest(value)
    return nearest if math.isclose(nearest, value, rel_tol=1e-4) else value


def _positive(value: object) -> float | None:
    number = finite(value)
    return number if number is not None and number > 0 else None


def _scaled(
    described: object, unit: float, believed: Callable[[float, float, float], ControlRange | None]
) -> ControlRange | None:
    """A MediaSettingsRange as physical values; None unless it holds at least two of them that can be."""
    if not isinstance(described, Mapping):
        return None
    low, high = finite(described.get("min")), finite(described.get("max"))
    step = finite(described.get("step")) or 0.0
    if low is None or high is None or step < 0:
        return None
    if low <= 0:  # nothing is taken in no time: the first value there is
        low = step or 1.0
    if not low < high:
        return None
    found = believed(low * unit, high * unit, step * unit)
    return found if found is not None and found.minimum < found.maximum else None


def _compensation_steps(described: object) -> tuple[float, ...] | None:
    if not isinstance(described, Mapping):
        return None
    low, high = finite(described.get("min")), finite(described.get("max"))
    step = _positive(described.get("step")) or 1 / 3
    if low is None or high is None or not -20 <= low < high <= 20:
        return None
    if step < max(LEAST_STEP_EV, (high - low) / MOST_COMPENSATION_STEPS):
        return None
    count = math.floor((high - low) / step + 1e-6) + 1
    if count < 2:
        return None
    return tuple(low + k * step for k in range(count))
