"""Rounds of learning (paper, 1.2): answers, a training, answers again, until all of them are "good"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from autoexposure.feedback.answer import Label, Sample
from autoexposure.personal.model_store import PersonalModel

ENOUGH_GOOD = 10
"""Answers in a row that must all be "good" before nothing is left to learn: of someone who would still call one in four
otherwise, one row in twenty looks like that by chance (0.75^10)."""


@dataclass(frozen=True, slots=True)
class Round:
    """The answers between two trainings that changed the network.

    Attributes
    ----------
    number : how many such trainings there were before; 0 is the network as it ships.
    answers, good : how many were given, and how many of them were "good".
    """

    number: int
    answers: int
    good: int

    @property
    def all_good(self) -> bool:
        """Whether all feedback of this round is positive, and there is enough of it to say so."""
        return self.good == self.answers >= ENOUGH_GOOD


def rounds(samples: Iterable[Sample], models: Sequence[PersonalModel]) -> tuple[Round, ...]:
    """Every round so far, the first one first and the one under way last.

    Only answers that can be learned from count. ``models`` are all that were made of such answers, in any order.
    """
    made = sorted(model.made_at for model in models)
    answers, good = [0] * (len(made) + 1), [0] * (len(made) + 1)
    for sample in samples:
        if sample.settled:
            number = sum(moment <= sample.answered_at for moment in made)
            answers[number] += 1
            good[number] += sample.label is Label.WELL
    return tuple(Round(number, *counts) for number, counts in enumerate(zip(answers, good, strict=True)))
