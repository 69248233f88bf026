"""What decoding one pixel costs in each pixel format: the column ``cost_ns`` of `drivers.common.pictures.formats`.

Processor time of one thread, in nanoseconds, the median and p90 of the decodings of a 1280x720 picture::

    .venv/bin/python docs/tools/format_costs.py
"""

from __future__ import annotations

import sys
import time

import cv2
import numpy as np

from autoexposure.process.malloc import keep_freed_memory
from autoexposure.simulation.builtin_scenes import shipped_photograph
from drivers.common.pictures.formats import FORMATS, to_rgb
from drivers.common.pictures.layout import Layout

SIZE_PX = (1280, 720)
TIMES = 40


def main() -> None:
    """Measure and print."""
    cv2.setNumThreads(1)
    keep_freed_memory()  # as the program does
    layout = Layout(*SIZE_PX)
    area_px = SIZE_PX[0] * SIZE_PX[1]
    picture = cv2.resize(shipped_photograph("chelsea.png"), SIZE_PX)
    jpeg = cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, 85))[1].reshape(-1)
    noise = np.random.default_rng(0).integers(0, 256, area_px * 8, np.uint8)
    for name, pixel_format in FORMATS.items():
        data = jpeg if pixel_format.decode is None else noise
        taken_ns = []
        for _ in range(TIMES):
            began_ns = time.thread_time_ns()
            to_rgb(data, name, layout)
            taken_ns.append((time.thread_time_ns() - began_ns) / area_px)
        middle, high = np.percentile(taken_ns, (50, 90))
        sys.stdout.write(f"{name:7} {middle:5.2f} (p90 {high:5.2f})  listed {pixel_format.cost_ns:5.2f}\n")


if __name__ == "__main__":
    main()
