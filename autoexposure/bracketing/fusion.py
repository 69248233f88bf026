"""One picture of several exposures of a view: fused as it looks, or merged as light."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from autoexposure.frame import Pixels, check_pixels
from autoexposure.response import Floats, ResponseCurve
from autoexposure.simulation.bracket import merged


def fused(pictures: Sequence[Pixels]) -> Pixels:
    """(H, W, 3) uint8 RGB: of each place what shows it best, blended without seams (Mertens et al. 2007).

    ``pictures`` : (H, W, 3) uint8 RGB of one size, at least one, in any order. Nothing is aligned: what moved between
    them shows as a ghost.
    """
    blended = cv2.createMergeMertens().process(list(pictures))
    return check_pixels(np.rint(np.clip(blended, 0, 1) * 255).astype(np.uint8))


def merged_light(pictures: Sequence[Pixels], evs: Sequence[float], response: ResponseCurve) -> Floats:
    """(H, W, 3) float32 linear RGB in the unit of the first exposure's saturation (Debevec and Malik 1997).

    Parameters
    ----------
    pictures : (H, W, 3) uint8 RGB of one size, at least one.
    evs : EV of the exposure that made each.
    response : the camera's curve.
    """
    return merged(list(pictures), [2.0 ** (ev - evs[0]) for ev in evs], response)
