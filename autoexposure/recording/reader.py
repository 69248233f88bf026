"""Reading a recording back: an index of every whole picture, and the pictures one by one."""

from __future__ import annotations

import logging
import math
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from autoexposure.camera import LONGEST_PATH, Capabilities, ControlRange, believed_gains, believed_times
from autoexposure.errors import AutoexposureError, PictureError, RecordingError
from autoexposure.exposure import Exposure
from autoexposure.files.bounded import BadInput, open_file, parse_json
from autoexposure.files.decoding import LARGEST_BODY_BYTES, decode
from autoexposure.files.picture_header import Kind
from autoexposure.frame import Pixels
from autoexposure.plain_text import plain
from autoexposure.recording.writer import BLOCK, FORMAT, HEADER_NAME, VERSION, PictureFormat

log = logging.getLogger(__name__)

LARGEST_JSON = 1 << 20
"""Longest description that is read, in bytes; a true one has a few hundred."""
LATEST_S = 1e10
"""Time stamps above it, 300 years, are damage."""
USUAL_BASE_ISO = 100
HIGHEST_BASE_ISO = 1_000_000
"""No sensor's base sensitivity comes near it."""
USUAL_INTERVAL_S = 1 / 30
LONGEST_GAP = 10_000
"""Pictures missed between two that were recorded; more is another way of counting."""
LONGEST_DELAY = 1000
"""In frames; what exceeds it is damage."""


@dataclass(frozen=True, slots=True)
class RecordedPicture:
    """What is known of one picture without looking at it.

    Attributes
    ----------
    at_s : time since the first picture; rises from picture to picture.
    sequence : the sensor's running number, counted from the first picture; rises, and a gap is pictures not recorded.
    exposure : what made it, None if unknown; ``reported`` by the camera or inferred.
    wrote : whether the camera was written to on account of it, and ``commanded_ev`` what it was told last, if known.
    meter : what metered it; empty if nothing did.
    name : of its file, as ``000017.jpg``.
    offset, length : where in the file the encoded picture stands, in bytes. described_at, described_length : the same
        of its description.
    """

    at_s: float
    sequence: int
    exposure: Exposure | None
    reported: bool
    wrote: bool
    commanded_ev: float | None
    meter: str
    name: str
    offset: int
    length: int
    described_at: int
    described_length: int


@dataclass(frozen=True, slots=True)
class _Description:
    """What is used of the JSON beside a picture; as in `RecordedPicture`, with the camera's own time stamp."""

    stamp_s: float
    sequence: int | None
    exposure: Exposure | None
    reported: bool
    wrote: bool
    commanded_ev: float | None
    meter: str
    at: int
    length: int


