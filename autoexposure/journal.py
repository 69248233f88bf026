"""What a camera was set to before we touched it: on disk before the first change, gone once it is put back.

A process that is killed leaves its entry behind; the next start (or ``autoexposure restore``) finds it and puts the
camera right. One small JSON file per camera, written to a temporary name, synced and renamed, so that an entry is
whole or not there at all.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import platformdirs

from autoexposure.camera import Camera, CameraInfo, Settings
from autoexposure.errors import CameraError, ConfigError
from autoexposure.whole_file import write_whole


def default_journal_folder() -> Path:
    """Where entries live: per user, kept over a restart of the machine."""
    return platformdirs.user_state_path("autoexposure") / "cameras"


@dataclass(frozen=True, slots=True)
class Entry:
    """The original settings of one camera, and who changed them."""

    stable_id: str
    spec: str
    name: str
    settings: dict[str, int | float]
    pid: int

    @property
    def info(self) -> CameraInfo:
        """Which camera it is."""
        return CameraInfo(self.spec, self.name, self.stable_id)

    @property
    def in_use(self) -> bool:
        """Whether the program that changed the camera still runs (Linux; elsewhere it is taken to be gone)."""
        try:
            command = Path(f"/proc/{self.pid}/cmdline").read_bytes()
        except OSError:
            return False
        return self.pid != os.getpid() and b"autoexposure" in command


class Journal:
    """The entries of one user.

    Parameters
    ----------
    folder : created with the first entry.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or default_journal_folder()

    def note(self, info: CameraInfo, settings: Settings) -> Entry:
        """Write down what ``info`` is set to, unless an earlier entry holds the true original; return the entry.

        Raises CameraError if it can't be written: then the camera must not be touched.
        """
        if earlier := self.find(info.stable_id):
            return earlier
        entry = Entry(info.stable_id, info.spec, info.name, dict(settings), os.getpid())
        path = self._path(info.stable_id)
        try:
            write_whole(path, json.dumps(asdict(entry)))
        except OSError as error:
            raise CameraError(
                f"{info.name} is left alone, since its present settings could not be written to {path.parent} "
                f"({error.strerror or error}): free some space or check the folder's permissions"
            ) from error
        return entry

    def find(self, stable_id: str) -> Entry | None:
        """The entry of a camera, or None. Raises ConfigError if it is there and can't be read."""
        return self._read(self._path(stable_id))

    def entries(self) -> list[Entry]:
        """Every camera that has not been put back yet."""
        found = (self._read(path) for path in sorted(self.folder.glob("*.json")))
        return [entry for entry in found if entry is not None]

    def put_back(self, camera: Camera) -> bool:
        """Restore an open camera from its entry and drop the entry; False if there was none.

        Raises CameraError if the camera refuses; the entry then stays for the next try.
        """
        entry = self.find(camera.info.stable_id)
        if entry is None:
            return False
        camera.restore(entry.settings)
        self._path(entry.stable_id).unlink(missing_ok=True)
        return True

    def _path(self, stable_id: str) -> Path:
        return self.folder / (hashlib.sha256(stable_id.encode()).hexdigest()[:16] + ".json")

    def _read(self, path: Path) -> Entry | None:
        try:
            fields = json.loads(path.read_text())
            return Entry(**fields)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as error:
            raise ConfigError(
                f"the note of a camera's original settings, {path}, can't be read ({error}): set the camera up by "
                "hand and delete the file"
            ) from error
