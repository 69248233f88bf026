"""A replay as one page of HTML that needs no other file: figures, exposure over time, and the pictures themselves."""

from __future__ import annotations

import base64
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import groupby

import cv2

from autoexposure.evaluation.replaying.figures import GUESSED_FROM, Outcome
from autoexposure.evaluation.replaying.footage import Footage
from autoexposure.evaluation.replaying.replayed_camera import re_exposed
from autoexposure.evaluation.side_by_side.drawing import STYLE, Curve, line_chart
from autoexposure.evaluation.side_by_side.html_report import CSS
from autoexposure.frame import Pixels

COLUMNS = (
    "settles s",
    "not settled",
    "beyond EV",
    "writes /s",
    "clipped",
    "mean code",
    "apart EV",
    "guessed",
    "coarse",
)
"""Titles; a terminal of 80 columns has room for them, a word a line."""

MEANINGS = (
    "median seconds from the start, and from each change of the light, until EV stays within 0.2 EV of where it ends",
    "how often it did not",
    "largest EV beyond where it ends",
    "writes to the camera a second",
    "mean clipped area",
    "mean code value, 0 to 255",
    "median distance from the recorded EV",
    f"pictures taken darker of which more than {GUESSED_FROM:.0%} were clipped: nobody knows their light",
    f"pictures taken brighter of which more than {GUESSED_FROM:.0%} were black: little light, with little detail",
)
"""What the columns mean, in their order."""

SHOWN_S = (-0.1, 0.0, 0.1, 0.3, 1.0, 2.5)
"""Pictures that are shown, in seconds from the largest change of the light: while a law answers, most happens first."""

OWN = """
.strip { border-spacing: 4px; border-collapse: separate; } .strip td, .strip th { border: 0; padding: 0 2px; }
.strip img { display: block; width: 150px; height: auto; border-radius: 3px; } .strip img.guess { outline: 2px dashed
  var(--muted); outline-offset: -2px; }
"""

THUMBNAIL_PX, THUMBNAIL_QUALITY = 200, 80
"""Width and JPEG quality of the pictures: six a law stay below 100 KB."""


def cells(outcome: Outcome) -> tuple[str, ...]:
    """The figures of one law as text, in the order of COLUMNS."""
    settles_s = outcome.settle_p50_s
    return (
        "never" if settles_s is None else f"{settles_s:.2f}",
        f"{outcome.unsettled} of {len(outcome.settlings)}",
        f"{outcome.overshoot_worst_ev:.2f}",
        f"{outcome.writes_per_s:.2f}",
        f"{outcome.clipped_share:.1%}",
        f"{outcome.code:.0f}",
        f"{outcome.apart_ev:.2f}",
        f"{outcome.guessed_share:.0%}",
        f"{outcome.coarse_share:.0%}",
    )


def page(command: str, footage: Footage, outcomes: Sequence[Outcome]) -> str:
    """The page; the first of ``outcomes`` is the recording as it is. ``command`` gives the same page again."""
    name = escape(footage.recording.path.name)
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{name} under other laws</title><style>{CSS}{STYLE}{OWN}</style></head><body>",
        f"<h1>{name} under other laws</h1>",
        f'<p class="lead">{escape(" ".join(sentences(footage)))}</p>',
        *_table(outcomes),
        "<h2>Exposure over time</h2>",
        '<p class="small">EV over seconds: grey as recorded, blue the law. Dashed where the light changes, shaded '
        "where the picture is a guess.</p>",
        *_charts(_exposures(footage, outcomes)),
        "<h2>Clipped area over time</h2>",
        '<p class="small">Percent of the picture over seconds.</p>',
        *_charts(_clipped(footage, outcomes)),
        *_strip(footage, outcomes),
        f'<p class="small">Made by <code>{escape(command)}</code></p></body></html>',
    ]
    return "\n".join(parts) + "\n"


def sentences(footage: Footage) -> list[str]:
    """What must be known to judge the figures, a sentence each."""
    pictures, inferred = footage.pictures, sum(not taken.reported for taken in footage.pictures)
    times = "once" if len(footage.changes) == 1 else f"{len(footage.changes)} times"
    of = f" of {footage.recording.camera_name}" if footage.recording.camera_name else ""
    told = [
        f"{len(pictures)} pictures{of} in {pictures[-1].at_s - pictures[0].at_s:.1f} s; the light changes {times}.",
        f"Settings show after {footage.delay_frames} pictures ({footage.delay_from}).",
        f"Re-exposed by the response curve {footage.response.name}.",
    ]
    if inferred:
        told.append(f"The exposure of {inferred} pictures is inferred, not reported by the camera.")
    if footage.left_out:
        told.append(f"{footage.left_out} pictures are left out: damaged, or of unknown exposure.")
    return told


