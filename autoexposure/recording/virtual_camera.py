"""The exposed picture as a camera that other programs can open: what shows it on a device that a driver opens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, Self

import cv2
import numpy as np

from autoexposure.control.snapshot import Snapshot
from autoexposure.frame import Pixels
from autoexposure.recording.sink import QueuedSink

USUAL_RATE = 30.0


class Device(Protocol):
    """A virtual camera device, as a driver opens it."""

    @property
    def name(self) -> str:
        """How other programs find it."""

    @property
    def size_px(self) -> tuple[int, int]:
        """(width, height) of the pictures it takes."""

    def send(self, pixels: Pixels) -> None:
        """Show (height, width, 3) uint8 RGB of ``size_px``. Raises VirtualCameraError."""

    def close(self) -> None:
        """Let go of it; callable twice."""


OpenDevice = Callable[[int, int, float], Device]
"""Opens a device for pictures of about (width, height), both even, at a rate in pictures a second.

Raises VirtualCameraError."""


class VirtualCamera:
    """Shows each picture on the device; one thread uses it.

    The first picture decides the size, since programs that watch can't follow a change; later ones of another shape are
    fitted in, with black beside them.

    Parameters
    ----------
    open_device : called with the first picture.

    Attributes
    ----------
    name : the device in use; empty before the first picture.
    """

    def __init__(self, open_device: OpenDevice) -> None:
        self.name = ""
        self._open = open_device
        self._device: Device | None = None

    def add(self, snapshot: Snapshot) -> bool:
        """Show the picture of ``snapshot``; False if it has none. Raises VirtualCameraError."""
        if snapshot.frame is None:
            return False
        if self._device is None:
            width, height = snapshot.frame.size_px
            even = (width - width % 2, height - height % 2)  # the formats underneath share colour between two
            self._device = self._open(*even, snapshot.frame_rate or USUAL_RATE)
            self.name = self._device.name
        self._device.send(fitted(snapshot.frame.pixels, self._device.size_px))
        return True

    def close(self) -> None:
        """Let go of the device; may be called twice."""
        device, self._device = self._device, None
        if device is not None:
            device.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def virtual_camera_sink(open_device: OpenDevice) -> QueuedSink[VirtualCamera]:
    """A sink of the control loop that shows the newest picture on the device that ``open_device`` opens."""
    return QueuedSink("virtual-camera", lambda: VirtualCamera(open_device), depth=1, newest_wins=True)


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
