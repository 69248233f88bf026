import json
from pathlib import Path

import cv2
import pytest

from autoexposure.evaluation.comparison import Choice, Side
from autoexposure.study.chart import chart
from autoexposure.study.pairs import Study
from autoexposure.study.report import html, rows, sentences
from autoexposure.study.result import Outcome, StudyResult, evaluate
from autoexposure.study.verdicts import VerdictStore


def answer(study: Study, person: str, *, ours: int, equal: int, native: int) -> None:
    """So many verdicts of each kind, over the pairs in the order of their names."""
    store = VerdictStore(study.folder)
    wanted = [Side.OURS] * ours + [None] * equal + [Side.NATIVE] * native
    showings = sorted(study.showings(person), key=lambda showing: showing.pair.name)
    for showing, winner in zip(showings, wanted, strict=False):
        choice = Choice.LEFT if winner is showing.left else Choice.RIGHT
        store.add(person, showing, Choice.EQUAL if winner is None else choice)


def result_of(study: Study) -> StudyResult:
    return evaluate(study, VerdictStore(study.folder).read()[0])


def test_made_answers_give_the_percentages_they_were_made_with(study: Study) -> None:
    answer(study, "Ann", ours=9, equal=3, native=0)
    answer(study, "Ben", ours=3, equal=3, native=6)
    result = result_of(study)
    ann, ben = result.persons
    assert {outcome: share.share for outcome, share in ann.shares.items()} == {"ours": 0.75, "equal": 0.25, "native": 0}
    assert ben.shares[Outcome.NATIVE].share == 0.5
    # By value, Wilson's for 6 of 12.
    assert (ben.shares[Outcome.NATIVE].low, ben.shares[Outcome.NATIVE].high) == pytest.approx((0.254, 0.746), abs=1e-3)
    assert {outcome: share.share for outcome, share in result.mean.items()} == {
        "ours": 0.5,
        "equal": 0.25,
        "native": 0.25,
    }
    # Twelve pairs, not 24 verdicts: as sure as of 6 of 12.
    assert (result.mean[Outcome.OURS].low, result.mean[Outcome.OURS].high) == pytest.approx((0.254, 0.746), abs=1e-3)
    # Pairs 0-2: both ours. 3-5: Ann ours, Ben equal. 6-8: one each. 9-11: Ann equal, Ben native.
    assert (result.by_pair.first, result.by_pair.second) == (6, 3)
    assert result.by_pair.p == pytest.approx(2 * (1 + 9 + 36 + 84) / 512)


def test_a_unanimous_study_is_significant_and_says_so(study: Study) -> None:
    for person in ("Ann", "Ben", "Cem"):
        answer(study, person, ours=12, equal=0, native=0)
    result = result_of(study)
    assert result.by_pair.p == pytest.approx(2 / 2**12)
    assert result.mean[Outcome.OURS].share == 1.0
    assert result.mean[Outcome.OURS].low == pytest.approx(0.757, abs=1e-3)  # Wilson's for 12 of 12
    assert "autoexposure is preferred" in sentences(result, 0)[0]


def test_who_always_says_left_is_noticed(study: Study) -> None:
    store = VerdictStore(study.folder)
    for showing in study.showings("Ann"):
        store.add("Ann", showing, Choice.LEFT)
    result = result_of(study)
    assert (result.by_side.first, result.by_side.second) == (12, 0)
    assert "sides mattered" in sentences(result, 0)[1]


def test_what_is_unfinished_damaged_or_of_another_study_is_said(study: Study) -> None:
    answer(study, "Ann", ours=4, equal=0, native=0)
    other = Study(study.folder, study.seed, study.pairs[1:])
    result = result_of(other)
    assert (result.answered, result.strangers, result.persons[0].answered) == (3, 1, 3)
    said = " ".join(sentences(result, 2))
    assert "Ann (3)" in said
    assert "2 damaged lines" in said
    assert "1 verdicts on pairs that the study doesn't have" in said
    assert json.loads(json.dumps(result.as_json()))["mean"]["ours"]["share"] == 1.0


def test_the_report_is_one_page_that_takes_names_for_text(study: Study, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    answer(study, "<b>$Ann$ & a rather long name", ours=5, equal=4, native=3)
    answer(study, "Ben", ours=12, equal=0, native=0)
    result = result_of(study)
    png = chart(result)
    (tmp_path / "chart.png").write_bytes(png)
    drawn = cv2.imread(str(tmp_path / "chart.png"))
    assert drawn is not None
    assert drawn.shape[0] > 400
    page = html(result, 0, png)
    assert "<b>$Ann" not in page
    assert "&lt;b&gt;$Ann$ &amp; a" in page
    assert "http" not in page.replace("http-equiv", "")
    assert all(cell in page for cell in rows(result)[1])
