from __future__ import annotations

import csv
import inspect
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from typer.testing import CliRunner

from autoexposure.cli.main import app, main
from autoexposure.cli.training import pretrain as pretrain_command
from autoexposure.errors import ConfigError, ModelFileError, Stopped
from models.data.batches import Batch, TrainingMix
from models.files.checkpoint import (
    CHECKPOINT_EVERY_S,
    Progress,
    load_network,
    read_progress,
    save_checkpoint,
    training_in,
)
from models.files.export import Exported, export_checkpoint
from models.files.model_file import default_model_path
from models.network import CAFFE_MEAN_BGR, INPUT_SCALE, AttentionFcn, NetworkConfig
from models.training.optimiser import make_optimiser, take_step
from models.training.pretrain import TRAINING, PretrainConfig, TrainingReport, pretrain, start_from


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
        if report.stage == TRAINING and report.step == 2:
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


def test_ended_by_a_signal_it_keeps_the_step_and_goes_on_from_there(config: PretrainConfig, tmp_path: Path) -> None:
    rarely = replace(config, checkpoint_every_s=1e9)
    whole = pretrain(rarely)

    def stop_after_two(report: TrainingReport) -> None:
        if report.step == 2:
            raise Stopped(15, "ended")

    halved = replace(rarely, out=tmp_path / "halved")
    with pytest.raises(Stopped, match=r"after step 2, which is kept in .*the same command again goes on") as stopped:
        pretrain(halved, stop_after_two)
    assert stopped.value.signal == 15
    assert step_of(halved.out) == 2
    pretrain(halved)
    expected, resumed = weights_of(whole), weights_of(halved.out)
    assert all(torch.equal(value, resumed[name]) for name, value in expected.items())


def step_of(run: Path) -> int | None:
    progress = read_progress(run)
    return None if progress is None else progress.step


def kill_at(step: int) -> Callable[[TrainingReport], None]:
    def kill(report: TrainingReport) -> None:
        if report.step == step:
            raise Killed

    return kill


def test_what_the_first_validation_judged_survives_a_kill(config: PretrainConfig) -> None:
    with pytest.raises(Killed):
        pretrain(replace(config, checkpoint_every_s=1e9, validate_every=2), kill_at(3))
    assert step_of(config.out) == 2


