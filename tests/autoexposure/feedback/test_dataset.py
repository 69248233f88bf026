import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from autoexposure.errors import FeedbackError
from autoexposure.exposure import Exposure
from autoexposure.feedback.answer import Label
from autoexposure.feedback.dataset import METADATA, export_dataset
from autoexposure.feedback.store import FeedbackStore
from autoexposure.frame import Frame
from autoexposure.states import AeState


@pytest.fixture
def store(tmp_path: Path):
    with FeedbackStore(tmp_path / "feedback.sqlite", profile="ada") as answers:
        for number, label in enumerate(Label):
            exposure = Exposure(1 / 60, 2.0) if number else None
            frame = Frame(picture(number), 0.0, number, exposure, reported=bool(number))
            answers.add(frame, label, camera="usb-1", meter="attention", ae_state=AeState.CONVERGED, delta_ev=0.1)
        yield answers


def picture(number: int):
    return np.random.default_rng(number).integers(0, 256, (40, 50, 3), dtype=np.uint8)


def test_every_picture_has_a_line_that_names_it(store: FeedbackStore, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "dataset"
    assert export_dataset(store, folder) == 3
    rows = [json.loads(line) for line in (folder / METADATA).read_text().splitlines()]
    assert {row["file_name"] for row in rows} | {METADATA} == set(os.listdir(folder))
    assert len({tuple(row) for row in rows}) == 1  # the same columns, in the same order
    by_number = {row["sequence"]: row for row in rows}
    assert [by_number[number]["label"] for number in range(3)] == [label.value for label in Label]
    assert (by_number[0]["time_s"], by_number[1]["gain"]) == (None, 2.0)
    kept = cv2.cvtColor(cv2.imread(str(folder / by_number[2]["file_name"])), cv2.COLOR_BGR2RGB)
    assert kept.shape[2] == 3
    assert (kept == picture(2)).all()


def test_datasets_reads_it_with_its_labels(store: FeedbackStore, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets", reason="Hugging Face's datasets is not installed")
    export_dataset(store, tmp_path / "dataset")
    read = datasets.load_dataset(
        "imagefolder", data_dir=str(tmp_path / "dataset"), split="train", cache_dir=str(tmp_path / "cache")
    )
    assert sorted(read["label"]) == sorted(label.value for label in Label)
    assert read[0]["image"].size == (50, 40)
    assert {"time_s", "gain", "camera", "weight"} <= set(read.column_names)


def test_what_is_there_is_left_alone(store: FeedbackStore, tmp_path: Path) -> None:
    full, empty = tmp_path / "full", tmp_path / "empty"
    full.mkdir()
    (full / "own.txt").write_text("mine")
    for there in (full, full / "own.txt"):
        with pytest.raises(FeedbackError, match="left alone"):
            export_dataset(store, there)
    assert [path.name for path in full.iterdir()] == ["own.txt"]
    empty.mkdir()
    assert export_dataset(store, empty) == 3


def test_nothing_half_written_stays(store: FeedbackStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "target"
    target.mkdir()
    answer, asked = store.answer, []

    def full_disk(number: int):
        asked.append(number)
        if len(asked) == 2:
            raise OSError(28, "No space left on device")
        return answer(number)

    monkeypatch.setattr(store, "answer", full_disk)
    with pytest.raises(FeedbackError, match="No space left"):
        export_dataset(store, target / "dataset")
    assert list(target.iterdir()) == []


def test_no_answer_is_no_dataset(tmp_path: Path) -> None:
    with FeedbackStore(tmp_path / "feedback.sqlite") as answers, pytest.raises(FeedbackError, match="no answer"):
        export_dataset(answers, tmp_path / "dataset")
