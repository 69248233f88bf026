"""A person's taste, learned from all answers at once, and only as far as they show it.

Three things may be true of a person: the network is right for them; it is right but for what it misses for everybody;
they differ from that by an offset and by weights over what describes a picture. How well each foretold the answers (its
evidence) says how much of it is believed. So the first answers, which a mood explains as
well as a taste does, change little; and a taste that the answers keep showing is believed in full. Nothing depends on
the order of the answers, and without one of them everything is as if it had not been given.
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

LIKE_EVERYBODY = 0.8
"""How likely it is before any answer that a person needs no taste of their own. High, because to follow a mood costs
all other pictures something: with 0.8 none of twenty simulated people to tune on was worse off after 3 or 10 answers,
with 0 seven were."""

HALF_COMMON = 10
"""Answers after which half of what the network misses for everybody is made up for. Not at once: the first click is to
change what it is about, and a picture that is called good stays as it is."""


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
    """What is believed of a person after N answers.

    Attributes
    ----------
    weights : (D,) of the description: the change that the person wants of the network's answer, in EV.
    foretold_ev : (N,) that change for the picture of each answer, by all other answers.
    own : 0..1, how sure it is that this person has a taste of their own.
    """

    weights: Vector
    foretold_ev: Vector
    own: float


def learn_taste(prior: TastePrior, seen: Intervals) -> Taste:
    """The taste after all answers; what is ``seen`` are the intervals of the change that the person wants."""
    nothing = np.zeros_like(prior.common)
    answers = len(seen.low)
    common = prior.common * answers / (answers + HALF_COMMON)
    beliefs = [
        believe(seen, nothing, nothing, CARELESS),
        believe(seen, common, nothing, CARELESS),
        believe(seen, common, prior.deviations**2, CARELESS),
    ]
    likely = np.log([LIKE_EVERYBODY / 2, LIKE_EVERYBODY / 2, 1 - LIKE_EVERYBODY])
    evidence = likely + np.array([belief.log_evidence for belief in beliefs])
    shares = _shares(evidence)
    # Without an answer, each of the three has the evidence of all the others, (3, N).
    shares_of_others = _shares(evidence[:, np.newaxis] - np.stack([belief.log_foretold for belief in beliefs]))
    foretold = (shares_of_others * np.stack([belief.foretold_ev for belief in beliefs])).sum(axis=0)
    return Taste(shares @ np.stack([belief.mean for belief in beliefs]), foretold, float(shares[-1]))


def _shares(log_evidence: Vector) -> Vector:
    """Along the first axis, how much of each is believed; they add up to 1."""
    shares = np.exp(log_evidence - log_evidence.max(axis=0))
    share: Vector = shares / shares.sum(axis=0)
    return share
