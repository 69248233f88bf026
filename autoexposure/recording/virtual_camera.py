"""The exposed picture as a camera that other programs can open: v4l2loopback on Linux, OBS elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any, Protocol, Self

import cv2
import numpy as np

from autoexposure.control.snapshot import Snapshot
from autoexposure.errors import VirtualCameraError
from autoexposure.frame import Pixels
from autoexposure.recording.sink import Outlet

USUAL_RATE = 30.0

SET_UP = (
    "install v4l2loopback (Debian, Ubuntu: sudo apt install v4l2loopback-dkms) and load it with: "
    "sudo modprobe v4l2loopback exclusive_caps=1 card_label=autoexposure"
    if sys.platform == "linux"
    else "install OBS Studio, start its virtual camera once and close it"
)
"""How a system gets a virtual camera device."""


class Device(Protocol):
    """What is used of ``pyvirtualcam.Camera``."""

    @property
    def device(self) -> str: ...

    def send(self, frame: Pixels) -> None: ...

    def close(self) -> None: ...


OpenDevice = Callable[[int, int, float], Device]
"""Opens the device for pictures of (width, height) at so many a second."""


class VirtualCamera:
    """Shows each picture on the device; one thread uses it.

    The first picture decides the size, since programs that watch can't follow a change; later ones of another shape are
    fitted in, with black beside them.

    Parameters
    ----------
    open_device : None opens the first virtual camera there is; see ``device_opener``.

    Attributes
    ----------
    name : the device in use; empty before the first picture.
    """

    def __init__(self, open_device: OpenDevice | None = None) -> None:
        self.name = ""
        self._open = open_device or device_opener()
        self._device: Device | None = None
        self._size_px = (0, 0)

    def add(self, snapshot: Snapshot) -> bool:
        """Show the picture of ``snapshot``; False if it has none. Raises VirtualCameraError."""
        if snapshot.frame is None:
            return False
        pixels = snapshot.frame.pixels
        if self._device is None:
            width, height = snapshot.frame.size_px
            self._size_px = (width - width % 2, height - height % 2)  # the formats underneath share colour between two
            try:
                self._device = self._open(*self._size_px, snapshot.frame_rate or USUAL_RATE)
            except RuntimeError as error:
                raise VirtualCameraError(_in_words(str(error))) from error
            self.name = self._device.device
        try:
            self._device.send(fitted(pixels, self._size_px))
        except (RuntimeError, ValueError, OSError) as error:
            raise VirtualCameraError(f"the virtual camera {self.name} takes no more pictures ({error})") from error
        return True

    def close(self) -> None:
        """Let go of the device; may be called twice."""
        device, self._device = self._device, None
        if device is not None:
            device.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def device_opener(name: str = "") -> OpenDevice:
    """Opens the virtual camera device ``name`` (``/dev/video9``), or the first one.

    Raises VirtualCameraError if pyvirtualcam is not installed.
    """
    try:
        import pyvirtualcam
    except ImportError as error:
        raise VirtualCameraError(
            "the virtual camera needs pyvirtualcam: install it with pip install pyvirtualcam"
        ) from error

    def open_device(width: int, height: int, rate: float) -> Any:
        return pyvirtualcam.Camera(width, height, rate, fmt=pyvirtualcam.PixelFormat.RGB, device=name or None)

    return open_device


def virtual_camera_outlet(name: str = "") -> Outlet[VirtualCamera]:
    """A sink of the control loop that shows the newest picture on the device ``name``, or the first one there is."""
    return Outlet("virtual-camera", lambda: VirtualCamera(device_opener(name)), depth=1, newest_wins=True)


def fitted(pixels: Pixels, size_px: tuple[int, int]) -> Pixels:
    """The whole picture, as large as it goes into (width, height), in the middle of black; never stretched."""
    width, height = size_px
    had_height, had_width = pixels.shape[:2]
    if (had_width - had_width % 2, had_height - had_height % 2) == size_px:
        return np.ascontiguousarray(pixels[:height, :width])
    scale = min(width / had_width, height / had_height)
    inner = (max(1, round(had_width * scale)), max(1, round(had_height * scale)))
    small = cv2.resize(pixels, inner, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    whole = np.zeros((height, width, 3), np.uint8)
    left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
    whole[top : top + inner[1], left : left + inner[0]] = small
    return whole


def _in_words(said: str) -> str:
    reason = said.partition("backend: ")[2] or said
    if "loopback device found" in said or "not installed" in said or "not found" in said:
        return f"there is no virtual camera device on this system: {SET_UP}"
    reason = reason.strip().rstrip(".")
    return f"the virtual camera can't be opened ({reason}): name a loopback device that no other program feeds"
