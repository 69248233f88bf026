"""How far meters' answers shift where JPEG is decoded smaller for them, and what that saves.

Takes a folder of photographs, which become JPEG as a webcam sends it (quality 85), and prints the shift of every meter
against full size in EV (median, p90 and most of its size, the mean with its sign) and the processor time to decode::

    .venv/bin/python docs/tools/reduced_decoding.py FOLDER_OF_PHOTOGRAPHS
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import cv2
import numpy as np

import autoexposure as ae
from autoexposure.files.decoding import decode, decode_jpeg
from autoexposure.frame import Pixels
from autoexposure.metering.preview import LEAST_PX, SIDE_PX
from autoexposure.process.malloc import keep_freed_memory

MOST_PHOTOGRAPHS = 120
SIZES_PX = ((1280, 720), (1920, 1080))
METERS = ("attention", "average", "matrix", "spot")


def main(folder: Path) -> None:
    """Measure and print."""
    paths = sorted(folder.rglob("*.jpg"))
    paths = paths[:: max(1, len(paths) // MOST_PHOTOGRAPHS)][:MOST_PHOTOGRAPHS]
    if not paths:
        sys.exit(f"{folder} holds no .jpg")
    keep_freed_memory()  # as the program does
    meters = {name: ae.make_meter(name) for name in METERS}
    for size in SIZES_PX:
        shifts: dict[tuple[int, str], list[float]] = {}
        times_s: dict[int, list[float]] = {}
        for path in paths:
            jpeg = _as_sent(decode(path.read_bytes(), shrink=True), size)
            whole: dict[str, float] = {}
            for least_px in (0, LEAST_PX, 2 * SIDE_PX, SIDE_PX):
                decode_jpeg(jpeg, least_px)
                began_s = time.thread_time()
                pixels = decode_jpeg(jpeg, least_px)
                times_s.setdefault(least_px, []).append(time.thread_time() - began_s)
                preview = ae.make_preview(pixels)
                for name, meter in meters.items():
                    answer = meter.decide(preview).delta_ev
                    shifts.setdefault((least_px, name), []).append(answer - whole.setdefault(name, answer))
        sys.stdout.write(f"{size[0]}x{size[1]}, {len(paths)} photographs\n")
        for least_px, taken_s in times_s.items():
            fast, slow = np.percentile(taken_s, (50, 90)) * 1000
            sys.stdout.write(f"  no side below {least_px or min(size)} px: {fast:.2f} ms (p90 {slow:.2f})\n")
            for name in meters if least_px else ():
                shift = np.array(shifts[least_px, name])
                middle, high, most = np.percentile(np.abs(shift), (50, 90, 100))
                spread = f"(p90 {high:.3f}, most {most:.3f}), mean {shift.mean():+.3f}"
                sys.stdout.write(f"    {name:10} {middle:.3f} EV {spread}\n")


def _as_sent(pixels: Pixels, size: tuple[int, int]) -> bytes:
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", small[..., ::-1], (cv2.IMWRITE_JPEG_QUALITY, 85))[1].tobytes()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
