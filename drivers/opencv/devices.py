"""Which cameras OpenCV can open, and what they are called: OpenCV itself knows only numbers."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType

from autoexposure.errors import CameraNotFound, ConfigError
from drivers.opencv.capture import AVFOUNDATION, DSHOW, V4L2, Backend
from drivers.opencv.duvc_ctl import DuvcDevice

log = logging.getLogger(__name__)

DEFAULTS = {"win32": DSHOW, "darwin": AVFOUNDATION, "linux": V4L2}
"""On Windows, DirectShow: its exposure can be set, and taken back to automatic, on more cameras."""


@dataclass(frozen=True, slots=True)
class OpenCvDevice:
    """One camera as the system lists it.

    Attributes
    ----------
    target : what VideoCapture opens: a number, or a path.
    name : what a person calls it.
    stable_id : the same after a replug, where the system tells a path; else made of its number.
    path : the system's own identification; empty if not known.
    """

    target: int | str
    name: str
    stable_id: str
    path: str = ""


def default_backend() -> Backend:
    """The backend of this system."""
    return DEFAULTS.get(sys.platform, V4L2)


def list_devices(backend: Backend) -> list[OpenCvDevice]:
    """Every camera the system lists for ``backend``, without opening any; empty where they can't be listed."""
    if backend is V4L2:
        from drivers.v4l2.nodes import list_nodes

        return [OpenCvDevice(str(node.path), node.name, f"opencv-{node.stable_id}") for node in list_nodes()]
    if (library := _module("cv2_enumerate_cameras")) is not None:
        try:
            listed = library.enumerate_cameras(backend.api)
        except NotImplementedError:  # another system's backend
            return []
        return [_device(backend, info.index % 100, info.name, info.path or "") for info in listed]
    if backend is DSHOW and (library := _module("duvc_ctl")) is not None:
        listed = directshow_devices(library)
        return [_device(backend, at, str(each.name), str(each.path)) for at, each in enumerate(listed)]
    return []


def find_device(which: str, backend: Backend) -> OpenCvDevice:
    """The camera meant by a number, a path, a stable id, or nothing (the first). Raises CameraNotFound, ConfigError."""
    if backend is V4L2:
        from drivers.v4l2.nodes import find_node

        node = find_node(which.removeprefix("opencv-"))
        return OpenCvDevice(str(node.path), node.name, f"opencv-{node.stable_id}")
    devices = list_devices(backend)
    for device in devices:
        if which in ("", str(device.target), device.stable_id):
            return device
    if which.isdecimal() or (not which and not devices):
        return _device(backend, int(which or 0), f"Camera {int(which or 0)}", "")
    if not which.startswith("opencv-"):
        raise ConfigError(f"a camera of the family opencv is named by its number as in opencv:0, given {which!r}")
    raise CameraNotFound(f"no camera {which!r} is plugged in: run 'autoexposure list' to see which are")


def directshow_devices(library: ModuleType) -> Sequence[DuvcDevice]:
    """What DirectShow lists, through duvc-ctl; nothing where Windows can't list cameras at all."""
    try:
        devices: Sequence[DuvcDevice] = library.list_devices()
    except RuntimeError as error:
        log.warning("Windows does not list its cameras: %s", error)
        return ()
    return devices


def _device(backend: Backend, target: int, name: str, path: str) -> OpenCvDevice:
    identity = re.sub(r"[^\w.:-]", "_", path) if path else f"number-{target}"
    return OpenCvDevice(target, name, f"opencv-{backend.option}-{identity}", path)


def _module(name: str) -> ModuleType | None:
    try:
        return import_module(name)
    except ImportError:
        return None
