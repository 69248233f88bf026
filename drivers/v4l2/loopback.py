"""Linux's virtual camera: pictures written to a device of the kernel module v4l2loopback, through linuxpy.

A loopback device is a camera to every program that opens it, and shows what one program writes to it. ``open_loopback``
is what `autoexposure.recording.virtual_camera` is given to open one.
"""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

import cv2

from autoexposure.errors import VirtualCameraError
from autoexposure.frame import Pixels
from drivers.v4l2.access import access_remedy
from drivers.v4l2.paths import video_nodes

if TYPE_CHECKING:
    from linuxpy.video.device import Device

DRIVER = b"v4l2 loopback"
"""What a loopback device calls its driver."""

CONVERSIONS = {"YU12": cv2.COLOR_RGB2YUV_I420, "YUYV": cv2.COLOR_RGB2YUV_YUY2}
"""The pixel formats that can be written, by their four letters. The first is asked for, since every program reads it; a
device that another program has open already keeps the format it has."""

BYTES_PER_LINE = {"YU12": 1, "YUYV": 2}
"""Of the first plane, for each pixel of a line."""

SET_UP = (
    "install v4l2loopback (Debian, Ubuntu: sudo apt install v4l2loopback-dkms) and load it with: "
    "sudo modprobe v4l2loopback exclusive_caps=1 card_label=autoexposure"
)
"""How a system gets a loopback device."""

ELSEWHERE = (
    "a virtual camera needs Linux: on this system let OBS Studio capture the window of autoexposure and start the "
    "virtual camera of OBS"
)


class LoopbackDevice:
    """A loopback device that takes pictures of one size.

    Parameters
    ----------
    device : an open linuxpy Device on which a format is agreed; closed with this.
    name : its path.
    size_px : (width, height) that was agreed, both even.
    fourcc : the pixel format that was agreed, a key of `CONVERSIONS`.
    """

    def __init__(self, device: Device, name: str, size_px: tuple[int, int], fourcc: str) -> None:
        self.name = name
        self.size_px = size_px
        self._device = device
        self._conversion = CONVERSIONS[fourcc]

    def send(self, pixels: Pixels) -> None:
        """Show one picture, (height, width, 3) uint8 RGB of ``size_px``, to every program that watches.

        A picture that finds no room is left out: the next one is newer. Raises VirtualCameraError.
        """
        encoded = cv2.cvtColor(pixels, self._conversion).tobytes()
        try:
            written = os.write(self._device.fileno(), encoded)
        except BlockingIOError:
            return
        except OSError as error:
            raise VirtualCameraError(
                f"the virtual camera {self.name} takes no more pictures ({_text(error)})"
            ) from error
        if written != len(encoded):
            raise VirtualCameraError(
                f"the virtual camera {self.name} took only a part of a picture: load v4l2loopback again"
            )

    def close(self) -> None:
        """Let go of the device; may be called twice."""
        self._device.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_loopback(width_px: int, height_px: int, rate_fps: float, *, which: str = "") -> LoopbackDevice:
    """Open the loopback device ``which`` (``/dev/video9``), or the first that no other program feeds.

    Parameters
    ----------
    width_px, height_px : the size to ask for, both even; the device has the last word.
    rate_fps : pictures a second, a hint for the programs that watch.

    Raises
    ------
    VirtualCameraError
        If there is no such device, or it can't be fed.
    """
    if sys.platform != "linux":
        raise VirtualCameraError(ELSEWHERE)
    paths = [Path(which)] if which else [path for path in video_nodes() if _is_loopback(path)]
    if not paths:
        raise VirtualCameraError(f"there is no virtual camera device on this system: {SET_UP}")
    refusals = []
    for path in paths:
        try:
            return _open(path, width_px, height_px, rate_fps)
        except VirtualCameraError as error:
            refusals.append(error)
    raise refusals[0]


def _is_loopback(path: Path) -> bool:
    from linuxpy.video.device import Device, read_capabilities

    device = Device(path)
    try:
        device.open()
    except OSError:  # a camera that another program has, or that is none of this user's
        return False
    try:
        return bool(read_capabilities(device).driver == DRIVER)
    except OSError:  # a node that is no video device
        return False
    finally:
        device.close()


def _open(path: Path, width_px: int, height_px: int, rate_fps: float) -> LoopbackDevice:
    from linuxpy.video.device import BufferType, Device, human_pixel_format

    device = Device(path)
    try:
        device.open()
        agreed = device.set_format(BufferType.VIDEO_OUTPUT, width_px, height_px, next(iter(CONVERSIONS))).fmt.pix
        fourcc, size_px = human_pixel_format(agreed.pixelformat), (int(agreed.width), int(agreed.height))
        packed = agreed.bytesperline in (0, size_px[0] * BYTES_PER_LINE.get(fourcc, 0))
        if fourcc not in CONVERSIONS or not packed or size_px[0] % 2 or size_px[1] % 2:
            raise VirtualCameraError(
                f"the virtual camera {path} insists on pictures of {size_px[0]}x{size_px[1]} {fourcc}, which can't be "
                "written: close the programs that show it and try again"
            )
        with suppress(OSError):  # a device that keeps no rate shows the pictures when they come
            device.set_fps(BufferType.VIDEO_OUTPUT, rate_fps)
    except OSError as error:
        device.close()
        raise VirtualCameraError(_in_words(path, error)) from error
    except BaseException:
        device.close()
        raise
    return LoopbackDevice(device, str(path), size_px, fourcc)


def _in_words(path: Path, error: OSError) -> str:
    match error.errno:
        case errno.ENOENT | errno.ENODEV | errno.ENXIO:
            return f"there is no virtual camera device {path}: {SET_UP}"
        case errno.EACCES | errno.EPERM:
            return f"{path} may not be opened by this user: {access_remedy(str(path), error.errno)}"
        case errno.ENOTTY:
            return f"{path} is no video device: name a loopback device like /dev/video9, or none to take the first"
        case errno.EBUSY:
            from drivers.v4l2.errors import another_program  # which brings linuxpy, and the window imports this file

            return f"{another_program(str(path))} feeds {path}: close it, or name another loopback device"
        case errno.EINVAL:  # what v4l2loopback with exclusive_caps answers while it is fed, and any webcam always
            return f"{path} takes no pictures: it is a camera, or a loopback device that another program feeds"
        case _:
            return f"the virtual camera {path} can't be opened ({_text(error)})"


def _text(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno else str(error)
