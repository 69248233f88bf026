"""What an evaluation says of a meter's errors, each figure with its one definition.

Errors are in EV and absolute. A median never stands alone: the 90th percentile beside it says what the worst tenth of
the pictures is like, which is what people remember.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

FAR_EV = 0.5
"""A picture moved by more than this looks different to anyone; smaller steps are matters of taste."""

LOST_FROM_EV = 1.0
"""A picture this far off or farther is wrong for everybody, so a meter has to act on it."""

P90 = 0.9


@dataclass(frozen=True, slots=True)
class LadderError:
    """Errors over ladders: of all steps, and mean absolute error per exposure offset, keyed as ``"-0.4"``."""

    mae_ev: float
    median_ev: float
    p90_ev: float
    mae_per_step: dict[str, float]

    @classmethod
    def of(cls, errors_ev: NDArray[np.float64], offsets_ev: NDArray[np.float64]) -> Self:
        """``errors_ev`` (N, S) of N ladders, signed or not; ``offsets_ev`` (S,) are their steps."""
        off_ev = np.abs(errors_ev)
        steps = {f"{step:+.1f}": float(mae) for step, mae in zip(offsets_ev, off_ev.mean(axis=0), strict=True)}
        return cls(float(off_ev.mean()), float(np.median(off_ev)), float(np.quantile(off_ev, P90)), steps)

    @property
    def worst_step_ev(self) -> float:
        """The mean absolute error at the step where it is largest."""
        return max(self.mae_per_step.values())


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """What one answer does to pictures that are right already, and what it leaves of those that are far off.

    Attributes
    ----------
    moved_median_ev, moved_p90_ev : how far a well exposed photograph is moved.
    moved_far : share of them that is moved by more than FAR_EV.
    missed_median_ev, missed_p90_ev : the error that is left after the answer where the picture is LOST_FROM_EV or more
        off.
    """

    moved_median_ev: float
    moved_p90_ev: float
    moved_far: float
    missed_median_ev: float
    missed_p90_ev: float

    @classmethod
    def of(cls, moves_ev: NDArray[np.float64], offsets_ev: NDArray[np.float64], labels_ev: NDArray[np.float64]) -> Self:
        """``moves_ev`` (N, S) made of N ladders with steps ``offsets_ev`` (S,), whose right moves are ``labels_ev``."""
        moved = np.abs(moves_ev[:, np.isclose(offsets_ev, 0)])
        missed = np.abs(moves_ev - labels_ev)[:, np.abs(offsets_ev) >= LOST_FROM_EV - 1e-9]
        return cls(
            float(np.median(moved)),
            float(np.quantile(moved, P90)),
            float((moved > FAR_EV).mean()),
            float(np.median(missed)),
            float(np.quantile(missed, P90)),
        )


@dataclass(frozen=True, slots=True)
class SubjectError:
    """How far subjects are off in EV where a meter settles.

    Attributes
    ----------
    median, p90 : median and 90th percentile of the absolute error of backlit subjects.
    offset_by_background : signed median for every background, keyed by its EV (negative = subject too dark).
    """

    median: float
    p90: float
    offset_by_background: dict[str, float]

    @classmethod
    def of(cls, settled_ev: NDArray[np.float64], backgrounds_ev: tuple[float, ...]) -> Self:
        """``settled_ev`` (N, B): where N subjects came to rest before B lights; backlit are those above 0 EV."""
        backlit = np.abs(settled_ev[:, np.array(backgrounds_ev) > 0])
        medians = np.median(settled_ev, axis=0)
        by_background = {f"{light:+.0f}": float(ev) for light, ev in zip(backgrounds_ev, medians, strict=True)}
        return cls(float(np.median(backlit)), float(np.quantile(backlit, P90)), by_background)


@dataclass(frozen=True, slots=True)
class AttentionOnSubject:
    """Mean share of the attention's mass that lies on the subject; mean share of the frame that the subject fills."""

    mass_on_subject: float
    area_of_subject: float

    @property
    def ratio(self) -> float:
        """How much more attention the subject gets than its size alone would: 1 is attention spread evenly."""
        return self.mass_on_subject / self.area_of_subject


@dataclass(frozen=True, slots=True)
class SubjectsOfKind:
    """What was measured on the subjects of one kind.

    Attributes
    ----------
    pictures : how many.
    attention : of the model, at the photographs' own exposure.
    off_ev : by meter, where it settles.
    ladder : by meter, single answers on ladders of the relit subjects.
    """

    pictures: int
    attention: AttentionOnSubject
    off_ev: dict[str, SubjectError]
    ladder: dict[str, LadderError]
