"""All of a person's answers, and the change of any picture's exposure that follows from them.

A learner needs descriptions of pictures and no network, so experiments run it on descriptions that were kept.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from autoexposure.errors import ConfigError
from autoexposure.feedback.answer import Label
from autoexposure.feedback.reward import NEED, RewardConfig, wished
from autoexposure.personal.belief import Intervals, Vector
from autoexposure.personal.known_people import KnownPeople
from autoexposure.personal.leave_one_out import truth_of
from autoexposure.personal.likings import MOOD_EV, Likings, place_of
from autoexposure.personal.taste import NOISE_EV, Taste, learn_taste
from autoexposure.personal.truth import Truth


@dataclass(frozen=True, slots=True)
class LiveConfig:
    """How far the layer follows, and how it takes an answer.

    Attributes
    ----------
    first_clicks, first_limit_ev : largest change before there are ``first_clicks`` clicks: a few clicks may be
        mistakes.
    limit_ev : largest change after that: as far as the re-exposed pictures of the paper go (5.3).
    content_ev : a picture that misses the wish by less is called good. ASSUMED: nobody has measured it. For people who
        look more closely it costs little, since what they say of a picture is believed within `NOISE_EV` anyway.
    remembered : clicks; older ones are forgotten.
    """

    first_clicks: int = 10
    first_limit_ev: float = 1.0
    limit_ev: float = 2.0
    content_ev: float = 0.5
    remembered: int = 1000

    def __post_init__(self) -> None:
        if not 0 < self.first_limit_ev <= self.limit_ev:
            raise ConfigError(f"expected 0 < first_limit_ev <= limit_ev, given {self.first_limit_ev}, {self.limit_ev}")
        RewardConfig(delta_ev=self.content_ev)  # which checks it


@dataclass(frozen=True, slots=True, eq=False)
class ClickFeatures:
    """All that is learned from a clicked picture, so that it can be learned again without the picture.

    Attributes
    ----------
    base_ev : the network's answer to the picture at which the meter alone would come to rest (without the bias).
    description : (D,) what `describe` made of it.
    bias_ev : the compensation that was in force when the picture was judged.
    """

    base_ev: float
    description: Vector
    bias_ev: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """One answer that was learned.

    Attributes
    ----------
    answer : its number in the store, None if it is not stored.
    weight : what it is worth, 1 for a click.
    """

    features: ClickFeatures
    label: Label
    answer: int | None = None
    weight: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class _Learned:
    """What follows from all lessons."""

    seen: Intervals
    taste: Taste
    likings: Likings


class Learner:
    """A person's answers so far.

    Learning is put off until something is asked, so that hundreds of kept answers are learned once. It always starts
    from nothing: what is taken back leaves no trace.
    """

    def __init__(self, people: KnownPeople | None = None, config: LiveConfig | None = None) -> None:
        self.people = people or KnownPeople()
        self.config = config or LiveConfig()
        self._lessons: list[Lesson] = []
        self._known: _Learned | None = None
        self._held_back = 0

    @property
    def clicks(self) -> int:
        """How many answers it has learned from."""
        return len(self._lessons)

    @property
    def limit_ev(self) -> float:
        """The largest change, now."""
        return self.config.limit_ev if self.clicks >= self.config.first_clicks else self.config.first_limit_ev

    @property
    def intervals(self) -> Intervals:
        """What each answer said of the change that the person wants of the network's answer."""
        return self._learned().seen

    @property
    def taste(self) -> Taste:
        """What is believed of the person."""
        return self._learned().taste

    @property
    def truth(self) -> Truth | None:
        """What the answers explain of what the person wants; None where there are too few to say. May take a second."""
        learned = self._learned()
        return truth_of(learned.taste, learned.seen)

    def holds_back(self, label: Label) -> bool:
        """Whether the change, in the newest picture, is at the limit that this answer would push it beyond."""
        return self._held_back != 0 and self._held_back == NEED[label]

    def knows(self, answer: int) -> bool:
        """Whether it has learned from the answer of this number."""
        return any(lesson.answer == answer for lesson in self._lessons)

    def change_ev(self, description: Vector) -> float:
        """The change of the network's answer that the person wants of a picture, within the limit."""
        if not self._lessons:
            return 0.0
        learned = self._learned()
        change_ev = float(learned.taste.weights @ description) + learned.likings.of(place_of(description))
        limited_ev = min(max(change_ev, -self.limit_ev), self.limit_ev)
        self._held_back = (change_ev > limited_ev) - (change_ev < limited_ev)
        return limited_ev

    def learn(self, features: ClickFeatures, label: Label, answer: int | None = None, weight: float = 1.0) -> None:
        """Learn an answer from what was seen in its picture; ``weight`` is what it is worth, 1 for a click."""
        self._lessons = [*self._lessons, Lesson(features, label, answer, weight)][-self.config.remembered :]
        self._known = None

    def undo(self, answer: int | None = None) -> Label | None:
        """Forget the last click, or the answer of this number, as if it had not been given; None if there is none."""
        gone = [lesson for lesson in self._lessons if answer is None or lesson.answer == answer][-1:]
        self._lessons = [lesson for lesson in self._lessons if lesson not in gone]
        self._known, self._held_back = None, 0 if not self._lessons else self._held_back
        return gone[0].label if gone else None

    def reset(self) -> None:
        """Forget all clicks: the network's own answers again."""
        self._lessons, self._known, self._held_back = [], None, 0

    def _learned(self) -> _Learned:
        if self._known is None:
            self._known = _learn(self.people, self._lessons, self.config)
        return self._known


def _learn(people: KnownPeople, lessons: Sequence[Lesson], config: LiveConfig) -> _Learned:
    descriptions = np.array([lesson.features.description for lesson in lessons], np.float64).reshape(-1, people.size)
    # The wish is about the judged picture, and the network already answers base_ev of it. What is learned is the rest.
    base_ev = np.array([lesson.features.base_ev for lesson in lessons], np.float64)
    content = RewardConfig(delta_ev=config.content_ev)
    ends = np.array([wished(lesson.label, content) for lesson in lessons], np.float64).reshape(-1, 2).T
    low, high = ends - base_ev
    # An answer of weight w counts like w answers: as the mean of so many, it errs by 1 / sqrt(w) as much.
    vague = np.array([1 / math.sqrt(lesson.weight) for lesson in lessons], np.float64)
    seen = Intervals(descriptions, low, high, NOISE_EV * vague)
    taste = learn_taste(people.prior, seen)
    told_ev = descriptions @ taste.weights
    left = Intervals(descriptions, low - told_ev, high - told_ev, MOOD_EV * vague)
    return _Learned(seen, taste, Likings(place_of(descriptions), left))
