"""One number a pixel, of 4 to 16 bits: grey, or a sensor's mosaic of coloured pixels.

A mosaic is light itself, so it gets the curve that meters expect. It gets no white balance: so what is seen to clip is
what the sensor clips, and the same light gives the same picture every time. Green then leads, as it does in luminance.
Nor is a black level taken off, as no driver tells it.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from autoexposure.frame import Pixels
from drivers.common.pictures.colours import code_table
from drivers.common.pictures.layout import Bytes, Layout, cut

Numbers = NDArray[np.integer]
Read = Callable[[Bytes, Layout], Numbers]
Decode = Callable[[Bytes, Layout], Pixels]

MOSAICS = {
    "BGGR": cv2.COLOR_BayerBGGR2RGB,
    "GBRG": cv2.COLOR_BayerGBRG2RGB,
    "GRBG": cv2.COLOR_BayerGRBG2RGB,
    "RGGB": cv2.COLOR_BayerRGGB2RGB,
}
"""By the colours of the first four pixels, two in each of two lines."""


def grey(bits: int, read: Read) -> Decode:
    """Grey of so many bits."""

    def decode(data: Bytes, layout: Layout) -> Pixels:
        linear = bool(layout.colours.linear)
        return np.asarray(cv2.cvtColor(_codes(read(data, layout), bits, linear, layout), cv2.COLOR_GRAY2RGB), np.uint8)

    return decode


def mosaic(first: str, bits: int, read: Read) -> Decode:
    """A mosaic of so many bits, whose ``first`` four pixels have these colours."""
    code = MOSAICS[first]

    def decode(data: Bytes, layout: Layout) -> Pixels:
        linear = layout.colours.linear is not False
        return np.asarray(cv2.demosaicing(_codes(read(data, layout), bits, linear, layout), code), np.uint8)

    return decode


def in_words(dtype: str) -> Read:
    """One number in each word of this numpy ``dtype``."""
    word_bytes = np.dtype(dtype).itemsize

    def read(data: Bytes, layout: Layout) -> Numbers:
        rows = cut(data, layout.height_px, layout.width_px * word_bytes, layout.line_bytes)
        return np.ascontiguousarray(rows).view(dtype)

    return read


def mipi(bits: int) -> Read:
    """MIPI's packing: the highest 8 bits of some pixels, a byte each, then their lower bits together."""
    pixels, low_bytes = {10: (4, 1), 12: (2, 1), 14: (4, 3)}[bits]
    low = bits - 8

    def read(data: Bytes, layout: Layout) -> Numbers:
        groups = _groups(data, layout, pixels, pixels + low_bytes, bits)
        rest = sum(groups[..., pixels + at].astype(np.uint32) << (8 * at) for at in range(low_bytes))
        numbers = np.empty((*groups.shape[:2], pixels), np.uint16)
        for at in range(pixels):
            numbers[..., at] = (groups[..., at].astype(np.uint16) << low) | ((rest >> low * at) & ((1 << low) - 1))
        return numbers.reshape(layout.height_px, -1)[:, : layout.width_px]

    return read


def bit_by_bit(data: Bytes, layout: Layout) -> Numbers:
    """10 bits after 10 bits, the highest first, without a gap (Y10B)."""
    groups = _groups(data, layout, 4, 5, 10)
    together = sum(groups[..., at].astype(np.uint64) << np.uint64(8 * (4 - at)) for at in range(5))
    numbers = np.stack([(together >> np.uint64(10 * (3 - at))) & np.uint64(1023) for at in range(4)], axis=-1)
    return numbers.astype(np.uint16).reshape(layout.height_px, -1)[:, : layout.width_px]


def _groups(data: Bytes, layout: Layout, pixels: int, group_bytes: int, bits: int) -> Bytes:
    """(rows, groups, group_bytes): whole groups, the last one filled up where a line ends inside it."""
    count = -(-layout.width_px // pixels)
    row_bytes = -(-layout.width_px * bits // 8)
    rows = cut(data, layout.height_px, row_bytes, layout.line_bytes)
    filled = np.zeros((layout.height_px, count * group_bytes), np.uint8)
    filled[:, :row_bytes] = rows
    return filled.reshape(layout.height_px, count, group_bytes)


def _codes(numbers: Numbers, bits: int, linear: bool, layout: Layout) -> Pixels:
    full_range = layout.colours.full_range is not False
    if bits == 8 and not linear and full_range:
        return np.asarray(numbers, np.uint8)
    return np.take(code_table(bits, linear, full_range), numbers)
