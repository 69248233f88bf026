"""What a MANIFEST.csv says of the files of a folder: their group, subject, licence, and how long they were exposed.

The table lies in the folder itself, or beside it and names its files as ``folder/file``. Its column ``file`` is needed;
``group``, ``kind``, ``licence`` (or ``license``) and ``exposure_time_s`` are read where they are there.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autoexposure.errors import ConfigError
from autoexposure.files.bounded import BadInput, read_text

MANIFEST = "MANIFEST.csv"

LARGEST_MANIFEST_BYTES = 256 << 20
"""Of a MANIFEST.csv: a million photographs have lines of 250 bytes each."""

PEOPLE, CATS, DOGS, ANIMALS, OBJECTS, OTHER = KINDS = ("people", "cats", "dogs", "animals", "objects", "other")
"""What a subject can be."""

_KIND_OF: Mapping[str, str] = {
    **{kind: kind for kind in KINDS},
    **dict.fromkeys(("person", "pedestrian", "cyclist", "pedestrian or cyclist", "person and animal"), PEOPLE),
    **dict.fromkeys(("cat", "kitten"), CATS),
    **dict.fromkeys(("dog", "puppy"), DOGS),
    **dict.fromkeys(("animal", "bird", "fish", "insect"), ANIMALS),
    **dict.fromkeys(("object", "food", "flower", "plant", "clothes"), OBJECTS),
}
"""The words of data sets, and the kind they mean; buildings, vehicles and all that is not listed are other."""

NOT_FREE = "not under a free licence"
"""Why a file is refused where only free ones are wanted."""

_FREE = frozenset(
    {
        *("cc0", "cc zero", "creative commons zero", "public domain", "public domain mark"),
        *("cc by", "creative commons attribution", "attribution"),
        *("cc by sa", "creative commons attribution sharealike", "attribution sharealike"),
    }
)
"""Licences under which a picture may be used, changed and passed on for any end, as `_plainly` writes them."""

_UNSAID = re.compile(
    r"\([^)]*\)|\b(?:v?\d(?:\.\d)?|licen[cs]e|version|universal|international|unported|generic|dedication|per file)\b"
)
"""What makes no difference between licences: their versions, remarks in brackets."""

_RESTRICTS = re.compile(r"\b(?:nc|nd|non|no|not|only|except|unknown|research)\b|noncommercial|noderiv")
"""Words with which a text restricts what it grants, wherever they stand."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the table says of one file, as it stands there; empty where it says nothing."""

    group: str = ""
    kind: str = ""
    licence: str = ""
    exposure_time_s: str = ""


class Manifest:
    """The table of ``folder``; without one it knows of no file. Raises ConfigError if it can't be read."""

    def __init__(self, folder: Path) -> None:
        # Beside the folder lies the table of a collection of folders: only its lines on this one count.
        home = Path(os.path.abspath(folder))  # a link keeps the neighbours of its own place
        self._home = home
        self._entries = _read(home / MANIFEST)
        if not self._entries:
            inside = f"{home.name}/"
            entries = _read(home.parent / MANIFEST)
            self._entries = {f.removeprefix(inside): entry for f, entry in entries.items() if f.startswith(inside)}

    def __bool__(self) -> bool:
        return bool(self._entries)

    def must_exist(self) -> None:
        """Raise ConfigError unless there is a table: without one no licence is known."""
        if not self:
            raise ConfigError(f"{self._home} has no {MANIFEST} that says what is free: add one or leave it out")

    def of(self, path: Path) -> Entry:
        """What is said of a file of the folder, by its place in it, or else by its name alone."""
        place = Path(os.path.abspath(path)).relative_to(self._home).as_posix()
        return self._entries.get(place) or self._entries.get(path.name) or Entry()


def _read(path: Path) -> dict[str, Entry]:
    """File -> entry. Raises ConfigError."""
    if not path.is_file():
        return {}
    try:
        rows = list(csv.DictReader(read_text(path, LARGEST_MANIFEST_BYTES).splitlines()))
    except (OSError, BadInput, csv.Error) as error:
        raise ConfigError(f"{path} can't be read ({error}): repair or remove it") from error
    return {row["file"]: _entry(row) for row in rows if row.get("file")}


def _entry(row: dict[str, str]) -> Entry:
    licence = row.get("licence") or row.get("license") or ""
    return Entry(row.get("group") or "", row.get("kind") or "", licence, row.get("exposure_time_s") or "")


def kind_of(told: str) -> str:
    """One of KINDS for a table's words: ``person``, ``animal (cat)``, ``Vehicle (bus)``."""
    main, _, detail = told.casefold().rstrip(" )").partition("(")
    return _KIND_OF.get(detail.strip()) or _KIND_OF.get(main.strip()) or OTHER


def is_free(told: str) -> bool:
    """Whether a table's words name a free licence: CC0, public domain, CC BY or CC BY-SA, or a choice between these."""
    text = told.casefold()
    if _RESTRICTS.search(re.sub(r"[-_]", " ", text)):
        return False
    return all(_plainly(named) in _FREE for named in re.split(r"[/,;]|\bor\b|\band\b", _UNSAID.sub(" ", text)))


def _plainly(licence: str) -> str:
    return " ".join(re.sub(r"[-_]", " ", licence).split()).replace("share alike", "sharealike")
