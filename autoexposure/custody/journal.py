"""What a camera was set to before we touched it: on disk before the first change, gone once it is put back.

A process that is killed leaves its entry behind; the next start (or ``autoexposure restore``) finds it and puts the
camera right. One small JSON file per camera, written to a temporary name, synced and renamed, so that an entry is
whole or not there at all. One that can't be understood after all is set aside: it costs its own camera its settings,
and no other camera anything.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import logging
import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from autoexposure.abilities.adjustable import NAMES, Adjustable
from autoexposure.abilities.several_adjustments import put_back
from autoexposure.camera import Camera, CameraInfo, Settings
from autoexposure.custody.camera_lock import CameraLock
from autoexposure.errors import CameraError, SettledOtherwise
from autoexposure.files.atomic_file import atomic_write, sweep
from autoexposure.files.bounded import BadInput, parse_json, read_text
from autoexposure.files.private_files import own_folder
from autoexposure.plain_text import plain

log = logging.getLogger(__name__)

VERSION = 1
"""Of an entry's form. Entries without a number are of the first."""

LARGEST_ENTRY_BYTES = 1 << 17
"""A camera has some dozens of controls, of which each takes some dozens of bytes."""

LARGEST_SETTING = 2**63
"""No device has larger numbers; not a number and infinity are none."""


def default_journal_folder() -> Path:
    """Where entries live: per user, kept over a restart of the machine."""
    return platformdirs.user_state_path("autoexposure") / "cameras"


@dataclass(frozen=True, slots=True)
class Entry:
    """The original settings of one camera."""

    stable_id: str
    spec: str
    name: str
    settings: dict[str, int | float]

    @property
    def info(self) -> CameraInfo:
        """Which camera it is."""
        return CameraInfo(self.spec, self.name, self.stable_id)


