"""False colour: every brightness in the colour of its distance from middle grey, in EV. Arrays only, no Qt.

The colours follow what camera monitors have made a habit: green is middle grey, pink one stop above it, where light
skin lies, yellow is close to white, blue is deep shadow; red and violet hold no detail.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from autoexposure.frame import Pixels
from autoexposure.metering.classical import MeteringConfig
from autoexposure.metering.clipping import HIGHLIGHT_CODE, SHADOW_CODE
from autoexposure.response import srgb

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Band:
    """One colour of the picture and of its legend.

    Attributes
    ----------
    ev : the middle of the band, in EV from middle grey; None for what is clipped, black or white.
    colour : RGB.
    first_code : the lowest code value it is given to.
    """

    ev: int | None
    colour: Colour
    first_code: int


BLACK: Colour = (92, 26, 132)
WHITE: Colour = (236, 52, 44)
COLOURS: dict[int, Colour] = {
    -6: (34, 28, 84),
    -5: (38, 40, 132),
    -4: (36, 66, 180),
    -3: (40, 108, 206),
    -2: (52, 152, 204),
    -1: (110, 134, 142),
    0: (74, 178, 92),
    1: (234, 160, 178),
    2: (244, 214, 82),
}


def _bands() -> tuple[Band, ...]:
    """A band for every whole EV that 8 bits can tell, with what is clipped at either end."""
    grey = MeteringConfig().target
    with np.errstate(divide="ignore"):
        ev = np.log2(srgb().relative / np.float32(grey))
    nearest = np.clip(np.rint(ev), min(COLOURS), max(COLOURS))
    codes = range(SHADOW_CODE + 1, HIGHLIGHT_CODE)
    firsts = {whole: next((code for code in codes if nearest[code] == whole), None) for whole in COLOURS}
    steps = [Band(whole, COLOURS[whole], first) for whole, first in firsts.items() if first is not None]
    return (Band(None, BLACK, 0), *steps, Band(None, WHITE, HIGHLIGHT_CODE))


BANDS = _bands()
"""From black to white; middle grey is what the meters aim at, sRGB is taken as the response."""


def _table() -> NDArray[np.uint8]:
    table = np.zeros((256, 1, 3), np.uint8)
    for band in BANDS:
        table[band.first_code :] = band.colour
    return table


_TABLE = _table()


def false_colour(picture: Pixels) -> Pixels:
    """(H, W, 3) uint8 RGB in the colours of ``BANDS``, by brightness (the grey of the code values)."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.applyColorMap(grey, _TABLE), np.uint8)
