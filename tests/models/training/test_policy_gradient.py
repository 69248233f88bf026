import math

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from autoexposure.errors import ConfigError
from autoexposure.feedback.reward import RewardConfig
from models.data.exposure_ladder import LADDER_EV
from models.network import EV_SCALE
from models.training.answered import IMPLIED_LADDER_EV, judged_along_the_ladder
from models.training.policy_gradient import Answers, PolicyConfig, draw_actions, ordinal_loss, policy_loss


class Line(nn.Module):
    """A policy of two parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([0.3, -0.2], dtype=torch.float32))

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        return torch.tanh(states @ self.weight)


STATES = torch.from_numpy(np.random.default_rng(0).normal(size=(6, 2)).astype(np.float32))
NEEDS = np.array([[1], [0], [-1], [1], [0], [-1]])


def said(target_ev: float = 0.4) -> Answers:
    return Answers(np.full((6, 1), target_ev), NEEDS)


def test_the_gradient_is_that_of_the_gaussian_log_density() -> None:
    config, policy = PolicyConfig(actions=5), Line()
    means = policy(STATES)
    actions = draw_actions(means, config, np.random.default_rng(1))
    (ours,) = torch.autograd.grad(policy_loss(means, actions, said(), config), policy.parameters())
    # By autograd of torch's own log-density, one (state, action, reward) after the other.
    means = policy(STATES)
    total, count = torch.zeros(()), 0
    for state in range(6):
        density = torch.distributions.Normal(means[state], math.sqrt(config.variance))
        for action in actions[state]:
            miss_ev = float(action) * EV_SCALE - 0.4
            need = int(NEEDS[state, 0])
            if (need > 0 and miss_ev >= 0) or (need < 0 and miss_ev <= 0):
                continue  # undefined: left out of the sum and of the count
            reward = (1.0 if abs(miss_ev) < 0.2 else -1.0) if need == 0 else -1.0
            total = total + reward * density.log_prob(action)
            count += 1
    (theirs,) = torch.autograd.grad(-total / count, policy.parameters())
    assert 0 < count < 30  # some rewards were undefined
    assert torch.allclose(ours, theirs, rtol=1e-4)


def test_many_draws_estimate_the_gradient_of_the_expected_reward() -> None:
    """Equation 6 against the derivative of E[r], by finite differences of the closed form, for an answer "well"."""
    config = PolicyConfig(actions=200_000)
    mean = torch.tensor([0.1], requires_grad=True)
    answers = Answers(np.array([[0.5]]), np.array([[0]]))
    actions = draw_actions(mean, config, np.random.default_rng(2))
    (estimate,) = torch.autograd.grad(-policy_loss(mean, actions, answers, config), mean)

    def expected(at: float) -> float:
        spread, target, half = math.sqrt(2 * config.variance), 0.25, 0.1
        inside = 0.5 * (math.erf((target + half - at) / spread) - math.erf((target - half - at) / spread))
        return 2 * inside - 1

    true = (expected(0.1 + 1e-4) - expected(0.1 - 1e-4)) / 2e-4
    assert float(estimate) == pytest.approx(true, rel=0.05)


def test_undefined_rewards_are_left_out_not_counted_as_zero() -> None:
    config = PolicyConfig(actions=1)
    mean = torch.tensor([0.0, 0.0], requires_grad=True)
    actions = torch.tensor([[-0.3], [0.9]])
    both = policy_loss(mean, actions, Answers(np.zeros((2, 1)), np.array([[1], [1]])), config)  # the second undefined
    one = policy_loss(mean[:1], actions[:1], Answers(np.zeros((1, 1)), np.array([[1]])), config)
    assert both.item() == pytest.approx(one.item())  # a zero would have halved it


def test_without_a_defined_reward_there_is_no_gradient() -> None:
    mean = torch.tensor([0.0], requires_grad=True)
    loss = policy_loss(mean, torch.tensor([[0.5]]), Answers(np.zeros((1, 1)), np.array([[1]])), PolicyConfig(actions=1))
    (gradient,) = torch.autograd.grad(loss, mean)
    assert loss.item() == 0
    assert float(gradient) == 0


def test_a_baseline_leaves_the_direction_and_lowers_the_variance() -> None:
    plain, better = PolicyConfig(actions=8), PolicyConfig(actions=8, baseline=True)
    answers = Answers(np.array([[1.5]]), np.array([[0]]))  # far away: nearly every reward is -1
    found: dict[bool, list[float]] = {False: [], True: []}
    for seed in range(100):
        for config in (plain, better):
            mean = torch.tensor([0.0], requires_grad=True)
            actions = draw_actions(mean, config, np.random.default_rng(seed))
            (gradient,) = torch.autograd.grad(policy_loss(mean, actions, answers, config), mean)
            found[config.baseline].append(float(gradient))
    assert np.std(found[True]) < 0.6 * np.std(found[False])
    assert np.mean(found[True]) < 0  # towards the target


@pytest.mark.parametrize("need", [1, 0, -1])
def test_a_baseline_leaves_what_a_single_answer_teaches(need: int) -> None:
    """Also "under", whose defined rewards are all -1: less their own mean, nothing would be left of them."""
    answers = Answers(np.array([[0.3]]), np.array([[need]]))
    found: dict[bool, list[float]] = {False: [], True: []}
    for seed in range(200):
        for baseline, gradients in found.items():
            config = PolicyConfig(actions=64, baseline=baseline)
            mean = torch.tensor([0.0], requires_grad=True)
            actions = draw_actions(mean, config, np.random.default_rng(seed))
            (gradient,) = torch.autograd.grad(policy_loss(mean, actions, answers, config), mean)
            gradients.append(float(gradient))
    assert np.mean(found[True]) == pytest.approx(np.mean(found[False]), rel=0.1, abs=0.05)
    assert abs(np.mean(found[True])) > 0.1


@pytest.mark.parametrize("method", ["reinforce", "ordinal"])
@pytest.mark.parametrize("wish_ev", [-0.7, 0.9])
def test_answers_along_a_ladder_lead_to_the_wish(method: str, wish_ev: float) -> None:
    ladder = np.round(np.arange(-2, 2.01, 0.2), 1)
    needs = np.where(np.abs(wish_ev - ladder) < 0.2, 0, np.sign(wish_ev - ladder)).astype(int)
    answers = Answers(ladder[None], needs[None])
    mean = torch.zeros(1, requires_grad=True)
    optimiser = torch.optim.Adam([mean], lr=0.04)
    random, config = np.random.default_rng(0), PolicyConfig(actions=32)
    for _ in range(100):
        optimiser.zero_grad()
        if method == "reinforce":
            loss = policy_loss(mean, draw_actions(mean, config, random), answers, config)
        else:
            loss = ordinal_loss(mean * EV_SCALE, answers, 0.2)
        loss.backward()
        optimiser.step()
    assert mean.item() * EV_SCALE == pytest.approx(wish_ev, abs=0.15)


def test_the_three_answers_of_the_ordinal_model_have_probability_one() -> None:
    for wish_ev in (-3.0, -0.3, 0.0, 0.15, 2.0):
        mean = torch.tensor([wish_ev])
        likely = [
            math.exp(-float(ordinal_loss(mean, Answers(np.zeros((1, 1)), np.array([[n]])), 0.2))) for n in (-1, 0, 1)
        ]
        assert sum(likely) == pytest.approx(1, abs=1e-5)
        assert (likely[2] > likely[0]) == (wish_ev > 0) or wish_ev == 0


def test_the_ordinal_gradient_points_where_the_person_asks() -> None:
    for need in (-1, 1):
        mean = torch.tensor([0.0], requires_grad=True)
        loss = ordinal_loss(mean, Answers(np.zeros((1, 1)), np.array([[need]])), RewardConfig().delta_ev)
        (gradient,) = torch.autograd.grad(loss, mean)
        assert np.sign(-float(gradient)) == need


def test_settings_are_checked() -> None:
    with pytest.raises(ConfigError, match="positive"):
        PolicyConfig(variance=0)


def pull_at_the_wish(wish_ev: float, ladder_ev: NDArray[np.float64]) -> float:
    """Gradient of the loss where the mean is right: positive pulls darker."""
    answered = judged_along_the_ladder([], np.arange(1), np.array([wish_ev]), RewardConfig(), ladder_ev)
    mean = torch.tensor([wish_ev / EV_SCALE], requires_grad=True)
    config = PolicyConfig(actions=50_000)
    actions = draw_actions(mean, config, np.random.default_rng(3))
    policy_loss(mean, actions, Answers(answered.offsets_ev, answered.needs), config).backward()
    assert mean.grad is not None
    return float(mean.grad)


def test_a_wish_near_the_end_of_the_ladder_is_not_pulled_beyond_it() -> None:
    assert pull_at_the_wish(-1.1, LADDER_EV) > 0.1
    assert abs(pull_at_the_wish(-1.1, IMPLIED_LADDER_EV)) < 0.05
    assert abs(pull_at_the_wish(0.0, LADDER_EV)) < 0.05
