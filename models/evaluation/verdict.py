"""What the figures of an evaluation come to, in sentences that are computed and so can't flatter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from models.evaluation.kinds import SHOWN as KIND_SHOWN
from models.evaluation.report import MODEL, NOTHING, Report
from models.evaluation.report import SHOWN as METER_SHOWN

ALIKE_EV = 0.05
"""Meters nearer to each other than this count as equally good: a sixth of the smallest step of most cameras' dials, and
about what the choice of 200 photographs makes of a median."""


@dataclass(frozen=True, slots=True)
class Question:
    """One thing that meters are compared in: in words, and each meter's error in EV; smaller is better."""

    words: str
    error_ev: Mapping[str, float]


def questions(report: Report) -> list[Question]:
    """All that a report compares meters in. Where a meter settles doing nothing is no rival: it starts out right."""
    asked = [
        Question("ladders of photographs (mean)", {n: e.mae_ev for n, e in report.ladders.items()}),
        Question("the worst tenth of them", {n: e.p90_ev for n, e in report.ladders.items()}),
        Question("photographs that are right already", {n: e.moved_median_ev for n, e in report.left_alone.items()}),
    ]
    for kind, found in report.kinds.items():
        words = f"backlit {KIND_SHOWN[kind]}"
        asked.append(Question(words, {n: e.median for n, e in found.off_ev.items()}))
        asked.append(Question(f"the worst tenth of {words}", {n: e.p90 for n, e in found.off_ev.items()}))
        asked.append(Question(f"ladders of relit {KIND_SHOWN[kind]}", {n: e.mae_ev for n, e in found.ladder.items()}))
    return asked


def verdict(report: Report) -> list[str]:
    """One sentence on doing nothing, one on the classical meters; the latter is missing where there are none."""
    rivals = [name for name in report.baselines if name != NOTHING]
    asked = questions(report)
    sentences = []
    if NOTHING in report.baselines:
        sentences.append(_against_nothing(report, asked))
    if rivals:
        sentences.append(_against(rivals, asked))
    return sentences


def _against_nothing(report: Report, asked: list[Question]) -> str:
    # Step by step, because nothing is right at 0 EV and hopeless at 2 EV, and a mean of both hides either.
    harmed = [
        abs(float(step))
        for step, mae_ev in report.ladder.mae_per_step.items()
        if mae_ev > report.baselines[NOTHING].mae_per_step[step] + ALIKE_EV
    ]
    better = [
        question.words
        for question in asked
        if NOTHING in question.error_ev and question.error_ev[MODEL] < question.error_ev[NOTHING] - ALIKE_EV
    ]
    worse = [
        question.words
        for question in asked
        if NOTHING in question.error_ev and question.error_ev[MODEL] > question.error_ev[NOTHING] + ALIKE_EV
    ]
    if harmed:
        worse.append(f"photographs up to {max(harmed):.1f} EV off")
    return f"Better than doing nothing on: {_listed(better)}. Worse on: {_listed(worse)}."


def _against(rivals: list[str], asked: list[Question]) -> str:
    better: list[str] = []
    worse: list[str] = []
    alike: list[str] = []
    for question in asked:
        best = min(rivals, key=lambda name: question.error_ev[name])
        behind_ev = question.error_ev[MODEL] - question.error_ev[best]
        if behind_ev > ALIKE_EV:
            worse.append(f"{question.words} ({behind_ev:.2f} EV behind {METER_SHOWN[best]})")
        else:
            (better if behind_ev < -ALIKE_EV else alike).append(question.words)
    return (
        f"Better than every classical meter on: {_listed(better)}. As good as the best of them on: {_listed(alike)}. "
        f"Worse on: {_listed(worse)}."
    )


def _listed(words: list[str]) -> str:
    return "; ".join(words) or "nothing"
