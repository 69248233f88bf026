from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from typer.testing import CliRunner

from autoexposure.cli.main import app
from autoexposure.errors import ConfigError
from autoexposure.response import gamma
from models.data.batches import TrainingMix
from models.data.dataset import open_cache
from models.data.exposure_ladder import LADDER_EV, ladder
from models.data.photo_files import find_photos
from models.files.checkpoint import Progress, read_progress
from models.network import AttentionFcn
from models.training.paper import MIX, NETWORK, paper_recipe
from models.training.pretrain import PretrainConfig


def test_it_sees_whole_pictures_on_the_21_steps_of_the_ladder_and_nothing_else(
    tmp_path: Path, photo_folder: Path, subject_folder: Path
) -> None:
    """Every picture is, to the bit, a step of the ladder of one of the photographs."""
    cache = open_cache(find_photos([photo_folder], [subject_folder]), tmp_path, 128)
    batch = TrainingMix(cache, MIX, seed=3).batch(0, range(100))
    pictures = cache.indices("train")
    shown = {
        picture.tobytes(): -step_ev
        for index in pictures
        for picture, step_ev in zip(ladder(cache.pictures[index], gamma()), LADDER_EV, strict=True)
    }
    wanted = [shown[preview.tobytes()] for preview in batch.previews]
    np.testing.assert_allclose(batch.labels_ev, wanted, atol=1e-6)
    assert len(np.unique(batch.labels_ev)) > 15
    assert np.abs(batch.labels_ev).max() == pytest.approx(2)


def test_its_network_is_the_papers() -> None:
    network = AttentionFcn(NETWORK)
    assert sum(weights.numel() for weights in network.parameters()) == 350_018
    assert network.dropout.p == 0.5
    assert network.attention_head is not None
    assert network.attention_head.bias is not None
    assert network.attention_head.bias.item() == 0
    answer = network(torch.full((1, 3, 128, 128), 90.0))
    torch.testing.assert_close(answer.delta_ev, (answer.attention * answer.exposure_map).mean(dim=(1, 2)))


def test_it_keeps_what_a_run_is_about_and_changes_the_rest() -> None:
    folders = {"photos": (Path("a"),), "out": Path("b"), "subjects": (Path("c"),), "init": Path("d")}
    config = paper_recipe(PretrainConfig(**folders, steps=7, minutes=2.0, seed=5, threads=1))  # type: ignore[arg-type]  # of mixed types
    assert {name: getattr(config, name) for name in folders} == folders
    assert (config.steps, config.minutes, config.seed, config.threads) == (7, 2.0, 5, 1)
    assert (config.recipe, config.rate, config.batch) == ("paper", 0.003, 128)
    assert (config.guidance, config.sparsity) == ((0.0, 0.0), 0.0)


def progress_of(run: Path) -> Progress:
    progress = read_progress(run)
    assert progress is not None
    return progress


def test_the_papers_recipe_runs_by_one_option_and_what_is_given_beside_it_wins(
    photo_folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    command = ["pretrain", "--photos", str(photo_folder), "--out", str(out), "--threads", "1", "--recipe", "paper"]
    own = ["--batch", "4", "--set", "network.dropout=0.2"]
    done = CliRunner().invoke(app, [*command, "--steps", "2", *own])
    assert done.exit_code == 0, done.output
    told = " ".join(done.output.split())
    assert "The paper's recipe, but for what was asked otherwise: --batch, --set network.dropout=0.2" in told
    settings = progress_of(out).settings
    network, mix = settings["network"], settings["mix"]
    assert isinstance(network, dict)
    assert isinstance(mix, dict)
    assert (settings["batch"], network["dropout"], network["pooling"]) == (4, 0.2, "mean")
    assert (settings["rate"], settings["guidance"], mix["relit_share"]) == (0.003, [0.0, 0.0], [0.0, 0.0])
    (path,) = out.glob("checkpoint-*.safetensors")
    slots = {name.rsplit(".", 1)[1] for name in load_file(path) if name.startswith("optimiser.")}
    assert slots == {"momentum_buffer"}
    refused = CliRunner().invoke(app, [*command, "--steps", "2", *own, "--rate", "0.001"])
    assert isinstance(refused.exception, ConfigError)
    assert "another rate" in str(refused.exception)


def test_the_papers_steps_are_no_longer_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="ladder_step_ev"):
        type(MIX)(ladder_step_ev=-0.1)
