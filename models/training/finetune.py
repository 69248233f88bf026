"""Continuing a network's training on one person's answers (paper 5.2, 7.2), end to end, resumable after a kill.

Three teachers for the same states, optimiser and schedule, so that they can be compared:

``reinforce``   the paper's Gaussian policy gradient on under / well / over (`models.training.policy_gradient`)
``ordinal``     the likelihood of the same answers under a threshold model (`models.training.policy_gradient`)
``supervised``  the right corrections themselves, which only simulated people can give: the paper's FSL, an upper bound
"""

from __future__ import annotations

import copy
import logging
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from autoexposure.errors import ConfigError, ModelFileError, Stopped
from autoexposure.response import gamma
from models.data.exposure_ladder import LABEL_LIMIT_EV, LADDER_EV
from models.files.checkpoint import (
    CHECKPOINT_EVERY_S,
    Progress,
    load_checkpoint,
    read_progress,
    save_checkpoint,
    training_in,
)
from models.network import EV_SCALE, AttentionFcn, as_input
from models.training.answered import Answered, Pictures, States, draw_states, expose_at
from models.training.optimiser import halved_rate, take_step
from models.training.policy_gradient import PolicyConfig, draw_actions, ordinal_loss, policy_loss

log = logging.getLogger(__name__)

Method = Literal["reinforce", "ordinal", "supervised"]


@dataclass(frozen=True, slots=True)
class FineTuneConfig:
    """One training. Raises ConfigError for counts below 1.

    Attributes
    ----------
    steps, batch : batches, and states in each.
    ladder_reach_ev, ladder_step_ev : exposures that states are drawn from (5.3: +-2 EV by 0.2; 6.3: +-1 EV by 0.25).
    learning_rate : Adam's; the paper's 1e-4, halved after 15 and 30 of 35 parts of the schedule (7.2).
    checkpoint_every : steps; there is one by the clock as well (CHECKPOINT_EVERY_S).
    """

    method: Method = "reinforce"
    steps: int = 400
    batch: int = 32
    seed: int = 1
    ladder_reach_ev: float = 2.0
    ladder_step_ev: float = 0.2
    learning_rate: float = 1e-4
    policy: PolicyConfig = field(default_factory=PolicyConfig)
    threads: int = 1
    checkpoint_every: int = 20

    def __post_init__(self) -> None:
        if min(self.steps, self.batch, self.threads, self.checkpoint_every) < 1:
            raise ConfigError("steps, batch, threads and checkpoint_every must be at least 1")

    @property
    def ladder_ev(self) -> NDArray[np.float64]:
        """The steps of the ladder, EV."""
        return np.linspace(
            -self.ladder_reach_ev, self.ladder_reach_ev, round(2 * self.ladder_reach_ev / self.ladder_step_ev) + 1
        )

    def settings(self) -> dict[str, object]:
        """What a resumed run must agree with, as plain values."""
        settings = asdict(self)
        del settings["threads"], settings["checkpoint_every"]
        return settings


def fine_tune(
    network: AttentionFcn,
    answered: Answered,
    config: FineTuneConfig,
    folder: Path,
    identity: str = "",
    tell: Callable[[float], None] | None = None,
    *,
    until: int | None = None,
) -> AttentionFcn:
    """Train ``network`` in place, keeping checkpoints in ``folder``, and return it.

    Parameters
    ----------
    identity : what else the run depends on (base model, answers), as a hash. A run in ``folder`` with another one, or
        with other settings, is begun anew.
    tell : receives the share done, 0..1. If it raises Stopped, the step is kept.
    until : end after so many batches of the schedule, to be looked at or for good; called again, it goes on from there.

    Raises
    ------
    ConfigError : another training writes to ``folder``, or the disk refuses.
    Stopped : what ``tell`` raised.
    """
    with training_in(folder):
        return _fine_tune(network, answered, config, folder, identity, tell, config.steps if until is None else until)


