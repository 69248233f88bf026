"""Networks as they are in use, with the live layer on top, asked about answers that neither of the two has seen."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file

from autoexposure.errors import FeedbackError, ModelFileError, PolicyError
from autoexposure.feedback.answer import Sample
from autoexposure.feedback.reward import NEED
from autoexposure.feedback.store import FeedbackStore
from autoexposure.frame import Pixels
from autoexposure.metering.preview import Preview, make_preview
from autoexposure.personal.features import FeaturePolicy
from autoexposure.personal.known_people import KnownPeople, known_people
from autoexposure.personal.learner import ClickFeatures
from autoexposure.personal.live_layer import LiveLayer
from autoexposure.personal.model_store import PersonalModel
from autoexposure.personal.recall import MOST_RECALLED
from autoexposure.response import srgb
from models.data.dataset import CACHE_SIDE_PX, squash
from models.files.model_file import live_model_path
from models.inference.onnx_policy import OnnxPolicy
from models.network import fill
from models.training.answered import Answered
from models.training.personal.torch_policy import TorchPolicy
from models.training.trainable import load_trainable

log = logging.getLogger(__name__)

Places = NDArray[np.int64]
"""Places in a list of answers."""


@dataclass(frozen=True, slots=True, eq=False)
class Lessons:
    """A person's answers, oldest first, with their pictures as the loop sees them and as training does.

    Attributes
    ----------
    previews : (N, 3, 128, 128) uint8: what `autoexposure.metering.preview` makes, whose values are whole.
    answered : the same N, each picture judged at its own exposure.
    """

    samples: tuple[Sample, ...]
    previews: NDArray[np.uint8]
    answered: Answered

    @property
    def targets_ev(self) -> NDArray[np.float64]:
        """(N,) the change with which each picture would stay as it was judged."""
        targets: NDArray[np.float64] = self.answered.targets_ev[:, 0]
        return targets

    def preview(self, place: int) -> Preview:
        """One of them, as a policy takes it."""
        return self.previews[place : place + 1].astype(np.float32)


def lessons_in(store: FeedbackStore) -> Lessons:
    """Every settled answer of the store's profile that was said, not taken from what a person did.

    One whose picture is damaged is left out, which the log says.
    """
    samples, previews = [], []
    pictures: list[Pixels] = []
    for sample in sorted(store.samples(settled_only=True, said_only=True), key=lambda sample: sample.id):
        try:
            picture = store.picture(sample.id)
        except FeedbackError as error:
            log.warning("answer number %d is not learned from: %s", sample.id, error)
            continue
        samples.append(sample)
        previews.append(make_preview(picture)[0].astype(np.uint8))
        pictures.append(squash(picture, CACHE_SIDE_PX))
    needs = np.array([[NEED[sample.label]] for sample in samples], dtype=np.int64).reshape(-1, 1)
    biases_ev = np.array([[sample.bias_ev] for sample in samples], dtype=np.float64).reshape(-1, 1)
    offsets_ev = np.zeros_like(biases_ev)  # each was judged as it is
    answered = Answered(pictures, np.arange(len(samples)), offsets_ev, needs, np.zeros(0), srgb(), biases_ev)
    return Lessons(tuple(samples), np.array(previews, np.uint8), answered)


def layer_on(network: FeaturePolicy, people: KnownPeople | None = None) -> LiveLayer:
    """Put a fresh layer on a network as `models.inference.personal_policy` does: what is tested is what is used.

    ``people`` is what is known for a network that has no file yet.
    """
    if isinstance(network, OnnxPolicy):
        people = known_people(network.path, network.sha256)
    return LiveLayer(network, people=people)


class Layered:
    """One network with a fresh live layer for every question. What it saw in a picture is kept, since that is slow."""

    def __init__(self, network: FeaturePolicy, lessons: Lessons, people: KnownPeople | None = None) -> None:
        self._network, self._lessons = network, lessons
        self._untaught = layer_on(network, people)
        self._seen: dict[int, ClickFeatures | None] = {}

    def says_ev(self, taught: Places, asked: Places) -> NDArray[np.float64]:
        """(M,) the changes it asks for in the M pictures at ``asked``, after learning the answers at ``taught``.

        As in use, the layer learns the newest MOST_RECALLED of them.
        """
        layer = LiveLayer(self._network, people=self._untaught.people)
        for place in np.sort(taught)[-MOST_RECALLED:]:
            sample, features = self._lessons.samples[int(place)], self._features(int(place))
            if features is not None:
                layer.learn(features, sample.label, sample.id, sample.weight)
        return np.array([layer.decide(self._lessons.preview(int(place))).delta_ev for place in asked])

    def _features(self, place: int) -> ClickFeatures | None:
        if place not in self._seen:
            try:
                bias_ev = self._lessons.samples[place].bias_ev
                self._seen[place] = self._untaught.features_of(self._lessons.preview(place), bias_ev)
            except PolicyError as error:  # a picture that is too odd for the network; in use it is left out, too
                log.warning("answer number %d is not learned from: %s", self._lessons.samples[place].id, error)
                self._seen[place] = None
        return self._seen[place]


def in_use_says_ev(
    own: PersonalModel | None, base: Path, lessons: Lessons, parts: Sequence[Places]
) -> NDArray[np.float64]:
    """(N,) what is in use asks for, each answer asked of a network and a layer that have not seen it.

    NaN where there is none: answers that a model of an older version was trained on.

    Parameters
    ----------
    own : the person's model in use, None for ``base``, the one that ships.
    parts : the answers dealt; the layer learns all but the part that is asked about.
    """
    says = np.full(len(lessons.samples), np.nan)
    everything = np.arange(len(lessons.samples))
    people = None if own is None else known_people(own.path, OnnxPolicy(own.path).sha256)
    for network, places in _unseen_by(own, base, lessons):
        layered = Layered(network, lessons, people)
        for part in parts:
            asked = np.intersect1d(part, places)
            if len(asked):
                says[asked] = layered.says_ev(np.setdiff1d(everything, part), asked)
    return says


def _unseen_by(own: PersonalModel | None, base: Path, lessons: Lessons) -> list[tuple[FeaturePolicy, Places]]:
    """What is in use as networks, each with the answers that it has not seen."""
    if own is None:
        return [(OnnxPolicy(live_model_path(base)), np.arange(len(lessons.samples)))]
    groups: dict[Path, list[int]] = {}
    for place, sample in enumerate(lessons.samples):
        weights = own.without(sample) if own.knows(sample) else own.path
        if weights is not None:
            groups.setdefault(weights, []).append(place)
    found: list[tuple[FeaturePolicy, Places]] = []
    for weights, places in groups.items():
        try:
            network: FeaturePolicy = OnnxPolicy(own.path) if weights == own.path else _fold(own.path, weights)
        except ModelFileError as error:
            if weights == own.path:
                raise
            log.warning("%d answers can't be judged: %s", len(places), error)
            continue
        found.append((network, np.array(places)))
    return found


def _fold(model: Path, weights: Path) -> TorchPolicy:
    network = load_trainable(model)
    try:
        fill(network, load_file(weights))
    except (OSError, SafetensorError, RuntimeError) as error:
        raise ModelFileError(f"the weights {weights} are damaged ({error})") from error
    return TorchPolicy(network)
