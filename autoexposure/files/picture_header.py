"""What a picture claims to be, read from its first bytes without decoding any of it.

Every reader here follows the decoder that comes after it, byte by byte: a header that says less than the decoder will
allocate is how a small file takes gigabytes. Where two places in a file may speak of the size, the larger counts.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The kinds of picture that are read; all others are refused, whatever a decoder may know."""

    JPEG = "JPEG"
    PNG = "PNG"
    BMP = "BMP"
    PNM = "PPM"
    TIFF = "TIFF"
    WEBP = "WebP"
    RADIANCE = "Radiance HDR"


class HeaderError(ValueError):
    """The header makes no sense, or is of something that is not read; the message completes "a picture ..."."""


class UnknownKind(HeaderError):
    """The picture is of no kind that is read."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a picture's header says about it.

    Attributes
    ----------
    kind : by its first bytes, whatever the file is called.
    width_px, height_px : as stored, before any turning.
    sample_bytes : of one channel of one pixel when it is decoded in its own depth: 1, 2, or 4 for linear light.
    kept_bytes : what the decoder holds of a pixel besides the picture itself: the coefficients of a JPEG in several
        scans.
    orientation : by which of EXIF's eight numbers a JPEG is turned; 1 is upright.
    restarts : restart marks that a whole JPEG has in its picture data; 0 where it has none, or several scans.
    """

    kind: Kind
    width_px: int
    height_px: int
    sample_bytes: int = 1
    kept_bytes: int = 0
    orientation: int = 1
    restarts: int = 0

    @property
    def area_px(self) -> int:
        """Pixels in all."""
        return self.width_px * self.height_px


def read_header(data: bytes) -> Header:
    """The header of a whole encoded picture. Raises HeaderError."""
    for signature, read in _READERS:
        if signature.match(data):
            try:
                return read(data)
            except (struct.error, IndexError) as error:
                raise HeaderError("ends inside its header") from error
    raise UnknownKind(f"must be one of {', '.join(Kind)}")


MOST_SEGMENTS = 100_000
"""Segments of a file. The largest PNG has some ten thousand; walking over millions of empty ones would take seconds."""

MOST_SCANS = 64
"""Scans of one JPEG. Encoders write one to a dozen; each costs the decoder a walk over the whole picture."""

MOST_PACKED_NOTES = 20
"""Packed notes of one PNG. The decoder unpacks each, up to megabytes, only to throw it away."""

_PACKED_NOTES = frozenset({b"zTXt", b"iTXt", b"iCCP"})

_MARKER = re.compile(rb"\xff+([^\xff])")
_WITHOUT_LENGTH = frozenset({0x00, 0x01, *range(0xD0, 0xD8)})
"""JPEG markers without a length: TEM and the restart marks; 0 means that the byte before it is no marker."""

_ORIENTATION = 0x0112

_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SEVERAL_SCANS = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
"""Progressive frames: the decoder keeps all coefficients, 2 bytes each, until the last scan."""


