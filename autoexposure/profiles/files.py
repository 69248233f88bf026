"""Calibrations of cameras as files: one a camera, found by its id, fit to be shared.

`storage`, which knows the text in them, loads pydantic, so it is imported only where a file is really read or written:
most starts have none.
"""

from __future__ import annotations

from pathlib import Path

import platformdirs

from autoexposure.camera import Camera, CameraInfo
from autoexposure.errors import ConfigError
from autoexposure.files.atomic_file import atomic_write
from autoexposure.files.bounded import BadInput, read_text
from autoexposure.files.camera_file import camera_file
from autoexposure.profiles.profile import CameraProfile

MOST_BYTES = 1_000_000
"""Longest file that is read; a true one has some ten thousand bytes."""


def profile_folder() -> Path:
    """Where a user's calibrations live."""
    return platformdirs.user_config_path("autoexposure") / "cameras"


def profile_path(stable_id: str, folder: Path | None = None) -> Path:
    """The file of the camera with this id."""
    return camera_file(folder or profile_folder(), stable_id)


def write_profile(profile: CameraProfile, path: Path) -> None:
    """Write a whole file or none. Raises ConfigError if it can't be written."""
    from autoexposure.profiles.storage import to_toml

    try:
        atomic_write(path, to_toml(profile))
    except OSError as error:
        raise ConfigError(f"the calibration {path} can't be written ({error.strerror or error})") from error


def read_profile(path: Path) -> CameraProfile:
    """Read a file. Raises ConfigError, with what is wrong in it."""
    from autoexposure.profiles.storage import from_toml

    try:
        text = read_text(path, MOST_BYTES)
    except (OSError, BadInput) as error:
        raise ConfigError(f"the calibration {path} can't be read ({error})") from error
    try:
        return from_toml(text)
    except ConfigError as error:
        raise ConfigError(f"{path} can't be used as a calibration: {error}") from error


def find_profile(camera: Camera, folder: Path | None = None) -> CameraProfile | None:
    """The calibration of this camera, by its stable id; None if there is none. Raises ConfigError if it is damaged."""
    path = known_path(camera.info, folder)
    return read_profile(path) if path is not None else None


def known_path(info: CameraInfo, folder: Path | None = None) -> Path | None:
    """The file of this camera, or the one it had under its former id; None if there is neither."""
    paths = (profile_path(stable_id, folder) for stable_id in (info.stable_id, info.former_id) if stable_id)
    return next((path for path in paths if path.exists()), None)
