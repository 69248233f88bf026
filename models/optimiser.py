"""One step of gradient descent and the paper's schedule for its rate: what pre-training and fine-tuning share."""

from __future__ import annotations

import torch
from torch import Tensor, nn

EPOCHS, EPOCHS_TO_HALVE = 35, 15
"""The paper's schedule (7.2): the learning rate is halved every 15 of 35 epochs."""

LARGEST_GRADIENT = 5.0
"""Norm that a step's gradient is scaled down to, so that one odd batch does not undo many others."""


def halved_rate(start: float, fraction: float) -> float:
    """The paper's learning rate when ``fraction`` (0..1) of the schedule is done, from ``start`` on."""
    return start * 0.5 ** int(fraction * EPOCHS // EPOCHS_TO_HALVE)


def take_step(network: nn.Module, optimiser: torch.optim.Optimizer, loss: Tensor, rate: float) -> None:
    """Move the weights of ``network`` down the gradient of ``loss``, a scalar, at the learning rate ``rate``."""
    for group in optimiser.param_groups:
        group["lr"] = rate
    optimiser.zero_grad()
    torch.autograd.backward(loss)
    torch.nn.utils.clip_grad_norm_(network.parameters(), LARGEST_GRADIENT)
    optimiser.step()
