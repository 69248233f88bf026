"""The family ``v4l2:``. Its library takes 0.2 s to load, so it stays out where there is no video device."""

from __future__ import annotations

import sys

from autoexposure.abilities.moded import PictureMode
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


def _in_mode(spec: str, mode: PictureMode) -> str:
    which, *options = spec.split(",")
    others = [option for option in options if option.partition("=")[0].strip() not in ("size", "fps", "format")]
    size = f"size={mode.width_px}x{mode.height_px}"
    rate = [f"fps={mode.rates_fps[0]:g}"] if mode.rates_fps else []
    fourcc = [f"format={mode.fourcc}"] if mode.fourcc else []
    return ",".join([which, *others, size, *rate, *fourcc])


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
    in_mode=_in_mode,
)

FAMILIES = (V4L2,)