class Journal:
    """The entries of one user.

    Parameters
    ----------
    folder : created with the first entry.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or default_journal_folder()
        self._notices: list[str] = []

    def take_notices(self) -> list[str]:
        """What the user should know of entries that were set aside since the last call, a sentence each."""
        notices, self._notices = self._notices, []
        return notices

    def lock(self, info: CameraInfo) -> CameraLock:
        """Keep every other program, and every other session of this one, from this camera.

        Raises CameraBusy if one has it, CameraError if the lock can't be made: then the camera must not be touched.
        """
        path = self._path(info.stable_id).with_suffix(".lock")
        try:
            own_folder(self.folder)
            sweep(self.folder)
            return CameraLock(path, plain(info.name))
        except OSError as error:
            raise self._left_alone(info, error) from error

    def note(self, info: CameraInfo, settings: Settings) -> Entry:
        """Write down what ``info`` is set to; what an earlier entry says is the true original. Return the whole entry.

        Raises CameraError if it can't be written: then the camera must not be touched.
        """
        earlier = self.entry_of(info)
        at_its_place = earlier is not None and earlier.stable_id == info.stable_id
        if earlier is not None and at_its_place and settings.keys() <= earlier.settings.keys():
            return earlier
        original = {**settings, **(earlier.settings if earlier is not None else {})}
        entry = Entry(info.stable_id, info.spec, info.name, original)
        fields = {
            "version": VERSION,
            "stable_id": entry.stable_id,
            "spec": entry.spec,
            "name": entry.name,
            "settings": entry.settings,
        }
        try:
            atomic_write(self._path(info.stable_id), json.dumps(fields, allow_nan=False))
        except (OSError, ValueError) as error:
            raise self._left_alone(info, error) from error
        if earlier is not None and not at_its_place:
            self.drop(earlier.info)
        return entry

    def find(self, stable_id: str) -> Entry | None:
        """The entry of a camera, or None; one that can't be understood is set aside, see ``take_notices``."""
        return self._read(self._path(stable_id))

    def entry_of(self, info: CameraInfo) -> Entry | None:
        """As `find`, also under the camera's former id."""
        return self.find(info.stable_id) or (self.find(info.former_id) if info.former_id else None)

    def entries(self) -> list[Entry]:
        """Every camera that has not been put back yet; entries that can't be understood are set aside."""
        found = (self._read(path) for path in sorted(self.folder.glob("*.json")))
        return [entry for entry in found if entry is not None]

    def put_back(self, camera: Camera) -> bool:
        """Restore an open camera from its entry and drop the entry; False if there was none.

        Raises CameraError if the camera refuses; the entry then stays for the next try, if that could change anything.
        """
        entry = self.entry_of(camera.info)
        if entry is None:
            return False
        try:
            restore(camera, entry.settings)
        except SettledOtherwise:
            self.drop(entry.info)
            raise
        self.drop(entry.info)
        return True

    def drop(self, info: CameraInfo) -> None:
        """Forget the entry of a camera that is as it was."""
        path = self._path(info.stable_id)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:  # the camera is right; the next start puts it back to the same once more
            log.warning("the note %s can't be deleted (%s)", path, error.strerror or error)

    def _left_alone(self, info: CameraInfo, error: Exception) -> CameraError:
        reason = getattr(error, "strerror", None) or error
        return CameraError(
            f"{plain(info.name)} is left alone, since its present settings could not be written to {self.folder} "
            f"({reason}): free some space or check the folder's permissions"
        )

    def _path(self, stable_id: str) -> Path:
        return self.folder / (hashlib.sha256(stable_id.encode(errors="surrogatepass")).hexdigest()[:16] + ".json")

    def _read(self, path: Path) -> Entry | None:
        try:
            entry = _parsed(read_text(path, LARGEST_ENTRY_BYTES))
            if self._path(entry.stable_id) != path:
                raise BadInput("it belongs to another file")
            return entry
        except FileNotFoundError:
            return None
        except (OSError, BadInput) as error:
            self._set_aside(path, error)
            return None

    def _set_aside(self, path: Path, error: Exception) -> None:
        """Keep a note that can't be understood under another name, where it is out of the way."""
        names = (path.with_suffix(f".set-aside{number or ''}") for number in itertools.count())
        aside = next(name for name in names if not os.path.lexists(name))
        try:
            path.rename(aside)
            if aside.is_file() and not aside.is_symlink():
                aside.chmod(0o600)
            kept = f"it is kept as {aside}"
        except OSError as failed:
            kept = f"it can't be moved away either ({failed.strerror or failed})"
        reason = plain(getattr(error, "strerror", None) or error)
        notice = (
            f"The note {path} of what a camera was set to before can't be used ({reason}); {kept}. "
            "If that camera is not as it was, set it up by hand."
        )
        self._notices.append(notice)  # for ``take_notices``: whoever takes it shows it, once


def restore(camera: Camera, settings: Settings) -> None:
    """Put a camera back: its exposure, then the controls beside it that were changed (`adjustable.NAMES`).

    Raises CameraError if it refuses, after all the rest was tried.
    """
    beside = {name: value for name, value in settings.items() if name in NAMES}
    exposure = {name: value for name, value in settings.items() if name not in NAMES}
    try:
        if exposure:
            camera.restore(exposure)
    finally:
        if beside and isinstance(camera, Adjustable):
            put_back(camera, beside)


def _parsed(text: str) -> Entry:
    """The entry in a note's text. Raises BadInput."""
    fields = parse_json(text)
    if not isinstance(fields, dict):
        raise BadInput("it is no note of a camera")
    version = fields.get("version", VERSION)
    if version != VERSION:
        raise BadInput(f"it is of version {plain(version, 20)}, and this program reads version {VERSION}")
    stable_id, spec, name, settings = (fields.get(key) for key in ("stable_id", "spec", "name", "settings"))
    if not (isinstance(stable_id, str) and isinstance(spec, str) and isinstance(name, str)):
        raise BadInput("it does not name its camera")
    if not (isinstance(settings, dict) and settings and all(_is_number(value) for value in settings.values())):
        raise BadInput("its settings are no numbers")
    return Entry(stable_id, spec, plain(name), settings)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and abs(value) <= LARGEST_SETTING