class Recording:
    """An open recording; one thread uses it.

    Attributes
    ----------
    camera_name : what was recorded. camera_id : its stable id; both empty if unknown.
    capabilities : what that camera could do; times and gains are None where the recording does not say.
    base_iso : the ISO that gain 1.0 of that camera is shown as.
    pictures : every whole picture, in order; at least one.

    Raises RecordingError if the file can't be read, is something else, or holds no whole picture.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._left_out: list[str] = []
        try:
            self._file = open_file(path)
        except OSError as error:
            raise RecordingError(f"{path} can't be opened ({error.strerror})") from error
        except BadInput as error:
            raise RecordingError(f"{path} can't be read as a recording ({error})") from error
        try:
            header = self._header()
            self.camera_name = plain(_table(header, "camera").get("name") or "")
            self.camera_id = plain(_table(header, "camera").get("stable_id") or "", LONGEST_PATH)
            self.capabilities = _capabilities(_table(header, "capabilities"))
            self.base_iso = self.capabilities.base_iso
            self.pictures = tuple(self._index())
        except (OSError, BadInput) as error:
            self.close()
            raise RecordingError(f"{path} can't be read as a recording ({error})") from error
        except RecordingError:
            self.close()
            raise
        why = self._left_out[0] if self._left_out else ""
        if not self.pictures:
            self.close()
            raise RecordingError(f"the recording {path} " + (why or "ended before its first picture was whole"))
        if why:
            log.warning("a part of the recording %s is left out: it %s", path, why)

    @property
    def length_s(self) -> float:
        """From the first picture to the last."""
        return self.pictures[-1].at_s

    @property
    def frame_interval_s(self) -> float:
        """Usual time between two pictures."""
        if len(self.pictures) < 2:
            return USUAL_INTERVAL_S
        times = np.array([picture.at_s for picture in self.pictures])
        return float(np.clip(np.median(np.diff(times)), 1e-3, 1.0))

    def pixels(self, index: int) -> Pixels:
        """Picture ``index``, (H, W, 3) uint8 RGB. Raises RecordingError if it is damaged."""
        picture = self.pictures[index]
        try:
            self._file.seek(picture.offset)
            return decode(self._file.read(picture.length), (Kind.JPEG, Kind.PNG))
        except OSError as error:
            raise RecordingError(f"picture {index} of {self.path} can't be read ({error.strerror})") from error
        except PictureError as error:
            raise RecordingError(f"picture {index} of {self.path} can't be shown: {error}") from error

    def as_stored(self, index: int) -> tuple[bytes, bytes]:
        """Description and encoded picture ``index`` as they stand in the file. Raises RecordingError."""
        picture = self.pictures[index]
        try:
            self._file.seek(picture.described_at)
            description = self._file.read(picture.described_length)
            self._file.seek(picture.offset)
            return description, self._file.read(picture.length)
        except OSError as error:
            raise RecordingError(f"picture {index} of {self.path} can't be read ({error.strerror})") from error

    def close(self) -> None:
        """Let go of the file; may be called twice."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _header(self) -> dict[str, object]:
        name, data, _ = next(self._members(), ("", b"", 0))
        header = parse_json(data) if name == HEADER_NAME and isinstance(data, bytes) else None
        if not isinstance(header, dict) or header.get("format") != FORMAT:
            raise RecordingError(f"{self.path} is not a recording of this program: open one that --record made")
        version = header.get("version", 0)
        if not isinstance(version, int) or version > VERSION:
            raise RecordingError(f"{self.path} was made by a newer version of this program: update this one")
        return header

    def _index(self) -> Iterator[RecordedPicture]:
        name, described = "", None
        first_s, last_s = math.nan, -math.inf
        number, last_number = -1, None
        for member, contents, at in self._members():
            if isinstance(contents, bytes):
                if member == HEADER_NAME:
                    continue
                name, described = member.removesuffix(".json"), self._described(member, contents, at)
                continue
            if described is None or member.rpartition(".")[0] != name:
                continue
            stamp_s = described.stamp_s
            if math.isnan(first_s):
                first_s = stamp_s
            elif stamp_s <= last_s:  # the camera came back with another clock
                first_s += stamp_s - last_s - USUAL_INTERVAL_S
            last_s = stamp_s
            gap = described.sequence - last_number if described.sequence is not None and last_number is not None else 1
            number += gap if 0 < gap <= LONGEST_GAP else 1  # else the camera came back and counts anew
            last_number = described.sequence
            yield RecordedPicture(
                stamp_s - first_s,
                number,
                described.exposure,
                described.reported,
                described.wrote,
                described.commanded_ev,
                described.meter,
                plain(member),
                at,
                contents,
                described.at,
                described.length,
            )

    def _described(self, member: str, contents: bytes, at: int) -> _Description | None:
        """The description of a picture; None, and why is kept, if the picture is lost."""
        try:
            described = parse_json(contents)
            if not isinstance(described, dict):
                raise BadInput("it is no JSON object")
            stamp_s = _number(described.get("timestamp_s"))
            if stamp_s is None or abs(stamp_s) > LATEST_S:
                raise BadInput("its time stamp is missing or impossible")
            return _Description(
                stamp_s,
                sequence if isinstance(sequence := described.get("sequence"), int) else None,
                _exposure(described),
                described.get("reported") is True,
                described.get("wrote") is True,
                _number(described.get("commanded_ev")),
                plain(described.get("meter") or ""),
                at,
                len(contents),
            )
        except BadInput as error:
            self._left_out.append(f"has an impossible description, {plain(member)}: {error}")
            return None

    def _members(self) -> Iterator[tuple[str, bytes | int, int]]:
        """(name, contents, offset) of every whole member: bytes of a description, of a picture how many there are."""
        size = self._file.seek(0, 2)
        offset = 0
        while offset + BLOCK <= size:
            self._file.seek(offset)
            block = self._file.read(BLOCK)
            if not any(block):  # the end mark
                return
            try:
                info = tarfile.TarInfo.frombuf(block, "utf-8", "replace")
                if info.size < 0:
                    raise tarfile.HeaderError("a negative size")
            except tarfile.HeaderError as error:
                self._left_out.append(f"is damaged at byte {offset} ({error}), and what comes after is lost")
                return
            start = offset + BLOCK
            if start + info.size > size:
                return
            if info.name.endswith(".json") and info.size <= LARGEST_JSON:
                yield info.name, self._file.read(info.size), start
            elif info.name.rpartition(".")[2] in set(PictureFormat) and info.size <= LARGEST_BODY_BYTES:
                yield info.name, info.size, start
            offset = start + info.size + -info.size % BLOCK


def _table(header: dict[str, object], key: str) -> dict[str, object]:
    """What stands under ``key``, if it is a table; else an empty one."""
    value = header.get(key)
    return value if isinstance(value, dict) else {}


def _capabilities(told: dict[str, object]) -> Capabilities:
    """What the header says of the camera; what is damaged in it counts as unknown."""
    return Capabilities(
        time_s=_range(_table(told, "time_s"), believed_times),
        gain=_range(_table(told, "gain"), believed_gains),
        delay_frames=_delay(told.get("delay_frames")),
        base_iso=_base_iso(told.get("base_iso")),
    )


def _range(
    told: dict[str, object], believed: Callable[[float, float, float, tuple[float, ...]], ControlRange | None]
) -> ControlRange | None:
    low, high, step = (_number(told.get(name)) for name in ("minimum", "maximum", "step"))
    listed = told.get("values")
    values = [_number(value) for value in listed] if isinstance(listed, list) else []
    if low is None or high is None:
        return None
    return believed(low, high, step or 0.0, tuple(value for value in values if value is not None))


def _delay(told: object) -> tuple[int, int]:
    """(shortest, longest) in frames; the usual range if it says nothing that can be."""
    if isinstance(told, list) and len(told) == 2:
        shortest, longest = told
        if isinstance(shortest, int) and isinstance(longest, int) and 0 <= shortest <= longest <= LONGEST_DELAY:
            return shortest, longest
    return Capabilities().delay_frames


def _number(value: object) -> float | None:
    """A finite number, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < math.inf:
        return None
    return float(value)


def _base_iso(value: object) -> int:
    return value if isinstance(value, int) and 1 <= value <= HIGHEST_BASE_ISO else USUAL_BASE_ISO


def _exposure(described: dict[str, object]) -> Exposure | None:
    time_s, gain = described.get("time_s"), described.get("gain")
    if time_s is None or gain is None:
        return None
    if not (isinstance(time_s, int | float) and isinstance(gain, int | float)):
        raise BadInput("it has an impossible exposure")
    try:
        return Exposure(float(time_s), float(gain))
    except (TypeError, ValueError, AutoexposureError) as error:
        raise BadInput("it has an impossible exposure") from error
