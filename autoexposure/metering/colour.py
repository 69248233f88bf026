"""How far the colours of a picture have moved."""

from __future__ import annotations

import numpy as np

from autoexposure.metering.preview import Preview
from autoexposure.response import ResponseCurve

SURE = 0.02, 0.9
"""Relative exposures between which a pixel's colour is certain: neither noise nor clipping has a hand in it."""

LEAST_SURE = 0.02
"""Share of the pixels that must be certain in both pictures."""

EVERY = 4
"""Pixels from one that is looked at to the next, to each side: a thousand of them are enough for a median."""


def colour_shift_ev(before: Preview, after: Preview, response: ResponseCurve) -> float | None:
    """By how much red has grown against blue from one picture of a scene to another, whatever their exposures.

    Parameters
    ----------
    before, after : (1, 3, H, W) float32, code values 0..255.

    Returns
    -------
    float | None
        Median over the pixels that are certain in both; what moves in the scene does not count so. None where there
        are too few of them.
    """
    was, now = (response.linearise(preview[0, ::2, ::EVERY, ::EVERY].astype(np.uint8)) for preview in (before, after))
    low, high = SURE
    certain = np.all((was > low) & (was < high) & (now > low) & (now < high), axis=0)
    if certain.mean() < LEAST_SURE:
        return None
    was, now = was[:, certain], now[:, certain]
    return float(np.median(np.log2(now[0] / now[1]) - np.log2(was[0] / was[1])))
