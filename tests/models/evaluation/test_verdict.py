from __future__ import annotations

from dataclasses import replace

import pytest

from models.evaluation.figures import AttentionOnSubject, LadderError, LeftAlone, SubjectError, SubjectsOfKind
from models.evaluation.report import NOTHING, Report
from models.evaluation.verdict import verdict


def error(mae_ev: float) -> LadderError:
    return LadderError(mae_ev, mae_ev, 2 * mae_ev, {"-1.0": mae_ev, "-0.2": mae_ev, "+0.0": mae_ev, "+1.0": mae_ev})


def moved(by_ev: float) -> LeftAlone:
    return LeftAlone(by_ev, by_ev, 0.0, 0.0, 0.0)


NOTHING_ERROR = LadderError(0.55, 0.6, 1.0, {"-1.0": 1.0, "-0.2": 0.2, "+0.0": 0.0, "+1.0": 1.0})
SUBJECTS = SubjectsOfKind(
    9,
    AttentionOnSubject(0.4, 0.2),
    {"model": SubjectError(0.5, 1.0, {}), "matrix": SubjectError(1.5, 0.7, {}), "average": SubjectError(2.0, 3.0, {})},
    {"model": error(0.3), NOTHING: NOTHING_ERROR, "matrix": error(0.32), "average": error(0.9)},
)
REPORT = Report(
    "test", 5, 9, error(0.3), {NOTHING: NOTHING_ERROR, "matrix": error(0.6), "average": error(0.7)},
    {"model": moved(0.3), NOTHING: moved(0.0), "matrix": moved(0.1), "average": moved(0.5)}, kinds={"people": SUBJECTS},
)  # fmt: skip


def test_each_question_falls_where_the_figures_put_it() -> None:
    nothing, classical = verdict(REPORT)
    better, _, worse = nothing.partition("Worse on:")
    assert "ladders of photographs" in better
    assert "photographs that are right already" in worse
    assert "up to 0.2 EV off" in worse
    assert "backlit people" not in nothing  # from its own exposure doing nothing is right by definition
    better, _, rest = classical.partition("As good as the best of them on:")
    alike, _, worse = rest.partition("Worse on:")
    assert "; backlit people;" in better or better.rstrip(". ").endswith("; backlit people")
    assert "ladders of relit people" in alike
    assert "photographs that are right already (0.20 EV behind matrix meter)" in worse
    assert "the worst tenth of backlit people (0.30 EV behind matrix meter)" in worse


@pytest.mark.parametrize(("mae_ev", "where"), [(2.5, "Worse"), (0.01, "Better")])
def test_a_model_is_not_flattered(mae_ev: float, where: str) -> None:
    for sentence in verdict(replace(REPORT, ladder=error(mae_ev))):
        parts = sentence.split(". ")
        assert next(part for part in parts if "ladders of photographs" in part).startswith(where)


def test_without_rivals_nothing_is_said() -> None:
    assert verdict(replace(REPORT, baselines={})) == []
