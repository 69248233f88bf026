"""A bracket on the disk: a folder with the pictures from dark to bright, what was made of them, and a file of facts."""

from __future__ import annotations

import contextlib
import itertools
import json
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import cv2
import numpy as np

from autoexposure import __version__
from autoexposure.bracketing.bracket import Bracket, Taken
from autoexposure.bracketing.fusion import fused, merged_light
from autoexposure.errors import ConfigError, RecordingError
from autoexposure.extras import not_installed
from autoexposure.files.atomic_file import atomic_write
from autoexposure.files.private_files import FOLDER_MODE, make_folder
from autoexposure.recording.still import save_still
from autoexposure.response import Floats

STEM = "bracket"
"""How the name of a folder begins that is named by its time."""

FACTS = "bracket.json"
FUSED = "fused"
LIGHT = "light"

LIGHT_KINDS = (".hdr", ".exr")
"""Files of linear light; the second needs OpenEXR."""


def check_light(ending: str) -> str:
    """Return the ending if linear light can be written so. Raises ConfigError if not."""
    if ending not in LIGHT_KINDS:
        raise ConfigError(f"linear light is written as {' or '.join(LIGHT_KINDS)}, given {ending!r}")
    if ending == ".exr":
        try:
            import OpenEXR  # noqa: F401  # slow to load and rarely needed; here only to see that it is there
        except ImportError as error:
            raise ConfigError(not_installed("writing .exr needs OpenEXR", "exr") + ", or choose .hdr") from error
    return ending


def new_folder(folder: Path, now: datetime) -> Path:
    """Make a folder in ``folder`` that is named by its time, and that nobody had before. Raises RecordingError."""
    try:
        make_folder(folder)
        for number in itertools.count(1):
            path = folder / (f"{STEM}-{now:%Y-%m-%d-%H%M%S}" + (f"-{number}" if number > 1 else ""))
            with contextlib.suppress(FileExistsError):
                path.mkdir(FOLDER_MODE)
                return path
    except OSError as error:
        raise _refused(folder, error) from error
    raise AssertionError("numbers don't end")


def save_bracket(
    bracket: Bracket, folder: Path, *, ending: str = ".jpg", fuse: bool = True, light: str = "", quarters: int = 0
) -> tuple[Path, ...]:
    """Save what was taken into ``folder``: ``1.jpg`` is the darkest.

    Parameters
    ----------
    bracket : ended, with at least one picture.
    folder : is there; no file in it is replaced.
    ending : of the pictures, ``.jpg`` or ``.png``.
    fuse : also one picture of all, as ``fused`` with that ending.
    light : also the scene's linear light, as ``light`` with this ending, one of `LIGHT_KINDS`; empty for none.
    quarters : as of `save_still`.

    Returns
    -------
    tuple
        The files written: the pictures from dark to bright, what was made of them, the facts.

    Raises
    ------
    RecordingError
        If there is no picture, a file is there already, or the disk refuses; what was written by then stays.
    """
    taken = bracket.by_ev
    if not taken:
        raise RecordingError("there is no picture to save: none was taken")
    paths: list[Path] = []
    for number, each in enumerate(taken, 1):
        # What a photo program reads as the bracket's step; a bias that was set comes on top.
        shown = replace(each.snapshot, ev_bias=each.snapshot.ev_bias + each.offset_ev)
        path = folder / f"{number}{ending}"
        paths += save_still(shown, path, taken=each.at, quarters=quarters, bracketed=True)
    pictures = [each.snapshot.frame.pixels for each in taken if each.snapshot.frame is not None]
    made = []
    if fuse and len(pictures) > 1:
        made.append(folder / f"{FUSED}{ending}")
        first = taken[0].snapshot
        assert first.frame is not None
        # No single exposure made it, so EXIF gives none.
        whole = replace(first, frame=replace(first.frame, pixels=fused(pictures), exposure=None), decision=None)
        save_still(whole, made[-1], taken=taken[0].at, quarters=quarters, bracketed=True)
    if light and len(pictures) > 1:
        made.append(folder / f"{LIGHT}{light}")
        _write_light(merged_light(pictures, [each.ev for each in taken], bracket.response), made[-1])
    facts = folder / FACTS
    try:
        atomic_write(facts, json.dumps(_facts(bracket, taken, paths, made), indent=1) + "\n", new=True)
    except OSError as error:
        raise _refused(facts, error) from error
    return (*paths, *made, facts)


def _facts(bracket: Bracket, taken: Sequence[Taken], paths: Sequence[Path], made: Sequence[Path]) -> dict[str, object]:
    first = taken[0].snapshot
    return {
        "autoexposure": __version__,
        "camera": first.camera.name if first.camera is not None else "",
        "meter": first.meter,
        "model_sha256": first.model_hash,
        "wanted": bracket.count,
        "ended_early": bracket.reason,
        "response": bracket.response.name,
        "pictures": [_picture(each, path) for each, path in zip(taken, paths, strict=True)],
        "made_of_them": [path.name for path in made],
    }


def _picture(each: Taken, path: Path) -> dict[str, object]:
    exposure = each.snapshot.exposure
    assert exposure is not None
    return {
        "file": path.name,
        "exposure_time_s": exposure.time_s if each.snapshot.time_known else None,
        "gain": exposure.gain if each.snapshot.gain_known else None,
        "ev": round(each.ev, 4),
        "offset_ev": round(each.offset_ev, 4),
        "reported": each.snapshot.frame is not None and each.snapshot.frame.reported,
        "taken": each.at.isoformat(timespec="milliseconds") if each.at is not None else None,
    }


def _write_light(light: Floats, path: Path) -> None:
    try:
        atomic_write(path, _encoded_light(light, path.suffix), new=True)
    except (OSError, RuntimeError) as error:  # the second is OpenEXR's
        raise _refused(path, error) from error


def _encoded_light(light: Floats, ending: str) -> bytes:
    if ending == ".hdr":
        _, encoded = cv2.imencode(ending, np.ascontiguousarray(light[..., ::-1]))
        return encoded.tobytes()
    import OpenEXR

    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    with tempfile.TemporaryDirectory() as folder:  # it writes to a name only
        path = Path(folder, "light.exr")
        OpenEXR.File(header, {"RGB": np.ascontiguousarray(light)}).write(str(path))
        return path.read_bytes()


def _refused(path: Path, error: OSError | RuntimeError) -> RecordingError:
    reason = getattr(error, "strerror", None) or error
    return RecordingError(f"{path} can't be written ({reason}): free some space, or name another folder")
