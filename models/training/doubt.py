"""Teaching a finished network how far off its answers may be: forward passes, then two small layers over them.

The layers are learned on pictures as pre-training draws them, by how likely they make the errors, and calibrated on
photographs that no training saw: of their errors 68 % lie within the doubt, 95 % within its ratio. Network, photographs
and seed make it what it is; it takes minutes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from autoexposure.errors import ConfigError
from autoexposure.process.long_work import Tell, tell_nobody
from autoexposure.response import gamma
from models.data.batches import MixConfig, TrainingMix
from models.data.dataset import PhotoCache
from models.data.exposure_ladder import LABEL_LIMIT_EV, LADDER_EV, label_ev, ladder
from models.doubt import LAPLACE_95_TO_68, DoubtHead
from models.network import FEATURE_CHANNELS, AttentionFcn, as_input

BATCH = 32
"""Pictures that the network sees at once."""

LEARNED_AT_ONCE = 256
"""Answers in a step of the layers' learning, which costs next to nothing."""

EPOCHS = 12
RATE, DECAY = 2e-3, 1.0
"""Of AdamW. More epochs or less decay foretold the errors of unseen photographs worse."""

STEPS_EV: NDArray[np.float64] = LADDER_EV[::2]
"""Steps of the ladders that it is calibrated on: those that are measured, every other one."""

MOST_PHOTOS = 400
"""That it is calibrated on; a quantile of so many is sure to 2 %."""

FEWEST_PHOTOS = 50
"""With fewer the doubt stays as it was learned: calibrated on 47 pictures it held 59 % of the errors on 87 others
instead of 68 %."""

LAPLACE_68 = -math.log(1 - 0.68)
"""Half width of the interval that holds 68 % of errors that follow Laplace's distribution, over its scale."""


@dataclass(frozen=True, slots=True)
class DoubtConfig:
    """How it is learned. Raises ConfigError for too few pictures.

    Attributes
    ----------
    pictures : how many answers it is learned from; half as many foretold errors nearly as well.
    seed : of the pictures, and of the layers' first weights.
    threads : CPU threads of torch.
    """

    pictures: int = 4800
    seed: int = 1
    threads: int = 2

    def __post_init__(self) -> None:
        if self.pictures < LEARNED_AT_ONCE:
            raise ConfigError(f"doubt is learned from at least {LEARNED_AT_ONCE} pictures, given {self.pictures}")


@dataclass(frozen=True, slots=True)
class Calibration:
    """What makes a doubt true.

    Attributes
    ----------
    factor : what the layers' word is multiplied by to hold 68 % of the errors.
    ratio_95 : the half width that holds 95 % of them, over that for 68 %.
    photos : how many it was found from; 0 where there were too few, and nothing is changed.
    """

    factor: float = 1.0
    ratio_95: float = LAPLACE_95_TO_68
    photos: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """What a network told of N pictures: ``signs`` (N, S) of `DoubtHead.signs`, ``off_ev`` (N,) how far off it was.

    ``labels_ev`` (N,) are the right answers.
    """

    signs: Tensor
    off_ev: Tensor
    labels_ev: Tensor


def learn_doubt(
    network: AttentionFcn, cache: PhotoCache, config: DoubtConfig | None = None, tell: Tell = tell_nobody
) -> Calibration:
    """Give ``network`` a doubt, in place of one it may have; nothing else of it changes.

    It is learned on the training part of ``cache`` and calibrated on the validation part. Raises ConfigError if no
    photograph is in the training part.
    """
    config = config or DoubtConfig()
    torch.set_num_threads(config.threads)
    network.doubt = None
    told = ask(network.eval(), cache, config, tell)
    network.doubt = learn(told, config.seed)
    return calibrate(network, cache, tell)


