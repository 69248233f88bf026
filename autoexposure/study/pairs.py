"""The folder of a study: pairs of pictures of one scene each, exposed by us and by the camera's own automatic.

It holds ``study.json``, the pictures in ``ours`` and ``native``, and the verdicts. The seed in ``study.json`` decides
in which order a person sees the pairs and which picture stands on the left, so a study that goes on later goes on as it
began, and anybody can check who saw what.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import cv2
import numpy as np
import platformdirs
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from autoexposure.errors import ConfigError, PictureError, RecordingError
from autoexposure.evaluation.comparison import Side, shuffled_left
from autoexposure.files.atomic_file import atomic_write, sweep, write_new
from autoexposure.files.bounded import BadInput, parse_object, read_file, read_text
from autoexposure.files.checked import what_is_wrong
from autoexposure.files.decoding import LARGEST_BODY_BYTES, decode
from autoexposure.frame import Pixels
from autoexposure.plain_text import plain

INDEX = "study.json"

ENDINGS = (".jpg", ".jpeg", ".png")
"""What is taken for a picture: the kinds that the program itself saves."""

MOST_PAIRS = 2000
"""Ten times the paper's 200, which already take a person the better part of an hour."""

FileName = Annotated[str, StringConstraints(pattern=r"^[^/\\:\x00]*[^/\\:\x00.][^/\\:\x00]*$", max_length=255)]
"""A file's own name, which leads out of no folder: a study may come from somebody else."""


class Pair(BaseModel):
    """Two pictures of one scene; ``ours`` and ``native`` are the names of their files."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: str = Field(min_length=1, max_length=255)
    ours: FileName
    native: FileName


class _Index(BaseModel):
    """What ``study.json`` holds."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    format: Literal[1]
    seed: int
    pairs: list[Pair] = Field(min_length=1, max_length=MOST_PAIRS)


@dataclass(frozen=True, slots=True)
class Showing:
    """One pair as one person sees it: ``place`` in their order, from 1, and who stands on the left."""

    place: int
    pair: Pair
    left: Side


@dataclass(frozen=True, slots=True)
class Study:
    """A study on the disk."""

    folder: Path
    seed: int
    pairs: tuple[Pair, ...]

    def showings(self, person: str) -> list[Showing]:
        """Every pair once, in the order and on the sides that the seed draws for this person."""
        order = list(self.pairs)
        random.Random(f"{self.seed} {person}").shuffle(order)
        return [
            Showing(place, pair, shuffled_left(random.Random(f"{self.seed} {person} {pair.name}")))
            for place, pair in enumerate(order, 1)
        ]

    def picture(self, pair: Pair, side: Side) -> Pixels:
        """(H, W, 3) uint8 RGB. Raises RecordingError if it is gone or damaged."""
        name = pair.ours if side is Side.OURS else pair.native
        return picture_of(self.folder / side.value / name)


def pairs_folder() -> Path:
    """Where the window's A/B keeps pairs: ``ours`` and ``native`` below it."""
    return platformdirs.user_data_path("autoexposure", appauthor=False) / "pairs"


def open_study(folder: Path) -> Study:
    """Read ``study.json``. Raises ConfigError if there is none, or it can't be used."""
    path = folder / INDEX
    try:
        index = _Index.model_validate(parse_object(read_text(path)))
    except FileNotFoundError:
        raise ConfigError(f"there is no study in {plain(folder)}: make one with 'autoexposure study make'") from None
    except OSError as error:
        raise ConfigError(f"{plain(path)} can't be read ({error.strerror}): name another folder") from error
    except BadInput as error:
        raise ConfigError(f"{plain(path)} can't be used ({error}): make the study again") from error
    except ValidationError as error:
        raise ConfigError(f"{plain(path)} can't be used ({what_is_wrong(error)}): make the study again") from error
    if len({pair.name for pair in index.pairs}) < len(index.pairs):
        raise ConfigError(f"{plain(path)} names a pair twice: make the study again")
    return Study(folder, index.seed, tuple(index.pairs))


@dataclass(frozen=True, slots=True)
class Made:
    """A new study, and the names of pictures that had no partner."""

    study: Study
    alone: tuple[str, ...]


