"""A person's own network, trained on their answers: the acceptance test first, and only a better one is made and used.

Only the two heads are trained. The features below stay the base's, so what is known of people for these features
(`autoexposure.personal.known_people`) holds for the new network, too, and the layer on top of it loses nothing.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from autoexposure.errors import FeedbackError
from autoexposure.feedback.store import FeedbackStore
from autoexposure.files.atomic_file import atomic_write
from autoexposure.personal.known_people import KnownPeople, known_people, people_bytes, people_path
from autoexposure.personal.model_store import PersonalModel, PersonalModels, Verdict
from autoexposure.personal.recall import recall
from autoexposure.personal.training_job import FEWEST_ANSWERS
from autoexposure.process.long_work import Tell, tell_nobody
from models.files.checkpoint import training_in
from models.files.export import ModelNotes, export_network
from models.files.model_file import default_model_path
from models.inference.onnx_policy import OnnxPolicy
from models.network import AttentionFcn
from models.training.finetune import FineTuneConfig, fine_tune
from models.training.personal.acceptance import cross_validate, deal, verdict_of
from models.training.personal.layered import Lessons, in_use_says_ev, layer_on, lessons_in
from models.training.trainable import load_trainable

HEADS = ("exposure_head", "attention_head")
"""What is trained."""

TESTED_SHARE = 0.05
"""Of all the time, what asking the model in use takes: no training, three passes of the network an answer."""


@dataclass(frozen=True, slots=True)
class PersonaliseConfig:
    """One personalisation.

    Attributes
    ----------
    training : by ordinal likelihood: with one answer a picture REINFORCE hears only which way, never how far, and
        after 300 answers is further off than the base model (Table 4 in RESULTS.md). Its steps are the most there are:
        training ends where answers that were held out say that more of it does harm.
    base : the model that training continues from, always the same: each time on all answers.
    folds : of the acceptance test's cross-validation.
    export_check : pictures that the exported model is compared with the trained one on.
    """

    training: FineTuneConfig = field(default_factory=lambda: FineTuneConfig(method="ordinal", steps=150))
    base: Path = field(default_factory=default_model_path)
    folds: int = 5
    export_check: int = 50


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it ended.

    Attributes
    ----------
    verdict : of the acceptance test.
    model : the new model, if it is in use now.
    steps, course : after how many batches training ends, and why (`models.training.personal.acceptance.Tested`).
    """

    verdict: Verdict
    model: PersonalModel | None
    steps: int
    course: tuple[tuple[int, float], ...]


def personalise(
    store: FeedbackStore, models: PersonalModels, config: PersonaliseConfig, tell: Tell = tell_nobody
) -> Outcome:
    """Train on all settled answers of the store's profile; resumable after a kill at any moment.

    ``tell`` receives the stage (``acceptance``, ``training``) and the share of everything that is done.

    Raises FeedbackError if there are too few answers, ModelFileError if a model is missing or damaged, ConfigError if
    another personalisation of this profile runs.
    """
    work = models.folder / "work"
    with training_in(work):
        models.sweep()
        return _personalise(store, models, config, work, tell)


def _personalise(
    store: FeedbackStore, models: PersonalModels, config: PersonaliseConfig, work: Path, tell: Tell
) -> Outcome:
    lessons = lessons_in(store)
    samples, own = lessons.samples, models.in_use()
    if len(samples) < FEWEST_ANSWERS:
        raise FeedbackError(
            f"Profile {store.profile!r} has {len(samples)} answers that can be learned from; {FEWEST_ANSWERS} are"
            " needed: answer on pictures whose exposure stands still."
        )
    people = known_people(config.base, hashlib.sha256(config.base.read_bytes()).hexdigest())
    identity = _identity(config.base, lessons, people)
    moments = [sample.answered_at for sample in samples]
    parts = deal(moments, config.folds, own.learned if own is not None else {}, config.training.seed)
    tell("acceptance", 0.0)
    old_ev = in_use_says_ev(own, config.base, lessons, parts)
    fair = np.flatnonzero(~np.isnan(old_ev))
    if len(fair) < FEWEST_ANSWERS:
        raise FeedbackError(
            f"Only {len(fair)} answers can be judged, {FEWEST_ANSWERS} are needed: the model in use was trained on the"
            " others, by an older version that kept nothing to judge it by. Answer more, or go back to the model that"
            " ships (--use 0)."
        )
    untrained_ev = old_ev if own is None else in_use_says_ev(None, config.base, lessons, parts)
    tested_share = config.folds / (config.folds + 1)
    tested = cross_validate(
        lambda: heads_to_train(config.base),
        lessons,
        config.training,
        parts,
        untrained_ev,
        work,
        identity,
        lambda done: tell("acceptance", TESTED_SHARE + (tested_share - TESTED_SHARE) * done),
        people,
    )
    verdict = verdict_of(
        (tested.says_ev - lessons.targets_ev)[fair],
        (old_ev - lessons.targets_ev)[fair],
        lessons.answered.needs[fair, 0],
        config.training.policy.reward,
    )
    if not (verdict.better and tested.steps):
        return Outcome(verdict, None, tested.steps, tested.course)
    network = fine_tune(
        heads_to_train(config.base),
        lessons.answered,
        config.training,
        work / "all",
        identity,
        lambda done: tell("training", tested_share + (1 - tested_share) * done * config.training.steps / tested.steps),
        until=tested.steps,
    )
    notes = ModelNotes(description=f"Attention network for automatic exposure, personalised for {store.profile}")
    exported = export_network(network, work / "model.onnx", notes, config.export_check)
    _carry(people, exported.onnx)
    learned = {moments[int(place)]: number for number, part in enumerate(parts) for place in part}
    model = models.add(exported.onnx, verdict, samples[-1].id, learned, tested.weights)
    _teach_again(store, model)
    models.use(model.number)
    return Outcome(verdict, model, tested.steps, tested.course)


def heads_to_train(base: Path) -> AttentionFcn:
    """The network in ``base`` with nothing but its two heads to train. Raises ModelFileError as `load_trainable`."""
    network = load_trainable(base)
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(name.startswith(HEADS))
    return network


def _carry(people: KnownPeople, model: Path) -> None:
    """Keep beside a new model what is known of people for the features that it shares with the base."""
    if people.scale is None:
        people_path(model).unlink(missing_ok=True)
    else:
        atomic_write(people_path(model), people_bytes(people, OnnxPolicy(model).sha256))


def _teach_again(store: FeedbackStore, model: PersonalModel) -> None:
    """Keep what the new network sees in every picture, so that the layer is on top of it at once at the next start."""
    network = OnnxPolicy(model.path)
    recall(layer_on(network), store, network.sha256)


def _identity(base: Path, lessons: Lessons, people: KnownPeople) -> str:
    said = [
        (sample.id, sample.label.value, sample.answered_at.isoformat(), sample.bias_ev) for sample in lessons.samples
    ]
    digest = hashlib.sha256(base.read_bytes())
    digest.update(people.identity.encode() + people.prior.common.tobytes() + people.prior.deviations.tobytes())
    digest.update(repr(HEADS).encode())  # a training of older versions moved all weights: it is not gone on with
    digest.update(json.dumps(said).encode())
    return digest.hexdigest()
