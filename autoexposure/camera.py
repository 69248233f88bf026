"""What a camera is to the rest of the program: the one interface every driver fulfils.

A driver is small and dumb. It opens, reads, sets and closes; it returns what the device REALLY set; it never
meters, smooths or retries. Its constructor opens the device and changes nothing on it: the first change is
``take_control``, which the loop calls only after it has written ``settings()`` to disk.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import TracebackType
from typing import Protocol, Self

from autoexposure.errors import ConfigError
from autoexposure.exposure import GAINS, TIMES_S, Exposure
from autoexposure.frame import Frame
from autoexposure.plain_text import LONGEST, plain

_ROUNDING = 1e-6
"""Relative slack that keeps 0.1 + 0.2 from missing the step at 0.3."""

TIMES_GUESSED = "Its exposure times have no unit and are guessed: measure this camera once to know them."
"""Said of a camera that was not measured."""

LONGEST_NOTE, LONGEST_PATH = 500, 5000
"""Characters of a note for the user, and of what may be a path."""

Settings = Mapping[str, int | float]
"""Raw values of a device's controls by name, as read from it; what ``restore`` writes back."""


FINEST_STEP = 1e-12
"""Share of a range: a finer step than this is none, and dividing by it would leave the numbers there are."""


@dataclass(frozen=True, slots=True)
class ControlRange:
    """The values a control can take, in physical units, ascending.

    Attributes
    ----------
    minimum, maximum : inclusive ends, both settable even where ``maximum`` is off the grid of steps.
    step : distance of neighbouring values counted from ``minimum``; 0 means continuous.
    values : every value there is, ascending, where they are not evenly spaced (then ``step`` is ignored).
    reads_back : whether the device can be asked which value it uses.
    unit_known : False where the device counts on a scale of its own, so that only the order of the values is certain.
    """

    minimum: float
    maximum: float
    step: float = 0.0
    values: tuple[float, ...] = ()
    reads_back: bool = True
    unit_known: bool = True

    def __post_init__(self) -> None:
        if not (-math.inf < self.minimum <= self.maximum < math.inf and self.step >= 0):
            raise ConfigError(f"a control needs minimum <= maximum and step >= 0, given {self}")
        if 0 < self.step <= FINEST_STEP * (self.maximum - self.minimum):
            raise ConfigError(f"the step of a control is too fine for its range, given {self}; 0 means continuous")
        if self.values and (self.values[0] != self.minimum or self.values[-1] != self.maximum):
            raise ConfigError(f"the values of a control must run from its minimum to its maximum, given {self}")
        if any(high <= low for low, high in pairwise(self.values)):
            raise ConfigError(f"the values of a control must rise, given {self}")

    def floor(self, wanted: float) -> float:
        """The highest value there is that is not above ``wanted`` (the minimum if all are)."""
        if wanted >= self.maximum:
            return self.maximum
        if wanted <= self.minimum:
            return self.minimum
        if self.values:
            return self.values[bisect_right(self.values, wanted * (1 + _ROUNDING)) - 1]
        if not self.step:
            return wanted
        steps = math.floor((wanted - self.minimum) / self.step + _ROUNDING)
        # To the decimal meant: 78 steps of 100 us are 0.0078, as a driver says it, so that equals compare equal.
        return min(round(self.minimum + steps * self.step, 12), self.maximum) if steps else self.minimum

    def ceil(self, wanted: float) -> float:
        """The lowest value there is that is not below ``wanted`` (the maximum if all are)."""
        below = self.floor(wanted)
        if below >= wanted * (1 - _ROUNDING) or below == self.maximum:
            return below
        if self.values:
            return self.values[bisect_right(self.values, below)]
        return self.floor(below + self.step)

    def nearest(self, wanted: float) -> float:
        """The value there is that differs least from ``wanted`` as a ratio, as exposure is counted."""
        below, above = self.floor(wanted), self.ceil(wanted)
        if below <= 0:
            return above
        return below if wanted * wanted <= below * above else above


def believed_times(
    low_s: float, high_s: float, step_s: float = 0.0, values: tuple[float, ...] = (), *, reads_back: bool = True
) -> ControlRange | None:
    """The exposure times that a device says it has, in seconds, as far as they can be; None if none of them can.

    Every driver makes its range here, after scaling: what a device names in its own unit may still come to nothing.
    """
    return _believed(TIMES_S, low_s, high_s, step_s, values, reads_back)


def believed_gains(
    low: float, high: float, step: float = 0.0, values: tuple[float, ...] = (), *, reads_back: bool = True
) -> ControlRange | None:
    """The linear gains that a device says it has; as `believed_times`."""
    return _believed(GAINS, low, high, step, values, reads_back)


def stepped_range(low: float, high: float, step: float, *, reads_back: bool = True) -> ControlRange:
    """A range in whatever unit a device counts in; a step that is too fine for it, or endless, counts as none."""
    fits = FINEST_STEP * (high - low) < step < math.inf
    return ControlRange(low, high, step if fits else 0.0, reads_back=reads_back)


