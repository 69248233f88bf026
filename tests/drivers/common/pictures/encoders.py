"""Pictures as devices send them, written after the kernel's description of each format, pixel by pixel."""

import colorsys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Encode = Callable[[np.ndarray, int], tuple[np.ndarray, int]]
"""(H, W, 3) uint8 RGB and bytes of padding a line -> the bytes, and the distance of two lines."""

PADDING = 170


@dataclass(frozen=True)
class Way:
    """How to encode a format, and what is lost: the error that the rounding allows, and whether only grey is sent."""

    encode: Encode
    error: int = 3
    grey: bool = False
    bayer: bool = False


def lines(rows: np.ndarray, padding: int) -> np.ndarray:
    return np.pad(rows, ((0, 0), (0, padding)), constant_values=PADDING).reshape(-1)


def to_yuv(rgb: np.ndarray) -> tuple[np.ndarray, ...]:
    """BT.601 in limited range."""
    red, green, blue = (rgb[..., channel].astype(float) for channel in range(3))
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    u, v = (blue - luma) / 1.772, (red - luma) / 1.402
    planes = 16 + luma * 219 / 255, 128 + u * 224 / 255, 128 + v * 224 / 255
    return tuple(np.rint(plane).astype(np.uint8) for plane in planes)


def widened(plane: np.ndarray, multiple: int) -> np.ndarray:
    return np.pad(plane, ((0, 0), (0, -plane.shape[1] % multiple)), mode="edge")


