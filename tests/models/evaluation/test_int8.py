from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from autoexposure.camera import Camera
from autoexposure.clock import SimulatedClock
from autoexposure.errors import ConfigError
from drivers.simulated.camera import open_simulated
from models.data.dataset import open_cache
from models.data.photo_files import find_photos
from models.evaluation import int8
from models.evaluation.evaluate import EvaluateConfig
from models.evaluation.int8 import Int8Trial, Row, keep_int8, try_int8
from models.files.export import Exported
from models.files.model_file import load_model
from models.network import AttentionFcn

TRIAL = Int8Trial((Row("one thing", 0.300, 0.305), Row("another", 0.5, 0.4)), 4.0, 2.0, 1400, b"")


@pytest.mark.parametrize(("another", "int8_ms", "worth"), [(0.509, 2.0, True), (0.511, 2.0, False), (0.4, 4.0, False)])
def test_it_is_kept_only_if_faster_and_no_row_is_worse(another: float, int8_ms: float, worth: bool) -> None:
    """Not even if the other rows got better by more than this one lost."""
    trial = replace(TRIAL, rows=(Row("one thing", 0.3, 0.1), Row("another", 0.5, another)), int8_ms=int8_ms)
    assert trial.worth_keeping == worth
    assert [row.words for row in trial.worse] == (["another"] if another > 0.51 else [])


@pytest.mark.parametrize("figures", [(0.3, math.nan), (math.nan, 0.3)])
def test_a_figure_that_is_no_number_is_no_reason_to_keep_it(figures: tuple[float, float]) -> None:
    assert not replace(TRIAL, rows=(Row("a hole", *figures),)).worth_keeping


def test_the_table_names_every_row() -> None:
    table = TRIAL.as_table()
    assert "| one thing | 0.300 | 0.305 | +0.005 |" in table
    assert "| another | 0.500 | 0.400 | -0.100 |" in table
    assert "| decision, ms | 4.00 | 2.00 | 0.50 x |" in table
    assert "| file, KiB | 1400 | 0 |  |" in table


def view(delay_frames: int, start_ev: float, clock: SimulatedClock) -> Camera:
    return open_simulated(f"light=steady,width=64,height=48,delay={delay_frames},start_ev={start_ev}", clock)


def test_both_forms_are_measured_in_everything_that_a_model_is_judged_by(
    tmp_path: Path,
    photo_folder: Path,
    subject_folder: Path,
    own_model: tuple[AttentionFcn, Exported],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Trying writes nothing, also not beside the model, and what is kept is whole."""
    monkeypatch.setattr("models.evaluation.closed_loop.FRAMES", 4)
    cache = open_cache(find_photos([photo_folder], [subject_folder]), tmp_path / "cache", 128)
    model = own_model[1].onnx
    before = sorted(model.parent.iterdir())
    config = EvaluateConfig((photo_folder,), (subject_folder,), part="train", backgrounds_ev=(2.0,), rounds=2)
    told: list[str] = []
    config = replace(config, most_photos=3, most_of_kind=2)
    trial = try_int8(model, cache, config, [view], lambda stage, _: told.append(stage))
    assert sorted(model.parent.iterdir()) == before
    assert [stage for stage in dict.fromkeys(told) if stage.endswith("settling")] == [
        "float32: settling",
        "int8: settling",
    ]
    words = [row.words for row in trial.rows]
    for expected in (
        "ladders of photographs (mean)",
        "backlit other subjects",
        "ladders of relit other subjects",
        "attention beside the subject",
        "doubt on photographs, off 68 %",
        "steps not settled in time, 8 frames late",
    ):
        assert expected in words
    assert any(row.float32 != row.int8 for row in trial.rows)
    assert len(trial.model) / 1024 < trial.float32_kib / 2
    keep_int8(trial, tmp_path / "kept" / "int8.onnx")
    kept = load_model(tmp_path / "kept" / "int8.onnx")
    assert kept.doubts
    assert kept.metadata["quantised_from"] == load_model(model).sha256
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="can't be written"):
        keep_int8(trial, tmp_path / "file" / "int8.onnx")


def test_what_the_ranges_are_found_on_is_the_training_part(
    tmp_path: Path, photo_folder: Path, subject_folder: Path
) -> None:
    cache = open_cache(find_photos([photo_folder], [subject_folder]), tmp_path / "cache", 128)
    masked = cache.indices("train", masked=True)
    shown = list(int8._previews(cache))
    assert len(shown) == len(cache.indices("train")) + len(masked) < len(cache.photos) + len(masked)
    assert len(masked) > 0
    assert {preview.shape for preview in shown} == {(1, 3, 128, 128)}
