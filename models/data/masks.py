"""Pictures of where a subject is: whether one can be used, and whether it fits its photograph."""

from __future__ import annotations

import hashlib
from pathlib import Path

from autoexposure.errors import PictureError
from autoexposure.files.bounded import BadInput, read_file
from autoexposure.files.decoding import LARGEST_BODY_BYTES, decode
from models.data.scan_index import Scanned

MASK_ENDING = ".mask.png"
"""``X.mask.png`` is the mask of the photograph ``X.jpg``, or of any other kind of picture."""

SUBJECT_CODE = 128
"""Code from which a mask calls a place subject; lower ones are its soft edges."""

SHAPE_TOLERANCE = 0.02
"""By how much the aspect ratios may differ: a side of 100 pixels or more that was rounded differs by 1 %."""


def photo_stem(mask: Path) -> str:
    """Name of the photograph that a mask belongs to, without its ending."""
    return mask.name.removesuffix(MASK_ENDING)


def scan_mask(path: Path) -> Scanned:
    """Look at a mask: its content, its size, and why it can't be used."""
    try:
        data = read_file(path, LARGEST_BODY_BYTES)
        pixels = decode(data)
    except OSError as error:
        return Scanned(fault=f"cannot be read ({error.strerror})")
    except (BadInput, PictureError) as error:
        return Scanned(fault=f"broken, it cannot be decoded ({error})")
    height_px, width_px = pixels.shape[:2]
    fault = "" if pixels.max() >= SUBJECT_CODE else "empty, it marks no subject"
    return Scanned(hashlib.sha256(data).hexdigest(), 0, fault, width_px, height_px)


def misfit(mask: Scanned, photo: Scanned) -> str:
    """Why a mask can't be that of a photograph, in a few words; empty if it can."""
    if mask.fault:
        return mask.fault
    # Both are squashed to one size, so a mask may be smaller than its photograph; but not turned, and not cut.
    aspects = mask.width_px / mask.height_px, photo.width_px / photo.height_px
    if max(aspects) / min(aspects) <= 1 + SHAPE_TOLERANCE:
        return ""
    sizes = f"{mask.width_px}x{mask.height_px} pixels, its photograph {photo.width_px}x{photo.height_px}"
    return f"of another shape than its photograph: it has {sizes}"
