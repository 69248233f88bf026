"""What an OpenEXR file will allocate, read from its header, which the library itself trusts."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from autoexposure.errors import PictureError
from autoexposure.files.decoding import LARGEST_PX, check_size

_MAGIC = b"\x76\x2f\x31\x01"
_SINGLE_TILED, _DEEP, _MULTIPART = 0x200, 0x800, 0x1000

MOST_PARTS = 16
MOST_ATTRIBUTES = 1000
"""Attributes of one part. Renderers write some dozens."""

MOST_CHUNKS = 1 << 20
"""Tiles or rows of one part: the library makes a table of them before it reads one."""

_COPIES = 2
"""How many copies of a picture the library and we hold while it is read."""


@dataclass(slots=True)
class _Part:
    attributes: dict[str, bytes] = field(default_factory=dict)

    def numbers(self, name: str, form: str) -> tuple[int, ...]:
        return struct.unpack_from(form, self.attributes[name])


def check_exr(data: bytes) -> None:
    """Raise PictureError unless all parts of an OpenEXR file together fit `autoexposure.files.decoding`'s limits."""
    try:
        if data[:4] != _MAGIC:
            raise PictureError("a picture must be an OpenEXR file, given another kind")
        (version,) = struct.unpack_from("<I", data, 4)
        if version & _DEEP:
            raise PictureError("a picture must be flat, and this one holds samples in depth")
        parts = _parts(data, several=bool(version & _MULTIPART))
        area_px, all_bytes = 0, 0
        for part in parts:
            left, top, right, bottom = part.numbers("dataWindow", "<iiii")
            width_px, height_px = right - left + 1, bottom - top + 1
            if width_px < 1 or height_px < 1:
                raise PictureError(f"a picture must have pixels, given {width_px}x{height_px}")
            check_size(width_px, height_px, _COPIES * _bytes_a_pixel(part))
            area_px += width_px * height_px
            all_bytes += width_px * height_px * _bytes_a_pixel(part)
            _check_chunks(part, width_px, height_px)
        check_size(area_px, 1, -(-_COPIES * all_bytes // area_px))
    except (struct.error, KeyError, UnicodeDecodeError) as error:
        raise PictureError("a picture ends inside its header, or the header lacks its size or channels") from error


def _parts(data: bytes, *, several: bool) -> list[_Part]:
    parts: list[_Part] = []
    at = 8
    while True:
        part = _Part()
        while (name := _name(data, at)) and len(part.attributes) < MOST_ATTRIBUTES:
            at += len(name) + 1
            at += len(_name(data, at)) + 1
            (size,) = struct.unpack_from("<i", data, at)
            if not 0 <= size <= len(data) - at - 4:
                raise PictureError("a picture ends inside its header")
            if name in part.attributes:
                raise PictureError("a picture must say everything once in its header")
            part.attributes[name] = data[at + 4 : at + 4 + size]
            at += 4 + size
        at += 1
        if name or len(parts) > MOST_PARTS:
            raise PictureError("a picture must have a short header, and this one is endless")
        if part.attributes:
            parts.append(part)
        if not several or not part.attributes:
            break
    if not parts:
        raise PictureError("a picture must have a header, and this one is empty")
    return parts


def _name(data: bytes, at: int) -> str:
    """The text at ``at`` up to its zero."""
    end = data.find(b"\0", at, at + 256)
    if end < 0:
        raise PictureError("a picture has a damaged header")
    return data[at:end].decode("latin-1")


def _bytes_a_pixel(part: _Part) -> int:
    """Of all channels together: 2 for halves, 4 for floats and whole numbers."""
    listed, total, at = part.attributes["channels"], 0, 0
    while name := _name(listed, at):
        at += len(name) + 1
        (kind,) = struct.unpack_from("<i", listed, at)
        total += 2 if kind == 1 else 4
        at += 16
    if not total:
        raise PictureError("a picture must have channels, and this one has none")
    return total


def _check_chunks(part: _Part, width_px: int, height_px: int) -> None:
    chunks = height_px
    if "tiles" in part.attributes:
        wide, high = part.numbers("tiles", "<II")
        if not wide or not high or wide * high > LARGEST_PX:
            raise PictureError(f"a picture must have smaller tiles, given {wide}x{high}")
        chunks = 2 * -(-width_px // wide) * -(-height_px // high) + 64  # smaller copies of it included
    if "chunkCount" in part.attributes:
        chunks = max(chunks, *part.numbers("chunkCount", "<I"))
    if chunks > MOST_CHUNKS:
        raise PictureError(f"a picture must have {MOST_CHUNKS} tiles or rows at most, given {chunks}")
