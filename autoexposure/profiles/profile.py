"""A camera's calibration: what it really does, as `autoexposure.probe.measure` measured it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise

from autoexposure.camera import Capabilities, ControlRange
from autoexposure.errors import ConfigError
from autoexposure.exposure import GAINS, TIMES_S
from autoexposure.profiles.control_map import HONEST_GAIN_EV, ControlMap
from autoexposure.response import ResponseCurve

MOST_FRAMES = 600
"""Most pictures that a camera may be late, or unsteady after opening: 20 s of video, longer than anyone waits."""


class ReadBack(StrEnum):
    """What a camera says when it is asked for the value in use."""

    HONEST = "honest"
    """What it really uses: the light agrees with it."""
    ECHO = "echo"
    """What it was asked for, whether it does that or not."""
    NONE = "none"
    """It can't be asked, or the light agreed with neither."""


@dataclass(frozen=True, slots=True)
class Span:
    """Part of a control's range, both ends included, in the units it is set in (seconds or linear gain)."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Delay:
    """From a setting to the first picture that shows it.

    Attributes
    ----------
    frames : pictures between the one under way while the setting arrived and the first that shows it: the camera's
        own delay, 0 is the very next one.
    shortest, longest : the same as a control loop on this machine sees it (`Capabilities.delay_frames`), transfer
        and buffers included.
    trials : settings that were followed.
    latency_s : median time from making the setting to the timestamp of the first picture that shows it.
    write_s : median time that making the setting took.
    """

    frames: int
    shortest: int
    longest: int
    trials: int
    latency_s: float = 0.0
    write_s: float = 0.0

    def __post_init__(self) -> None:
        if not (self.frames >= 0 and 0 <= self.shortest <= self.longest):
            raise ConfigError(f"a delay needs 0 <= shortest <= longest, given {self}")


@dataclass(frozen=True, slots=True)
class MeasuredControl:
    """Exposure time or gain: what it was set to and how much light that gave. Points are in the order of ``asked``.

    Attributes
    ----------
    asked : values as the driver takes them, ascending: seconds, or the linear gain it takes them for.
    light_ev : log2 of what each really is: of effective seconds, or of gain over the lowest one.
    codes : the device's raw value of each; empty where it has none.
    noise : standard deviation of a mid-tone pixel at each, in code values; empty where not measured.
    advertised : the range that the driver announces.
    advertised_step : distance of neighbouring values it announces; 0 is continuous or a list.
    stepped : the values in between give the light of one of these points, not something in between.
    read_back : whether what the camera says it uses can be believed.
    dead_zones : parts of the range in which nothing changes.
    falls : parts in which the light falls although the value rises.
    """

    asked: tuple[float, ...]
    light_ev: tuple[float, ...]
    advertised: Span
    advertised_step: float = 0.0
    codes: tuple[int, ...] = ()
    noise: tuple[float, ...] = ()
    stepped: bool = False
    read_back: ReadBack = ReadBack.NONE
    dead_zones: tuple[Span, ...] = ()
    falls: tuple[Span, ...] = ()

    def __post_init__(self) -> None:
        if not self.asked or len(self.asked) != len(self.light_ev):
            raise ConfigError(
                f"a control needs as many lights as values, given {len(self.light_ev)}, {len(self.asked)}"
            )
        if any(not math.isfinite(number) for number in (*self.asked, *self.light_ev)):
            raise ConfigError("the values and lights of a control must be numbers")
        if any(high <= low for low, high in pairwise(self.asked)) or self.asked[0] <= 0:
            raise ConfigError("the values of a control must be positive and rise")
        for name in ("codes", "noise"):
            if getattr(self, name) and len(getattr(self, name)) != len(self.asked):
                raise ConfigError(f"a control needs as many {name} as values")

    @property
    def map(self) -> ControlMap:
        """The part of it that is of use: each value of the driver gives more light than the one before it."""
        return ControlMap.of_points(self.asked, self.light_ev, stepped=self.stepped)

    @property
    def really(self) -> Span:
        """The ends of that part in what they really are: seconds, or gain over the lowest one."""
        return Span(self.map.really[0], self.map.really[-1])

    @property
    def span_ev(self) -> float:
        """How far the light was seen to move with it."""
        return self.map.span_ev

    def as_gain(self) -> ControlMap:
        """The map of a gain, whose claims are believed less readily than a time's."""
        return replace(self.map, believed_ev=HONEST_GAIN_EV)

    def continued(self) -> ControlMap:
        """The map of an exposure time, up to the ends of the advertised range where nothing speaks against them.

        What was too dark or too slow to be measured is taken to do what it says; a dead zone or a fall is believed.
        """
        measured = self.map
        asked, really = list(measured.asked), list(measured.really)
        bottom_moves = asked[0] == self.asked[0] and not any(zone.low == asked[0] for zone in self.dead_zones)
        if not self.stepped and bottom_moves and self.advertised.low < asked[0]:
            really.insert(0, really[0] * self.advertised.low / asked[0])
            asked.insert(0, self.advertised.low)
        if not self.stepped and asked[-1] == self.asked[-1] and self.advertised.high > asked[-1]:
            really.append(really[-1] * self.advertised.high / asked[-1])
            asked.append(self.advertised.high)
        return ControlMap(tuple(asked), tuple(really), self.stepped)


