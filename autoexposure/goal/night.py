"""Dark and bright by nature: how far below or above the meter a scene of some light is exposed.

A meter makes every scene equally bright: moonlight and snow both come out as the grey of a room. The eye does not.
Krawczyk, Myszkowski and Seidel (2005, Perceptual effects in real-time tone mapping) give the key, the brightness that a
picture is to have on the whole, as a function of the scene's luminance L in cd/m2:

    key(L) = 1.03 - 2 / (2 + log10(L + 1))

From a lit room to moonlight it falls by 3.5 EV. A picture of the night is to be seen as well as to look like one, so
half of that is taken. The goal falls smoothly with the light, and ends by itself 1.9 EV below the meter.
Raspberry Pi's automatic has a table for the same purpose (`y_target` over lux), which spans a tenth of a stop.
"""

from __future__ import annotations

import math

ROOM_EV = 7.0
"""Scene EV at which the meter is followed as it is: offices and work areas have 7 to 8 (ANSI PH2.7-1986)."""

STRENGTH = 0.5
"""Share of the published curve that is taken. A matter of taste: 1 is how dark the eye finds the night."""

LUMINANCE_AT_0_EV_CD_M2 = 0.125
"""Luminance of 0 EV at ISO 100: K / 100 of a reflected-light meter with the usual constant K = 12.5 (ISO 2720)."""


def goal_offset_ev(scene_ev: float) -> float:
    """How far from the meter a scene is to be exposed: 0 in a lit room, -1.7 by moonlight, +0.4 in sunlit snow.

    It rises with the light, never by more than 0.28 EV with each. So a scene that gets darker gets darker in the
    picture, and an exposure found by way of it is found as surely as without it: see `autoexposure.goal.goal`.
    """
    return STRENGTH * math.log2(_key(scene_ev) / _key(ROOM_EV))


def _key(scene_ev: float) -> float:
    luminance_cd_m2 = LUMINANCE_AT_0_EV_CD_M2 * 2.0 ** min(scene_ev, MOST_EV)
    return 1.03 - 2 / (2 + math.log10(luminance_cd_m2 + 1))


MOST_EV = 40.0
"""Brighter than anything: the surface of the sun has 34. Beyond it numbers would overflow."""
