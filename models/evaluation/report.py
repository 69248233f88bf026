"""What an evaluation finds, as records and as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from models.data.photo_files import Part, Refused
from models.evaluation.closed_loop import ClosedLoop


@dataclass(frozen=True, slots=True)
class LadderError:
    """Mean absolute error in EV over all steps, and per exposure offset of the ladder."""

    mae_ev: float
    mae_per_step: dict[str, float]


@dataclass(frozen=True, slots=True)
class SubjectError:
    """How far subjects are off in EV where a meter settles: median and 90th percentile of backlit ones, and the signed
    median for every background (negative = subject too dark)."""

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

    def as_json(self) -> dict[str, Any]:
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
