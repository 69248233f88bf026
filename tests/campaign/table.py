"""What the campaign has tried so far, kind by kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.campaign.warmed import Ended

MOST_MB = 500
"""No process of the program needs more, whatever is thrown at it."""


@dataclass(slots=True)
class Row:
    """One kind: how many trials, how many hung, what was lost or left changed, and the most memory of any of them."""

    trials: int = 0
    hung: int = 0
    lost: list[str] = field(default_factory=list)
    peak_mb: float = 0.0

    def note(self, ended: Ended) -> None:
        """Count one trial."""
        self.trials += 1
        self.hung += ended.hung
        self.peak_mb = max(self.peak_mb, ended.peak_mb)

    def check(self) -> None:
        """Fail unless nothing hung, nothing was lost and memory stayed bounded."""
        assert not self.lost, "\n".join(self.lost[:5])
        assert self.hung == 0
        assert self.peak_mb < MOST_MB


ROWS: dict[str, Row] = {}


def row(kind: str) -> Row:
    """The row of ``kind``, begun if there is none."""
    return ROWS.setdefault(kind, Row())


def lines() -> Iterator[str]:
    """The table as text."""
    yield f"{'kind':<28}{'trials':>8}{'hung':>6}{'lost':>6}{'peak MB':>9}"
    for kind, found in ROWS.items():
        yield f"{kind:<28}{found.trials:>8}{found.hung:>6}{len(found.lost):>6}{found.peak_mb:>9.0f}"
    yield (
        f"{'all':<28}{sum(found.trials for found in ROWS.values()):>8}{sum(found.hung for found in ROWS.values()):>6}"
        f"{sum(len(found.lost) for found in ROWS.values()):>6}{max(found.peak_mb for found in ROWS.values()):>9.0f}"
    )
