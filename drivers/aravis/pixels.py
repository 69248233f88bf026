"""GenICam's pixel formats, by the numbers of its Pixel Format Naming Convention, become RGB here."""

from __future__ import annotations

import cv2
import numpy as np

from autoexposure.frame import Pixels

_CODES: dict[int, tuple[str, int, int | None]] = {
    0x02180014: ("RGB8", 3, None),
    0x02180015: ("BGR8", 3, cv2.COLOR_BGR2RGB),
    0x01080009: ("BayerRG8", 1, cv2.COLOR_BayerRGGB2RGB),
    0x01080008: ("BayerGR8", 1, cv2.COLOR_BayerGRBG2RGB),
    0x0108000A: ("BayerGB8", 1, cv2.COLOR_BayerGBRG2RGB),
    0x0108000B: ("BayerBG8", 1, cv2.COLOR_BayerBGGR2RGB),
    0x02100032: ("YUV422_8", 2, cv2.COLOR_YUV2RGB_YUY2),
    0x0210001F: ("YUV422_8_UYVY", 2, cv2.COLOR_YUV2RGB_UYVY),
    0x01080001: ("Mono8", 1, cv2.COLOR_GRAY2RGB),
}

READABLE = tuple(name for name, _, _ in _CODES.values())
"""The formats that can be read, the best first: with colour and little work before grey."""


def genicam_to_rgb(data: bytes, pixel_format: int, width_px: int, height_px: int) -> Pixels | None:
    """Decode one picture to (height, width, 3) uint8 RGB; None if its format or its size is not as announced."""
    if pixel_format not in _CODES:
        return None
    _, bytes_per_pixel, conversion = _CODES[pixel_format]
    size = width_px * height_px * bytes_per_pixel
    if width_px < 2 or height_px < 2 or len(data) < size:
        return None
    shape = (height_px, width_px, bytes_per_pixel) if bytes_per_pixel > 1 else (height_px, width_px)
    picture = np.frombuffer(data, np.uint8, size).reshape(shape)
    return picture if conversion is None else np.asarray(cv2.cvtColor(picture, conversion), np.uint8)
