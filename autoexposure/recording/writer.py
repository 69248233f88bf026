"""Recordings: every picture of a run with what was known of it, in one file that survives its program.

The file is a plain tar, so ``tar xf`` and any archive program open it. First ``recording.json``: which camera, when.
Then for every picture two members, ``000017.json`` (the keys of `autoexposure.recording.trace`) and ``000017.jpg`` (or
``.png``).

A tar is only ever appended to and each member says its own length, so a file that ends in the middle - killed, power
lost, disk full - still gives every picture but the last. Both members of a picture go out in one write. What was
written is put on the disk once a second, so a power cut costs the last second.
"""

from __future__ import annotations

import io
import json
import os
import tarfile
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Self

import cv2

from autoexposure.control.snapshot import Snapshot
from autoexposure.errors import RecordingError
from autoexposure.files.private_files import make_folder, private, sync_folder
from autoexposure.frame import Pixels
from autoexposure.recording.sink import QueuedSink
from autoexposure.recording.trace import trace_record
from autoexposure.spec_text import shown

HEADER_NAME = "recording.json"
FORMAT = "autoexposure recording"
VERSION = 1
BLOCK = tarfile.BLOCKSIZE

SYNC_EVERY_S = 1.0
"""What a power cut costs. A shorter time would keep a slow disk busy with little."""


class PictureFormat(StrEnum):
    """How pictures are kept; the value is the ending of their names."""

    JPEG = "jpg"
    """Quality 95 without colour subsampling: 0.1 MB at 640x480. It smears which code values were clipped a little."""
    PNG = "png"
    """Without any loss, at about five times the size."""


_ENCODING = {
    PictureFormat.JPEG: [
        *(cv2.IMWRITE_JPEG_QUALITY, 95),
        *(cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444),
    ],
    PictureFormat.PNG: [cv2.IMWRITE_PNG_COMPRESSION, 1],
}


@dataclass(frozen=True, slots=True)
class Written:
    """How far a recording is: pictures, bytes on the disk, and seconds from the first picture to the last."""

    pictures: int = 0
    size_bytes: int = 0
    length_s: float = 0.0


