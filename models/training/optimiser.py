"""Optimisers, their learning rates and one step of descent: what pre-training and fine-tuning share."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor, nn

Recipe = Literal["default", "paper"]

EPOCHS, EPOCHS_TO_HALVE = 35, 15
"""The paper's schedule (7.2): the learning rate is halved every 15 of 35 epochs."""

RATE = 5e-4
"""Where the cosine of the default recipe starts."""

PAPER_RATE = 0.003
"""Where the paper's SGD starts (7.2)."""

WARM_UP_STEPS = 100
"""Steps in which the default recipe's rate rises from 0: AdamW's first estimates of the gradient's size are rough."""

LARGEST_GRADIENT = 5.0
"""Norm that a step's gradient is scaled down to, so that one odd batch does not undo many others."""


def make_optimiser(network: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """The paper's SGD (7.2), or AdamW, which trains better here; their rate is set before every step."""
    if recipe == "paper":
        return torch.optim.SGD(network.parameters(), lr=PAPER_RATE, momentum=0.9, weight_decay=0.0002)
    return torch.optim.AdamW(network.parameters(), weight_decay=0.01)


def learning_rate(recipe: Recipe, rate: float, fraction: float, step: int) -> float:
    """The learning rate of a step.

    ``paper``: ``rate``, halved after 15 and 30 of 35 epochs (7.2). ``default``: a cosine from ``rate`` to a hundredth
    of it, after WARM_UP_STEPS.

    Parameters
    ----------
    rate : the highest; the paper's is PAPER_RATE.
    fraction : how much of the schedule is done, 0..1.
    step : batches trained on.
    """
    if recipe == "paper":
        return halved_rate(rate, fraction)
    warm = min(1.0, (step + 1) / WARM_UP_STEPS)
    return warm * rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * fraction)))


def halved_rate(start: float, fraction: float) -> float:
    """The paper's learning rate when ``fraction`` (0..1) of the schedule is done, from ``start`` on."""
    return start * 0.5 ** int(fraction * EPOCHS // EPOCHS_TO_HALVE)


def take_step(
    network: nn.Module, optimiser: torch.optim.Optimizer, loss: Tensor, rate: float, largest: float = LARGEST_GRADIENT
) -> None:
    """Move the weights of ``network`` down the gradient of ``loss``, a scalar, at the learning rate ``rate``.

    A gradient with a norm above ``largest`` is scaled down to it.
    """
    for group in optimiser.param_groups:
        group["lr"] = rate
    optimiser.zero_grad()
    torch.autograd.backward(loss)
    torch.nn.utils.clip_grad_norm_(network.parameters(), largest)
    optimiser.step()
