"""What a training run leaves for people to read: its course, and what became of every file."""

from __future__ import annotations

import csv
from pathlib import Path

from models.hdr_views import HdrFiles
from models.photo_files import Refused, Selection

LOG = "log.csv"
FILE_LIST = "files.csv"


def write_file_list(selection: Selection, scenes: HdrFiles, path: Path) -> None:
    """Every file looked at: its part and content hash, or why it was refused."""
    with path.open("w", newline="", encoding="utf-8") as out:
        table = csv.writer(out)
        table.writerow(["file", "part", "sha256", "refused"])
        table.writerows([p.path.name, p.part, p.sha256, ""] for p in selection.photos)
        table.writerows([scene.name, part, "", ""] for scene, part in scenes.files)
        table.writerows([r.path.name, "", "", r.reason] for r in (*selection.refused, *scenes.refused))


def read_file_list(path: Path) -> tuple[int, tuple[Refused, ...]]:
    """How many files a run used, and those it refused."""
    with path.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    refused = tuple(Refused(Path(row["file"]), row["refused"]) for row in rows if row["refused"])
    return len(rows) - len(refused), refused


class TrainingLog:
    """The run as a CSV table, a row every 20 steps. A resumed run drops the rows after its checkpoint."""

    COLUMNS = ("step", "elapsed_s", "learning_rate", "train_error_ev", "validation_error_ev")

    def __init__(self, path: Path, step: int) -> None:
        self._path = path
        rows: list[list[str]] = []
        if path.is_file() and step > 0:
            with path.open(newline="") as lines:
                rows = [row for row in list(csv.reader(lines))[1:] if row and int(row[0]) <= step]
        with path.open("w", newline="") as out:
            csv.writer(out).writerows([list(self.COLUMNS), *rows])

    def validations_ev(self) -> list[float]:
        """Every validation error so far, oldest first."""
        with self._path.open(newline="") as lines:
            return [float(row[4]) for row in list(csv.reader(lines))[1:] if row[4]]

    def write(self, step: int, elapsed_s: float, rate: float, train_ev: float, validation_ev: float | None) -> None:
        """Append a row; written out at once, so that a killed run keeps it."""
        checked = "" if validation_ev is None else f"{validation_ev:.4f}"
        with self._path.open("a", newline="") as out:
            csv.writer(out).writerow([step, f"{elapsed_s:.1f}", f"{rate:.3g}", f"{train_ev:.4f}", checked])
