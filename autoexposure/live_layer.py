"""The live layer: it answers every click at once, by changing the network's two heads (and what they know of light).

`LiveLayer` is a Policy around the network's. Before the first click it passes the network's answers on as they are. A
click - under, well or over, said of one picture - is applied to that picture and to two re-exposed versions of it (a
short ladder, paper 5.3), so that the wish holds wherever the loop comes from. The change is anchored to the network:
its prior is no change at all, and it never exceeds a limit.

One thread at a time: the control loop owns it and teaches it between two frames (`autoexposure.commands.Teach`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autoexposure.errors import ConfigError
from autoexposure.feedback import Label
from autoexposure.live_belief import Belief
from autoexposure.live_look import (
    FEATURE_CHANNELS,
    LIGHT_FACTS,
    FeaturePolicy,
    HeadChange,
    changed_maps,
    describe,
)
from autoexposure.policy import Decision
from autoexposure.preview import Preview
from autoexposure.response import ResponseCurve, srgb
from autoexposure.reward import RewardConfig, wished


@dataclass(frozen=True, slots=True)
class LiveConfig:
    """How far and how fast the layer follows. Tuned on five simulated experts and 755 photographs that the network was
    not trained on; results change by less than a tenth when any of them is halved or doubled.

    Attributes
    ----------
    ladder_ev : exposures at which one clicked picture is learned from.
    shift_ev, light_ev : how much tastes differ, standard deviations: overall, and with each fact about the light.
    exposure_head_ev, attention_head_ev : how much of the wish for a picture a change of either head's weights explains.
    noise_ev : how exactly people answer.
    first_clicks, first_limit_ev : the layer's change is at most so large until there are so many clicks.
    limit_ev : and at most so large ever.
    remembered : clicks; older ones are forgotten.
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
class Look:
    """All that is learned from a clicked picture, so that it can be learned again without the picture.

    ``base_ev`` (L,) : the network's answer at each step of the ladder. ``descriptions`` (L, 776).
    """

    base_ev: NDArray[np.float32]
    descriptions: NDArray[np.float32]


class LiveLayer:
    """A network with a personal change on top. ``response`` : the camera's curve, for re-exposing clicked pictures."""

    coarse = True

    def __init__(
        self, network: FeaturePolicy, config: LiveConfig | None = None, response: ResponseCurve | None = None
    ) -> None:
        self.network = network
        self.config = config or LiveConfig()
        self._response = response or srgb()
        self._clicks: list[tuple[Look, Label]] = []
        self._belief: Belief | None = None

    @property
    def name(self) -> str:
        """The network's own: people see one meter that learns."""
        return self.network.name

    @property
    def description_size(self) -> int:
        """How many numbers describe a picture."""
        return LIGHT_FACTS + 2 * (FEATURE_CHANNELS + 1)

    @property
    def clicks(self) -> int:
        """How many answers it has learned from."""
        return len(self._clicks)

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
        heads_ev = changed_ev - pool(seen.decision.attention, seen.decision.exposure_map)
        light_ev = float(description[:LIGHT_FACTS] @ mean[:LIGHT_FACTS])
        delta_ev = base_ev + self._limited(heads_ev + light_ev)
        # What the light adds is added evenly, so that the maps go on explaining the answer.
        evenly_ev = (delta_ev - changed_ev) / max(pool(attention, np.ones_like(exposure_map)), 1e-6)
        exposure_map += np.float32(evenly_ev)
        doubt_ev = math.sqrt(self._belief.variance(description))
        return Decision(delta_ev, attention, exposure_map, doubt_ev, weighted=seen.decision.weighted)

    def doubt_ev(self, preview: Preview) -> float:
        """How unsure the layer is of this person's wish for a picture: a standard deviation. Raises PolicyError."""
        description = describe(preview, self.network.decide_with_features(preview))
        return math.sqrt((self._belief or self._prior(description)).variance(description))

    def look(self, preview: Preview) -> Look:
        """Look at a clicked picture, at each step of the ladder. Raises PolicyError."""
        base_ev, descriptions = [], []
        for offset_ev in self.config.ladder_ev:
            shown = preview if offset_ev == 0 else self._response.re_expose(preview.astype(np.uint8), offset_ev)
            seen = self.network.decide_with_features(shown)
            base_ev.append(seen.decision.delta_ev)
            descriptions.append(describe(shown, seen))
        return Look(np.array(base_ev, np.float32), np.array(descriptions, np.float32))

    def click(self, preview: Preview, label: Label) -> Look:
        """Learn one answer; returns what was learned from, for keeping. Raises PolicyError, and then learns nothing."""
        look = self.look(preview)
        self.learn(look, label)
        return look

    def learn(self, look: Look, label: Label) -> None:
        """Learn an answer from a kept Look."""
        self._clicks.append((look, label))
        if len(self._clicks) > self.config.remembered:
            kept = self._clicks[-self.config.remembered * 3 // 4 :]  # all at once, so that this is rare
            self.reset()
            for old_look, old_label in kept:
                self.learn(old_look, old_label)
            return
        if self._belief is None:
            self._belief = self._prior(look.descriptions[self.config.ladder_ev.index(0.0)])
        low, high = wished(label, self.config.reward)
        noise_ev = self.config.noise_ev * math.sqrt(len(look.base_ev))  # the ladder is one answer, not several
        for offset_ev, base_ev, description in zip(
            self.config.ladder_ev, look.base_ev, look.descriptions.astype(np.float64), strict=True
        ):
            # Taken with offset_ev more exposure, the picture is to be changed by offset_ev less.
            known_ev = offset_ev + float(base_ev)
            self._belief.condition(description, low - known_ev, high - known_ev, noise_ev)

    def undo(self) -> bool:
        """Forget the last click as if it had not been; False if there was none."""
        if not self._clicks:
            return False
        self._clicks.pop()
        if not self._clicks or self._belief is None:
            self._belief = None
        else:
            self._belief.take_back(len(self.config.ladder_ev))
        return True

    def reset(self) -> None:
        """Forget all clicks: the network's own answers again."""
        self._clicks.clear()
        self._belief = None

    def _limited(self, change_ev: float) -> float:
        limit_ev = self.config.limit_ev if self.clicks >= self.config.first_clicks else self.config.first_limit_ev
        return min(max(change_ev, -limit_ev), limit_ev)

    def _prior(self, description: NDArray[np.floating[Any]]) -> Belief:
        """What is believed before any click. How much one weight matters depends on the network: ``description``, of
        any picture, tells."""
        config = self.config
        _, exposure, attention = _parts(description)
        deviations = [
            np.array([config.shift_ev, *[config.light_ev] * (LIGHT_FACTS - 1)]),
            np.full(len(exposure), config.exposure_head_ev / max(float(np.linalg.norm(exposure)), 1e-3)),
            np.full(len(attention), config.attention_head_ev / max(float(np.linalg.norm(attention)), 1e-3)),
        ]
        return Belief(np.concatenate(deviations) ** 2)


def _parts(vector: NDArray[np.floating[Any]]) -> list[NDArray[np.float64]]:
    """Facts about the light, exposure head with bias, attention head with bias."""
    return np.split(vector.astype(np.float64), [LIGHT_FACTS, LIGHT_FACTS + FEATURE_CHANNELS + 1])


def _head_change(mean: NDArray[np.float64]) -> HeadChange:
    _, exposure, attention = _parts(mean)
    return HeadChange(exposure[:-1], float(exposure[-1]), attention[:-1], float(attention[-1]))
