"""The family ``gphoto2:``."""

from __future__ import annotations

from autoexposure.camera import Camera
from autoexposure.clock import Clock
from autoexposure.family import Family


def _open(rest: str, _clock: Clock | None) -> Camera:
    from drivers.gphoto2.camera import open_gphoto2

    return open_gphoto2(rest)


FAMILIES = (Family("gphoto2", _open, hint="a still camera on USB, gphoto2: for the first one"),)
