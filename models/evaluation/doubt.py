"""Whether a model knows when it is wrong: its stated doubt against the errors that it made.

A doubt of 0.3 EV says that the answer is within 0.3 EV of the right one 68 times of 100. That can be counted. A model
that always says the same can pass that count, so three more figures stand beside it: the same count for the third of
the answers with the least doubt, the middle third and the rest; how large the usual doubt is; and whether more doubt
means more error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

LAPLACE_95_RATIO = 2.63
"""By how much the interval that holds 95 % is wider than that of 68 % if errors follow Laplace's distribution,
ln(1 - 0.95) / ln(1 - 0.68). Used for a model that does not say its own ratio."""

CURVE_POINTS = 10
"""Of the calibration curve: a tenth of the answers each."""

FEWEST_ANSWERS = 30
"""With fewer, shares of a third of them mean nothing."""


@dataclass(frozen=True, slots=True)
class Within:
    """Shares of the errors that lie within the intervals said to hold 68 % and 95 % of them."""

    share_68: float
    share_95: float

    @classmethod
    def of(cls, off_ev: NDArray[np.float64], doubt_ev: NDArray[np.float64], ratio_95: float) -> Self:
        """``off_ev`` and ``doubt_ev`` (N,), absolute errors and the doubt that was stated with each."""
        return cls(float((off_ev <= doubt_ev).mean()), float((off_ev <= ratio_95 * doubt_ev).mean()))


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far a model's doubt can be trusted.

    Attributes
    ----------
    answers : how many.
    within : of all answers. by_third : the same from the third with the least doubt to that with the most.
    median_doubt_ev : how sharp it is; of two models that hold their intervals the smaller is better.
    rank_correlation : of doubt with error, -1..1 (Spearman's); 0 is a doubt that knows nothing of the picture.
    curve_ev : from least to most doubt, the median doubt of a tenth of the answers, and the error within which 68 % of
        them are. Both are the same if the doubt is true.
    """

    answers: int
    within: Within
    by_third: tuple[Within, Within, Within]
    median_doubt_ev: float
    rank_correlation: float
    curve_ev: tuple[tuple[float, float], ...]

    @classmethod
    def of(cls, errors_ev: NDArray[np.float64], doubt_ev: NDArray[np.float64], ratio_95: float) -> Self | None:
        """Errors, signed or not, and doubts of any one shape; None for fewer than FEWEST_ANSWERS."""
        off_ev, doubts_ev = np.abs(errors_ev).ravel(), doubt_ev.ravel()
        if len(off_ev) < FEWEST_ANSWERS:
            return None
        order = np.argsort(doubts_ev, kind="stable")
        least, middle, most = (
            Within.of(off_ev[third], doubts_ev[third], ratio_95) for third in np.array_split(order, 3)
        )
        tenths = np.array_split(order, CURVE_POINTS)
        return cls(
            len(off_ev),
            Within.of(off_ev, doubts_ev, ratio_95),
            (least, middle, most),
            float(np.median(doubts_ev)),
            rank_correlation(off_ev, doubts_ev),
            tuple((float(np.median(doubts_ev[t])), float(np.quantile(off_ev[t], 0.68))) for t in tenths),
        )


def rank_correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Spearman's, of (N,) and (N,): values that are the same share a rank; 0 where one side never changes."""
    ranks = [_ranks(values) for values in (one, other)]
    if min(float(rank.std()) for rank in ranks) == 0:
        return 0.0
    centred = [(rank - rank.mean()) / rank.std() for rank in ranks]
    return float(np.mean(centred[0] * centred[1]))


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks: NDArray[np.float64] = (ends - (counts - 1) / 2)[places]
    return ranks
