"""Acceptance: a personal model is used only if it agrees with more of the person's answers than the one in use.

Cross-validated, because a network agrees easily with answers that it was trained on: the answers are dealt into folds,
and each fold is tested on a network trained on the other folds only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from autoexposure.feedback.reward import agrees
from autoexposure.files.atomic_file import atomic_write
from autoexposure.files.bounded import as_integer, parse_object, read_text
from autoexposure.files.private_files import make_folder
from models.network import AttentionFcn, as_input
from models.training.answered import Answered, expose_at
from models.training.finetune import FineTuneConfig, fine_tune


class Says(Protocol):
    """A meter: (N, 128, 128, 3) uint8 previews -> (N,) EV."""

    def __call__(self, previews: NDArray[np.uint8], /) -> NDArray[np.float64]:
        """Answer all of them."""


def judged_previews(answered: Answered) -> NDArray[np.uint8]:
    """(N, 128, 128, 3): every picture at the first exposure it was judged at."""
    return np.stack(
        [
            expose_at(answered.pictures[int(index)], answered.response, float(offset_ev))
            for index, offset_ev in zip(answered.chosen, answered.offsets_ev[:, 0], strict=True)
        ]
    )


def judged_ev(answered: Answered) -> NDArray[np.float64]:
    """(N,): the targets of `judged_previews`, 0 but for those that an EV compensation had made as they were."""
    return answered.targets_ev[:, 0] - answered.offsets_ev[:, 0]


def network_says(network: AttentionFcn) -> Says:
    """A torch network as a meter."""

    def says(previews: NDArray[np.uint8]) -> NDArray[np.float64]:
        with torch.inference_mode():
            answers = [
                network(as_input(previews[start : start + 32])).delta_ev for start in range(0, len(previews), 32)
            ]
        return torch.cat(answers).numpy().astype(np.float64)

    network.eval()
    return says


def cross_validate(
    make_network: Callable[[], AttentionFcn],
    answered: Answered,
    config: FineTuneConfig,
    folds: int,
    folder: Path,
    identity: str,
    tell: Callable[[float], None] | None = None,
) -> int:
    """Count the answers with which networks agree that were not trained on them.

    Every finished fold is kept in ``folder`` under ``identity``, so that a killed run goes on.
    """
    make_folder(folder)
    agreed = 0
    parts = deal(len(answered.chosen), folds, config.seed)
    for number, held_out in enumerate(parts):
        key = hashlib.sha256(json.dumps([identity, config.settings(), folds, number]).encode()).hexdigest()
        kept = folder / f"fold-{number}.json"
        found = _kept(kept, key)
        if found is None:
            rest = np.concatenate([part for other, part in enumerate(parts) if other != number])

            def told(done: float, so_far: int = number) -> None:
                if tell is not None:
                    tell((so_far + done) / folds)

            network = fine_tune(
                make_network(), answered.part(rest), config, folder / f"fold-{number}", f"{identity}-{number}", told
            )
            tested = answered.part(held_out)
            answers = network_says(network)(judged_previews(tested))
            found = int(agrees(answers - judged_ev(tested), tested.needs[:, 0], config.policy.reward).sum())
            atomic_write(kept, json.dumps({"key": key, "agreed": found}))
        agreed += found
    return agreed


def deal(count: int, folds: int, seed: int) -> Sequence[NDArray[np.int64]]:
    """``count`` answers dealt into ``folds`` parts of about the same size, at random but always the same."""
    order = np.random.default_rng(seed).permutation(count)
    return [np.sort(order[number::folds]) for number in range(folds)]


def _kept(path: Path, key: str) -> int | None:
    try:
        record = parse_object(read_text(path))
        return as_integer(record["agreed"]) if record["key"] == key else None
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return None  # not there, or cut short by a kill: the fold is done again
