"""V4L2 cameras on Linux, through linuxpy: webcams (UVC), capture cards, the kernel's virtual cameras.

``open_v4l2`` is the family's entry: ``v4l2:/dev/video0``, ``v4l2:0``, ``v4l2:`` for the first there is,
``v4l2:/dev/v4l/by-id/...`` or a stable id from the list; options follow after commas, as in
``v4l2:0,size=1280x720,fps=30,format=MJPG``.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from types import TracebackType
from typing import Self

from linuxpy.video.device import Device

from autoexposure.camera import CameraInfo, Capabilities, Settings
from autoexposure.errors import CameraError, ConfigError
from autoexposure.exposure import Exposure
from autoexposure.frame import Frame
from drivers.gain_law import GainLaw
from drivers.pixel_formats import WantedMode
from drivers.v4l2_controls import ExposureControls
from drivers.v4l2_errors import opening
from drivers.v4l2_nodes import CaptureNode, find_node, list_nodes
from drivers.v4l2_stream import V4l2Stream

log = logging.getLogger(__name__)

DELAY_FRAMES = (1, 9)
"""For cameras nobody has measured: the camera's own delay, which is 0 to 8 pictures, and the one that is on its way
through the USB while the control is written (measured with uvcvideo: always exactly one)."""


class V4l2Camera:
    """One V4L2 capture device, streaming from the constructor on; no control is written before ``take_control``.

    Parameters
    ----------
    node : which device.
    wanted : size, rate and pixel format to ask for; the nearest the device offers is used.
    gain_law : what its gain codes mean, if a profile knows; else GainLaw.assumed.
    spec : how ``info`` calls it.

    Raises CameraNotFound, CameraBusy, CameraError.
    """

    def __init__(
        self, node: CaptureNode, wanted: WantedMode | None = None, *, gain_law: GainLaw | None = None, spec: str = ""
    ) -> None:
        self._path = str(node.path)
        self._device = Device(self._path)
        self._stream: V4l2Stream | None = None
        with opening(self._path):
            self._device.open()
        try:
            self._stream = V4l2Stream(self._device, self._path, wanted or WantedMode())
            self._controls = ExposureControls(
                self._device, self._path, node.driver, self._stream.frame_interval_s, gain_law
            )
        except BaseException:
            self.close()
            raise
        mode = self._stream.mode
        picture = f"{mode.width_px}x{mode.height_px} {mode.fourcc} at {1 / self._stream.frame_interval_s:g} frames/s"
        self._info = replace(describe(node), detail=f"{_whereabouts(node)}, {picture}")
        if spec:
            self._info = replace(self._info, spec=spec)

    @property
    def info(self) -> CameraInfo:
        return self._info

    @property
    def capabilities(self) -> Capabilities:
        controls = self._controls
        return Capabilities(
            time_s=controls.time_s,
            gain=controls.gain,
            native_auto=controls.native_auto,
            delay_frames=DELAY_FRAMES,
            note=controls.note,
        )

    @property
    def frame_interval_s(self) -> float:
        return self._open_stream().frame_interval_s

    @property
    def exposure(self) -> Exposure | None:
        self._open_stream()
        return self._controls.now()

    def settings(self) -> Settings:
        self._open_stream()
        return self._controls.settings()

    def restore(self, settings: Settings) -> None:
        self._open_stream()
        self._controls.restore(settings)

    def take_control(self) -> None:
        self._open_stream()
        self._controls.take()

    def set_exposure(self, exposure: Exposure) -> Exposure:
        self._open_stream()
        return self._controls.set(exposure)

    def set_native_auto(self, on: bool) -> None:
        self._open_stream()
        self._controls.set_automatic(on)

    def read(self, timeout_s: float) -> Frame:
        return self._open_stream().read(timeout_s)

    def close(self) -> None:
        stream, self._stream = self._stream, None
        try:
            if stream is not None:
                stream.close()
        finally:
            self._device.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open_stream(self) -> V4l2Stream:
        if self._stream is None:
            raise CameraError(f"{self._path} has been closed: open the camera again")
        return self._stream


def open_v4l2(rest: str) -> V4l2Camera:
    """Open what stands behind ``v4l2:`` in a camera specification."""
    which, _, options = rest.partition(",")
    wanted = parse_options(options)
    node = find_node(which.strip())
    return V4l2Camera(node, wanted, spec=f"v4l2:{which.strip() or node.path}" + (f",{options}" if options else ""))


def parse_options(options: str) -> WantedMode:
    """``size=640x480,fps=30,format=YUYV``, all optional. Raises ConfigError."""
    wanted = WantedMode()
    for option in filter(None, (part.strip() for part in options.split(","))):
        key, _, value = option.partition("=")
        try:
            if key == "size":
                width, height = value.lower().split("x")
                wanted = replace(wanted, width_px=int(width), height_px=int(height))
            elif key == "fps":
                wanted = replace(wanted, rate_fps=float(value))
            elif key == "format":
                wanted = replace(wanted, fourcc=value.upper().replace("MJPEG", "MJPG"))
            else:
                raise ConfigError(f"a V4L2 camera has the options size, fps and format, given {option!r}")
        except ValueError as error:
            raise ConfigError(
                f"a V4L2 option looks like size=640x480, fps=30 or format=YUYV, given {option!r}"
            ) from error
    return wanted


def list_v4l2() -> list[CameraInfo]:
    """Every V4L2 camera plugged in; one that can't be opened says why in its detail."""
    return [describe(node) for node in list_nodes()]


def first_controllable() -> str | None:
    """The specification of the first camera whose exposure time can be set; None if there is none."""
    for node in list_nodes():
        if node.trouble:
            log.warning("%s", node.trouble)
            continue
        try:
            with opening(str(node.path)), Device(node.path) as device:
                controls = ExposureControls(device, str(node.path), node.driver, 1 / WantedMode().rate_fps)
                if controls.time_s is not None:
                    return f"v4l2:{node.path}"
        except CameraError as error:
            log.info("%s", error)
    return None


def describe(node: CaptureNode) -> CameraInfo:
    """A node as every part of the program knows cameras."""
    return CameraInfo(f"v4l2:{node.path}", node.name, node.stable_id, node.trouble or _whereabouts(node))


def _whereabouts(node: CaptureNode) -> str:
    return f"{node.driver} on {node.bus}"
