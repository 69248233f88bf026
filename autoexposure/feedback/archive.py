"""Answers as one file to carry to another computer or give to another person: a zip of PNG pictures and a JSON list."""

from __future__ import annotations

import json
import re
import zipfile
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from types import NoneType
from typing import TypeVar

from autoexposure.errors import ConfigError, FeedbackError
from autoexposure.exposure import Exposure
from autoexposure.feedback.answer import DATES, LONGEST_NAME, Answer, BadAnswer, Label, Sample, Source
from autoexposure.feedback.store import FeedbackStore, decode_png
from autoexposure.files.archive_reader import open_archive, read_member
from autoexposure.files.atomic_file import atomic_open
from autoexposure.files.bounded import BadInput, open_file, parse_json
from autoexposure.plain_text import plain
from autoexposure.states import AeState

K = TypeVar("K", bound=StrEnum)
T = TypeVar("T")

FORMAT = "autoexposure answers, version 2"
_SAID_ONLY = "autoexposure answers, version 1"
"""Of programs that knew no other source of an answer than a click."""
_LIST = "answers.json"
_LARGEST_PICTURE_BYTES = 10_000_000
_LARGEST_LIST_BYTES = 50_000_000
_MOST_SIGNS = 10_000_000
"""Quotes, brackets and commas in the list: true answers, with seventy each, have fewer in the largest list."""
_MOST_ITEMS = 200_000
"""Items of one list: fewer true answers fit into the largest one. Each bad one costs a sentence of memory."""
_LEAST_SIDE_PX, _MOST_SIDE_PX = 8, 8192  # a picture of one row would be scaled to gigabytes where answers are shown
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\Z)|[\[\]{},]', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of an archive's answers.

    Attributes
    ----------
    kept, known : how many were added, and how many were there already.
    damaged : one sentence for each that was left out, naming it and saying what is wrong with it.
    """

    kept: int
    known: int
    damaged: tuple[str, ...] = ()


def export_answers(store: FeedbackStore, path: Path) -> int:
    """Write all answers of the store's profile to ``path``; returns how many. Raises FeedbackError.

    An existing archive is replaced only when the new one is complete.
    """
    samples = store.samples()
    try:
        with atomic_open(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:  # PNG doesn't shrink
            for sample in samples:
                archive.writestr(_picture_name(sample.id), store.answer(sample.id).png)
            listed = {"format": FORMAT, "answers": [_as_json(sample) for sample in samples]}
            archive.writestr(_LIST, json.dumps(listed, indent=1), zipfile.ZIP_DEFLATED)
    except OSError as error:
        raise FeedbackError(f"The answers can't be written to {path}: {error.strerror or error}.") from error
    return len(samples)


def import_answers(path: Path, store: FeedbackStore, profile: str | None = None) -> Imported:
    """Add an archive's answers to ``store``, each under its own profile or all of them under ``profile``.

    Answers that are there already are left alone, so an import that was cut short can simply be repeated. A damaged
    answer costs only itself. Raises FeedbackError if the file is no such archive or the store fails.
    """
    kept = known = 0
    damaged: list[str] = []
    with ExitStack() as opened:
        try:
            archive = open_archive(opened.enter_context(open_file(path)))
        except (OSError, BadInput) as error:
            raise FeedbackError(f"{path} can't be read as exported answers: {plain(error)}.") from error
        entries, said_only = _listed(archive, path)
        for number in range(len(entries), 0, -1):  # they were written newest first
            try:
                answer = _answer(archive, entries[number - 1], said_only)
                if store.restore(answer, profile or answer.sample.profile) is None:
                    known += 1
                else:
                    kept += 1
            except BadAnswer as error:
                damaged.append(f"entry {number} of {len(entries)}: {plain(error)}")
    return Imported(kept, known, tuple(reversed(damaged)))


def _listed(archive: zipfile.ZipFile, path: Path) -> tuple[list[str], bool]:
    """The text of each entry of the list, not parsed yet; and whether they name no source, since all are clicks."""
    try:
        members = _items(read_member(archive, _LIST, _LARGEST_LIST_BYTES).decode("utf-8"), "{}")
        written_by = parse_json(_value(members, "format"))
        if written_by not in (FORMAT, _SAID_ONLY):
            newer = isinstance(written_by, str) and written_by.startswith(FORMAT.rpartition(" ")[0])
            what = "a newer version of this program wrote it, update this one" if newer else "its format is another"
            raise ValueError(f"{what}: {plain(written_by, 60)!r}")
        return _items(_value(members, "answers"), "[]"), written_by == _SAID_ONLY
    except (KeyError, ValueError, OSError) as error:
        raise FeedbackError(f"{path} holds no answers that can be read here ({plain(error)}).") from error


def _items(text: str, brackets: str) -> list[str]:
    """The text of each item of a JSON list or object.

    It is only cut at its commas. What stands between them is parsed one by one later, so a bad item spoils no other.
    """
    depth = start = 0
    items: list[str] = []
    text = text.strip()
    if text[:1] + text[-1:] != brackets:
        raise ValueError(f"what should be in {brackets} is not")
    if sum(map(text.count, '"[]{},')) > _MOST_SIGNS:
        raise ValueError("it lists more than can be")
    for token in _TOKEN.finditer(text):
        sign = token[0]
        if sign in "[{":
            depth += 1
            start = start or token.end()
        elif sign in "]}":
            depth -= 1
        if depth == 0 and token.end() < len(text):
            raise ValueError("its brackets don't match")
        if (sign == "," and depth == 1) or depth == 0:
            if len(items) == _MOST_ITEMS:
                raise ValueError(f"it lists more than {_MOST_ITEMS} things")
            items.append(text[start : token.start()])
            start = token.end()
    if depth:
        raise ValueError("its brackets don't match")
    return [] if len(items) == 1 and not items[0].strip() else items


def _value(members: list[str], name: str) -> str:
    """The text of a member of a JSON object."""
    for member in members:
        key, _, value = member.partition(":")
        if key.strip() == json.dumps(name):
            return value
    raise ValueError(f"it has no {name!r}")


def _answer(archive: zipfile.ZipFile, entry: str, said_only: bool) -> Answer:
    """One answer. Raises BadAnswer if anything about it is damaged."""
    try:
        sample = _from_json(parse_json(entry), said_only)
        png = read_member(archive, _picture_name(sample.id), _LARGEST_PICTURE_BYTES)
    except KeyError as error:
        raise BadAnswer(f"it is incomplete: {plain(error)}") from error
    except (ValueError, OverflowError, ConfigError, OSError) as error:
        raise BadAnswer(f"it can't be read ({error})") from error
    pixels = decode_png(png)
    if pixels is None:
        raise BadAnswer("its picture is damaged")
    if min(pixels.shape[:2]) < _LEAST_SIDE_PX or max(pixels.shape[:2]) > _MOST_SIDE_PX:
        height, width = pixels.shape[:2]
        raise BadAnswer(f"its picture is {width}x{height}, which no camera takes")
    return Answer(sample, png)


def _picture_name(sample_id: int) -> str:
    return f"pictures/{sample_id:06}.png"


def _as_json(sample: Sample) -> dict[str, object]:
    exposure = sample.exposure
    return {
        "id": sample.id,
        "answered_at": sample.answered_at.isoformat(timespec="milliseconds"),
        "profile": sample.profile,
        "label": sample.label.value,
        "exposure": None if exposure is None else {"time_s": exposure.time_s, "gain": exposure.gain},
        "reported": sample.reported,
        "sequence": sample.sequence,
        "camera": sample.camera,
        "meter": sample.meter,
        "model_hash": sample.model_hash,
        "ae_state": sample.ae_state.value,
        "delta_ev": sample.delta_ev,
        "bias_ev": sample.bias_ev,
        "source": sample.source.value,
        "weight": sample.weight,
    }


def _from_json(entry: object, said_only: bool) -> Sample:
    """Raises KeyError for missing values and ValueError for values of another kind; nothing is guessed."""
    exposure = _typed(entry, "exposure", dict, NoneType)
    delta_ev = _typed(entry, "delta_ev", float, int, NoneType)
    moment = datetime.fromisoformat(_typed(entry, "answered_at", str))
    if not DATES[0].year <= moment.year <= DATES[1].year:  # near the ends of the calendar it has no UTC
        raise ValueError(f"its date {moment.isoformat()} is impossible")
    return Sample(
        id=_typed(entry, "id", int),
        answered_at=moment.astimezone(UTC),
        profile=_name(entry, "profile"),
        label=_one_of(Label, entry, "label"),
        exposure=None if exposure is None else Exposure(_figure(exposure, "time_s"), _figure(exposure, "gain")),
        reported=_typed(entry, "reported", bool),
        sequence=_typed(entry, "sequence", int),
        camera=_name(entry, "camera"),
        meter=_name(entry, "meter"),
        model_hash=_name(entry, "model_hash"),
        ae_state=_one_of(AeState, entry, "ae_state"),
        delta_ev=None if delta_ev is None else _figure(entry, "delta_ev"),
        bias_ev=_figure(entry, "bias_ev"),
        source=Source.CLICK if said_only else _one_of(Source, entry, "source"),
        weight=1.0 if said_only else _figure(entry, "weight"),
    )


def _typed(entry: object, name: str, *kinds: type[T]) -> T:
    """The value under a name, of exactly one of ``kinds``."""
    if not isinstance(entry, dict):
        raise ValueError("it is no list of names and values")
    value = entry[name]
    if type(value) in kinds and isinstance(value, kinds):  # not by isinstance alone: True is no number
        return value
    raise ValueError(f"its {name} is of the wrong kind: {plain(repr(value), 40)}")


def _one_of(kind: type[K], entry: object, name: str) -> K:
    word = _typed(entry, name, str)
    if word not in set(kind):
        raise ValueError(f"its {name} {plain(repr(word), 40)} is none of {', '.join(kind)}")
    return kind(word)


def _figure(entry: object, name: str) -> float:
    return float(_typed(entry, name, float, int))


def _name(entry: object, name: str) -> str:
    text = _typed(entry, name, str)
    if len(text) > LONGEST_NAME:
        raise ValueError(f"its {name} has {len(text)} characters, at most {LONGEST_NAME} are possible")
    return plain(text, LONGEST_NAME)
