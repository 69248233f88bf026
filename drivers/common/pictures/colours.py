"""What a picture's numbers mean: which range they fill, which matrix made YUV of them, and whether they are light."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from autoexposure.frame import Pixels
from autoexposure.response import srgb

BT601 = (0.299, 0.114)
BT709 = (0.2126, 0.0722)
BT2020 = (0.2627, 0.0593)
SMPTE240M = (0.212, 0.087)
"""Shares of red and blue in luma, of the standards by these names."""


@dataclass(frozen=True, slots=True)
class Colours:
    """What a driver says of its pictures.

    Attributes
    ----------
    luma : shares of red and blue in luma.
    full_range : code values use all of 0 to 255, or leave room at both ends (16 to 235). None where the driver doesn't
        say: then YUV leaves room, and the rest doesn't.
    linear : the numbers are proportional to light, or follow a curve like sRGB's. None where the driver doesn't say:
        then a mosaic from the sensor is linear, and the rest isn't.
    hues : how many there are around the circle, in pictures of hue, saturation and value: 180 or 256. Where the driver
        doesn't say: 256, as the kernel's own test pictures have them then.
    """

    luma: tuple[float, float] = BT601
    full_range: bool | None = None
    linear: bool | None = None
    hues: int = 256

    @property
    def usual(self) -> bool:
        """Whether YUV of these colours is what OpenCV converts by itself: BT.601 that leaves room at both ends."""
        return self.luma == BT601 and not self.full_range


UNSAID = Colours()
"""Of a driver that says nothing."""


@cache
def rgb_from_yuv(colours: Colours) -> NDArray[np.float32]:
    """(3, 4) matrix that makes RGB of (Y, U, V, 1), all 0 to 255."""
    red, blue = colours.luma
    green = 1 - red - blue
    luma, chroma, black = (1.0, 1.0, 0.0) if colours.full_range else (255 / 219, 255 / 224, 16.0)
    to_red, to_blue = 2 * (1 - red) * chroma, 2 * (1 - blue) * chroma
    matrix = np.array(
        [[luma, 0, to_red], [luma, -to_blue * blue / green, -to_red * red / green], [luma, to_blue, 0]], np.float32
    )
    return np.column_stack((matrix, -matrix @ np.array((black, 128, 128), np.float32)))


@cache
def code_table(bits: int, linear: bool, full_range: bool) -> Pixels:
    """(65536,) or, of 8 bits and fewer, (256,) uint8: the code value of each number of ``bits`` bits.

    Numbers beyond ``bits`` bits count as the highest. Linear light gets the curve that meters expect, sRGB's.
    """
    highest = (1 << bits) - 1
    share = np.arange(256 if bits <= 8 else 65536) / highest
    if not full_range:
        share = (share * 255 - 16) / 219
    share = np.clip(share, 0, 1)
    return np.rint(srgb().encode(share.astype(np.float32)) if linear else share * 255).astype(np.uint8)