def _jpeg(data: bytes) -> Header:
    frame: tuple[int, int, int, int] | None = None
    unit_wide = unit_high = 8  # of a minimum coded unit, the blocks that picture data is a row of
    interval = 0
    orientation = 0
    at = 2
    for _ in range(MOST_SEGMENTS):
        found = _MARKER.search(data, at)  # what lies between two segments is skipped, as the decoder does
        if found is None:
            raise HeaderError("must be a JPEG with picture data in it")
        marker, at = found[1][0], found.end()
        if marker in (0xD8, 0xD9):
            raise HeaderError("must be one JPEG, and this one begins or ends inside its header")
        if marker in _WITHOUT_LENGTH:
            continue
        (length,) = struct.unpack_from(">H", data, at)
        if marker in _FRAMES:
            if frame is not None:
                raise HeaderError("must be one JPEG, and this one has two frame headers")
            height_px, width_px, channels = struct.unpack_from(">HHB", data, at + 3)
            frame = marker, width_px, height_px, channels
            sampling = data[at + 9 : at + length : 3]
            unit_wide = 8 * max((step >> 4 for step in sampling), default=1)
            unit_high = 8 * max((step & 15 for step in sampling), default=1)
        elif marker == 0xDD:
            (interval,) = struct.unpack_from(">H", data, at + 2)
        elif marker == 0xE1 and not orientation:
            orientation = _exif_orientation(data[at + 2 : at + length])
        elif marker == 0xDA:
            break
        at += max(length, 2)
    else:
        raise HeaderError(f"must begin within {MOST_SEGMENTS} segments")
    if frame is None:
        raise HeaderError("must be a JPEG, and this one has no frame header")
    marker, width_px, height_px, channels = frame
    if data.count(b"\xff\xda") > MOST_SCANS:
        raise HeaderError(f"must have {MOST_SCANS} scans or fewer")
    several = marker in _SEVERAL_SCANS or data[at + 2] < channels
    if channels == 1:
        unit_wide = unit_high = 8  # whatever the only channel says of its sampling
    units = -(-width_px // max(unit_wide, 8)) * -(-height_px // max(unit_high, 8))
    restarts = 0 if several or not interval else max(0, -(-units // interval) - 1)
    kept_bytes = 2 * channels if several else 0
    return Header(Kind.JPEG, width_px, height_px, 1, kept_bytes, orientation or 1, restarts)


def _exif_orientation(segment: bytes) -> int:
    """What EXIF says of how a picture is turned, 1 to 8; 0 if it says nothing."""
    tiff = segment[6:]
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if not segment.startswith(b"Exif\0\0") or order is None:
        return 0
    try:
        (at,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, at)
        for entry in range(at + 2, at + 2 + 12 * count, 12):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", tiff, entry)
            if tag == _ORIENTATION and kind == 3:
                return int(value) if 1 <= value <= 8 else 0
    except struct.error:  # cut short: then the picture is shown as it is stored
        pass
    return 0


def _png(data: bytes) -> Header:
    length, name, width_px, height_px, bits = struct.unpack_from(">I4sIIB", data, 8)
    if name != b"IHDR" or length != 13:
        raise HeaderError("must be a PNG that begins with its header")
    at, name, notes = 8, b"", 0
    for _ in range(MOST_SEGMENTS):
        length, name = struct.unpack_from(">I4s", data, at)
        if name == b"acTL":
            raise HeaderError("must stand still, and this PNG is animated")
        notes += name in _PACKED_NOTES
        if notes > MOST_PACKED_NOTES:
            raise HeaderError(f"must have {MOST_PACKED_NOTES} packed notes or fewer")
        at += 12 + length
        if at > len(data):  # the decoder would make room for all that a chunk promises
            raise HeaderError("ends inside one of its chunks")
        if name == b"IEND":
            break
    else:
        raise HeaderError(f"must have {MOST_SEGMENTS} segments or fewer")
    return Header(Kind.PNG, width_px, height_px, sample_bytes=2 if bits == 16 else 1)


def _bmp(data: bytes) -> Header:
    (size,) = struct.unpack_from("<I", data, 14)
    if size == 12:
        width_px, height_px = struct.unpack_from("<HH", data, 18)
    else:
        width_px, height_px = (abs(side) for side in struct.unpack_from("<ii", data, 18))
    return Header(Kind.BMP, width_px, height_px)


_GAP = rb"(?:\s|#[^\n\r]*[\n\r])*"
_PNM_SIZE = re.compile(rb"P[1-6]" + _GAP + rb"(\d+)\s" + _GAP + rb"(\d+)\s(?:" + _GAP + rb"(\d+))?")


def _pnm(data: bytes) -> Header:
    found = _PNM_SIZE.match(data[:4096])
    if not found:
        raise HeaderError("must be a PPM that begins with its size")
    width_px, height_px, most = (_whole(number or b"") for number in found.groups())
    return Header(Kind.PNM, width_px, height_px, sample_bytes=2 if most > 255 else 1)


def _webp(data: bytes) -> Header:
    width_px = height_px = 0
    at = 12
    for _ in range(MOST_SEGMENTS):
        if at + 8 > len(data):
            break
        name, length = struct.unpack_from("<4sI", data, at)
        sides = (0, 0)
        if name in (b"ANIM", b"ANMF") or (name == b"VP8X" and data[at + 8] & 0x02):
            raise HeaderError("must stand still, and this WebP is animated")
        if name == b"VP8X":
            wide, high = data[at + 12 : at + 15], data[at + 15 : at + 18]
            sides = int.from_bytes(wide, "little") + 1, int.from_bytes(high, "little") + 1
        elif name == b"VP8 ":
            wide, high = struct.unpack_from("<HH", data, at + 14)
            sides = wide & 0x3FFF, high & 0x3FFF
        elif name == b"VP8L":
            (bits,) = struct.unpack_from("<I", data, at + 9)
            sides = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        width_px, height_px = max(width_px, sides[0]), max(height_px, sides[1])
        at += 8 + length + length % 2
    return Header(Kind.WEBP, width_px, height_px)


_RADIANCE_SIZE = re.compile(rb"-Y\s*[+-]?(\d+)\s*\+X\s*[+-]?(\d+)")


def _radiance(data: bytes) -> Header:
    found = [(_whole(width), _whole(height)) for height, width in _RADIANCE_SIZE.findall(data)]
    if not found:
        raise HeaderError("must be a Radiance file that names its size")
    width_px, height_px = max(found, key=lambda sides: sides[0] * sides[1])
    return Header(Kind.RADIANCE, width_px, height_px, sample_bytes=4)


def _whole(digits: bytes) -> int:
    """Read a number in text; of an absurdly long one only the first digits, which are too large already."""
    return int(digits.lstrip(b"0")[:12] or b"0")


_TIFF_NUMBERS = {1: "B", 3: "H", 4: "I"}
_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _SAMPLES, _TILE_WIDTH, _TILE_HEIGHT = 256, 257, 258, 259, 277, 322, 323

LARGEST_TILE_PX = 1 << 20
"""A tile of a picture that is smaller than its tiles: the decoder allocates a whole one."""

TIFF_COMPRESSIONS = frozenset({1, 5, 8, 32773, 32946})
"""None, LZW, Deflate twice, PackBits. The rest bring decoders of their own, with headers of their own."""


def _tiff(data: bytes) -> Header:
    order = "<" if data[:2] == b"II" else ">"
    (at,) = struct.unpack_from(f"{order}I", data, 4)
    (count,) = struct.unpack_from(f"{order}H", data, at)
    most: dict[int, int] = {}
    compressions = set()
    for entry in range(at + 2, at + 2 + 12 * count, 12):
        tag, kind, length = struct.unpack_from(f"{order}HHI", data, entry)
        letter = _TIFF_NUMBERS.get(kind)
        if letter is None or length == 0:
            continue
        place = entry + 8
        if length * struct.calcsize(letter) > 4:
            (place,) = struct.unpack_from(f"{order}I", data, place)
        values = struct.unpack_from(f"{order}{min(length, 4)}{letter}", data, place)
        most[tag] = max(most.get(tag, 0), *values)
        if tag == _COMPRESSION:
            compressions |= set(values)
    if not compressions <= TIFF_COMPRESSIONS:
        raise HeaderError("must be a TIFF without compression or with LZW, Deflate or PackBits")
    bits, samples = most.get(_BITS, 1), most.get(_SAMPLES, 1)
    if bits > 32 or samples > 4:
        raise HeaderError(f"must be a TIFF of 1 to 4 channels of 32 bits at most, given {samples} of {bits}")
    width_px, height_px = most.get(_WIDTH, 0), most.get(_HEIGHT, 0)
    tile_px = most.get(_TILE_WIDTH, 0) * most.get(_TILE_HEIGHT, 0)
    if tile_px > max(width_px * height_px, LARGEST_TILE_PX):
        raise HeaderError("must be a TIFF with tiles smaller than the picture")
    return Header(Kind.TIFF, width_px, height_px, sample_bytes=4 if bits > 16 else 2 if bits > 8 else 1)


_READERS: tuple[tuple[re.Pattern[bytes], Callable[[bytes], Header]], ...] = (
    (re.compile(rb"\xff\xd8\xff"), _jpeg),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), _png),
    (re.compile(rb"BM"), _bmp),
    (re.compile(rb"P[1-6]\s"), _pnm),
    (re.compile(rb"II\*\0|MM\0\*"), _tiff),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), _webp),
    (re.compile(rb"#\?(?:RGBE|RADIANCE)"), _radiance),
)
