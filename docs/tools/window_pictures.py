"""Take the documentation's pictures of the window, offscreen and on the simulated camera.

Run it from the repository's root after the window has changed::

    QT_QPA_PLATFORM=offscreen .venv/bin/python docs/tools/window_pictures.py docs/pictures
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # the screenshots are part of the tests, which are not installed

from tests.screenshots.write import write_screenshots  # noqa: E402

PICTURES = {
    "dark": "window",
    "attention": "attention",
    "cells": "cells",
    "why": "why",
    "camera-many": "camera",
    "compare": "compare",
    "several": "several",
    "gallery": "gallery",
    "measured": "measured",
}
"""Name of a screenshot -> name of the picture."""

QUALITY = 88
"""Of WebP: letters stay crisp, at a sixth of a PNG's size."""


def main(folder: Path) -> None:
    """Write every picture into ``folder``."""
    with tempfile.TemporaryDirectory() as scratch:
        for shot in write_screenshots(Path(scratch), only=PICTURES):
            out = folder / f"{PICTURES[shot.stem]}.webp"
            with Image.open(shot) as picture:
                picture.convert("RGB").save(out, quality=QUALITY, method=6)
            print(out)  # noqa: T201  # a command


if __name__ == "__main__":
    main(Path(sys.argv[1]))
