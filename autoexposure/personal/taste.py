"""A person's taste, learned from all answers at once, and followed only as far as there are answers.

A person differs from the network by what it misses for everybody, by an offset, and by weights over what describes a
picture. Most people differ in these as the known ones do, a few far more: which of the two foretold the answers better
(its evidence) says how much of it is believed. The first answers, which a mood explains as well as a taste does, are
followed in part only. Nothing depends on the order of the answers, and without one of them everything is as if it had
not been given.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autoexposure.personal.belief import Intervals, Vector, believe

CARELESS = 0.15
"""Share of answers given at random that is reckoned with: a slip of the finger, somebody else, another thing judged."""

NOISE_EV = 0.65
"""What no description tells of a wish, standard deviation: what photographers' own models miss (paper, Table 5: 0.52 EV
on average), which a normal distribution with this deviation does."""

HALF_FOLLOWED = 5
"""Answers after which half of what they say is followed. To follow a mood costs all other pictures something: followed
at once, one of twenty simulated people to tune on was worse off by 0.04 EV after 10 answers. Followed like this none
was, and after 30 answers all pictures together were nearer to what people want than without it."""

UNLIKE_OTHERS = 0.05
"""How likely it is before any answer that a person differs far more than the known ones. ASSUMED: one in twenty. It
costs the simulated people nothing, and after 100 answers takes half as much again off the error for two of the five
experts, B and E (`models.data.simulated_experts`)."""

FAR_MORE = 3.0
"""How many times as much such a person differs: the experts' rules move a wish by about as much."""


@dataclass(frozen=True, slots=True, eq=False)
class TastePrior:
    """What is known of people before one has answered.

    Attributes
    ----------
    common : (D,) weights that make up for what the network misses for everybody.
    deviations : (D,) how much people differ in each weight.
    """

    common: Vector
    deviations: Vector


@dataclass(frozen=True, slots=True, eq=False)
class Taste:
    """What is followed of a person's wishes after N answers.

    Attributes
    ----------
    weights : (D,) of the description: the change of the network's answer, in EV.
    foretold_ev : (N,) that change for the picture of each answer, by all other answers.
    """

    weights: Vector
    foretold_ev: Vector


def learn_taste(prior: TastePrior, seen: Intervals) -> Taste:
    """The taste after all answers; what is ``seen`` are the intervals of the change that the person wants."""
    beliefs = [believe(seen, prior.common, (times * prior.deviations) ** 2, CARELESS) for times in (1.0, FAR_MORE)]
    evidence = np.log([1 - UNLIKE_OTHERS, UNLIKE_OTHERS]) + np.array([belief.log_evidence for belief in beliefs])
    # Without an answer, each of the two has the evidence of all the others, (2, N).
    of_others = evidence[:, np.newaxis] - np.stack([belief.log_foretold for belief in beliefs])
    foretold_ev = (_shares(of_others) * np.stack([belief.foretold_ev for belief in beliefs])).sum(axis=0)
    weights = _shares(evidence) @ np.stack([belief.mean for belief in beliefs])
    answers = float(((NOISE_EV / seen.noise_ev) ** 2).sum())  # a vague one counts for less than one
    followed = answers / (answers + HALF_FOLLOWED)
    return Taste(followed * weights, followed * foretold_ev)


def _shares(log_evidence: Vector) -> Vector:
    """Along the first axis, how much of each is believed; they add up to 1."""
    shares = np.exp(log_evidence - log_evidence.max(axis=0))
    share: Vector = shares / shares.sum(axis=0)
    return share
