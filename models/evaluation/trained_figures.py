"""What a training of an ablation measures, as it is kept beside the training and as tables."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from autoexposure.files.bounded import BadInput, as_integer, as_number, parse_object
from models.data.photo_files import Part
from models.evaluation.kinds import SHOWN as KIND_SHOWN
from models.evaluation.report import MODEL, Report, as_table


@dataclass(frozen=True, slots=True)
class OfKind:
    """What one trained variant measures on subjects of one kind, as in `SubjectsOfKind`."""

    pictures: int
    attention_ratio: float
    median_ev: float
    p90_ev: float


@dataclass(frozen=True, slots=True)
class Figures:
    """What one trained variant measures on photographs it never saw.

    Attributes
    ----------
    photos, subjects : how many these were.
    mae_ev, median_ev, p90_ev : over the ladder. worst_step_ev : mean of the worst step of the ladder.
    moved_ev, moved_far : median move of photographs that are right already, and the share moved far (`LeftAlone`).
    relit_mae_ev, relit_p90_ev : over ladders of relit subjects.
    attention_ratio : share of attention on subjects over the share of the frame they fill.
    subject_error_ev, subject_p90_ev : of backlit subjects where the variant settles.
    sign_changes : of the correction in ROUNDS corrections of pictures that start 2 EV off, mean.
    kinds : by name of `models.evaluation.kinds.JUDGED`.

    What is said of subjects is NaN where there were none.
    """

    photos: int
    subjects: int
    mae_ev: float
    median_ev: float
    p90_ev: float
    worst_step_ev: float
    moved_ev: float
    moved_far: float
    relit_mae_ev: float
    relit_p90_ev: float
    attention_ratio: float
    subject_error_ev: float
    subject_p90_ev: float
    sign_changes: float
    kinds: dict[str, OfKind]

    @classmethod
    def of(cls, report: Report, sign_changes: float) -> Figures:
        """Pick them from an evaluation in which the variant is the model."""
        relit, off = report.relit_ladder.get(MODEL), report.subject_error_ev.get(MODEL)
        alone = report.left_alone[MODEL]
        return cls(
            report.photographs,
            report.subjects,
            report.ladder.mae_ev,
            report.ladder.median_ev,
            report.ladder.p90_ev,
            report.ladder.worst_step_ev,
            alone.moved_median_ev,
            alone.moved_far,
            relit.mae_ev if relit else math.nan,
            relit.p90_ev if relit else math.nan,
            report.attention.ratio if report.attention else math.nan,
            off.median if off else math.nan,
            off.p90 if off else math.nan,
            sign_changes,
            {
                kind: OfKind(found.pictures, found.attention.ratio, found.off_ev[MODEL].median, found.off_ev[MODEL].p90)
                for kind, found in report.kinds.items()
            },
        )

    def as_json(self) -> str:
        """For a file; NaN, which JSON has no word for, as null."""
        record = asdict(self)
        kinds = record.pop("kinds")
        return json.dumps({name: None if math.isnan(v) else v for name, v in record.items()} | {"kinds": kinds})

    @classmethod
    def from_json(cls, text: str) -> Figures:
        """Read what `as_json` wrote. Raises BadInput, KeyError or TypeError for another text."""
        record = parse_object(text)
        photos, subjects = as_integer(record.pop("photos")), as_integer(record.pop("subjects"))
        kinds = {}
        for kind, found in _as_object(record.pop("kinds")).items():
            told = _as_object(found)
            pictures = as_integer(told.pop("pictures"))
            kinds[kind] = OfKind(pictures, **{name: as_number(value) for name, value in told.items()})
        means = {name: math.nan if value is None else as_number(value) for name, value in record.items()}
        return cls(photos, subjects, **means, kinds=kinds)


def _as_object(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise BadInput("it holds something else where an object belongs")
    return value


def ablation_table(found: dict[str, list[Figures]]) -> str:
    """The figures as two Markdown tables, all in all and by kind of subject: mean over the seeds."""
    rows = []
    for name, figures in found.items():
        values = {key: np.array([getattr(f, key) for f in figures]) for key in Figures.__slots__ if key != "kinds"}
        plain, relit = values["mae_ev"], values["relit_mae_ev"]
        errors = (_with_spread(found_ev) for found_ev in (plain, relit, (plain + relit) / 2))
        pairs = (("median_ev", "p90_ev"), ("moved_ev", "moved_far"), ("subject_error_ev", "subject_p90_ev"))
        ladder, moved, subject = (" / ".join(f"{values[key].mean():.2f}" for key in pair) for pair in pairs)
        others = ("worst_step_ev", "attention_ratio", "sign_changes")
        worst, attention, signs = (f"{values[key].mean():.2f}" for key in others)
        rows.append([name, *errors, ladder, worst, moved, attention, subject, signs])
    columns = [
        "",
        "ladder error EV",
        "of relit subjects",
        "of both",
        "ladder median / p90",
        "worst step",
        "moves what is right EV / share moved far",
        "attention on subject / area",
        "backlit subject EV median / p90",
        "sign changes",
    ]
    return f"{as_table(columns, rows)}\n\n{_kinds_table(found)}".rstrip()


def _kinds_table(found: dict[str, list[Figures]]) -> str:
    """A row for each variant, a column for each kind of subject; empty where there are no subjects."""
    first = next(iter(found.values()))[0]
    if not first.kinds:
        return ""
    columns = [f"{KIND_SHOWN[kind]} ({of_kind.pictures})" for kind, of_kind in first.kinds.items()]
    rows = []
    for name, figures in found.items():
        cells = []
        for kind in first.kinds:
            of_kind = [one.kinds[kind] for one in figures]
            means = (np.mean([getattr(one, key) for one in of_kind]) for key in OfKind.__slots__[1:])
            attention, median_ev, p90_ev = (f"{mean:.2f}" for mean in means)
            cells.append(f"{median_ev} / {p90_ev}, {attention}")
        rows.append([name, *cells])
    return as_table(["backlit EV median / p90, attention by area", *columns], rows)


def _with_spread(values: NDArray[np.float64]) -> str:
    spread = f" ± {values.std(ddof=1):.3f}" if len(values) > 1 else ""
    return f"{values.mean():.3f}{spread}"


def judged_on(found: dict[str, list[Figures]], part: Part) -> str:
    """A sentence: how many photographs and trainings the figures in `ablation_table` stand for."""
    trainings = next(iter(found.values()))
    many = f"mean of {len(trainings)} trainings each" if len(trainings) > 1 else "one training each"
    return f"{trainings[0].photos} photographs and {trainings[0].subjects} relit subjects of the {part} part; {many}."
