"""Which exposure time suits motion: blur against noise, at one and the same brightness.

Moving v pixels a second, a picture taken in t seconds is smeared over v * t pixels. Photographs are much like a random
walk from pixel to pixel, so the mean square of what a smear of b pixels changes is about DETAIL * b / 12. The gain that
makes up for a short time adds noise, whose mean square the camera's noise model has. The best time is the one for which
the sum is least; with photon noise alone it goes with one over the root of the speed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from autoexposure.exposure import Exposure, Limits
from autoexposure.profiles.noise import Floats, NoiseModel


class Motion(StrEnum):
    """What an exposure program does about motion."""

    OFF = "off"
    """The least gain, whatever moves."""
    AUTO = "auto"
    """The time at which blur and noise together are least; lamps never band where anti-flicker is on."""
    SPORTS = "sports"
    """Times two stops shorter than that, and bands rather than blur."""


DETAIL = 90.0
"""Mean square change of a photograph by a smear of b pixels, times 12 / b, in square code values: mean of the shipped
photographs at a width of 640 and smears of 5 to 13 pixels (20 to 200; `tests/autoexposure/motion/test_trade.py`)."""

JUDGED_AT_PX = 640
"""Width at which pictures are judged: twice the pixels make twice the blur of the same motion, and nobody sees more."""

NOISE_COUNTS = {Motion.AUTO: 1.0, Motion.SPORTS: 1 / 16}
"""How much noise counts beside blur. A sixteenth makes times two stops shorter, as 1/500 s is beside 1/125 s."""

VISIBLE_PX, CALM_PX = 1.5, 1.0
"""Blur of the longest time, in pixels of a picture 640 wide: from the first on something moves, and below the second it
has come to rest. The noise of a still scene stays below 0.8, also where 320x240 pixels at gain 16 are all there is."""

STEPS_PER_EV = 6
"""Times that are compared."""

WORTH = 0.1
"""A time is left for another where the picture gets better by this share: at 1.6 times the best time, or a 1.6th."""


@dataclass(frozen=True, slots=True)
class SeenMotion:
    """What is known of one picture's motion.

    Attributes
    ----------
    px_s : speed of what matters in it, in pixels of the full picture per second.
    blur_px : how far it is smeared by that; None where its exposure time is not known.
    shorter_ev : how much shorter its exposure time is than it would be without motion, in stops.
    bands : it is shorter than a period of the lamps, which may show as bands.
    """

    px_s: float
    blur_px: float | None = None
    shorter_ev: float = 0.0
    bands: bool = False


def loss(times_s: Floats, light: float, px_s: float, noise: NoiseModel, motion: Motion) -> Floats:
    """Mean square error of pictures of ``light`` (seconds at gain 1) taken in ``times_s``, in square code values.

    Parameters
    ----------
    times_s : (N,) exposure times; gain makes up for what they lack.
    px_s : speed, in pixels per second of a picture 640 wide.
    """
    blur: Floats = DETAIL / 12 * px_s * times_s
    return NOISE_COUNTS[motion] * noise.at(light / times_s) ** 2 + blur


class TimeChoice:
    """The longest time to expose for; it changes only where that is worth it.

    Attributes
    ----------
    longest_s : the time; infinite while nothing moves.
    """

    def __init__(self) -> None:
        self.longest_s = math.inf

    def follow(
        self, px_s: float, width_px: int, plain: Exposure, limits: Limits, noise: NoiseModel, motion: Motion
    ) -> None:
        """Choose by the newest picture.

        Parameters
        ----------
        px_s : speed in pixels of a picture ``width_px`` wide per second.
        plain : how the light would be split without motion.
        limits : of the camera.
        noise : of the camera.
        motion : AUTO or SPORTS.
        """
        px_s *= JUDGED_AT_PX / width_px
        threshold_px = VISIBLE_PX if math.isinf(self.longest_s) else CALM_PX
        if px_s * plain.time_s < threshold_px:
            self.longest_s = math.inf
            return
        light = plain.time_s * plain.gain
        shortest_s = max(limits.shortest_s, light / limits.highest_gain)
        steps = max(0, math.floor(STEPS_PER_EV * math.log2(plain.time_s / shortest_s)))
        times_s = plain.time_s * np.exp2(-np.arange(steps + 1) / STEPS_PER_EV)
        losses = loss(times_s, light, px_s, noise, motion)
        best = int(np.argmin(losses))
        now_s = min(max(self.longest_s, float(times_s[-1])), plain.time_s)
        now = float(loss(np.array([now_s]), light, px_s, noise, motion)[0])
        if now > (1 + WORTH) * losses[best]:
            self.longest_s = float(times_s[best])
