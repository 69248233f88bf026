"""The controls of a camera without its pictures, which another program takes.

``open_controls`` is the family's entry: ``controls:v4l2:/dev/video0``, and on Windows ``controls:opencv:0``. Any other
family's cameras can be shared, or not at all: they are opened whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NoReturn

from autoexposure.camera import Camera, CameraInfo
from autoexposure.errors import CameraError
from autoexposure.extras import not_installed
from drivers.common.stream_camera import Controls, StreamCamera

PREFIX = "controls:"

USUAL_RATE_FPS = 30.0


class NoPictures:
    """Stands where the stream would be.

    Parameters
    ----------
    let_go : called once by ``close``.
    """

    def __init__(self, name: str, let_go: Callable[[], None]) -> None:
        self._name = name
        self._let_go = let_go

    def read(self, timeout_s: float) -> NoReturn:
        """Always raises CameraError."""
        raise CameraError(
            f"only the controls of {self._name} are open: say with --meter-from where its picture comes from"
        )

    def close(self) -> None:
        self._let_go()


class V4l2ControlsOnly(StreamCamera):
    """The controls of a V4L2 device, which the kernel lets several programs write.

    Parameters
    ----------
    which : as behind ``v4l2:``, without options.

    Raises CameraNotFound, CameraBusy, CameraError.
    """

    def __init__(self, which: str) -> None:
        from linuxpy.video.device import Device

        from drivers.v4l2.camera import describe
        from drivers.v4l2.controls import ExposureControls
        from drivers.v4l2.errors import opening
        from drivers.v4l2.nodes import find_node

        node = find_node(which)
        path = str(node.path)
        device = Device(path)
        with opening(path):
            device.open()
        try:
            frame_interval_s = 1 / (_rate_fps(device) or USUAL_RATE_FPS)
            controls = ExposureControls(device, path, node.driver, frame_interval_s)
        except BaseException:
            device.close()
            raise
        self._exposure_controls = controls
        super().__init__(_alone(describe(node)), NoPictures(path, device.close), controls, frame_interval_s)

    def foreign_change(self) -> str:
        """As Watched.foreign_change."""
        self._open_pictures()
        return self._exposure_controls.foreign_change()


class DirectShowControlsOnly(StreamCamera):
    """The controls of a Windows camera through duvc-ctl, which needs no stream. Raises CameraNotFound, CameraError."""

    def __init__(self, which: str) -> None:
        from drivers.opencv.capture import DSHOW
        from drivers.opencv.devices import find_device
        from drivers.opencv.limits import NO_CONTROL, find_direct_knobs

        device = find_device(which, DSHOW)
        knobs = find_direct_knobs(device)
        if knobs is None:
            raise CameraError(not_installed(f"setting {device.name} without its pictures needs duvc-ctl", "opencv"))
        from drivers.opencv.controls import OpenCvControls

        controls: Controls = OpenCvControls(knobs, device.name, 1 / USUAL_RATE_FPS, NO_CONTROL)
        info = CameraInfo(f"opencv:{device.target}", device.name, device.stable_id, "DirectShow")
        super().__init__(_alone(info), NoPictures(device.name, lambda: None), controls, 1 / USUAL_RATE_FPS)


def open_controls(spec: str, open_whole: Callable[[str], Camera]) -> Camera:
    """Open what stands behind ``controls:``; ``open_whole`` opens cameras of which no part can be opened alone."""
    family, _, which = spec.partition(":")
    if family == "v4l2":
        return V4l2ControlsOnly(which.partition(",")[0].strip())
    if family == "opencv":
        from drivers.opencv.capture import DSHOW
        from drivers.opencv.devices import default_backend

        if default_backend() is DSHOW:
            return DirectShowControlsOnly(which.partition(",")[0].strip())
    return open_whole(spec)


def _alone(info: CameraInfo) -> CameraInfo:
    return replace(info, spec=f"{PREFIX}{info.spec}", detail=f"{info.detail}, controls only".strip(" ,"))


def _rate_fps(device: Any) -> float | None:
    """The frame rate of whoever streams, or None."""
    from linuxpy.video.device import VideoCapture

    try:
        return float(VideoCapture(device).get_fps())
    except (OSError, ZeroDivisionError):
        return None
