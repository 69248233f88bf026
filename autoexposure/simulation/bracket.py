"""Photographs of one view with different exposure times, merged into the radiance of the scene."""

from __future__ import annotations

import csv
import io
import logging
import math
import warnings
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from autoexposure.errors import SceneError
from autoexposure.files.bounded import BadInput, parse_ratio, read_file, read_text
from autoexposure.files.decoding import LARGEST_BODY_BYTES, STILLS, picture_header
from autoexposure.plain_text import plain
from autoexposure.response import ResponseCurve, srgb
from autoexposure.simulation.photograph import linearised

log = logging.getLogger(__name__)

Codes = NDArray[np.uint8]

TIMES_FILE = "times.csv"
"""In the folder of the photographs: a line of ``file name, exposure time in seconds`` for each (``1/60`` will do)."""

SAME_VIEW_CORRELATION = 0.85
"""Rank correlation of two small grey pictures from which they count as one view. Measured: half of all neighbours in
eight real stacks above 0.95; 99 of 100 pairs of unrelated photographs below 0.6."""

WELL_RECORDED = (8, 247)
"""Grey codes between which two thumbnails are compared. Their pixels are means, so this stays clear of clipping."""

LEAST_SPREAD = 2.0
"""Photographs whose brightest has less than this times the light of the darkest are no exposure stack."""

CALIBRATION_PICTURES = 4
"""With this many pictures or more, the response curve is estimated (Debevec and Malik 1997); with fewer it is sRGB."""

CAMERA_CONTRAST = 1.25
"""Cameras put a contrast curve on top of sRGB, so a stop looks like more: 1.0 to 1.6 in eight real stacks."""

_NOTED_FORMATS = ("JPEG", "PNG", "TIFF", "WEBP")
"""Files in which cameras note the exposure."""

UNKNOWN_STEP = 2.0
"""The step assumed between two pictures that share no well exposed pixel."""


def is_bracket(pictures: list[Codes]) -> bool:
    """Whether these (H, W, 3) photographs show one view in different exposures."""
    if len(pictures) < 2 or len({picture.shape for picture in pictures}) > 1:
        return False
    by_brightness = sorted(pictures, key=_mean_light)
    if _mean_light(by_brightness[-1]) < LEAST_SPREAD * _mean_light(by_brightness[0]):
        return False
    thumbnails = [_thumbnail(picture) for picture in by_brightness]
    likeness = [_likeness(darker, brighter) for darker, brighter in pairwise(thumbnails)]
    told = [value for value in likeness if value is not None]
    return len(told) >= max(len(likeness) / 3, 1) and float(np.median(told)) >= SAME_VIEW_CORRELATION


def merged(
    pictures: list[Codes], times_s: list[float] | None, curve: ResponseCurve | None = None
) -> NDArray[np.float32]:
    """Radiance (H, W, 3) float32 in an unknown unit from (H, W, 3) photographs of one view.

    Parameters
    ----------
    pictures : list of (H, W, 3) uint8 RGB
        In any order.
    times_s : list of float or None
        Their exposure times; if None, the steps are estimated from the pixels that are well exposed in two of them.
        The scene's contrast is then a guess, since the camera's response curve can't be told from unknown steps.
    curve : ResponseCurve or None
        The camera's, where it is known; else it is estimated from four pictures or more, and sRGB for fewer.
    """
    order = sorted(range(len(pictures)), key=lambda index: _mean_light(pictures[index]))
    pictures = [pictures[index] for index in order]
    times = _estimated_times(pictures) if times_s is None else [times_s[index] for index in order]
    times_array = np.array(times, np.float32)
    if curve is None and len(pictures) >= CALIBRATION_PICTURES and max(times) > min(times):
        response = cv2.createCalibrateDebevec().process(pictures, times_array)
    else:
        relative = (curve or srgb()).relative
        response = np.repeat(relative[:, np.newaxis, np.newaxis], 3, axis=2)
        response = np.maximum(response, response[1] / 2)  # the merge takes logarithms
    return np.asarray(cv2.createMergeDebevec().process(pictures, times_array, response), np.float32)


def times_from_file(folder: Path) -> dict[str, float]:
    """File name -> exposure time in seconds from ``times.csv``; empty if there is none. Raises SceneError."""
    path = folder / TIMES_FILE
    try:
        rows = list(csv.reader(read_text(path).splitlines(), skipinitialspace=True))
    except FileNotFoundError:
        return {}
    except (OSError, BadInput, csv.Error) as error:
        raise SceneError(f"{path} can't be read as text: {error}") from error
    times: dict[str, float] = {}
    for number, row in enumerate(rows):
        if not row or (number == 0 and len(row) > 1 and not any(letter.isdigit() for letter in row[1])):
            continue  # an empty line, or a line of headings
        try:
            times[row[0].strip()] = time_s = parse_ratio(row[1])
        except (IndexError, BadInput) as error:
            raise SceneError(f"line {number + 1} of {path} must be 'file name, seconds', given {plain(row)}") from error
        if time_s <= 0:
            raise SceneError(f"line {number + 1} of {path} must give a time above 0, given {plain(row[1])}")
    return times


def time_from_exif(path: Path) -> float | None:
    """Exposure time in seconds as the camera noted it in the file, or None."""
    from PIL import Image  # only folders need it

    exif_ifd, exposure_time = 0x8769, 0x829A
    try:
        data = read_file(path, LARGEST_BODY_BYTES)
        picture_header(data, STILLS)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about odd notes, and about sizes that were just found to be bearable
            with Image.open(io.BytesIO(data), formats=_NOTED_FORMATS) as picture:
                time_s = float(picture.getexif().get_ifd(exif_ifd).get(exposure_time) or 0)
    except Exception as error:  # noqa: BLE001  # Pillow has a dozen kinds of error for damaged notes: only they are lost
        log.info("the camera's notes in %s can't be read (%s)", path, plain(error))
        return None
    return time_s if 0 < time_s < math.inf else None


def _estimated_times(pictures: list[Codes]) -> list[float]:
    """Relative exposure times of pictures sorted by brightness, the first 1."""
    times = [1.0]
    light = [linearised(picture) for picture in pictures]
    curve = srgb().relative
    dark, bright = curve[30], curve[225]
    for darker, brighter in pairwise(light):
        good = (darker > dark) & (darker < bright) & (brighter > dark) & (brighter < bright)
        enough = np.count_nonzero(good) > good.size / 1000
        seen_step = float(np.median(brighter[good] / darker[good])) if enough else UNKNOWN_STEP
        times.append(times[-1] * max(seen_step, 1.0) ** (1 / CAMERA_CONTRAST))
    return times


def _mean_light(picture: Codes) -> float:
    return float(linearised(picture[::4, ::4]).mean())


def _thumbnail(picture: Codes) -> NDArray[np.float32]:
    """(48, 48) grey."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(grey, (48, 48), interpolation=cv2.INTER_AREA), np.float32)


def _likeness(one: NDArray[np.float32], other: NDArray[np.float32]) -> float | None:
    """Rank correlation where neither thumbnail is near an end; ranks, as exposure changes values but not their order.

    None for two pictures with too little in common to tell, as at the ends of a long stack, or nothing to see.
    """
    darkest, brightest = WELL_RECORDED
    good = (one > darkest) & (one < brightest) & (other > darkest) & (other < brightest)
    if np.count_nonzero(good) < good.size // 20 or min(np.ptp(one[good]), np.ptp(other[good])) < 2:
        return None
    ranks, other_ranks = one[good].argsort().argsort(), other[good].argsort().argsort()
    return float(np.corrcoef(ranks, other_ranks)[0, 1])
