"""The verdict, the drawings and the page: what a stranger reads."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from autoexposure.evaluation.side_by_side.contest import METER, NETWORK, PUBLISHED_LAW, Contender, Result
from autoexposure.evaluation.side_by_side.drawing import Curve, alone, bar_chart, line_chart
from autoexposure.evaluation.side_by_side.figures import Figures, StepFigures
from autoexposure.evaluation.side_by_side.html_report import Run, drawings, page
from autoexposure.evaluation.side_by_side.play import Played, Shot
from autoexposure.evaluation.side_by_side.trial import KINDS
from autoexposure.evaluation.side_by_side.verdict import COLUMNS, full_title, is_best, verdict

STEPS = StepFigures(8, 2.0, 9.0, 0.8, 0.0, 0.1, 0.4, 0.0)


def result(name: str, group: str = PUBLISHED_LAW, *, steps: Mapping[str, float] = {}, **changed: float) -> Result:
    own = replace(STEPS, **steps)
    figures = Figures(
        steps=own,
        by_setup={"2": own, "5 unknown": own},
        by_kind={"steps": own},
        rest_writes_per_s=0.0,
        clipped_share=0.05,
        code=100.0,
        rests=1.0,
        rests_apart_ev=0.1,
        subject_p50_ev=0.4,
        subject_p90_ev=0.8,
        tuned_p50_ev=0.3,
        tuned_p90_ev=0.6,
        tuned_by_ev=0.2,
        by_background={"+0": 0.0, "+2": -0.4, "+4": -1.0},
        lag_p95_ev=0.3,
        motion_turns_per_s=0.1,
        motion_writes_per_s=1.0,
        flicker_writes_per_s=0.0,
        cpu_ms=2.0,
    )
    shots = tuple(Shot(number, -6.0 - number / 100, number / 30, 0.1, 90.0) for number in range(200))
    contender = Contender(name, f"the {name} <law>", group, "a paper & its code", "nothing", lambda *_: None)
    return Result(contender, replace(figures, **changed), Played(shots, frozenset(), 1.0))


def test_the_verdict_names_what_is_first_and_who_is_better() -> None:
    ours = result("ours", NETWORK, steps={"settle_p50": 1.0, "overshoot_p95_ev": 0.25}, tuned_p50_ev=0.5)
    meter = result("meter", METER, steps={"settle_p50": 0.0})
    found = verdict(ours, [ours, meter, result("a"), result("b", tuned_p50_ev=0.1)])
    assert "settle p50" in found.first  # our own meters are no rivals
    assert "over p95" in found.first  # 0.15 EV more than the best is as good
    assert len(found.behind) == 1
    assert found.behind[0] == "tuned p50: 0.50, where the b <law> has 0.10"


def test_an_overshoot_further_off_than_the_band_is_behind() -> None:
    ours = result("ours", NETWORK, steps={"overshoot_p95_ev": 0.4})
    assert verdict(ours, [ours, result("a")]).behind[0].startswith("over p95: 0.40")


def test_what_was_not_measured_is_not_judged() -> None:
    ours, rival = result("ours", NETWORK, lag_p95_ev=math.nan), result("a", tuned_p90_ev=math.nan)
    found = verdict(ours, [ours, rival])
    assert not any("lag" in words or "tuned p90" in words for words in (*found.first, *found.behind))
    lag = next(column for column in COLUMNS if column.title == "lag p95")
    assert lag.text(ours.figures) == ""
    assert not is_best(lag, ours, [ours, rival])


def test_every_column_has_a_title_of_its_own() -> None:
    titles = [full_title(number) for number in range(len(COLUMNS))]
    assert len(set(titles)) == len(titles)
    assert titles[1] == "settle p95"


def test_a_line_is_drawn_from_corner_to_corner() -> None:
    drawn = ElementTree.fromstring(line_chart([Curve([(0, 0), (10, 5)], own=True)], "s", "EV", marks=[5]))
    line = next(each for each in drawn if each.tag.endswith("polyline"))
    assert line.get("class") == "own"
    begin, end = (tuple(map(float, point.split(","))) for point in line.get("points", "").split())
    assert begin[0] < end[0]
    assert begin[1] > end[1]
    assert [each.get("class") for each in drawn if each.tag.endswith("path")] == ["axis", "mark"]


def test_bars_are_as_long_as_their_values() -> None:
    drawn = ElementTree.fromstring(bar_chart([("a", 1.0, "1", True), ("b & c", 4.0, "4", False)], "frames"))
    widths = [float(each.get("width", 0)) for each in drawn if each.tag.endswith("rect")]
    assert widths[1] == pytest.approx(4 * widths[0])


def test_a_drawing_alone_brings_its_colours() -> None:
    drawn = alone(bar_chart([("a", 1.0, "1", True)], "frames"))
    assert ElementTree.fromstring(drawn)[0].tag.endswith("style")
    assert "prefers-color-scheme: dark" in drawn


class _Page(HTMLParser):
    """Checks that tags are closed in their order, and collects what a page would load."""

    VOID = ("meta",)

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loads += [str(value) for name, value in attrs if name in ("src", "href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_needs_no_other_file_and_says_everything() -> None:
    results = [result("ours", NETWORK), result("meter", METER), result("a"), result("b")]
    run = Run(
        "autoexposure bench loop <x>", "0.1", "base.onnx abc", dict.fromkeys(KINDS, 3), ("stacks: give --stacks",)
    )
    written = page(run, results, verdict(results[0], results))
    read = _Page()
    read.feed(written)
    assert read.open == []
    assert read.loads == []
    assert "url(" not in written
    assert "prefers-color-scheme: dark" in written
    for words in (
        "autoexposure bench loop <x>",
        "the b <law>",
        "a paper & its code",
        "stacks: give --stacks",
        "base.onnx",
    ):
        assert words in read.text
    assert written.count("<svg") == len(drawings(results)) == 2 + 4 + 4


def test_a_page_of_steps_alone_leaves_out_what_it_lacks() -> None:
    bare = replace(result("a"), shown=None)
    bare = replace(bare, figures=replace(bare.figures, by_background={}))
    written = page(Run("c", "0.1", "m", {"steps": 1}, ()), [bare], None)
    assert "Subjects against the light" not in written
    assert "against the published laws" not in written
