"""The trainings behind Tables 3 to 6 and Figure 9: one person, one teacher, one start; each done once and kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file

from autoexposure.feedback.reward import FIGURE_6, RewardConfig
from autoexposure.files.atomic_file import atomic_write
from autoexposure.process.long_work import Tell, part_of, tell_nobody
from models.data.exposure_ladder import LADDER_EV
from models.experiments.plots import plot_bars
from models.experiments.study import StudyConfig, World, kept
from models.files.checkpoint import weights_file
from models.network import AttentionFcn, load_pretrained
from models.training.answered import Answered, judged_along_the_ladder
from models.training.finetune import FineTuneConfig, Method, fine_tune, taste_error_ev
from models.training.policy_gradient import PolicyConfig
from models.training.trainable import load_trainable

Kind = Literal["fsl", "rl", "rl_scratch", "base", "rl_clicks", "ordinal_clicks"]
"""Supervised; REINFORCE from the pre-trained model (the paper's RL+PT); REINFORCE without pre-training (its RL); no
training; one answer a picture instead of one at every step of the ladder, by REINFORCE and by ordinal likelihood."""

OTHER_METHODS: dict[Kind, Method] = {"fsl": "supervised", "ordinal_clicks": "ordinal"}
"""What the kinds learn by that don't learn by REINFORCE."""

ERROR = "mean absolute error, EV"

CLICKS = 300
"""Pictures that the kinds with clicks learn from (one answer each)."""


@dataclass(frozen=True, slots=True)
class Training:
    """One of them; ``images`` limits the training pictures (Figure 9), None for all."""

    kind: Kind
    person: str
    images: int | None = None


class Trainings:
    """Runs trainings when their results are first asked for."""

    def __init__(self, config: StudyConfig, world: World, tell: Tell = tell_nobody) -> None:
        self.config, self.world, self._tell = config, world, tell
        self._folder = config.out / "runs"
        self._ladder = LADDER_EV[:: config.sizes.ladder_every]

    def plot(self, name: str, rows: Mapping[str, Mapping[str, float]], y_label: str) -> None:
        """Draw an experiment's table beside its results."""
        sizes = self.config.sizes
        note = f"{self.world.people}; {sizes.steps} steps of {sizes.batch}"
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

    def error_ev(self, training: Training) -> float:
        """Against the person whom it was trained for."""
        return self.errors_ev(training)[training.person]

    def network(self, training: Training) -> AttentionFcn:
        """The trained network, trained now if it was not."""
        if training.kind == "base":
            return load_trainable(self.config.model).eval()
        network = self._start(training)
        limit = "" if training.images is None else f"-{training.images}"
        home = self._folder / f"{training.kind}-{training.person}{limit}"
        weights, identity = home / "finished.safetensors", "-".join(map(str, self._key(training)))
        mark = home / "finished.txt"
        if mark.is_file() and mark.read_text() == identity:
            network.load_state_dict(load_file(weights))
            return network.eval()
        told = part_of(self._tell, f"training {home.name}")
        fine_tune(network, self._answers(training), self._settings(training), home, identity, told)
        atomic_write(weights, weights_file(network))
        atomic_write(mark, identity)
        for checkpoint in home.glob("checkpoint*"):
            checkpoint.unlink()
        return network

    def _start(self, training: Training) -> AttentionFcn:
        if training.kind != "rl_scratch":
            return load_trainable(self.config.model)
        torch.manual_seed(1)
        network = AttentionFcn()
        if self.config.init is not None:
            load_pretrained(network, self.config.init)
        return network

    def _settings(self, training: Training) -> FineTuneConfig:
        sizes = self.config.sizes
        return FineTuneConfig(
            method=OTHER_METHODS.get(training.kind, "reinforce"),
            steps=sizes.scratch_steps if training.kind == "rl_scratch" else sizes.steps,
            batch=sizes.batch,
            policy=PolicyConfig(reward=self.config.reward),
            threads=self.config.threads,
        )

    def _answers(self, training: Training) -> Answered:
        world = self.world
        chosen = self._pictures(training)
        wishes = world.wishes_ev[training.person][chosen]
        if not training.kind.endswith("_clicks"):
            return judged_along_the_ladder(world.pictures, chosen, wishes, RewardConfig())
        random = np.random.default_rng(0)
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
        return np.sort(np.random.default_rng(1).permutation(self.world.train)[:most])

    def _key(self, training: Training) -> list[object]:
        start: str | Path | None = self.config.model_sha256 if training.kind != "rl_scratch" else self.config.init
        sizes = self.config.sizes
        shape = [sizes.steps, sizes.scratch_steps, sizes.batch, sizes.ladder_every]
        reward = FIGURE_6 if training.kind in (*OTHER_METHODS, "base") else self.config.reward.name
        other = [reward] if reward != FIGURE_6 else []  # results by the paper's own stay valid
        return [training.kind, training.person, training.images, str(start), self.world.identity, *shape, *other]