def _table(outcomes: Sequence[Outcome]) -> Iterator[str]:
    titles = "".join(
        f'<th title="{escape(meaning)}">{escape(title)}</th>' for title, meaning in zip(COLUMNS, MEANINGS, strict=True)
    )
    yield f'<div class="wide"><table><thead><tr><th></th>{titles}</tr></thead><tbody>'
    for outcome in outcomes:
        row = "".join(f"<td>{escape(cell)}</td>" for cell in cells(outcome))
        yield f"<tr><td>{escape(outcome.label)}</td>{row}</tr>"
    yield "</tbody></table></div><ul class='small'>"
    yield from (f"<li><i>{title}</i>: {escape(meaning)}</li>" for title, meaning in zip(COLUMNS, MEANINGS, strict=True))
    yield "</ul>"


def _charts(drawn: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield '<div class="charts">'
    yield from (f"<figure><figcaption>{escape(label)}</figcaption>{svg}</figure>" for label, svg in drawn)
    yield "</div>"


def _exposures(footage: Footage, outcomes: Sequence[Outcome]) -> Iterator[tuple[str, str]]:
    every = [ev for outcome in outcomes for ev in outcome.evs]
    y_range = min(every) - 0.1, max(every) + 0.1
    for outcome in outcomes[1:]:
        curves = [_curve(footage, outcomes[0].evs), _curve(footage, outcome.evs, own=True)]
        spans = list(_guessed_spans(footage, outcome))
        yield outcome.label, line_chart(curves, "s", "EV", y_range=y_range, marks=_marks(footage), spans=spans)


def _clipped(footage: Footage, outcomes: Sequence[Outcome]) -> Iterator[tuple[str, str]]:
    percents = [[100 * share for share in outcome.highlights] for outcome in outcomes]
    highest = max(1.0, *(max(percent) for percent in percents))
    for outcome, percent in zip(outcomes[1:], percents[1:], strict=True):
        curves = [_curve(footage, percents[0]), _curve(footage, percent, own=True)]
        spans = list(_guessed_spans(footage, outcome))
        yield outcome.label, line_chart(curves, "s", "%", y_range=(0, highest), marks=_marks(footage), spans=spans)


def _curve(footage: Footage, values: Sequence[float], *, own: bool = False) -> Curve:
    return Curve([(taken.at_s, value) for taken, value in zip(footage.pictures, values, strict=True)], own)


def _marks(footage: Footage) -> list[float]:
    return [footage.pictures[index].at_s for index in footage.changes]


def _guessed_spans(footage: Footage, outcome: Outcome) -> Iterator[tuple[float, float]]:
    timed = zip(footage.pictures, outcome.guesses, strict=True)
    for guessed, group in groupby(timed, key=lambda pair: pair[1]):
        times_s = [taken.at_s for taken, _ in group]
        if guessed:
            yield times_s[0], times_s[-1]


def _strip(footage: Footage, outcomes: Sequence[Outcome]) -> Iterator[str]:
    """The pictures around the largest change of the light, or from the start where it does not change."""
    pictures = footage.pictures
    times_s = [taken.at_s for taken in pictures]
    jumps = [(abs(pictures[at].light_ev - pictures[at - 1].light_ev), at) for at in footage.changes]
    zero = max(jumps)[1] if jumps else 0
    wanted = (bisect_left(times_s, times_s[zero] + after_s) for after_s in SHOWN_S)
    shown = sorted({min(index, len(pictures) - 1) for index in wanted})
    yield f"<h2>The pictures {'when the light changes most' if jumps else 'from the start'}</h2>"
    yield '<p class="small">Dashed: a guess in part. Blur and noise are those of the recording.</p>'
    heads = "".join(f"<th>{times_s[index] - times_s[zero]:+.2f} s</th>" for index in shown)
    yield f'<div class="wide"><table class="strip"><tr><th></th>{heads}</tr>'
    originals = {index: footage.pixels(index) for index in shown}
    for outcome in outcomes:
        row = []
        for index in shown:
            delta_ev = outcome.evs[index] - pictures[index].exposure.ev
            image = _image(re_exposed(originals[index], footage.response, delta_ev))
            alt = f"{outcome.label}, {delta_ev:+.2f} EV from the recording"
            kind = ' class="guess"' if outcome.guesses[index] else ""
            row.append(f'<td><img{kind} alt="{escape(alt, quote=True)}" title="{delta_ev:+.2f} EV" src="{image}"></td>')
        yield f"<tr><td>{escape(outcome.label)}</td>{''.join(row)}</tr>"
    yield "</table></div>"


def _image(pixels: Pixels) -> str:
    height, width = pixels.shape[:2]
    size = THUMBNAIL_PX, max(1, round(height * THUMBNAIL_PX / width))
    small = cv2.cvtColor(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, THUMBNAIL_QUALITY])
    return "data:image/jpeg;base64," + base64.b64encode(data.tobytes()).decode()
