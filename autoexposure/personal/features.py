"""One picture as the live layer sees it: the network's maps and features, and a few plain facts about its light.

The two heads are 1x1 layers over fire7's features: exposure = scale * tanh(w . f + b), attention = sigmoid(v . f + c).
Their weights need not be known to change them. Both functions are invertible, so what stands inside them is read back
from the maps, and a change of the weights is added there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from autoexposure.metering.policy import MAP_SIDE, Decision, Map, OfModel, Policy
from autoexposure.metering.preview import SIDE_PX, Preview
from autoexposure.response import REC709, gamma

Features = NDArray[np.float32]
"""(384, 15, 15) float32: what leaves fire7."""

FEATURE_CHANNELS = 384

LIGHT_FACTS = 6
"""Numbers that `light_facts` gives."""

_SATURATED = 0.9999
"""Maps are taken no nearer to the ends of tanh and sigmoid, where their inverses are infinite."""

_NEAR_WHITE_CODE = 235
"""Strongest channel from which a pixel counts as near white: well below clipping, so that the share already grows while
highlights are about to be lost."""
_SHADOW = 0.02
"""Linear light below which a pixel counts as shadow: three stops under middle grey."""
_DARKEST = 2.0**-9
"""Added to light before its logarithm: half a step of an 8-bit sensor, so that black stays finite."""
_GREY = 0.18
_CENTRE_SPREAD = 0.18
"""Standard deviation of the centre's weight, as a share of the picture's side."""
_FARTHEST = 1.5
"""Facts are clipped here, so that one odd picture does not outweigh many ordinary ones."""
_LINEAR = gamma().relative


class Pooling(Enum):
    """How the two maps become one number; the value is the EV that 1 of the exposure head's tanh stands for."""

    MEAN = 2.0
    """The mean of their product (paper, equation 1)."""
    WEIGHTED = 4.0
    """The mean of the exposure map weighted by the attention."""

    def pool(self, attention: NDArray[np.float32], exposure_ev: NDArray[np.float32]) -> float:
        """EV, before the network limits its answer."""
        total = attention.size if self is Pooling.MEAN else max(float(attention.sum()), 1e-6)
        return float((attention * exposure_ev).sum()) / total


@dataclass(frozen=True, slots=True, eq=False)
class FeatureDecision:
    """A network's answer with what it was read from. The network may overwrite ``features`` at its next answer."""

    decision: Decision
    features: Features
    pooling: Pooling


class FeaturePolicy(Policy, OfModel, Protocol):
    """A policy with two heads over features, whose maps are pooled to its answer."""

    def decide_with_features(self, preview: Preview) -> FeatureDecision:
        """Judge one Preview. Raises PolicyError if it can't."""


@dataclass(frozen=True, slots=True, eq=False)
class HeadChange:
    """What is added to the heads: weights (384,) and bias of each."""

    exposure: NDArray[np.float64]
    exposure_bias: float
    attention: NDArray[np.float64]
    attention_bias: float


def describe(preview: Preview, seen: FeatureDecision) -> NDArray[np.float64]:
    """(776,): how ``delta_ev`` changes with the light's weights and, to first order, with each weight of the heads.

    The order is: light facts (6), exposure head's weights (384) and bias, attention head's weights (384) and bias.
    """
    attention, exposure, features = _maps(seen)
    scale_ev = seen.pooling.value
    if seen.pooling is Pooling.MEAN:
        total, middle_ev = float(attention.size), 0.0
    else:
        total, middle_ev = max(float(attention.sum()), 1e-6), seen.pooling.pool(attention, exposure)
    # The answer is sum(a * e) / total over the cells, with e = scale * tanh(x) and a = sigmoid(y). So
    #   d answer / dx = a * scale * (1 - tanh(x)^2) / total          and tanh(x) is e / scale
    #   d answer / dy = (e - answer) * a * (1 - a) / total           where a's own sum is the total,
    # and without "- answer" where the total is the number of cells, which no weight changes.
    by_exposure = attention * scale_ev * (1 - (exposure / scale_ev) ** 2) / total
    by_attention = (exposure - middle_ev) * attention * (1 - attention) / total
    # x and y are w . f + b: each cell's derivative times its features, summed over the cells.
    return np.concatenate(
        [
            light_facts(preview, seen.decision.delta_ev),
            features @ by_exposure,
            [by_exposure.sum()],
            features @ by_attention,
            [by_attention.sum()],
        ]
    )


def light_facts(preview: Preview, delta_ev: float) -> NDArray[np.float64]:
    """(6,), each about -1..1: one, mean log light, near-white share, shadows' share, the network's answer, the centre.

    People who differ in exposure differ in these: how bright at all, how much they mind lost highlights and shadows,
    whether a dark scene should stay dark, and how much the middle counts.
    """
    codes = preview[0].astype(np.uint8)
    light = np.tensordot(np.array(REC709, np.float32), _LINEAR[codes], axes=1)
    middle = float((light * _CENTRE).sum())
    # Factors and offsets only bring ordinary pictures to about -1..1, so that one prior deviation suits all.
    facts = np.array(
        [
            1.0,
            float(np.log2(light + np.float32(_DARKEST)).mean() - math.log2(_GREY)) / 2,
            4 * float((codes.max(axis=0) >= _NEAR_WHITE_CODE).mean()) - 0.3,
            2 * float((light < _SHADOW).mean()) - 0.5,
            delta_ev,
            math.log2((middle + _DARKEST) / _GREY) / 2,
        ]
    )
    clipped: NDArray[np.float64] = np.clip(facts, -_FARTHEST, _FARTHEST)
    return clipped


def changed_maps(seen: FeatureDecision, change: HeadChange) -> tuple[Map, Map]:
    """Attention and exposure map (EV), (15, 15) each, that the heads give with ``change`` added to their weights."""
    attention, exposure, features = _maps(seen)
    scale_ev = seen.pooling.value
    tanh = np.clip(exposure / scale_ev, -_SATURATED, _SATURATED)
    share = np.clip(attention, 1 - _SATURATED, _SATURATED)
    # Back through tanh and sigmoid to what the heads added up, then the change, then forwards again.
    exposed = np.arctanh(tanh) + change.exposure.astype(np.float32) @ features + change.exposure_bias
    attended = np.log(share / (1 - share)) + change.attention.astype(np.float32) @ features + change.attention_bias
    square = seen.decision.attention.shape if seen.decision.attention is not None else (MAP_SIDE, MAP_SIDE)
    new_attention: Map = (1 / (1 + np.exp(-attended))).astype(np.float32).reshape(square)
    new_exposure: Map = (scale_ev * np.tanh(exposed)).astype(np.float32).reshape(square)
    return new_attention, new_exposure


def _maps(seen: FeatureDecision) -> tuple[Map, Map, Features]:
    """Attention (225,), exposure map (225,), features (384, 225); fewer cells if the network makes fewer."""
    decision = seen.decision
    assert decision.attention is not None
    assert decision.exposure_map is not None
    features = seen.features.reshape(FEATURE_CHANNELS, -1)
    return decision.attention.ravel(), decision.exposure_map.ravel(), features


def _centre() -> NDArray[np.float32]:
    place = (np.arange(SIDE_PX) + 0.5) / SIDE_PX - 0.5
    line = np.exp(-0.5 * (place / _CENTRE_SPREAD) ** 2)
    square = np.outer(line, line)
    weights: NDArray[np.float32] = (square / square.sum()).astype(np.float32)
    return weights


_CENTRE = _centre()
