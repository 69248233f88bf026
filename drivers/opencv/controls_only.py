"""The controls of a Windows camera without its pictures."""

from __future__ import annotations

from autoexposure.camera import CameraInfo
from autoexposure.errors import CameraError
from drivers.common.adjustment_set import AdjustmentSet
from drivers.common.controls_only import USUAL_RATE_FPS, NoPictures, without_pictures
from drivers.common.stream_camera import StreamCamera
from drivers.opencv.capture import DSHOW
from drivers.opencv.controls import OpenCvControls
from drivers.opencv.devices import find_device
from drivers.opencv.duvc_ctl import duvc_missing
from drivers.opencv.limits import NO_CONTROL, find_direct_properties


class DirectShowControlsOnly(StreamCamera):
    """The controls of a Windows camera through duvc-ctl, which needs no stream. Raises CameraNotFound, CameraError."""

    def __init__(self, which: str) -> None:
        device = find_device(which, DSHOW)
        properties = find_direct_properties(device)
        if properties is None:
            raise CameraError(duvc_missing(f"setting {device.name} without its pictures needs duvc-ctl"))
        controls = OpenCvControls(properties, device.name, 1 / USUAL_RATE_FPS, NO_CONTROL)
        info = without_pictures(CameraInfo(f"opencv:{device.target}", device.name, device.stable_id, "DirectShow"))
        adjustments = AdjustmentSet(device.name, properties.knobs)
        super().__init__(info, NoPictures(device.name, lambda: None), controls, 1 / USUAL_RATE_FPS, adjustments)
