"""The one way in which encoded pictures become pixels, wherever they come from.

A picture's header is read first, and it is decoded only if it fits: a file of some kilobytes can hold gigabytes of
pixels. The decoded picture must then have the size that its header says.
"""

from __future__ import annotations

import re
from collections.abc import Collection

import cv2
import numpy as np
from numpy.typing import NDArray

from autoexposure.errors import PictureDamaged, PictureError
from autoexposure.files.jpeg import REDUCTIONS, decode_pixels, turn_upright
from autoexposure.files.picture_header import Header, HeaderError, Kind, UnknownKind, read_header
from autoexposure.frame import Pixels, check_pixels

cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # what is wrong with a picture is said once, by us

LARGEST_PX = 24_000_000
"""Pixels of one picture: what cameras for photographers deliver, and three times 4K video."""

LARGEST_BODY_BYTES = 64 << 20
"""Of one encoded picture, and of the file or message that carries it: near 3 bytes for each of the most pixels."""

MOST_DECODER_BYTES = 9 * LARGEST_PX
"""What decoding one picture may allocate. An 8-bit picture in one scan takes 6 bytes a pixel (measured: the decoder's
copy and ours), a progressive one 9, 16 bits 12, linear light 24."""

SMALLEST_SIDE_PX = 8
"""Of a live camera's picture; nothing smaller can be metered."""

SHRUNK = 2
"""How many times smaller a JPEG above the limit may be decoded: 96 million pixels still come in as 24 million."""

MOST_AHEAD_BYTES = 4096
"""Of what some webcams send before a JPEG: left-overs of a transfer or of the picture before, which are skipped."""

_BEGINNING = re.compile(rb"\xff\xd8(?=\xff+[^\xff\xd8])")
"""Where a JPEG begins; of several such marks in a row, the last."""

STILLS = frozenset(Kind) - {Kind.RADIANCE}
"""Every kind that holds code values of 8 or 16 bits."""


def decode(data: bytes, kinds: Collection[Kind] = STILLS, *, shrink: bool = False) -> Pixels:
    """(H, W, 3) uint8 RGB of an encoded picture of one of ``kinds``, turned upright where it says how.

    ``shrink`` : take JPEG pictures above the limit at half their size instead of refusing them. Raises PictureError.
    """
    header = picture_header(data, kinds)
    if header.kind is Kind.JPEG:
        large = shrink and not header.kept_bytes and header.area_px > LARGEST_PX
        return _decoded_jpeg(data, header, SHRUNK if large else 1)
    return check_pixels(_decoded(data, header, cv2.IMREAD_COLOR_RGB))


def decode_jpeg(data: bytes, least_px: int = 0) -> Pixels:
    """(H, W, 3) uint8 RGB of a JPEG as a live camera sends it, ``SMALLEST_SIDE_PX`` a side or more, of any size.

    Parameters
    ----------
    least_px : decode it smaller where that saves time, no side below this; 0 = at full size.

    Raises
    ------
    PictureDamaged
        If parts of it are missing or wrong.
    PictureError
        If it is no such picture.
    """
    if (begins := _BEGINNING.search(data, 0, MOST_AHEAD_BYTES)) is not None and begins.start():
        data = data[begins.start() :]
    header = picture_header(data, (Kind.JPEG,))
    shorter_px = min(header.width_px, header.height_px)
    if shorter_px < SMALLEST_SIDE_PX:
        raise PictureError(f"a picture must have {SMALLEST_SIDE_PX} pixels a side or more, given {_size(header)}")
    reduction = max((step for step in REDUCTIONS if 0 < least_px <= shorter_px // step), default=1)
    return _decoded_jpeg(data, header, reduction)


def decode_deep(data: bytes) -> NDArray[np.generic]:
    """(H, W, 3) RGB in the picture's own depth: uint8 or uint16 code values, or float32 linear light.

    Raises PictureError.
    """
    header = picture_header(data, frozenset(Kind))
    if header.kind is Kind.JPEG:
        return _decoded_jpeg(data, header)
    picture = _decoded(data, header, cv2.IMREAD_COLOR_RGB | cv2.IMREAD_ANYDEPTH, deep=True)
    if picture.dtype not in (np.uint8, np.uint16, np.float32):
        raise PictureError(f"a picture must have 8 or 16 bit pixels or linear floats, given {picture.dtype}")
    return picture


def picture_header(data: bytes, kinds: Collection[Kind]) -> Header:
    """The header of a picture of one of ``kinds`` that is not empty. Raises PictureError."""
    if len(data) > LARGEST_BODY_BYTES:
        raise PictureError(f"a picture must have {LARGEST_BODY_BYTES >> 20} MB or fewer, given {len(data) >> 20}")
    try:
        header = read_header(data)
    except UnknownKind as error:
        raise PictureError(f"a picture must be {_one_of(kinds)}") from error
    except HeaderError as error:
        raise PictureDamaged(f"a picture {error}") from error
    if header.kind not in kinds:
        raise PictureError(f"a picture must be {_one_of(kinds)}, given {header.kind}")
    if not header.area_px:
        raise PictureError(f"a picture must have pixels, given {_size(header)}")
    return header


def check_size(width_px: int, height_px: int, bytes_a_pixel: int) -> None:
    """Raise PictureError if a picture of this size, for which ``bytes_a_pixel`` are allocated, is too large."""
    if width_px * height_px > LARGEST_PX or width_px * height_px * bytes_a_pixel > MOST_DECODER_BYTES:
        most = min(LARGEST_PX, MOST_DECODER_BYTES // bytes_a_pixel)
        raise PictureError(
            f"a picture of this kind must have {most / 1e6:.3g} million pixels or fewer, given {width_px}x{height_px}"
        )


def _decoded_jpeg(data: bytes, header: Header, reduction: int = 1) -> Pixels:
    sides = -(-header.width_px // reduction), -(-header.height_px // reduction)
    check_size(*sides, max(6, 3 + header.kept_bytes * reduction**2))
    return check_pixels(turn_upright(decode_pixels(data, header, reduction), header.orientation))


def _decoded(data: bytes, header: Header, flags: int, *, deep: bool = False) -> NDArray[np.generic]:
    sides = header.width_px, header.height_px
    check_size(*sides, 6 * (header.sample_bytes if deep else 1))
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as error:
        raise PictureError("a picture is damaged and can't be decoded") from error
    if pixels is None:
        raise PictureError("a picture is damaged and can't be decoded")
    height_px, width_px = pixels.shape[:2]
    if (width_px, height_px) not in (sides, sides[::-1]):  # the other way round where it was turned upright
        raise PictureError(f"a picture must have the size it says, {_size(header)}, and has {width_px}x{height_px}")
    return np.asarray(pixels)


def _one_of(kinds: Collection[Kind]) -> str:
    return f"one of {', '.join(sorted(kinds))}" if len(kinds) > 1 else f"a {next(iter(kinds))}"


def _size(header: Header) -> str:
    return f"{header.width_px}x{header.height_px}"
