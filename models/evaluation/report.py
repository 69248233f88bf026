"""What an evaluation finds, as records, as JSON, and as sections of `RESULTS.md`.

`RESULTS.md` holds what was measured, a section for each command that measures; measuring again replaces its section.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from autoexposure.errors import ConfigError
from autoexposure.files.atomic_file import atomic_write
from models.data.photo_files import Part, Refused
from models.evaluation.closed_loop import ClosedLoop
from models.evaluation.doubt import Calibration
from models.evaluation.figures import AttentionOnSubject, LadderError, LeftAlone, SubjectError, SubjectsOfKind
from models.evaluation.rests import Rests

HEADLINE = "# Results\n\nEvery section was written by the command that stands in it.\n"


MODEL = "model"
"""Name of the evaluated model where it stands among the meters."""

NOTHING = "zero"
"""Name of the meter that is always content."""

SAME_DOUBT, NO_DOUBT = "same_doubt", "no_doubt"
"""Names of the evaluated model if it doubted every answer alike, by its usual doubt, and if it doubted none."""

SHOWN: dict[str, str] = {
    MODEL: "this model",
    SAME_DOUBT: "doubting all alike",
    NO_DOUBT: "doubting nothing",
    NOTHING: "doing nothing",
    "mean_luminance": "mean of codes, fitted",
    "centre_weighted": "centre of codes, fitted",
    "average": "average meter",
    "centre": "centre-weighted meter",
    "matrix": "matrix meter",
    "highlight_guarded": "matrix, highlights kept",
    "centre_code": "centre at code 100",
    "entropy": "most entropy",
}
"""The meters as people read them, by the names that stand in JSON."""


@dataclass(frozen=True, slots=True)
class Report:
    """One evaluation. Where it is said of meters, the model is one of them and goes by MODEL.

    Attributes
    ----------
    model_sha256 : of the model's file, empty for a network that is in none.
    part : what was measured on. photographs, subjects : how many these were.
    ladder : the model's errors. baselines : those of the other meters.
    left_alone : by meter, what one answer does to photographs that are right already. left_alone_in_loop : the same of
        where the loop comes to rest with the model; beside MODEL, if it states its doubt, SAME_DOUBT and NO_DOUBT.
    relit_ladder : by meter, over ladders of relit subjects.
    attention, subject_error_ev : of all subjects together. kinds : by kind of subject. Empty where there are none.
    doubt : the model's calibration on ``ladder`` and on ``relit_ladder``; empty for a model that states no doubt.
    decision_ms : median time of one answer, pictures one by one, on this machine.
    closed_loop, rests : before HDR scenes and before exposure stacks, by these words; empty where none were given.
    """

    part: Part
    photographs: int
    subjects: int
    ladder: LadderError
    baselines: dict[str, LadderError]
    left_alone: dict[str, LeftAlone]
    left_alone_in_loop: dict[str, LeftAlone] = field(default_factory=dict)
    relit_ladder: dict[str, LadderError] = field(default_factory=dict)
    attention: AttentionOnSubject | None = None
    subject_error_ev: dict[str, SubjectError] = field(default_factory=dict)
    kinds: dict[str, SubjectsOfKind] = field(default_factory=dict)
    doubt: dict[str, Calibration] = field(default_factory=dict)
    decision_ms: float = math.nan
    refused: tuple[Refused, ...] = ()
    closed_loop: dict[str, ClosedLoop] = field(default_factory=dict)
    rests: dict[str, Rests] = field(default_factory=dict)
    model_sha256: str = ""

    @property
    def ladders(self) -> dict[str, LadderError]:
        """Errors over the ladder by meter, the model first."""
        return {MODEL: self.ladder, **self.baselines}

    def as_json(self) -> dict[str, object]:
        """Stable keys. Errors are EV; steps and backgrounds are keyed by their EV, as ``"-0.4"`` and ``"+3"``.

        ``model_sha256``;
        ``mae_ev``, ``mae_normalised`` (the paper's unit), ``median_ev``, ``p90_ev``, ``mae_per_step``; the same, with
        no ``mae_normalised``, in ``baselines.{name}`` and ``relit_ladder.{meter}``; ``left_alone.{meter}`` and
        ``left_alone_in_loop.{model,same_doubt,no_doubt}`` as `LeftAlone`;
        ``attention.mass_on_subject`` and ``.area_of_subject`` (null without subjects);
        ``subject_error_ev.{meter}.median``, ``.p90`` and ``.offset_by_background``; ``kinds.{kind}`` with ``pictures``
        and, of these, ``attention``, ``subject_error_ev.{meter}`` and ``relit_ladder.{meter}``;
        ``doubt.{ladder,relit_ladder}`` as `Calibration` (empty for a model without doubt); ``closed_loop`` as
        `ClosedLoop` and ``rests`` as `Rests`, in ``hdr_scenes`` and ``stacks`` (missing where none were given);
        ``decision_ms``; ``refused``: file and reason.
        """
        return {
            "model_sha256": self.model_sha256,
            "part": self.part,
            "photographs": self.photographs,
            "subjects": self.subjects,
            **asdict(self.ladder),
            "mae_normalised": self.ladder.mae_ev / 2,
            "baselines": _as_dicts(self.baselines),
            "left_alone": _as_dicts(self.left_alone),
            "left_alone_in_loop": _as_dicts(self.left_alone_in_loop),
            "relit_ladder": _as_dicts(self.relit_ladder),
            "attention": None if self.attention is None else asdict(self.attention),
            "subject_error_ev": _as_dicts(self.subject_error_ev),
            "kinds": {
                kind: {
                    "pictures": found.pictures,
                    "attention": asdict(found.attention),
                    "subject_error_ev": _as_dicts(found.off_ev),
                    "relit_ladder": _as_dicts(found.ladder),
                }
                for kind, found in self.kinds.items()
            },
            "doubt": _as_dicts(self.doubt),
            "closed_loop": _as_dicts(self.closed_loop),
            "rests": _as_dicts(self.rests),
            "decision_ms": self.decision_ms,
            "refused": [{"file": str(r.path), "reason": r.reason} for r in self.refused],
        }


def _as_dicts(
    records: Mapping[str, LadderError | LeftAlone | SubjectError | Calibration | ClosedLoop | Rests],
) -> dict[str, dict[str, object]]:
    return {name: asdict(record) for name, record in records.items()}


def as_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; the first column is text, the others are figures."""
    lines = ["| " + " | ".join(columns) + " |", "| --- |" + " ---: |" * (len(columns) - 1)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def write_section(path: Path, name: str, command: str, text: str) -> None:
    """Put the section ``name`` into the file ``path``, made if missing: the command that wrote it, then ``text``.

    Raises ConfigError if it can't be read or written.
    """
    try:
        before = path.read_text(encoding="utf-8") if path.is_file() else HEADLINE
        atomic_write(path, _with_section(before, name, command, text))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the results can't be put into {path} ({error}): name another file") from error


def _with_section(before: str, name: str, command: str, text: str) -> str:
    section = f"## {name}\n\n    {command}\n\n{text.strip()}\n"
    mine = re.compile(rf"^## {re.escape(name)}\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
    if mine.search(before):
        after = mine.sub(lambda _: section + "\n", before, count=1)
    else:
        after = f"{before.rstrip()}\n\n{section}"
    return after.rstrip() + "\n"
