"""The trainings behind Tables 3 to 6 and Figure 9: one person, one teacher, one start; each done once and kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file

from autoexposure.feedback.reward import FIGURE_6, RewardConfig
from autoexposure.files.atomic_file import atomic_write
from autoexposure.process.long_work import Tell, part_of, tell_nobody
from models.data.exposure_ladder import LABEL_LIMIT_EV, LADDER_EV
from models.data.simulated_experts import MEAN
from models.experiments.plots import plot_bars
from models.experiments.study import StudyConfig, World, kept
from models.files.checkpoint import weights_file
from models.network import AttentionFcn, fill, load_pretrained
from models.training.answered import Answered, judged_along_the_ladder
from models.training.finetune import FineTuneConfig, Method, fine_tune, ladder_answers_ev, taste_error_ev
from models.training.policy_gradient import PolicyConfig
from models.training.trainable import load_trainable

Kind = Literal[
    "fsl",
    "rl",
    "rl_scratch",
    "rl_reduced",
    "ordinal",
    "base",
    "rl_clicks",
    "rl_reduced_clicks",
    "ordinal_clicks",
]
"""Supervised; REINFORCE from the pre-trained model (the paper's RL+PT), without pre-training (its RL), and with less
variance than the paper's; by ordinal likelihood; no training. With ``_clicks``: one answer a picture instead of one at
every step of the ladder."""

OTHER_METHODS: dict[Kind, Method] = {"fsl": "supervised", "ordinal": "ordinal", "ordinal_clicks": "ordinal"}
"""What the kinds learn by that don't learn by REINFORCE."""

REDUCED_ACTIONS = 64
"""Actions drawn for a state where the variance is to be small; beside the network's pass they cost nothing."""

COURSE = (1 / 8, 1 / 4, 1 / 2, 3 / 4, 1.0)
"""Shares of a supervised training after which its error is measured: whether it has converged can be seen."""

CONVERGED = 0.02
"""A supervised training has converged if its last quarter took off at most this share of its error: less than the
spread between seeds."""

ERROR = "mean absolute error, EV"

CLICKS = 300
"""Pictures that the kinds with clicks learn from (one answer each)."""

FITTED_ON = 300
"""Training pictures that the one bias is fitted on: one number needs no more."""


@dataclass(frozen=True, slots=True)
class Training:
    """One of them; ``images`` limits the training pictures (Figure 9), None for all."""

    kind: Kind
    person: str
    images: int | None = None
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure of several seeds: the mean, and the standard deviation between them (0 for one)."""

    mean: float
    deviation: float = 0.0

    def __format__(self, spec: str) -> str:
        mean = format(self.mean, spec or ".4f")
        return f"{mean} ± {format(self.deviation, spec or '.4f')}" if self.deviation else mean

    def __str__(self) -> str:
        return format(self)


class Trainings:
    """Runs trainings when their results are first asked for."""

    def __init__(self, config: StudyConfig, world: World, tell: Tell = tell_nobody) -> None:
        self.config, self.world, self._tell = config, world, tell
        self._folder = config.out / "runs"
        self._ladder = LADDER_EV[:: config.sizes.ladder_every]

    def plot(self, name: str, rows: Mapping[str, Mapping[str, float]], y_label: str) -> None:
        """Draw an experiment's table beside its results."""
        sizes = self.config.sizes
        note = f"{self.world.people}; {sizes.steps} steps of {sizes.batch}; {sizes.each}"
        plot_bars(rows, y_label, note, self.config.out / f"{name}.png")

    def errors_ev(self, training: Training) -> dict[str, float]:
        """Mean absolute error on the test pictures against every person's wishes."""

        def measure() -> dict[str, float]:
            world = self.world
            network = self.network(training)
            told = part_of(self._tell, f"measuring {training.kind} of {training.person}")
            return taste_error_ev(network, world.pictures, world.test, world.wishes_of(world.test), self._ladder, told)

        found = kept(self._folder, [*self._key(training), "errors"], measure)
        return {name: float(value) for name, value in found.items()}

    def error_ev(self, training: Training) -> Spread:
        """Against the person whom it was trained for, over all seeds."""
        return self.of_seeds(training, lambda seeded: self.errors_ev(seeded)[training.person])

    def of_seeds(self, training: Training, measure: Callable[[Training], float]) -> Spread:
        """What ``measure`` finds of this training with each seed; one that trains nothing has none."""
        seeds = (1,) if training.kind == "base" else self.config.sizes.seeds
        found = [measure(replace(training, seed=seed)) for seed in seeds]
        return Spread(float(np.mean(found)), float(np.std(found, ddof=1)) if len(found) > 1 else 0.0)

    def left_alone_ev(self, person: str) -> Spread:
        """The error of never changing the exposure."""
        return Spread(float(np.abs(self._right_ev(person, self.world.test)).mean()))

    def one_bias_ev(self, person: str) -> Spread:
        """The error of the base model with one EV bias, the best for this person's training pictures."""
        bias_ev = self.bias_ev(person)
        off_ev = self._base_ev("test") + bias_ev - self._right_ev(person, self.world.test)
        return Spread(float(np.abs(off_ev).mean()))

    def bias_ev(self, person: str) -> float:
        """That bias: the median of what is missing has the least absolute error."""
        chosen = self.world.train[:: max(1, len(self.world.train) // FITTED_ON)]
        return float(np.median(self._right_ev(person, chosen) - self._base_ev("train")))

    def _right_ev(self, person: str, chosen: NDArray[np.int64]) -> NDArray[np.float64]:
        wishes = self.world.wishes_ev[person][chosen]
        limit = LABEL_LIMIT_EV
        right: NDArray[np.float64] = np.clip(wishes[:, None] - self._ladder[None], -limit, limit)
        return right

    def _base_ev(self, part: Literal["train", "test"]) -> NDArray[np.float64]:
        """(N, L) what the base model answers along the ladder."""
        world = self.world
        chosen = world.test if part == "test" else world.train[:: max(1, len(world.train) // FITTED_ON)]

        def ask() -> list[list[float]]:
            network = self.network(Training("base", MEAN))
            told = part_of(self._tell, f"asking the base model ({part})")
            found = ladder_answers_ev(network, world.pictures, chosen, self._ladder, told)
            return [[float(answer_ev) for answer_ev in row] for row in found]

        key = ["base answers", part, self.config.model_sha256, world.identity, self._ladder.tolist()]
        return np.array(kept(self._folder, key, ask))

    def course_ev(self, training: Training) -> list[tuple[int, float]]:
        """Of a supervised training: its error after each share of its batches in `COURSE`."""
        self.network(training)
        steps = self._looks(training)
        return [(step, self._look(training, step, None)) for step in steps]

    def _looks(self, training: Training) -> list[int]:
        whole = self._settings(training).steps
        if training.kind != "fsl" or training.images is not None:
            return [whole]
        return sorted({max(1, round(share * whole)) for share in COURSE})

    def _look(self, training: Training, step: int, network: AttentionFcn | None) -> float:
        def measure() -> float:
            world, person = self.world, training.person
            asked = network or self.network(training)
            wishes = {person: world.wishes_ev[person][world.test]}
            return taste_error_ev(asked, world.pictures, world.test, wishes, self._ladder)[person]

        return float(kept(self._folder, [*self._key(training), "after", step], measure))

    def network(self, training: Training) -> AttentionFcn:
        """The trained network, trained now if it was not."""
        if training.kind == "base":
            return load_trainable(self.config.model).eval()
        network = self._start(training)
        limit = "" if training.images is None else f"-{training.images}"
        seed = "" if training.seed == 1 else f"-seed{training.seed}"
        home = self._folder / f"{training.kind}-{training.person}{limit}{seed}"
        weights, identity = home / "finished.safetensors", "-".join(map(str, self._key(training)))
        mark = home / "finished.txt"
        if mark.is_file() and mark.read_text() == identity:
            fill(network, load_file(weights))
            return network.eval()
        told = part_of(self._tell, f"training {home.name}")
        answers, looks = self._answers(training), self._looks(training)
        for step in looks:
            fine_tune(network, answers, self._settings(training), home, identity, told, until=step)
            if len(looks) > 1:
                self._look(training, step, network)
        atomic_write(weights, weights_file(network))
        atomic_write(mark, identity)
        for checkpoint in home.glob("checkpoint*"):
            checkpoint.unlink()
        return network

    def _start(self, training: Training) -> AttentionFcn:
        if training.kind != "rl_scratch":
            return load_trainable(self.config.model)
        torch.manual_seed(training.seed)
        network = AttentionFcn()
        if self.config.init is not None:
            load_pretrained(network, self.config.init)
        return network

    def _settings(self, training: Training) -> FineTuneConfig:
        sizes = self.config.sizes
        policy = PolicyConfig(reward=self.config.reward)
        if training.kind.startswith("rl_reduced"):
            policy = replace(policy, baseline=True, actions=REDUCED_ACTIONS)
        return FineTuneConfig(
            method=OTHER_METHODS.get(training.kind, "reinforce"),
            steps=sizes.scratch_steps if training.kind == "rl_scratch" else sizes.steps,
            batch=sizes.batch,
            seed=training.seed,
            policy=policy,
            threads=self.config.threads,
        )

    def _answers(self, training: Training) -> Answered:
        world = self.world
        chosen = self._pictures(training)
        wishes = world.wishes_ev[training.person][chosen]
        if not training.kind.endswith("_clicks"):
            return judged_along_the_ladder(world.pictures, chosen, wishes, RewardConfig())
        random = np.random.default_rng(training.seed)
        everything = judged_along_the_ladder(world.pictures, chosen, wishes, RewardConfig())
        # One click a picture, at an exposure that a camera would be near: within an EV of right.
        near = np.abs(everything.offsets_ev - wishes[:, None]) <= 1.0
        steps = np.array([int(random.choice(np.flatnonzero(row))) for row in near])
        rows = np.arange(len(chosen))
        return Answered(
            world.pictures,
            chosen,
            everything.offsets_ev[rows, steps][:, None],
            everything.needs[rows, steps][:, None],
            np.zeros(0),
            everything.response,
        )

    def _pictures(self, training: Training) -> NDArray[np.int64]:
        most = CLICKS if training.kind.endswith("_clicks") else training.images
        if most is None or most >= len(self.world.train):
            return self.world.train
        return np.sort(np.random.default_rng(training.seed).permutation(self.world.train)[:most])

    def _key(self, training: Training) -> list[object]:
        start: str | Path | None = self.config.model_sha256 if training.kind != "rl_scratch" else self.config.init
        sizes = self.config.sizes
        shape = [sizes.steps, sizes.scratch_steps, sizes.batch, sizes.ladder_every]
        reward = FIGURE_6 if training.kind in (*OTHER_METHODS, "base") else self.config.reward.name
        other = [reward] if reward != FIGURE_6 else []  # results by the paper's own stay valid
        asked = [training.kind, training.person, training.images, training.seed]
        return [*asked, str(start), self.world.identity, *shape, *other]
