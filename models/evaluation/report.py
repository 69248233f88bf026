"""What an evaluation finds, as records, as JSON, and as sections of `RESULTS.md`.

`RESULTS.md` holds what was measured, a section for each command that measures; measuring again replaces its section.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from autoexposure.errors import ConfigError
from autoexposure.files.atomic_file import atomic_write
from models.data.photo_files import Part, Refused
from models.evaluation.closed_loop import ClosedLoop

HEADLINE = "# Results\n\nEvery section was written by the command that stands in it.\n"


@dataclass(frozen=True, slots=True)
class LadderError:
    """Mean absolute error in EV over all steps, and per exposure offset of the ladder."""

    mae_ev: float
    mae_per_step: dict[str, float]


@dataclass(frozen=True, slots=True)
class SubjectError:
    """How far subjects are off in EV where a meter settles.

    Attributes
    ----------
    median, p90 : median and 90th percentile of the absolute error of backlit subjects.
    offset_by_background : signed median for every background, keyed by its EV (negative = subject too dark).
    """

    median: float
    p90: float
    offset_by_background: dict[str, float]


@dataclass(frozen=True, slots=True)
class AttentionOnSubject:
    """Mean share of the attention's mass that lies on the subject; mean share of the frame that the subject fills."""

    mass_on_subject: float
    area_of_subject: float


@dataclass(frozen=True, slots=True)
class Report:
    """One evaluation.

    ``attention`` and ``subject_error_ev`` are empty where no subjects were given, ``closed_loop`` where no HDR scenes.
    ``decision_ms`` is the median time of one answer, pictures one by one, on this machine.
    """

    part: Part
    photographs: int
    subjects: int
    ladder: LadderError
    baselines: dict[str, LadderError]
    attention: AttentionOnSubject | None
    subject_error_ev: dict[str, SubjectError]
    decision_ms: float
    refused: tuple[Refused, ...]
    closed_loop: ClosedLoop | None = None

    def as_json(self) -> dict[str, object]:
        """Stable keys. Errors are EV; steps and backgrounds are keyed by their EV, as ``"-0.4"`` and ``"+3"``.

        ``mae_ev``, ``mae_normalised`` (the paper's unit), ``mae_per_step``; ``baselines.{name}.mae_ev`` and
        ``.mae_per_step``; ``attention.mass_on_subject`` and ``.area_of_subject`` (null without subjects);
        ``subject_error_ev.{meter}.median``, ``.p90`` and ``.offset_by_background``; ``closed_loop.scenes``, ``.steps``,
        ``.settled_share``, ``.median_frames``, ``.most_overshoot_ev`` and ``.most_reversals`` (null without HDR
        scenes); ``decision_ms``; ``refused``: file and reason.
        """
        return {
            "part": self.part,
            "photographs": self.photographs,
            "subjects": self.subjects,
            "mae_ev": self.ladder.mae_ev,
            "mae_normalised": self.ladder.mae_ev / 2,
            "mae_per_step": self.ladder.mae_per_step,
            "baselines": {
                name: {"mae_ev": error.mae_ev, "mae_per_step": error.mae_per_step}
                for name, error in self.baselines.items()
            },
            "attention": None
            if self.attention is None
            else {
                "mass_on_subject": self.attention.mass_on_subject,
                "area_of_subject": self.attention.area_of_subject,
            },
            "subject_error_ev": {
                name: {"median": e.median, "p90": e.p90, "offset_by_background": e.offset_by_background}
                for name, e in self.subject_error_ev.items()
            },
            "closed_loop": None if self.closed_loop is None else asdict(self.closed_loop),
            "decision_ms": self.decision_ms,
            "refused": [{"file": str(r.path), "reason": r.reason} for r in self.refused],
        }


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
