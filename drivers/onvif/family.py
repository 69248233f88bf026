"""The family ``onvif:``."""

from __future__ import annotations

from autoexposure.camera import Camera
from autoexposure.clock import Clock
from autoexposure.family import Family


def _open(rest: str, _clock: Clock | None) -> Camera:
    from drivers.onvif.camera import open_onvif

    return open_onvif(rest)


FAMILIES = (Family("onvif", _open, hint="a network camera by its address and login, onvif:user:password@192.168.1.30"),)
