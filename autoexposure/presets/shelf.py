"""Where presets are kept: one file a camera, readable and fit to be edited.

pydantic is loaded only where a file is really read or written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs

from autoexposure.camera import CameraInfo
from autoexposure.control.commands import ForCamera
from autoexposure.errors import ConfigError
from autoexposure.files.alone import alone_in
from autoexposure.files.atomic_file import atomic_write, sweep
from autoexposure.files.bounded import BadInput, read_text
from autoexposure.files.camera_file import camera_file
from autoexposure.files.private_files import make_folder
from autoexposure.metering.policy import Policy
from autoexposure.presets.preset import STARTERS, Beside, Preset

MOST_BYTES = 1_000_000
"""Longest file that is read; a preset has some five hundred bytes."""

REMEDY = "mend the file, or delete it to begin anew"

MOST = 100
"""Presets of one camera: more than anyone finds a name for."""


def use_preset(name: str, make_meter: Callable[[str], Policy], beside: Beside) -> ForCamera:
    """Use this preset of the camera that is open, or of the next one.

    A loop that finds no such preset fails with the ConfigError that names those there are.
    """
    return ForCamera(lambda camera: PresetShelf.of(camera.info).find(name).but(beside).commands(make_meter))


class PresetShelf:
    """The presets of one camera; what every camera has to begin with until one is saved or deleted.

    Its methods block. Raises ConfigError for a file that can't be read, written or understood; it is left alone then.

    Parameters
    ----------
    stable_id : whose.
    folder : where the files are; None is the usual place.
    former_id : whose they were before, as `CameraInfo.former_id`: read as long as there are none of its own.
    """

    def __init__(self, stable_id: str, folder: Path | None = None, former_id: str = "") -> None:
        folder = folder or platformdirs.user_config_path("autoexposure") / "presets"
        self.path = camera_file(folder, stable_id)
        self._former = camera_file(folder, former_id) if former_id else self.path

    @classmethod
    def of(cls, info: CameraInfo) -> PresetShelf:
        """Those of this camera, at the usual place."""
        return cls(info.stable_id, former_id=info.former_id)

    def all(self) -> tuple[Preset, ...]:
        """Every preset, in the order in which they were first saved."""
        path = next((path for path in (self.path, self._former) if path.exists()), None)
        if path is None:
            return STARTERS
        from autoexposure.presets.storage import from_toml

        try:
            return from_toml(read_text(path, MOST_BYTES))
        except (OSError, BadInput) as error:
            raise ConfigError(f"the presets {path} can't be read ({error}): {REMEDY}") from error
        except ConfigError as error:
            raise ConfigError(f"the presets {path} can't be used ({error}): {REMEDY}") from error

    def find(self, name: str) -> Preset:
        """The preset of this name. Raises ConfigError if there is none."""
        presets = self.all()
        for preset in presets:
            if preset.key == name.casefold():
                return preset
        names = ", ".join(repr(preset.name) for preset in presets) or "none yet"
        raise ConfigError(f"this camera has no preset {name!r}; it has {names}")

    def save(self, preset: Preset) -> None:
        """Keep ``preset``, in the place of an earlier one of its name, else after all others."""
        with self._alone():
            presets = {other.key: other for other in self.all()}
            presets[preset.key] = preset
            if len(presets) > MOST:
                raise ConfigError(f"a camera has at most {MOST} presets: delete one first")
            self._write(presets.values())

    def delete(self, name: str) -> None:
        """Forget the preset of this name. Raises ConfigError if there is none."""
        with self._alone():
            gone = self.find(name)
            self._write(preset for preset in self.all() if preset != gone)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """What another process saves meanwhile is neither lost nor in the way."""
        try:
            make_folder(self.path.parent)
            with alone_in(self.path.parent):
                sweep(self.path.parent)
                yield
        except OSError as error:
            raise ConfigError(f"the presets {self.path} can't be written ({error.strerror or error})") from error

    def _write(self, presets: Iterable[Preset]) -> None:
        from autoexposure.presets.storage import to_toml

        atomic_write(self.path, to_toml(presets))
