"""Every pixel format that is read: its name, how it is decoded, and what it costs. The one place that lists them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

import cv2

from autoexposure.errors import ConfigError, PictureDamaged, PictureError
from autoexposure.files.decoding import SMALLEST_SIDE_PX, decode_jpeg
from autoexposure.frame import Pixels
from drivers.common.pictures.layout import Bytes, Layout
from drivers.common.pictures.rgb import Bits, by_bits, by_bytes, by_hue
from drivers.common.pictures.sensor import bit_by_bit, grey, in_words, mipi, mosaic
from drivers.common.pictures.yuv import lines_by_turns, packed, planar, semi_planar

Decode = Callable[[Bytes, Layout], Pixels]


class Kind(IntEnum):
    """What a format shows, the best first."""

    COLOUR = 0
    """A finished picture in colour."""
    MOSAIC = 1
    """A sensor's own numbers: noisy, without white balance."""
    GREY = 2
    """No colour at all."""


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """One format.

    Attributes
    ----------
    name : V4L2's four letters, without spaces at the end; ``-BE`` after them where the bytes are the other way round.
    words : what it is, for people.
    bits : of one pixel on its way to us; of JPEG what webcams need at most.
    cost_ns : processor time to decode one pixel; docs/tools/format_costs.py measures it.
    decode : makes (H, W, 3) uint8 RGB; None for JPEG, which brings its own layout.
    """

    name: str
    words: str
    kind: Kind
    bits: float
    cost_ns: float
    decode: Decode | None


