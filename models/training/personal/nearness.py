"""Which of two meters is nearer to what a person wants, told from answers that only say which way.

People answer pictures that what they use had exposed. There it asks for nothing, whatever the person wants, and a new
meter asks for something. Counting answers, or their likelihood, therefore favours one side or the other, however good
the two are. What counts is where the wishes lie between the two:

    wish of a picture, EV from where it was judged  =  halfway between both  +  lead (new - old)  +  noise

With the mean square of (new - old) the lead says by how much the mean square errors differ: they differ by twice the
lead times that. An answer says on which side of two thresholds the wish lies (a threshold model; P. McCullagh, 1980),
which is enough to fit the lead, and to say how much likelier it makes the answers than none.

Answers alone have no unit: a person who wants twice as much and calls good what is twice as far off says the same. The
unit comes from how much of a wish no description tells, which is known of photographers (`taste.NOISE_EV`). What
somebody calls good then follows from how often they say it. Neither is known exactly, so
all that is likely is averaged.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autoexposure.personal.belief import Intervals, told
from autoexposure.personal.learner import LiveConfig
from autoexposure.personal.taste import CARELESS, NOISE_EV

NOISES = np.array([math.exp(-0.26), 1.0, math.exp(0.26)])
NOISE_SHARES = np.array([1 / 6, 2 / 3, 1 / 6])
"""The noise of people, as shares of `NOISE_EV`, and how many have it: three places with the mean and deviation of a
normal distribution, 0.15 in the logarithm. Photographers' own models miss by 0.47 to 0.59 EV (paper, Table 5)."""

CARELESSNESS = (0.03, CARELESS)
"""Shares of answers given at random that are reckoned with, each as likely: hardly any, and the layer's. Reckoning with
slips that somebody does not make moves the wish away from what is in use, which would favour the new meter."""

CONTENT_DIFFERS = 0.5
"""Deviation of the logarithm of what people call good, around `LiveConfig.content_ev`. ASSUMED, as that is: the paper's
0.2 EV lies two away."""

MOST_ROUNDS = 20
"""Of refining two numbers; more than made answers have needed."""

FARTHEST_STEP = 0.5
"""Of one such round, in either number: the first ones are rough."""

FARTHEST_LEAD = 3.0
"""No wish lies further from both meters, in their distance: more is a handful of answers that all say the same."""

_APART = 1e-3
"""Step over which the slope along the logarithm of content is taken."""


@dataclass(frozen=True, slots=True)
class Nearness:
    """What is estimated of two meters.

    Attributes
    ----------
    old_ev, new_ev : root mean square distance of each from the wish.
    sure : how sure it is that the new one is nearer, 0..1.
    """

    old_ev: float
    new_ev: float
    sure: float


def nearness(old_ev: NDArray[np.float64], new_ev: NDArray[np.float64], needs: NDArray[np.int64]) -> Nearness:
    """Compare two meters on N answers.

    Parameters
    ----------
    old_ev, new_ev : (N,) how far each would move every picture from where it was judged, EV.
    needs : (N,) what was said, `autoexposure.feedback.reward.NEED`.
    """
    apart_ev, halfway_ev = new_ev - old_ev, (new_ev + old_ev) / 2
    apart = float((apart_ev**2).mean())
    if apart == 0:
        return Nearness(NOISE_EV, NOISE_EV, 0.0)
    found = []
    for noise, noise_share in zip(NOISES.tolist(), NOISE_SHARES.tolist(), strict=True):
        for careless in CARELESSNESS:
            fit = _Fit(halfway_ev, apart_ev, needs, noise * NOISE_EV, careless)
            lead, log_likely = fit.best()
            _, log_likely_even = fit.best(even=True)
            root = math.copysign(math.sqrt(2 * max(log_likely - log_likely_even, 0.0)), lead)
            found.append((lead, root, math.log(noise_share) + log_likely, noise * NOISE_EV))
    leads, roots, logs, noises_ev = np.array(found).T
    shares = np.exp(logs - logs.max())
    shares /= shares.sum()
    squares = [float(shares @ (noises_ev**2 + (leads + side) ** 2 * apart)) for side in (0.5, -0.5)]
    sure = float(shares @ [_above_nothing(root, len(needs)) for root in roots.tolist()])
    return Nearness(math.sqrt(squares[0]), math.sqrt(squares[1]), sure)


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    """How likely N answers are, with people's noise and carelessness given."""

    halfway_ev: NDArray[np.float64]
    apart_ev: NDArray[np.float64]
    needs: NDArray[np.int64]
    noise_ev: float
    careless: float

    def best(self, *, even: bool = False) -> tuple[float, float]:
        """The likeliest lead, or 0 if both are taken to be as near, and the logarithm of how likely all answers are."""
        lead, away = 0.0, 0.0
        held = np.diag([0.0, 1 / CONTENT_DIFFERS**2])
        for _ in range(MOST_ROUNDS):
            slopes = self._slopes(lead, away)
            if even:
                slopes[:, 0] = 0.0
            pull = slopes.sum(axis=0) - held @ [lead, away]
            step = np.clip(np.linalg.pinv(slopes.T @ slopes + held) @ pull, -FARTHEST_STEP, FARTHEST_STEP)
            lead, away = float(np.clip(lead + step[0], -FARTHEST_LEAD, FARTHEST_LEAD)), away + float(step[1])
            if float(np.abs(step).max()) < _APART:
                break
        return lead, float(self._told(lead, away)[0].sum()) - 0.5 * (away / CONTENT_DIFFERS) ** 2

    def _slopes(self, lead: float, away: float) -> NDArray[np.float64]:
        """(N, 2) by how much likelier each answer gets with the lead, and with the logarithm of content."""
        wider, closer = (self._told(lead, away + step)[0] for step in (_APART, -_APART))
        return np.stack([self._told(lead, away)[1] * self.apart_ev, (wider - closer) / (2 * _APART)], axis=1)

    def _told(self, lead: float, away: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(N,) the logarithm of each answer's probability, and its slope along the wish."""
        content_ev = LiveConfig().content_ev * math.exp(away)
        low = np.where(self.needs > 0, content_ev, np.where(self.needs < 0, -np.inf, -content_ev))
        high = np.where(self.needs < 0, -content_ev, np.where(self.needs > 0, np.inf, content_ev))
        count = len(self.needs)
        seen = Intervals(np.zeros((count, 0)), low, high, np.full(count, self.noise_ev))
        log_mass, slope, _ = told(self.halfway_ev + lead * self.apart_ev, np.zeros(count), seen, self.careless)
        return log_mass, slope


def _above_nothing(root: float, count: int) -> float:
    """How sure it is that the lead is above 0, from the signed root of the likelihood ratio of ``count`` answers.

    By Student's t (Abramowitz and Stegun, 26.7.8): few answers tell little of how much answers scatter.
    """
    free = max(count - 2, 1)
    normal = root * (1 - 1 / (4 * free)) / math.sqrt(1 + root**2 / (2 * free))
    return 0.5 * (1 + math.erf(normal / math.sqrt(2)))
