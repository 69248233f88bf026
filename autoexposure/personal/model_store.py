"""A person's own networks on disk: all that were ever trained, which one is in use, and the way back.

A model is three files (``.onnx``, ``.safetensors``, ``.json``), what is known of people for it where something is
(``.people.npz``), and ``made.json`` beside them, in a numbered folder that gets its name only when all of it is
written. Which one is in use stands in one small file that is replaced in one step. So a program that is killed at any
moment finds the last good model at its next start.

Beside a model lie the weights of its test (``fold-N.safetensors``): networks made in the same way, each without a part
of the answers. The next training judges the model by them, on answers that they have not seen.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import platformdirs

from autoexposure.errors import ModelFileError
from autoexposure.feedback.answer import Label, Sample
from autoexposure.files.alone import alone_in
from autoexposure.files.atomic_file import atomic_write
from autoexposure.files.bounded import BadInput, as_integer, as_number, parse_object, read_text
from autoexposure.files.private_files import own_folder, sync_folder
from autoexposure.personal.known_people import people_path

log = logging.getLogger(__name__)

_IN_USE = "in-use.json"
_MADE = "made.json"
_FOLD = "fold-{}.safetensors"

LARGEST_RECORD_BYTES = 50_000_000
"""Of ``made.json``, which has 40 bytes for each answer."""


SURE = 0.95
"""How sure it must be that a new model is nearer to what the person wants: one in twenty that is not may pass."""


@dataclass(frozen=True, slots=True)
class JudgedKind:
    """Answers of one kind, and how many of them each side would have given itself."""

    label: Label
    answers: int
    new_agrees: int
    old_agrees: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the acceptance test found, on answers that neither side had seen.

    Each side is a network with the live layer on top, as it is in use.

    Attributes
    ----------
    new_agrees, old_agrees : how many answers a new model would have given itself, and what was in use.
    answers : how many there are.
    kinds : the same for each kind of answer.
    new_ev, old_ev : how far off what the person wants each is, root mean square, as estimated from the answers. None
        in verdicts of older versions, which only counted.
    sure : how sure it is that the new one is nearer, 0..1.
    """

    new_agrees: int
    old_agrees: int
    answers: int
    kinds: tuple[JudgedKind, ...] = ()
    new_ev: float | None = None
    old_ev: float | None = None
    sure: float = 0.0

    @classmethod
    def from_json(cls, value: object) -> Verdict:
        """Read a verdict from parsed JSON, of older versions too. Raises BadInput, or KeyError for a missing count."""
        if not isinstance(value, dict):
            raise BadInput("it holds no verdict")
        new_ev, old_ev = (None if value.get(name) is None else as_number(value[name]) for name in ("new_ev", "old_ev"))
        return cls(
            as_integer(value["new_agrees"]),
            as_integer(value["old_agrees"]),
            as_integer(value["answers"]),
            tuple(_judged_kind(kind) for kind in _list(value.get("kinds", []))),
            new_ev,
            old_ev,
            as_number(value.get("sure", 0.0)),
        )

    @property
    def better(self) -> bool:
        """Whether the new model may be used: it is ahead, and hardly by chance."""
        return self.ahead and (self.new_ev is None or self.sure >= SURE)

    @property
    def ahead(self) -> bool:
        """Whether the new model did better at all: it is nearer, or, where only counted, agrees more often."""
        if self.new_ev is None or self.old_ev is None:
            return self.new_agrees > self.old_agrees
        return self.new_ev < self.old_ev

    def __str__(self) -> str:
        return f"{self.new_agrees} of {self.answers}, before {self.old_agrees}"


@dataclass(frozen=True, slots=True)
class PersonalModel:
    """One trained model.

    Attributes
    ----------
    last_answer : id of the newest answer that it was trained on.
    learned : when each answer that it was trained on was given, and which part of the test it was in (None in models of
        older versions); empty for a model that was trained on all up to ``last_answer``.
    """

    number: int
    path: Path
    made_at: datetime
    verdict: Verdict
    last_answer: int
    learned: Mapping[datetime, int | None] = field(default_factory=dict)

    def knows(self, sample: Sample) -> bool:
        """Whether it was trained on this answer.

        By the time it was given, not by its id: a training on one camera's answers leaves older ones out, and a store
        that was begun again, because the one before was damaged or removed, counts from 1 again.
        """
        return sample.answered_at in self.learned if self.learned else sample.id <= self.last_answer

    def without(self, sample: Sample) -> Path | None:
        """Weights made as this model was, but without this answer (which it knows); None in older versions' models."""
        part = self.learned.get(sample.answered_at)
        weights = self.path.with_name(_FOLD.format(part))
        return weights if part is not None and weights.is_file() else None


def default_models_folder() -> Path:
    """Where personal models of this user live."""
    return platformdirs.user_data_path("autoexposure", appauthor=False) / "models"


