"""What a camera is set to so that its pictures tell whether it obeys."""

from __future__ import annotations

from dataclasses import replace

from autoexposure.camera import Capabilities
from autoexposure.exposure import Exposure, Limits
from autoexposure.trust.obedience import Control, values_of

QUESTION_EV = 1.5
"""A step that most pictures show, and not so large that they are lost; it counts double where nothing else moves."""


def question(control: Control, now: Exposure, capabilities: Capabilities) -> Exposure:
    """An exposure by which the pictures tell whether a control obeys: a darker one, if there is one."""
    range_ = capabilities.time_s if control is Control.TIME else capabilities.gain
    assert range_ is not None  # it is one of `controls_of`
    value, factor = values_of(now)[control], 2.0**QUESTION_EV
    asked = value / factor if value / factor >= range_.minimum else range_.nearest(value * factor)
    return replace(now, **{"time_s" if control is Control.TIME else "gain": asked})


EXCHANGE_EV = 1.0
"""So much time is exchanged for gain: as large a step as leaves most pictures neither black nor white."""


def exchange(now: Exposure, capabilities: Capabilities, limits: Limits) -> Exposure | None:
    """The same light by less time and more gain, or the other way round; None where neither fits into ``limits``."""
    times, gains = capabilities.time_s, capabilities.gain
    assert times is not None
    assert gains is not None  # both are among `controls_of`
    for factor in (2.0**-EXCHANGE_EV, 2.0**EXCHANGE_EV):
        time_s = times.nearest(now.time_s * factor)
        gain = now.gain * now.time_s / time_s
        if limits.shortest_s <= time_s <= limits.longest_s and limits.lowest_gain <= gain <= limits.highest_gain:
            return Exposure(time_s, gains.nearest(gain))
    return None
