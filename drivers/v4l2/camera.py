"""V4L2 cameras on Linux, through linuxpy: webcams (UVC), capture cards, the kernel's virtual cameras.

``open_v4l2`` is the family's entry: ``v4l2:/dev/video0``, ``v4l2:0``, ``v4l2:`` for the first there is,
``v4l2:/dev/v4l/by-id/...`` or a stable id from the list; options follow after commas, as in
``v4l2:0,size=1280x720,fps=30,format=MJPG``.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from linuxpy.video.device import Device

from autoexposure.abilities.moded import PictureMode
from autoexposure.camera import CameraInfo
from autoexposure.errors import CameraError, CameraNotFound, ConfigError
from drivers.common.adjustment_set import AdjustmentSet
from drivers.common.gain_law import GainLaw
from drivers.common.pictures.mode_choice import WantedMode
from drivers.common.stream_camera import ReconnectingCamera
from drivers.v4l2.adjustments import v4l2_knobs
from drivers.v4l2.controls import ExposureControls
from drivers.v4l2.errors import opening
from drivers.v4l2.node_kinds import NodeKind
from drivers.v4l2.nodes import CaptureNode, find_node, list_nodes
from drivers.v4l2.stream import V4l2Stream

log = logging.getLogger(__name__)


class V4l2Camera(ReconnectingCamera):
    """One V4L2 capture device, streaming from the constructor on.

    No control is written before ``take_control``, but for what the start of the stream has reset.

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
        path = str(node.path)
        self._device = Device(path)
        with opening(path):
            self._device.open()
        stream: V4l2Stream | None = None
        try:
            stream = V4l2Stream(self._device, path, wanted or WantedMode())
            controls = ExposureControls(self._device, path, node.driver, stream.frame_interval_s, gain_law)
            mode = stream.mode
            picture = f"{mode.width_px}x{mode.height_px} {mode.fourcc} at {1 / stream.frame_interval_s:g} frames/s"
            info = replace(describe(node), detail=f"{_whereabouts(node)}, {picture}")
            info = replace(info, spec=spec or info.spec)
            adjustments = AdjustmentSet(path, lambda: v4l2_knobs(self._device, path))
            super().__init__(info, stream, controls, stream.frame_interval_s, adjustments)
            self._start(stream, controls)
        except BaseException:
            if stream is not None:
                stream.close()
            self._device.close()
            raise
        self._stream = stream
        self._modes = tuple(sorted(stream.offered, key=lambda mode: -mode.width_px * mode.height_px))
        self._exposure_controls = controls

    def _start(self, stream: V4l2Stream, controls: ExposureControls) -> None:
        """Start the stream; what its start resets, as some firmware does, is set as it was found."""
        found = controls.settings()
        self._adjustments.now()  # read before the start
        stream.start()
        # The kernel answers for most controls from its cache: one that reads otherwise speaks for those that don't.
        self._keep_adjustments(in_secret=controls.keep(found))

    def shrink_to(self, least_px: int) -> None:
        """As Shrinkable.shrink_to."""
        self._stream.shrink_to(least_px)

    def modes(self) -> tuple[PictureMode, ...]:
        """As Moded.modes."""
        return self._modes

    @property
    def mode(self) -> PictureMode:
        """As Moded.mode."""
        return replace(self._stream.mode, rates_fps=(1 / self._frame_interval_s,))

    def foreign_change(self) -> str:
        """As Watched.foreign_change."""
        self._open_pictures()
        return self._exposure_controls.foreign_change()

    def close(self) -> None:
        """As Camera.close."""
        try:
            super().close()
        finally:
            self._device.close()


def open_v4l2(rest: str) -> V4l2Camera:
    """Open what stands behind ``v4l2:`` in a camera specification."""
    which, _, options = rest.partition(",")
    wanted = parse_options(options)
    node = find_node(which.strip())
    spec = f"v4l2:{which.strip() or node.path}" + (f",{options}" if options else "")
    try:
        return V4l2Camera(node, wanted, spec=spec)
    except CameraError as error:
        # A pipeline works for those who set it up. What any other node said when it was asked is its reason.
        if node.kind is NodeKind.PIPELINE or (node.driver and node.trouble):
            raise CameraNotFound(f"{node.name} at {node.path} can't be used: {node.trouble}") from error
        raise


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
                wanted = replace(wanted, fourcc=value)
            else:
                raise ConfigError(f"a V4L2 camera has the options size, fps and format, given {option!r}")
        except ValueError as error:
            raise ConfigError(
                f"a V4L2 option looks like size=640x480, fps=30 or format=YUYV, given {option!r}"
            ) from error
    return wanted


def list_v4l2() -> list[CameraInfo]:
    """Every V4L2 camera plugged in; one that can't be used says why in its ``trouble``."""
    return [describe(node) for node in list_nodes()]


def first_controllable() -> str | None:
    """The specification of the first camera whose exposure time can be set; None if there is none.

    Colour cameras come before grey ones; virtual ones, which deliver nothing while no program feeds them, don't count.
    """
    for node in list_nodes():
        if node.trouble or node.kind is NodeKind.VIRTUAL:
            log.info("%s at %s is passed over: %s", node.name, node.path, node.trouble or "it is virtual")
            continue
        try:
            with opening(str(node.path)), Device(node.path) as device:
                controls = ExposureControls(device, str(node.path), node.driver, 1 / WantedMode().rate_fps)
                if controls.capabilities.time_s is not None:
                    return f"v4l2:{node.path}"
        except CameraError as error:
            log.info("%s", error)
    return None


def describe(node: CaptureNode) -> CameraInfo:
    """A node as every part of the program knows cameras."""
    return CameraInfo(
        f"v4l2:{node.path}",
        node.name,
        node.stable_id,
        _whereabouts(node),
        trouble=node.trouble,
        former_id=node.former_id,
    )


def _whereabouts(node: CaptureNode) -> str:
    """Also where several nodes of one camera have the same name."""
    words = (_KINDS.get(node.kind, ""), f"{node.driver} on {node.bus}" if node.driver else "", str(node.path))
    return ", ".join(filter(None, words))


_KINDS = {NodeKind.MONOCHROME: "grey or infra-red", NodeKind.VIRTUAL: "virtual"}
"""What a list says of cameras that are not what people look for first."""
