"""The family ``picamera2:``."""

from __future__ import annotations

from autoexposure.camera import Camera
from autoexposure.clock import Clock
from autoexposure.family import Family


def _open(rest: str, _clock: Clock | None) -> Camera:
    from drivers.picamera2.camera import open_picamera2

    return open_picamera2(rest)


FAMILIES = (Family("picamera2", _open, hint="a Raspberry Pi's camera by its number, picamera2:0"),)
