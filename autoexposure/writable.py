"""Whether a place can be written to, asked before hours of work and not after them."""

from __future__ import annotations

import os
from pathlib import Path

from autoexposure.errors import ConfigError


def check_file(path: Path | None, option: str) -> None:
    """Raise ConfigError if the file named with ``option`` can't be made; None is no file, a device is one."""
    if path is None or (path.exists() and not path.is_dir() and not path.is_file()):
        return
    if path.is_dir():
        raise ConfigError(f"{path} is a folder: name a file with {option}")
    check_folder(path.parent, option)


def check_folder(folder: Path | None, option: str) -> None:
    """Raise ConfigError if nothing can be written into the folder named with ``option``, or if it can't be made."""
    if folder is None:
        return
    existing = folder.absolute()
    while not existing.exists() and existing != existing.parent:
        existing = existing.parent
    if not existing.is_dir():
        raise ConfigError(f"{existing} is a file, so {folder} can't be a folder: name another place with {option}")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise ConfigError(f"nothing can be written into {existing}: name another place with {option}")