def _table() -> dict[str, PixelFormat]:
    listed: list[PixelFormat] = []

    def add(names: str, words: str, kind: Kind, bits: float, cost_ns: float, decode: Decode | None) -> None:
        listed.extend(PixelFormat(name, words, kind, bits, cost_ns, decode) for name in names.split())

    def yuv(names: str, words: str, bits: float, cost_ns: float, decode: Decode) -> None:
        add(names, f"YUV {words}", Kind.COLOUR, bits, cost_ns, decode)

    def rgb(names: str, bits: float, cost_ns: float, decode: Decode) -> None:
        add(names, f"RGB, {bits:g} bits a pixel", Kind.COLOUR, bits, cost_ns, decode)

    add("MJPG JPEG", "Motion JPEG", Kind.COLOUR, 3, 2.0, None)

    yuv("YUYV", "4:2:2, packed", 16, 0.4, packed("YUYV", code=cv2.COLOR_YUV2RGB_YUYV))
    yuv("UYVY", "4:2:2, packed", 16, 0.4, packed("UYVY", code=cv2.COLOR_YUV2RGB_UYVY))
    yuv("YVYU", "4:2:2, packed", 16, 0.4, packed("YVYU", code=cv2.COLOR_YUV2RGB_YVYU))
    yuv("VYUY", "4:2:2, packed", 16, 1.4, packed("VYUY"))
    yuv("YYUV", "4:2:2, packed", 16, 1.4, packed("YYUV"))
    yuv("Y210 Y212 Y216", "4:2:2, packed, two bytes a sample", 32, 1.5, packed("YUYV", 2))
    yuv("Y41P", "4:1:1, packed", 12, 1.3, packed("UYVYUYVYYYYY"))
    yuv("YUV3", "4:4:4, packed", 24, 1.1, packed("YUV"))
    yuv("YUV4 AYUV XYUV", "4:4:4, packed", 32, 1.1, packed("AYUV"))
    yuv("VUYA VUYX", "4:4:4, packed", 32, 1.1, packed("VUYA"))
    yuv("YUVA YUVX", "4:4:4, packed", 32, 1.1, packed("YUVA"))
    yuv("Y312", "4:4:4, packed, two bytes a sample", 48, 1.1, packed("YUV", 2))
    yuv("Y444", "4:4:4, packed", 16, 1.9, by_bits("<u2", ((8, 4), (4, 4), (0, 4)), yuv=True))
    yuv("YUVO", "4:4:4, packed", 16, 1.9, by_bits("<u2", ((10, 5), (5, 5), (0, 5)), yuv=True))
    yuv("YUVP", "4:4:4, packed", 16, 1.9, by_bits("<u2", ((11, 5), (5, 6), (0, 5)), yuv=True))
    yuv("NV12", "4:2:0, two planes", 12, 0.3, semi_planar("UV", 2, 2))
    yuv("NV21", "4:2:0, two planes", 12, 0.3, semi_planar("VU", 2, 2))
    yuv("NV16", "4:2:2, two planes", 16, 1.1, semi_planar("UV", 2, 1))
    yuv("NV61", "4:2:2, two planes", 16, 1.1, semi_planar("VU", 2, 1))
    yuv("NV24", "4:4:4, two planes", 24, 0.8, semi_planar("UV", 1, 1))
    yuv("NV42", "4:4:4, two planes", 24, 0.8, semi_planar("VU", 1, 1))
    yuv("P010 P012", "4:2:0, two planes, two bytes a sample", 24, 0.7, semi_planar("UV", 2, 2, 2))
    yuv("M420", "4:2:0, lines by turns", 12, 0.4, lines_by_turns)
    yuv("YU12", "4:2:0, three planes", 12, 0.3, planar("UV", 2, 2))
    yuv("YV12", "4:2:0, three planes", 12, 0.3, planar("VU", 2, 2))
    yuv("422P", "4:2:2, three planes", 16, 0.9, planar("UV", 2, 1))
    yuv("411P", "4:1:1, three planes", 12, 0.9, planar("UV", 4, 1))
    yuv("YUV9", "4:1:0, three planes", 9, 0.9, planar("UV", 4, 4))
    yuv("YVU9", "4:1:0, three planes", 9, 0.9, planar("VU", 4, 4))

    rgb("RGB3", 24, 0.1, by_bytes("RGB"))
    rgb("BGR3", 24, 0.1, by_bytes("BGR"))
    rgb("BGR4 AR24 XR24", 32, 0.1, by_bytes("BGRX"))
    rgb("AB24 XB24", 32, 0.1, by_bytes("RGBX"))
    rgb("RGB4 BA24 BX24", 32, 0.8, by_bytes("XRGB"))
    rgb("RA24 RX24", 32, 0.8, by_bytes("XBGR"))
    rgb("B312", 48, 0.8, by_bytes("BGR", 2))
    rgb("B412", 64, 0.8, by_bytes("BGRX", 2))
    words: dict[str, Bits] = {
        "RGBP": ((11, 5), (5, 6), (0, 5)),
        "RGBO AR15 XR15": ((10, 5), (5, 5), (0, 5)),
        "AB15 XB15": ((0, 5), (5, 5), (10, 5)),
        "RA15 RX15": ((11, 5), (6, 5), (1, 5)),
        "BA15 BX15": ((1, 5), (6, 5), (11, 5)),
        "R444 AR12 XR12": ((8, 4), (4, 4), (0, 4)),
        "AB12 XB12": ((0, 4), (4, 4), (8, 4)),
        "RA12 RX12": ((12, 4), (8, 4), (4, 4)),
        "GA12 BX12": ((4, 4), (8, 4), (12, 4)),
    }
    for names, bits in words.items():
        rgb(names, 16, 1.9, by_bits("<u2", bits))
    rgb("RGBR", 16, 1.9, by_bits(">u2", words["RGBP"]))
    rgb("RGBQ AR15-BE XR15-BE", 16, 1.9, by_bits(">u2", words["RGBO AR15 XR15"]))
    rgb("RGB1", 8, 1.7, by_bits("u1", ((5, 3), (2, 3), (0, 2))))
    rgb("RX30 RA30", 32, 1.4, by_bits("<u4", ((22, 10), (12, 10), (2, 10))))
    rgb("AR30", 32, 1.4, by_bits("<u4", ((20, 10), (10, 10), (0, 10))))
    rgb("BGRH", 32, 2.7, by_bits(">u4", ((14, 6), (20, 6), (26, 6))))

    add("HSV3", "hue, saturation and value", Kind.COLOUR, 24, 6.5, by_hue("HSV"))
    add("HSV4", "hue, saturation and value", Kind.COLOUR, 32, 6.5, by_hue("XHSV"))

    one_byte, two_bytes, turned = in_words("u1"), in_words("<u2"), in_words(">u2")
    for name, deep, space, read, cost_ns in (
        ("GREY", 8, 8, one_byte, 0.1),
        ("Y04", 4, 8, one_byte, 0.6),
        ("Y06", 6, 8, one_byte, 0.6),
        ("Y10", 10, 16, two_bytes, 0.6),
        ("Y12", 12, 16, two_bytes, 0.6),
        ("Y14", 14, 16, two_bytes, 0.6),
        ("Y16", 16, 16, two_bytes, 0.6),
        ("Y012", 16, 16, two_bytes, 0.6),
        ("Y16-BE", 16, 16, turned, 0.7),
        ("Y10B", 10, 10, bit_by_bit, 2.8),
        ("Y10P", 10, 10, mipi(10), 2.0),
        ("Y12P", 12, 12, mipi(12), 2.0),
        ("Y14P", 14, 14, mipi(14), 2.2),
    ):
        add(name, f"grey, {deep} bits", Kind.GREY, space, cost_ns, grey(deep, read))

    for first, names in (
        ("BGGR", "BA81 BG10 BG12 BG14 BYR2 pBAA pBCC pBEE"),
        ("GBRG", "GBRG GB10 GB12 GB14 GB16 pGAA pGCC pGEE"),
        ("GRBG", "GRBG BA10 BA12 GR14 GR16 pgAA pgCC pgEE"),
        ("RGGB", "RGGB RG10 RG12 RG14 RG16 pRAA pRCC pREE"),
    ):
        ways = (
            (8, 8, one_byte, 0.9),
            *((deep, 16, two_bytes, 1.0) for deep in (10, 12, 14, 16)),
            *((deep, deep, mipi(deep), 2.2) for deep in (10, 12, 14)),
        )
        for name, (deep, space, read, cost_ns) in zip(names.split(), ways, strict=True):
            add(name, f"mosaic {first}, {deep} bits", Kind.MOSAIC, space, cost_ns, mosaic(first, deep, read))
    return {one.name: one for one in listed}


