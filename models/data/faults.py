"""Which pictures cannot serve as ground truth.

A ladder takes a photograph's own exposure for right. Night scenes, silhouettes, washed-out and crushed pictures would
teach the opposite, and an error measured on them says nothing. Four limits on the picture itself find them
here, with no model involved, so that the pictures a model is measured on do not depend on the model. They
refuse one in ten of the 4971 pictures that the shipped model was made from, among them most night pictures of outdoor
webcams.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from autoexposure.frame import Pixels
from autoexposure.metering.clipping import HIGHLIGHT_CODE
from autoexposure.response import Floats, srgb
from autoexposure.simulation.scene import luminance

MOST_WHITE = 0.10
"""Share of the frame that may be clipped in all channels (codes from HIGHLIGHT_CODE)."""

MOST_BLACK = 0.20
"""Share of the frame that may be crushed in all channels (codes up to BLACK_CODE)."""

BLACK_CODE = 12
"""About a thousandth of white, at gamma 2.2."""

DARKEST_EV, BRIGHTEST_EV = -4.8, -0.8
"""Log-average luminance below saturation: 2 EV to either side of the median photograph's -2.8 EV."""


def fault_of(pixels: Pixels) -> str | None:
    """Why (H, W, 3) uint8 RGB cannot serve as ground truth, in a few words; None if it can."""
    small: Pixels = np.asarray(cv2.resize(pixels, (64, 64), interpolation=cv2.INTER_AREA), np.uint8)
    average_ev = float(np.log2(log_average(luminance(_linear(small)))))
    if average_ev < DARKEST_EV:
        return f"too dark to say what right exposure is (log average {average_ev:.1f} EV)"
    if average_ev > BRIGHTEST_EV:
        return f"too bright to say what right exposure is (log average {average_ev:.1f} EV)"
    if (white := float((pixels.min(axis=2) >= HIGHLIGHT_CODE).mean())) > MOST_WHITE:
        return f"{white:.0%} of it is clipped"
    if (black := float((pixels.max(axis=2) <= BLACK_CODE).mean())) > MOST_BLACK:
        return f"{black:.0%} of it is black"
    return None


def log_average(light: NDArray[np.float32]) -> float:
    """Log-average of linear light of any shape, without its darkest and brightest twentieth: no sun decides alone."""
    low, high = np.quantile(light, [0.05, 0.95])
    # The floor keeps the logarithm finite in pictures of which a twentieth or more is perfectly black.
    floor = max(float(high) * 1e-4, 1e-9)
    return float(np.exp(np.log(np.clip(light, max(float(low), floor), max(float(high), floor))).mean()))


def _linear(pixels: Pixels) -> Floats:
    return srgb().relative.astype(np.float32)[pixels]
