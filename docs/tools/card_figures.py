"""Writes the tables of the model card from what ``evaluate --json`` found, each between its two marks.

    .venv/bin/python docs/tools/card_figures.py report.json models/weights/MODEL_CARD.md

A mark is ``<!-- figures: NAME -->``, and the table ends at ``<!-- end -->``. Text outside of them is left alone.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from autoexposure.files.atomic_file import atomic_write
from models.evaluation.kinds import SHOWN as KIND_SHOWN
from models.evaluation.report import MODEL, SHOWN, as_table

Found = dict[str, Any]
"""What ``evaluate --json`` wrote: `models.evaluation.report.Report.as_json` says which keys there are."""

_MARKED = re.compile(r"(<!-- figures: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_LADDER_STEPS = ("-2.0", "-1.0", "+0.0", "+1.0", "+2.0")


def with_figures(card: str, found: Found) -> str:
    """``card`` with every marked table written anew. Raises KeyError for a mark that names no table."""
    return _MARKED.sub(lambda mark: f"{mark[1]}\n{TABLES[mark[2]](found)}\n\n{mark[3]}", card)


def _meters(found: Found) -> Iterator[tuple[str, str]]:
    """Key and name in words of each meter, the model first."""
    for key in (MODEL, *found["baselines"]):
        yield key, f"**{SHOWN[key]}**" if key == MODEL else SHOWN[key]


def _ladder(found: Found) -> str:
    rows = []
    for key, name in _meters(found):
        errors = found if key == MODEL else found["baselines"][key]
        steps = [f"{errors['mae_per_step'][step]:.2f}" for step in _LADDER_STEPS]
        rows.append([name, f"{errors['mae_ev']:.3f}", f"{errors['p90_ev']:.2f}", *steps])
    return as_table(["EV off", "mean of all steps", "90 %", *(f"{float(s):+g} EV" for s in _LADDER_STEPS)], rows)


def _subjects(found: Found) -> str:
    kinds = {"all": {"pictures": found["subjects"], "subject_error_ev": found["subject_error_ev"]}, **found["kinds"]}
    columns = ["median / 90 %, EV off", *(f"{KIND_SHOWN.get(k, k)} ({kinds[k]['pictures']})" for k in kinds)]
    rows = [
        [name, *(_median_p90(kind["subject_error_ev"][key]) for kind in kinds.values())]
        for key, name in _meters(found)
        if key in found["subject_error_ev"]
    ]
    return as_table(columns, rows)


def _median_p90(error: Found) -> str:
    return f"{error['median']:.2f} / {error['p90']:.2f}"


def _backgrounds(found: Found) -> str:
    backgrounds = list(found["subject_error_ev"][MODEL]["offset_by_background"])
    rows = [
        [name, *(f"{found['subject_error_ev'][key]['offset_by_background'][step]:+.2f}" for step in backgrounds)]
        for key, name in _meters(found)
        if key in found["subject_error_ev"]
    ]
    return as_table(["median, EV", *(f"background {step} EV" for step in backgrounds)], rows)


def _attention(found: Found) -> str:
    kinds = {"all": found["attention"], **{kind: of["attention"] for kind, of in found["kinds"].items()}}
    rows = [
        [KIND_SHOWN.get(kind, kind), f"{100 * mass:.0f} %", f"{100 * area:.0f} %", f"{mass / area:.2f} x"]
        for kind, of in kinds.items()
        for mass, area in [(of["mass_on_subject"], of["area_of_subject"])]
    ]
    return as_table(["", "attention on the subject", "its share of the picture", "of its share"], rows)


def _left_alone(found: Found) -> str:
    rows = []
    in_loop = [(f"{SHOWN[key]}, the loop", seen) for key, seen in found["left_alone_in_loop"].items()]
    one_answer = [(f"{name}, one answer", found["left_alone"][key]) for key, name in _meters(found)]
    for name, seen in [*in_loop, *one_answer]:
        moved = f"{seen['moved_median_ev']:.2f} / {seen['moved_p90_ev']:.2f}", f"{100 * seen['moved_far']:.0f} %"
        rows.append([name, *moved, f"{seen['missed_median_ev']:.2f} / {seen['missed_p90_ev']:.2f}"])
    return as_table(["median / 90 %", "moved, EV", "moved by more than 0.5 EV", "left of 1 EV and more"], rows)


def _doubt(found: Found) -> str:
    words = {"ladder": "ladders of photographs", "relit_ladder": "ladders of relit subjects"}
    rows = []
    for key, of in found["doubt"].items():
        thirds = [f"{100 * third['share_68']:.0f} / {100 * third['share_95']:.0f} %" for third in of["by_third"]]
        within = f"{100 * of['within']['share_68']:.1f} %", f"{100 * of['within']['share_95']:.1f} %"
        usual = f"{of['median_doubt_ev']:.2f}", f"{of['rank_correlation']:+.2f}"
        rows.append([words[key], *within, *thirds, *usual])
    thirds = ["least doubt: both", "middle third", "most doubt"]
    return as_table(["", "within 68 %", "within 95 %", *thirds, "median doubt, EV", "rank correlation"], rows)


def _loop(found: Found) -> str:
    rows = []
    for place, of in found["closed_loop"].items():
        for at in of["by_delay"]:
            shares = f"{100 * at['settled_share']:.0f} %", f"{100 * at['soon_share']:.0f} %"
            frames = f"{at['median_frames']:.0f} / {at['p90_frames']:.0f}"
            overshoot = f"{at['median_overshoot_ev']:.2f} / {at['most_overshoot_ev']:.2f}"
            named = f"{place.replace('_', ' ').replace('hdr', 'HDR')}, {at['delay_frames']} frames late"
            rows.append([named, str(at["steps"]), *shares, frames, overshoot, str(at["most_reversals"])])
    columns = ["in time", "soon", "median / 90 %, frames", "overshoot, median / most, EV", "most reversals"]
    return as_table(["", "steps", *columns], rows)


def _rests(found: Found) -> str:
    rows = [
        [place.replace("_", " ").replace("hdr", "HDR"), str(of["views"]), str(len(of["several"])), str(len(of["none"]))]
        for place, of in found["rests"].items()
    ]
    return as_table(["", "views", "more than one rest", "none"], rows)


TABLES: dict[str, Callable[[Found], str]] = {
    "ladder": _ladder,
    "subjects": _subjects,
    "backgrounds": _backgrounds,
    "attention": _attention,
    "left_alone": _left_alone,
    "doubt": _doubt,
    "closed_loop": _loop,
    "rests": _rests,
}

if __name__ == "__main__":
    report, target = map(Path, sys.argv[1:])
    atomic_write(target, with_figures(target.read_text(encoding="utf-8"), json.loads(report.read_text("utf-8"))))
