"""Imagined exposure: how the loop beats the camera's delay instead of waiting for it again and again.

A prediction far from the goal is coarse. Instead of acting on it, waiting the camera's delay, and correcting, the
present frame is re-exposed in the computer by the predicted correction and the policy is asked again; only the sum is
acted on, once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from autoexposure.policy import Decision, Policy
from autoexposure.preview import Preview
from autoexposure.response import ResponseCurve

_DARKEST = 1e-4
"""Relative exposure that stands in for black, so that its logarithm exists: about an eighth of one 8-bit sRGB code."""


def level_ev(preview: Preview, response: ResponseCurve, delta_ev: float = 0.0) -> float:
    """log2 of the mean linear luminance, had ``preview`` been taken with ``delta_ev`` more exposure."""
    linear = response.linearise(preview.astype(np.uint8)) * np.float32(2.0**delta_ev)
    red, green, blue = np.minimum(linear, 1.0).mean(axis=(0, 2, 3))
    return math.log2(0.2126 * red + 0.7152 * green + 0.0722 * blue + _DARKEST)  # Rec. 709 luminance


@dataclass(frozen=True, slots=True)
class ImaginedConfig:
    """When to go on imagining.

    Attributes
    ----------
    rounds : how often the policy is asked again at the most.
    enough_ev : a correction smaller than this is not worth another round.
    reach_ev : the sum of the corrections is kept within this.
    """

    rounds: int = 3
    enough_ev: float = 0.1
    reach_ev: float = 6.0


def look_ahead(
    policy: Policy,
    preview: Preview,
    first: Decision,
    response: ResponseCurve,
    config: ImaginedConfig | None = None,
) -> Decision:
    """Refine ``first``, the policy's answer to ``preview``, by re-exposing the picture and asking again.

    The maps stay those of the real picture. Raises PolicyError if the policy fails.
    """
    config = config or ImaginedConfig()
    total_ev = latest_ev = first.delta_ev
    for _ in range(config.rounds):
        if abs(latest_ev) < config.enough_ev or abs(total_ev) >= config.reach_ev:
            break
        latest_ev = policy.decide(response.re_expose(preview.astype(np.uint8), total_ev)).delta_ev
        total_ev += latest_ev
    return replace(first, delta_ev=max(-config.reach_ev, min(config.reach_ev, total_ev)))
