"""The goal of one picture: what its meter asks for, kept dark at night, and not faster than a ramp.

The goal depends on the light of the scene, and that on the exposure which is right; so it must not run in a circle. It
does not, since it counts from the exposure that made the picture and the meter's own answer, never from what was
commanded. With a meter that follows the exposure by the share a (1 is perfect), ``e`` made the picture, ``r`` is right,
and ``f`` is the night's offset at the light that the meter sees:

    seen = e + a * (r - e)
    goal = seen + f(light of seen),   d goal / d e = (1 - a) * (1 - f')

With f' from 0 to 0.28 a goal strays no further than without the night, and meets one exposure alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from autoexposure.camera import Capabilities
from autoexposure.clock import Clock
from autoexposure.errors import ConfigError
from autoexposure.goal.night import goal_offset_ev
from autoexposure.goal.scene_light import scene_ev

SLOWEST_EV_PER_MINUTE = 0.01
"""Slower than any dusk: a stop in 100 minutes."""

RAMP_STEP_EV = 0.03
"""How far the exposure may stay behind a ramp. A step of 0.1 EV between two pictures of a time-lapse is seen; this
leaves room for a camera's own steps, and for the 0.04 EV by which a ramp of 0.5 EV a minute goes on in five seconds."""


@dataclass(frozen=True, slots=True)
class GoalConfig:
    """What exposure pictures are to have, beside what the meter says. Checked on construction.

    Attributes
    ----------
    keep_night_dark : expose dark scenes below the meter and very bright ones a little above it, by how much light there
        is: 0 in a lit room, -1.7 EV by moonlight, +0.4 EV in sunlit snow. A lit street has the light of a room.
    ramp_ev_per_minute : how fast the goal may move once the first exposure is found; infinite is at once. Dusk takes
        0.2 to 0.3 EV a minute. It is for time-lapse: everything is followed at this pace, a lamp that is switched too.
        What a person asks for is done at once.

    Raises
    ------
    ConfigError
        If the ramp is not possible.
    """

    keep_night_dark: bool = False
    ramp_ev_per_minute: float = math.inf

    def __post_init__(self) -> None:
        if not self.ramp_ev_per_minute >= SLOWEST_EV_PER_MINUTE:  # refuses nan too
            raise ConfigError(
                f"a ramp is {SLOWEST_EV_PER_MINUTE:g} EV a minute or more, given {self.ramp_ev_per_minute}"
            )


@dataclass(frozen=True, slots=True)
class Goal:
    """What one picture asks for, compensation left out.

    Attributes
    ----------
    delta_ev : the correction that takes it to its goal: the meter's, the night's and the ramp's together.
    scene_ev : light of the scene in EV at ISO 100; None where that is not known.
    night_ev : how far from the meter the night keeps it.
    ramp_ev : how far the ramp still keeps it from there.
    """

    delta_ev: float
    scene_ev: float | None = None
    night_ev: float = 0.0
    ramp_ev: float = 0.0


class GoalRamp:
    """Makes the goal of each picture in turn.

    Attributes
    ----------
    config : what holds now; ``restart`` after changing it.
    """

    def __init__(self, config: GoalConfig, clock: Clock) -> None:
        self.config = config
        self._clock = clock
        self._newest_ev = 0.0
        self._ramped_ev: float | None = None  # None: the first exposure is still looked for
        self._at_s = 0.0

    @property
    def moving(self) -> bool:
        """Whether the goal moves by the ramp now."""
        return self._ramped_ev is not None

    def restart(self) -> None:
        """Go to the next goal at once."""
        self._ramped_ev = None

    def rest(self) -> None:
        """The loop has come to rest at the newest goal: from here on the ramp holds."""
        if self._ramped_ev is None and self.config.ramp_ev_per_minute < math.inf:
            self._ramped_ev, self._at_s = self._newest_ev, self._clock.now()

    def of(self, made_by_ev: float, delta_ev: float, can: Capabilities) -> Goal:
        """The goal of a picture.

        Parameters
        ----------
        made_by_ev : EV of the exposure that made it.
        delta_ev : the meter's correction of it.
        can : of the camera.
        """
        right_ev = made_by_ev + delta_ev
        light_ev = scene_ev(right_ev, can)
        night_ev = goal_offset_ev(light_ev) if self.config.keep_night_dark and light_ev is not None else 0.0
        self._newest_ev = right_ev + night_ev
        ramp_ev = self._follow() - self._newest_ev
        return Goal(delta_ev + night_ev + ramp_ev, light_ev, night_ev, ramp_ev)

    def _follow(self) -> float:
        if self._ramped_ev is None:
            return self._newest_ev
        now_s = self._clock.now()
        most_ev = self.config.ramp_ev_per_minute * (now_s - self._at_s) / 60
        self._at_s = now_s
        self._ramped_ev += min(max(self._newest_ev - self._ramped_ev, -most_ev), most_ev)
        return self._ramped_ev
