from __future__ import annotations

import csv
import inspect
import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from typer.testing import CliRunner

from autoexposure.cli import app
from autoexposure.errors import ConfigError, ModelFileError
from autoexposure.training_commands import pretrain as pretrain_command
from models.checkpoint import load_network, read_progress
from models.export import export_checkpoint
from models.model_file import default_model_path
from models.network import CAFFE_MEAN_BGR, INPUT_SCALE, AttentionFcn, NetworkConfig
from models.pretrain import PretrainConfig, TrainingReport, learning_rate, pretrain, start_from


class Killed(Exception):
    """Stands for kill -9: nothing after it runs."""


@pytest.fixture
def config(tmp_path: Path, photo_folder: Path, subject_folder: Path) -> PretrainConfig:
    return PretrainConfig(
        photos=(photo_folder,),
        subjects=(subject_folder,),
        out=tmp_path / "run",
        steps=4,
        batch=4,
        threads=1,
        cache_side_px=128,
        checkpoint_every_s=0.0,
        validation_photos=2,
        network=NetworkConfig(dropout=0.5),
        resume=True,
    )


def weights_of(run: Path) -> dict[str, torch.Tensor]:
    (path,) = run.glob("checkpoint-*.safetensors")
    return load_file(path)


def test_killed_and_resumed_gives_the_same_as_uninterrupted(config: PretrainConfig, tmp_path: Path) -> None:
    whole = pretrain(config)

    def kill_after_two(report: TrainingReport) -> None:
        if report.stage == "training" and report.step == 2:
            raise Killed

    halved = replace(config, out=tmp_path / "halved")
    with pytest.raises(Killed):
        pretrain(halved, kill_after_two)
    (halved.out / "checkpoint-3.safetensors").write_bytes(b"killed while writing")
    progress = read_progress(halved.out)
    assert progress is not None
    assert progress.step == 2
    pretrain(halved)
    expected, resumed = weights_of(whole), weights_of(halved.out)
    assert expected.keys() == resumed.keys()
    for name, value in expected.items():
        assert torch.equal(value, resumed[name]), name