def make_study(folder: Path, ours: Path, native: Path, seed: int) -> Made:
    """Copy the pictures of two folders that have the same name, whatever their ending, into a new study.

    Parameters
    ----------
    folder : of the study; a study that is there already is left alone.
    ours, native : folders of .jpg and .png files.
    seed : draws order and sides.

    Raises
    ------
    ConfigError
        If a folder can't be read or no two names are the same.
    RecordingError
        If a picture is damaged or the study can't be written.
    """
    if (folder / INDEX).exists():
        raise ConfigError(f"there is a study in {plain(folder)} already: name another folder")
    found = {Side.OURS: pictures_of(ours), Side.NATIVE: pictures_of(native)}
    both = sorted(found[Side.OURS].keys() & found[Side.NATIVE].keys())
    if not both:
        raise ConfigError(
            f"no picture in {plain(ours)} has the name of one in {plain(native)}: pairs need the same name"
        )
    if len(both) > MOST_PAIRS:
        raise ConfigError(f"a study has at most {MOST_PAIRS} pairs, given {len(both)}: take some away")
    pairs = []
    for name in both:
        for side, pictures in found.items():
            picture_of(pictures[name])  # a damaged one would be noticed in the middle of the study
            _copy(pictures[name], folder / side.value / pictures[name].name)
        pairs.append(_pair(name, found))
    index = {"format": 1, "seed": seed, "pairs": [pair.model_dump() for pair in pairs]}
    _write(folder / INDEX, json.dumps(index, indent=1).encode())  # last: a study without all its pictures is none
    alone = sorted(found[Side.OURS].keys() ^ found[Side.NATIVE].keys())
    return Made(Study(folder, seed, tuple(pairs)), tuple(alone))


def keep_pair(pictures: Mapping[Side, Pixels], now: datetime, folder: Path | None = None) -> str:
    """Write both pictures, (H, W, 3) uint8 RGB, without loss under one new name; return that name.

    ``folder`` : other than `pairs_folder`. Raises RecordingError if they can't be written.
    """
    folder = folder or pairs_folder()
    try:
        path = write_new(folder / Side.OURS.value, "pair", ".png", _png(pictures[Side.OURS]), now)
        atomic_write(folder / Side.NATIVE.value / path.name, _png(pictures[Side.NATIVE]))
    except OSError as error:
        raise RecordingError(f"the pair can't be kept in {folder} ({error.strerror}): free some space") from error
    return path.stem


def _png(pixels: Pixels) -> bytes:
    return cv2.imencode(".png", np.ascontiguousarray(pixels[..., ::-1]))[1].tobytes()


def open_pairs(folder: Path) -> Study:
    """A study, or two folders ``ours`` and ``native`` that could become one. Raises ConfigError."""
    if (folder / INDEX).exists():
        return open_study(folder)
    found = {side: pictures_of(folder / side.value) for side in Side}
    both = sorted(found[Side.OURS].keys() & found[Side.NATIVE].keys())
    if not both:
        raise ConfigError(f"there are no pairs in {plain(folder)}: pictures in ours and native with the same names")
    return Study(folder, 0, tuple(_pair(name, found) for name in both))


def _pair(name: str, found: Mapping[Side, Mapping[str, Path]]) -> Pair:
    try:
        return Pair(name=name, ours=found[Side.OURS][name].name, native=found[Side.NATIVE][name].name)
    except ValidationError as error:  # a colon or a backslash, which lead elsewhere on another system
        raise ConfigError(f"pictures named {plain(name)} can't be a pair: rename them without : and \\") from error


def pictures_of(folder: Path) -> dict[str, Path]:
    """The pictures of a folder by their name without its ending. Raises ConfigError."""
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in ENDINGS)
    except OSError as error:
        raise ConfigError(f"{plain(folder)} can't be read ({error.strerror}): name a folder of pictures") from error
    found: dict[str, Path] = {}
    for path in paths:
        if not path.stem.isprintable():  # bytes that are no text would make a study.json that nobody can read
            raise ConfigError(f"{plain(path)} has a name that is no text: rename the file")
        if path.stem in found:
            raise ConfigError(f"{plain(path)} and {plain(found[path.stem].name)} have one name: take one of them away")
        found[path.stem] = path
    return found


def picture_of(path: Path) -> Pixels:
    """(H, W, 3) uint8 RGB of one file. Raises RecordingError if it is gone or damaged."""
    try:
        return decode(read_file(path, LARGEST_BODY_BYTES), shrink=True)
    except OSError as error:
        raise RecordingError(f"{plain(path)} can't be read ({error.strerror}): put the picture back") from error
    except (BadInput, PictureError) as error:
        raise RecordingError(f"{plain(path)} can't be shown ({error}): put another picture there") from error


def _copy(source: Path, target: Path) -> None:
    try:
        content = read_file(source, LARGEST_BODY_BYTES)
    except OSError as error:
        raise RecordingError(f"{plain(source)} can't be read ({error.strerror}): put the picture back") from error
    _write(target, content)


def _write(path: Path, content: bytes) -> None:
    try:
        atomic_write(path, content)
        sweep(path.parent)
    except OSError as error:
        raise RecordingError(
            f"{plain(path)} can't be written ({error.strerror}): free some space, or name another folder"
        ) from error
