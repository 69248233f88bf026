"""The family ``replay:``."""

from __future__ import annotations

from autoexposure.camera import Camera
from autoexposure.clock import Clock
from autoexposure.family import Family, Kind


def _open(rest: str, clock: Clock | None) -> Camera:
    from drivers.replay.camera import open_replay

    return open_replay(rest, clock)


RECORDINGS = Family("replay", _open, hint="a recording by its file, replay:FILE", kind=Kind.RECORDING, names_files=True)

FAMILIES = (RECORDINGS,)
