"""The report of a study: one HTML file that loads nothing, and the sentences that the terminal prints too."""

from __future__ import annotations

import base64
from html import escape

from autoexposure.study.chart import NAMES
from autoexposure.study.result import Outcome, Share, StudyResult

SIGNIFICANT = 0.05
"""The chance below which a difference is called one: the usual convention, and no more than that."""

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; color: #222;
  background: #fff; }
img { max-width: 100%; } table { border-collapse: collapse; } td, th { padding: .3rem .8rem; text-align: right;
  border-bottom: 1px solid #ddd; } td:first-child, th:first-child { text-align: left; } small { color: #666; }
"""

COLUMNS = ("person", "pairs", *NAMES.values())


def rows(result: StudyResult) -> list[tuple[str, ...]]:
    """Every person and, last, the mean, in the order of `COLUMNS`."""
    table = [(person.person, str(person.answered), *_cells(person.shares)) for person in result.persons]
    return [*table, ("mean", "", *_cells(result.mean))]


def sentences(result: StudyResult, damaged: int) -> list[str]:
    """What the tests say, and what was left out; ``damaged`` lines could not be read."""
    said = [_verdict(result)]
    by_side = result.by_side
    said.append(
        f"The left picture was preferred {by_side.first} times, the right one {by_side.second}"
        f" (p = {by_side.p:.2g}): " + _side_words(by_side.p)
    )
    unfinished = [f"{one.person} ({one.answered})" for one in result.persons if one.answered < result.pairs]
    if unfinished:
        said.append(f"Not all {result.pairs} pairs were answered by: {', '.join(unfinished)}.")
    if damaged:
        said.append(f"{damaged} damaged lines of the verdicts were left out.")
    if result.strangers:
        said.append(f"{result.strangers} verdicts on pairs that the study doesn't have were left out.")
    return said


def html(result: StudyResult, damaged: int, png: bytes) -> str:
    """The report as one page; ``png`` is its chart."""
    head = "".join(f"<th>{escape(column)}</th>" for column in COLUMNS)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows(result))
    words = "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences(result, damaged))
    image = base64.b64encode(png).decode()
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Study</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<style>{_STYLE}</style></head><body>
<h1>Which exposure is better?</h1>
<p>{result.pairs} pairs, {len(result.persons)} persons. Each pair was shown blind: its place in the order and its sides
were drawn anew for every person.</p>
<img alt="Share of the pairs for every person, and the mean" src="data:image/png;base64,{image}">
<table><tr>{head}</tr>{body}</table>
{words}
<p><small>In brackets: Wilson's 95 % interval. The mean counts every person alike; its interval takes each pair for one
observation, since persons who see the same pairs tend to agree. The sign test is exact and two-sided; pairs without a
winner are left out.</small></p>
</body></html>
"""


def _verdict(result: StudyResult) -> str:
    test = result.by_pair
    counted = f"More persons preferred autoexposure on {test.first} pairs, the camera's own on {test.second}"
    if test.p >= SIGNIFICANT:
        return f"{counted} (sign test over the pairs, p = {test.p:.2g}): no difference can be told from chance."
    winner = "autoexposure" if test.first > test.second else "the camera's own automatic"
    return f"{counted} (sign test over the pairs, p = {test.p:.2g}): {winner} is preferred."


def _side_words(p: float) -> str:
    return "sides did not matter." if p >= SIGNIFICANT else "sides mattered, so look at how the pairs were shown."


def _cells(shares: dict[Outcome, Share]) -> list[str]:
    found = [shares[outcome] for outcome in Outcome]
    return [f"{share.share:.0%} ({share.low:.0%} to {share.high:.0%})" for share in found]
