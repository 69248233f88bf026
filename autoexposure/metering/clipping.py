"""When a pixel counts as clipped: the one definition that meters, figures, training and the window share.

Two questions that sound alike are kept apart. *What does a viewer lose?* is asked of code values, and answered by
``HIGHLIGHT_CODE`` and ``SHADOW_CODE``. *What did the sensor cut off?* is asked of linear light, and answered by
``SATURATED_FROM``: a camera whose response was measured may reach white at another code. For photographs of unknown
cameras ``CUT_OFF_CODE`` answers it.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from autoexposure.frame import Pixels

HIGHLIGHT_CODE = 250
"""A pixel whose strongest channel reaches this has lost colour or detail; not 255, since compression blurs white."""

SHADOW_CODE = 5
"""A pixel whose strongest channel stays at or below this is black; the noise of dark frames lies about here."""

SATURATED_FROM = 0.95
"""Relative exposure (1 = saturation) from which light counts as cut off: with sRGB just what ``HIGHLIGHT_CODE`` says,
since its code 249 is 0.947 and its code 250 is 0.956."""

CUT_OFF_CODE = 254
"""In any channel, from which on a photograph's light was cut off; compression moves some codes off 255. Stricter than
``HIGHLIGHT_CODE``, since it is held against views in linear light, which end at saturation itself."""


@dataclass(frozen=True, slots=True)
class Clipping:
    """Shares of a picture's pixels, 0..1, that are lost.

    Attributes
    ----------
    highlights : strongest channel at HIGHLIGHT_CODE or above.
    shadows : strongest channel at SHADOW_CODE or below.
    """

    highlights: float
    shadows: float


def clipping(pixels: Pixels) -> Clipping:
    """How much of an (H, W, 3) uint8 RGB picture is clipped."""
    strongest = strongest_channel(pixels)
    return Clipping(float(np.mean(strongest >= HIGHLIGHT_CODE)), float(np.mean(strongest <= SHADOW_CODE)))


def strongest_channel(pixels: Pixels) -> NDArray[np.uint8]:
    """(H, W) uint8: the strongest channel of every pixel of an (H, W, 3) uint8 picture."""
    red, green, blue = cv2.split(pixels)
    return np.asarray(cv2.max(cv2.max(red, green), blue), np.uint8)
