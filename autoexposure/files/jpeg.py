"""JPEG becomes pixels, and the decoder's complaints come to us, not to the terminal.

libjpeg mends what it can and only warns, so a warning decides here whether a picture counts. Of a picture that lacks
parts the rest would be metered as grey; surplus bytes, as many webcams leave them, change no pixel.
"""

from __future__ import annotations

import io
import re

import cv2
import numpy as np
import simplejpeg

from autoexposure.errors import PictureDamaged, PictureError
from autoexposure.files.picture_header import Header
from autoexposure.frame import Pixels

REDUCTIONS = (1, 2, 4, 8)
"""By how much JPEG can be decoded smaller: what is too fine to show is left out, which is averaging, and saves time."""

_END = b"\xff\xd9"
_MARKER = re.compile(rb"\xff+([^\x00\xff])")
_NEEDED = frozenset({0xC4, 0xDB, 0xDD, 0xEE, *range(0xC0, 0xD0)})
"""Tables, the frame, and Adobe's word on the colours."""

_RESTART = re.compile(rb"\xff[\xd0-\xd7]")

# libjpeg's warnings (jerror.h), of which only the first of a picture is told.
_SURPLUS = re.compile(r"extraneous bytes before marker 0xd\d")
_HEAD = re.compile(r"extraneous bytes before marker|JFIF|Invalid SOS|ICC")
_MISSING = re.compile(r"[Pp]remature end|instead of RST")


def decode_pixels(data: bytes, header: Header, reduction: int = 1) -> Pixels:
    """(H, W, 3) uint8 RGB of a JPEG with this ``header``, ``reduction`` (1, 2, 4, 8) times smaller, not turned.

    Motion JPEG without its Huffman tables gets the standard ones, in the decoder.

    Raises
    ------
    PictureDamaged
        If parts of it are missing or wrong.
    PictureError
        If it is JPEG of a kind that is not read, or not of the size its header says.
    """
    data = data.rstrip(b"\0")  # what fills a buffer up would be decoded as picture
    if not data.endswith(_END):
        data += _END  # some cameras leave it out; where more is missing the decoder says so
    try:
        return _decode(data, header, reduction)
    except _Warned as warning:
        if not _HEAD.search(warning.words):
            raise warning.as_damage() from warning
    try:  # a harmless oddity in front must not hide what is missing behind
        return _decode(_plain_head(data), header, reduction)
    except _Warned as warning:
        raise warning.as_damage() from warning


def turn_upright(pixels: Pixels, orientation: int) -> Pixels:
    """A picture as its EXIF ``orientation`` (1 to 8) says it is to be shown."""
    if orientation in (5, 6, 7, 8):
        pixels = np.asarray(cv2.transpose(pixels), np.uint8)
    if orientation in (2, 3, 6, 7):
        pixels = np.asarray(cv2.flip(pixels, 1), np.uint8)
    if orientation in (3, 4, 7, 8):
        pixels = np.asarray(cv2.flip(pixels, 0), np.uint8)
    return pixels


class _Warned(ValueError):
    """The decoder was not content; ``words`` are its own."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words

    def as_damage(self) -> PictureError:
        if self.words.startswith("Unsupported"):
            return PictureError(f"a picture must be JPEG of 8 bits with losses, and the decoder says: {self.words}")
        if _MISSING.search(self.words):
            return PictureDamaged("a picture is damaged: parts of it are missing")
        return PictureDamaged("a picture is damaged and can't be decoded")


def _decode(data: bytes, header: Header, reduction: int) -> Pixels:
    sides = high, wide = -(-header.height_px // reduction), -(-header.width_px // reduction)
    try:
        found = simplejpeg.decode_jpeg_header(data, min_height=high, min_width=wide)
    except ValueError as error:
        if "subsampling" in str(error):
            return _decode_as_still(data, header, (wide, high))
        raise _Warned(str(error)) from error
    if found[:2] != sides:
        raise _another_size(header)
    pixels = np.empty((high, wide, 3), np.uint8)
    try:
        simplejpeg.decode_jpeg(data, min_height=high, min_width=wide, buffer=pixels)
    except ValueError as error:  # raised when all that could be decoded is in place
        surplus_only = _SURPLUS.search(str(error)) and len(_RESTART.findall(data)) >= header.restarts
        if not surplus_only:
            raise _Warned(str(error)) from error
    return pixels


def _another_size(header: Header) -> PictureError:
    return PictureError(f"a picture must have the size it says, {header.width_px}x{header.height_px}")


def _decode_as_still(data: bytes, header: Header, size_px: tuple[int, int]) -> Pixels:
    """As `_decode`, by Pillow: it takes colours sampled in ways that simplejpeg refuses, and misses what is missing."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=["JPEG"]) as image:
            if image.size == (header.width_px, header.height_px):
                image.draft("RGB", size_px)
                pixels = np.array(image.convert("RGB"))
                if pixels.shape == (*size_px[::-1], 3):
                    return pixels
    except (OSError, SyntaxError, ValueError) as error:
        raise PictureDamaged("a picture is damaged and can't be decoded") from error
    raise _another_size(header)


def _plain_head(data: bytes) -> bytes:
    """The same picture with nothing before its first scan but what decoding needs, in the usual form."""
    head = bytearray(data[:2])
    at = 2
    in_one_scan = False
    while (found := _MARKER.search(data, at)) is not None:
        marker, at = found[1][0], found.end()
        segment = data[at : at + int.from_bytes(data[at : at + 2])]
        at += max(len(segment), 2)
        in_one_scan |= marker in (0xC0, 0xC1)
        if marker == 0xDA:
            if in_one_scan:  # all coefficients at once, whatever the camera wrote there
                segment = segment[:-3] + b"\x00\x3f\x00"
            return bytes(head) + b"\xff\xda" + segment + data[at:]
        if marker in _NEEDED:
            head += bytes((0xFF, marker)) + segment
    return data