def ask(network: AttentionFcn, cache: PhotoCache, config: DoubtConfig, tell: Tell = tell_nobody) -> Told:
    """What ``network`` tells of pictures as the end of its training shows them."""
    mix = TrainingMix(cache, MixConfig(), config.seed)
    signs, off_ev, labels_ev = [], [], []
    for step in range(config.pictures // BATCH):
        tell("asking the network", step * BATCH / config.pictures)
        batch = mix.batch(step, range(BATCH), fraction=1.0)
        preview, labels = as_input(batch.previews), torch.from_numpy(batch.labels_ev)
        with torch.no_grad():
            answer = network(preview)
            signs.append(DoubtHead.signs(preview, answer.attention, answer.exposure_map, answer.features))
        off_ev.append((answer.delta_ev - labels).abs())
        labels_ev.append(labels)
    return Told(torch.cat(signs), torch.cat(off_ev), torch.cat(labels_ev))


def learn(told: Told, seed: int) -> DoubtHead:
    """A head that makes what was ``told`` likely, not yet calibrated."""
    torch.manual_seed(seed)
    head = DoubtHead(FEATURE_CHANNELS)
    head.usual.copy_(told.signs.mean(dim=0))
    head.spread.copy_(told.signs.std(dim=0).clamp(min=1e-6))
    optimiser = torch.optim.AdamW(head.parameters(), weight_decay=DECAY)
    steps = EPOCHS * (len(told.off_ev) // LEARNED_AT_ONCE)
    order = torch.zeros(0, dtype=torch.long)
    for step in range(steps):
        if len(order) < LEARNED_AT_ONCE:
            order = torch.randperm(len(told.off_ev))
        chosen, order = order[:LEARNED_AT_ONCE], order[LEARNED_AT_ONCE:]
        for group in optimiser.param_groups:
            group["lr"] = RATE * 0.5 * (1 + math.cos(math.pi * step / steps))
        optimiser.zero_grad()
        loss = doubt_loss(head.of_signs(told.signs[chosen]), told.off_ev[chosen], told.labels_ev[chosen])
        torch.autograd.backward(loss)
        optimiser.step()
    return head.eval()


def doubt_loss(doubt_ev: Tensor, off_ev: Tensor, labels_ev: Tensor) -> Tensor:
    """How badly the doubt foretells the error: mean negative log-likelihood of the labels, a scalar; all (N,) EV.

    Errors follow Laplace's distribution more nearly than a Gaussian. A label at the limit is censored: all that it says
    is that the right correction is *at least this much*.
    """
    scaled = LAPLACE_68 * off_ev / doubt_ev
    # Half of the distribution lies beyond its middle, and ever less further out.
    return torch.where(labels_ev.abs() >= LABEL_LIMIT_EV, scaled, doubt_ev.log() + scaled).mean()


def calibrate(network: AttentionFcn, cache: PhotoCache, tell: Tell = tell_nobody) -> Calibration:
    """Find how true the doubt of ``network`` is on the validation part of ``cache``, and make it so in place.

    It counts on photographs without a mask, re-exposed as a ladder is: what it is judged on. One factor can't be true
    of relit subjects too: their errors have a longer tail, and calibrated on both the doubt was too wide for
    photographs.
    """
    assert network.doubt is not None
    network.doubt.calibration.copy_(torch.tensor([1.0, LAPLACE_95_TO_68]))
    labels_ev, response = label_ev(STEPS_EV), gamma()
    chosen = cache.indices("validation", masked=False)[:MOST_PHOTOS]
    scaled = []
    for place, index in enumerate(chosen):
        tell("calibrating", place / len(chosen))
        with torch.inference_mode():
            answer = network.eval()(as_input(ladder(cache.pictures[index], response, STEPS_EV)))
        scaled.append(np.abs(answer.delta_ev.numpy() - labels_ev) / answer.doubt_ev.numpy())
    found = fit(np.array(scaled))
    network.doubt.calibration.copy_(torch.tensor([found.factor, found.ratio_95]))
    return found


def fit(scaled: NDArray[np.float64]) -> Calibration:
    """The calibration by errors over the doubts that were stated with them, (N, S) for N photographs at S steps."""
    if len(scaled) < FEWEST_PHOTOS:
        return Calibration()
    within_68, within_95 = np.quantile(scaled, (0.68, 0.95))
    if not within_68 > 0:  # a network that is never wrong says nothing about doubt
        return Calibration()
    return Calibration(float(within_68), float(within_95 / within_68), len(scaled))
