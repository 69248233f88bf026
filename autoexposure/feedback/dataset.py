"""Answers as a folder of labelled pictures, laid out as image datasets are: ``metadata.jsonl`` beside the pictures.

Hugging Face's ``datasets`` reads it with ``load_dataset("imagefolder", data_dir=FOLDER)``: ``file_name`` names the
picture of each line, every other key becomes a column.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

from autoexposure.errors import FeedbackError
from autoexposure.feedback.answer import Sample
from autoexposure.feedback.store import FeedbackStore
from autoexposure.files.atomic_file import atomic_write
from autoexposure.files.private_files import make_folder, sync_folder

METADATA = "metadata.jsonl"


def export_dataset(store: FeedbackStore, folder: Path) -> int:
    """Write all answers of the store's profile as ``folder``; returns how many.

    The folder appears only when it is complete. Raises FeedbackError if it is there already and not empty, if there is
    no answer, or if it can't be written; nothing stays behind then.
    """
    samples = store.samples()
    if not samples:
        raise FeedbackError("There is no answer to export.")
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise FeedbackError(f"{folder} exists already and is left alone: name a folder that is empty or missing.")
        make_folder(folder.parent)
        part = Path(tempfile.mkdtemp(prefix=".exporting-", dir=folder.parent))
        try:
            for sample in samples:
                atomic_write(part / _picture_name(sample), store.answer(sample.id).png)
            lines = (json.dumps(_row(sample)) for sample in samples)
            atomic_write(part / METADATA, "\n".join(lines) + "\n")
            part.replace(folder)  # an empty folder there is replaced
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
        sync_folder(folder.parent)
    except OSError as error:
        raise FeedbackError(f"The answers can't be written to {folder}: {error.strerror or error}.") from error
    return len(samples)


def _picture_name(sample: Sample) -> str:
    return f"{sample.id:06}.png"


def _row(sample: Sample) -> dict[str, object]:
    """One line; flat, as columns are. Each column has one type, and an unknown value is null."""
    exposure = sample.exposure
    return {
        "file_name": _picture_name(sample),
        "label": sample.label.value,
        "id": sample.id,
        "answered_at": sample.answered_at.isoformat(timespec="milliseconds"),
        "profile": sample.profile,
        "time_s": float(exposure.time_s) if exposure is not None else None,
        "gain": float(exposure.gain) if exposure is not None else None,
        "reported": sample.reported,
        "camera": sample.camera,
        "sequence": sample.sequence,
        "meter": sample.meter,
        "model_hash": sample.model_hash,
        "ae_state": sample.ae_state.value,
        "delta_ev": float(sample.delta_ev) if sample.delta_ev is not None else None,
        "bias_ev": float(sample.bias_ev),
        "source": sample.source.value,
        "weight": float(sample.weight),
    }
