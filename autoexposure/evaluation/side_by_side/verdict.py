"""The columns of the comparison, and what they say of one law against all others."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from autoexposure.evaluation.side_by_side.contest import PUBLISHED_LAW, Result
from autoexposure.evaluation.side_by_side.figures import Figures

WITHIN_EV, WITHIN_POINTS = 0.2, 0.05
"""How much worse than the best an overshoot, and a clipped share, may be and still be as good: the band within which a
loop counts as settled, and five points of a picture."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes
    ----------
    title : a few words. meaning : one sentence.
    value : of a law's figures; nan where it was not measured.
    shown : as text.
    best : -1 if less is better, 1 if more is, 0 if neither.
    within : how far from the best counts as equal to it.
    judged : whether the verdict speaks of it.
    """

    title: str
    meaning: str
    value: Callable[[Figures], float]
    shown: Callable[[float], str]
    best: int = -1
    within: float = 0.0
    judged: bool = True

    def text(self, figures: Figures) -> str:
        """Of one law."""
        value = self.value(figures)
        return "" if math.isnan(value) else self.shown(value)


def _frames(value: float) -> str:
    return f"{value:.0f}"


def _share(value: float) -> str:
    return f"{value:.0%}"


def _two(value: float) -> str:
    return f"{value:.2f}"


COLUMNS = (
    Column("settle p50", "frames beyond the camera's delay, median", lambda f: f.steps.settle_p50, _frames),
    Column("p95", "the same, 95th percentile", lambda f: f.steps.settle_p95, _frames),
    Column("soon", "share of steps settled within the delay and two frames", lambda f: f.steps.soon_share, _share, 1),
    Column(
        "never",
        "share of steps not settled, or not answered, before the light changes again",
        lambda f: f.steps.unsettled_share,
        _share,
    ),
    Column(
        "over p95",
        "EV beyond where it ends, 95th percentile",
        lambda f: f.steps.overshoot_p95_ev,
        _two,
        within=WITHIN_EV,
    ),
    Column(
        "worst", "EV beyond where it ends, worst step", lambda f: f.steps.overshoot_worst_ev, _two, within=WITHIN_EV
    ),
    Column("turns", "times the exposure turns round, mean of a step", lambda f: f.steps.turns, _two),
    Column("writes/s", "to the camera at rest", lambda f: f.rest_writes_per_s, _two),
    Column("clipped", "area of the picture at rest", lambda f: f.clipped_share, _share, within=WITHIN_POINTS),
    Column("subject p50", "EV a backlit subject is off, with the law's own target", lambda f: f.subject_p50_ev, _two),
    Column("p90", "the same, 90th percentile", lambda f: f.subject_p90_ev, _two),
    Column("tuned p50", "the same with the target tuned to plain photographs", lambda f: f.tuned_p50_ev, _two),
    Column("p90", "the same, 90th percentile", lambda f: f.tuned_p90_ev, _two),
    Column("rests", "places at which it rests in one light, mean", lambda f: f.rests, _two),
    Column("lag p95", "EV behind light that dims slowly", lambda f: f.lag_p95_ev, _two),
    Column("moving turns/s", "while something moves", lambda f: f.motion_turns_per_s, _two),
    Column("code", "mean code value at rest, for comparison only", lambda f: f.code, _frames, 0, judged=False),
    Column("CPU ms", "a picture, on this machine, in this run", lambda f: f.cpu_ms, _two, judged=False),
)


def is_best(column: Column, result: Result, results: Sequence[Result]) -> bool:
    """Whether ``result`` is the best in ``column``, or as good as it."""
    value = column.value(result.figures)
    values = [found for each in results if not math.isnan(found := column.value(each.figures))]
    if not column.best or math.isnan(value):
        return False
    best = min(values) if column.best < 0 else max(values)
    return abs(_rounded(value) - _rounded(best)) <= column.within


def _rounded(value: float) -> float:
    """To what tables show, roughly: a difference that can't be read is none."""
    return round(value, 2)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the columns say of one law against the published ones.

    Attributes
    ----------
    first : columns in which it is the best, or as good as the best. behind : sentences on the others.
    """

    first: tuple[str, ...]
    behind: tuple[str, ...]


def verdict(law: Result, results: Sequence[Result]) -> Verdict:
    """Hold ``law`` against the published laws among ``results``."""
    rivals = [each for each in results if each.contender.group == PUBLISHED_LAW and each is not law]
    first, behind = [], []
    for number, column in enumerate(COLUMNS):
        value = column.value(law.figures)
        known = [each for each in rivals if not math.isnan(column.value(each.figures))]
        if not column.judged or math.isnan(value) or not known:
            continue
        title = full_title(number)
        if is_best(column, law, [law, *known]):
            first.append(title)
            continue
        best = known[int(np.argmin([-column.best * column.value(each.figures) for each in known]))]
        behind.append(f"{title}: {column.shown(value)}, where {best.contender.label} has {column.text(best.figures)}")
    return Verdict(tuple(first), tuple(behind))


def full_title(number: int) -> str:
    """Title of a column of COLUMNS; where it is a percentile of the column before, with that one's first word."""
    title = COLUMNS[number].title
    if title not in ("p90", "p95", "worst"):
        return title
    return f"{COLUMNS[number - 1].title.split()[0]} {title}"
