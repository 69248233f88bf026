"""Where a raw picture's lines and planes lie in the bytes that a device sends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from autoexposure.errors import PictureDamaged
from drivers.common.pictures.colours import UNSAID, Colours

Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Layout:
    """How a picture lies in its buffer.

    Attributes
    ----------
    width_px, height_px : size of the picture.
    line_bytes : distance of two lines, in the first plane where there are several; less than a line means no padding.
    colours : what the numbers mean.
    """

    width_px: int
    height_px: int
    line_bytes: int = 0
    colours: Colours = UNSAID


def cut(data: Bytes, rows: int, row_bytes: int, line_bytes: int, start: int = 0) -> Bytes:
    """(rows, row_bytes) view of one plane that begins at byte ``start``; the last line needs no padding.

    What lies behind it is left alone: drivers align the size of their buffers. Raises PictureDamaged if bytes are
    missing.
    """
    line_bytes = max(line_bytes, row_bytes)
    needed = start + line_bytes * (rows - 1) + row_bytes
    if len(data) < needed:
        raise PictureDamaged(f"a picture is damaged: it has {len(data)} of {needed} bytes")
    return as_strided(data[start:], (rows, row_bytes), (line_bytes, 1), writeable=False)
