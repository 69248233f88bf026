"""How much light there is in a scene, as photographers count it: EV at ISO 100.

The exposure that makes a picture right tells it, up to one number a camera: how sensitive it is. No calibration
measures that number, since it takes a light meter, and few drivers know it. A typical one stands in.
"""

from __future__ import annotations

import math

from autoexposure.camera import Capabilities

TYPICAL_EV = 3.0
"""Scene EV that one second at ISO 100 is right for: what a small camera's lens, about f/2, and its sensor come to.

Raspberry Pi's cameras were measured beside a light meter. libcamera's tuning files give the exposure, the lux and how
bright the picture came out; for a grey of 18 % the v1 has 3.5 EV (987 lux, 21.7 ms, 13.7 %), the v2 3.4 (998 lux,
27.7 ms, 19.4 %) and the v3 2.7 (977 lux, 10.7 ms at gain 1.12, 13.2 %). ISO 100 and f/2 by the book are 2; a lens that
is stopped down to f/8 makes 6. A camera that is off by 1 EV has its goal off by 0.28 EV at most, which a compensation
sets right."""


def knows_light(can: Capabilities) -> bool:
    """Whether a camera's exposures tell how much light there is: its times have a unit."""
    return can.time_s is not None and can.time_s.unit_known


def scene_ev(right_ev: float, can: Capabilities) -> float | None:
    """Light of a scene in EV at ISO 100, or None where exposures have no known unit.

    Parameters
    ----------
    right_ev : log2(time_s * gain) with which a picture of it is right.
    can : of the camera.
    """
    if not knows_light(can):
        return None
    return TYPICAL_EV - right_ev - math.log2(can.base_iso / 100)
