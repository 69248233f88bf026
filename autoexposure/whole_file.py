"""Files that are written whole or not at all: killed or out of space half-way, the one before is still there."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write_whole(path: Path, text: str, *, private: bool = False) -> None:
    """Put ``text`` on the disk as ``path``, its folder made if missing; ``private``: for this user's eyes only.

    Raises OSError, and leaves nothing of the new file behind then.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, suffix=".part", delete=False, encoding="utf-8") as file:
        try:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
            if not private:
                os.chmod(file.name, 0o644)
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise
