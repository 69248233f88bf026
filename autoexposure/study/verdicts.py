"""What people said in a study: one line of JSON each, on the disk before the next pair is shown.

The keys are stable: ``at`` (UTC), ``person``, ``pair``, ``place`` (in the person's order, from 1), ``left`` (ours or
native), ``choice`` (left, equal or right), ``preferred`` (ours, native or null). A person who answers a pair again
replaces the answer; the earlier line stays in the file.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from autoexposure.errors import ConfigError, RecordingError
from autoexposure.evaluation.comparison import Choice, Side, Verdict
from autoexposure.files.bounded import BadInput, parse_object, read_text
from autoexposure.files.private_files import make_folder, private
from autoexposure.plain_text import plain
from autoexposure.study.pairs import MOST_PAIRS, Showing, Study

VERDICTS = "verdicts.jsonl"

LARGEST_FILE_BYTES = 64 << 20
"""A hundred persons with the most pairs there may be take half of it."""

LONGEST_NAME = 64
"""Characters of a person's name: it stands in a table and below a bar."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one person said of one pair, where it stood in their order, and when (UTC)."""

    person: str
    pair: str
    place: int
    verdict: Verdict
    at: datetime


def check_person(name: str) -> str:
    """The name without spaces around it. Raises ConfigError if it is empty, too long, or has control characters."""
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise ConfigError(f"a person's name has 1 to {LONGEST_NAME} printable characters, given {plain(name)!r}")
    return name


class VerdictStore:
    """The verdicts of one study. Several programs may add to it at a time: a line is written in one piece."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / VERDICTS

    def add(self, person: str, showing: Showing, choice: Choice, at: datetime | None = None) -> Said:
        """Put one verdict on the disk; it is there when this returns. Raises RecordingError if it can't be written."""
        verdict = Verdict(showing.left, choice)
        said = Said(person, showing.pair.name, showing.place, verdict, at or datetime.now(UTC))
        line = json.dumps(
            {
                "at": said.at.isoformat(timespec="seconds"),
                "person": person,
                "pair": said.pair,
                "place": said.place,
                "left": verdict.left.value,
                "choice": choice.value,
                "preferred": verdict.preferred.value if verdict.preferred is not None else None,
            }
        )
        try:
            make_folder(self.path.parent)
            with open(self.path, "ab+", buffering=0, opener=private) as file:
                if not _ends_whole(file.fileno()):  # a power cut tore the last line: ours must not be lost with it
                    line = "\n" + line
                file.write(f"{line}\n".encode())
                os.fsync(file.fileno())
        except OSError as error:
            raise RecordingError(
                f"the verdict was not kept: {self.path} can't be written ({error.strerror})"
            ) from error
        return said

    def read(self) -> tuple[list[Said], int]:
        """The newest verdict of every person on every pair, and how many lines are damaged and left out.

        Raises RecordingError if the file can't be read.
        """
        try:
            text = read_text(self.path, LARGEST_FILE_BYTES)
        except FileNotFoundError:
            return [], 0
        except (OSError, BadInput) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise RecordingError(f"{plain(self.path)} can't be read ({reason}): put the file back") from error
        newest: dict[tuple[str, str], Said] = {}
        damaged = 0
        for line in filter(None, text.split("\n")):
            try:
                said = _said(parse_object(line))
            except (BadInput, KeyError, ValueError):  # a torn line; ValueError: a word or date that is none
                damaged += 1
                continue
            newest[said.person, said.pair] = said
        return list(newest.values()), damaged


def still_to_show(study: Study, person: str, verdicts: Iterable[Said]) -> list[Showing]:
    """The pairs that this person has not answered yet, in their order."""
    answered = {said.pair for said in verdicts if said.person == person}
    return [showing for showing in study.showings(person) if showing.pair.name not in answered]


def _ends_whole(descriptor: int) -> bool:
    size = os.lseek(descriptor, 0, os.SEEK_END)
    if not size:
        return True
    os.lseek(descriptor, size - 1, os.SEEK_SET)
    return os.read(descriptor, 1) == b"\n"


def _said(record: dict[str, object]) -> Said:
    """Raises KeyError, ValueError (BadInput is one) for what is no verdict."""
    person, pair, place = record["person"], record["pair"], record["place"]
    if not (isinstance(person, str) and isinstance(pair, str) and isinstance(place, int) and 1 <= place <= MOST_PAIRS):
        raise BadInput("it is no verdict")
    verdict = Verdict(Side(str(record["left"])), Choice(str(record["choice"])))
    return Said(person, pair, place, verdict, datetime.fromisoformat(str(record["at"])))
