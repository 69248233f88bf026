"""The maps of a decision as pictures: laid over the picture that was metered, or on their own for a notebook.

As in the paper's Figures 3 and 8: the attention map is brightness (bright = counts), the exposure map is green where a
part wants more light, red where it wants less, and black where it is content.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from autoexposure.frame import Pixels
from autoexposure.metering.policy import MAP_SIDE, Decision, Map

FULL_EV = 2.0
"""A part that asks for this much or more is drawn in full colour: the most that a whole answer asks for (paper 5.1)."""

GREEN = (60, 255, 120)
RED = (255, 64, 52)

Layer = NDArray[np.uint8]
"""(n, n, 4) uint8 RGBA over the whole picture (the maps' are (15, 15, 4)); colours already multiplied by alpha, so
that layers can be added and resized."""

CELL_PX = 16
"""Side of one cell where a map is drawn on its own: both maps side by side fit the column of a notebook."""

GAP_PX = 8
STRIP_PX = 24
"""Height of a line of text, and of a scale."""

LARGEST_PX = 480
"""Longer side of a picture in a notebook, whose file keeps every picture that it showed."""

OVERLAY_OPACITY = 0.75
"""Of the darkness where nothing counts: what lies there can still be made out."""

TEXT_SCALE = 0.45
TEXT_GREY = (220, 220, 220)


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


def lay_over(picture: Pixels, layer: Layer, interpolation: int = cv2.INTER_LINEAR) -> Pixels:
    """``picture`` (H, W, 3) with ``layer`` stretched over all of it, smoothly or by another of OpenCV's ways."""
    height, width = picture.shape[:2]  # few cells are taken apart sooner than many pixels
    clear = np.repeat(255 - layer[..., 3:], 3, axis=2)
    colour = cv2.resize(np.ascontiguousarray(layer[..., :3]), (width, height), interpolation=interpolation)
    through = cv2.resize(clear, (width, height), interpolation=interpolation)
    return np.asarray(cv2.add(cv2.multiply(picture, through, scale=1 / 255), colour), np.uint8)


def draw_maps(decision: Decision) -> Pixels | None:
    """Both maps side by side, each with its scale, below a line with the answer; None if it has none.

    Returns
    -------
    (312, 488, 3) uint8, RGB.
    """
    if decision.attention is None or decision.exposure_map is None:
        return None
    highest = float(decision.attention.max())
    grey = np.rint(255 * np.clip(decision.attention / (highest or 1.0), 0, 1)).astype(np.uint8)
    attention = _titled("attention", np.repeat(grey[..., np.newaxis], 3, axis=2), _ramp(), ("0", f"{highest:.2g}"))
    ends = (f"-{FULL_EV:g} EV", f"+{FULL_EV:g} EV")
    wanted = exposure_layer(decision.exposure_map, 1.0)[..., :3]
    exposure = _titled("exposure map", wanted, exposure_layer(_ev_ramp(), 1.0)[..., :3], ends)
    gap = np.zeros((attention.shape[0], GAP_PX, 3), np.uint8)
    maps = np.concatenate((attention, gap, exposure), axis=1)
    return np.concatenate((_text_strip(f"{decision.delta_ev:+.2f} EV", maps.shape[1]), maps))


def draw_shot(pixels: Pixels, decision: Decision | None, words: str) -> Pixels:
    """The picture, at most 480 px wide and high, with the attention over it and a line of ``words`` below."""
    scale = LARGEST_PX / max(pixels.shape[:2])
    if scale < 1:
        size = (max(round(pixels.shape[1] * scale), 1), max(round(pixels.shape[0] * scale), 1))
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    if decision is not None and decision.attention is not None:
        pixels = lay_over(pixels, attention_layer(decision.attention, OVERLAY_OPACITY))
    return np.concatenate((pixels, _text_strip(words, pixels.shape[1])))


def as_png(picture: Pixels) -> bytes:
    """``picture`` (H, W, 3) uint8 RGB as a file."""
    _, data = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    return data.tobytes()


def _titled(title: str, cells: Pixels, scale: Pixels, ends: tuple[str, str]) -> Pixels:
    """(15, 15, 3) cells enlarged, between their title and their scale, whose ends are named."""
    side = MAP_SIDE * CELL_PX
    drawn = np.asarray(cv2.resize(cells, (side, side), interpolation=cv2.INTER_NEAREST), np.uint8)
    bar = np.asarray(cv2.resize(scale, (side // 2, STRIP_PX // 2), interpolation=cv2.INTER_LINEAR), np.uint8)
    strip = _text_strip(ends[0], side)
    left = (side - bar.shape[1]) // 2
    strip[STRIP_PX // 4 : STRIP_PX // 4 + bar.shape[0], left : left + bar.shape[1]] = bar
    _write(strip, ends[1], left + bar.shape[1] + GAP_PX)
    return np.concatenate((_text_strip(title, side), drawn, strip))


def _ramp() -> Pixels:
    return np.repeat(np.linspace(0, 255, 64).astype(np.uint8)[np.newaxis, :, np.newaxis], 3, axis=2)


def _ev_ramp() -> Map:
    return np.linspace(-FULL_EV, FULL_EV, 65, dtype=np.float32)[np.newaxis]


def _text_strip(words: str, width: int) -> Pixels:
    strip = np.zeros((STRIP_PX, width, 3), np.uint8)
    _write(strip, words, GAP_PX // 2)
    return strip


def _write(strip: Pixels, words: str, left: int) -> None:
    """Write into ``strip``; OpenCV's letters are ASCII only, and what is too long for the strip is cut."""
    plain = words.encode("ascii", "replace").decode()
    place = (left, STRIP_PX - GAP_PX)
    cv2.putText(strip, plain, place, cv2.FONT_HERSHEY_SIMPLEX, TEXT_SCALE, TEXT_GREY, 1, cv2.LINE_AA)
