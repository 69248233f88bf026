"""The maps drawn over the picture, as plain arrays: no Qt here, so every pixel can be tested.

As in the paper's Figures 3 and 8: the attention map is brightness (bright = counts), the exposure map is green
where a part wants more light, red where it wants less, and black where it is content.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from autoexposure.frame import Pixels
from autoexposure.metering.clipping import HIGHLIGHT_CODE, SHADOW_CODE, strongest_channel
from autoexposure.metering.drawing import Layer, attention_layer, exposure_layer, lay_over
from autoexposure.metering.policy import Decision
from gui.preview.false_colour import false_colour
from gui.preview.viewport import Area

CLIPPED_RED = (255, 30, 50)
SHADOW_BLUE = (40, 90, 255)
STRIPE_PX = 5

WHOLE = Area(0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Overlays:
    """Which overlays are drawn, and how.

    Attributes
    ----------
    attention, exposure, false_colour, zebra, clipping : which are on.
    attention_opacity, exposure_opacity : 0..1; at 1 the map alone is seen.
    cells : draw the network's own 15x15 cells instead of a smooth picture of them.
    zebra_code : code value from which brightness is striped, 0..255.
    """

    attention: bool = False
    exposure: bool = False
    false_colour: bool = False
    zebra: bool = False
    clipping: bool = False
    attention_opacity: float = 0.75
    exposure_opacity: float = 0.6
    cells: bool = False
    zebra_code: int = 235


def compose(
    picture: Pixels,
    decision: Decision | None,
    overlays: Overlays,
    *,
    seen: Area = WHOLE,
    veil: Layer | None = None,
) -> Pixels:
    """Return ``picture`` (H, W, 3) with the overlays on it; the very same array where there is nothing to draw.

    With both maps on, the attention darkens the exposure map's colours too: what stays bright is their product,
    which is what moves the exposure (paper, equation 1).

    Parameters
    ----------
    seen : the part of the whole picture that ``picture`` is; layers cover all of it.
    veil : laid over everything, for the painted mask.
    """
    drawn = false_colour(picture) if overlays.false_colour else picture
    if overlays.clipping:
        drawn = draw_clipping(picture, drawn)
    if overlays.zebra:
        drawn = draw_zebra(picture, drawn, overlays.zebra_code)
    layer: Layer | None = None
    if decision is not None and overlays.exposure and decision.exposure_map is not None:
        layer = exposure_layer(decision.exposure_map, overlays.exposure_opacity)
    if decision is not None and overlays.attention and decision.attention is not None:
        upper = attention_layer(decision.attention, overlays.attention_opacity)
        layer = upper if layer is None else over(upper, layer)
    if layer is not None:
        drawn = blend(drawn, layer, cells=overlays.cells, seen=seen)
    return drawn if veil is None else blend(drawn, veil, cells=False, seen=seen)


def over(upper: Layer, lower: Layer) -> Layer:
    """``upper`` laid on ``lower`` (Porter and Duff's over)."""
    through = 255 - upper[..., 3:].astype(np.uint16)
    return (upper + (lower * through + 127) // 255).astype(np.uint8)


def blend(picture: Pixels, layer: Layer, *, cells: bool, seen: Area = WHOLE) -> Pixels:
    """``picture`` with ``layer`` over it, as smooth (bilinear) or as sharp cells; ``seen`` as in ``compose``."""
    height, width = picture.shape[:2]
    kind = cv2.INTER_NEAREST if cells else cv2.INTER_LINEAR
    if seen == WHOLE:
        return lay_over(picture, layer, kind)
    stretched = _part(layer, width, height, seen, kind)
    colour = cv2.cvtColor(stretched, cv2.COLOR_RGBA2RGB)
    through = cv2.cvtColor(255 - stretched[..., 3], cv2.COLOR_GRAY2RGB)
    return np.asarray(cv2.add(cv2.multiply(picture, through, scale=1 / 255), colour), np.uint8)


def _part(layer: Layer, width: int, height: int, seen: Area, kind: int) -> Layer:
    side = layer.shape[0]
    across, down = seen.width * side / width, seen.height * side / height
    if kind == cv2.INTER_NEAREST:  # looked up by hand: warping rounds to the nearest centre, not into the cell
        columns = (seen.left * side + (np.arange(width) + 0.5) * across).astype(np.intp).clip(0, side - 1)
        rows = (seen.top * side + (np.arange(height) + 0.5) * down).astype(np.intp).clip(0, side - 1)
        packed = np.ascontiguousarray(layer).view(np.uint32)[..., 0]  # four bytes at once
        found = np.ascontiguousarray(packed[rows[:, np.newaxis], columns])
        return np.asarray(found.view(np.uint8).reshape(height, width, 4), np.uint8)
    back = np.array(
        [[across, 0, seen.left * side + across / 2 - 0.5], [0, down, seen.top * side + down / 2 - 0.5]], np.float64
    )
    flags = kind | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(layer, back, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def draw_zebra(picture: Pixels, ground: Pixels, code: int) -> Pixels:
    """Stripes on ``ground`` where the brightness of ``picture`` reaches ``code``."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    bright = cv2.threshold(grey, code - 1, 255, cv2.THRESH_BINARY)[1]
    striped = cv2.bitwise_and(bright, _stripes(*grey.shape))
    return np.asarray(cv2.bitwise_and(ground, ground, mask=cv2.bitwise_not(striped)), np.uint8)


def draw_clipping(picture: Pixels, ground: Pixels) -> Pixels:
    """Red on ``ground`` where a channel of ``picture`` is clipped, blue where all are: what the histogram counts."""
    brightest = strongest_channel(picture)
    highlights = cv2.threshold(brightest, HIGHLIGHT_CODE - 1, 255, cv2.THRESH_BINARY)[1]
    shadows = cv2.threshold(brightest, SHADOW_CODE, 255, cv2.THRESH_BINARY_INV)[1]
    drawn = cv2.copyTo(_plain(*brightest.shape, CLIPPED_RED), highlights, ground.copy())
    return np.asarray(cv2.copyTo(_plain(*brightest.shape, SHADOW_BLUE), shadows, drawn), np.uint8)


@lru_cache(maxsize=4)
def _stripes(height: int, width: int) -> Pixels:
    rows, columns = np.ogrid[:height, :width]
    return np.where((rows + columns) // STRIPE_PX % 2 == 0, 255, 0).astype(np.uint8)


@lru_cache(maxsize=4)
def _plain(height: int, width: int, colour: tuple[int, int, int]) -> Pixels:
    return np.full((height, width, 3), colour, np.uint8)
