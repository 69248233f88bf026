"""The page of pixel formats, from the table of `drivers.common.pictures.formats`."""

from __future__ import annotations

from itertools import groupby

from drivers.common.pictures.formats import FORMATS, PixelFormat
from drivers.common.pictures.mode_choice import USB2_BYTES_S

HEAD = f"""# Pixel formats

In which formats pictures of a V4L2 device are read, by the kernel's names; written from the program itself. Each may be
insisted on, as by `v4l2:0,format=NV12`.

Without that, the format is chosen among those that a camera offers at the nearest size and frame rate: colour before a
sensor's mosaic before grey, then what fits through USB 2 (up to {USB2_BYTES_S / 1e6:g} MB/s), then what takes the least
time to decode. That is the last column, in nanoseconds a pixel on one core of a server; `docs/tools/format_costs.py`
measures it.

What the driver says of padded lines, of the range of code values (16 to 235 or 0 to 255) and of the matrix of YUV
(BT.601, BT.709, BT.2020) is followed, and the kernel's rules where it says nothing. A mosaic is taken for linear light
unless the driver names a curve: it gets sRGB's curve, but no white balance and no black level. JPEG has the size that
it says, whatever was agreed.

H.264 and HEVC are not read: the decoder (PyAV) would add 106 MB, and every picture must be decoded, also those that are
passed over. Cameras that have them offer another format as well, or another node; `autoexposure list` says so of a node
that has nothing else. Nor are formats in several buffers, tiled ones, depth and
[others](../cameras/v4l2.md#formats).

| format | what it is | bits a pixel | cost |
| --- | --- | --- | --- |
"""


def page() -> str:
    """The whole page as Markdown."""
    lines = []
    for (words, bits, cost_ns), alike in groupby(FORMATS.values(), _row):
        names = ", ".join(f"`{one.name}`" for one in alike)
        lines.append(f"| {names} | {words} | {bits:g} | {cost_ns:.1f} |")
    return HEAD + "\n".join(lines) + "\n"


def _row(one: PixelFormat) -> tuple[str, float, float]:
    return one.words, one.bits, one.cost_ns
