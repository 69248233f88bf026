"""A panel of SIMULATED people who differ as much as real ones do, and whose answers are as good as real ones.

What is known of real people is the paper's Table 5 (five photographers, 4,500 pictures each, errors there in units of
2 EV) and a few pictures that all five retouched. From the table, taking errors as normal (an error of m has a standard
deviation of 1.25 m):

* A photographer's own model, told 21 answers about each of 4,500 pictures, still misses by 0.47 to 0.59 EV. That much
  of a wish is unknown to a network: 0.65 EV as a standard deviation.
* The mean of the five is missed by 0.40 EV, so 0.46 EV of it is common to all, and 0.45 EV is each one's own.
* The five models differ by one number each (-0.68, 0.04, 0.05, 0.23, 0.34 EV, up to a common sign) and by little else:
  what is left between two of them is 0.20 EV, or 0.14 EV for each. Trained on the right corrections instead of on
  answers, their own models miss by less (Table 4), which makes it 0.2 EV.

So a person here is an offset, weights over many facts of a scene, and more that no feature knows: a liking for single
pictures, days that differ, moods. What is common to all is not drawn: a network that does not know how a photograph was
meant misses it for everybody.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from autoexposure.feedback.answer import Label
from autoexposure.feedback.reward import RewardConfig, label_of
from models.people.scene_facts import FACTS, Facts

OFFSET_EV = 0.36
"""Standard deviation of how much brighter or darker people like pictures throughout: of the five numbers above."""
SCENE_EV = (0.10, 0.30)
"""Least and most that a person's weights over the facts move a wish, standard deviation over scenes; 0.2 on average."""
UNKNOWN_EV = 0.38
"""Standard deviation of what a person wants of one picture for reasons that no fact tells, always the same."""
MOOD_EV = 0.32
"""Standard deviation from one answer to the next. How it, the liking and the days share what is each one's own is not
published; together they make 0.52 EV, and 0.65 EV with the 0.4 EV by which our network misses unseen photographs."""
DAY_EV = 0.15
"""Standard deviation from one day to another."""
UNLIKE = (0.8, 1.2)
"""Least and most of the three above that a person has: own models miss by 0.47 to 0.59 EV, most of it common to all."""

CARELESS = 0.15
"""Share of answers that are given at random."""
CONTENT_EV = 0.5
"""A picture is called good that misses by less."""
ANSWERS_A_DAY = 12

KIND_SHARE = 0.25
"""Of a person's weights over facts, as a share of the variance: what kind of thing is in the picture."""

Purpose = Literal["tuning", "judging"]

PEOPLE = 20
"""Of each purpose. Whoever tunes a learner looks at the first twenty alone."""

_SEEDS: dict[Purpose, int] = {"tuning": 17_000, "judging": 71_000}


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """One simulated person.

    Attributes
    ----------
    name : by which what no fact tells is drawn.
    offset_ev : brighter (positive) or darker than the photograph as it is, throughout.
    weights_ev : (F,) how much each of `FACTS` moves the wish.
    kind_ev : standard deviation of how much a kind of thing moves it; which way is drawn by its name.
    unknown_ev, mood_ev, day_ev : as the constants above, for this person.
    """

    name: str
    offset_ev: float
    weights_ev: Facts
    kind_ev: float
    unknown_ev: float
    mood_ev: float
    day_ev: float

    def told_ev(self, facts: Facts, kind: str) -> float:
        """What the facts of a scene tell of the wish: all that can be learned of it."""
        return self.offset_ev + float(self.weights_ev @ facts) + self.kind_ev * _drawn(f"{self.name} kind {kind}")

    def liking_ev(self, key: str) -> float:
        """What this one picture (``key``: a hash of its content) moves the wish by, for no reason."""
        return self.unknown_ev * _drawn(f"{self.name} picture {key}")

    def passing_ev(self, number: int, occasion: str) -> float:
        """What day and mood move the wish by at the ``number``-th look of an ``occasion``: a run of answers."""
        day = _drawn(f"{self.name} day {occasion} {number // ANSWERS_A_DAY}")
        return self.day_ev * day + self.mood_ev * _drawn(f"{self.name} mood {occasion} {number}")

    def says(self, wanted_ev: float, number: int, occasion: str) -> Label:
        """The answer to a picture that should have ``wanted_ev`` more exposure; sometimes just any."""
        random = _random(f"{self.name} answer {occasion} {number}")
        if random.random() < CARELESS:
            return list(Label)[int(random.integers(3))]
        return label_of(wanted_ev, RewardConfig(delta_ev=CONTENT_EV))


def panel(purpose: Purpose) -> tuple[Person, ...]:
    """The people of one purpose, always the same.

    What sets a person apart is drawn in strata, one person to each: twenty drawn freely would be a panel of luck.
    """
    random = np.random.default_rng(_SEEDS[purpose])
    offsets, scenes, unlike = ((random.permutation(PEOPLE) + random.random(PEOPLE)) / PEOPLE for _ in range(3))
    return tuple(
        _person(
            f"{purpose} {number + 1}",
            OFFSET_EV * NormalDist().inv_cdf(float(offsets[number])),
            float(np.interp(scenes[number], (0, 1), SCENE_EV)),
            float(np.interp(unlike[number], (0, 1), UNLIKE)),
            random,
        )
        for number in range(PEOPLE)
    )


def _person(name: str, offset_ev: float, scene_ev: float, unlike: float, random: np.random.Generator) -> Person:
    # Few facts matter much to one person, most of them little: a product of two normal numbers is like that.
    weights = random.standard_normal(len(FACTS)) * random.standard_normal(len(FACTS))
    weights *= scene_ev * (1 - KIND_SHARE) ** 0.5 / float(np.linalg.norm(weights))
    return Person(
        name,
        offset_ev,
        weights,
        scene_ev * KIND_SHARE**0.5,
        UNKNOWN_EV * unlike,
        MOOD_EV * unlike,
        DAY_EV * unlike,
    )


def wishes_ev(person: Person, facts: Sequence[Facts], kinds: Sequence[str], keys: Sequence[str]) -> NDArray[np.float64]:
    """(N,) what a person lastingly wants of N scenes, EV relative to the photographs as they are."""
    return np.array(
        [
            person.told_ev(scene, kind) + person.liking_ev(key)
            for scene, kind, key in zip(facts, kinds, keys, strict=True)
        ]
    )


def _random(key: str) -> np.random.Generator:
    return np.random.default_rng(int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big"))


def _drawn(key: str) -> float:
    """A number from the standard normal distribution that depends on ``key`` alone."""
    return float(_random(key).standard_normal())
