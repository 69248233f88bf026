"""The program's own folders, and what every start puts right in them: modes, and half-written files."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from pathlib import Path

import platformdirs

from autoexposure.files.atomic_file import sweep
from autoexposure.files.private_files import tighten

log = logging.getLogger(__name__)


def recordings_folder() -> Path:
    """Where the window puts this user's recordings: among their videos."""
    return platformdirs.user_videos_path() / "autoexposure"


def exports_folder() -> Path:
    """Where pictures, tables and plots are saved."""
    return platformdirs.user_documents_path() / "autoexposure"


def own_folders() -> tuple[Path, ...]:
    """All of them, whether or not they exist: data, state, settings, cache, recordings, exports."""
    name = "autoexposure"
    return (
        platformdirs.user_data_path(name),
        platformdirs.user_state_path(name),
        platformdirs.user_config_path(name),
        platformdirs.user_cache_path(name),
        recordings_folder(),
        exports_folder(),
    )


SAVED = ("*.tar", "*.csv", "*.png", "*.jpg", "*.npz")
"""What the program saves among the user's own documents; all other files there are theirs."""


def look_after_all() -> None:
    """Put right what exists of the program's own files; raises nothing.

    Among the user's videos and documents that is only what the program saved: a folder of the program's name there may
    be the user's own, such as a clone of the program with its virtual environment.
    """
    saved = (recordings_folder(), exports_folder())
    look_after(folder for folder in own_folders() if folder not in saved)
    for folder in saved:
        if not folder.is_dir():
            continue
        tighten(folder.resolve())
        sweep(folder)
        for pattern in SAVED:
            for path in folder.glob(pattern):
                tighten(path)


def look_after(folders: Iterable[Path]) -> None:
    """Take everything in ``folders`` away from other users, and remove what killed processes left half-written.

    Raises nothing: what can't be put right is logged. Links below are not followed; a folder may itself be one.
    """
    for folder in folders:
        try:
            top = folder.resolve()
        except (OSError, RuntimeError) as error:  # a circle of links
            log.warning("%s is left as it is: %s", folder, error)
            continue
        for home, _, files in os.walk(top):
            tighten(Path(home))
            sweep(Path(home))
            for name in files:
                tighten(Path(home, name))