class PersonalModels:
    """The models of one profile. Raises ModelFileError where the disk refuses or a file is damaged."""

    def __init__(self, profile: str, folder: Path | None = None) -> None:
        self.folder = (folder or default_models_folder()) / quote(profile, safe="@ ").replace(".", "%2E")

    def all(self) -> list[PersonalModel]:
        """Every model, oldest first; a damaged one is left out, which the log says, so that the others can be used."""
        found = []
        for number in sorted(self.numbers()):
            try:
                found.append(self._read(number))
            except ModelFileError as error:
                log.warning("%s", error)
        return found

    def in_use(self) -> PersonalModel | None:
        """The model in use; None for the one that ships with the program."""
        number = self._history()[-1]
        return None if number is None else self._read(number)

    def sweep(self) -> None:
        """Remove what trainings that were killed left half-written. Only while none runs."""
        for left in self.folder.glob("*.new"):
            shutil.rmtree(left, ignore_errors=True)

    def add(
        self,
        onnx: Path,
        verdict: Verdict,
        last_answer: int,
        learned: Mapping[datetime, int | None] | None = None,
        folds: Mapping[int, Path] | None = None,
    ) -> PersonalModel:
        """Keep a copy of an exported model (its files lie beside ``onnx``), without using it yet.

        Parameters
        ----------
        last_answer, learned : as in `PersonalModel`.
        folds : weights of the test's networks, by the part of the answers that each was made without.
        """
        moments = sorted((learned or {}).items())
        record = {
            "made_at": datetime.now(UTC).isoformat(),
            "last_answer": last_answer,
            "learned": [moment.isoformat() for moment, _ in moments],
            "parts": [part for _, part in moments],
        }
        try:
            own_folder(self.folder)
            with alone_in(self.folder):  # two that choose a number at once would write into one folder
                number = max(self.numbers(), default=0) + 1
                fresh, home = self.folder / f"{number}.new", self.folder / str(number)
                shutil.rmtree(fresh, ignore_errors=True)
                for suffix in (".onnx", ".safetensors", ".json"):
                    atomic_write(fresh / f"model{suffix}", onnx.with_suffix(suffix).read_bytes())
                if (people := people_path(onnx)).is_file():
                    atomic_write(people_path(fresh / "model.onnx"), people.read_bytes())
                for part, weights in (folds or {}).items():
                    atomic_write(fresh / _FOLD.format(part), weights.read_bytes())
                atomic_write(fresh / _MADE, json.dumps(record | {"verdict": asdict(verdict)}))
                os.replace(fresh, home)
                sync_folder(self.folder)
        except OSError as error:
            raise ModelFileError(f"the new model can't be kept in {self.folder}: {error.strerror or error}") from error
        return self._read(number)

    def use(self, number: int | None) -> None:
        """Use a model from now on; None for the one that ships. Raises ModelFileError if there is no such model."""
        if number is not None and number not in self.numbers():
            known = ", ".join(map(str, sorted(self.numbers()))) or "none"
            raise ModelFileError(f"there is no personal model number {number}; there are: {known}")
        self._write([*self._history(), number])

    def roll_back(self) -> PersonalModel | None:
        """Go back to the model used before the present one (None: the one that ships), which is used from now on."""
        history = self._history()
        self._write(history[:-1] if len(history) > 1 else [None])
        return self.in_use()

    def numbers(self) -> list[int]:
        """The numbers of the models there are, damaged ones too."""
        if not self.folder.is_dir():
            return []
        return [int(home.name) for home in self.folder.iterdir() if home.name.isdecimal() and home.is_dir()]

    def _read(self, number: int) -> PersonalModel:
        home = self.folder / str(number)
        try:
            record = parse_object(read_text(home / _MADE, LARGEST_RECORD_BYTES))
            verdict = Verdict.from_json(record["verdict"])
            made_at, last = datetime.fromisoformat(str(record["made_at"])), as_integer(record["last_answer"])
            learned = _learned(_list(record.get("learned", [])), record.get("parts"))
        except (OSError, ValueError, KeyError, TypeError, OverflowError) as error:
            raise ModelFileError(f"the personal model in {home} is damaged ({error}); use another one") from error
        return PersonalModel(number, home / "model.onnx", made_at, verdict, last, learned)

    def _history(self) -> list[int | None]:
        path = self.folder / _IN_USE
        try:
            history = _list(parse_object(read_text(path))["used"]) if path.is_file() else [None]
            return [None if number is None else as_integer(number) for number in history] or [None]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelFileError(
                f"{path} can't be read ({error}); remove it to go back to the model that ships"
            ) from error

    def _write(self, history: list[int | None]) -> None:
        try:
            atomic_write(self.folder / _IN_USE, json.dumps({"used": history[-50:]}))
        except OSError as error:
            raise ModelFileError(f"which model is used can't be kept in {self.folder}: {error.strerror}") from error


def _learned(moments: Sequence[object], parts: object) -> dict[datetime, int | None]:
    numbers = _list(parts) if parts is not None else [None] * len(moments)  # older versions kept none
    return {
        datetime.fromisoformat(str(moment)): None if part is None else as_integer(part)
        for moment, part in zip(moments, numbers, strict=True)
    }


def _judged_kind(value: object) -> JudgedKind:
    if not isinstance(value, dict):
        raise BadInput("it holds no count of one kind of answer")
    counts = (as_integer(value[name]) for name in ("answers", "new_agrees", "old_agrees"))
    return JudgedKind(Label(str(value["label"])), *counts)


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise BadInput("it holds something else where a list belongs")
    return value
