from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from autoexposure.cli.main import app
from autoexposure.errors import ConfigError, ModelFileError
from models.data.dataset import PhotoCache, open_cache
from models.data.photo_files import find_photos
from models.doubt import LAPLACE_95_TO_68, OF_THE_ANSWER
from models.files.export import Exported
from models.inference.onnx_policy import OnnxPolicy
from models.network import FEATURE_CHANNELS, AttentionFcn
from models.training.doubt import (
    FEWEST_PHOTOS,
    LEARNED_AT_ONCE,
    STEPS_EV,
    Calibration,
    DoubtConfig,
    Told,
    calibrate,
    doubt_loss,
    fit,
    learn,
    learn_doubt,
)


@pytest.fixture
def cache(tmp_path: Path, photo_folder: Path, subject_folder: Path) -> PhotoCache:
    return open_cache(find_photos([photo_folder], [subject_folder]), tmp_path, 128)


def test_it_finds_what_makes_a_doubt_true_whatever_the_errors_follow() -> None:
    random = np.random.default_rng(4)
    honest = random.uniform(0.1, 1.0, (2000, 10))
    for errors, ratio in (
        (random.laplace(0, 1 / 1.1394, honest.shape), LAPLACE_95_TO_68),
        (random.standard_normal(honest.shape), 1.96),
    ):
        off_ev = np.abs(errors) * honest
        found = fit(off_ev / (honest / 3))
        assert found.factor == pytest.approx(3, rel=0.03)
        assert found.ratio_95 == pytest.approx(ratio, rel=0.03)
        assert (off_ev <= found.factor * honest / 3).mean() == pytest.approx(0.68, abs=0.001)
        assert (off_ev <= found.factor * found.ratio_95 * honest / 3).mean() == pytest.approx(0.95, abs=0.001)


def test_too_few_photographs_and_answers_that_are_never_wrong_change_nothing() -> None:
    many = np.ones((FEWEST_PHOTOS, 3))
    assert fit(many[1:]) == Calibration()
    assert fit(many).photos == FEWEST_PHOTOS
    assert fit(0 * many) == Calibration()


def test_doubt_is_likeliest_where_it_holds_68_percent_of_the_errors() -> None:
    random = np.random.default_rng(3)
    labels = torch.from_numpy(random.laplace(0, 0.3 / 1.1394, 40_000)).float().clamp(-1.9, 1.9)
    losses = {
        round(doubt_ev, 2): float(doubt_loss(torch.full_like(labels, doubt_ev), labels.abs(), labels))
        for doubt_ev in np.arange(0.2, 0.42, 0.01).tolist()
    }
    assert min(losses, key=losses.__getitem__) == pytest.approx(0.3, abs=0.0101)


def test_a_label_at_the_limit_says_only_that_so_much_was_wanted() -> None:
    doubt_ev = torch.full((2,), 0.5, requires_grad=True)
    doubt_loss(doubt_ev, torch.tensor([0.0, 1.0]), torch.tensor([2.0, -2.0])).backward()
    assert doubt_ev.grad is not None
    assert doubt_ev.grad[0] == 0  # an answer at the limit is right, however far off the exposure
    assert doubt_ev.grad[1] < 0  # one that falls short should have been less sure


def test_it_learns_which_pictures_are_hard() -> None:
    torch.manual_seed(2)
    signs = torch.randn(2560, FEATURE_CHANNELS + OF_THE_ANSWER)
    hard = signs[:, 3] > 0
    off_ev = torch.where(hard, 0.8, 0.1) * torch.rand(len(signs)) * 2
    told = Told(signs, off_ev, torch.zeros(len(signs)))
    doubt_ev, again, other = (learn(told, seed).of_signs(signs).detach() for seed in (1, 1, 2))
    assert doubt_ev[hard].mean() > 1.25 * doubt_ev[~hard].mean()
    assert torch.equal(doubt_ev, again)
    assert not torch.equal(doubt_ev, other)


def test_a_network_gets_a_doubt_that_is_true_of_what_it_never_saw_and_keeps_the_rest(
    cache: PhotoCache, make_network: Callable[[bool], AttentionFcn], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.training.doubt.FEWEST_PHOTOS", 2)
    network = make_network(True)
    before = {name: value.clone() for name, value in network.state_dict().items() if not name.startswith("doubt.")}
    stages: list[str] = []
    found = learn_doubt(
        network, cache, DoubtConfig(pictures=LEARNED_AT_ONCE, threads=1), lambda stage, _: stages.append(stage)
    )
    assert list(dict.fromkeys(stages)) == ["asking the network", "calibrating"]
    assert all(torch.equal(network.state_dict()[name], value) for name, value in before.items())
    assert network.doubt is not None
    assert found.photos == len(cache.indices("validation", masked=False))
    assert network.doubt.calibration.tolist() == pytest.approx([found.factor, found.ratio_95], rel=1e-6)
    assert calibrate(network, cache) == found  # again, from what it is now


def test_few_photographs_leave_it_as_it_was_learned(
    cache: PhotoCache, make_network: Callable[[bool], AttentionFcn]
) -> None:
    network = make_network(True)
    assert calibrate(network, cache) == Calibration()
    assert network.doubt is not None
    assert network.doubt.calibration.tolist() == pytest.approx([1.0, LAPLACE_95_TO_68])


def test_too_few_pictures_are_refused() -> None:
    with pytest.raises(ConfigError, match="at least 256 pictures, given 100"):
        DoubtConfig(pictures=100)


def test_it_is_calibrated_over_the_whole_ladder() -> None:
    assert (STEPS_EV[0], STEPS_EV[-1]) == (-2.0, 2.0)
    assert 0.0 in STEPS_EV


def test_the_command_gives_a_model_a_doubt_and_keeps_its_answers_and_notes(
    own_model: tuple[AttentionFcn, Exported], tmp_path: Path, photo_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.training.doubt.DoubtConfig", partial(DoubtConfig, pictures=LEARNED_AT_ONCE))
    monkeypatch.setattr("models.evaluation.evaluate.user_cache_path", lambda _: tmp_path / "cache")
    model, out = own_model[1].onnx, tmp_path / "sure.onnx"
    command = ["doubt", str(model), "--out", str(out), "--photos", str(photo_folder), "--threads", "1"]
    told = CliRunner().invoke(app, command)
    assert told.exit_code == 0, told.output
    assert "too few photographs to calibrate it on" in told.output
    before, after = OnnxPolicy(model), OnnxPolicy(out)
    preview = np.full((1, 3, 128, 128), 90, np.float32)
    old, new = before.decide(preview), after.decide(preview)
    assert new.delta_ev == pytest.approx(old.delta_ev, abs=1e-5)
    assert new.doubt_ev is not None
    assert new.doubt_ev != pytest.approx(old.doubt_ev, abs=1e-3)
    assert after.metadata == before.metadata


def test_the_command_says_what_is_missing(tmp_path: Path, photo_folder: Path) -> None:
    told = CliRunner().invoke(
        app, ["doubt", str(tmp_path / "none.onnx"), "--out", str(tmp_path / "o.onnx"), "--photos", str(photo_folder)]
    )
    assert isinstance(told.exception, ModelFileError)
    assert "there is no model file" in str(told.exception)
