"""Acceptance: a personal model is used only if it does better on the person's answers than what is in use now.

Both sides are tested as they are used: a network with the live layer on top, which goes on learning whichever network
is below. Cross-validated, because both agree easily with answers that they were taught: the answers are dealt into
parts, and each part is asked of networks and layers that were taught the others only.

A training can also be too long. So each network is looked at several times on its way, first before any training, where
the new side is the model that ships with the layer on top. How long training lasts is chosen for each part by what the
*other* parts say, so that no answer has a say in how it is judged itself.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autoexposure.errors import ConfigError
from autoexposure.feedback.answer import Label
from autoexposure.feedback.reward import NEED, RewardConfig, agrees
from autoexposure.files.atomic_file import atomic_write
from autoexposure.files.bounded import as_number, parse_object, read_text
from autoexposure.personal.known_people import KnownPeople
from autoexposure.personal.learner import LiveConfig
from autoexposure.personal.model_store import JudgedKind, Verdict
from models.files.checkpoint import weights_file
from models.network import AttentionFcn
from models.training.finetune import FineTuneConfig, fine_tune
from models.training.personal.layered import Layered, Lessons, Places
from models.training.personal.nearness import nearness
from models.training.personal.torch_policy import TorchPolicy

LOOKS = (1 / 6, 1 / 3, 2 / 3, 1.0)
"""Shares of the training after which a network is looked at: closer together at its beginning, where it learns most."""


def verdict_of(
    new_off_ev: NDArray[np.float64], old_off_ev: NDArray[np.float64], needs: NDArray[np.int64], reward: RewardConfig
) -> Verdict:
    """Compare two meters, (N,) EV each from the targets, on N answers."""
    new, old = agrees(new_off_ev, needs, reward), agrees(old_off_ev, needs, reward)
    kinds = tuple(
        JudgedKind(label, int(said.sum()), int(new[said].sum()), int(old[said].sum()))
        for label in Label
        if (said := needs == NEED[label]).any()
    )
    found = nearness(old_off_ev, new_off_ev, needs)
    return Verdict(int(new.sum()), int(old.sum()), len(needs), kinds, found.new_ev, found.old_ev, found.sure)


def deal(moments: Sequence[datetime], count: int, before: Mapping[datetime, int | None], seed: int) -> list[Places]:
    """Places of answers dealt into ``count`` parts of about the same size, at random but always the same.

    An answer stays in the part that it was in ``before``: of the networks kept beside the model in use, only the one
    made without that part has not seen it. So both sides are asked about an answer after learning the same others.
    """
    parts: list[list[int]] = [[] for _ in range(count)]
    left: list[int] = []
    for place, moment in enumerate(moments):
        part = before.get(moment)
        (parts[part] if part is not None and part < count else left).append(place)
    for place in np.random.default_rng(seed).permutation(left).astype(np.int64):
        min(parts, key=len).append(int(place))
    return [np.array(sorted(part), np.int64) for part in parts]


@dataclass(frozen=True, slots=True, eq=False)
class Tested:
    """What cross-validation found of the new side.

    Attributes
    ----------
    says_ev : (N,) what it asks for in each picture, asked of networks and layers that were not taught the answer.
    steps : batches that training should last; 0 if none of it helps.
    course : after each of these batches, by how much nearer it is than untrained, EV, on answers that were held out.
    weights : of the network made without each part, after ``steps``.
    """

    says_ev: NDArray[np.float64]
    steps: int
    course: tuple[tuple[int, float], ...]
    weights: dict[int, Path]


def cross_validate(
    make_network: Callable[[], AttentionFcn],
    lessons: Lessons,
    config: FineTuneConfig,
    parts: Sequence[Places],
    untrained_ev: NDArray[np.float64],
    folder: Path,
    identity: str,
    tell: Callable[[float], None] | None = None,
    people: KnownPeople | None = None,
) -> Tested:
    """Train a network without each of the ``parts``, and ask it about that part, with the layer on top, at each look.

    Every finished look is kept in ``folder`` under ``identity``, so that a killed run goes on.

    Parameters
    ----------
    untrained_ev : (N,) what it says with the layer on top before any training, of each part without having seen it.
    people : what is known of people for the features of all these networks.
    """
    looks = (0, *sorted({max(1, round(share * config.steps)) for share in LOOKS}))
    says_ev = np.tile(untrained_ev, (len(looks), 1))
    for number, part in enumerate(parts):
        fold = _Fold(make_network, lessons, config, parts, number, folder / f"fold-{number}", identity, people)

        def told(done: float, so_far: int = number) -> None:
            if tell is not None:
                tell((so_far + done) / len(parts))

        for row, step in enumerate(looks[1:], 1):
            says_ev[row, part] = fold.look(step, told)
    chosen_ev, steps, course = choose(says_ev, looks, parts, lessons.targets_ev, lessons.answered.needs[:, 0])
    weights = {number: _weights(folder / f"fold-{number}", steps) for number, part in enumerate(parts) if len(part)}
    return Tested(chosen_ev, steps, course, weights)


def choose(
    says_ev: NDArray[np.float64],
    looks: Sequence[int],
    parts: Sequence[Places],
    targets_ev: NDArray[np.float64],
    needs: NDArray[np.int64],
) -> tuple[NDArray[np.float64], int, tuple[tuple[int, float], ...]]:
    """What the new side asks for (N,), after how many batches training ends, and the course (`Tested`).

    Parameters
    ----------
    says_ev : (L, N) at each of the ``looks``, the first of which is untrained, of each part without having seen it.
    """
    off_ev = says_ev - targets_ev

    def course_over(places: Places) -> list[float]:
        """By how much nearer it is than untrained on these answers, EV, after each look."""
        found = [nearness(off_ev[0, places], each_ev, needs[places]) for each_ev in off_ev[1:, places]]
        return [0.0, *(each.old_ev - each.new_ev for each in found)]

    everything = np.arange(len(targets_ev))
    chosen_ev = np.zeros(len(targets_ev))
    for part in parts:
        chosen_ev[part] = says_ev[int(np.argmax(course_over(np.setdiff1d(everything, part)))), part]
    course = course_over(everything)
    return chosen_ev, looks[int(np.argmax(course))], tuple(zip(looks, course, strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class _Fold:
    """The training without one part of the answers, looked at on its way."""

    make_network: Callable[[], AttentionFcn]
    lessons: Lessons
    config: FineTuneConfig
    parts: Sequence[Places]
    number: int
    folder: Path
    identity: str
    people: KnownPeople | None

    def look(self, step: int, tell: Callable[[float], None]) -> list[float]:
        """What the network asks for in the pictures of its part after ``step`` batches, with the layer on top."""
        part = self.parts[self.number]
        rest = np.setdiff1d(np.arange(len(self.lessons.samples)), part)
        if not len(part):
            return []
        dealt = [others.tolist() for others in self.parts]
        said = [self.identity, self.config.settings(), dealt, self.number, step, repr(LiveConfig())]
        key = hashlib.sha256(json.dumps(said).encode()).hexdigest()
        kept = self.folder / f"look-{step}.json"
        found = _kept(kept, key, len(part))
        if found is None or not _weights(self.folder, step).is_file():
            answered = self.lessons.answered.part(rest)
            known = hashlib.sha256(f"{self.identity}{rest.tolist()}".encode()).hexdigest()
            network = fine_tune(self.make_network(), answered, self.config, self.folder, known, tell, until=step)
            found = Layered(TorchPolicy(network), self.lessons, self.people).says_ev(rest, part).tolist()
            try:
                atomic_write(_weights(self.folder, step), weights_file(network))
                atomic_write(kept, json.dumps({"key": key, "says_ev": found}))
            except OSError as error:
                raise ConfigError(
                    f"what the test found can't be kept in {self.folder} ({error.strerror}): make room there and start"
                    " again, it goes on from here"
                ) from error
        return found


def _weights(folder: Path, step: int) -> Path:
    return folder / f"look-{step}.safetensors"


def _kept(path: Path, key: str, count: int) -> list[float] | None:
    try:
        record = parse_object(read_text(path))
        said = record["says_ev"]
        if record["key"] != key or not isinstance(said, list) or len(said) != count:
            return None
        return [as_number(value) for value in said]
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return None  # not there, or cut short by a kill: it is done again
