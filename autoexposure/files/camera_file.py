"""One file a camera, in whichever folder."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path


def camera_file(folder: Path, stable_id: str) -> Path:
    """The file in ``folder`` of the camera with this id; named after it as far as file names allow."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", stable_id)[:120].strip(".")
    if name != stable_id:
        name += "-" + hashlib.sha256(stable_id.encode(errors="surrogatepass")).hexdigest()[:8]
    return folder / f"{name}.toml"
