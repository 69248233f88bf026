"""The family ``pipewire:``."""

from __future__ import annotations

from autoexposure.camera import Camera
from autoexposure.clock import Clock
from autoexposure.family import Family


def _open(rest: str, _clock: Clock | None) -> Camera:
    from drivers.external.pipewire import open_pipewire

    return open_pipewire(rest)


FAMILIES = (Family("pipewire", _open, hint="a camera that PipeWire has, pipewire:; its exposure can't be set"),)
