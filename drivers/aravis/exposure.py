"""The exposure of a GenICam camera: microseconds and decibels there, seconds and gain outside."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from autoexposure.camera import Capabilities, ControlRange, Settings, believed_times
from autoexposure.errors import CameraError, ControlTaken, UnsupportedControl
from autoexposure.exposure import Exposure, believed_exposure
from drivers.common.gain_law import GainLaw

US = 1e-6
TIMES = ("ExposureTime", "ExposureTimeAbs")
"""The standard's name, and that of cameras older than it."""

GAINS = ("Gain", "GainAbs", "GainRaw")
AUTOMATICS = ("ExposureAuto", "GainAuto")
OFF, ONCE, CONTINUOUS = "Off", "Once", "Continuous"
STATES = (OFF, ONCE, CONTINUOUS)
"""What an automatic can be; ``settings`` holds the index."""

MOST_STEPS = 1024
"""Gains listed at most; what has more steps is as good as continuous."""

ROUNDING = 1e-6

MOST_DB = 60.0
"""A gain that goes further and names no unit counts codes: no camera amplifies a thousand times."""

POSSIBLE_DB = (-80.0, 120.0)
"""Gains in decibels that can be: see `autoexposure.exposure.GAINS`."""

NOTHING = "This GenICam camera has no exposure control: its pictures can be watched, but not corrected."
NO_GAIN = "This camera has no gain control; only its exposure time can be set."
NO_TIME = "This camera has no exposure time control; only its gain can be set."


class Features(Protocol):
    """A camera's features by name; see AravisDevice."""

    name: str

    def has(self, feature: str) -> bool:
        """As AravisDevice.has."""

    def text(self, feature: str) -> str:
        """As AravisDevice.text."""

    def set_text(self, feature: str, value: str) -> None:
        """As AravisDevice.set_text."""

    def choices(self, feature: str) -> tuple[str, ...]:
        """As AravisDevice.choices."""

    def number(self, feature: str, *, integer: bool = False) -> float:
        """As AravisDevice.number."""

    def set_number(self, feature: str, value: float, *, integer: bool = False) -> None:
        """As AravisDevice.set_number."""

    def span(self, feature: str, *, integer: bool = False) -> ControlRange:
        """As AravisDevice.span."""

    def unit(self, feature: str) -> str:
        """As AravisDevice.unit."""


@dataclass(frozen=True, slots=True)
class GainFeature:
    """The feature that is a camera's gain.

    Attributes
    ----------
    span : its values in its own unit.
    law : what its codes mean, if it counts codes; None if it is in decibels.
    """

    feature: str
    span: ControlRange
    law: GainLaw | None = None

    @property
    def integer(self) -> bool:
        """Whether the feature is a whole number."""
        return self.feature == "GainRaw"

    @property
    def range(self) -> ControlRange:
        """The linear gains as a control."""
        if self.law is not None:
            return self.law.range(reads_back=True)
        low, high, step = self.span.minimum, self.span.maximum, self.span.step
        if not step or (high - low) / step > MOST_STEPS:
            return ControlRange(self.gain_of(low), self.gain_of(high))
        count = int((high - low) / step + ROUNDING)
        values = sorted({*(self.gain_of(low + at * step) for at in range(count + 1)), self.gain_of(high)})
        return ControlRange(values[0], values[-1], values=tuple(values))

    def gain_of(self, value: float) -> float:
        """The linear gain of a value."""
        return self.law.gain_of(round(value)) if self.law is not None else float(10 ** (value / 20))

    def value_for(self, gain: float) -> float:
        """The value nearest to a linear gain."""
        if self.law is not None:
            return float(self.law.code_for(gain))
        return 20 * math.log10(self.range.nearest(gain))