def packed(order: str, sample_bytes: int = 1) -> Way:
    pixels = order.count("Y")

    def encode(rgb: np.ndarray, padding: int) -> tuple[np.ndarray, int]:
        planes = dict(zip("YUV", (widened(plane, pixels) for plane in to_yuv(rgb)), strict=True))
        high, wide = planes["Y"].shape
        out = np.full((high, wide // pixels, len(order), sample_bytes), 7, np.uint8)
        seen = dict.fromkeys("YUVAX", 0)
        for at, name in enumerate(order):
            if name in "YUV":
                every = pixels // order.count(name)
                out[:, :, at, -1] = planes[name][:, seen[name] * every :: pixels]
            seen[name] += 1
        row_bytes = -(-rgb.shape[1] * len(order) * sample_bytes // pixels)
        return lines(out.reshape(high, -1)[:, :row_bytes], padding), row_bytes + padding

    return Way(encode)


def planar(order: str, across: int, down: int) -> Way:
    def encode(rgb: np.ndarray, padding: int) -> tuple[np.ndarray, int]:
        y, u, v = to_yuv(rgb)
        colours = [plane[::down, ::across] for plane in ((u, v) if order == "UV" else (v, u))]
        few, wide = colours[0].shape[1], y.shape[1]
        line_bytes = -(-(wide + padding) // across) * across if padding else wide
        colours = [lines(plane, max(0, line_bytes // across - few)) for plane in colours]
        return np.concatenate((lines(y, line_bytes - wide), *colours)), line_bytes

    return Way(encode)


def semi_planar(order: str, across: int, down: int, sample_bytes: int = 1) -> Way:
    def encode(rgb: np.ndarray, padding: int) -> tuple[np.ndarray, int]:
        y, u, v = to_yuv(rgb)
        first, second = (u, v) if order == "UV" else (v, u)
        both = np.stack((first[::down, ::across], second[::down, ::across]), axis=-1).reshape(
            -1, 2 * -(-y.shape[1] // across)
        )
        planes = [
            np.stack([np.full_like(p, 5)] * (sample_bytes - 1) + [p], axis=-1).reshape(len(p), -1) for p in (y, both)
        ]
        padding *= 2
        colour_padding = (planes[0].shape[1] + padding) * 2 // across - planes[1].shape[1]
        return np.concatenate((lines(planes[0], padding), lines(planes[1], max(0, colour_padding)))), planes[0].shape[
            1
        ] + padding

    return Way(encode)


def by_turns(rgb: np.ndarray, padding: int) -> tuple[np.ndarray, int]:
    y, u, v = (widened(plane, 2) for plane in to_yuv(rgb[: rgb.shape[0] // 2 * 2]))
    both = np.stack((u[::2, ::2], v[::2, ::2]), axis=-1).reshape(-1, y.shape[1])
    rows = [row for at, colours in enumerate(both) for row in (y[2 * at], y[2 * at + 1], colours)]
    return lines(np.array(rows), padding), y.shape[1] + padding


def by_bytes(order: str, sample_bytes: int = 1) -> Way:
    def encode(rgb: np.ndarray, padding: int) -> tuple[np.ndarray, int]:
        out = np.full((*rgb.shape[:2], len(order), sample_bytes), 9, np.uint8)
        for at, name in enumerate(order):
            if name in "RGB":
                out[..., at, -1] = rgb[..., "RGB".index(name)]
        rows = out.reshape(len(rgb), -1)
        return lines(rows, padding), rows.shape[1] + padding

    return Way(encode, error=0)


def by_hue(order: str, hues: int = 256) -> Way:
    def encode(rgb: np.ndarray, padding: int) -> tuple[np.ndarray, int]:
        out = np.full((*rgb.shape[:2], len(order)), 9, np.uint8)
        for colour in np.unique(rgb.reshape(-1, 3), axis=0):
            hue, saturation, value = colorsys.rgb_to_hsv(*(colour / 255))
            codes = {"H": round(hue * hues) % hues, "S": round(saturation * 255), "V": round(value * 255)}
            out[(rgb == colour).all(axis=-1)] = [codes.get(name, 9) for name in order]
        rows = out.reshape(len(rgb), -1)
        return lines(rows, padding), rows.shape[1] + padding

    return Way(encode, error=7)  # half a step of the hue is a degree, which is four of a colour's 255 steps


def by_bits(layout: str, byte_order: str = "<", *, yuv: bool = False) -> Way:
    """``layout`` has one letter a bit, from the highest to the lowest: ``rrrrrggggggbbbbb``."""
    word_bytes = len(layout) // 8
    letters = "yuv" if yuv else "rgb"
    fewest = min(layout.count(letter) for letter in letters)

    def encode(rgb: np.ndarray, padding: int) -> tuple[np.ndarray, int]:
        channels = to_yuv(rgb) if yuv else tuple(rgb[..., channel] for channel in range(3))
        words = np.zeros(rgb.shape[:2], np.uint64)
        for letter, values in zip(letters, channels, strict=True):
            count = layout.count(letter)
            lowest = len(layout) - 1 - layout.rindex(letter)
            scaled = np.rint(values.astype(float) * ((1 << count) - 1) / 255).astype(np.uint64)
            words |= scaled << np.uint64(lowest)
        rows = words.astype(f"{byte_order}u{word_bytes}").view(np.uint8).reshape(len(rgb), -1)
        return lines(rows, padding), rows.shape[1] + padding

    half_step = 128 // ((1 << fewest) - 1) + 1
    return Way(encode, error=4 * half_step + 3 if yuv else half_step)


def in_words(bits: int, dtype: str) -> Callable[[np.ndarray, int], tuple[np.ndarray, int]]:
    def write(numbers: np.ndarray, padding: int) -> tuple[np.ndarray, int]:
        rows = numbers.astype(dtype).view(np.uint8).reshape(len(numbers), -1)
        return lines(rows, padding), rows.shape[1] + padding

    return write


def bit_rows(numbers: np.ndarray, padding: int, pack: Callable[[list[int]], bytes], pixels: int, bits: int):
    row_bytes = -(-numbers.shape[1] * bits // 8)
    whole = widened(numbers, pixels)
    rows = [
        b"".join(pack(row[at : at + pixels].tolist()) for at in range(0, len(row), pixels))[:row_bytes] for row in whole
    ]
    return lines(np.array([np.frombuffer(row, np.uint8) for row in rows]), padding), row_bytes + padding


def mipi(bits: int) -> Callable[[np.ndarray, int], tuple[np.ndarray, int]]:
    pixels = {10: 4, 12: 2, 14: 4}[bits]

    def pack(group: list[int]) -> bytes:
        low = bits - 8
        rest = sum((number & (1 << low) - 1) << low * at for at, number in enumerate(group))
        return bytes(number >> low for number in group) + rest.to_bytes(pixels * low // 8, "little")

    return lambda numbers, padding: bit_rows(numbers, padding, pack, pixels, bits)


def bit_by_bit(numbers: np.ndarray, padding: int) -> tuple[np.ndarray, int]:
    def pack(group: list[int]) -> bytes:
        return int("".join(f"{number:010b}" for number in group), 2).to_bytes(5, "big")

    return bit_rows(numbers, padding, pack, 4, 10)


def grey(bits: int, write: Callable[[np.ndarray, int], tuple[np.ndarray, int]]) -> Way:
    def encode(rgb: np.ndarray, padding: int) -> tuple[np.ndarray, int]:
        return write(np.rint(rgb[..., 1].astype(float) * ((1 << bits) - 1) / 255).astype(int), padding)

    return Way(encode, error=max(1, 255 // ((1 << bits) - 1)), grey=True)


def bayer(first: str, bits: int, write: Callable[[np.ndarray, int], tuple[np.ndarray, int]]) -> Way:
    def encode(rgb: np.ndarray, padding: int) -> tuple[np.ndarray, int]:
        share = rgb.astype(float) / 255
        light = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
        numbers = np.empty(rgb.shape[:2])
        for at, colour in enumerate(first):
            place = np.s_[at // 2 :: 2, at % 2 :: 2]
            numbers[place] = light[..., "RGB".index(colour)][place]
        return write(np.rint(numbers * ((1 << bits) - 1)).astype(int), padding)

    return Way(encode, error=8 if bits == 8 else 3, bayer=True)


BYTE, WORD, TURNED = in_words(8, "u1"), in_words(16, "<u2"), in_words(16, ">u2")

WAYS: dict[str, Way] = {
    "YUYV": packed("YUYV"), "UYVY": packed("UYVY"), "YVYU": packed("YVYU"), "VYUY": packed("VYUY"),
    "YYUV": packed("YYUV"),
    "Y210": packed("YUYV", 2), "Y212": packed("YUYV", 2), "Y216": packed("YUYV", 2), "Y41P": packed("UYVYUYVYYYYY"),
    "YUV3": packed("YUV"), "YUV4": packed("AYUV"), "AYUV": packed("AYUV"), "XYUV": packed("XYUV"),
    "VUYA": packed("VUYA"), "VUYX": packed("VUYX"),
    "YUVA": packed("YUVA"), "YUVX": packed("YUVX"), "Y312": packed("YUV", 2),
    "Y444": by_bits("xxxxyyyyuuuuvvvv", yuv=True), "YUVO": by_bits("xyyyyyuuuuuvvvvv", yuv=True),
    "YUVP": by_bits("yyyyyuuuuuuvvvvv", yuv=True),
    "NV12": semi_planar("UV", 2, 2), "NV21": semi_planar("VU", 2, 2), "NV16": semi_planar("UV", 2, 1),
    "NV61": semi_planar("VU", 2, 1), "NV24": semi_planar("UV", 1, 1), "NV42": semi_planar("VU", 1, 1),
    "P010": semi_planar("UV", 2, 2, 2), "P012": semi_planar("UV", 2, 2, 2), "M420": Way(by_turns),
    "YU12": planar("UV", 2, 2), "YV12": planar("VU", 2, 2), "422P": planar("UV", 2, 1), "411P": planar("UV", 4, 1),
    "YUV9": planar("UV", 4, 4), "YVU9": planar("VU", 4, 4),
    "RGB3": by_bytes("RGB"), "BGR3": by_bytes("BGR"), "BGR4": by_bytes("BGRX"), "AR24": by_bytes("BGRA"),
    "XR24": by_bytes("BGRX"), "AB24": by_bytes("RGBA"), "XB24": by_bytes("RGBX"), "RGB4": by_bytes("XRGB"),
    "BA24": by_bytes("ARGB"), "BX24": by_bytes("XRGB"), "RA24": by_bytes("ABGR"), "RX24": by_bytes("XBGR"),
    "B312": by_bytes("BGR", 2), "B412": by_bytes("BGRA", 2),
    "RGBP": by_bits("rrrrrggggggbbbbb"), "RGBR": by_bits("rrrrrggggggbbbbb", ">"),
    "RGBO": by_bits("xrrrrrgggggbbbbb"), "RGBQ": by_bits("xrrrrrgggggbbbbb", ">"),
    "AR15": by_bits("arrrrrgggggbbbbb"), "XR15": by_bits("xrrrrrgggggbbbbb"),
    "AR15-BE": by_bits("arrrrrgggggbbbbb", ">"), "XR15-BE": by_bits("xrrrrrgggggbbbbb", ">"),
    "AB15": by_bits("abbbbbgggggrrrrr"), "XB15": by_bits("xbbbbbgggggrrrrr"),
    "RA15": by_bits("rrrrrgggggbbbbba"), "RX15": by_bits("rrrrrgggggbbbbbx"),
    "BA15": by_bits("bbbbbgggggrrrrra"), "BX15": by_bits("bbbbbgggggrrrrrx"),
    "R444": by_bits("xxxxrrrrggggbbbb"), "AR12": by_bits("aaaarrrrggggbbbb"), "XR12": by_bits("xxxxrrrrggggbbbb"),
    "AB12": by_bits("aaaabbbbggggrrrr"), "XB12": by_bits("xxxxbbbbggggrrrr"),
    "RA12": by_bits("rrrrggggbbbbaaaa"), "RX12": by_bits("rrrrggggbbbbxxxx"),
    "GA12": by_bits("bbbbggggrrrraaaa"), "BX12": by_bits("bbbbggggrrrrxxxx"),
    "RGB1": by_bits("rrrgggbb"),
    "RX30": by_bits("r" * 10 + "g" * 10 + "b" * 10 + "xx"), "RA30": by_bits("r" * 10 + "g" * 10 + "b" * 10 + "aa"),
    "AR30": by_bits("aa" + "r" * 10 + "g" * 10 + "b" * 10), "BGRH": by_bits("bbbbbbggggggrrrrrr" + "x" * 14, ">"),
    "HSV3": by_hue("HSV"), "HSV4": by_hue("XHSV"),
    "GREY": grey(8, BYTE), "Y04": grey(4, BYTE), "Y06": grey(6, BYTE), "Y10": grey(10, WORD), "Y12": grey(12, WORD),
    "Y14": grey(14, WORD), "Y16": grey(16, WORD), "Y012": grey(16, WORD), "Y16-BE": grey(16, TURNED),
    "Y10B": grey(10, bit_by_bit), "Y10P": grey(10, mipi(10)), "Y12P": grey(12, mipi(12)), "Y14P": grey(14, mipi(14)),
    "BA81": bayer("BGGR", 8, BYTE), "GBRG": bayer("GBRG", 8, BYTE), "GRBG": bayer("GRBG", 8, BYTE),
    "RGGB": bayer("RGGB", 8, BYTE),
    "BG10": bayer("BGGR", 10, WORD), "GB10": bayer("GBRG", 10, WORD), "BA10": bayer("GRBG", 10, WORD),
    "RG10": bayer("RGGB", 10, WORD),
    "BG12": bayer("BGGR", 12, WORD), "GB12": bayer("GBRG", 12, WORD), "BA12": bayer("GRBG", 12, WORD),
    "RG12": bayer("RGGB", 12, WORD),
    "BG14": bayer("BGGR", 14, WORD), "GB14": bayer("GBRG", 14, WORD), "GR14": bayer("GRBG", 14, WORD),
    "RG14": bayer("RGGB", 14, WORD),
    "BYR2": bayer("BGGR", 16, WORD), "GB16": bayer("GBRG", 16, WORD), "GR16": bayer("GRBG", 16, WORD),
    "RG16": bayer("RGGB", 16, WORD),
    "pBAA": bayer("BGGR", 10, mipi(10)), "pGAA": bayer("GBRG", 10, mipi(10)), "pgAA": bayer("GRBG", 10, mipi(10)),
    "pRAA": bayer("RGGB", 10, mipi(10)),
    "pBCC": bayer("BGGR", 12, mipi(12)), "pGCC": bayer("GBRG", 12, mipi(12)), "pgCC": bayer("GRBG", 12, mipi(12)),
    "pRCC": bayer("RGGB", 12, mipi(12)),
    "pBEE": bayer("BGGR", 14, mipi(14)), "pGEE": bayer("GBRG", 14, mipi(14)), "pgEE": bayer("GRBG", 14, mipi(14)),
    "pREE": bayer("RGGB", 14, mipi(14)),
}  # fmt: skip
"""Of every format but JPEG."""
