"""Simulated people: five experts with a taste each, and five judges who vote.

Every figure that rests on them must say that they are SIMULATED. The paper has five photographers (MIT-Adobe FiveK) and
five hired judges; here they are formulas with fixed seeds. A taste is the exposure, in EV relative to the photograph as
it is, that a person wants for a scene. It is computed from the scene's own linear light, which no network and no live
layer sees: they have to guess it from pictures taken at other exposures. The rules differ as people do (a darker look
throughout, the subject, highlights, shadows, the key of the scene), and each person errs by a tenth of an EV,
differently for each photograph and always the same.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autoexposure.feedback.answer import Label
from autoexposure.feedback.reward import RewardConfig, label_of
from autoexposure.frame import Pixels
from autoexposure.response import REC709, Floats, ResponseCurve, gamma

NOISE_EV = 0.1
"""Standard deviation of what one person means at different times."""

MEAN = "mean"
"""The person in the middle: the mean of the five tastes, as in the paper's Tables 3 to 5."""


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What an expert looks at.

    Attributes
    ----------
    luminance, strongest : (H, W) linear, 1 = the photograph's saturation; of the pixel, of its strongest channel.
    subject : (H, W), 0..1: where the subject is; the middle of the picture where that is unknown.
    colour : (H, W, 3) linear RGB.
    """

    luminance: Floats
    strongest: Floats
    subject: Floats
    colour: Floats


@dataclass(frozen=True, slots=True)
class Expert:
    """One simulated person; ``rule`` is the taste without its noise, EV relative to the photograph as it is."""

    name: str
    taste: str
    rule: Callable[[Scene], float]

    def wish_ev(self, scene: Scene, key: str) -> float:
        """The exposure wanted for a scene; ``key`` (a hash of its content) fixes the noise."""
        return self.rule(scene) + NOISE_EV * _noise(f"{self.name}:{key}")


def make_scene(pixels: Pixels | Floats, mask: NDArray[np.uint8] | None, response: ResponseCurve | None = None) -> Scene:
    """The scene behind a photograph, (H, W, 3) RGB, uint8 or linear light, with its subject's mask if there is one."""
    linear: Floats = pixels.astype(np.float32)
    if pixels.dtype == np.uint8:
        linear = (response or gamma()).linearise(pixels)
    height, width = pixels.shape[:2]
    subject: Floats
    if mask is not None and mask.max() > 0:
        subject = (mask / 255).astype(np.float32)
    else:
        down = np.exp(-0.5 * (((np.arange(height) + 0.5) / height - 0.5) / 0.18) ** 2)
        across = np.exp(-0.5 * (((np.arange(width) + 0.5) / width - 0.5) / 0.18) ** 2)
        subject = np.outer(down, across).astype(np.float32)
    luminance: Floats = (linear @ np.array(REC709, np.float32)).astype(np.float32)
    strongest: Floats = linear.max(axis=2)
    return Scene(luminance, strongest, subject, linear)


def _darker(scene: Scene) -> float:
    return -1.1


def _subject(scene: Scene) -> float:
    light = float((scene.luminance * scene.subject).sum() / scene.subject.sum())
    return _within(0.8 * _stops(0.30, light), -1.5, 1.5)


def _highlights(scene: Scene) -> float:
    return _within(0.8 * _stops(0.55, float(np.quantile(scene.strongest, 0.95))) - 0.1, -1.6, 0.6)


def _shadows(scene: Scene) -> float:
    return _within(0.45 * _stops(0.16, float(np.quantile(scene.luminance, 0.2))), 0.0, 1.6)


def _key(scene: Scene) -> float:
    middle = float(np.exp(np.log(scene.luminance + 1e-3).mean()))
    return _within(-0.7 * _stops(0.13, middle), -1.4, 1.4)


EXPERTS: tuple[Expert, ...] = (
    Expert("A", "far from the rest: everything 1.1 EV darker", _darker),
    Expert("B", "exposes for the subject, brightly", _subject),
    Expert("C", "protects the highlights", _highlights),
    Expert("D", "lifts the shadows", _shadows),
    Expert("E", "keeps dark scenes dark and bright scenes bright", _key),
)

NAMES = (MEAN, *(expert.name for expert in EXPERTS))
"""The six columns of the paper's tables."""


def wishes_ev(scenes: Sequence[Scene], keys: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    """What each expert, and the mean of them, wants of each scene: EV relative to the photographs as they are."""
    wishes = {
        expert.name: np.array([expert.wish_ev(scene, key) for scene, key in zip(scenes, keys, strict=True)])
        for expert in EXPERTS
    }
    wishes[MEAN] = np.mean([wishes[expert.name] for expert in EXPERTS], axis=0)
    return wishes


@dataclass(frozen=True, slots=True)
class Judge:
    """One of the simulated judges of 6.3, told to mind the subject.

    Attributes
    ----------
    subject_weight : share of the judgement that the subject gets; the rest is the picture's as a whole.
    lean_ev : how much brighter than right this judge likes pictures.
    noise_ev : standard deviation of single judgements.
    """

    name: str
    subject_weight: float
    lean_ev: float
    noise_ev: float = 0.2

    def label(self, subject_off_ev: float, picture_off_ev: float, key: str) -> Label:
        """Judge a picture by how many EV its subject, and all of it, are brighter than they should be."""
        off_ev = self.subject_weight * subject_off_ev + (1 - self.subject_weight) * picture_off_ev
        wanted_ev = self.lean_ev - off_ev + self.noise_ev * _noise(f"{self.name}:{key}")
        return label_of(wanted_ev, RewardConfig(delta_ev=0.3))


JUDGES: tuple[Judge, ...] = (
    Judge("one", 0.9, 0.0),
    Judge("two", 0.8, 0.15),
    Judge("three", 0.85, -0.15),
    Judge("four", 0.75, 0.1),
    Judge("five", 0.7, -0.1),
)


def majority(labels: Sequence[Label]) -> Label:
    """What most judges say (6.3); well where two answers have the most votes."""
    votes = {label: sum(given == label for given in labels) for label in Label}
    most = max(votes.values())
    winners = [label for label in Label if votes[label] == most]
    return winners[0] if len(winners) == 1 else Label.WELL


def _noise(key: str) -> float:
    """A number from the standard normal distribution that depends on ``key`` alone."""
    seed = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big")
    return float(np.random.default_rng(seed).standard_normal())


def _stops(wanted: float, given: float) -> float:
    return math.log2(wanted / max(given, 2.0**-9))


def _within(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
