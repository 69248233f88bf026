"""What is known of a scene's light from pictures in several exposures, and which exposure each place asks for.

A place that is neither clipped nor black in some picture is measured: its light says which exposure puts it in the middle
of what shows detail. Of a place that is clipped in every picture only a bound is known; there the meter's exposure map,
and what lies beyond white as a rule, say how far to go, until a picture shows it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from autoexposure.evaluation.scores import well_exposed_light
from autoexposure.metering.clipping import SATURATED_FROM, SHADOW_CODE
from autoexposure.metering.lookahead import LookaheadConfig
from autoexposure.metering.policy import Map
from autoexposure.metering.preview import SIDE_PX, Preview
from autoexposure.response import REC709, Floats, ResponseCurve

Places = NDArray[np.float32]
"""(128, 128) float32: the places of a Preview."""


class SceneLight:
    """Gathers pictures of one view; give it each one with the exposure that made it.

    Parameters
    ----------
    response : the camera's.

    Attributes
    ----------
    wishes_ev : (128, 128) float32, the EV that puts each place in the middle of what shows detail.
    weights : (128, 128) float32, how much each place matters, by the picture that shows it best.
    width_ev : of the range of exposures around its wish with which a place is well exposed.
    """

    def __init__(self, response: ResponseCurve) -> None:
        low, high = well_exposed_light(response)
        self.width_ev = math.log2(high / low)
        self._middle_ev = math.log2(high * low) / 2
        self._response = response
        self._darkest = float(response.relative[SHADOW_CODE])
        self.wishes_ev: Places = np.zeros((SIDE_PX, SIDE_PX), np.float32)
        self.weights: Places = np.zeros((SIDE_PX, SIDE_PX), np.float32)
        self._off_ev: Places = np.full((SIDE_PX, SIDE_PX), np.inf, np.float32)  # of the picture that shows it best

    def add(self, preview: Preview, ev: float, attention: Map | None, exposure_map: Map | None) -> None:
        """Learn from one picture.

        Parameters
        ----------
        preview : of it.
        ev : of the exposure that made it.
        attention, exposure_map : what the meter said of it; without, every place matters alike, and asks for nothing.
        """
        linear = self._response.linearise(preview[0].astype(np.uint8))
        light = np.tensordot(np.array(REC709, np.float32), linear, axes=1)
        clipped = linear.max(axis=0) >= SATURATED_FROM
        black = linear.max(axis=0) <= self._darkest
        # How far the place is from the middle in this picture.
        off_ev = np.log2(np.maximum(light, self._darkest)) - np.float32(self._middle_ev)
        config = LookaheadConfig()
        asked_ev = np.zeros_like(off_ev) if exposure_map is None else _spread(exposure_map)
        beyond = np.where(linear.min(axis=0) >= SATURATED_FROM, config.white_beyond_ev, config.tinted_beyond_ev)
        off_ev = np.where(clipped, np.maximum(off_ev + beyond, -asked_ev), off_ev)
        off_ev = np.where(black, np.minimum(off_ev, -asked_ev), off_ev)
        # A place that is measured is never worse known than one that is guessed, however far off it is.
        known = np.abs(off_ev) + np.where(clipped | black, 100, 0)
        better = known < self._off_ev
        attention_here = np.ones_like(off_ev) if attention is None else _spread(attention)
        self._off_ev[better] = known[better]
        self.wishes_ev[better] = np.float32(ev) - off_ev[better]
        self.weights[better] = attention_here[better]


def _spread(cells: Map) -> Floats:
    """(15, 15) -> (128, 128): a smooth map of places."""
    return np.asarray(cv2.resize(cells, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_LINEAR), np.float32)
