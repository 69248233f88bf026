"""Which pictures a V4L2 device offers, in the words of `drivers.common.pictures`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from linuxpy.video.device import BufferType, Device, FrameSizeType, iter_read
from linuxpy.video.raw import IOC, Colorspace, HsvEncoding, Quantization, XferFunc, YcbcrEncoding, v4l2_fmtdesc

from autoexposure.abilities.moded import PictureMode
from drivers.common.pictures.colours import BT601, BT709, BT2020, SMPTE240M, Colours
from drivers.common.pictures.formats import FORMATS
from drivers.common.pictures.layout import Layout
from drivers.common.pictures.mode_choice import WantedMode

_BIG_ENDIAN = 1 << 31

USUAL_PX = ((1920, 1080), (1280, 720), (640, 480), (320, 240))
"""Where any size in a range can be had, these are offered beside the wanted one."""


def format_name(code: int) -> str:
    """The name of one of the kernel's pixel formats, as in FORMATS: its letters, ``-BE`` behind them if it is turned.

    What is no printable letter becomes a question mark.
    """
    letters = (code & ~_BIG_ENDIAN).to_bytes(4, "little").decode("latin-1").rstrip()
    printable = "".join(letter if letter.isprintable() and letter.isascii() else "?" for letter in letters)
    return printable + ("-BE" if code & _BIG_ENDIAN else "")


def format_code(name: str) -> int:
    """The kernel's number of the format by this name."""
    letters, turned, _ = name.partition("-BE")
    return int.from_bytes(letters.ljust(4).encode("latin-1"), "little") | (_BIG_ENDIAN if turned else 0)


def offered_formats(device: Device | int) -> list[str]:
    """The names of all pixel formats of an open device (or its descriptor), also those that aren't read here.

    Raises OSError.
    """
    asked = v4l2_fmtdesc()
    asked.type = BufferType.VIDEO_CAPTURE
    return [format_name(found.pixelformat) for found in iter_read(device, IOC.ENUM_FMT, asked)]


def unreadable(formats: list[str]) -> str:
    """A sentence on a device that offers only ``formats`` if none of them is read here; else nothing."""
    if not formats or any(name in FORMATS for name in formats):
        return ""
    listed = ", ".join(dict.fromkeys(formats))
    return f"it delivers pictures as {listed} only, which can't be read here: use another node of it, or another camera"


def offered_modes(device: Device, wanted: WantedMode) -> list[PictureMode]:
    """Every mode of an open device that can be decoded; of a range of sizes the nearest to ``wanted``, and usual ones.

    Raises OSError.
    """
    modes: list[PictureMode] = []
    for name in dict.fromkeys(offered_formats(device)):  # some firmware lists a format twice
        if name in FORMATS:
            for width, height in sorted(set(_sizes(device, name, wanted))) or [(wanted.width_px, wanted.height_px)]:
                modes.append(PictureMode(name, width, height, tuple(_rates(device, name, (width, height), wanted))))
    return modes


def _rates(device: Device, name: str, size_px: tuple[int, int], wanted: WantedMode) -> Iterator[float]:
    """The frame rates at one size; of a range its ends, and what is wanted where that lies between them."""
    try:
        offered = device.info.fps_intervals(format_code(name), *size_px)
    except ZeroDivisionError:  # an interval of a number of seconds over nothing, as some firmware has them
        return
    for found in offered:
        ends = sorted({float(found.min_fps), float(found.max_fps)} - {0.0})  # by interval, the longest is the maximum
        yield from ends
        if len(ends) == 2 and ends[0] < wanted.rate_fps < ends[1]:
            yield wanted.rate_fps


def _sizes(device: Device, name: str, wanted: WantedMode) -> Iterator[tuple[int, int]]:
    try:
        offered = device.info.format_frame_sizes(format_code(name))
    except ValueError:  # a kind of size that linuxpy doesn't know
        return
    for size in offered:
        if size.type == FrameSizeType.DISCRETE:
            yield size.info.width, size.info.height
        else:
            yield _on_grid((wanted.width_px, wanted.height_px), size.info)
            yield from (usual for usual in USUAL_PX if _on_grid(usual, size.info) == usual)


def _on_grid(size_px: tuple[int, int], there: Any) -> tuple[int, int]:
    """The size nearest to this one of linuxpy's range of sizes ``there``."""
    width = min(max(size_px[0], there.min_width), there.max_width)
    height = min(max(size_px[1], there.min_height), there.max_height)
    width -= (width - there.min_width) % there.step_width if there.step_width else 0
    height -= (height - there.min_height) % there.step_height if there.step_height else 0
    return width, height


_LUMA = {
    YcbcrEncoding._709: BT709,
    YcbcrEncoding.XV709: BT709,
    YcbcrEncoding.BT2020: BT2020,
    YcbcrEncoding.BT2020_CONST_LUM: BT2020,
    YcbcrEncoding.SMPTE240M: SMPTE240M,
}
_LUMA_BY_SPACE = {
    Colorspace.REC709: BT709,
    Colorspace.DCI_P3: BT709,
    Colorspace.BT2020: BT2020,
    Colorspace.SMPTE240M: SMPTE240M,
}


def layout_of(agreed: Any) -> Layout:
    """The layout of pictures in an agreed format (linuxpy's v4l2_pix_format), with the kernel's rules for defaults."""
    quantization = {Quantization.FULL_RANGE: True, Quantization.LIM_RANGE: False}.get(agreed.quantization)
    if quantization is None and agreed.colorspace == Colorspace.JPEG:
        quantization = True
    if agreed.ycbcr_enc == YcbcrEncoding.DEFAULT:
        luma = _LUMA_BY_SPACE.get(agreed.colorspace, BT601)
    else:
        luma = _LUMA.get(agreed.ycbcr_enc, BT601)
    linear = None if agreed.xfer_func == XferFunc.DEFAULT else agreed.xfer_func == XferFunc.NONE
    if linear is None and agreed.colorspace == Colorspace.RAW:
        linear = True
    hues = 180 if agreed.ycbcr_enc == HsvEncoding._180 else Colours().hues  # the kernel calls the field hsv_enc, too
    return Layout(agreed.width, agreed.height, agreed.bytesperline, Colours(luma, quantization, linear, hues))
