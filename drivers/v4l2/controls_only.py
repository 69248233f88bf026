"""The controls of a V4L2 device without its pictures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from linuxpy.video.device import Device, VideoCapture

from autoexposure.camera import Settings
from drivers.common.adjustment_set import AdjustmentSet
from drivers.common.controls_only import USUAL_RATE_FPS, NoPictures, without_pictures
from drivers.common.stream_camera import StreamCamera
from drivers.v4l2.adjustments import v4l2_knobs
from drivers.v4l2.camera import describe
from drivers.v4l2.controls import ExposureControls
from drivers.v4l2.errors import opening
from drivers.v4l2.nodes import find_node


class V4l2ControlsOnly(StreamCamera):
    """The controls of a V4L2 device, which the kernel lets several programs write.

    Parameters
    ----------
    which : as behind ``v4l2:``, without options.

    Raises CameraNotFound, CameraBusy, CameraError.
    """

    def __init__(self, which: str) -> None:
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
        adjustments = AdjustmentSet(path, lambda: v4l2_knobs(device, path))
        info = without_pictures(describe(node))
        super().__init__(info, NoPictures(path, device.close), controls, frame_interval_s, adjustments)

    def foreign_change(self) -> str:
        """As Watched.foreign_change."""
        self._open_pictures()
        return self._exposure_controls.foreign_change()

    def keep(self, found: Settings) -> None:
        """Set the device as it was ``found``, if the start of a stream has reset it."""
        self._keep_adjustments(in_secret=self._exposure_controls.keep(found))


@contextmanager
def kept_through_start(which: str) -> Iterator[None]:
    """Keep a device's settings where a stream that another library starts within the block resets them.

    ``which`` and errors : as V4l2ControlsOnly's.
    """
    with V4l2ControlsOnly(which) as device:
        found = device.settings()
        device.adjustments()  # read before the start
        yield
        device.keep(found)


def _rate_fps(device: Device) -> float | None:
    """The frame rate of the program that streams, or None."""
    try:
        return float(VideoCapture(device).get_fps())
    except (OSError, ZeroDivisionError):
        return None
