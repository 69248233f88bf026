"""Small files that stand for gigabytes, and those that are something else than they say."""

import struct
import zlib

import cv2
import numpy as np

SIDE = 60_000


def encoded(ext=".jpg", width=64, height=48, dtype=np.uint8):
    pixels = np.full((height, width, 3), 90, dtype)
    pixels[:, :, 2] = 200  # red in OpenCV's order
    return cv2.imencode(ext, pixels)[1].tobytes()


def claiming(width, height, data=None):
    """A JPEG that says it is so large; the decoder makes all of it out of almost nothing."""
    changed = bytearray(data or encoded())
    at = next(changed.index(bytes([0xFF, frame])) for frame in (0xC0, 0xC2) if bytes([0xFF, frame]) in changed) + 5
    changed[at : at + 4] = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return bytes(changed)


def progressive(width=64, height=48):
    return cv2.imencode(".jpg", np.full((height, width, 3), 90, np.uint8), [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[
        1
    ].tobytes()


def after_a_marker(marker):
    """A huge JPEG behind a marker without length, which a naive reader skips together with the true size.

    Such a reader takes the two bytes behind the marker for a length and lands on the small picture at the end.
    """
    huge = claiming(SIDE, SIDE)[2:]
    landing = 4 + int.from_bytes(huge[:2], "big")
    head = b"\xff\xd8" + bytes([0xFF, marker]) + huge
    return head + bytes(landing - len(head)) + encoded()[2:]


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width, height, bits=8, before=b"", rows=None):
    """A PNG of zeros; whole unless ``rows`` is given."""
    row = bytes(1 + (width * 3 * bits) // 8)
    squeeze = zlib.compressobj(9)
    data = b"".join(squeeze.compress(row) for _ in range(height if rows is None else rows)) + squeeze.flush()
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + before + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def bmp(width, height):
    data = bytearray(encoded(".bmp"))
    data[18:26] = struct.pack("<ii", width, height)
    return bytes(data)


def webp(width, height):
    """A lossless WebP with another size in its first chunk."""
    data = bytearray(encoded_webp())
    data[21:25] = struct.pack("<I", (width - 1) | (height - 1) << 14)
    return bytes(data)


def encoded_webp():
    return cv2.imencode(".webp", np.full((48, 64, 3), 90, np.uint8), [cv2.IMWRITE_WEBP_QUALITY, 101])[1].tobytes()


def tiff(tags, order="<"):
    """A TIFF whose first directory holds ``tags``: number -> value, all LONG."""
    entries = b"".join(struct.pack(f"{order}HHII", tag, 4, 1, value) for tag, value in sorted(tags.items()))
    mark = b"II*\0" if order == "<" else b"MM\0*"
    return mark + struct.pack(f"{order}IH", 8, len(tags)) + entries + bytes(2000)


def exr(width, height, channels=("B", "G", "R"), tile=None, extra=b"", version=2):
    """An OpenEXR file that is only a header."""
    window = struct.pack("<iiii", 0, 0, width - 1, height - 1)
    listed = b"".join(name.encode() + b"\0" + struct.pack("<iIii", 2, 0, 1, 1) for name in channels) + b"\0"
    fields = [
        (b"channels", b"chlist", listed),
        (b"compression", b"compression", b"\0"),
        (b"dataWindow", b"box2i", window),
        (b"displayWindow", b"box2i", window),
        (b"lineOrder", b"lineOrder", b"\0"),
        (b"pixelAspectRatio", b"float", struct.pack("<f", 1)),
        (b"screenWindowCenter", b"v2f", struct.pack("<ff", 0, 0)),
        (b"screenWindowWidth", b"float", struct.pack("<f", 1)),
    ]
    if tile:
        fields.append((b"tiles", b"tiledesc", struct.pack("<IIB", *tile, 0)))
        version |= 0x200
    head = b"".join(name + b"\0" + kind + b"\0" + struct.pack("<i", len(data)) + data for name, kind, data in fields)
    return b"\x76\x2f\x31\x01" + struct.pack("<I", version) + head + extra + b"\0" + bytes(4000)
