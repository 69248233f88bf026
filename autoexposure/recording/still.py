"""One picture saved as a photograph: with the exposure that made it, in EXIF, as photo programs read it.

Beside it, if wanted: the picture with the maps over it, and the maps themselves as numbers.
"""

from __future__ import annotations

import errno
import io
import os
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from autoexposure import __version__
from autoexposure.control.snapshot import Snapshot
from autoexposure.errors import ConfigError, RecordingError
from autoexposure.files.atomic_file import atomic_write, write_new
from autoexposure.frame import Pixels
from autoexposure.metering.drawing import OVERLAY_OPACITY, attention_layer, exposure_layer, lay_over
from autoexposure.states import AeState

if TYPE_CHECKING:
    from PIL.Image import Exif

KINDS = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG"}
"""What is written, by the ending of the file's name."""

STEM = "photo"
"""How the name of a photograph begins that is named by its time."""

JPEG_QUALITY = 95
"""Above it files grow fast, and no difference is seen. Colour keeps its full resolution, as in recordings."""

METERING_MODES = {"average": 1, "centre": 2, "spot": 3, "matrix": 5}
"""EXIF's numbers for meters that it knows; 255 stands for any other."""
OTHER_METERING = 255

ORIENTATION_TAG = 0x0112
ORIENTATIONS = (1, 6, 3, 8)
"""EXIF's numbers for a picture that is to be turned by so many quarters, clockwise."""

EXIF_IFD, EXPOSURE_MODE_TAG, AUTO_BRACKET = 0x8769, 0xA402, 2
"""Where EXIF says how an exposure was chosen: 0 by an automatic, 1 by hand, 2 as one of several."""

LARGEST_ISO = 65535
"""EXIF counts the sensitivity in 16 bits."""

MOST_PARTS = 10**9
"""Denominator of a time in EXIF, whose fractions have 32 bits: a billionth of a second is told apart."""


def taken_at(snapshot: Snapshot, now: datetime) -> datetime | None:
    """When the newest picture of a loop was taken, seen ``now``; None for one of a recording, which was before.

    ``now`` : with its time zone, as from ``datetime.now().astimezone()``.
    """
    return None if snapshot.playback is not None else now - timedelta(seconds=snapshot.timings.age_s)


def save_still(
    snapshot: Snapshot,
    where: Path | str,
    *,
    taken: datetime | None = None,
    overlay: Pixels | None = None,
    maps: bool = False,
    quarters: int = 0,
    bracketed: bool = False,
) -> tuple[Path, ...]:
    """Save the picture of a Snapshot as it came from the camera, with its exposure, meter and time in EXIF.

    Parameters
    ----------
    where : a file that does not exist yet, ``.jpg`` or ``.png``; or a folder, in which it is a JPEG named by its time.
    taken : when, with its time zone; None leaves the time out of EXIF. `taken_at` knows it for a live picture.
    overlay : (H, W, 3) uint8, the picture with something drawn on it: saved beside it as ``NAME-overlay``.
    maps : save attention and exposure map beside it, as ``NAME.npz``, if the meter has any.

    quarters : of a circle by which it is to be turned where it is shown, clockwise. EXIF says so; the pixels stay.
    bracketed : it is one of several exposures of the same view, which EXIF says, too.

    Returns
    -------
    tuple
        The files written, the picture first; for this user alone.

    Raises
    ------
    ConfigError
        If the name ends in nothing that can be written.
    RecordingError
        If there is no picture, one of the files exists already (then none is written), or the disk refuses; what was
        written by then stays.
    """
    where = Path(where)
    folder = where if os.path.isdir(where) else None  # a name too long for the disk is no folder either
    ending = ".jpg" if folder is not None else check_ending(where)
    if snapshot.frame is None or snapshot.frame.placeholder:
        raise RecordingError("there is no picture to save: wait until the camera delivers one")
    exif = _exif(snapshot, taken)
    if bracketed:
        exif.get_ifd(EXIF_IFD)[EXPOSURE_MODE_TAG] = AUTO_BRACKET
    exif[ORIENTATION_TAG] = ORIENTATIONS[quarters % 4]
    try:
        path = where
        picture = _encoded(snapshot.frame.pixels, ending, exif)
        if folder is not None:
            path = write_new(folder, STEM, ending, picture, taken or datetime.now())
        else:
            if (there := in_the_way(path, overlay=overlay is not None, maps=maps)) is not None:
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(there))
            atomic_write(path, picture, new=True)
        written = [path]
        if overlay is not None:
            written.append(_overlay_of(path))
            atomic_write(written[-1], _encoded(overlay, ending, exif), new=True)
        if maps and (numbers := _maps(snapshot)):
            written.append(_maps_of(path))
            atomic_write(written[-1], numbers, new=True)
    except FileExistsError as error:
        raise RecordingError(f"{error.filename} exists already and is left alone: name another file") from error
    except OSError as error:
        reason = error.strerror or error
        raise RecordingError(
            f"the picture can't be saved to {where} ({reason}): free some space, or name a file elsewhere"
        ) from error
    return tuple(written)


