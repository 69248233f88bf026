from pathlib import Path

import numpy as np
import pytest
import torch

from autoexposure.errors import ConfigError, Stopped
from autoexposure.feedback.reward import RewardConfig
from autoexposure.response import gamma
from models.doubt import DoubtHead
from models.files.checkpoint import read_progress
from models.network import FEATURE_CHANNELS, AttentionFcn, as_input
from models.training import finetune
from models.training.answered import Answered, draw_states, judged_along_the_ladder
from models.training.finetune import FineTuneConfig, fine_tune, loss_of, taste_error_ev


@pytest.fixture
def pictures(make_scene) -> np.ndarray:
    return np.stack([make_scene(seed, 192, 192) for seed in range(3)])


def answered_by(pictures: np.ndarray, wish_ev: float) -> Answered:
    return judged_along_the_ladder(pictures, np.arange(len(pictures)), np.full(len(pictures), wish_ev), RewardConfig())


def a_network() -> AttentionFcn:
    torch.manual_seed(3)
    return AttentionFcn()


class Killed(Exception):
    pass


def test_a_training_that_was_killed_goes_on_to_the_same_weights(pictures: np.ndarray, tmp_path: Path) -> None:
    answered = answered_by(pictures, 0.6)
    config = FineTuneConfig(steps=3, batch=1, checkpoint_every=1)
    whole = fine_tune(a_network(), answered, config, tmp_path / "whole", "x")

    def killer(done: float) -> None:
        if done > 0.5:
            raise Killed

    with pytest.raises(Killed):
        fine_tune(a_network(), answered, config, tmp_path / "cut", "x", killer)
    resumed = fine_tune(a_network(), answered, config, tmp_path / "cut", "x")
    for name, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name


def test_a_training_that_is_ended_by_a_signal_keeps_the_step_it_stood_at(pictures: np.ndarray, tmp_path: Path) -> None:
    answered, config = answered_by(pictures, 0.6), FineTuneConfig(steps=3, batch=1)
    whole = fine_tune(a_network(), answered, config, tmp_path / "whole", "x")

    def stop(done: float) -> None:
        if done < 1:
            raise Stopped(15, "ended")

    for step in (1, 2):
        with pytest.raises(Stopped):
            fine_tune(a_network(), answered, config, tmp_path / "cut", "x", stop)
        progress = read_progress(tmp_path / "cut")
        assert progress is not None
        assert progress.step == step
    resumed = fine_tune(a_network(), answered, config, tmp_path / "cut", "x", stop)
    for name, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name


