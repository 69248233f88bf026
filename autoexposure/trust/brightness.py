"""How bright a picture is, and what more or less exposure makes of it: what commands are held against."""

from __future__ import annotations

import numpy as np

from autoexposure.metering.clipping import SATURATED_FROM
from autoexposure.response import REC709, Floats

BLACK = 0.0024
"""Added to every pixel's light, so that black has a brightness and its noise none: 8-bit sRGB code 8."""


def brightness_ev(linear: Floats) -> float:
    """How bright a picture of (1, 3, H, W) relative exposure is: the mean of its pixels, each in EV.

    The mean of the light itself would see the window alone in a dark room: what is clipped outweighs all that moves.
    """
    luminance = np.tensordot(np.asarray(REC709, np.float32), np.minimum(linear, np.float32(1)), axes=(0, 1))
    return float(np.log2(luminance + np.float32(BLACK)).mean())


def exposed(linear: Floats, delta_ev: float) -> Floats:
    """The least that ``linear`` changes with ``delta_ev`` more exposure: what is clipped may be so by any amount."""
    changed = np.minimum(linear * np.float32(2.0**delta_ev), np.float32(1))
    return np.where(linear >= SATURATED_FROM, linear, changed) if delta_ev < 0 else changed


MEASURING_STEPS = 8
"""Halvings by which a brightness is traced back to the exposure behind it: a range of 6 EV to a fortieth."""


def exposure_between(linear: Floats, level_ev: float, most_ev: float) -> float:
    """How much more exposure than ``linear`` was made with makes a picture as bright as ``level_ev``: 0 to ``most_ev``.

    Negative where ``most_ev`` is.
    """
    least_ev, largest_ev = 0.0, most_ev
    for _ in range(MEASURING_STEPS):
        half_ev = (least_ev + largest_ev) / 2
        if (brightness_ev(exposed(linear, half_ev)) > level_ev) == (most_ev > 0):
            largest_ev = half_ev
        else:
            least_ev = half_ev
    return least_ev
