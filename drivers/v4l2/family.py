"""The family ``v4l2:``. Its library takes 0.2 s to load, so it stays out where there is no video device."""

from __future__ import annotations

import sys

from autoexposure.camera import Camera, CameraInfo
from autoexposure.clock import Clock
from autoexposure.errors import CameraNotFound
from autoexposure.family import Family, by_stable_id
from drivers.v4l2.paths import DEVICES, NODES, video_nodes


def _open(rest: str, _clock: Clock | None) -> Camera:
    _check_system()
    from drivers.v4l2.camera import open_v4l2

    return open_v4l2(rest)


def _open_controls(rest: str) -> Camera:
    _check_system()
    from drivers.v4l2.controls_only import V4l2ControlsOnly

    return V4l2ControlsOnly(rest.partition(",")[0].strip())


def _list() -> list[CameraInfo]:
    if not _has_devices():
        return []
    from drivers.v4l2.camera import list_v4l2

    return list_v4l2()


def _first() -> str | None:
    if not _has_devices():
        return None
    from drivers.v4l2.camera import first_controllable

    return first_controllable()


def _has_devices() -> bool:
    return sys.platform == "linux" and bool(video_nodes())


def _check_system() -> None:
    if sys.platform != "linux":
        raise CameraNotFound("v4l2 cameras exist on Linux only: use the simulated one with 'sim:'")


V4L2 = Family(
    "v4l2",
    _open,
    list=_list,
    same=by_stable_id,
    hint="a webcam on Linux by its node or number, v4l2:/dev/video0",
    watch=(str(DEVICES / NODES),),
    first=_first,
    open_controls=_open_controls,
)

FAMILIES = (V4L2,)
