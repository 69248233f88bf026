"""The family ``opencv:``, which finds webcams where Windows and macOS have them; Linux has V4L2 for that."""

from __future__ import annotations

import sys

from autoexposure.camera import Camera, CameraInfo
from autoexposure.clock import Clock
from autoexposure.family import Family, by_stable_id

FINDS_WEBCAMS = sys.platform in ("win32", "darwin")
"""Whether OpenCV is this system's way to webcams."""

BY_NUMBER = "-number-"
"""Part of a stable id that is only the camera's place in the list: it may be another one's tomorrow."""


def _open(rest: str, _clock: Clock | None) -> Camera:
    from drivers.opencv.camera import open_opencv

    return open_opencv(rest)


def _open_controls(rest: str) -> Camera:
    """Only DirectShow gives them without a stream; other systems' cameras are opened whole."""
    from drivers.opencv.capture import DSHOW
    from drivers.opencv.devices import default_backend

    if default_backend() is not DSHOW:
        return _open(rest, None)
    from drivers.opencv.controls_only import DirectShowControlsOnly

    return DirectShowControlsOnly(rest.partition(",")[0].strip())


def _list() -> list[CameraInfo]:
    if not FINDS_WEBCAMS:
        return []
    from drivers.opencv.camera import list_opencv

    return list_opencv()


def _first() -> str | None:
    if not FINDS_WEBCAMS:
        return None
    from drivers.opencv.camera import first_controllable

    return first_controllable()


def _same(info: CameraInfo) -> str | None:
    return None if BY_NUMBER in info.stable_id else by_stable_id(info)


OPENCV = Family(
    "opencv",
    _open,
    list=_list,
    same=_same,
    hint="a webcam on Windows or macOS by its number, opencv:0",
    first=_first,
    open_controls=_open_controls,
)

FAMILIES = (OPENCV,)