@pytest.mark.parametrize("damage", ["json", "weights"])
def test_a_damaged_checkpoint_costs_what_was_trained_and_no_more(
    damage: str, pictures: np.ndarray, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    answered, config = answered_by(pictures, 0.6), FineTuneConfig(steps=1, batch=1)
    whole = fine_tune(a_network(), answered, config, tmp_path, "x")
    name = "checkpoint.json" if damage == "json" else "checkpoint-1.safetensors"
    (tmp_path / name).write_bytes(b"{")
    again = fine_tune(a_network(), answered, config, tmp_path, "x")
    assert "begun anew" in caplog.text
    for name, value in whole.state_dict().items():
        assert torch.equal(value, again.state_dict()[name]), name


def test_long_steps_are_kept_by_the_clock(
    pictures: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finetune, "CHECKPOINT_EVERY_S", 0.0)

    def killer(done: float) -> None:
        raise Killed

    with pytest.raises(Killed):
        fine_tune(a_network(), answered_by(pictures, 0.6), FineTuneConfig(steps=3, batch=1), tmp_path, "x", killer)
    progress = read_progress(tmp_path)
    assert progress is not None
    assert progress.step == 1


def test_the_doubt_of_the_network_that_is_trained_further_stays(pictures: np.ndarray, tmp_path: Path) -> None:
    """One person's answers say which way, not how far off: there is nothing to calibrate it by."""
    network = a_network()
    with torch.no_grad():
        network.doubt = DoubtHead(FEATURE_CHANNELS)
        network.doubt.calibration.copy_(torch.tensor([1.7, 2.2]))
    before = {name: value.clone() for name, value in network.state_dict().items()}
    fine_tune(network, answered_by(pictures, 0.6), FineTuneConfig(steps=1, batch=1), tmp_path, "x")
    changed = {name for name, value in network.state_dict().items() if not torch.equal(value, before[name])}
    assert "exposure_head.bias" in changed
    assert not [name for name in changed if name.startswith("doubt.")]


def test_answers_that_changed_begin_a_training_anew(pictures: np.ndarray, tmp_path: Path) -> None:
    answered, config = answered_by(pictures, 0.6), FineTuneConfig(steps=1, batch=1)
    fine_tune(a_network(), answered, config, tmp_path, "first")
    steps: list[float] = []
    fine_tune(a_network(), answered, config, tmp_path, "first", steps.append)
    assert steps == []  # it was done
    fine_tune(a_network(), answered, config, tmp_path, "second", steps.append)
    assert steps == [1.0]


@pytest.mark.parametrize("method", ["reinforce", "ordinal", "supervised"])
def test_every_teacher_pulls_towards_the_wish(method: str, pictures: np.ndarray) -> None:
    random = np.random.default_rng(0)
    states = draw_states(answered_by(pictures, 1.5), 48, random)
    config = FineTuneConfig(method=method)
    answers_ev = torch.from_numpy(np.clip(states.labels_ev - 1.0, -2, 2)).requires_grad_()  # a network that is too dark
    loss_of(answers_ev, states, config, random).backward()
    assert answers_ev.grad is not None
    assert float(answers_ev.grad.mean()) < 0  # a step of the optimiser raises them


def test_states_carry_the_change_that_leads_to_the_judged_picture(pictures: np.ndarray) -> None:
    answered = Answered(pictures, np.arange(3), np.array([[0.5]] * 3), np.array([[1]] * 3), np.zeros(0), gamma())
    states = draw_states(answered, 20, np.random.default_rng(0), np.array([-1.0, 1.0]))
    assert set(np.round(states.answers.targets_ev[:, 0], 6)) == {1.5, -0.5}
    dark = states.answers.targets_ev[:, 0] == 1.5
    assert states.previews[dark].mean() < states.previews[~dark].mean()
    assert not states.labels_ev.any()  # nobody knows the wish itself


def test_training_moves_the_network(pictures: np.ndarray, tmp_path: Path) -> None:
    answered = answered_by(pictures, 1.5)
    chosen, wishes = np.arange(1), {"me": np.array([1.5])}
    ladder = np.array([0.0])
    before = taste_error_ev(a_network(), pictures, chosen, wishes, ladder)["me"]
    config = FineTuneConfig(method="supervised", steps=6, batch=4, learning_rate=2e-3, ladder_reach_ev=0.5)
    after = taste_error_ev(fine_tune(a_network(), answered, config, tmp_path), pictures, chosen, wishes, ladder)["me"]
    assert before == pytest.approx(1.5, abs=0.4)
    assert after < 0.8 * before


def test_the_error_is_against_each_persons_own_wish(pictures: np.ndarray) -> None:
    network, chosen = a_network().eval(), np.arange(2)
    with torch.inference_mode():
        from models.training.answered import expose_at

        shown = np.stack([expose_at(pictures[i], gamma(), 0.0) for i in range(2)])
        answers = network(as_input(shown)).delta_ev.numpy()
    wishes = {"exact": answers.astype(float), "off": answers + 0.5}
    errors = taste_error_ev(network, pictures, chosen, wishes, np.array([0.0]))
    assert errors["exact"] == pytest.approx(0, abs=1e-5)
    assert errors["off"] == pytest.approx(0.5, abs=1e-5)


def test_the_device_ladder_of_the_paper() -> None:
    assert (
        FineTuneConfig(ladder_reach_ev=1.0, ladder_step_ev=0.25).ladder_ev.tolist() == np.arange(-1, 1.1, 0.25).tolist()
    )
    assert len(FineTuneConfig().ladder_ev) == 21
    with pytest.raises(ConfigError, match="at least 1"):
        FineTuneConfig(steps=0)
