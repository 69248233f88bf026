"""Several processes train what one would. torchrun starts real processes here; they talk over loopback (gloo)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from autoexposure.errors import ConfigError
from models.training_log import LOG
from models.workers import Workers, join_workers

TINY = ("--steps", "3", "--batch", "4", "--seed", "5")


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
    folders = ("--photos", str(photo_folder), "--subjects", str(subject_folder))
    runs = {"one": ("--nproc-per-node=1",), "two": ("--nproc-per-node=2",)}
    for name, processes in runs.items():
        command = [sys.executable, "-m", "torch.distributed.run", "--standalone", *processes]
        command += ["-m", "autoexposure", "pretrain", *folders, "--out", str(tmp_path / name), *TINY]
        ran = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
        assert ran.returncode == 0, ran.stderr
    one, two = (load_file(tmp_path / name / "checkpoint-3.safetensors") for name in runs)
    assert one.keys() == two.keys()
    for name, value in one.items():
        torch.testing.assert_close(two[name], value, rtol=2e-3, atol=2e-5, msg=lambda text, n=name: f"{n}: {text}")
    last = [(tmp_path / name / LOG).read_text().splitlines()[-1].split(",") for name in runs]
    assert float(last[0][3]) == pytest.approx(float(last[1][3]), abs=1e-3)
