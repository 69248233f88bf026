"""One picture as the live layer sees it: facts about its light and colours, and what the network made of it.

The facts need nothing but the picture and the network's answer, so they describe pictures to every network alike. The
features of a network mean something else in each one; `FeatureScale` holds the few directions in which those of one
network vary most, and belongs to it alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from autoexposure.metering.policy import Decision, Map, OfModel, Policy
from autoexposure.metering.preview import SIDE_PX, Preview
from autoexposure.response import REC709, gamma

Features = NDArray[np.float32]
"""(384, 15, 15) float32: what leaves fire7."""

FEATURE_CHANNELS = 384

FACTS = (
    "one",
    "light",
    "near white",
    "shadows",
    "answer",
    "centre",
    "contrast",
    "saturation",
    "warmth",
    "sky",
    "attended",
    "green",
    "detail",
    "clipped",
)
"""What `picture_facts` gives, in this order."""

_NEAR_WHITE_CODE = 235
"""Strongest channel from which a pixel counts as near white: well below clipping, so that the share already grows while
highlights are about to be lost."""
_CLIPPED_CODE = 253
"""Strongest channel from which a pixel counts as lost: sensors and codecs end a code or two below 255."""
_SHADOW = 0.02
"""Linear light below which a pixel counts as shadow: three stops under middle grey."""
_DARKEST = 2.0**-9
"""Added to light before its logarithm: half a step of an 8-bit sensor, so that black stays finite."""
_GREY = 0.18
_CENTRE_SPREAD = 0.18
"""Standard deviation of the centre's weight, as a share of the picture's side."""
_THIRD_PX = SIDE_PX // 3
"""The sky is looked for in the upper third."""
_FARTHEST = 1.5
"""Facts are clipped here, so that one odd picture does not outweigh many ordinary ones."""
_FARTHEST_FEATURE = 3.0
"""The same for features, which are told in their standard deviations."""
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
class FeatureScale:
    """In which few directions the features of one network vary from picture to picture.

    Attributes
    ----------
    mean : (384,) of each channel's mean over the picture.
    directions : (384, K); a picture's means, less ``mean``, along one of them vary by 1 (standard deviation).
    """

    mean: NDArray[np.float64]
    directions: NDArray[np.float64]

    def place(self, means: NDArray[np.floating]) -> NDArray[np.float64]:
        """(..., K) where pictures lie by their `channel_means`, (..., 384)."""
        placed: NDArray[np.float64] = (means - self.mean) @ self.directions
        return np.clip(placed, -_FARTHEST_FEATURE, _FARTHEST_FEATURE)


def channel_means(features: Features) -> NDArray[np.float32]:
    """(384,) mean of each channel over the picture."""
    means: NDArray[np.float32] = features.reshape(FEATURE_CHANNELS, -1).mean(axis=1)
    return means


def describe(preview: Preview, seen: FeatureDecision, scale: FeatureScale | None) -> NDArray[np.float64]:
    """(14 + K,): the facts, then the place among the network's features; without a ``scale`` the facts alone."""
    facts = picture_facts(preview, seen.decision)
    return facts if scale is None else np.concatenate([facts, scale.place(channel_means(seen.features))])


def picture_facts(preview: Preview, decision: Decision) -> NDArray[np.float64]:
    """(14,), each about -1..1: `FACTS`, in that order.

    People who differ in exposure differ in these: how bright at all, how much they mind lost highlights and shadows,
    whether a dark or a flat scene should stay so, how much the middle, the sky and what the network attends to count,
    and what colours ask for.
    """
    codes = preview[0].astype(np.uint8)
    linear = _LINEAR[codes]
    light = np.tensordot(np.array(REC709, np.float32), linear, axes=1)
    stops = np.log2(light + np.float32(_DARKEST))
    mean_stops = float(stops.mean())
    strongest, weakest = linear.max(axis=0), linear.min(axis=0)
    red, green, blue = (float(channel.mean()) + _DARKEST for channel in linear)
    brightest = codes.max(axis=0)
    # Factors and offsets only bring ordinary pictures to about -1..1, so that one prior deviation suits all.
    facts = np.array(
        [
            1.0,
            (mean_stops - math.log2(_GREY)) / 2,
            4 * float((brightest >= _NEAR_WHITE_CODE).mean()) - 0.3,
            2 * float((light < _SHADOW).mean()) - 0.5,
            decision.delta_ev,
            math.log2((float((light * _CENTRE).sum()) + _DARKEST) / _GREY) / 2,
            float(stops.std()) / 1.8 - 1,
            2 * float(((strongest - weakest) / (strongest + np.float32(_DARKEST))).mean()) - 1,
            0.8 * math.log2(red / blue) - 0.4,
            0.5 * float(stops[:_THIRD_PX].mean() - stops[_THIRD_PX:].mean()),
            _attended(stops, decision.attention) - mean_stops,
            math.log2(2 * green / (red + blue)),
            4 * float(np.abs(np.diff(stops, axis=1)).mean()) - 1,
            2 * float((brightest >= _CLIPPED_CODE).mean()) ** 0.5 - 0.3,
        ]
    )
    clipped: NDArray[np.float64] = np.clip(facts, -_FARTHEST, _FARTHEST)
    return clipped


def _attended(stops: NDArray[np.float32], attention: Map | None) -> float:
    """Mean of the logarithm of light where the network looks."""
    if attention is None or float(attention.sum()) <= 0:
        return float(stops.mean())
    weights = cv2.resize(attention, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_LINEAR)
    return float((stops * weights).sum() / weights.sum())


def _centre() -> NDArray[np.float32]:
    place = (np.arange(SIDE_PX) + 0.5) / SIDE_PX - 0.5
    line = np.exp(-0.5 * (place / _CENTRE_SPREAD) ** 2)
    square = np.outer(line, line)
    weights: NDArray[np.float32] = (square / square.sum()).astype(np.float32)
    return weights


_CENTRE = _centre()
