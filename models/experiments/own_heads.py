"""A person's own network whose trunk stays the base's: only its two heads learn, so that features can be kept.

What the trunk makes of every photograph at several exposures is computed once, along the directions in which it varies
most. Heads are trained and asked on that, which takes seconds a person, and the live layer on top sees the very
features that its prior was learned for.
"""

from __future__ import annotations

import copy
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from autoexposure.files.atomic_file import atomic_write
from autoexposure.personal.features import FACTS, FEATURE_CHANNELS
from autoexposure.process.long_work import Tell
from autoexposure.response import gamma
from models.network import EV_SCALE, LOCAL_EV, AttentionFcn, as_input
from models.people.looks import OFFSETS_EV, Described, Evs, Places
from models.training.answered import Pictures, expose_at
from models.training.finetune import FineTuneConfig
from models.training.optimiser import halved_rate, take_step
from models.training.policy_gradient import Answers, ordinal_loss

DIRECTIONS = 32
"""Of the 384 channels, along which heads may change: training on so few answers moves them along the strongest."""

EVERY_PHOTO = 20
"""One photograph of so many tells the directions."""

CELLS = 15 * 15
ANSWER = FACTS.index("answer")
FARTHEST_ANSWER_EV = 1.5
"""Where the fact is clipped (`autoexposure.personal.features`)."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """N photographs at L exposures as the heads see them.

    Attributes
    ----------
    cells : (N, L, 2 + K, 225) float16: what the base's exposure and attention head make of each cell before tanh and
        sigmoid, and the features along K directions. directions : (384, K) float32, orthonormal.
    """

    cells: NDArray[np.float16]
    directions: NDArray[np.float32]

    def of(self, places: Places) -> Seen:
        """Only some of the photographs."""
        return Seen(self.cells[places], self.directions)


class Heads(nn.Module):
    """What training changes of the base's two heads: (2, 384) weights and (2,) biases, 0 before it."""

    directions: Tensor

    def __init__(self, directions: NDArray[np.float32]) -> None:
        super().__init__()
        self.register_buffer("directions", torch.from_numpy(directions))
        self.weights = nn.Parameter(torch.zeros(2, len(directions)))
        self.biases = nn.Parameter(torch.zeros(2))

    def forward(self, cells: Tensor) -> Tensor:
        """(B, 2 + K, 225) -> (B,) EV, unlimited in training as the network's."""
        changed = cells[:, :2] + (self.weights @ self.directions) @ cells[:, 2:] + self.biases[:, None]
        attention = torch.sigmoid(changed[:, 1])
        said = (attention * LOCAL_EV * torch.tanh(changed[:, 0])).sum(dim=1) / attention.sum(dim=1)
        return said if self.training else said.clamp(-EV_SCALE, EV_SCALE)


def see(network: AttentionFcn, pictures: Pictures, places: Places, kept: Path, tell: Tell) -> Seen:
    """What the trunk makes of ``places`` of ``pictures``; read if it was ``kept`` in a file.

    The file's name must say all that it depends on.
    """
    if kept.is_file():
        with np.load(kept, allow_pickle=False) as arrays:
            return Seen(arrays["cells"], arrays["directions"])

    def features(place: int) -> NDArray[np.float32]:
        shown = [expose_at(pictures[place], gamma(), offset_ev) for offset_ev in OFFSETS_EV.tolist()]
        with torch.inference_mode():
            return network.features(as_input(np.stack(shown))).flatten(2).numpy()

    some = np.concatenate([features(place) for place in places[::EVERY_PHOTO].tolist()])
    directions = directions_of(some)
    cells = np.zeros((len(places), len(OFFSETS_EV), 2 + DIRECTIONS, CELLS), np.float16)
    for number, place in enumerate(places.tolist()):
        tell("looking at photographs", number / len(places))
        cells[number] = cells_of(network, features(place), directions)
    kept.parent.mkdir(parents=True, exist_ok=True)
    data = io.BytesIO()
    np.savez(data, cells=cells, directions=directions)
    atomic_write(kept, data.getvalue())
    return Seen(cells, directions)


def directions_of(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """(384, K) along which features (M, 384, 225) vary most from cell to cell."""
    flat = features.transpose(1, 0, 2).reshape(FEATURE_CHANNELS, -1)
    strongest: NDArray[np.float32] = np.linalg.eigh(np.cov(flat))[1][:, -DIRECTIONS:].astype(np.float32)
    return strongest


def cells_of(
    network: AttentionFcn, features: NDArray[np.float32], directions: NDArray[np.float32]
) -> NDArray[np.float32]:
    """(M, 2 + K, 225) what `Seen` keeps of features (M, 384, 225)."""
    assert network.attention_head is not None
    heads = [network.exposure_head, network.attention_head]
    weights = torch.cat([head.weight.detach().flatten(1) for head in heads]).numpy()
    biases = np.array([float(head.bias.detach()[0]) for head in heads if head.bias is not None], np.float32)
    said = np.einsum("kc,mcp->mkp", weights, features, optimize=True) + biases[:, None]
    along = np.einsum("ck,mcp->mkp", directions, features, optimize=True)
    return np.concatenate([said, along], axis=1)


def answers_ev(heads: Heads, seen: Seen) -> Evs:
    """(N, L) what heads answer."""
    with torch.inference_mode():
        said = [heads(torch.from_numpy(of_photo.astype(np.float32))) for of_photo in seen.cells]
    found: Evs = torch.stack(said).numpy().astype(np.float64)
    return found


def described_with(base: Described, places: Places, said_ev: Evs) -> Described:
    """Photographs at ``places`` as the layer on top of other heads sees them, which answer ``said_ev`` (M, L).

    Where heads look changes little in a short training: the fact that tells how bright it is there stays the base's.
    """
    descriptions = base.descriptions[places].copy()
    descriptions[..., ANSWER] = np.clip(said_ev, -FARTHEST_ANSWER_EV, FARTHEST_ANSWER_EV)
    return Described(said_ev, descriptions)


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """N answers in order: ``places`` of the photographs, ``shown_ev`` where each was judged, ``needs``."""

    places: Places
    shown_ev: Evs
    needs: NDArray[np.int64]

    def part(self, chosen: Places) -> Given:
        """Only some of them."""
        return Given(self.places[chosen], self.shown_ev[chosen], self.needs[chosen])


def trained(seen: Seen, given: Given, config: FineTuneConfig, looks: Sequence[int]) -> Iterator[Heads]:
    """Train heads from the base's as `models.training.finetune` does; yields it after each number of batches."""
    torch.set_num_threads(config.threads)
    heads = Heads(seen.directions)
    optimiser = torch.optim.Adam(heads.parameters(), lr=config.learning_rate)
    for step in range(max(looks)):
        heads.train()
        random = np.random.default_rng([config.seed, step])
        drawn = random.integers(0, len(given.places), config.batch)
        levels = random.integers(0, len(OFFSETS_EV), config.batch)
        cells = torch.from_numpy(seen.cells[given.places[drawn], levels].astype(np.float32))
        targets = (given.shown_ev[drawn] - OFFSETS_EV[levels])[:, np.newaxis]
        answers = Answers(targets, given.needs[drawn][:, np.newaxis])
        loss = ordinal_loss(heads(cells), answers, config.policy.reward.delta_ev)
        take_step(heads, optimiser, loss, halved_rate(config.learning_rate, step / config.steps))
        if step + 1 in looks:
            yield copy.deepcopy(heads).eval()
