"""RGB pictures: a byte or two for each colour, or all in the bits of one word; and hue, saturation and value."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import cv2
import numpy as np

from autoexposure.frame import Pixels
from drivers.common.pictures.colours import code_table, rgb_from_yuv
from drivers.common.pictures.layout import Bytes, Layout, cut

Decode = Callable[[Bytes, Layout], Pixels]
Bits = tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
"""(lowest bit, how many) of red, green and blue in a word, or of Y, U and V."""

_CODES = {
    "BGR": cv2.COLOR_BGR2RGB,
    "BGRX": cv2.COLOR_BGRA2RGB,
    "RGBX": cv2.COLOR_RGBA2RGB,
}


def by_bytes(order: str, sample_bytes: int = 1) -> Decode:
    """Colours as ``order`` says of one pixel, X what is not used; of samples of two bytes the second one counts."""
    places = [order.index(colour) * sample_bytes + sample_bytes - 1 for colour in "RGB"]
    pixel_bytes = len(order) * sample_bytes
    code = _CODES.get(order) if sample_bytes == 1 else None

    def decode(data: Bytes, layout: Layout) -> Pixels:
        rows = cut(data, layout.height_px, layout.width_px * pixel_bytes, layout.line_bytes)
        pixels = rows.reshape(layout.height_px, layout.width_px, pixel_bytes)
        if code is not None:
            return _in_full_range(np.asarray(cv2.cvtColor(pixels, code), np.uint8), layout)
        if order == "RGB" and sample_bytes == 1:
            return _in_full_range(pixels.copy(), layout)
        rgb = np.empty((*pixels.shape[:2], 3), np.uint8)
        for channel, place in enumerate(places):
            rgb[..., channel] = pixels[..., place]
        return _in_full_range(rgb, layout)

    return decode


def by_hue(order: str) -> Decode:
    """Hue, saturation and value, a byte each, as ``order`` says of one pixel, X what is not used."""
    places = [order.index(name) for name in "HSV"]

    def decode(data: Bytes, layout: Layout) -> Pixels:
        rows = cut(data, layout.height_px, layout.width_px * len(order), layout.line_bytes)
        pixels = rows.reshape(layout.height_px, layout.width_px, len(order))
        steps = np.array((360 / layout.colours.hues, 1 / 255, 1 / 255), np.float32)
        rgb = cv2.cvtColor(pixels[..., places] * steps, cv2.COLOR_HSV2RGB)
        return _in_full_range(np.rint(np.asarray(rgb) * 255).astype(np.uint8), layout)

    return decode


def by_bits(dtype: str, bits: Bits, *, yuv: bool = False) -> Decode:
    """Colours in the bits of words of this numpy ``dtype``; ``yuv`` for Y, U and V instead of red, green and blue."""
    word_bytes = np.dtype(dtype).itemsize

    def decode(data: Bytes, layout: Layout) -> Pixels:
        rows = cut(data, layout.height_px, layout.width_px * word_bytes, layout.line_bytes)
        words = np.ascontiguousarray(rows).view(dtype)
        few = word_bytes <= 2
        pixels = np.take(_all_words(8 * word_bytes, bits), words, axis=0) if few else _spread(words, bits)
        if yuv:
            return np.asarray(cv2.transform(pixels, rgb_from_yuv(layout.colours)), np.uint8)
        return _in_full_range(pixels, layout)

    return decode


@cache
def _all_words(word_bits: int, bits: Bits) -> Pixels:
    return _spread(np.arange(1 << word_bits), bits)


def _spread(words: np.ndarray, bits: Bits) -> Pixels:
    """(..., 3) uint8 of words; the highest number of each colour is 255, whatever its bits."""
    pixels = np.empty((*words.shape, 3), np.uint8)
    for channel, (lowest, count) in enumerate(bits):
        if count >= 8:
            pixels[..., channel] = (words >> (lowest + count - 8)) & 255
        else:
            most = (1 << count) - 1
            pixels[..., channel] = (((words >> lowest) & most) * 255 + most // 2) // most
    return pixels


def _in_full_range(pixels: Pixels, layout: Layout) -> Pixels:
    colours = layout.colours
    if colours.full_range is not False and not colours.linear:
        return pixels
    table = code_table(8, bool(colours.linear), colours.full_range is not False)
    return np.asarray(cv2.LUT(pixels, table), np.uint8)
