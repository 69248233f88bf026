"""The live layer: it answers every click at once, by changing the network's two heads (and what they know of light).

`LiveLayer` is a Policy around the network's. Before the first click it passes the network's answers on as they are. A
click - under, well or over, said of one picture - is applied to that picture and to two re-exposed versions of it (a
short ladder, paper 5.3), so that the wish holds wherever the loop comes from. Where an EV compensation had made the
picture brighter or darker, the ladder stands around the exposure at which the meter alone comes to rest
(`autoexposure.feedback.reward.target_ev`). The change is anchored to the network: its prior is no change at all, and it
never exceeds a limit.

One thread at a time: the control loop owns it and teaches it between two frames
(`autoexposure.control.commands.Teach`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from autoexposure.errors import ConfigError
from autoexposure.feedback.answer import Label
from autoexposure.feedback.reward import NEED, RewardConfig, target_ev, wished
from autoexposure.metering.lookahead import re_exposer
from autoexposure.metering.policy import Decision
from autoexposure.metering.preview import Preview
from autoexposure.personal.belief import Belief
from autoexposure.personal.features import (
    FEATURE_CHANNELS,
    LIGHT_FACTS,
    FeaturePolicy,
    HeadChange,
    changed_maps,
    describe,
)
from autoexposure.personal.truth import Truth
from autoexposure.response import ResponseCurve, srgb


@dataclass(frozen=True, slots=True)
class LiveConfig:
    """How far and how fast the layer follows.

    Tuned on five simulated experts and 755 photographs that the network was not trained on. Halving or doubling any
    one of these changes the results by less than a tenth.

    Attributes
    ----------
    ladder_ev : exposures at which one clicked picture is learned from.
    shift_ev, light_ev : how much tastes differ, standard deviations: overall, and with each fact about the light.
    exposure_head_ev, attention_head_ev : how much of the wish for a picture a change of either head's weights explains.
    noise_ev : how exactly people answer.
    first_clicks, first_limit_ev : largest change before there are ``first_clicks`` clicks: a few clicks may be
        mistakes.
    limit_ev : largest change after that: as far as the re-exposed pictures of the paper go (5.3).
    remembered : clicks; older ones are forgotten.
    reward : what counts as the same exposure.
    """

    ladder_ev: tuple[float, ...] = (-0.5, 0.0, 0.5)
    shift_ev: float = 0.45
    light_ev: float = 0.3
    exposure_head_ev: float = 0.12
    attention_head_ev: float = 0.07
    noise_ev: float = 0.25
    first_clicks: int = 10
    first_limit_ev: float = 1.0
    limit_ev: float = 2.0
    remembered: int = 1000
    reward: RewardConfig = field(default_factory=RewardConfig)

    def __post_init__(self) -> None:
        if 0.0 not in self.ladder_ev:
            raise ConfigError(f"the ladder must hold the clicked picture itself, 0 EV, given {self.ladder_ev}")
        if not 0 < self.first_limit_ev <= self.limit_ev:
            raise ConfigError(f"expected 0 < first_limit_ev <= limit_ev, given {self.first_limit_ev}, {self.limit_ev}")


@dataclass(frozen=True, slots=True, eq=False)
class ClickFeatures:
    """All that is learned from a clicked picture, so that it can be learned again without the picture.

    Attributes
    ----------
    base_ev : (L,) the network's answer at each step of the ladder.
    descriptions : (L, 776) what `describe` made of each step.
    bias_ev : the compensation that was in force when the picture was judged.
    """

    base_ev: NDArray[np.float32]
    descriptions: NDArray[np.float32]
    bias_ev: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """One answer that was learned.

    ``answer`` is its number in the store, None if it is not stored; ``weight`` what it is worth, of a click.
    """

    features: ClickFeatures
    label: Label
    answer: int | None
    weight: float = 1.0


class LiveLayer:
    """A network with a personal change on top.

    Parameters
    ----------
    own : the network was trained for this person.

    Attributes
    ----------
    response : the camera's curve, for re-exposing clicked pictures.
    notice : one sentence for the user where some of the person's answers could not be learned; empty otherwise.
    """

    coarse = True

    def __init__(
        self,
        network: FeaturePolicy,
        config: LiveConfig | None = None,
        response: ResponseCurve | None = None,
        *,
        own: bool = False,
    ) -> None:
        self.network = network
        self._own = own
        self.config = config or LiveConfig()
        self._response = response or srgb()
        self.notice = ""
        self._lessons: list[Lesson] = []
        self._held_back = 0
        self._belief: Belief | None = None

    @property
    def name(self) -> str:
        """The network's own: people see one meter that learns."""
        return self.network.name

    @property
    def sha256(self) -> str:
        """Of the network's file."""
        return self.network.sha256

    @property
    def description_size(self) -> int:
        """How many numbers describe a picture."""
        return LIGHT_FACTS + 2 * (FEATURE_CHANNELS + 1)

    @property
    def clicks(self) -> int:
        """How many answers it has learned from."""
        return len(self._lessons)

    @property
    def truth(self) -> Truth | None:
        """What the answers explain of what the person wants; None as long as nothing measures it."""
        return None

    @property
    def taught(self) -> bool:
        """Whether its answers are a person's: by answers given here, or by a network that was trained with them."""
        return self._own or self.clicks > 0

    @property
    def limit_ev(self) -> float:
        """The largest change, now."""
        return self.config.limit_ev if self.clicks >= self.config.first_clicks else self.config.first_limit_ev

    def holds_back(self, label: Label) -> bool:
        """Whether the change, in the newest picture, is at the limit that this answer would push it beyond."""
        return self._held_back != 0 and self._held_back == NEED[label]

    def knows(self, answer: int) -> bool:
        """Whether it has learned from the answer of this number."""
        return any(lesson.answer == answer for lesson in self._lessons)

    def decide(self, preview: Preview) -> Decision:
        """Judge one Preview. Raises PolicyError if the network can't."""
        if self._belief is None:
            return self.network.decide(preview)
        seen = self.network.decide_with_features(preview)
        base_ev = seen.decision.delta_ev
        description = describe(preview, seen)
        mean = self._belief.mean
        attention, exposure_map = changed_maps(seen, _head_change(mean))
        assert seen.decision.attention is not None
        assert seen.decision.exposure_map is not None
        pool = seen.pooling.pool
        changed_ev = pool(attention, exposure_map)
        # The difference of two pooled maps, not the changed maps alone: the network's own answer may be limited, or
        # rounded otherwise than its maps, and the layer only ever adds to it.
        heads_ev = changed_ev - pool(seen.decision.attention, seen.decision.exposure_map)
        light_ev = float(description[:LIGHT_FACTS] @ mean[:LIGHT_FACTS])
        delta_ev = base_ev + self._limited(heads_ev + light_ev)
        # What the limit and the facts about the light changed is spread evenly over the exposure map, so that the maps
        # still pool to the answer that they are shown for. `pool` of ones is what an even 1 EV pools to.
        evenly_ev = (delta_ev - changed_ev) / max(pool(attention, np.ones_like(exposure_map)), 1e-6)
        exposure_map += np.float32(evenly_ev)
        return replace(seen.decision, delta_ev=delta_ev, attention=attention, exposure_map=exposure_map)

    def features_of(self, preview: Preview, bias_ev: float = 0.0) -> ClickFeatures:
        """What is learned from a picture that was judged with this bias. Raises PolicyError."""
        base_ev, descriptions = [], []
        # Re-expose as the loop does where a bias made the picture brighter. Otherwise the layer would learn from
        # another picture than the loop looks ahead to, and even a "well" would move the exposure a little.
        re_expose = re_exposer(preview, self._response, darker=bias_ev > 0)
        for step_ev in self.config.ladder_ev:
            offset_ev = step_ev + target_ev(0.0, bias_ev)
            shown = preview if offset_ev == 0 else re_expose(offset_ev)
            seen = self.network.decide_with_features(shown)
            base_ev.append(seen.decision.delta_ev)
            descriptions.append(describe(shown, seen))
        return ClickFeatures(np.array(base_ev, np.float32), np.array(descriptions, np.float32), bias_ev)

    def click(
        self, preview: Preview, label: Label, bias_ev: float = 0.0, answer: int | None = None, weight: float = 1.0
    ) -> ClickFeatures:
        """Learn one answer; returns what was learned from, for keeping. Raises PolicyError, and then learns nothing."""
        features = self.features_of(preview, bias_ev)
        self.learn(features, label, answer, weight)
        return features

    def learn(self, features: ClickFeatures, label: Label, answer: int | None = None, weight: float = 1.0) -> None:
        """Learn an answer from features that were kept; ``weight`` is what it is worth, of a click."""
        self._lessons.append(Lesson(features, label, answer, weight))
        if len(self._lessons) > self.config.remembered:
            self._learn_again(
                self._lessons[-self.config.remembered * 3 // 4 :]
            )  # a quarter at once: relearning is slow
            return
        if self._belief is None:
            self._belief = self._prior(features.descriptions[self.config.ladder_ev.index(0.0)])
        low, high = wished(label, self.config.reward)
        # The ladder is one answer, not several; half the weight is twice the variance.
        noise_ev = self.config.noise_ev * math.sqrt(len(features.base_ev) / weight)
        for step_ev, base_ev, description in zip(
            self.config.ladder_ev, features.base_ev, features.descriptions.astype(np.float64), strict=True
        ):
            # The wish is about the judged picture. A step up the ladder the same scene has step_ev more exposure, so
            # the right change there is step_ev smaller; the network already answers base_ev of it. The belief is about
            # the rest: wish - step_ev - base_ev.
            known_ev = step_ev + float(base_ev)
            self._belief.condition(description, low - known_ev, high - known_ev, noise_ev)

    def undo(self, answer: int | None = None) -> Label | None:
        """Forget the last click, or the answer of this number, as if it had not been given; None if there is none."""
        if not self._lessons:
            return None
        if answer is not None and self._lessons[-1].answer != answer:
            gone = next((lesson for lesson in self._lessons if lesson.answer == answer), None)
            if gone is None:
                return None
            self._learn_again([lesson for lesson in self._lessons if lesson is not gone])
            return gone.label
        label = self._lessons.pop().label
        if not self._lessons or self._belief is None:
            self.reset()
        else:
            self._belief.take_back(len(self.config.ladder_ev))
        return label

    def reset(self) -> None:
        """Forget all clicks: the network's own answers again."""
        self._lessons.clear()
        self._belief = None
        self._held_back = 0

    def _learn_again(self, lessons: Sequence[Lesson]) -> None:
        self.reset()
        for lesson in lessons:
            self.learn(lesson.features, lesson.label, lesson.answer, lesson.weight)

    def _limited(self, change_ev: float) -> float:
        limited_ev = min(max(change_ev, -self.limit_ev), self.limit_ev)
        self._held_back = (change_ev > limited_ev) - (change_ev < limited_ev)
        return limited_ev

    def _prior(self, description: NDArray[np.floating]) -> Belief:
        """What is believed before any click, scaled by the ``description`` (776,) of any picture.

        How much one weight of a head matters depends on the network: the larger its features, the more. Divided by the
        norm of the head's part, equal deviations of all weights together move a picture's wish by the configured EV.
        """
        config = self.config
        _, exposure, attention = _parts(description)
        deviations = [
            np.array([config.shift_ev, *[config.light_ev] * (LIGHT_FACTS - 1)]),
            np.full(len(exposure), config.exposure_head_ev / max(float(np.linalg.norm(exposure)), 1e-3)),
            np.full(len(attention), config.attention_head_ev / max(float(np.linalg.norm(attention)), 1e-3)),
        ]
        return Belief(np.concatenate(deviations) ** 2)


def _parts(vector: NDArray[np.floating]) -> list[NDArray[np.float64]]:
    """Facts about the light, exposure head with bias, attention head with bias."""
    return np.split(vector.astype(np.float64), [LIGHT_FACTS, LIGHT_FACTS + FEATURE_CHANNELS + 1])


def _head_change(mean: NDArray[np.float64]) -> HeadChange:
    _, exposure, attention = _parts(mean)
    return HeadChange(exposure[:-1], float(exposure[-1]), attention[:-1], float(attention[-1]))
