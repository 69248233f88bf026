"""What a person's answer says about an exposure that was not shown: the reward of the paper's Figure 6, and no more.

`REWARDS` is the table of rewards that the policy gradient can learn from. A new one is a function and a row there;
``personalise`` and ``experiment`` take it by its name.

A person saw a picture taken at some exposure and said under, well or over. A meter sees the same scene taken at another
exposure and would change it by ``action_ev``; ``target_ev`` is the change that leads to exactly the picture the person
saw. Both are EV; positive raises the exposure.

========  ==============================  ===================================================
answer    punished (-1)                   otherwise
========  ==============================  ===================================================
well      ``|action - target| >= delta``  rewarded (+1)
under     ``action < target``             undefined: brighter is wanted, but how much is unknown
over      ``action > target``             undefined
========  ==============================  ===================================================

An undefined sample is left out. Counting it as zero would pull means and baselines.

An EV compensation (bias) that was in force is part of the judged picture: the loop adds it to the meter's answer. So
the meter is right if its *own* change plus the bias leads to the judged picture, and all targets come from
`target_ev`: in the live layer, in the training, at its acceptance test and in the count of agreement.

A meter agrees with an answer where it would have given the same one: `agrees`, the one definition, in the window's
count, in a personalisation's test and in the experiments alike.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autoexposure.errors import ConfigError
from autoexposure.feedback.answer import Label, Sample

NEED = {Label.UNDER: 1, Label.WELL: 0, Label.OVER: -1}
"""The answer as the sign of the change that the person asks for."""

Ev = TypeVar("Ev", float, NDArray[np.float64])


def target_ev(to_judged_ev: Ev, bias_ev: Ev) -> Ev:
    """The meter's own change that leads to a judged picture, ``to_judged_ev`` away, when the loop adds the bias."""
    return to_judged_ev - bias_ev


def _figure_6(miss_ev: NDArray[np.float64], need: NDArray[np.int64], delta_ev: float) -> NDArray[np.float64]:
    values = np.full(miss_ev.shape, np.nan)
    well = need == 0
    values[well] = np.where(np.abs(miss_ev[well]) < delta_ev, 1.0, -1.0)
    values[(need > 0) & (miss_ev < 0)] = -1.0
    values[(need < 0) & (miss_ev > 0)] = -1.0
    return values


FIGURE_6 = "figure6"
"""The paper's reward, the one that is used unless another is asked for."""

REWARDS: dict[str, Callable[[NDArray[np.float64], NDArray[np.int64], float], NDArray[np.float64]]] = {
    FIGURE_6: _figure_6,
}
"""By name: actions less targets in EV, `NEED` of what was said, both of one shape, and the delta in EV give rewards of
that shape, NaN where undefined."""


@dataclass(frozen=True, slots=True)
class RewardConfig:
    """What counts as the same exposure, and which reward follows from it.

    Attributes
    ----------
    delta_ev : a change that misses the target by less is right. The paper's 0.1 (Figure 6) is ASSUMED to be in its
        normalised unit, where 1 stands for 2 EV (7.2): 0.2 EV, one step of its ladder. The paper does not say.
    name : which of `REWARDS` the policy gradient learns from. Nothing else depends on it: the live layer, the ordinal
        likelihood and the gate need the delta only.
    """

    delta_ev: float = 0.2
    name: str = FIGURE_6

    def __post_init__(self) -> None:
        if not 0 < self.delta_ev < math.inf:
            raise ConfigError(f"delta_ev must be positive, given {self.delta_ev}")
        if self.name not in REWARDS:
            raise ConfigError(f"a reward is one of {', '.join(REWARDS)}; given {self.name!r}")


@dataclass(frozen=True, slots=True, eq=False)
class Rewards:
    """Rewards of some actions.

    Attributes
    ----------
    values : float64, in Figure 6 +1 or -1; NaN where undefined, so that a sum that forgets the mask is noticed at once.
    defined : bool, the same shape.
    """

    values: NDArray[np.float64]
    defined: NDArray[np.bool_]


def rewards(
    actions_ev: ArrayLike, targets_ev: ArrayLike, needs: ArrayLike, config: RewardConfig | None = None
) -> Rewards:
    """Reward every action by the reward that ``config`` names.

    Parameters
    ----------
    actions_ev : changes of exposure, EV.
    targets_ev : changes that lead to the picture that was judged, EV; broadcast against the actions.
    needs : what was said of that picture: `NEED` of the label, +1, 0 or -1; broadcast against the actions.
    """
    config = config or RewardConfig()
    miss, need = np.broadcast_arrays(
        np.asarray(actions_ev, np.float64) - np.asarray(targets_ev, np.float64), np.asarray(needs)
    )
    values = REWARDS[config.name](miss, need, config.delta_ev)
    return Rewards(values, ~np.isnan(values))


def wished(label: Label, config: RewardConfig | None = None) -> tuple[float, float]:
    """The interval, in EV from the target, in which the change that the person wishes lies; `label_of` inverts it."""
    delta_ev = (config or RewardConfig()).delta_ev
    if label is Label.WELL:
        return (-delta_ev, delta_ev)
    return (delta_ev, math.inf) if label is Label.UNDER else (-math.inf, -delta_ev)


def label_of(wanted_ev: float, config: RewardConfig | None = None) -> Label:
    """What a person says of a picture that should have had ``wanted_ev`` more exposure (paper 6.2)."""
    if abs(wanted_ev) < (config or RewardConfig()).delta_ev:
        return Label.WELL
    return Label.UNDER if wanted_ev > 0 else Label.OVER


def agrees(off_ev: ArrayLike, needs: ArrayLike, config: RewardConfig | None = None) -> NDArray[np.bool_]:
    """Whether a meter would have said of each picture what the person said, bool of the arguments' shape.

    Parameters
    ----------
    off_ev : the meter's change less the target, EV. Less than the reward's delta either way is "well".
    needs : `NEED` of what was said.
    """
    off, need = np.broadcast_arrays(np.asarray(off_ev, np.float64), np.asarray(needs))
    said = np.array([NEED[label_of(float(wanted), config)] for wanted in off.ravel()], np.int64)
    same: NDArray[np.bool_] = said.reshape(off.shape) == need
    return same


@dataclass(frozen=True, slots=True)
class Agreement:
    """With how many answers the meter, with the bias then in force, agreed.

    Attributes
    ----------
    agreed : of ``answers``.
    answers : all that count.
    """

    agreed: int = 0
    answers: int = 0


def agreement(samples: Iterable[Sample]) -> Agreement:
    """Count what the meter `agrees` with.

    Left out is what says nothing of the meter: answers given while the exposure was moving, or without a meter, and
    what was set by hand, which stands because the meter alone was off.
    """
    counted = [
        sample for sample in samples if sample.settled and not sample.source.by_hand and sample.delta_ev is not None
    ]
    off_ev = [(sample.delta_ev or 0.0) - target_ev(0.0, sample.bias_ev) for sample in counted]
    return Agreement(int(agrees(off_ev, [NEED[sample.label] for sample in counted]).sum()), len(counted))
