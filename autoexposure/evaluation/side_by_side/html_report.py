"""The comparison as one page of HTML that needs no other file, in light and in dark."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from autoexposure.evaluation.laws.table import LEFT_OUT
from autoexposure.evaluation.side_by_side.contest import METER, NETWORK, PUBLISHED_LAW, SHOWN_SETUP, Result
from autoexposure.evaluation.side_by_side.drawing import STYLE, Curve, bar_chart, line_chart
from autoexposure.evaluation.side_by_side.trial import FRAMES_PER_S, KINDS, STAGE_FRAMES, STAGE_S
from autoexposure.evaluation.side_by_side.verdict import COLUMNS, Verdict, full_title, is_best

CSS = """
:root { color-scheme: light dark; --page: #fff; --text: #1c1e21; --muted: #63676d; --line: #d9dce0; --law: #8a95a6;
  --own: #0b6bcb; --own-row: #eaf3fd; --best: #10763a; }
@media (prefers-color-scheme: dark) { :root { --page: #15171a; --text: #e7e8ea; --muted: #a0a4aa; --line: #33373d;
  --law: #7f8a9b; --own: #64b3ff; --own-row: #16283b; --best: #5fce8b; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1240px; padding: 28px 24px 60px; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 18px; margin: 36px 0 8px; } p, li { max-width: 78ch; }
.lead { color: var(--muted); margin: 0 0 20px; } .wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 12.5px; font-variant-numeric: tabular-nums; }
th, td { padding: 4px 6px; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { font-weight: 600; color: var(--muted); vertical-align: bottom; white-space: normal; max-width: 74px; }
th:first-child, td:first-child, th.words { text-align: left; max-width: none; }
td.words { text-align: left; white-space: normal; }
tr.own td { background: var(--own-row); } tr.group td { color: var(--muted); padding-top: 14px; font-size: 12px; }
td.best { color: var(--best); font-weight: 700; }
.charts { display: flex; flex-wrap: wrap; gap: 14px 22px; } figure { margin: 0; }
figcaption { font-size: 13px; margin-bottom: 2px; } figcaption.own { color: var(--own); font-weight: 600; }
code { background: var(--own-row); padding: 1px 5px; border-radius: 4px; font-size: 13px; }
.small { color: var(--muted); font-size: 13px; } svg { max-width: 100%; height: auto; }
"""

GROUPS = {
    NETWORK: "this program: the network",
    METER: "this program's loop with other meters",
    PUBLISHED_LAW: "published laws",
}


@dataclass(frozen=True, slots=True)
class Drawing:
    """One drawing: its file's name, its caption, whether it is of this program's network, and the SVG."""

    name: str
    caption: str
    own: bool
    svg: str


@dataclass(frozen=True, slots=True)
class Run:
    """What was run.

    Attributes
    ----------
    command : that gives the same page again. version : of the program. model : the network's file and its hash.
    scenes : kind of trial -> how many were played, cameras counted apart. skipped : what was not, and why.
    """

    command: str
    version: str
    model: str
    scenes: Mapping[str, int]
    skipped: Sequence[str]


def page(run: Run, results: Sequence[Result], judged: Verdict | None) -> str:
    """The page. ``judged`` is the network's verdict, None if it did not take part."""
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        "<title>Laws of exposure side by side</title>",
        f"<style>{CSS}{STYLE}</style></head><body>",
        "<h1>Laws of exposure side by side</h1>",
        '<p class="lead">The same simulated cameras and scenes for each law. All figures but the CPU time come out the '
        f"same in every run of <code>{escape(run.command)}</code></p>",
        *_verdict(judged),
        "<h2>All figures</h2>",
        _table(results),
        '<p class="small">Bold: the best, or as good as it. Settling counts frames from the first picture in the new '
        "light, less the camera's delay: the least possible is 1. Each law is measured by where it ends itself, so no "
        "brightness is prescribed. <i>Tuned</i>: the law's target is moved until plain photographs come out as they "
        "were taken.</p>",
        *_charts("Frames to settle", "Beyond the camera's delay.", _bars(results)),
        *_charts(
            "One scene as each law takes it",
            f"EV over seconds, before a camera with a delay of {SHOWN_SETUP} frames; dashed where the light changes.",
            _traces(results),
        ),
        *_by_setup(results),
        *_charts(
            "Subjects against the light",
            "Median EV that a subject comes out too bright (above 0) or too dark, over the light behind it in EV; "
            "targets tuned to plain photographs.",
            _subjects(results),
        ),
        "<h2>What was played</h2>",
        _scenes(run),
        "<h2>The laws, and what was assumed</h2>",
        _sources(results),
        f'<p class="small">autoexposure {escape(run.version)}, network {escape(run.model)}.</p>',
        "</body></html>",
    ]
    return "\n".join(parts) + "\n"


def _verdict(judged: Verdict | None) -> Iterator[str]:
    if judged is None:
        return
    yield "<h2>The network against the published laws</h2>"
    yield f"<p>First, or as good as the first, in: {escape(', '.join(judged.first) or 'nothing')}.</p>"
    if judged.behind:
        yield "<p>Not first in:</p><ul>"
        yield from (f"<li>{escape(sentence)}</li>" for sentence in judged.behind)
        yield "</ul>"


def _table(results: Sequence[Result]) -> str:
    titles = "".join(f'<th title="{escape(c.meaning)}">{escape(full_title(n))}</th>' for n, c in enumerate(COLUMNS))
    rows, group = [], ""
    for result in results:
        contender = result.contender
        if contender.group != group:
            group = contender.group
            rows.append(f'<tr class="group"><td colspan="{len(COLUMNS) + 1}">{GROUPS[group]}</td></tr>')
        cells = "".join(
            f"<td{' class=best' if is_best(column, result, results) else ''}>{column.text(result.figures) or '–'}</td>"
            for column in COLUMNS
        )
        rows.append(f"<tr{_own(result)}><td>{escape(contender.label)}</td>{cells}</tr>")
    return _html_table(f"<th></th>{titles}", rows)


def _html_table(head: str, rows: Iterable[str]) -> str:
    whole = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    return f'<div class="wide">{whole}</div>'


def _own(result: Result) -> str:
    return ' class="own"' if result.contender.group == NETWORK else ""


def drawings(results: Sequence[Result]) -> list[Drawing]:
    """Every drawing of the page."""
    return [*_bars(results), *_traces(results), *_subjects(results)]


def _bars(results: Sequence[Result]) -> Iterator[Drawing]:
    for name, title in (("settle_p50", "median"), ("settle_p95", "95th percentile")):
        found = [(getattr(result.figures.steps, name), result.contender) for result in results]
        ranked = sorted((pair for pair in found if not math.isnan(pair[0])), key=lambda pair: float(pair[0]))
        rows = [(law.label, frames, f"{frames:.0f}", law.group == NETWORK) for frames, law in ranked]
        if rows:
            yield Drawing(name, title, False, bar_chart(rows, f"frames to settle beyond the delay, {title}"))


def _traces(results: Sequence[Result]) -> Iterator[Drawing]:
    evs = [shot.ev for result in results if result.shown for shot in result.shown.shots]
    for result in results:
        if result.shown is None:
            continue
        own = result.contender.group == NETWORK
        points = [(shot.middle_s, shot.ev) for shot in result.shown.shots]
        marks = [number * STAGE_S for number in range(1, round(points[-1][0] / STAGE_S))]
        curves = [Curve(points, own)]
        drawn = line_chart(curves, "s", "EV", y_range=(min(evs), max(evs)), marks=marks)
        yield Drawing(f"trace-{result.contender.name}", result.contender.label, own, drawn)


def _subjects(results: Sequence[Result]) -> Iterator[Drawing]:
    every = {
        result.contender.name: [(float(light_ev), off_ev) for light_ev, off_ev in result.figures.by_background.items()]
        for result in results
        if len(result.figures.by_background) > 1
    }
    offs_ev = [off_ev for points in every.values() for _, off_ev in points]
    for result in results:
        if (points := every.get(result.contender.name)) is None:
            continue
        own = result.contender.group == NETWORK
        drawn = line_chart([Curve(points, own)], "EV behind", "EV off", y_range=(min(offs_ev), max(*offs_ev, 0.5)))
        yield Drawing(f"subjects-{result.contender.name}", result.contender.label, own, drawn)


def _charts(title: str, words: str, drawn: Iterable[Drawing]) -> Iterator[str]:
    figures = [
        f"<figure><figcaption{' class=own' if each.own else ''}>{escape(each.caption)}</figcaption>{each.svg}</figure>"
        for each in drawn
    ]
    if figures:
        yield f"<h2>{escape(title)}</h2>"
        yield f'<p class="small">{words}</p><div class="charts">{"".join(figures)}</div>'


def _by_setup(results: Sequence[Result]) -> Iterator[str]:
    setups = list(dict.fromkeys(setup for result in results for setup in result.figures.by_setup))
    if not setups:
        return
    yield "<h2>By the camera's delay</h2>"
    yield '<p class="small">Frames to settle beyond the delay, median / 95th percentile; then the 95th percentile of '
    yield "the overshoot in EV. <i>Unknown</i>: no law is told the delay; each reckons with what its authors do.</p>"
    head = "".join(f"<th>{escape(setup)}</th>" for setup in setups)
    rows = []
    for result in results:
        cells = []
        for setup in setups:
            found = result.figures.by_setup[setup]
            cells.append(f"<td>{found.settle_p50:.0f} / {found.settle_p95:.0f}; {found.overshoot_p95_ev:.2f}</td>")
        rows.append(f"<tr{_own(result)}><td>{escape(result.contender.label)}</td>{''.join(cells)}</tr>")
    yield _html_table(f"<th>delay</th>{head}", rows)


def _scenes(run: Run) -> str:
    rows = [
        f"<tr><td>{escape(kind)}</td><td>{count}</td><td class=words>{escape(KINDS[kind])}</td></tr>"
        for kind, count in run.scenes.items()
    ]
    skipped = "".join(f"<li>{escape(sentence)}</li>" for sentence in run.skipped)
    pace = f"{FRAMES_PER_S:.0f} frames a second, {STAGE_FRAMES} from one change of the light to the next."
    return (
        _html_table("<th></th><th>runs</th><th class=words>what happens</th>", rows)
        + f'<p class="small">{pace}</p>'
        + (f"<p>Left out:</p><ul>{skipped}</ul>" if skipped else "")
    )


def _sources(results: Sequence[Result]) -> str:
    rows = [
        f"<tr><td>{escape(law.label)}</td><td class=words>{escape(law.source)}</td>"
        f"<td class=words>{escape(law.assumed)}</td></tr>"
        for law in (result.contender for result in results)
        if law.group == PUBLISHED_LAW
    ]
    left_out = "".join(f"<li>{escape(sentence)}</li>" for sentence in LEFT_OUT)
    return (
        "<p>Each is written anew from its documentation, with its authors' constants. Time and gain are split with the "
        "least gain by all of them but libv4l, which walks both, as by this program.</p>"
        + _html_table("<th></th><th class=words>source</th><th class=words>assumed</th>", rows)
        + f"<p>Left out:</p><ul>{left_out}</ul>"
    )
