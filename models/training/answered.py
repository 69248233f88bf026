"""Pictures with what was said of them: what every personal training learns from, experiments and users alike.

A person judged a scene at one exposure or at several. Training looks at the scene taken at *other* exposures too (paper
5.3): a state is the picture re-exposed, and the answer's target is the change that leads from there to the judged one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from autoexposure.feedback.reward import NEED, RewardConfig, label_of, target_ev
from autoexposure.frame import Pixels
from autoexposure.response import ResponseCurve, gamma
from models.data.exposure_ladder import LABEL_LIMIT_EV, LADDER_EV, re_expose, shrink
from models.training.policy_gradient import Answers

Picture = NDArray[np.uint8] | NDArray[np.float16]
"""(side, side, 3) RGB: a photograph's code values, or linear light where 1 saturates an exposure of 0 EV."""


IMPLIED_LADDER_EV: NDArray[np.float64] = np.round(np.linspace(-4.0, 4.0, 41), 1)
"""The ladder with what follows from its ends: darker than too dark is too dark as well (5.3). Without it a person whose
wish lies near one end is pulled beyond it, since more steps speak against the other side (seen: 0.07 EV at -1.1 EV)."""


class Pictures(Protocol):
    """N of them, one at a time: an array, a memory map or a list."""

    def __getitem__(self, index: int, /) -> Picture: ...


def expose_at(picture: Picture, response: ResponseCurve, offset_ev: float) -> Pixels:
    """(128, 128, 3) uint8: how the network sees a picture that was taken at ``offset_ev``."""
    if picture.dtype == np.uint8:
        return shrink(re_expose(picture.astype(np.uint8, copy=False), response, offset_ev))
    linear = picture.astype(np.float32) * np.float32(2.0**offset_ev)
    return shrink(np.rint(response.encode(linear)).astype(np.uint8))


@dataclass(frozen=True, slots=True, eq=False)
class Answered:
    """Scenes and answers.

    Attributes
    ----------
    pictures : the scenes at 0 EV. chosen : (N,) places of those used.
    offsets_ev : (N, K), at which exposures they were judged, relative to the pictures.
    needs : (N, K), `autoexposure.feedback.reward.NEED` of what was said.
    wishes_ev : (N,) the exposure the person really wants, where that is known (simulated people); else empty.
    response : the curve of the pictures.
    biases_ev : (N, K), the compensation in force where they were judged; empty for none anywhere.
    """

    pictures: Pictures
    chosen: NDArray[np.int64]
    offsets_ev: NDArray[np.float64]
    needs: NDArray[np.int64]
    wishes_ev: NDArray[np.float64]
    response: ResponseCurve
    biases_ev: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0)))

    @property
    def targets_ev(self) -> NDArray[np.float64]:
        """(N, K): `autoexposure.feedback.reward.target_ev` of every answer, from the picture at 0 EV."""
        return target_ev(self.offsets_ev, self.biases_ev) if len(self.biases_ev) else self.offsets_ev

    def part(self, places: NDArray[np.int64]) -> Answered:
        """Only the scenes at ``places`` (M,) among the N."""
        wishes = self.wishes_ev[places] if len(self.wishes_ev) else self.wishes_ev
        biases = self.biases_ev[places] if len(self.biases_ev) else self.biases_ev
        return Answered(
            self.pictures,
            self.chosen[places],
            self.offsets_ev[places],
            self.needs[places],
            wishes,
            self.response,
            biases,
        )


@dataclass(frozen=True, slots=True, eq=False)
class States:
    """A batch: (B, 128, 128, 3) uint8 previews, answers about them, and (B,) right corrections in EV where known."""

    previews: NDArray[np.uint8]
    answers: Answers
    labels_ev: NDArray[np.float32]


def judged_along_the_ladder(
    pictures: Pictures,
    chosen: NDArray[np.int64],
    wishes_ev: NDArray[np.float64],
    reward: RewardConfig,
    ladder_ev: NDArray[np.float64] = IMPLIED_LADDER_EV,
) -> Answered:
    """A simulated person judges every step of the ladder of every picture (6.2), and by implication those beyond."""
    offsets = np.tile(ladder_ev, (len(chosen), 1))
    needs = np.array([[NEED[label_of(wish - offset, reward)] for offset in ladder_ev] for wish in wishes_ev])
    return Answered(pictures, chosen, offsets, needs.astype(np.int64), wishes_ev, gamma())


def draw_states(
    answered: Answered, size: int, random: np.random.Generator, ladder_ev: NDArray[np.float64] = LADDER_EV
) -> States:
    """``size`` scenes drawn at random, each at a random step of ``ladder_ev`` (L,), half of them mirrored."""
    places = random.integers(0, len(answered.chosen), size)
    states_ev = random.choice(ladder_ev, size)
    previews = []
    for place, state_ev in zip(places, states_ev, strict=True):
        picture = answered.pictures[int(answered.chosen[place])]
        shown = expose_at(picture, answered.response, float(state_ev))
        previews.append(shown[:, :: -1 if random.random() < 0.5 else 1])
    targets = np.clip(answered.targets_ev[places] - states_ev[:, None], -2 * LABEL_LIMIT_EV, 2 * LABEL_LIMIT_EV)
    labels = np.zeros(size)
    if len(answered.wishes_ev):
        labels = np.clip(answered.wishes_ev[places] - states_ev, -LABEL_LIMIT_EV, LABEL_LIMIT_EV)
    answers = Answers(targets, answered.needs[places])
    return States(np.ascontiguousarray(np.stack(previews)), answers, labels.astype(np.float32))
