"""The Gaussian policy gradient (paper 5.2, equations 7 to 11), and the rewards it is fed with.

The network's answer is the mean of a Gaussian over actions, its variance is constant. Actions are drawn, rewarded by
Figure 6 and pull the mean towards what was rewarded, away from what was punished:

    gradient of J = mean over (state, action, answer) of  r(s, a) (a - F(s)) / variance * gradient of F(s)     (11)

Only *defined* rewards take part in that mean. All of this is in the paper's normalised unit, where 1 is 2 EV, because
its variance of 0.1 is (a standard deviation of 0.63 EV).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from autoexposure.errors import ConfigError
from autoexposure.feedback.reward import RewardConfig, rewards
from models.network import EV_SCALE


@dataclass(frozen=True, slots=True)
class PolicyConfig:
    """The Gaussian policy.

    Attributes
    ----------
    variance : of actions, normalised unit (the paper's 0.1).
    actions : drawn per state. The paper draws one a visit; more per visit only estimate the same mean better, which
        costs next to nothing beside the network's own pass.
    baseline : subtract the mean defined reward of the state from its rewards. Off for the paper's numbers.
    """

    variance: float = 0.1
    actions: int = 16
    baseline: bool = False
    reward: RewardConfig = field(default_factory=RewardConfig)

    def __post_init__(self) -> None:
        if not (self.variance > 0 and self.actions >= 1):
            raise ConfigError(f"variance and actions must be positive, given {self.variance} and {self.actions}")


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What was said of a batch of scenes, at one exposure each or at several.

    Attributes
    ----------
    targets_ev : (N, K): the change that leads from the state to the judged picture.
    needs : (N, K): the answer as its sign, `autoexposure.feedback.reward.NEED`.
    """

    targets_ev: NDArray[np.float64]
    needs: NDArray[np.int64]


def draw_actions(means: Tensor, config: PolicyConfig, random: np.random.Generator) -> Tensor:
    """(N,) normalised means -> (N, A) normalised actions, without gradient."""
    deviations = random.standard_normal((len(means), config.actions)).astype(np.float32)
    return means.detach()[:, None] + math.sqrt(config.variance) * torch.from_numpy(deviations)


def policy_loss(means: Tensor, actions: Tensor, answers: Answers, config: PolicyConfig) -> Tensor:
    """A scalar whose gradient is minus equation 11, estimated from ``actions``.

    Parameters
    ----------
    means : (N,) the network's answers, normalised, with gradient.
    actions : (N, A), normalised, as drawn around them.

    The mean is over defined rewards; 0 (with a gradient of 0) if there are none.
    """
    actions_ev = actions.numpy().astype(np.float64) * EV_SCALE
    found = rewards(actions_ev[:, :, None], answers.targets_ev[:, None, :], answers.needs[:, None, :], config.reward)
    values = np.where(found.defined, found.values, 0.0)
    if config.baseline:
        defined = found.defined.sum(axis=(1, 2), keepdims=True)
        means_of_states = values.sum(axis=(1, 2), keepdims=True) / np.maximum(defined, 1)
        values = np.where(found.defined, values - means_of_states, 0.0)
    count = int(found.defined.sum())
    returns = torch.from_numpy(values.sum(axis=2).astype(np.float32))
    log_density = -0.5 * (means[:, None] - actions) ** 2 / config.variance  # equation 8, without its constant
    return -(returns * log_density).sum() / max(count, 1)
