from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import onnx
import pytest

from autoexposure.errors import ConfigError
from models.data.dataset import open_cache
from models.data.photo_files import find_photos
from models.evaluation.int8 import Int8Trial, Trial, head_nodes, keep_int8, try_int8
from models.files.export import Exported
from models.files.model_file import default_model_path, load_model
from models.network import AttentionFcn

FULL = Trial("float32", 1400, 0.300, 4.0)


@pytest.mark.parametrize(
    ("mae_ev", "decision_ms", "worth"), [(0.315, 2.0, True), (0.33, 2.0, False), (0.30, 5.0, False)]
)
def test_it_is_kept_only_if_faster_and_hardly_worse(mae_ev: float, decision_ms: float, worth: bool) -> None:
    trial = Int8Trial(FULL, replace(FULL, name="int8", mae_ev=mae_ev, decision_ms=decision_ms), b"")
    assert trial.worth_keeping == worth
    assert f"| int8 | 1400 | {mae_ev:.3f} |" in trial.as_table()


def test_the_quantised_model_is_a_model_of_ours_that_answers_alike(tmp_path: Path, photo_folder: Path) -> None:
    cache = open_cache(find_photos([photo_folder]), tmp_path / "cache", 128)
    trial = try_int8(default_model_path(), cache)
    keep_int8(trial, tmp_path / "int8.onnx")
    assert load_model(tmp_path / "int8.onnx").metadata == load_model(default_model_path()).metadata
    assert trial.int8.kilobytes < trial.float32.kilobytes / 2
    assert trial.int8.mae_ev == pytest.approx(trial.float32.mae_ev, abs=0.2)


def test_trying_writes_nothing_and_what_is_kept_is_whole(tmp_path: Path, photo_folder: Path) -> None:
    """Nor beside the model that is tried: its folder may be read-only."""
    cache = open_cache(find_photos([photo_folder]), tmp_path / "cache", 128)
    home = tmp_path / "model"
    home.mkdir()
    for suffix in (".onnx", ".json"):
        (home / f"base{suffix}").write_bytes(default_model_path().with_suffix(suffix).read_bytes())
    told: list[str] = []
    trial = try_int8(home / "base.onnx", cache, lambda stage, _: told.append(stage))
    assert sorted(path.name for path in home.iterdir()) == ["base.json", "base.onnx"]
    assert list(dict.fromkeys(told)) == ["calibrating 8-bit integers", "measuring float32", "measuring int8"]
    (home / "file").write_text("")
    with pytest.raises(ConfigError, match="can't be written"):
        keep_int8(trial, home / "file" / "int8.onnx")


def test_both_heads_are_found_in_the_shipped_model_and_in_an_export(own_model: tuple[AttentionFcn, Exported]) -> None:
    for model in (default_model_path(), own_model[1].onnx):
        assert len(head_nodes(onnx.load(model).graph)) == 2
