"""Photographs turned back into light: reading picture files and undoing their response curve."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from autoexposure.errors import PictureError, SceneError
from autoexposure.extras import not_installed
from autoexposure.files.bounded import BadInput, read_file
from autoexposure.files.decoding import LARGEST_BODY_BYTES, decode_deep
from autoexposure.files.exr_header import check_exr
from autoexposure.frame import check_pixels
from autoexposure.plain_text import plain
from autoexposure.simulation.scene import REFERENCE, Size
from autoexposure.simulation.sensor import Radiance

PHOTOGRAPH_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp"})
"""Files taken for ordinary photographs."""

RADIANCE_SUFFIXES = frozenset({".exr", ".hdr", ".pic"})
"""Files that hold linear light."""

EXPANDED_FROM = np.float32(0.93)
"""Linear value (code 247) above which light is restored; a little below clipping, so that the change is smooth."""

HIGHLIGHT_BOOST = 3.0
"""The light that pure white in a photograph stands for: it was at least 1, but how much more is unknown."""


def read_radiance(path: Path, least: Size | None = None) -> Radiance:
    """Read a picture file as (H, W, 3) float32 linear RGB >= 0.

    Photographs are scaled so that ``REFERENCE`` takes the same picture again; linear files are in their own unit.

    Parameters
    ----------
    path : Path
        Of the file.
    least : Size, optional
        A photograph much larger than it is averaged down, to twice this size or more: its light takes four times the
        memory of its code values.

    Raises
    ------
    SceneError
        If the file is not there or can't be read as a picture.
    """
    if path.suffix.lower() == ".exr":
        return finite_light(_read_exr(path))
    codes = _decode(path)
    if codes.dtype.kind == "f":
        return finite_light(codes)
    return _light_of(codes, least) / np.float32(REFERENCE.time_s)


def read_codes(path: Path) -> NDArray[np.uint8]:
    """Read a photograph as (H, W, 3) uint8 RGB; raises SceneError if it isn't one."""
    codes = _decode(path)
    if codes.dtype == np.uint16:
        return (codes.astype(np.uint16, copy=False) >> 8).astype(np.uint8)
    if codes.dtype != np.uint8:
        raise SceneError(f"{path} holds linear light and can't be one of a row of photographs")
    return check_pixels(codes)


def linearised(codes: NDArray[np.generic]) -> Radiance:
    """Linear light 0..1, float32, of sRGB code values of 8 or 16 bits (IEC 61966-2-1)."""
    full = 65535 if codes.dtype == np.uint16 else 255
    code = np.arange(full + 1) / full
    table = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4).astype(np.float32)
    light: Radiance = table[codes]
    return light


def expanded(light: Radiance, boost: float = HIGHLIGHT_BOOST) -> Radiance:
    """Give clipped highlights back some of the light that the camera cut off; all else stays as it is.

    Parameters
    ----------
    light : (H, W, 3) float32
        Linear, 1 = where the photograph is white.
    boost : float
        The factor at pure white.
    """
    brightest = light.max(axis=2, keepdims=True)
    share = np.clip((brightest - EXPANDED_FROM) / (1 - EXPANDED_FROM), 0, 1)
    lit: Radiance = light * (1 + np.float32(boost - 1) * share * share)
    return lit


_BAND_ROWS = 64
"""Rows whose light is held at once while a photograph is averaged down."""


def _light_of(codes: NDArray[np.generic], least: Size | None) -> Radiance:
    """Linear light, highlights expanded, of (H, W, 3) code values; see ``read_radiance`` for ``least``."""
    height, width = codes.shape[:2]
    step = 1 if least is None else max(1, min(height // (2 * least.height_px), width // (2 * least.width_px)))
    rows, columns = height // step, width // step
    light: Radiance = np.empty((rows, columns, 3), np.float32)
    for top in range(0, rows, _BAND_ROWS):
        band = light[top : top + _BAND_ROWS]
        seen = codes[top * step : (top + len(band)) * step, : columns * step]
        lit = expanded(linearised(seen))
        band[:] = lit if step == 1 else cv2.resize(lit, (columns, len(band)), interpolation=cv2.INTER_AREA)
    return light


def _decode(path: Path) -> NDArray[np.generic]:
    """The file as (H, W, 3) RGB in whatever depth it has."""
    try:
        return decode_deep(_content(path))
    except PictureError as error:
        raise _not_a_picture(path, error) from error


def _content(path: Path) -> bytes:
    try:
        return read_file(path, LARGEST_BODY_BYTES)
    except FileNotFoundError as error:
        raise SceneError(f"there is no file {path}; give a photograph, an .hdr or .exr file or a folder") from error
    except OSError as error:
        raise SceneError(f"{path} can't be read: {error.strerror or error}") from error
    except BadInput as error:
        raise _not_a_picture(path, error) from error


def _read_exr(path: Path) -> NDArray[np.generic]:
    """First part of an OpenEXR file: its RGB or RGBA channels, or its grey one three times."""
    try:
        import OpenEXR  # slow to load and rarely needed
    except ImportError as error:
        raise SceneError(not_installed(f"reading {path} needs OpenEXR", "exr")) from error
    try:
        check_exr(_content(path))
        channels = OpenEXR.File(str(path)).channels()
    except (OSError, RuntimeError, ValueError, TypeError, PictureError) as error:
        raise _not_a_picture(path, error) from error
    for name in ("RGB", "RGBA"):
        if name in channels:
            return np.asarray(channels[name].pixels[..., :3])
    for names in ("RGB", "YYY"):
        if set(names) <= set(channels):
            return np.stack([channels[name].pixels for name in names], axis=-1)
    found = plain(", ".join(sorted(channels)))
    raise SceneError(f"{path} has the channels {found}, but neither RGB nor Y among them")


def finite_light(radiance: NDArray[np.generic]) -> Radiance:
    """As float32 without negatives, NaN and infinities, which real files and merged stacks do hold."""
    light = radiance.astype(np.float32)
    finite = np.isfinite(light)
    most = float(light.max(where=finite, initial=0.0))
    np.nan_to_num(light, copy=False, nan=0.0, posinf=most, neginf=0.0)
    return np.clip(light, 0, None, out=light)


def _not_a_picture(path: Path, why: Exception) -> SceneError:
    return SceneError(
        f"{path} is not a picture that can be read ({plain(why)}); give a photograph, an .hdr or .exr file"
    )
