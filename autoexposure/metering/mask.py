"""A painted mask: the user says which parts of the picture may count, the meter says how much each of them does.

The network's answer is a mean over the cells of its exposure map: weighted by its attention, or, in the paper's form
(equation 1), the plain mean of attention times exposure map. In the second, multiplying the attention by a mask alone
would shrink the answer with everything that is masked out, and a small mask would leave a meter that hardly moves. So
the masked attention is scaled back to the total it had, which changes nothing in the first form:

    weight = attention * mask * sum(attention) / sum(attention * mask)
    delta_ev = mean(weight * exposure_map), divided by mean(attention) in the weighted form

A mask that is even changes nothing, whatever its value; a picture whose parts all ask for the same is answered as
without a mask; and the Decision that comes out is made of its maps in the same way as the one that went in. Its
attention may exceed 1.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from autoexposure.errors import ConfigError
from autoexposure.metering.classical import WeightedMeter
from autoexposure.metering.policy import MAP_SIDE, Decision, Map, Policy
from autoexposure.metering.preview import Preview

MOST_EV = 2.0
"""The answer is limited to this, as the network limits its own, since it learns from a ladder of +-2 EV (paper 5.3):
single cells may ask for more."""

LEAST_ATTENTION = 0.01
"""Share of the highest attention that every cell counts as having under a mask, so that painting where the meter does
not look at all works too, and steadily."""


def check_mask(mask: Map) -> Map:
    """Return ``mask`` if it is (15, 15), each cell 0..1 and not all of them 0.

    Raises
    ------
    ConfigError
        If it is not.
    """
    if mask.shape != (MAP_SIDE, MAP_SIDE) or not (mask.min() >= 0 and mask.max() <= 1):
        raise ConfigError(f"a mask needs {MAP_SIDE}x{MAP_SIDE} cells from 0 to 1, given {mask.shape}")
    if mask.max() == 0:
        raise ConfigError("a mask that lets nothing count leaves nothing to meter: clear it or paint what counts")
    return mask


def weigh(decision: Decision, mask: Map) -> Decision:
    """``decision`` as it is when only what ``mask`` lets through counts; one without maps stays as it is.

    Its doubt is dropped: it was about the whole picture, and a person has said what counts.
    """
    decision = replace(decision, doubt_ev=None) if decision.doubt_ev is not None else decision
    attention, exposure_map = decision.attention, decision.exposure_map
    if attention is None or exposure_map is None:
        return decision
    # Without the floor, a mask over a place that the network ignores would leave nothing to meter.
    weight = np.maximum(attention, np.float32(LEAST_ATTENTION) * attention.max()) * mask
    total = float(weight.sum())
    if total == 0:  # attention of nothing stays so
        return replace(decision, attention=weight)
    weight = weight * np.float32(attention.sum() / total)  # scaled back to the total it had, see above
    asked_ev = float((weight * exposure_map).sum()) / (float(weight.sum()) if decision.weighted else weight.size)
    return replace(decision, delta_ev=min(max(asked_ev, -MOST_EV), MOST_EV), attention=weight)


class MaskedPolicy:
    """A policy whose delta EV is the mean of its maps' product, asked about a part of the picture."""

    def __init__(self, policy: Policy, mask: Map) -> None:
        self._policy = policy
        self._mask = check_mask(mask)

    @property
    def name(self) -> str:
        """The name of the policy behind it: the mask is the user's, not another meter."""
        return self._policy.name

    @property
    def coarse(self) -> bool:
        """As of the policy behind it: a mask changes where it looks, not how far it sees."""
        return self._policy.coarse

    def decide(self, preview: Preview) -> Decision:
        """Judge one Preview, (1, 3, 128, 128) float32. Raises PolicyError as the policy behind it."""
        return weigh(self._policy.decide(preview), self._mask)


def masked(policy: Policy, mask: Map | None) -> Policy:
    """``policy`` looking only at what ``mask`` lets through; the very same policy without a mask.

    Classical meters average light, so they take the mask into their own weights, which are made to sum to 1 again.
    A spot stays what it is: the user has pointed at it.
    """
    if mask is None:
        return policy
    return policy.masked(check_mask(mask)) if isinstance(policy, WeightedMeter) else MaskedPolicy(policy, mask)
