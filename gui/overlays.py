"""The maps drawn over the picture, as plain arrays: no Qt here, so every pixel can be tested.

As in the paper's Figures 3 and 8: the attention map is brightness (bright = counts), the exposure map is green
where a part wants more light, red where it wants less, and black where it is content.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from autoexposure.frame import Pixels
from autoexposure.policy import Decision, Map

FULL_EV = 2.0
"""A part that asks for this much or more is drawn in full colour: the most the network can ask for (paper 5.1)."""

LOW_CODE = 4
"""At or below this code value in all three channels a pixel holds no shadow detail."""

GREEN = (60, 255, 120)
RED = (255, 64, 52)
SHADOW_BLUE = (40, 90, 255)
STRIPE_PX = 5

Layer = NDArray[np.uint8]
"""(15, 15, 4) uint8 RGBA, colours already multiplied by alpha, so that layers can be added and resized."""


@dataclass(frozen=True, slots=True)
class Overlays:
    """Which overlays are drawn, and how.

    Attributes
    ----------
    attention, exposure, clipping : which are on.
    attention_opacity, exposure_opacity : 0..1; at 1 the map alone is seen.
    cells : draw the network's own 15x15 cells instead of a smooth picture of them.
    clipping_code : code value from which a highlight is striped, 0..255.
    """

    attention: bool = False
    exposure: bool = False
    clipping: bool = False
    attention_opacity: float = 0.75
    exposure_opacity: float = 0.6
    cells: bool = False
    clipping_code: int = 250


def compose(picture: Pixels, decision: Decision | None, overlays: Overlays) -> Pixels:
    """Return ``picture`` (H, W, 3) with the overlays on it; the very same array where there is nothing to draw.

    With both maps on, the attention darkens the exposure map's colours too: what stays bright is their product,
    which is what moves the exposure (paper, equation 1).
    """
    drawn = draw_clipping(picture, overlays.clipping_code) if overlays.clipping else picture
    layer: Layer | None = None
    if decision is not None and overlays.exposure and decision.exposure_map is not None:
        layer = exposure_layer(decision.exposure_map, overlays.exposure_opacity)
    if decision is not None and overlays.attention and decision.attention is not None:
        upper = attention_layer(decision.attention, overlays.attention_opacity)
        layer = upper if layer is None else over(upper, layer)
    return drawn if layer is None else blend(drawn, layer, cells=overlays.cells)


def attention_layer(attention: Map, opacity: float) -> Layer:
    """Darkness that is deepest where ``attention`` is lowest, relative to its highest cell; an even map stays clear."""
    highest = float(attention.max())
    share = np.clip(attention / highest, 0, 1) if highest > 0 else np.zeros_like(attention)
    layer = np.zeros((*attention.shape, 4), np.uint8)
    layer[..., 3] = np.rint(255 * opacity * (1 - share))
    return layer


def exposure_layer(exposure_map: Map, opacity: float) -> Layer:
    """Green where the map (in EV) is positive, red where it is negative, black at zero.

    At full opacity that is all that is seen; below it, parts that ask for little let more of the picture through.
    """
    strength = np.clip(exposure_map / FULL_EV, -1, 1)[..., np.newaxis]
    colour = np.maximum(strength, 0) * np.array(GREEN, np.float32) + np.maximum(-strength, 0) * np.array(
        RED, np.float32
    )
    alpha = 255 * (opacity + (1 - opacity) * np.abs(strength))
    return np.rint(np.concatenate([colour, alpha], axis=2) * opacity).astype(np.uint8)


def over(upper: Layer, lower: Layer) -> Layer:
    """``upper`` laid on ``lower`` (Porter and Duff's over)."""
    through = 255 - upper[..., 3:].astype(np.uint16)
    return (upper + (lower * through + 127) // 255).astype(np.uint8)


def blend(picture: Pixels, layer: Layer, *, cells: bool) -> Pixels:
    """``picture`` with ``layer`` stretched over all of it, as smooth (bilinear) or as sharp cells."""
    height, width = picture.shape[:2]
    stretched = cv2.resize(layer, (width, height), interpolation=cv2.INTER_NEAREST if cells else cv2.INTER_LINEAR)
    colour = cv2.cvtColor(stretched, cv2.COLOR_RGBA2RGB)
    through = cv2.cvtColor(255 - stretched[..., 3], cv2.COLOR_GRAY2RGB)
    return np.asarray(cv2.add(cv2.multiply(picture, through, scale=1 / 255), colour), np.uint8)


def draw_clipping(picture: Pixels, high_code: int) -> Pixels:
    """Stripes where any channel reaches ``high_code``, blue where all are at or below ``LOW_CODE``."""
    red, green, blue = cv2.split(picture)
    brightest = cv2.max(cv2.max(red, green), blue)
    height, width = brightest.shape
    highlights = cv2.bitwise_and(
        cv2.threshold(brightest, high_code - 1, 255, cv2.THRESH_BINARY)[1], _stripes(height, width)
    )
    drawn = cv2.bitwise_and(picture, picture, mask=cv2.bitwise_not(highlights))
    shadows = cv2.threshold(brightest, LOW_CODE, 255, cv2.THRESH_BINARY_INV)[1]
    return np.asarray(cv2.copyTo(_plain(height, width), shadows, drawn), np.uint8)


@lru_cache(maxsize=4)
def _stripes(height: int, width: int) -> Pixels:
    rows, columns = np.ogrid[:height, :width]
    return np.where((rows + columns) // STRIPE_PX % 2 == 0, 255, 0).astype(np.uint8)


@lru_cache(maxsize=4)
def _plain(height: int, width: int) -> Pixels:
    return np.full((height, width, 3), SHADOW_BLUE, np.uint8)