def test_a_run_writes_its_log_and_names_its_files(config: PretrainConfig, photo_folder: Path) -> None:
    (photo_folder / "notes.txt").write_text("hello")
    reports: list[TrainingReport] = []
    run = pretrain(config, reports.append)
    assert reports[0].stage == "photographs"
    assert reports[-1].fraction == 1.0
    assert reports[-1].step == 4
    with (run / "log.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    assert rows[-1]["step"] == "4"
    assert 0 < float(rows[-1]["train_error_ev"]) < 3
    with (run / "files.csv").open() as lines:
        files = {row["file"]: row for row in csv.DictReader(lines)}
    assert files["notes.txt"]["refused"] == "not a picture"
    assert files["photo_00.png"]["part"] in ("train", "validation", "test")


def test_the_command_trains_and_draws_what_happened(photo_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    few = ["--steps", "1", "--batch", "2", "--threads", "1"]
    done = CliRunner().invoke(app, ["pretrain", "--photos", str(photo_folder), "--out", str(out), *few])
    assert done.exit_code == 0, done.output
    assert cv2.imread(str(out / "training.png")).shape[2] == 3


def test_the_commands_defaults_are_the_trainings_own() -> None:
    told = {name: option.default for name, option in inspect.signature(pretrain_command).parameters.items()}
    usual = PretrainConfig((), Path())
    for name in ("steps", "rate", "guidance", "batch", "seed", "threads", "recipe", "minutes"):
        assert told[name] == getattr(usual, name), name
    assert told["relit"] == usual.mix.relit_share


def test_a_recipe_that_nobody_knows_is_refused(photo_folder: Path, tmp_path: Path) -> None:
    refused = CliRunner().invoke(
        app, ["pretrain", "--photos", str(photo_folder), "--out", str(tmp_path), "--recipe", "soup"]
    )
    assert isinstance(refused.exception, ConfigError)
    assert "default or paper" in str(refused.exception)


def test_a_time_budget_ends_the_run(config: PretrainConfig) -> None:
    run = pretrain(replace(config, steps=1_000_000, minutes=1e-4))
    progress = read_progress(run)
    assert progress is not None
    assert progress.fraction == 1.0
    assert progress.step < 10


def caffe_weights_of_the_shipped_model(path: Path) -> Path:
    """The shipped trunk, turned back into what Caffe's SqueezeNet looks like; the heads are left out."""
    weights = {n: t.numpy() for n, t in load_file(default_model_path().with_suffix(".safetensors")).items()}
    arrays = {n: v / INPUT_SCALE if n.endswith("bias") else v for n, v in weights.items() if "head" not in n}
    arrays["conv1.weight"] = arrays["conv1.weight"][:, ::-1]
    arrays["conv1.bias"] += np.einsum("oikl,i->o", arrays["conv1.weight"], np.array(CAFFE_MEAN_BGR, np.float32))
    np.savez(path, **arrays)
    return path


def test_new_heads_learn_from_the_first_steps(config: PretrainConfig, tmp_path: Path) -> None:
    """The trap of this network is that nothing is learned: doing nothing scores 1.2 EV on these six steps."""
    reports: list[TrainingReport] = []
    init = caffe_weights_of_the_shipped_model(tmp_path / "init.npz")
    quick = replace(config, init=init, subjects=(), steps=30, batch=8, network=NetworkConfig(), checkpoint_every_s=1e9)
    pretrain(quick, reports.append)
    assert reports[-1].validation_error_ev is not None
    assert reports[-1].validation_error_ev < 0.9


def test_the_papers_recipe_runs(config: PretrainConfig) -> None:
    run = pretrain(replace(config, recipe="paper"))
    slots = {name.rsplit(".", 1)[1] for name in weights_of(run) if name.startswith("optimiser.")}
    assert slots == {"momentum_buffer"}


def test_another_run_is_not_overwritten(config: PretrainConfig, photo_folder: Path) -> None:
    pretrain(config)
    with pytest.raises(ConfigError, match="already holds a training run"):
        pretrain(replace(config, resume=False))
    with pytest.raises(ConfigError, match="another batch"):
        pretrain(replace(config, batch=5))
    (photo_folder / "photo_00.png").unlink()
    (photo_folder / "photo_01.png").unlink()
    with pytest.raises(ConfigError, match="photographs have changed"):
        pretrain(config)


@pytest.mark.parametrize("damage", ["", "[]", '{"weights": "checkpoint-4.safetensors"}', '{"step": 1}'])
def test_a_damaged_checkpoint_is_told(config: PretrainConfig, damage: str) -> None:
    run = pretrain(replace(config, steps=1))
    (run / "checkpoint.json").write_text(damage)
    with pytest.raises(ModelFileError, match="checkpoint"):
        pretrain(replace(config, steps=1))


def test_checkpoints_cannot_name_files_elsewhere(config: PretrainConfig, tmp_path: Path) -> None:
    run = pretrain(replace(config, steps=1))
    record = json.loads((run / "checkpoint.json").read_text())
    (tmp_path / "elsewhere.safetensors").write_bytes((run / record["weights"]).read_bytes())
    record["weights"] = "../elsewhere.safetensors"
    (run / "checkpoint.json").write_text(json.dumps(record))
    with pytest.raises(ModelFileError, match="cannot be read"):
        pretrain(replace(config, steps=1))


def test_schedules() -> None:
    usual = PretrainConfig((), Path())
    paper = replace(usual, recipe="paper")
    assert learning_rate(paper, 0.0, 0) == 0.003
    assert learning_rate(paper, 16 / 35, 1000) == 0.0015
    assert learning_rate(paper, 34 / 35, 1000) == 0.00075
    assert learning_rate(usual, 0.0, 99) == pytest.approx(5e-4)
    assert learning_rate(usual, 1.0, 1000) == pytest.approx(5e-6)
    assert learning_rate(usual, 0.0, 0) < 1e-5
    assert learning_rate(replace(usual, rate=1e-4), 0.0, 99) == pytest.approx(1e-4)


def test_guidance_goes_from_its_first_weight_to_its_last(config: PretrainConfig, tmp_path: Path) -> None:
    def attention_bias(name: str, steps: int, guidance: tuple[float, float]) -> torch.Tensor:
        run = pretrain(replace(config, out=tmp_path / f"{name}{steps}", steps=steps, guidance=guidance))
        return weights_of(run)["network.attention_head.bias"]

    assert torch.equal(attention_bias("steady", 1, (50.0, 50.0)), attention_bias("falling", 1, (50.0, 0.0)))
    assert not torch.equal(attention_bias("steady", 2, (50.0, 50.0)), attention_bias("falling", 2, (50.0, 0.0)))


def test_a_model_is_trained_further(config: PretrainConfig, tmp_path: Path) -> None:
    first = pretrain(replace(config, steps=1))
    exported = export_checkpoint(first, tmp_path / "first.onnx").onnx
    further = AttentionFcn()
    start_from(exported, further)
    trained = AttentionFcn()
    load_network(first, trained)
    assert all(torch.equal(a, b) for a, b in zip(further.parameters(), trained.parameters(), strict=True))
    with pytest.raises(ModelFileError, match="another shape"):
        start_from(exported, AttentionFcn(NetworkConfig(trunk="v1.1")))


def test_impossible_settings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="must be positive"):
        PretrainConfig((tmp_path,), tmp_path, batch=0)
    with pytest.raises(ConfigError, match="guidance can't be negative"):
        PretrainConfig((tmp_path,), tmp_path, guidance=(0.5, -0.1))
