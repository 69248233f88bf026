"""Reading a recording back: an index of every whole picture, and the pictures one by one."""

from __future__ import annotations

import json
import logging
import math
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import cv2
import numpy as np

from autoexposure.errors import AutoexposureError, RecordingError
from autoexposure.exposure import Exposure
from autoexposure.frame import Pixels, check_pixels
from autoexposure.recording import BLOCK, FORMAT, HEADER_NAME, VERSION, PictureFormat

log = logging.getLogger(__name__)

LARGEST_JSON = 1 << 20
"""Longest description that is believed, in bytes; a true one has some hundreds."""
USUAL_INTERVAL_S = 1 / 30


@dataclass(frozen=True, slots=True)
class RecordedPicture:
    """What is known of one picture without looking at it.

    Attributes
    ----------
    at_s : time since the first picture; rises from picture to picture.
    exposure : what made it, None if nobody knew; ``reported`` by the camera or inferred.
    offset, length : where in the file the encoded picture stands, in bytes.
    """

    at_s: float
    exposure: Exposure | None
    reported: bool
    offset: int
    length: int


class Recording:
    """An open recording; one thread uses it.

    Attributes
    ----------
    camera_name : what was recorded.
    base_iso : the ISO that gain 1.0 of that camera is shown as.
    pictures : every whole picture, in order; at least one.

    Raises RecordingError if the file can't be read, is something else, or holds no whole picture.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file: BinaryIO = path.open("rb")
        except OSError as error:
            raise RecordingError(f"{path} can't be opened ({error.strerror})") from error
        try:
            header = self._header()
            self.camera_name = str(header.get("camera", {}).get("name", ""))
            self.base_iso = int((header.get("capabilities") or {}).get("base_iso", 100))
            self.pictures = tuple(self._index())
        except (OSError, ValueError, TypeError, AttributeError, LookupError) as error:
            self.close()
            raise RecordingError(f"{path} can't be read as a recording ({error})") from error
        except RecordingError:
            self.close()
            raise
        if not self.pictures:
            self.close()
            raise RecordingError(f"the recording {path} ended before its first picture was whole")

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
            data = self._file.read(picture.length)
            bgr = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        except (OSError, ValueError, cv2.error) as error:
            raise RecordingError(f"picture {index} of {self.path} can't be read ({error})") from error
        if bgr is None:
            raise RecordingError(f"picture {index} of {self.path} is damaged")
        return check_pixels(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB))

    def close(self) -> None:
        """Let go of the file; may be called twice."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _header(self) -> dict[str, Any]:
        name, data = next(self._members(), ("", b""))
        header = json.loads(data) if name == HEADER_NAME and isinstance(data, bytes) else {}
        if not isinstance(header, dict) or header.get("format") != FORMAT:
            raise RecordingError(f"{self.path} is not a recording of this program: open one that --record made")
        if header.get("version", 0) > VERSION:
            raise RecordingError(f"{self.path} was made by a newer version of this program: update this one")
        self._file.seek(0)
        return header

    def _index(self) -> Iterator[RecordedPicture]:
        described: dict[str, Any] = {}
        first_s, last_s = math.nan, -math.inf
        for name, contents in self._members():
            if isinstance(contents, bytes):
                described = json.loads(contents) | {"name": name.removesuffix(".json")}
                continue
            if name.rpartition(".")[0] != described.get("name"):
                continue
            stamp_s = float(described["timestamp_s"])
            if math.isnan(first_s):
                first_s = stamp_s
            elif stamp_s <= last_s:  # the camera came back with another clock
                first_s += stamp_s - last_s - USUAL_INTERVAL_S
            last_s = stamp_s
            yield RecordedPicture(stamp_s - first_s, _exposure(described), bool(described.get("reported")), *contents)

    def _members(self) -> Iterator[tuple[str, bytes | tuple[int, int]]]:
        """(name, contents) of every whole member: bytes of a description, (offset, length) of a picture."""
        size = self._file.seek(0, 2)
        offset = 0
        while offset + BLOCK <= size:
            self._file.seek(offset)
            block = self._file.read(BLOCK)
            if not any(block):  # the end mark
                return
            try:
                info = tarfile.TarInfo.frombuf(block, "utf-8", "replace")
            except tarfile.HeaderError as error:
                log.warning("%s is damaged at byte %d (%s): what comes after is left out", self.path, offset, error)
                return
            start = offset + BLOCK
            if start + info.size > size:
                return
            if info.name.endswith(".json") and info.size <= LARGEST_JSON:
                yield info.name, self._file.read(info.size)
            elif info.name.rpartition(".")[2] in set(PictureFormat):
                yield info.name, (start, info.size)
            offset = start + info.size + -info.size % BLOCK


def _exposure(described: dict[str, Any]) -> Exposure | None:
    time_s, gain = described.get("time_s"), described.get("gain")
    if time_s is None or gain is None:
        return None
    try:
        return Exposure(float(time_s), float(gain))
    except AutoexposureError as error:
        raise RecordingError(f"a picture has an impossible exposure ({error})") from error
