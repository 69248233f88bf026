"""An ordinal likelihood over under, well and over: the sampled reward's smooth cousin.

The person's wish for a scene is the network's answer plus logistic noise; the answer to a picture says on which side of
two thresholds, -delta and +delta, the wish lies from that picture (a threshold model, P. McCullagh, 1980). Nothing is
drawn at random and every answer has a gradient, also where Figure 6 leaves the reward undefined.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from models.training.policy_gradient import Answers

NOISE_EV = 0.25
"""Scale of the logistic: how exactly people answer."""


def ordinal_loss(means_ev: Tensor, answers: Answers, delta_ev: float, noise_ev: float = NOISE_EV) -> Tensor:
    """Mean negative log-likelihood of the answers, a scalar; ``means_ev`` (N,) are the network's, in EV."""
    wish = means_ev[:, None] - torch.from_numpy(answers.targets_ev).float()
    above = (wish - delta_ev) / noise_ev  # log-odds that the wish lies above the upper threshold
    below = (-wish - delta_ev) / noise_ev
    needs = torch.from_numpy(answers.needs)
    more, less = functional.logsigmoid(above), functional.logsigmoid(below)
    # log(1 - sigmoid(above) - sigmoid(below)), from the identity for a difference of two logistics
    width = torch.tensor(2 * delta_ev / noise_ev)
    between = functional.logsigmoid(-above) + functional.logsigmoid(-below) + torch.log(-torch.expm1(-width))
    likely = torch.where(needs > 0, more, torch.where(needs < 0, less, between))
    return -likely.mean()