class AravisExposure:
    """Reads and writes what decides a camera's exposure. Changes nothing until asked to.

    Parameters
    ----------
    features : the camera's.
    frame_interval_s : what an exposure counts as where its time can't be set.
    reports : pictures come with the exposure that made them.
    """

    def __init__(self, features: Features, frame_interval_s: float, *, reports: bool) -> None:
        self._features = features
        self._frame_s = frame_interval_s
        self._reports = reports
        self._time = next((name for name in TIMES if features.has(name)), None)
        self._time_us = features.span(self._time) if self._time is not None else None
        self._gain = self._find_gain()
        self._automatics = tuple(name for name in AUTOMATICS if features.has(name))

    @property
    def capabilities(self) -> Capabilities:
        """What can be set, for the rest of the program."""
        if self._time is None and self._gain is None:
            return Capabilities(note=NOTHING)
        return Capabilities(
            self._time_range(),
            self._gain.range if self._gain is not None else None,
            native_auto=self._native_auto,
            reports_exposure=self._reports,
            note=NO_GAIN if self._gain is None else NO_TIME if self._time is None else "",
        )

    def now(self) -> Exposure | None:
        """What the camera is set to; under its automatic too, since it can be asked."""
        if self._time is None and self._gain is None:
            return None
        time_us = self._features.number(self._time) if self._time is not None else self._frame_s / US
        return self.exposure_of(time_us, self._read_gain())

    def exposure_of(self, time_us: float, gain: float | None) -> Exposure | None:
        """From values in the camera's units, as they stand in chunks; None if there is no time."""
        if time_us <= 0:
            return None
        linear = self._gain.gain_of(gain) if self._gain is not None and gain is not None else 1.0
        return believed_exposure(time_us * US, linear)

    def settings(self) -> Settings:
        """As Camera.settings, by the features' names; of an automatic, the index in STATES."""
        found: dict[str, int | float] = {
            name: STATES.index(state) for name in self._automatics if (state := self._features.text(name)) in STATES
        }
        if self._time is not None:
            found[self._time] = self._features.number(self._time)
        if self._gain is not None and (value := self._read_gain()) is not None:
            found[self._gain.feature] = value
        return found

    def restore(self, settings: Settings) -> None:
        """As Camera.restore: by hand first, while the camera obeys, then its automatics."""
        if not settings:
            return
        self._automatics_off()
        if self._time is not None and self._time in settings:
            self._features.set_number(self._time, settings[self._time])
        if self._gain is not None and self._gain.feature in settings:
            self._write_gain(settings[self._gain.feature])
        for name in self._automatics:
            if settings.get(name):
                self._features.set_text(name, STATES[int(settings[name])])

    def take(self) -> None:
        """As Camera.take_control: automatics off before anything else, or the rest is ignored."""
        if self._time is None and self._gain is None:
            raise UnsupportedControl(NOTHING)
        self._automatics_off()
        for name in self._automatics:
            if self._features.text(name) in (ONCE, CONTINUOUS):
                raise UnsupportedControl(f"{self._features.name} keeps {name} on although it was switched off")

    def set(self, exposure: Exposure) -> Exposure:
        """As Camera.set_exposure; clamped here, since cameras ignore what is out of range without a word."""
        if self._time is None and self._gain is None:
            raise UnsupportedControl(NOTHING)
        if any(self._features.text(name) == CONTINUOUS for name in self._automatics):
            raise ControlTaken(f"{self._features.name} ignores settings: its automatic exposure or gain is on")
        if self._time is not None and self._time_us is not None:
            # To the nanosecond: a whole number of microseconds must not arrive as the one below it.
            self._features.set_number(self._time, round(self._time_us.nearest(exposure.time_s / US), 3))
        if self._gain is not None:
            self._write_gain(self._gain.value_for(exposure.gain))
        now = self.now()
        if now is None:
            raise CameraError(f"{self._features.name} says that its exposure time is zero")
        return now

    def set_automatic(self, on: bool) -> None:
        """As Camera.set_native_auto."""
        if not self._native_auto:
            raise UnsupportedControl(f"{self._features.name} has no automatic exposure that can be switched")
        if not on:
            self.take()
            return
        for name in self._automatics:
            if CONTINUOUS in self._features.choices(name):
                self._features.set_text(name, CONTINUOUS)

    @property
    def _native_auto(self) -> bool:
        return AUTOMATICS[0] in self._automatics and CONTINUOUS in self._features.choices(AUTOMATICS[0])

    def _automatics_off(self) -> None:
        for name in self._automatics:
            self._features.set_text(name, OFF)

    def _time_range(self) -> ControlRange | None:
        if self._time_us is None:
            return None
        shortest_us = self._time_us.minimum or self._time_us.step or 1.0  # some begin at 0, which is no exposure
        return believed_times(shortest_us * US, self._time_us.maximum * US, self._time_us.step * US)

    def _find_gain(self) -> GainFeature | None:
        features = self._features
        name = next((name for name in GAINS if features.has(name)), None)
        if name is None:
            return None
        span = features.span(name, integer=name == "GainRaw")
        if span.maximum <= span.minimum:
            return None
        unit = features.unit(name) if name != "GainRaw" else ""
        decibels = unit.lower() == "db" or (not unit and name != "GainRaw" and span.maximum <= MOST_DB)
        if decibels and not (POSSIBLE_DB[0] <= span.minimum and span.maximum <= POSSIBLE_DB[1]):
            return None
        law = None if decibels else GainLaw.assumed(math.ceil(span.minimum), int(span.maximum), max(1, int(span.step)))
        return GainFeature(name, span, law)

    def _read_gain(self) -> float | None:
        if self._gain is None:
            return None
        return self._features.number(self._gain.feature, integer=self._gain.integer)

    def _write_gain(self, value: float) -> None:
        assert self._gain is not None
        span = self._gain.span
        clamped = min(max(round(value, 6), span.minimum), span.maximum)
        self._features.set_number(self._gain.feature, clamped, integer=self._gain.integer)
