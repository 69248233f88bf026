"""What pre-training minimises: the error of the answer, and stray attention."""

from __future__ import annotations

import torch
from torch.nn import functional

from models.data.batches import Batch
from models.network import EV_SCALE, AttentionOutput
from models.training.optimiser import Recipe


def training_loss(answer: AttentionOutput, labels_ev: torch.Tensor, recipe: Recipe) -> torch.Tensor:
    """The error of a batch of answers, a scalar.

    ``paper``: the squared error of the normalised output (equation 2). ``default``: a Huber loss with a knee at 0.1 EV,
    close to the absolute error, which is what is measured. A network that classifies has the cross entropy of the bin
    nearest to the label.

    Parameters
    ----------
    labels_ev : (N,) right corrections, EV.
    """
    if answer.bins is not None:
        steps = answer.bins.shape[1] - 1
        return functional.cross_entropy(answer.bins, ((labels_ev + EV_SCALE) / (2 * EV_SCALE) * steps).round().long())
    # A label at the limit means *at least this much*: an answer beyond it is not wrong, since it will be limited too.
    beyond = (labels_ev.abs() >= EV_SCALE) & (answer.delta_ev * labels_ev.sign() > EV_SCALE)
    delta_ev = torch.where(beyond, labels_ev, answer.delta_ev)
    if recipe == "paper":
        return functional.mse_loss(delta_ev / EV_SCALE, labels_ev / EV_SCALE)
    return functional.smooth_l1_loss(delta_ev, labels_ev, beta=0.1)


def attention_guidance(attention: torch.Tensor, batch: Batch, background: float = 0.05) -> torch.Tensor:
    """How far the attention is from lying on the known subjects: a scalar, cross entropy over the cells.

    Without it nothing makes the attention map separate a subject from its background: the exposure map does all the
    work and the attention stays even (seen: 22.1 % of its mass on subjects that fill 21.7 % of the frame).

    Parameters
    ----------
    attention : (N, 15, 15) the network's, 0..1.
    background : the attention wanted off the subject, which is above 0 so that a picture of nothing in particular still
        has a mean; on the subject it is 1.
    """
    subjects = torch.from_numpy(batch.subjects).to(attention.device)
    if attention.shape[1:] != subjects.shape[1:]:
        subjects = functional.adaptive_avg_pool2d(subjects, attention.shape[1])
    wanted = background + (1 - background) * subjects
    entropy = functional.binary_cross_entropy(attention, wanted, reduction="none").mean(dim=(1, 2))
    return (torch.from_numpy(batch.masked).to(entropy) * entropy).mean()