def test_checkpoints_come_by_the_clock_which_starts_with_the_command(
    config: PretrainConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long look at the photographs, then a kill: so the first step is kept, the second need not be."""
    assert replace(config, checkpoint_every_s=CHECKPOINT_EVERY_S).checkpoint_every_s == 60
    assert PretrainConfig((), Path()).checkpoint_every_s == CHECKPOINT_EVERY_S
    now_s = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now_s)
    kept: list[int | None] = []

    def tell(report: TrainingReport) -> None:
        nonlocal now_s
        now_s += 100 if report.stage == "comparing look-alikes" else 25
        kept.append(report.checkpoint_step)

    pretrain(replace(config, checkpoint_every_s=CHECKPOINT_EVERY_S, steps=6), tell)
    assert kept[-7:] == [None, 1, 1, 1, 4, 4, 6]


def test_a_run_of_a_minute_goes_on_without_a_limit(config: PretrainConfig) -> None:
    run = pretrain(replace(config, steps=1000, minutes=1e-4))
    steps = step_of(run)
    assert steps is not None
    reports: list[TrainingReport] = []
    assert pretrain(replace(config, steps=steps + 2), reports.append) == run
    training = [report.step for report in reports if report.stage == TRAINING]
    assert training == [steps, steps + 1, steps + 2]
    assert step_of(run) == steps + 2
    pretrain(replace(config, steps=steps + 2), kill_at(steps + 3))  # it is over, and nothing is done again
    assert step_of(run) == steps + 2


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_command_is_ended_by_a_signal_and_goes_on(
    number: signal.Signals,
    code: int,
    photo_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "run"
    command = ["autoexposure", "pretrain", "--photos", str(photo_folder), "--out", str(out), "--batch", "2"]

    def signalled(*given: Any) -> None:
        os.kill(os.getpid(), number)
        take_step(*given)

    with monkeypatch.context() as patch:
        patch.setattr("models.training.pretrain.take_step", signalled)
        patch.setattr("sys.argv", [*command, "--minutes", "1"])
        with pytest.raises(SystemExit) as exited:
            main()
    assert exited.value.code == code
    assert f"autoexposure: ended after step 1, which is kept in {out}: the same command" in capsys.readouterr().err
    assert step_of(out) == 1
    done = CliRunner().invoke(app, [*command[1:], "--steps", "2"])
    assert done.exit_code == 0, done.output
    assert step_of(out) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="reads the names of open files from /proc")
def test_what_a_checkpoint_names_is_on_the_disk_before_the_one_before_goes(
    config: PretrainConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order of a power cut: a file's content, its name, then what refers to it, and only then what is removed."""
    run = pretrain(replace(config, steps=1))
    events: list[str] = []
    renamed: dict[str, str] = {}
    fsync, rename, unlink = os.fsync, os.replace, Path.unlink

    def name_of(path: str) -> str:
        return "folder" if Path(path) == run else Path(path).name

    def on_fsync(descriptor: int) -> None:
        events.append(f"sync {name_of(os.readlink(f'/proc/self/fd/{descriptor}'))}")
        fsync(descriptor)

    def on_rename(source: str | Path, target: str | Path) -> None:
        renamed[Path(source).name] = Path(target).name
        events.append(f"name {Path(target).name}")
        rename(source, target)

    def on_unlink(path: Path, missing_ok: bool = False) -> None:
        events.append(f"remove {path.name}")
        unlink(path, missing_ok)

    monkeypatch.setattr(os, "fsync", on_fsync)
    monkeypatch.setattr(os, "replace", on_rename)
    monkeypatch.setattr(Path, "replace", lambda source, target: on_rename(source, target))
    monkeypatch.setattr(Path, "unlink", on_unlink)
    network = AttentionFcn(config.network)
    save_checkpoint(run, network, make_optimiser(network, "default"), Progress(2, 1.0, 0.5, {}, ""))
    told = [f"{what} {renamed.get(name, name)}" for what, name in (event.split() for event in events)]
    new, old = "checkpoint-2.safetensors", "checkpoint-1.safetensors"
    assert told == [
        *(f"sync {new}", f"name {new}", "sync folder"),
        *("sync checkpoint.json", "name checkpoint.json", "sync folder"),
        f"remove {old}",
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="reads the names of open files from /proc")
def test_a_new_folder_of_a_training_is_on_the_disk_before_anything_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a power cut could take the folder, and every checkpoint in it."""
    synced: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.readlink(f"/proc/self/fd/{descriptor}")))
    with training_in(tmp_path / "trainings" / "first"):
        assert synced == [str(tmp_path), str(tmp_path / "trainings")]


def test_a_disk_that_is_full_leaves_the_checkpoint_before(
    config: PretrainConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = pretrain(replace(config, steps=1))

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    network = AttentionFcn(config.network)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(ConfigError, match=r"step 2 can't be written .*No space left"):
            save_checkpoint(run, network, make_optimiser(network, "default"), Progress(2, 1.0, 0.5, {}, ""))
    assert step_of(run) == 1
    load_network(run, network)
    assert not list(run.glob("*.part"))


def test_half_a_row_in_the_log_costs_that_row(config: PretrainConfig) -> None:
    """What a power cut leaves of a line, zeros as some file systems do included."""
    run = pretrain(replace(config, validate_every=1, steps=2))
    with (run / "log.csv").open("a") as log:
        log.write("3,1.0,0.0\n\0\0\0\n4,9")
    pretrain(replace(config, validate_every=1, steps=3))
    with (run / "log.csv").open(newline="") as lines:
        assert [row["step"] for row in csv.DictReader(lines)] == ["1", "2", "3"]


def test_parts_of_killed_runs_are_swept_at_the_next_start(config: PretrainConfig) -> None:
    config.out.mkdir()
    left, foreign = config.out / "tmpabcd1234.part", config.out / "film.mkv.part"
    left.write_bytes(b"half a checkpoint")
    foreign.write_bytes(b"another program's")
    pretrain(replace(config, steps=1))
    assert not left.exists()
    assert foreign.exists()


def test_two_trainings_do_not_write_to_one_folder(config: PretrainConfig) -> None:
    """Each would remove the weights that the other's checkpoint names."""

    def start_another(report: TrainingReport) -> None:
        if report.step == 1:
            pretrain(config)

    with pytest.raises(ConfigError, match=r"another training writes to .*run"):
        pretrain(config, start_another)
    pretrain(config)
    assert step_of(config.out) == config.steps


def test_a_folder_that_cannot_be_made_is_a_sentence(config: PretrainConfig, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"can't be written .*--out"):
        pretrain(replace(config, out=tmp_path / "file" / "run"))


def test_a_run_writes_its_log_and_names_its_files(config: PretrainConfig, photo_folder: Path) -> None:
    (photo_folder / "notes.txt").write_text("hello")
    reports: list[TrainingReport] = []
    run = pretrain(config, reports.append)
    stages = list(dict.fromkeys(report.stage for report in reports))
    assert stages == [
        "looking at the photographs",
        "comparing look-alikes",
        "shrinking photographs",
        "loading the network",
        TRAINING,
    ]
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


def test_the_next_batch_is_drawn_beside_the_step_for_where_the_run_will_stand(
    config: PretrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[tuple[int, float]] = []
    draw = TrainingMix.batch

    def watched(mix: TrainingMix, step: int, rows: range, fraction: float) -> Batch:
        drawn.append((step, fraction))
        return draw(mix, step, rows, fraction)

    monkeypatch.setattr(TrainingMix, "batch", watched)
    pretrain(config)
    assert drawn == [(0, 0.0), (1, 0.25), (2, 0.5), (3, 0.75), (4, 1.0)]
    drawn.clear()
    halved = replace(config, out=tmp_path / "halved")
    with pytest.raises(Killed):
        pretrain(halved, kill_at(2))
    pretrain(halved)
    assert drawn == [*[(0, 0.0), (1, 0.25), (2, 0.5)], *[(2, 0.5), (3, 0.75), (4, 1.0)]]


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_it_trains_in_either_precision_and_says_which(config: PretrainConfig, precision: Any, tmp_path: Path) -> None:
    run = pretrain(replace(config, precision=precision))
    progress = read_progress(run)
    assert progress is not None
    assert progress.settings["precision"] == precision
    assert {value.dtype for name, value in weights_of(run).items() if name.startswith("network.")} == {torch.float32}
    other = "bfloat16" if precision == "float32" else "float32"
    with pytest.raises(ConfigError, match="another precision"):
        pretrain(replace(config, precision=other))


def test_new_heads_learn_from_the_first_steps(config: PretrainConfig, tmp_path: Path) -> None:
    """The trap of this network is that nothing is learned: doing nothing scores 1.2 EV on these six steps."""
    reports: list[TrainingReport] = []
    init = caffe_weights_of_the_shipped_model(tmp_path / "init.npz")
    quick = replace(config, init=init, subjects=(), steps=30, batch=8, network=NetworkConfig(), checkpoint_every_s=1e9)
    pretrain(quick, reports.append)
    assert reports[-1].validation_error_ev is not None
    assert reports[-1].validation_error_ev < 0.9


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


def test_guidance_goes_from_its_first_weight_to_its_last(config: PretrainConfig, tmp_path: Path) -> None:
    def attention_weights(name: str, steps: int, guidance: tuple[float, float]) -> torch.Tensor:
        run = pretrain(replace(config, out=tmp_path / f"{name}{steps}", steps=steps, guidance=guidance))
        return weights_of(run)["network.attention_head.weight"]

    assert torch.equal(attention_weights("steady", 1, (50.0, 50.0)), attention_weights("falling", 1, (50.0, 0.0)))
    assert not torch.equal(attention_weights("steady", 2, (50.0, 50.0)), attention_weights("falling", 2, (50.0, 0.0)))


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
    with pytest.raises(ModelFileError, match="another shape"):
        start_from(exported, AttentionFcn(NetworkConfig(attention=False)))


def test_the_doubt_of_a_model_that_is_trained_further_is_no_longer_true(
    own_model: tuple[AttentionFcn, Exported],
) -> None:
    network = AttentionFcn()
    start_from(own_model[1].onnx, network)
    assert network.doubt is None
    assert torch.equal(network.conv1.weight, own_model[0].conv1.weight)


def test_impossible_settings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="must be positive"):
        PretrainConfig((tmp_path,), tmp_path, batch=0)
    with pytest.raises(ConfigError, match="guidance can't be negative"):
        PretrainConfig((tmp_path,), tmp_path, guidance=(0.5, -0.1))


def test_settings_are_the_same_after_a_checkpoint_has_written_them_down(tmp_path: Path) -> None:
    """A pair that came back as a list would make a run's own folder look like another's."""
    settings = PretrainConfig((tmp_path,), tmp_path).settings()
    assert json.loads(json.dumps(settings)) == settings