def _fine_tune(
    network: AttentionFcn,
    answered: Answered,
    config: FineTuneConfig,
    folder: Path,
    identity: str,
    tell: Callable[[float], None] | None,
    until: int,
) -> AttentionFcn:
    torch.set_num_threads(config.threads)
    optimiser = torch.optim.Adam(network.parameters(), lr=config.learning_rate)
    step, spent_s = 0, 0.0
    begun = copy.deepcopy(network.state_dict())
    try:
        done = read_progress(folder)
        same = done is not None and done.settings == config.settings() and done.training_list_sha256 == identity
        if done is not None and same and done.step <= until:
            load_checkpoint(folder, network, optimiser)
            step, spent_s = done.step, done.elapsed_s
    except ModelFileError as error:  # damaged from outside; a few minutes of training are lost
        log.warning("%s: the training is begun anew", error)
        network.load_state_dict(begun)
    started_s = time.monotonic() - spent_s
    kept_step, kept_s = step, time.monotonic()

    def keep() -> None:
        nonlocal kept_step, kept_s
        elapsed_s = time.monotonic() - started_s
        progress = Progress(step, elapsed_s, step / config.steps, config.settings(), identity)
        save_checkpoint(folder, network, optimiser, progress)
        kept_step, kept_s = step, time.monotonic()

    network.train()
    while step < until:
        random = np.random.default_rng([config.seed, step])
        states = draw_states(answered, config.batch, random, config.ladder_ev)
        loss = loss_of(network(as_input(states.previews)).delta_ev, states, config, random)
        take_step(network, optimiser, loss, halved_rate(config.learning_rate, step / config.steps))
        step += 1
        due = step % config.checkpoint_every == 0 or step == until
        if due or time.monotonic() - kept_s >= CHECKPOINT_EVERY_S:
            keep()
        try:
            if tell is not None:
                tell(step / config.steps)
        except Stopped:
            if kept_step != step:
                keep()
            raise
    return network.eval()


def loss_of(delta_ev: Tensor, states: States, config: FineTuneConfig, random: np.random.Generator) -> Tensor:
    """The loss of one batch by the chosen method, a scalar.

    Parameters
    ----------
    delta_ev : (B,) the network's answers in EV, with gradient.
    """
    if config.method == "supervised":
        return functional.smooth_l1_loss(delta_ev, torch.from_numpy(states.labels_ev), beta=0.1)
    if config.method == "ordinal":
        return ordinal_loss(delta_ev, states.answers, config.policy.reward.delta_ev)
    means = delta_ev / EV_SCALE
    return policy_loss(means, draw_actions(means, config.policy, random), states.answers, config.policy)


def taste_error_ev(
    network: AttentionFcn,
    pictures: Pictures,
    chosen: NDArray[np.int64],
    wishes_ev: dict[str, NDArray[np.float64]],
    ladder_ev: NDArray[np.float64] = LADDER_EV,
    tell: Callable[[float], None] | None = None,
) -> dict[str, float]:
    """Mean absolute error in EV (equation 12, over pictures and steps of the ladder) against each person's wishes.

    Parameters
    ----------
    pictures, chosen : all of the scenes, and places of the N that are measured on.
    wishes_ev : person -> (N,) the exposure wanted, EV relative to the picture.
    """
    answers_ev = ladder_answers_ev(network, pictures, chosen, ladder_ev, tell)
    errors = {}
    for name, wishes in wishes_ev.items():
        right_ev = np.clip(wishes[:, None] - ladder_ev[None], -LABEL_LIMIT_EV, LABEL_LIMIT_EV)
        errors[name] = float(np.abs(answers_ev - right_ev).mean())
    return errors


def ladder_answers_ev(
    network: AttentionFcn,
    pictures: Pictures,
    chosen: NDArray[np.int64],
    ladder_ev: NDArray[np.float64],
    tell: Callable[[float], None] | None = None,
) -> NDArray[np.float64]:
    """(N, L) what a network answers to each of the N pictures at ``chosen``, at every step of the ladder (L,)."""
    network.eval()
    answers_ev = np.zeros((len(chosen), len(ladder_ev)))
    response = gamma()
    with torch.inference_mode():
        for row, index in enumerate(chosen):
            if tell is not None:
                tell(row / len(chosen))
            shown = np.stack([expose_at(pictures[int(index)], response, float(step_ev)) for step_ev in ladder_ev])
            answers_ev[row] = network(as_input(shown)).delta_ev.numpy()
    return answers_ev
