"""Several processes train what one would. torchrun starts real ones here; they talk over loopback (gloo)."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from autoexposure.errors import ConfigError
from models.files.checkpoint import read_progress
from models.training.log import LOG
from models.training.pretrain import PretrainConfig, pretrain
from models.training.workers import Workers, join_workers

STEPS, BATCH, SEED = 3, 4, 5


def test_rows_are_shared_out_evenly_or_refused() -> None:
    assert [list(Workers(rank, 2).rows(4)) for rank in range(2)] == [[0, 1], [2, 3]]
    with pytest.raises(ConfigError, match="choose a multiple"):
        Workers(0, 3).rows(4)


def test_one_process_needs_no_partner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with join_workers() as workers:
        assert workers.first
        assert workers.agree(0.3) == 0.3
        assert workers.mean(0.3) == 0.3


def test_two_processes_learn_what_one_learns(tmp_path: Path, photo_folder: Path, subject_folder: Path) -> None:
    """In 32 bits: in 16 a sum over half of the rows rounds otherwise than one over all."""
    photos, subjects = (photo_folder,), (subject_folder,)
    one_run = PretrainConfig(photos, tmp_path / "one", subjects=subjects, steps=STEPS, batch=BATCH, seed=SEED)
    pretrain(replace(one_run, precision="float32"))
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m"]
    command += ["autoexposure", "pretrain", "--photos", str(photo_folder), "--subjects", str(subject_folder)]
    command += ["--steps", str(STEPS), "--batch", str(BATCH), "--seed", str(SEED), "--out", str(tmp_path / "two")]
    command += ["--set", "precision=float32"]
    ran = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert ran.returncode == 0, ran.stderr
    one, two = (load_file(tmp_path / name / f"checkpoint-{STEPS}.safetensors") for name in ("one", "two"))
    assert one.keys() == two.keys()
    for name, value in one.items():
        torch.testing.assert_close(two[name], value, rtol=2e-3, atol=2e-5, msg=lambda text, n=name: f"{n}: {text}")
    last = [(tmp_path / name / LOG).read_text().splitlines()[-1].split(",") for name in ("one", "two")]
    assert float(last[0][3]) == pytest.approx(float(last[1][3]), abs=1e-3)


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="torchrun hands on signals on POSIX")
def test_two_processes_that_are_ended_stop_at_the_same_step_and_go_on(tmp_path: Path, photo_folder: Path) -> None:
    out = tmp_path / "run"
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m"]
    command += ["autoexposure", "pretrain", "--photos", str(photo_folder), "--batch", "2", "--out", str(out)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as run:
        assert run.stderr is not None
        for line in run.stderr:
            if line.startswith("training"):
                run.send_signal(signal.SIGTERM)
                break
        said = run.stderr.read()
    steps = set(re.findall(r"ended after step (\d+), which is kept", said))
    assert len(steps) == 1, said
    progress = read_progress(out)
    assert progress is not None
    assert {str(progress.step)} == steps
    more = str(progress.step + 1)
    subprocess.run([*command, "--steps", more], check=True, capture_output=True, env=environment)
    assert (out / f"checkpoint-{more}.safetensors").is_file()
