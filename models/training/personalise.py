"""The full fine-tune on one person's answers: the acceptance test first, and only a better model is made and used."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from autoexposure.errors import FeedbackError
from autoexposure.feedback.answer import Sample
from autoexposure.feedback.reward import NEED, agrees
from autoexposure.feedback.store import FeedbackStore
from autoexposure.frame import Pixels
from autoexposure.personal.model_store import PersonalModel, PersonalModels, Verdict
from autoexposure.personal.training_job import FEWEST_ANSWERS
from autoexposure.process.long_work import Tell, tell_nobody
from autoexposure.response import srgb
from models.data.dataset import CACHE_SIDE_PX, squash
from models.files.checkpoint import training_in
from models.files.export import ModelNotes, export_network
from models.files.model_file import default_model_path
from models.inference.onnx_policy import OnnxPolicy
from models.meters import PolicyMeter
from models.training.acceptance import cross_validate, judged_ev, judged_previews
from models.training.answered import Answered
from models.training.finetune import FineTuneConfig, fine_tune
from models.training.trainable import load_trainable


@dataclass(frozen=True, slots=True)
class PersonaliseConfig:
    """One personalisation.

    Attributes
    ----------
    training : by ordinal likelihood: with one answer a picture REINFORCE hears only which way, never how far, and
        after 300 answers is further off than the base model (Table 4 in RESULTS.md).
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
    """How it ended: the acceptance test's numbers, and the new model if it is in use now."""

    verdict: Verdict
    model: PersonalModel | None


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
    samples = sorted(store.samples(settled_only=True, said_only=True), key=lambda sample: sample.id)
    if len(samples) < FEWEST_ANSWERS:
        raise FeedbackError(
            f"Profile {store.profile!r} has {len(samples)} answers that can be learned from; {FEWEST_ANSWERS} are"
            " needed: answer on pictures whose exposure stands still."
        )
    answered = answers_of(store, samples)
    identity = _identity(config.base, samples)
    in_use = models.in_use()
    old = PolicyMeter(OnnxPolicy(in_use.path if in_use is not None else config.base))
    needs, reward = answered.needs[:, 0], config.training.policy.reward
    off_ev = old.delta_ev(judged_previews(answered)) - judged_ev(answered)
    old_agrees = int(agrees(off_ev, needs, reward).sum())
    acceptance_share = config.folds / (config.folds + 1)
    new_agrees = cross_validate(
        lambda: load_trainable(config.base),
        answered,
        config.training,
        config.folds,
        work,
        identity,
        lambda done: tell("acceptance", acceptance_share * done),
    )
    verdict = Verdict(new_agrees, old_agrees, len(samples))
    if not verdict.better:
        return Outcome(verdict, None)
    network = fine_tune(
        load_trainable(config.base),
        answered,
        config.training,
        work / "all",
        identity,
        lambda done: tell("training", acceptance_share + (1 - acceptance_share) * done),
    )
    notes = ModelNotes(description=f"Attention network for automatic exposure, personalised for {store.profile}")
    exported = export_network(network, work / "model.onnx", notes, config.export_check)
    model = models.add(exported.onnx, verdict, samples[-1].id, [sample.answered_at for sample in samples])
    models.use(model.number)
    return Outcome(verdict, model)


def answers_of(store: FeedbackStore, samples: list[Sample]) -> Answered:
    """Stored answers as training takes them: each picture judged at its own exposure."""
    pictures: list[Pixels] = [squash(store.picture(sample.id), CACHE_SIDE_PX) for sample in samples]
    needs = np.array([[NEED[sample.label]] for sample in samples], dtype=np.int64)
    biases_ev = np.array([[sample.bias_ev] for sample in samples], dtype=np.float64)
    offsets_ev = np.zeros_like(biases_ev)  # each was judged as it is
    return Answered(pictures, np.arange(len(samples)), offsets_ev, needs, np.zeros(0), srgb(), biases_ev)


def _identity(base: Path, samples: list[Sample]) -> str:
    said = [(sample.id, sample.label.value, sample.answered_at.isoformat(), sample.bias_ev) for sample in samples]
    digest = hashlib.sha256(base.read_bytes())
    digest.update(json.dumps(said).encode())
    return digest.hexdigest()
