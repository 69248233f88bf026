"""JPEG pictures that come from outside: looked at before they are decoded."""

from __future__ import annotations

import cv2
import numpy as np

from autoexposure.frame import Pixels, check_pixels

SMALLEST_SIDE_PX = 8
LARGEST_PX = 24_000_000
"""Pixels. A picture that claims more is not decoded: a small file can stand for gigabytes of them."""


class JpegError(ValueError):
    """No picture, or none that is taken; the message is a sentence about it."""


def decode_jpeg(data: bytes) -> Pixels:
    """(H, W, 3) uint8 RGB. Raises JpegError; looks at the size before it believes it."""
    size = jpeg_size(data)
    if size is None:
        raise JpegError("a picture must be a JPEG")
    if min(size) < SMALLEST_SIDE_PX or size[0] * size[1] > LARGEST_PX:
        raise JpegError(
            f"a picture must have {SMALLEST_SIDE_PX} pixels a side or more and {LARGEST_PX} in all or fewer, "
            f"given {size[0]}x{size[1]}"
        )
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    except cv2.error as error:
        raise JpegError("a picture could not be decoded") from error
    if pixels is None:
        raise JpegError("a picture could not be decoded")
    return check_pixels(pixels)


def jpeg_size(data: bytes) -> tuple[int, int] | None:
    """(width, height) from the frame header, without decoding; None if there is none."""
    if data[:2] != b"\xff\xd8":
        return None
    at = 2
    while at + 9 <= len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big")
        elif marker == 0xDA:  # picture data begin, and no frame header came before
            return None
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None
