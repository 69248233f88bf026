"""YUV pictures: packed, in planes, or half in planes; 8 bits of each sample are used, the highest.

Where colours are sampled more coarsely than brightness, a last column or line of odd size is left out.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from autoexposure.frame import Pixels
from drivers.common.pictures.colours import rgb_from_yuv
from drivers.common.pictures.layout import Bytes, Layout, cut

Decode = Callable[[Bytes, Layout], Pixels]
Planes = tuple[Bytes, Bytes, Bytes]


def packed(order: str, sample_bytes: int = 1, code: int | None = None) -> Decode:
    """YUV sample by sample, as ``order`` says of one group of them: ``YUYV``, ``VUYA``.

    ``code`` is OpenCV's for this order, where it has one; samples of two bytes are little endian, their highest bits
    used.
    """
    pixels = order.count("Y")
    group_bytes = len(order) * sample_bytes
    y, u, v = ([at * sample_bytes + sample_bytes - 1 for at, name in enumerate(order) if name == key] for key in "YUV")

    def decode(data: Bytes, layout: Layout) -> Pixels:
        groups = layout.width_px // pixels
        rows = cut(data, layout.height_px, groups * group_bytes, layout.line_bytes)
        if code is not None and layout.colours.usual:
            return _rgb(cv2.cvtColor(rows.reshape(layout.height_px, -1, 2), code))
        grouped = rows.reshape(layout.height_px, groups, group_bytes)
        return _from_planes(_samples(grouped, y), _samples(grouped, u), _samples(grouped, v), layout)

    return decode


def planar(order: str, across: int, down: int) -> Decode:
    """Three planes, the colours in ``order`` (``UV`` or ``VU``), sampled every so many pixels ``across`` and ``down``.

    Colours' lines are padded by the same share as those of brightness, as V4L2 says.
    """

    def decode(data: Bytes, layout: Layout) -> Pixels:
        wide, high = layout.width_px, layout.height_px
        few, lines = -(-wide // across), -(-high // down)
        luma_line = max(layout.line_bytes, wide)
        line = max(luma_line // across, few)
        y = cut(data, high, wide, luma_line)
        first = cut(data, lines, few, line, luma_line * high)
        second = cut(data, lines, few, line, luma_line * high + line * lines)
        u, v = (first, second) if order == "UV" else (second, first)
        return _from_planes(*_even((y, u, v), across, down), layout)

    def decode_fast(data: Bytes, layout: Layout) -> Pixels:
        wide, high = layout.width_px, layout.height_px
        if not layout.colours.usual or wide % 2 or high % 2 or layout.line_bytes > wide:
            return decode(data, layout)
        code = cv2.COLOR_YUV2RGB_I420 if order == "UV" else cv2.COLOR_YUV2RGB_YV12
        return _rgb(cv2.cvtColor(cut(data, high * 3 // 2, wide, wide), code))

    return decode_fast if (across, down) == (2, 2) else decode


def semi_planar(order: str, across: int, down: int, sample_bytes: int = 1) -> Decode:
    """Brightness in one plane, both colours by turns in a second one, in ``order``, sampled as in `planar`."""

    def decode(data: Bytes, layout: Layout) -> Pixels:
        wide, high = layout.width_px, layout.height_px
        few, lines = -(-wide // across), -(-high // down)
        luma_line = max(layout.line_bytes, wide * sample_bytes)
        y = cut(data, high, wide * sample_bytes, luma_line)[:, sample_bytes - 1 :: sample_bytes]
        line = luma_line * 2 // across
        both = cut(data, lines, 2 * few * sample_bytes, line, luma_line * high)[:, sample_bytes - 1 :: sample_bytes]
        return _from_two_planes(y, both, order, across, down, layout)

    return decode


def lines_by_turns(data: Bytes, layout: Layout) -> Pixels:
    """M420: two lines of brightness, one of colours by turns, and so on."""
    wide, high = layout.width_px, layout.height_px - layout.height_px % 2
    rows = cut(data, high * 3 // 2, 2 * -(-wide // 2), layout.line_bytes)
    y = np.delete(rows, np.s_[2::3], axis=0)[:, :wide]
    return _from_two_planes(y, rows[2::3], "UV", 2, 2, layout)


def _from_two_planes(y: Bytes, both: Bytes, order: str, across: int, down: int, layout: Layout) -> Pixels:
    even = not (y.shape[0] % 2 or y.shape[1] % 2)
    if (across, down) == (2, 2) and even and layout.colours.usual:
        code = cv2.COLOR_YUV2RGB_NV12 if order == "UV" else cv2.COLOR_YUV2RGB_NV21
        return _rgb(cv2.cvtColorTwoPlane(np.ascontiguousarray(y), _pairs(both), code))
    first, second = both[:, 0::2], both[:, 1::2]
    u, v = (first, second) if order == "UV" else (second, first)
    return _from_planes(*_even((y, u, v), across, down), layout)


def _pairs(both: Bytes) -> Bytes:
    return np.ascontiguousarray(both).reshape(both.shape[0], -1, 2)


def _even(planes: Planes, across: int, down: int) -> Planes:
    y, u, v = planes
    high, wide = y.shape[0] // down, y.shape[1] // across
    return y[: high * down, : wide * across], u[:high, :wide], v[:high, :wide]


def _samples(grouped: Bytes, places: list[int]) -> Bytes:
    """(rows, samples) of one kind out of (rows, groups, bytes)."""
    samples = np.empty((*grouped.shape[:2], len(places)), np.uint8)
    for at, place in enumerate(places):
        samples[..., at] = grouped[..., place]
    return samples.reshape(grouped.shape[0], -1)


def _from_planes(y: Bytes, u: Bytes, v: Bytes, layout: Layout) -> Pixels:
    high, wide = y.shape
    colours = (
        plane if plane.shape == y.shape else cv2.resize(plane, (wide, high), interpolation=cv2.INTER_NEAREST)
        for plane in (np.ascontiguousarray(u), np.ascontiguousarray(v))
    )
    return _rgb(cv2.transform(cv2.merge((np.ascontiguousarray(y), *colours)), rgb_from_yuv(layout.colours)))


def _rgb(pixels: object) -> Pixels:
    return np.asarray(pixels, np.uint8)