def _believed(
    limits: tuple[float, float], low: float, high: float, step: float, values: tuple[float, ...], reads_back: bool
) -> ControlRange | None:
    if values:
        values = tuple(sorted({value for value in values if limits[0] <= value <= limits[1]}))
        return ControlRange(values[0], values[-1], values=values, reads_back=reads_back) if values else None
    low, high = max(limits[0], low), min(limits[1], high)  # in this order NaN stays what it is, and is refused
    if not (low <= high and limits[0] <= low and high <= limits[1]):
        return None
    return stepped_range(low, high, step, reads_back=reads_back)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a camera really can do; a control that is None is explained in ``note``.

    Attributes
    ----------
    time_s : exposure times in seconds, or None.
    gain : linear gains (1.0 = base), or None.
    native_auto : the firmware has an automatic exposure that can be switched on.
    reports_exposure : every Frame carries the exposure the device says made it.
    delay_frames : (shortest, longest) number of frames between a setting and the first picture that shows it,
        not counting the picture under exposure while the setting arrives: 0 means the very next one.
    base_iso : the ISO that gain 1.0 is shown as.
    mains_hz : 50 or 60 where lamps were seen to flicker in its pictures; 0 if none was seen.
    note : one sentence for the user where something is missing.
    """

    time_s: ControlRange | None = None
    gain: ControlRange | None = None
    native_auto: bool = False
    reports_exposure: bool = False
    delay_frames: tuple[int, int] = (0, 8)
    base_iso: int = 100
    mains_hz: int = 0
    note: str = ""

    def __post_init__(self) -> None:
        for what, control, (least, most) in (("time", self.time_s, TIMES_S), ("gain", self.gain, GAINS)):
            if control is not None and not least <= control.minimum <= control.maximum <= most:
                raise ConfigError(f"a camera's {what} must be between {least:g} and {most:g}, given {control}")
        object.__setattr__(self, "note", _plain(self.note, LONGEST_NOTE))

    @property
    def notice(self) -> str:
        """``note``, and what to do about exposure times without a unit; empty where all is well."""
        guessed = self.time_s is not None and not self.time_s.unit_known
        return " ".join(filter(None, (self.note, TIMES_GUESSED if guessed else "")))

    @property
    def controls_exposure(self) -> bool:
        """Whether there is anything to control at all."""
        return self.time_s is not None or self.gain is not None


@dataclass(frozen=True, slots=True)
class CameraInfo:
    """Which camera this is.

    Attributes
    ----------
    spec : what opens it: ``v4l2:/dev/video0``, ``sim:``.
    name : what a person calls it.
    stable_id : the same for the same camera after a replug or a restart (bus path, serial); never a number
        that the system hands out in order.
    former_id : what ``stable_id`` would be if it did not have to tell this camera from others of its kind; what was
        kept under that is still found. Empty where there is no such difference.
    detail : driver, bus, sizes: a line for the curious.
    lasting : its settings outlive this program, so that they are noted, locked and put back; False for a camera that
        exists in this program only.
    awaited : no camera is there yet: the pictures say how to bring one, as a code for a phone to scan.
    trouble : why it can't be used and what to do about it, where that shows before it is opened: in words that follow a
        colon, with no full stop. Such a camera is listed, but never chosen for a user who names none.

    Cameras, and whatever in the network says it is one, choose their own names: they are made plain here, for all.
    """

    spec: str
    name: str
    stable_id: str
    detail: str = ""
    lasting: bool = True
    awaited: bool = False
    trouble: str = ""
    former_id: str = ""

    def __post_init__(self) -> None:
        for field, longest in (
            ("name", LONGEST),
            ("detail", LONGEST),
            ("spec", LONGEST_PATH),
            ("stable_id", LONGEST_PATH),
            ("former_id", LONGEST_PATH),
            ("trouble", LONGEST_NOTE),
        ):
            object.__setattr__(self, field, _plain(getattr(self, field), longest))


def _plain(text: str, longest: int) -> str:
    """As `plain`, for texts that are made anew with every picture and nearly always are so: those stay as they are."""
    return text if text.isprintable() and len(text) <= longest else plain(text, longest)


class Camera(Protocol):
    """An open camera. One thread owns it; ``close`` may be called twice."""

    @property
    def info(self) -> CameraInfo:
        """Which camera this is."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""

    @property
    def frame_interval_s(self) -> float:
        """Nominal time between two pictures at the present frame rate."""

    @property
    def exposure(self) -> Exposure | None:
        """What the device is set to now, read back where it can be, or None where it can't be known."""

    def settings(self) -> Settings:
        """Every control that this driver may change, as it is now. Empty where nothing can be changed."""

    def restore(self, settings: Settings) -> None:
        """Write back what ``settings`` returned, in the order the device needs."""

    def take_control(self) -> None:
        """Switch the firmware's automatic exposure off, so that ``set_exposure`` is obeyed.

        Raises UnsupportedControl if the camera has no exposure control; it then still delivers pictures.
        """

    def set_exposure(self, exposure: Exposure) -> Exposure:
        """Ask for ``exposure`` (clamped and rounded to what exists); return what was really set."""

    def set_native_auto(self, on: bool) -> None:
        """Hand the exposure to the firmware, or take it back. Raises UnsupportedControl if there is none."""

    def read(self, timeout_s: float) -> Frame:
        """Wait for, and return, the newest picture not yet read; older ones are dropped.

        Raises FrameTimeout after ``timeout_s``, CameraDisconnected if the camera left.
        """

    def close(self) -> None:
        """Stop the stream and let go of the device. Restores nothing: that is the loop's decision."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
