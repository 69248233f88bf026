"""Answers as one file to carry to another computer or to hand to somebody: a zip of PNG pictures and a JSON list."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from autoexposure.errors import FeedbackError
from autoexposure.exposure import Exposure
from autoexposure.feedback import Answer, FeedbackStore, Label, Sample, decode_png
from autoexposure.snapshot import AeState
from autoexposure.whole_file import whole_file

FORMAT = "autoexposure answers, version 1"
_LIST = "answers.json"
_LARGEST_PICTURE_BYTES = 10_000_000
_LARGEST_LIST_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of an archive's answers: kept, there already, or refused because they were damaged."""

    kept: int
    known: int
    refused: int


def export_answers(store: FeedbackStore, path: Path) -> int:
    """Write all answers of the store's profile to ``path``; returns how many. Raises FeedbackError.

    An archive that is there already is only replaced when the new one is whole.
    """
    samples = store.samples()
    try:
        with whole_file(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:  # PNG doesn't shrink
            for sample in samples:
                archive.writestr(_picture_name(sample.id), store.answer(sample.id).png)
            listed = {"format": FORMAT, "answers": [_as_json(sample) for sample in samples]}
            archive.writestr(_LIST, json.dumps(listed, indent=1), zipfile.ZIP_DEFLATED)
    except OSError as error:
        raise FeedbackError(f"The answers can't be written to {path}: {error.strerror or error}.") from error
    return len(samples)


def import_answers(path: Path, open_store: Callable[[str], FeedbackStore], profile: str | None = None) -> Imported:
    """Add an archive's answers to the store that ``open_store`` opens for each profile in it.

    ``profile`` : put all of them under this one. Answers that are there already are left alone, so that an import that
    was cut short is simply done again. Raises FeedbackError if the file is no such archive.
    """
    kept = known = refused = 0
    stores: dict[str, FeedbackStore] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in reversed(_listed(archive, path)):
                answer = _answer(archive, entry)
                if answer is None:
                    refused += 1
                    continue
                whose = profile or answer.sample.profile
                if whose not in stores:
                    stores[whose] = open_store(whose)
                if stores[whose].restore(answer) is None:
                    known += 1
                else:
                    kept += 1
    except (OSError, zipfile.BadZipFile) as error:
        raise FeedbackError(f"{path} can't be read as exported answers: {error}.") from error
    finally:
        for store in stores.values():
            store.close()
    return Imported(kept, known, refused)


def _listed(archive: zipfile.ZipFile, path: Path) -> list[Any]:
    try:
        if archive.getinfo(_LIST).file_size > _LARGEST_LIST_BYTES:
            raise ValueError("its list is far too long")
        listed = json.loads(archive.read(_LIST))
        if listed["format"] != FORMAT:
            raise ValueError(f"its format is {listed['format']!r}")
        return list(listed["answers"])
    except (KeyError, ValueError, TypeError) as error:
        raise FeedbackError(f"{path} holds no answers of this program ({error}).") from error


def _answer(archive: zipfile.ZipFile, entry: Any) -> Answer | None:
    """One answer; None if anything about it is damaged."""
    try:
        sample = _from_json(entry)
        info = archive.getinfo(_picture_name(sample.id))
        if info.file_size > _LARGEST_PICTURE_BYTES:
            return None
        png = archive.read(info)
    except (KeyError, ValueError, TypeError, zipfile.BadZipFile):
        return None
    return Answer(sample, png) if decode_png(png) is not None else None


def _picture_name(sample_id: int) -> str:
    return f"pictures/{sample_id:06}.png"


def _as_json(sample: Sample) -> dict[str, Any]:
    exposure = sample.exposure
    return {
        "id": sample.id,
        "answered_at": sample.answered_at.isoformat(timespec="milliseconds"),
        "profile": sample.profile,
        "label": sample.label.value,
        "exposure": None if exposure is None else {"time_s": exposure.time_s, "gain": exposure.gain},
        "reported": sample.reported,
        "sequence": sample.sequence,
        "camera": sample.camera,
        "meter": sample.meter,
        "model_hash": sample.model_hash,
        "ae_state": sample.ae_state.value,
        "delta_ev": sample.delta_ev,
        "bias_ev": sample.bias_ev,
    }


def _from_json(entry: dict[str, Any]) -> Sample:
    exposure = entry["exposure"]
    return Sample(
        id=int(entry["id"]),
        answered_at=datetime.fromisoformat(entry["answered_at"]).astimezone(UTC),
        profile=str(entry["profile"]),
        label=Label(entry["label"]),
        exposure=None if exposure is None else Exposure(float(exposure["time_s"]), float(exposure["gain"])),
        reported=bool(entry["reported"]),
        sequence=int(entry["sequence"]),
        camera=str(entry["camera"]),
        meter=str(entry["meter"]),
        model_hash=str(entry["model_hash"]),
        ae_state=AeState(entry["ae_state"]),
        delta_ev=None if entry["delta_ev"] is None else float(entry["delta_ev"]),
        bias_ev=float(entry["bias_ev"]),
    )
