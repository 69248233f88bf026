"""What cameras deliver becomes RGB here, and which of the offered picture modes to ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from autoexposure.abilities.moded import PictureMode
from autoexposure.errors import ConfigError, PictureError
from autoexposure.files.decoding import decode_jpeg
from autoexposure.frame import Pixels

Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class WantedMode:
    """What to ask for; the nearest mode the camera offers is used.

    Attributes
    ----------
    width_px, height_px : size of the picture.
    rate_fps : frames per second.
    fourcc : insist on this pixel format; empty leaves the choice to ``choose_mode``.
    """

    width_px: int = 640
    height_px: int = 480
    rate_fps: float = 30.0
    fourcc: str = ""

    def __post_init__(self) -> None:
        if self.width_px <= 0 or self.height_px <= 0 or not 0 < self.rate_fps <= 1000:
            raise ConfigError(
                f"a picture needs a size and a rate above zero, given {self.width_px}x{self.height_px} "
                f"at {self.rate_fps:g} frames/s"
            )
        if self.fourcc and self.fourcc not in DECODERS:
            raise ConfigError(f"the pixel format must be one of {', '.join(DECODERS)}, given {self.fourcc!r}")


SMALL_PX = 640 * 480
"""Up to this size raw pictures fit through USB 2 at 30 frames/s (18 MB/s of about 40) and spare the decoding."""

_SMALL_FIRST = ("YUYV", "NV12", "MJPG", "GREY")
_LARGE_FIRST = ("MJPG", "NV12", "YUYV", "GREY")


def choose_mode(offered: Iterable[PictureMode], wanted: WantedMode) -> PictureMode | None:
    """The offered mode nearest to ``wanted``: size before frame rate before pixel format; None if none can be decoded.

    Raw formats win up to SMALL_PX, MJPEG above; grey, which has no colour, comes last.
    """
    wanted_px = wanted.width_px * wanted.height_px
    order = _SMALL_FIRST if wanted_px <= SMALL_PX else _LARGE_FIRST

    def distance(mode: PictureMode) -> tuple[float, float, int]:
        size = abs(mode.width_px - wanted.width_px) + abs(mode.height_px - wanted.height_px)
        missing_fps = max(0.0, wanted.rate_fps - max(mode.rates_fps)) if mode.rates_fps else 0.0
        return size, round(missing_fps, 1), order.index(mode.fourcc)

    usable = [mode for mode in offered if mode.fourcc in DECODERS and wanted.fourcc in ("", mode.fourcc)]
    return min(usable, key=distance, default=None)


def choose_rate(mode: PictureMode, wanted_fps: float) -> float:
    """The lowest offered rate that reaches ``wanted_fps``, else the highest there is."""
    if not mode.rates_fps:
        return wanted_fps
    enough = [rate for rate in mode.rates_fps if rate >= wanted_fps - 0.1]
    return min(enough) if enough else max(mode.rates_fps)


def _rows(data: Bytes, rows: int, row_bytes: int, bytes_per_line: int) -> Bytes:
    """The (rows, row_bytes) picture inside ``data``, whose lines may be padded to ``bytes_per_line``."""
    line = max(bytes_per_line, row_bytes)
    return data[: rows * line].reshape(rows, line)[:, :row_bytes]


def _from_yuyv(data: Bytes, width_px: int, height_px: int, bytes_per_line: int) -> Pixels:
    rows = _rows(data, height_px, width_px * 2, bytes_per_line)
    yuyv = np.ascontiguousarray(rows).reshape(height_px, width_px, 2)
    return np.asarray(cv2.cvtColor(yuyv, cv2.COLOR_YUV2RGB_YUY2), np.uint8)


def _from_nv12(data: Bytes, width_px: int, height_px: int, bytes_per_line: int) -> Pixels:
    rows = _rows(data, height_px * 3 // 2, width_px, bytes_per_line)
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(rows), cv2.COLOR_YUV2RGB_NV12), np.uint8)


def _from_grey(data: Bytes, width_px: int, height_px: int, bytes_per_line: int) -> Pixels:
    rows = _rows(data, height_px, width_px, bytes_per_line)
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(rows), cv2.COLOR_GRAY2RGB), np.uint8)


def _from_mjpeg(data: Bytes, width_px: int, height_px: int, bytes_per_line: int, least_px: int = 0) -> Pixels:
    return decode_jpeg(data.tobytes(), least_px)


DECODERS: dict[str, Callable[[Bytes, int, int, int], Pixels]] = {
    "YUYV": _from_yuyv,
    "MJPG": _from_mjpeg,
    "NV12": _from_nv12,
    "GREY": _from_grey,
}
"""Pixel formats that can be decoded, by their four letters."""


def to_rgb(data: Bytes, mode: PictureMode, bytes_per_line: int = 0, least_px: int = 0) -> Pixels | None:
    """Decode one picture to (height, width, 3) uint8 RGB; None if it is damaged, as after a lost USB packet.

    ``data`` is (bytes,) uint8 as the camera sent it and is not kept: the result is a copy. ``bytes_per_line`` is the
    distance of two lines; 0 or too small a number means no padding; JPEG is decoded smaller where that saves time, no
    side below ``least_px``, 0 = at full size. YUYV and NV12 are read as BT.601 in limited range, which is what UVC's
    default colour matching says.
    """
    try:
        if mode.fourcc == "MJPG":
            return _from_mjpeg(data, mode.width_px, mode.height_px, bytes_per_line, least_px)
        return DECODERS[mode.fourcc](data, mode.width_px, mode.height_px, bytes_per_line)
    except (ValueError, cv2.error, PictureError):
        return None
