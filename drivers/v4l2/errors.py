"""What the kernel's error numbers mean for a V4L2 camera, in our own classes, and which program is in the way."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autoexposure.errors import CameraBusy, CameraDisconnected, CameraError, CameraNotFound, ControlTaken
from drivers.v4l2.access import access_remedy
from drivers.v4l2.node_kinds import without_libcamera
from drivers.v4l2.paths import usb_device

GONE = frozenset({errno.ENODEV, errno.ENXIO, errno.ESHUTDOWN})
"""What every request to a camera without a cable is answered with."""

# uvcvideo's answers when a camera refuses a control request, measured on kernels 6.1 and 6.12.
_REFUSALS = {
    errno.EACCES: "its automatic has it",
    errno.EBUSY: "it is not ready, or another program holds it",
    errno.EILSEQ: "it is in the wrong state for that",
    errno.EREMOTE: "it has not enough power for that",
    errno.ERANGE: "the value is out of its range",
    errno.EINVAL: "the value is not one it knows",
    errno.EIO: "its firmware rejected the request",
    errno.EPIPE: "its firmware rejected the request",
    errno.EPROTO: "it answered with an error of the bus",
    errno.ETIMEDOUT: "it did not answer in time",
}


@contextmanager
def opening(name: str) -> Iterator[None]:
    """Translate what can go wrong while a device node is opened."""
    try:
        yield
    except OSError as error:
        if error.errno in GONE or error.errno in (errno.ENOENT, errno.ENOTDIR):
            raise CameraNotFound(
                f"there is no camera at {name}: run 'autoexposure list' to see what is there"
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM):
            raise CameraBusy(f"{name} may not be opened by this user: {access_remedy(name, error.errno)}") from error
        if error.errno == errno.EBUSY:
            raise CameraBusy(f"{another_program(name)} is using {name}: close it and try again") from error
        raise CameraError(f"{name} can't be opened ({_text(error)})") from error


@contextmanager
def streaming(name: str) -> Iterator[None]:
    """Translate what can go wrong while pictures are agreed on, started and read."""
    try:
        yield
    except OSError as error:
        if error.errno in GONE:
            raise CameraDisconnected(f"{name} was unplugged") from error
        if error.errno == errno.EBUSY:
            raise CameraBusy(
                f"{another_program(name)} is taking pictures with {name}: close it and try again, or leave it the "
                "pictures and meter what it shows (--meter-from)"
            ) from error
        if error.errno == errno.ENOSPC:
            raise CameraBusy(
                f"the USB bus has no bandwidth left for {name}: choose a smaller size or the format MJPG, as in "
                f"v4l2:{name},size=320x240,format=MJPG, or plug it into another USB port"
            ) from error
        if error.errno == errno.EIO:
            # The kernel gave the stream up; a camera opened anew delivers again, which is what a reconnect does.
            raise CameraDisconnected(
                f"{name} stopped delivering pictures: plug it in again if it stays away"
            ) from error
        raise CameraError(f"{name} can't deliver pictures ({_text(error)}): {_stream_remedy(name, error)}") from error


@contextmanager
def controlling(name: str, what: str) -> Iterator[None]:
    """Translate what can go wrong while a control is read or written; ``what`` completes 'refused to ...'."""
    try:
        yield
    except OSError as error:
        if error.errno in GONE:
            raise CameraDisconnected(f"{name} was unplugged") from error
        # The kernel knows of an automatic that is on (EACCES), or the camera alone does (EILSEQ: a wrong state).
        if error.errno in (errno.EACCES, errno.EPERM, errno.EILSEQ):
            raise ControlTaken(
                f"{name} refused to {what}: its automatic exposure is on, perhaps switched on by another program"
            ) from error
        if error.errno == errno.EBUSY:
            raise CameraBusy(f"{name} refused to {what}: it is not ready, or another program holds it") from error
        raise CameraError(f"{name} refused to {what}: {refusal(error)}") from error


def refusal(error: OSError) -> str:
    """Why a camera refuses a request, in words: 'its firmware rejected the request'."""
    return _REFUSALS.get(error.errno or 0, _text(error))


def _stream_remedy(name: str, error: OSError) -> str:
    if error.errno == errno.ENOTTY:
        return "it is no video device, run 'autoexposure list' to see which there are"
    if error.errno == errno.ENOMEM:
        return "choose a smaller size or close other programs"
    if usb_device(Path(name)) is None:
        if error.errno in (errno.EPIPE, errno.ENOLINK, errno.ENOTCONN):  # what it is connected to was not set up
            return f"only libcamera can start it, so {without_libcamera(name)}"
        return "close programs that use it and try again, or start the computer anew"
    if error.errno in (errno.EPROTO, errno.EILSEQ, errno.EOVERFLOW, errno.ETIMEDOUT):  # the transfers themselves fail
        return "try another cable, and a port of the computer itself instead of a hub"
    return "unplug it and plug it in again"


def _text(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno else str(error)


PROCESSES = Path("/proc")


def others_using(path: str) -> list[str]:
    """The programs besides this one that have a device node open, as 'name, process 123'.

    Only those whose open files this user may see; root sees every one.
    """
    found = []
    for process in PROCESSES.glob("[0-9]*"):
        if process.name == str(os.getpid()):
            continue
        try:
            if any(os.readlink(link) == path for link in (process / "fd").iterdir()):
                found.append(f"{(process / 'comm').read_text().strip()}, process {process.name}")
        except OSError:  # it ended meanwhile, or is not ours to look at
            continue
    return sorted(found)


def another_program(path: str) -> str:
    """'another program', with the names of those that have the node open, where they can be seen."""
    others = others_using(path)
    return f"another program ({'; '.join(others)})" if others else "another program"
