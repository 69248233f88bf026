"""What is known of a scene's light from pictures in several exposures, and which exposure each place asks for.

A place that is neither clipped nor black in some picture is measured: its light says which exposure puts it in the
middle of what shows detail. Of a place that is clipped in every picture, only a bound is known. There the meter's
exposure map, and what lies beyond white as a rule, say how far to go, until a picture shows it.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from autoexposure.evaluation.scores import well_exposed_light
from autoexposure.metering.clipping import SATURATED_FROM, SHADOW_CODE
from autoexposure.metering.lookahead import LookaheadConfig
from autoexposure.metering.policy import Map
from autoexposure.metering.preview import SIDE_PX, Preview
from autoexposure.response import REC709, Floats, ResponseCurve

SHARPNESS = 4
"""Power of the attention by which places matter. A network looks at everything a little, and most of a picture is what
surrounds its subject: with 1 or 2, more exposures go there (`autoexposure experiment bracket`). Chosen on photographs
of the validation part. Beyond 4, the last exposure mostly serves the blacks of a subject."""

Places = NDArray[np.float32]
"""(128, 128) float32: the places of a Preview."""


class SceneLight:
    """Gathers pictures of one view; give it each one with the exposure that made it.

    Parameters
    ----------
    response : the camera's.
    sharpness : power of the attention by which places matter.

    Attributes
    ----------
    wishes_ev : (128, 128) float32, the EV that puts each place in the middle of what shows detail.
    weights : (128, 128) float32, how much each place matters, by the picture that shows it best.
    width_ev : of the range of exposures around its wish with which a place is well exposed.
    """

    def __init__(self, response: ResponseCurve, sharpness: float = SHARPNESS) -> None:
        low, high = well_exposed_light(response)
        self.width_ev = math.log2(high / low)
        self._middle_ev = math.log2(high * low) / 2
        self._response = response
        self._sharpness = sharpness
        self._darkest = float(response.relative[SHADOW_CODE])
        self.wishes_ev: Places = np.zeros((SIDE_PX, SIDE_PX), np.float32)
        self.weights: Places = np.zeros((SIDE_PX, SIDE_PX), np.float32)
        # In the picture that shows a place best; infinite where none has measured it yet.
        self._off_ev: Places = np.full((SIDE_PX, SIDE_PX), np.inf, np.float32)
        self._seen = False

    def wishes_of(self, light: Floats) -> Floats:
        """(H, W) the EV that each place of (H, W, 3) linear light asks for, which is known; 1 = saturation at 0 EV."""
        luminance = np.maximum(light @ np.array(REC709, np.float32), np.float32(self._darkest))
        return np.asarray(np.float32(self._middle_ev) - np.log2(luminance), np.float32)

    def add(self, preview: Preview, ev: float, attention: Map | None, exposure_map: Map | None) -> None:
        """Learn from one picture.

        Parameters
        ----------
        preview : of it.
        ev : of the exposure that made it.
        attention, exposure_map : what the meter said of it; without, every place matters alike, and asks for nothing.
        """
        linear = self._response.linearise(preview[0].astype(np.uint8).transpose(1, 2, 0))
        clipped = linear.max(axis=2) >= SATURATED_FROM
        black = linear.max(axis=2) <= self._darkest
        off_ev = -self.wishes_of(linear)  # how far each place is from the middle in this picture
        config = LookaheadConfig()
        asked_ev = np.zeros_like(off_ev) if exposure_map is None else _spread(exposure_map)
        beyond = np.where(linear.min(axis=2) >= SATURATED_FROM, config.white_beyond_ev, config.tinted_beyond_ev)
        off_ev = np.where(clipped, np.maximum(off_ev + beyond, -asked_ev), off_ev)
        off_ev = np.where(black, np.minimum(off_ev, -asked_ev), off_ev)
        wishes_ev = np.float32(ev) - off_ev
        # A measured place is best known where it is nearest to the middle; of one that was never measured, the darkest
        # picture that clips it says most, and the brightest that leaves it black.
        measured = ~(clipped | black)
        further = (clipped & (wishes_ev < self.wishes_ev)) | (black & (wishes_ev > self.wishes_ev))
        better = np.where(
            measured, np.abs(off_ev) < self._off_ev, np.isinf(self._off_ev) & (further | (not self._seen))
        )
        attention_here = np.ones_like(off_ev) if attention is None else _spread(attention)
        attention_here /= max(
            1.0, float(attention_here.max())
        )  # a mask may raise it above 1, which no other picture has
        self._off_ev[better & measured] = np.abs(off_ev)[better & measured]
        self.wishes_ev[better] = wishes_ev[better]
        self.weights[better] = attention_here[better] ** self._sharpness
        self._seen = True


def _spread(cells: Map) -> Floats:
    """(15, 15) -> (128, 128): a smooth map of places."""
    return np.asarray(cv2.resize(cells, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_LINEAR), np.float32)
