"""Cameras through OpenCV: the way to webcams on Windows and macOS; on Linux v4l2: does it better.

``open_opencv`` is the family's entry: ``opencv:0``, ``opencv:`` for the first there is, a stable id from the list;
options follow after commas, as in ``opencv:0,size=1280x720,fps=30,format=MJPG,backend=msmf``. The extra
``autoexposure[opencv]`` brings names, and on Windows the true limits of exposure and gain.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import partial

from autoexposure.abilities.adjustable import Adjustment
from autoexposure.camera import CameraInfo
from autoexposure.errors import CameraError, ConfigError
from drivers.common.adjustment_set import AdjustmentSet
from drivers.common.grabber import GrabbedPixels
from drivers.common.jobs import ControlsInTurn
from drivers.common.pictures.mode_choice import WantedMode
from drivers.common.stream_camera import StreamCamera
from drivers.http.url import read_options
from drivers.opencv.capture import AVFOUNDATION, BACKENDS, V4L2, Backend, OpenCvCapture
from drivers.opencv.controls import OpenCvControls
from drivers.opencv.devices import OpenCvDevice, default_backend, find_device, list_devices
from drivers.opencv.duvc import DuvcProperties
from drivers.opencv.limits import NO_CONTROL, find_properties

log = logging.getLogger(__name__)

NO_CONTROL_MACOS = "No exposure control: macOS lets no program set a webcam's exposure. Pictures and metering work."

JOB_S = 5.0
"""Windows' drivers take up to a second over a setting; it also waits for the end of one exposure."""


class OpenCvCamera(StreamCamera):
    """One camera, streaming from the constructor on; its exposure is not touched before ``take_control``.

    Parameters
    ----------
    device : which one.
    wanted : size, rate and pixel format to ask for; the camera chooses what is near.
    spec : how ``info`` calls it.

    Raises CameraBusy, CameraError.
    """

    def __init__(
        self, device: OpenCvDevice, backend: Backend, wanted: WantedMode | None = None, spec: str = ""
    ) -> None:
        capture = _open_capture(device, backend, wanted or WantedMode())
        nothing = NO_CONTROL_MACOS if backend is AVFOUNDATION else NO_CONTROL
        try:
            properties = find_properties(capture.capture, device, backend)
            controls = OpenCvControls(properties, device.name, capture.frame_interval_s, nothing)
        except BaseException:
            capture.close()
            raise
        width, height = capture.size_px
        picture = f"{width}x{height} at {1 / capture.frame_interval_s:g} frames/s"
        info = CameraInfo(
            spec or f"opencv:{device.target}", device.name, device.stable_id, f"OpenCV, {backend.says}, {picture}"
        )
        super().__init__(
            info,
            GrabbedPixels(device.name, lambda: capture, patience_s=0),
            ControlsInTurn(controls, capture.jobs, JOB_S),
            capture.frame_interval_s,
            AdjustmentSet(device.name, properties.knobs if isinstance(properties, DuvcProperties) else tuple),
        )
        self._jobs = capture.jobs

    def adjustments(self) -> tuple[Adjustment, ...]:
        """As Adjustable.adjustments."""
        return self._jobs.wait(super().adjustments, JOB_S)

    def adjust(self, name: str, value: float) -> float:
        """As Adjustable.adjust."""
        return self._jobs.wait(partial(super().adjust, name, value), JOB_S)


def _open_capture(device: OpenCvDevice, backend: Backend, wanted: WantedMode) -> OpenCvCapture:
    """An open camera; on Linux its stream runs already, and has reset none of its settings."""
    if backend is not V4L2:
        return OpenCvCapture(device.target, backend, wanted, device.name)
    from drivers.v4l2.controls_only import kept_through_start

    with ExitStack() as if_it_fails:
        with kept_through_start(str(device.target)):
            capture = OpenCvCapture(device.target, backend, wanted, device.name)
            if_it_fails.callback(capture.close)
            capture.start()
        if_it_fails.pop_all()
    return capture


def open_opencv(rest: str) -> OpenCvCamera:
    """Open what stands behind ``opencv:`` in a camera specification."""
    which, _, text = rest.partition(",")
    options = read_options(text, "opencv", ("backend", "size", "fps", "format"))
    backend = BACKENDS.get(options.get("backend", default_backend().option))
    if backend is None:
        raise ConfigError(f"backend is one of {', '.join(BACKENDS)}, given {options['backend']!r}")
    device = find_device(which.strip(), backend)
    spec = f"opencv:{which.strip() or device.target}" + (f",{text}" if text else "")
    return OpenCvCamera(device, backend, _wanted(options), spec)


def list_opencv() -> list[CameraInfo]:
    """Every camera this system's backend lists; none is opened."""
    backend = default_backend()
    return [
        CameraInfo(f"opencv:{device.target}", device.name, device.stable_id, f"OpenCV, {backend.says}")
        for device in list_devices(backend)
    ]


def first_controllable() -> str | None:
    """The specification of the first camera whose exposure time can be set; None if there is none.

    Cameras are opened for that: Windows can't be asked otherwise. On macOS there is none to open.
    """
    backend = default_backend()
    if backend is AVFOUNDATION:
        return None
    for device in list_devices(backend) or [find_device("0", backend)]:
        try:
            with OpenCvCamera(device, backend, WantedMode()) as camera:
                if camera.capabilities.time_s is not None:
                    return f"opencv:{device.target}"
        except CameraError as error:
            log.info("%s", error)
    return None


def _wanted(options: Mapping[str, str]) -> WantedMode:
    wanted = WantedMode()
    try:
        if "size" in options:
            width, height = options["size"].lower().split("x")
            wanted = replace(wanted, width_px=int(width), height_px=int(height))
        if "fps" in options:
            wanted = replace(wanted, rate_fps=float(options["fps"]))
    except ValueError as error:
        raise ConfigError(f"an OpenCV camera's options look like size=640x480 or fps=30, given {options}") from error
    return replace(wanted, fourcc=options.get("format", ""))