class RecordingWriter:
    """Writes one recording; one thread uses it. Makes the file, and its folder, at once.

    A thread of its own waits for the disk, so that ``add`` does not: a memory card takes a second now and then, in
    which pictures would be missed.

    Parameters
    ----------
    path : must not exist yet: nothing is ever overwritten.

    Raises RecordingError, from the constructor and from ``add``: then everything added before is in the file, unless
    it was the disk that lost it.
    """

    def __init__(self, path: Path, picture_format: PictureFormat = PictureFormat.JPEG) -> None:
        self.path = path
        self._format = picture_format
        self._camera = ""
        self._first_s = 0.0
        self._last: tuple[int, int] | None = None
        self._written = Written()
        self._file: int | None = None
        self._ending = threading.Event()
        self._disk_error: OSError | None = None
        if os.path.exists(path):
            raise RecordingError(f"{path} exists already and is left alone: name another file")
        try:
            make_folder(path.parent)
            self._file = private(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0))
            sync_folder(path.parent)
        except OSError as error:
            if self._file is not None:
                os.close(self._file)
                path.unlink(missing_ok=True)
            raise RecordingError(f"{path} can't be written ({error.strerror}): name a file elsewhere") from error
        self._syncing = threading.Thread(target=self._sync, args=(self._file,), name="recording-disk", daemon=True)
        self._syncing.start()

    @property
    def written(self) -> Written:
        """What is in the file: safe if the program dies, and on the disk a second later."""
        return self._written

    def add(self, snapshot: Snapshot) -> bool:
        """Append the picture of ``snapshot``; False if it has none, or none that is new.

        Raises RecordingError if the disk is full or refuses, or if it comes from another camera.
        """
        frame = snapshot.frame
        if frame is None or snapshot.picture == self._last or snapshot.camera is None:
            return False
        if self._camera and snapshot.camera.stable_id != self._camera:
            raise RecordingError(f"the camera was changed, so the recording {self.path.name} ended")
        number = self._written.pictures
        data = _member(f"{number:06d}.json", _as_json(trace_record(snapshot)))
        data += _member(f"{number:06d}.{self._format}", encode(frame.pixels, self._format))
        if not self._camera:
            data = _member(HEADER_NAME, _as_json(_header(snapshot))) + data
            self._first_s = frame.timestamp_s
        self._append(data)
        self._camera = snapshot.camera.stable_id
        self._last = snapshot.picture
        size_bytes = self._written.size_bytes + len(data)
        self._written = Written(number + 1, size_bytes, frame.timestamp_s - self._first_s)
        return True

    def close(self) -> None:
        """Write the end mark and close; an empty recording is removed. Callable twice; raises nothing."""
        file, self._file = self._file, None
        if file is None:
            return
        self._ending.set()
        self._syncing.join()
        try:
            if self._written.pictures:
                with suppress(OSError):  # the mark only spares other programs a warning; a full disk has no room for it
                    os.write(file, bytes(2 * BLOCK))
                with suppress(OSError):
                    os.fsync(file)
        finally:
            os.close(file)
        if not self._written.pictures:
            self.path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _sync(self, file: int) -> None:
        """In a thread of its own: what was written is put on the disk now and then. ``close`` does it a last time."""
        synced_bytes = 0
        while not self._ending.wait(SYNC_EVERY_S):
            size_bytes = self._written.size_bytes
            if size_bytes == synced_bytes:
                continue
            try:
                os.fsync(file)
            except OSError as error:
                self._disk_error = error  # said with the next picture
                return
            synced_bytes = size_bytes

    def _append(self, data: bytes) -> None:
        if self._file is None:
            raise RecordingError(f"the recording {self.path.name} has ended: start another")
        if (lost := self._disk_error) is not None:
            self.close()
            raise RecordingError(
                f"the recording {self.path} ended, its disk lost what was written last ({lost.strerror}): look at it"
                " and start another elsewhere"
            ) from lost
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(self._file, rest) :]
        except OSError as error:
            with suppress(OSError):  # readers pass over half a picture anyway
                os.ftruncate(self._file, self._written.size_bytes)
                os.lseek(self._file, self._written.size_bytes, os.SEEK_SET)
            self.close()
            safe = f"its {self._written.pictures} pictures are safe" if self._written.pictures else "nothing was kept"
            raise RecordingError(
                f"the recording {self.path} ended ({error.strerror}), {safe}: free some space and start another"
            ) from error


def recording_sink(path: Path, picture_format: PictureFormat = PictureFormat.JPEG) -> QueuedSink[RecordingWriter]:
    """A sink of the control loop that records every picture to ``path``."""
    return QueuedSink("recording", lambda: RecordingWriter(path, picture_format))


def encode(pixels: Pixels, picture_format: PictureFormat) -> bytes:
    """(H, W, 3) uint8 RGB as the contents of a picture file."""
    done, data = cv2.imencode(f".{picture_format}", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), _ENCODING[picture_format])
    if not done:
        raise RecordingError(f"a picture of {pixels.shape[1]}x{pixels.shape[0]} can't be kept as {picture_format}")
    return bytes(data)


def _header(snapshot: Snapshot) -> dict[str, object]:
    assert snapshot.camera is not None
    return {
        "format": FORMAT,
        "version": VERSION,
        "program": version("autoexposure"),
        "started_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "camera": asdict(snapshot.camera) | {"spec": shown(snapshot.camera.spec)},
        "capabilities": asdict(snapshot.capabilities) if snapshot.capabilities is not None else None,
    }


def _as_json(values: dict[str, object]) -> bytes:
    return json.dumps(values).encode() + b"\n"


def _member(name: str, data: bytes) -> bytes:
    """A tar member: its header, its contents, zeros up to the next block."""
    info = tarfile.TarInfo(name)
    info.size = len(data)
    info.mtime = int(datetime.now(UTC).timestamp())
    out = io.BytesIO()
    out.write(info.tobuf(tarfile.USTAR_FORMAT))
    out.write(data)
    out.write(bytes(-len(data) % BLOCK))
    return out.getvalue()
