"""What a training run leaves for people to read: its course, and what became of every file."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from autoexposure.errors import ConfigError
from autoexposure.files.atomic_file import atomic_write
from autoexposure.files.bounded import BadInput, read_text
from autoexposure.plain_text import plain
from models.data.hdr_views import HdrFiles
from models.data.photo_files import Refused, Selection

LOG = "log.csv"
FILE_LIST = "files.csv"

LARGEST_LIST_BYTES = 512 << 20
"""Of a table: a million photographs have lines of 150 bytes."""


def write_file_list(selection: Selection, scenes: HdrFiles, path: Path) -> None:
    """Every file looked at: its part and content hash, or why it was refused. Raises ConfigError."""
    _write_table(
        path,
        [
            ["file", "part", "sha256", "refused"],
            *([p.path.name, p.part, p.sha256, ""] for p in selection.photos),
            *([scene.name, part, "", ""] for scene, part in scenes.files),
            *([r.path.name, "", "", r.reason] for r in (*selection.refused, *scenes.refused)),
        ],
    )


def read_file_list(path: Path) -> tuple[int, tuple[Refused, ...]]:
    """How many files a run used, and those it refused. Raises ConfigError if the list is damaged."""
    try:
        rows = list(csv.DictReader(read_text(path, LARGEST_LIST_BYTES).splitlines()))
        refused = tuple(Refused(Path(row["file"]), row["refused"]) for row in rows if row["refused"])
    except (OSError, BadInput, csv.Error, KeyError, TypeError) as error:
        raise ConfigError(f"the list of files {path} can't be read ({plain(error)}): remove it") from error
    return len(rows) - len(refused), refused


class TrainingLog:
    """The run as a CSV table, a row every 20 steps. A resumed run drops the rows after its checkpoint.

    Raises ConfigError where the disk refuses.
    """

    COLUMNS = ("step", "elapsed_s", "learning_rate", "train_error_ev", "validation_error_ev")

    def __init__(self, path: Path, step: int) -> None:
        self._path = path
        rows = [row for row in self._rows() if int(row[0]) <= step] if step > 0 else []
        _write_table(path, [self.COLUMNS, *rows])

    def write(self, step: int, elapsed_s: float, rate: float, train_ev: float, validation_ev: float | None) -> None:
        """Append a row at once, so that a killed run keeps it. Raises ConfigError where the disk refuses."""
        checked = "" if validation_ev is None else f"{validation_ev:.4f}"
        try:
            with self._path.open("a", newline="") as out:
                csv.writer(out, lineterminator="\n").writerow(
                    [step, f"{elapsed_s:.1f}", f"{rate:.3g}", f"{train_ev:.4f}", checked]
                )
        except OSError as error:
            raise ConfigError(f"{self._path} can't be written ({error.strerror}): make room there and go on") from error

    def _rows(self) -> list[list[str]]:
        """Whole rows only: a power cut may have left half of one."""
        if not self._path.is_file():
            return []
        try:
            text = read_text(self._path, LARGEST_LIST_BYTES).replace("\0", "")
            whole = text[: text.rfind("\n") + 1]
            rows = list(csv.reader(io.StringIO(whole, newline="")))[1:]
        except (OSError, BadInput, csv.Error) as error:
            raise ConfigError(f"{self._path} can't be read ({plain(error)}): move it away and go on") from error
        return [row for row in rows if self._is_row(row)]

    def _is_row(self, row: list[str]) -> bool:
        try:
            numbers = [float(text) for text in row if text]
        except ValueError:
            return False
        return len(row) == len(self.COLUMNS) and row[0].isdecimal() and all(map(math.isfinite, numbers))


def _write_table(path: Path, rows: Iterable[Sequence[object]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    try:
        atomic_write(path, text.getvalue())
    except OSError as error:
        raise ConfigError(
            f"{path} can't be written ({error.strerror}): name a folder that can be with --out"
        ) from error
