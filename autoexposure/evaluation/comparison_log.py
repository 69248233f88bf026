"""Verdicts of comparisons, kept as JSON lines for those who run a study.

The keys are stable: ``at`` (UTC), ``camera``, ``camera_name``, ``meter``, ``blind``, ``left`` (ours or native),
``choice`` (left, equal or right), ``preferred`` (ours, native or null), ``seconds_apart``, and for each of ``ours`` and
``native`` an object with ``time_s``, ``gain`` and ``ev`` (null where unknown) and ``settled``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import platformdirs

from autoexposure.camera import CameraInfo
from autoexposure.errors import RecordingError
from autoexposure.evaluation.comparison import Frozen, Side, Verdict
from autoexposure.files.private_files import make_folder, private

Record = Mapping[str, object]
"""One verdict; its values are what JSON knows."""


def default_log_path() -> Path:
    """Where the verdicts of this user live."""
    return platformdirs.user_data_path("autoexposure", appauthor=False) / "comparisons.jsonl"


def verdict_record(
    camera: CameraInfo | None, taken: Mapping[Side, Frozen], verdict: Verdict, *, blind: bool
) -> dict[str, object]:
    """One verdict as a flat-enough record; ``taken`` holds both sides."""
    apart_s = abs(taken[Side.OURS].frame.timestamp_s - taken[Side.NATIVE].frame.timestamp_s)
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "camera": camera.stable_id if camera is not None else None,
        "camera_name": camera.name if camera is not None else None,
        "meter": taken[Side.OURS].meter,
        "blind": blind,
        "left": verdict.left.value,
        "choice": verdict.choice.value,
        "preferred": verdict.preferred.value if verdict.preferred is not None else None,
        "seconds_apart": round(apart_s, 3),
        **{side.value: _exposure_record(taken[side]) for side in Side},
    }


def keep_verdict(record: Record, path: Path | None = None) -> None:
    """Add one line to a log; it is whole in the file or not there.

    Parameters
    ----------
    record : as `verdict_record` makes it.
    path : of the log; None is this user's own.

    Raises
    ------
    RecordingError
        If it can't be written.
    """
    path = path or default_log_path()
    try:
        make_folder(path.parent)
        with open(path, "a", encoding="utf-8", opener=private) as file:
            file.write(json.dumps(record) + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise RecordingError(f"the verdict was not kept: {path} can't be written ({error.strerror})") from error


def _exposure_record(frozen: Frozen) -> dict[str, object]:
    exposure = frozen.frame.exposure
    return {
        "time_s": exposure.time_s if exposure else None,
        "gain": exposure.gain if exposure else None,
        "ev": exposure.ev if exposure else None,
        "settled": frozen.settled,
    }
