"""The family ``aravis:``."""

from __future__ import annotations

from autoexposure.camera import Camera
from autoexposure.clock import Clock
from autoexposure.family import Family


def _open(rest: str, _clock: Clock | None) -> Camera:
    from drivers.aravis.camera import open_aravis

    return open_aravis(rest)


FAMILIES = (Family("aravis", _open, hint="an industrial camera by its address or serial number, aravis:192.168.1.40"),)
