"""ExposureProgram: one number (EV) becomes exposure time and gain (paper 7.2)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import dataclass

from autoexposure.camera import Capabilities, ControlRange
from autoexposure.errors import ConfigError
from autoexposure.exposure import Exposure, Limits
from autoexposure.motion.trade import Motion
from autoexposure.profiles.mains import regional_mains_hz

MAINS_AUTO = -1
"""Anti-flicker at whatever the mains are where the computer stands."""

_ROUNDING = 1e-6
"""Relative slack for times that went through a device and back, or were counted in periods: 3/100 s is 3 of 1/100 s."""


@dataclass(frozen=True, slots=True)
class ProgramConfig:
    """The rules by which an EV is split; checked on construction.

    Attributes
    ----------
    min_time_s, max_time_s : shortest and longest exposure time allowed, whatever the camera can do. The frame-rate
        guard is the stronger one where it and the shortest time can't both hold.
    min_gain, max_gain : lowest and highest gain allowed.
    allow_slow_frames : permit exposure times longer than the frame interval (the frame rate then drops).
    mains_hz : 50 or 60 snaps times to whole periods of lamp flicker (1/100 s, 1/120 s); 0 does not; MAINS_AUTO takes
        what was seen in the camera's pictures, else the mains of the region.
    motion : whether what moves in the pictures makes times shorter, and gains higher.
    """

    min_time_s: float = 0.0
    max_time_s: float = math.inf
    min_gain: float = 0.0
    max_gain: float = math.inf
    allow_slow_frames: bool = False
    mains_hz: int = 0
    motion: Motion = Motion.OFF

    def __post_init__(self) -> None:
        if not (self.max_time_s > 0 and self.max_gain > 0):  # refuses nan too
            raise ConfigError(f"limits must be positive, given {self.max_time_s} s and gain {self.max_gain}")
        lowest = max(self.min_time_s, self.min_gain)
        in_order = 0 <= self.min_time_s <= self.max_time_s and 0 <= self.min_gain <= self.max_gain
        if not (in_order and lowest < math.inf):
            raise ConfigError(
                f"a lowest limit must lie between 0 and the highest, given {self.min_time_s} to {self.max_time_s} s "
                f"and gain {self.min_gain} to {self.max_gain}"
            )
        if self.mains_hz not in (MAINS_AUTO, 0, 50, 60):
            raise ConfigError(
                f"mains frequency must be 50 or 60 Hz, 0 for off or {MAINS_AUTO} for automatic, given {self.mains_hz}"
            )
        if not isinstance(self.motion, Motion):
            raise ConfigError(f"motion must be one of {', '.join(map(str, Motion))} of Motion, given {self.motion!r}")


class ExposureProgram:
    """Splits an EV for one camera: smallest gain first, then the longest time that the rules allow.

    The paper (7.2): prefer a small gain; when the time would exceed the limit, raise the gain to its next step
    until a time fits. Added to it: the device's own steps of both, the frame-rate guard and anti-flicker; and the
    paper's section 10, a shorter time where something moves.
    """

    TOLERANCE_EV = 0.04
    """A split this close to the wanted EV is good enough not to spend gain on the rest; invisible in a picture."""

    def __init__(self, capabilities: Capabilities, frame_interval_s: float, config: ProgramConfig | None = None):
        self.config = config or ProgramConfig()
        # A camera without one of the two controls still has one: a range of a single value.
        self._times = capabilities.time_s or ControlRange(frame_interval_s, frame_interval_s)
        self._gains = capabilities.gain or ControlRange(1.0, 1.0)
        longest = min(self._times.maximum, self.config.max_time_s)
        if not self.config.allow_slow_frames:
            longest = min(longest, frame_interval_s)
        self._longest_s = self._times.floor(longest)
        self._highest_gain = self._gains.floor(self.config.max_gain)
        self._shortest_s = min(self._times.ceil(self.config.min_time_s), self._longest_s)
        self._lowest_gain = min(self._gains.ceil(self.config.min_gain), self._highest_gain)
        automatic = self.config.mains_hz == MAINS_AUTO
        self._mains_hz = capabilities.mains_hz or regional_mains_hz() if automatic else self.config.mains_hz
        self._lamps_hz = self._mains_hz or capabilities.mains_hz
        self._preferred_s = math.inf

    @property
    def limits(self) -> Limits:
        """The times and gains that are used."""
        return Limits(self._shortest_s, self._longest_s, self._lowest_gain, self._highest_gain)

    def preferring(self, longest_s: float) -> ExposureProgram:
        """The same program, which takes no longer times than this where gain can make up for them; inf is any.

        Its rules decide whether it heeds motion at all.
        """
        other = copy(self)
        other._preferred_s = math.inf if self.config.motion is Motion.OFF else longest_s
        return other

    def bands(self, time_s: float) -> bool:
        """Whether lamps show as bands at this time: it is shorter than one of their periods."""
        return self._under_a_period(time_s, self._lamps_hz)

    def split_like(self, ev: float, limits: Limits) -> Exposure:
        """Split ``ev`` as other cameras do that share ``limits``; beyond what those reach, as `split`."""
        common, own = self._within(limits).split(ev), self.split(ev)
        return common if abs(common.ev - ev) <= abs(own.ev - ev) + self.TOLERANCE_EV else own

    def _within(self, limits: Limits) -> ExposureProgram:
        """The same program for narrower limits; where the device has nothing within, for what is nearest."""
        other = copy(self)
        other._longest_s = max(self._times.floor(min(self._longest_s, limits.longest_s)), self._shortest_s)
        other._highest_gain = max(self._gains.floor(min(self._highest_gain, limits.highest_gain)), self._lowest_gain)
        other._shortest_s = min(self._times.ceil(max(self._shortest_s, limits.shortest_s)), self._longest_s)
        other._lowest_gain = min(self._gains.ceil(max(self._lowest_gain, limits.lowest_gain)), self._highest_gain)
        other._longest_s = max(other._longest_s, other._shortest_s)
        other._highest_gain = max(other._highest_gain, other._lowest_gain)
        return other

    @property
    def lowest_ev(self) -> float:
        """The darkest this camera gets under these rules."""
        return Exposure(self._shortest_s, self._lowest_gain).ev

    @property
    def highest_ev(self) -> float:
        """The brightest this camera gets under these rules."""
        return self.split(math.inf).ev

    @property
    def plain_ev(self) -> float:
        """The brightest without any gain: a fair start where the camera can't say what it is set to."""
        return Exposure(self._longest_s, self._lowest_gain).ev

    def allows(self, exposure: Exposure) -> bool:
        """Whether ``exposure`` keeps to the rules as it is: the limits, the frame rate, whole periods of flicker."""
        time_s, gain = exposure.time_s, exposure.gain
        within = self._shortest_s * (1 - _ROUNDING) <= time_s <= self._longest_s * (1 + _ROUNDING)
        within = within and self._lowest_gain * (1 - _ROUNDING) <= gain <= self._highest_gain * (1 + _ROUNDING)
        return within and not self._flickers(time_s)

    def split(self, ev: float) -> Exposure:
        """The exposure the device has that comes closest to ``ev`` with the least gain.

        Where a time is preferred, with the least gain that allows one no longer; never at the cost of brightness.

        Parameters
        ----------
        ev : log2 of time in seconds times gain; what lies beyond the limits is taken to the nearer one.
        """
        # In linear light (seconds at gain 1), where the time is the light divided by the gain.
        light = 2.0 ** min(ev, Exposure(self._longest_s, self._highest_gain).ev)
        plain = self._best(light, self._candidates(light, self._longest_s))
        assert plain is not None
        allowed_ev = abs(plain.ev - math.log2(light)) + self.TOLERANCE_EV
        for longest_s in self._preferred(light, plain.time_s):
            candidates = self._candidates(light, longest_s)
            shorter = self._best(light, (each for each in candidates if self._keeps_lamps_even(each.time_s)))
            if shorter is not None and abs(shorter.ev - math.log2(light)) <= allowed_ev:
                return shorter
        return plain

    def _preferred(self, light: float, plain_s: float) -> Iterator[float]:
        """The times up to which to expose rather than up to ``plain_s``, the first choice first."""
        enough_s = light / self._highest_gain
        longest_s = max(self._preferred_s, enough_s, self._shortest_s)
        if longest_s >= plain_s:
            return
        if self._keeps_lamps_even(longest_s):
            yield longest_s
        elif plain_s >= (period_s := 1 / (2 * self._mains_hz)):
            periods = max(1, math.floor(self._preferred_s / period_s), math.ceil(enough_s / period_s - _ROUNDING))
            while periods * period_s < plain_s * (1 - _ROUNDING):
                yield periods * period_s
                periods += 1

    def _keeps_lamps_even(self, time_s: float) -> bool:
        """Whether motion may ask for this time: with anti-flicker, for whole periods; in sports for less, too."""
        if self._under_a_period(time_s, self._mains_hz):
            return self.config.motion is Motion.SPORTS
        return not self._flickers(time_s)

    def _under_a_period(self, time_s: float, mains_hz: int) -> bool:
        """Whether a time is shorter than a period of lamps on these mains, to the device's steps."""
        return bool(mains_hz) and time_s < self._times.floor(1 / (2 * mains_hz)) * (1 - _ROUNDING)

    def _best(self, light: float, candidates: Iterable[Exposure]) -> Exposure | None:
        """The first that is good enough, else the nearest; None of none."""
        best: Exposure | None = None
        for candidate in candidates:
            if abs(candidate.ev - math.log2(light)) <= self.TOLERANCE_EV:
                return candidate
            if best is None or abs(candidate.ev - math.log2(light)) < abs(best.ev - math.log2(light)):
                best = candidate
        return best

    def _candidates(self, light: float, longest_s: float) -> Iterator[Exposure]:
        """Splits worth trying, the one with the least gain first."""
        # The least gain with which the longest time is enough, then the time that goes with it (paper 7.2).
        gain = max(min(self._gains.ceil(light / longest_s), self._highest_gain), self._lowest_gain)
        time_s = max(self._without_flicker(min(light / gain, longest_s)), self._shortest_s)
        yield Exposure(min(self._times.nearest(time_s), self._longest_s), gain)
        # Coarse time steps, or whole periods of flicker: stay below and let gain fill the fraction.
        shorter_s = max(self._times.floor(time_s), self._shortest_s)
        filling = max(min(self._gains.nearest(light / shorter_s), self._highest_gain), self._lowest_gain)
        yield Exposure(shorter_s, filling)
        # Coarse gains: a little too dark with less gain may be nearer than too bright with the shortest time there is.
        less = max(self._gains.floor(min(light / longest_s, self._highest_gain)), self._lowest_gain)
        yield Exposure(self._times.floor(max(self._without_flicker(longest_s), self._shortest_s)), less)

    def _without_flicker(self, time_s: float) -> float:
        """The longest time up to ``time_s`` that holds whole periods of the lamp; as it is when shorter than one."""
        if not self._mains_hz:
            return time_s
        period_s = 1 / (2 * self._mains_hz)
        periods = math.floor(time_s / period_s * (1 + _ROUNDING))
        return periods * period_s if periods else time_s

    def _flickers(self, time_s: float) -> bool:
        """Whether a time is longer than a period of the lamp and no whole number of them, to the device's steps."""
        if not self._mains_hz or time_s * 2 * self._mains_hz < 1:
            return False
        whole_s = round(time_s * 2 * self._mains_hz) / (2 * self._mains_hz)
        there_are = (self._times.nearest(whole_s), self._times.floor(whole_s))
        return not any(math.isclose(time_s, there_is, rel_tol=_ROUNDING) for there_is in there_are)
