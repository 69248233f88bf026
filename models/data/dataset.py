"""The photographs of a `Selection` as one memory-mapped array of small 8-bit pictures, made once and used again.

The side is larger than the network's 128 pixels: re-exposing at 192 and shrinking afterwards lets small highlights clip
before they are averaged, as they do in a camera, and leaves room for crops. (8-bit pictures are kept, not linear
light: re-exposure is a table of 256 entries, so linearising costs nothing, and the cache stays a quarter of the size.)
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from autoexposure.errors import ConfigError, PictureError
from autoexposure.frame import Pixels, check_pixels
from autoexposure.process.long_work import Tell, tell_nobody
from models.data.built_once import Arrays, build_once
from models.data.photo_files import Part, PhotoFile, Selection, find_photos, read_picture

CACHE_SIDE_PX = 192
"""Measured on one core: a ladder sample costs 0.5 ms at 192, the network 14 ms."""

SCAN_INDEX = "scan.json"
"""File in a cache folder that remembers what was found in every photograph (`models.data.scan_index`)."""

PICTURES = "pictures.u8"
MASKS = "masks.u8"

_FORMAT = 1
"""Raised when the cache's layout changes, so that an old one is not mistaken for a new one."""


@dataclass(frozen=True, slots=True, eq=False)
class PhotoCache:
    """Pictures of a Selection, in its order.

    Attributes
    ----------
    pictures : (N, side, side, 3) uint8 RGB, squashed to the square as the live preview does.
    masks : (M, side, side) uint8 for the first M pictures, 255 = subject.
    shares : (M,) share of the frame that each subject fills.
    photos : the N files they came from.
    """

    pictures: NDArray[np.uint8]
    masks: NDArray[np.uint8]
    shares: NDArray[np.float64]
    photos: tuple[PhotoFile, ...]

    def indices(self, part: Part, masked: bool | None = None) -> NDArray[np.int64]:
        """Places of one part's pictures; only those with (True) or without (False) a mask if asked."""
        chosen = [
            index
            for index, photo in enumerate(self.photos)
            if photo.part == part and (masked is None or masked == (photo.mask is not None))
        ]
        return np.array(chosen, dtype=np.int64)


def open_photos(
    photos: Sequence[Path],
    subjects: Sequence[Path],
    folder: Path,
    side_px: int = CACHE_SIDE_PX,
    tell: Tell = tell_nobody,
    *,
    masks: Sequence[Path] = (),
    free_only: bool = False,
) -> tuple[Selection, PhotoCache]:
    """Scan folders (`find_photos`) and map their pictures (`open_cache`); ``folder`` keeps what both found."""
    selection = find_photos(photos, subjects, folder / SCAN_INDEX, tell, masks=masks, free_only=free_only)
    return selection, open_cache(selection, folder, side_px, tell)


def open_cache(
    selection: Selection,
    folder: Path,
    side_px: int = CACHE_SIDE_PX,
    tell: Tell = tell_nobody,
) -> PhotoCache:
    """Map the cache of ``selection`` under ``folder``, building it first where it is missing or unfinished.

    Raises ConfigError if the folder can't be written or a photograph went bad since the scan.
    """
    contents = [photo.sha256 + photo.mask_sha256 for photo in selection.photos]
    key = hashlib.sha256(json.dumps([_FORMAT, side_px, contents]).encode()).hexdigest()[:16]
    home = folder / f"photos-{side_px}-{key}"
    count = len(selection.photos)
    masked = sum(photo.mask is not None for photo in selection.photos)

    def shrink(arrays: Arrays, index: int) -> None:
        photo = selection.photos[index]
        arrays[PICTURES][index] = squash(_must_read(photo.path), side_px)
        if photo.mask is not None:
            arrays[MASKS][index] = squash(_must_read(photo.mask), side_px)[..., 0]

    shapes = {
        PICTURES: ((count, side_px, side_px, 3), np.uint8),
        MASKS: ((max(masked, 1), side_px, side_px), np.uint8),
    }
    build_once(home, shapes, count, shrink, "shrinking photographs", tell)
    pictures = np.memmap(home / PICTURES, np.uint8, "r", shape=(count, side_px, side_px, 3))
    masks: NDArray[np.uint8] = np.zeros((0, side_px, side_px), np.uint8)
    if masked:
        masks = np.memmap(home / MASKS, np.uint8, "r", shape=(masked, side_px, side_px))
    shares = np.array([float(np.mean(mask)) / 255 for mask in masks])
    return PhotoCache(pictures, masks, shares, selection.photos)


def squash(pixels: Pixels, side_px: int) -> Pixels:
    """Resize to a square, by areas when shrinking (`autoexposure.metering.preview` does not keep the aspect either)."""
    shrinks = min(pixels.shape[:2]) >= side_px
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return check_pixels(cv2.resize(pixels, (side_px, side_px), interpolation=method))


def _must_read(path: Path) -> Pixels:
    """A photograph or a mask that went bad since the scan stops the build: it is named."""
    try:
        return read_picture(path)
    except (OSError, PictureError) as error:
        raise ConfigError(f"{path} cannot be decoded ({error}); repair or remove it") from error
