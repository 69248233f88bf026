"""Recordings as other programs take them: a video, or a WebDataset to train on. Each is written whole or not at all."""

from __future__ import annotations

import logging
import os
import tarfile
import tempfile
from bisect import bisect_right
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from io import BytesIO
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Self

import cv2
import numpy as np

from autoexposure.errors import ConfigError, RecordingError
from autoexposure.files.atomic_file import atomic_open, rename_to_new
from autoexposure.files.private_files import make_folder, private, sync_folder
from autoexposure.frame import Pixels
from autoexposure.process.long_work import Tell, tell_nobody
from autoexposure.recording.reader import Recording

log = logging.getLogger(__name__)

CODECS = {".mp4": "mp4v", ".mkv": "FFV1"}
"""Ending -> four-letter code of the video. MPEG-4 is small, and players and editors have it; FFV1 loses nothing.
OpenCV, which is here anyway, writes both. It has no free H.264; PyAV would have one, and add 106 MB."""

WEBDATASET = ".tar"

LONGEST_STILL_S = 2.0
"""A gap in a recording, as while a camera was unplugged, becomes a still picture of this length at the most."""


@dataclass(frozen=True, slots=True)
class Converted:
    """What was written: pictures of the recording that are in it, and those that are damaged and left out."""

    pictures: int
    damaged: int


def convert(recording: Recording, path: Path, tell: Tell = tell_nobody) -> Converted:
    """Write ``recording`` to ``path`` in the format that its ending names: ``.mp4``, ``.mkv`` or ``.tar``.

    A file that is there is left alone.

    Raises
    ------
    ConfigError
        If the ending is another, or the file is there.
    RecordingError
        If it can't be written, or the recording holds no picture that can be shown. Nothing stays behind then.
    """
    write = _writer(path)
    if path.exists() or path.is_symlink():
        raise ConfigError(f"{path} exists already and is left alone: name another file")
    try:
        return write(recording, path, tell)
    except FileExistsError as error:
        raise ConfigError(f"{path} exists already and is left alone: name another file") from error
    except OSError as error:
        raise RecordingError(f"{path} can't be written ({error.strerror or error}): name a file elsewhere") from error


def _writer(path: Path) -> Callable[[Recording, Path, Tell], Converted]:
    ending = path.suffix.lower()
    if ending == WEBDATASET:
        return _webdataset
    if ending in CODECS:
        return _video
    known = ", ".join((*CODECS, WEBDATASET))
    raise ConfigError(f"a recording is converted to a file that ends in {known}, given {path.name!r}")


def _webdataset(recording: Recording, path: Path, tell: Tell) -> Converted:
    """Every sample is ``000017.json`` and ``000017.jpg``, as they stand in the recording.

    The recording's own first member would be a sample without a picture, so it is left out.
    """
    kept = 0
    with atomic_open(path, new=True) as file, tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as out:
        for index, picture in enumerate(recording.pictures):
            tell("writing the WebDataset", index / len(recording.pictures))
            try:
                recording.pixels(index)
            except RecordingError as error:
                log.info("%s; it is left out", error)
                continue
            described, encoded = recording.as_stored(index)
            ending = picture.name.rpartition(".")[2]
            for name, data in ((f"{kept:06d}.json", described), (f"{kept:06d}.{ending}", encoded)):
                info = tarfile.TarInfo(name)
                info.size = len(data)
                out.addfile(info, BytesIO(data))
            kept += 1
        _check_some(recording, kept)
    return Converted(kept, len(recording.pictures) - kept)


def _video(recording: Recording, path: Path, tell: Tell) -> Converted:
    """A video has one frame rate: every frame shows the picture that was the newest at its time."""
    interval_s = recording.frame_interval_s
    times_s = _without_long_gaps([picture.at_s for picture in recording.pictures])
    frames = round(times_s[-1] / interval_s) + 1
    newest, shown, damaged = -1, 0, 0
    make_folder(path.parent)
    with tempfile.TemporaryDirectory(prefix=".converting-", dir=path.parent) as folder:
        part = Path(folder) / f"video{path.suffix.lower()}"
        with ExitStack() as stack:
            video: _Video | None = None
            for frame in range(frames):
                tell("writing the video", frame / frames)
                # Half a frame of slack, since times are never quite even.
                due = bisect_right(times_s, (frame + 0.5) * interval_s) - 1
                if due > newest:
                    newest = due
                    try:
                        pixels = recording.pixels(newest)
                    except RecordingError as error:
                        log.info("%s; the picture before it stays", error)
                        damaged += 1
                    else:
                        video = video or stack.enter_context(_Video(part, 1 / interval_s, pixels.shape[:2]))
                        video.show(pixels)
                        shown += 1
                if video is not None:
                    video.add_frame()
        _check_some(recording, shown)
        assert video is not None
        video.check(tell)
        with open(part, "rb+", opener=private) as whole:
            os.fsync(whole.fileno())
        rename_to_new(part, path)
    sync_folder(path.parent)
    return Converted(shown, damaged)


class _Video:
    """A video file being written by OpenCV, which says nothing of a disk that is full.

    Parameters
    ----------
    size : (height, width) in pixels of the first picture; codecs want even numbers, so a row or column may be cut off.
    """

    def __init__(self, path: Path, frames_per_s: float, size: tuple[int, ...]) -> None:
        self._path = path
        self._height, self._width = (side // 2 * 2 for side in size)
        self._frames = 0
        self._shown: Pixels | None = None
        code = cv2.VideoWriter.fourcc(*CODECS[path.suffix])
        self._writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, code, frames_per_s, (self._width, self._height))
        if not self._writer.isOpened():
            self._writer.release()
            raise RecordingError(
                f"OpenCV can't write a video of {self._width}x{self._height} as {path.suffix}: name a file with "
                "another ending"
            )

    def show(self, pixels: Pixels) -> None:
        """The frames to come show ``pixels``, (H, W, 3) uint8 RGB; another size is made to fit, with black borders."""
        height, width = pixels.shape[:2]
        if (height // 2 * 2, width // 2 * 2) == (self._height, self._width):
            fitting = pixels[: self._height, : self._width]
        else:
            scale = min(self._height / height, self._width / width)
            size = max(int(width * scale), 1), max(int(height * scale), 1)
            fitting = np.zeros((self._height, self._width, 3), np.uint8)
            fitting[: size[1], : size[0]] = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
        self._shown = np.asarray(cv2.cvtColor(fitting, cv2.COLOR_RGB2BGR), np.uint8)

    def add_frame(self) -> None:
        """Append a frame."""
        assert self._shown is not None
        self._writer.write(self._shown)
        self._frames += 1

    def check(self, tell: Tell) -> None:
        """Read all frames back. Raises RecordingError if some are missing."""
        capture = cv2.VideoCapture(str(self._path), cv2.CAP_FFMPEG)
        try:
            found = 0
            while found < self._frames and capture.grab():
                found += 1
                tell("reading the video back", found / self._frames)
        finally:
            capture.release()
        if found < self._frames:
            raise RecordingError(
                f"only {found} of {self._frames} frames of the video were written: the disk is probably full, free "
                "some space or name a file elsewhere"
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.release()


def _without_long_gaps(times_s: Sequence[float]) -> list[float]:
    """The same times, but no two of them further apart than LONGEST_STILL_S."""
    return list(accumulate((min(after - before, LONGEST_STILL_S) for before, after in pairwise(times_s)), initial=0.0))


def _check_some(recording: Recording, kept: int) -> None:
    if not kept:
        raise RecordingError(f"{recording.path} holds no picture that can be shown: every one is damaged")
