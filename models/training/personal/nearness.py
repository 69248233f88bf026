"""Which of two meters is nearer to what a person wants, told from answers that only say which way.

People answer pictures that what they use had exposed. There it asks for nothing, whatever the person wants, and a new
meter asks for something. Counting answers, or their likelihood, therefore favours one side or the other, however good
the two are. So where the wish lies is estimated first, from both meters together:

    wish of a picture, EV from where it was judged  =  a + b old + c new + logistic noise

An answer says on which side of two thresholds the wish lies (a threshold model; P. McCullagh, 1980), which is enough to
fit a, b, c and the noise. With a, b and c known, the mean square error of a meter is the mean square of (its answer -
the expected wish) plus the noise's variance. The same noise is in both, so it cancels in their difference.

The thresholds are those that training takes (`RewardConfig.delta_ev`). Of somebody who calls good what is further off,
all distances come out too short, and a meter that asks for more seems too far off: what is in use is favoured then.

How sure the difference is comes from fitting again on answers drawn with replacement (the bootstrap; B. Efron, 1979).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

CARELESS = 0.15
"""Share of answers taken to be given at random. ASSUMED: without any, one slip would count more than ten answers."""

NEUTRAL = 0.5
"""Where b and c are drawn to while answers say nothing: the wish halfway between the meters, which favours neither."""

FIRST_NOISE_EV = 0.2
"""The noise that the fit starts from, and is drawn to as weakly."""

NOISES_EV = (0.03, 2.0)
"""Less is finer than any camera's steps; more is no taste."""

DRAWN = 200
"""Samples of the bootstrap: 95 of 100 then comes out to within 3 of 100."""

MOST_ITERATIONS = 30
"""Of the optimiser, for a smooth problem of four numbers."""


@dataclass(frozen=True, slots=True)
class Nearness:
    """What is estimated of two meters.

    Attributes
    ----------
    old_ev, new_ev : root mean square distance of each from the wish.
    sure : share of the drawn samples in which the new one is nearer, 0..1.
    """

    old_ev: float
    new_ev: float
    sure: float


def nearness(
    old_ev: NDArray[np.float64],
    new_ev: NDArray[np.float64],
    needs: NDArray[np.int64],
    delta_ev: float,
    *,
    drawn: int = DRAWN,
) -> Nearness:
    """Compare two meters on N answers.

    Parameters
    ----------
    old_ev, new_ev : (N,) how far each would move every picture from where it was judged, EV.
    needs : (N,) what was said, `autoexposure.feedback.reward.NEED`.
    delta_ev : the wish lies no further than this from a picture that is called good.
    drawn : samples of the bootstrap; without any, ``sure`` is 0.
    """
    count = len(needs)
    random = np.random.default_rng(0)
    weights = np.concatenate([np.ones((1, count)), random.multinomial(count, np.full(count, 1 / count), drawn)])
    described = np.stack([np.ones(count), old_ev, new_ev], axis=1)
    coefficients, noises_ev = _fit(described, needs, delta_ev, weights)
    wishes_ev = coefficients @ described.T  # (samples, N)
    old, new = (((said_ev - wishes_ev) ** 2 * weights).sum(axis=1) / count for said_ev in (old_ev, new_ev))
    variance = (math.pi * float(noises_ev[0])) ** 2 / 3  # of the logistic distribution
    sure = float((new < old)[1:].mean()) if drawn else 0.0
    return Nearness(math.sqrt(float(old[0]) + variance), math.sqrt(float(new[0]) + variance), sure)


def _fit(
    described: NDArray[np.float64], needs: NDArray[np.int64], delta_ev: float, weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(S, 3) coefficients and (S,) noise for S weightings (S, N) of the answers: all fitted side by side."""
    given, counts, said = torch.from_numpy(described), torch.from_numpy(weights), torch.from_numpy(needs)
    first = torch.tensor([0.0, NEUTRAL, NEUTRAL, math.log(FIRST_NOISE_EV)], dtype=torch.float64)
    fitted = first.repeat(len(weights), 1).requires_grad_()
    optimiser = torch.optim.LBFGS([fitted], max_iter=MOST_ITERATIONS, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimiser.zero_grad()
        wishes, noise = fitted[:, :3] @ given.T, _noise(fitted)[:, None]
        more, less = torch.sigmoid((wishes - delta_ev) / noise), torch.sigmoid((-wishes - delta_ev) / noise)
        likely = torch.where(said > 0, more, torch.where(said < 0, less, 1 - more - less))
        surprise = -(counts * torch.log((1 - CARELESS) * likely + CARELESS / 3)).sum()
        total: Tensor = surprise + ((fitted - first)[:, 1:] ** 2).sum()
        total.backward()  # type: ignore[no-untyped-call]  # torch's own
        return total

    optimiser.step(loss)  # type: ignore[no-untyped-call]  # torch's own
    found = fitted.detach()
    return found[:, :3].numpy(), _noise(found).numpy()


def _noise(fitted: Tensor) -> Tensor:
    return torch.exp(fitted[:, 3]).clamp(*NOISES_EV)