def check_ending(path: Path) -> str:
    """The ending of a file that a picture can be saved to, in small letters. Raises ConfigError for any other."""
    ending = path.suffix.lower()
    if ending not in KINDS:
        raise ConfigError(f"a picture is saved as .jpg or .png, given {path.name!r}")
    return ending


def in_the_way(path: Path, *, overlay: bool, maps: bool) -> Path | None:
    """The file that is already where the picture, or what is wanted beside it, is to go; None if there is none."""
    wanted = ((path, True), (_overlay_of(path), overlay), (_maps_of(path), maps))
    return next((file for file, written in wanted if written and os.path.lexists(file)), None)


def _overlay_of(path: Path) -> Path:
    return path.with_name(f"{path.stem}-overlay{path.suffix}")


def _maps_of(path: Path) -> Path:
    return path.with_suffix(".npz")


def with_maps(snapshot: Snapshot) -> Pixels | None:
    """The picture with the maps over it as the window draws both; None if there is no picture or no map."""
    frame, decision = snapshot.frame, snapshot.decision
    if frame is None or decision is None or decision.attention is None:
        return None
    drawn = frame.pixels
    if decision.exposure_map is not None:
        drawn = lay_over(drawn, exposure_layer(decision.exposure_map, OVERLAY_OPACITY))
    return lay_over(drawn, attention_layer(decision.attention, OVERLAY_OPACITY))


def _encoded(pixels: Pixels, ending: str, exif: Exif) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(
        file, KINDS[ending], quality=JPEG_QUALITY, subsampling=0, exif=exif
    )
    return file.getvalue()


def _maps(snapshot: Snapshot) -> bytes:
    """Each map (15, 15) and the answer as an .npz; empty if there is no map."""
    decision = snapshot.decision
    if decision is None:
        return b""
    named = {"attention": decision.attention, "exposure_map": decision.exposure_map, "mask": snapshot.mask}
    arrays = {name: np.asarray(array) for name, array in named.items() if array is not None}
    if not arrays:
        return b""
    arrays |= {"delta_ev": np.asarray(decision.delta_ev), "ev_bias": np.asarray(snapshot.ev_bias)}
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **arrays)
    return file.getvalue()


def _exif(snapshot: Snapshot, taken: datetime | None) -> Exif:
    from PIL.ExifTags import IFD, Base
    from PIL.Image import Exif
    from PIL.TiffImagePlugin import IFDRational

    exif = Exif()
    exif[Base.Software] = f"autoexposure {__version__}"
    if snapshot.camera is not None:
        exif[Base.Model] = snapshot.camera.name.encode()  # UTF-8: as a text, Pillow would keep its ASCII alone
    detail = exif.get_ifd(IFD.Exif)
    detail[Base.ExifVersion] = b"0232"
    detail[Base.ColorSpace] = 1  # sRGB, which is what cameras of this kind deliver
    if (exposure := snapshot.exposure) is not None:
        if snapshot.time_known:
            parts = MOST_PARTS // max(1, round(exposure.time_s)) or 1
            time_s = Fraction(exposure.time_s).limit_denominator(parts)
            detail[Base.ExposureTime] = IFDRational(time_s.numerator, time_s.denominator)
        if snapshot.gain_known:
            base_iso = snapshot.capabilities.base_iso if snapshot.capabilities is not None else 100
            detail[Base.ISOSpeedRatings] = min(max(round(exposure.iso(base_iso)), 1), LARGEST_ISO)
    detail[Base.ExposureMode] = int(snapshot.ae_state is AeState.LOCKED)  # 0 is automatic
    decision = snapshot.decision
    if decision is not None and not snapshot.native_auto:
        # The meter and its answer have no place of their own in EXIF.
        words = f"metered by {snapshot.meter}; {decision.delta_ev:+.2f} EV asked for; {snapshot.ae_state}"
        detail[Base.ExposureBiasValue] = IFDRational(round(snapshot.ev_bias * 1000), 1000)
        detail[Base.MeteringMode] = METERING_MODES.get(snapshot.meter, OTHER_METERING)
        detail[Base.UserComment] = b"ASCII\0\0\0" + words.encode("ascii", "replace")
    if taken is not None:
        offset = taken.strftime("%z")
        detail[Base.DateTimeOriginal] = detail[Base.DateTimeDigitized] = taken.strftime("%Y:%m:%d %H:%M:%S")
        detail[Base.SubsecTimeOriginal] = detail[Base.SubsecTimeDigitized] = f"{taken.microsecond // 1000:03d}"
        if offset:
            detail[Base.OffsetTimeOriginal] = detail[Base.OffsetTimeDigitized] = f"{offset[:3]}:{offset[3:5]}"
    return exif