@dataclass(frozen=True, slots=True, eq=False)
class CameraProfile:
    """Everything measured on one camera in one mode.

    Attributes
    ----------
    stable_id, name, detail : which camera, as `CameraInfo`; ``detail`` names its mode.
    measured_at : date and time, ISO 8601.
    program : version of this program.
    took_s : how long measuring took.
    frame_interval_s : between two pictures while the exposure is short.
    startup_frames : pictures to leave out after opening, until they are steady.
    delay : None where the picture didn't show it.
    time, gain : None where the camera can't set it, or nothing could be measured.
    response : None where the light didn't reach far enough to measure it.
    slows_frames : whether exposures longer than the frame interval are made, at a lower rate; None: not tried.
    capped_at_s : effective time at which longer settings bring no more light; None if there is no such limit.
    mains_hz : 50 or 60 where lamps flicker in the picture, else 0.
    flicker_ev : how far they swing, from dark to bright, at a short exposure.
    drift_ev : how far the light changed during the measurement: no figure is more precise than this.
    notes : sentences for a person.
    """

    stable_id: str
    name: str
    detail: str
    measured_at: str
    program: str
    took_s: float
    frame_interval_s: float
    startup_frames: int = 0
    delay: Delay | None = None
    time: MeasuredControl | None = None
    gain: MeasuredControl | None = None
    response: ResponseCurve | None = None
    slows_frames: bool | None = None
    capped_at_s: float | None = None
    mains_hz: int = 0
    flicker_ev: float = 0.0
    drift_ev: float = 0.0
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for what, control, limits in (("time", self.time, TIMES_S), ("gain", self.gain, GAINS)):
            least_ev, most_ev = map(math.log2, limits)
            if control is None:
                continue
            if not all(limits[0] <= asked <= limits[1] for asked in control.asked):
                raise ConfigError(f"the values of its {what} are not between {limits[0]:g} and {limits[1]:g}")
            if not all(least_ev <= light <= most_ev for light in control.light_ev):
                raise ConfigError(f"the lights of its {what} are not between {least_ev:.1f} and {most_ev:.1f} EV")
        if self.startup_frames > MOST_FRAMES or (self.delay is not None and self.delay.longest > MOST_FRAMES):
            raise ConfigError(f"more than {MOST_FRAMES} pictures of delay are impossible")

    def fits(self, capabilities: Capabilities) -> bool:
        """Whether the driver announces the same ranges as when this was measured; else its values mean other things."""
        return _same(self.time, capabilities.time_s) and _same(self.gain, capabilities.gain)


def _same(measured: MeasuredControl | None, offered: ControlRange | None) -> bool:
    if measured is None:
        return True
    return (
        offered is not None
        and math.isclose(measured.advertised.low, offered.minimum, rel_tol=1e-3)
        and math.isclose(measured.advertised.high, offered.maximum, rel_tol=1e-3)
    )
