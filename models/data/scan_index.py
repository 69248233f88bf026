"""What a scan found in every file, remembered: a second look at a million photographs should not decode them again."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import astuple, dataclass
from pathlib import Path

from autoexposure.files.atomic_file import atomic_write
from autoexposure.files.bounded import parse_object, read_text

LARGEST_INDEX_BYTES = 512 << 20
"""Of an index: a million photographs take 200 MB."""

_VERSION = 2
"""Raised when what is looked for in a file changes, so that an old index is not believed."""

SAVE_EVERY_S = 60.0
"""Work that a killed scan may lose; scanning takes hours for millions of photographs."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """One file: the SHA-256 of its content, its perceptual hash, why it can't be used (empty if it can), its size."""

    sha256: str = ""
    look: int = 0
    fault: str = ""
    width_px: int = 0
    height_px: int = 0


class ScanIndex:
    """A JSON file of what was found, by path, size and time of change; None remembers nothing.

    A damaged or missing index costs a scan and nothing else, and so does one that cannot be written.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._known: dict[str, Scanned] = {}
        self._changed = False
        self._saved_s = time.monotonic()
        if path is not None and path.is_file():
            try:
                content = parse_object(read_text(path, LARGEST_INDEX_BYTES))
                files = content["files"]
                if content["version"] == _VERSION and isinstance(files, dict):
                    self._known = {key: _scanned(entry) for key, entry in files.items()}
            except (OSError, ValueError, KeyError, TypeError):
                self._known = {}

    def look_up(self, path: Path, scan: Callable[[Path], Scanned]) -> Scanned:
        """What is known of ``path``, by ``scan`` if nothing is or the file has changed since."""
        try:
            status = path.stat()
        except OSError as error:
            return Scanned(fault=f"cannot be read ({error.strerror})")
        name = os.fsencode(path.resolve()).decode("utf-8", "backslashreplace")  # JSON takes text only
        key = f"{name}|{status.st_size}|{status.st_mtime_ns}"
        if key not in self._known:
            scanned = scan(path)
            if not scanned.sha256:
                return scanned  # it may be readable next time
            self._known[key] = scanned
            self._changed = True
        return self._known[key]

    def save_now_and_then(self) -> None:
        """Write the index if that was long ago."""
        if time.monotonic() - self._saved_s >= SAVE_EVERY_S:
            self.save()

    def save(self) -> None:
        """Write the index, whole or not at all."""
        self._saved_s = time.monotonic()
        if self._path is None or not self._changed:
            return
        files = {key: astuple(scanned) for key, scanned in self._known.copy().items()}
        with suppress(OSError):  # nothing is lost: the next scan looks at the files again
            atomic_write(self._path, json.dumps({"version": _VERSION, "files": files}))


def _scanned(entry: list[object]) -> Scanned:
    """An entry of the index. Raises ValueError if it is none."""
    sha256, look, fault, width_px, height_px = entry
    if not (isinstance(sha256, str) and isinstance(look, int) and isinstance(fault, str) and 0 <= look < 1 << 64):
        raise ValueError("an entry is of the wrong kind")
    if not (isinstance(width_px, int) and isinstance(height_px, int) and min(width_px, height_px) >= 0):
        raise ValueError("an entry's size is none")
    return Scanned(sha256, look, fault, width_px, height_px)
