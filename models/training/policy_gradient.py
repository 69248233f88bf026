"""What a person's answers teach: the paper's Gaussian policy gradient, and an ordinal likelihood.

**The policy gradient** (paper 5.2, equations 7 to 11). The network's answer is the mean of a Gaussian over actions, its
variance is constant. Actions are drawn, rewarded by Figure 6, and pull the mean towards what was rewarded, away from
what was punished:

    gradient of J = mean over (state, action, answer) of  r(s, a) (a - F(s)) / variance * gradient of F(s)     (11)

Only *defined* rewards take part in that mean. The paper does not say in which unit its variance of 0.1 (5.2) and its
delta of 0.1 (Figure 6) are. Both are ASSUMED to be in its normalised unit, where 1 is 2 EV (7.2), because its labels
are: a standard deviation of 0.63 EV and a delta of 0.2 EV.

**The ordinal likelihood** over under, well and over is the sampled reward's smooth cousin. The person's wish for a
scene is the network's answer plus logistic noise; the answer to a picture says on which side of two thresholds, -delta
and +delta, the wish lies from that picture (a threshold model, P. McCullagh, 1980). Nothing is drawn at random and
every answer has a gradient, also where Figure 6 leaves the reward undefined.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from autoexposure.errors import ConfigError
from autoexposure.feedback.reward import RewardConfig, rewards
from models.network import EV_SCALE

NOISE_EV = 0.25
"""Scale of the logistic: how exactly people answer."""


@dataclass(frozen=True, slots=True)
class PolicyConfig:
    """The Gaussian policy. Raises ConfigError unless variance and actions are positive.

    Attributes
    ----------
    variance : of actions, normalised unit (the paper's 0.1, see above).
    actions : drawn per state. The paper draws one a visit; more per visit only estimate the same mean better, which
        costs next to nothing beside the network's own pass.
    baseline : subtract from each action's rewards the mean of the state's other actions, which lowers the variance and
        leaves the expectation. Off for the paper's numbers.
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
    # Every action meets every answer about its scene: (N, A, 1) against (N, 1, K).
    actions_ev = actions.numpy().astype(np.float64) * EV_SCALE
    found = rewards(actions_ev[:, :, None], answers.targets_ev[:, None, :], answers.needs[:, None, :], config.reward)
    count = int(found.defined.sum())
    # Rewards are constants to the gradient, so the answers' can be summed first: (N, A). Undefined ones add nothing.
    returns = np.where(found.defined, found.values, 0.0).sum(axis=2)
    if config.baseline and config.actions > 1:
        # What is subtracted must not depend on the action itself, or the expectation would change: the mean over the
        # *others* (leave-one-out). A mean over defined rewards alone would depend on it, and would cancel all that a
        # single "under" teaches, whose defined rewards are all the same.
        returns = returns - (returns.sum(axis=1, keepdims=True) - returns) / (config.actions - 1)
    # Only the log density carries a gradient, (a - F) / variance as in equation 9.
    weights = torch.from_numpy(returns.astype(np.float32))
    log_density = -0.5 * (means[:, None] - actions) ** 2 / config.variance  # equation 8, without its constant
    return -(weights * log_density).sum() / max(count, 1)


def ordinal_loss(means_ev: Tensor, answers: Answers, delta_ev: float, noise_ev: float = NOISE_EV) -> Tensor:
    """Mean negative log-likelihood of the answers, a scalar; ``means_ev`` (N,) are the network's, in EV."""
    # The wish is logistic around the network's answer. Seen from the judged picture, P(wish > delta) and
    # P(wish < -delta) are then sigmoids, and what lies between is the rest. Logarithms throughout: a sigmoid rounds to
    # 0 or 1 long before its logarithm loses its gradient.
    wish = means_ev[:, None] - torch.from_numpy(answers.targets_ev).float()
    above = (wish - delta_ev) / noise_ev  # log-odds that the wish lies above the upper threshold
    below = (-wish - delta_ev) / noise_ev
    needs = torch.from_numpy(answers.needs)
    more, less = functional.logsigmoid(above), functional.logsigmoid(below)
    # log(1 - sigmoid(above) - sigmoid(below)). With above + below = -width the difference of the two logistics factors:
    # 1 - s(a) - s(b) = s(-a) s(-b) (1 - exp(a + b)), which neither cancels nor underflows.
    width = torch.tensor(2 * delta_ev / noise_ev)
    between = functional.logsigmoid(-above) + functional.logsigmoid(-below) + torch.log(-torch.expm1(-width))
    likely = torch.where(needs > 0, more, torch.where(needs < 0, less, between))
    return -likely.mean()