FORMATS = _table()
"""Every format that is read, by its name."""

_OTHER_NAMES = {"MJPEG": "MJPG", "I420": "YU12", "IYUV": "YU12", "YUY2": "YUYV", "Y800": "GREY", "Y8": "GREY"}
"""What other programs and systems call them."""


def format_named(text: str) -> str:
    """The name in FORMATS of what a person calls a pixel format; capitals count only where two differ by them.

    Raises
    ------
    ConfigError
        If no such format is read.
    """
    if text in FORMATS:
        return text
    capitals = text.upper()
    alike = [name for name in FORMATS if name.upper() == _OTHER_NAMES.get(capitals, capitals)]
    if len(alike) != 1:
        meant = " or ".join(alike) or "one that is read, as YUYV, NV12, MJPG, BGR3, GREY or RG10"
        raise ConfigError(f"the pixel format must be {meant}, given {text!r}")
    return alike[0]


def to_rgb(data: Bytes, name: str, layout: Layout, least_px: int = 0) -> Pixels:
    """Decode one picture to (height, width, 3) uint8 RGB.

    Parameters
    ----------
    data : (bytes,) uint8 as the device sent it. It is not kept: the result is a copy.
    name : of one of FORMATS.
    layout : where in it what lies. JPEG brings its own size, which may be another one.
    least_px : decode JPEG smaller where that saves time, no side below this; 0 = at full size.

    Raises
    ------
    PictureDamaged
        If parts of it are missing or wrong, as after a lost USB packet.
    PictureError
        If it is no such picture.
    """
    decode = FORMATS[name].decode
    if decode is None:
        return decode_jpeg(data.tobytes(), least_px)
    if min(layout.width_px, layout.height_px) < SMALLEST_SIDE_PX:
        size = f"{layout.width_px}x{layout.height_px}"
        raise PictureError(f"a picture must have {SMALLEST_SIDE_PX} pixels a side or more, given {size}")
    try:
        return decode(data, layout)
    except (ValueError, cv2.error) as error:  # of sizes that a layout's own checks have let through
        raise PictureDamaged("a picture is damaged and can't be decoded") from error
