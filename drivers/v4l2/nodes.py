"""Which /dev/video* nodes deliver pictures, and which camera stands behind each."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from linuxpy.video.device import Capability, read_capabilities

from autoexposure.errors import AutoexposureError, CameraNotFound
from drivers.v4l2 import paths as v4l2_paths
from drivers.v4l2.errors import opening

SYSFS = Path("/sys/class/video4linux")


@dataclass(frozen=True, slots=True)
class CaptureNode:
    """A node that delivers pictures, or might: one that couldn't be opened says why in ``trouble``.

    Attributes
    ----------
    path : the node itself, links resolved: ``/dev/video0``.
    name : what the manufacturer calls the camera.
    stable_id : USB vendor, product, serial number (else port) and interface, or the bus; never the node's number.
    driver, bus : the kernel's words; empty where the node couldn't be opened.
    """

    path: Path
    name: str
    stable_id: str
    driver: str = ""
    bus: str = ""
    trouble: str = ""


def list_nodes() -> list[CaptureNode]:
    """Every capture node in the order of their numbers; metadata and output nodes left out."""
    return list(_capture_nodes())


def find_node(which: str) -> CaptureNode:
    """The capture node meant by a path, a link to one, a number, a stable id, or nothing (the first there is).

    Raises CameraNotFound, or what kept the node from being opened.
    """
    if not which:
        first = next(_capture_nodes(), None)
        if first is None:
            raise CameraNotFound("no camera is plugged in: plug one in, or use the simulated one with 'sim:'")
        return first
    if which.isdecimal():
        which = str(v4l2_paths.DEVICES / f"video{which}")
    if which.startswith("/"):
        path = Path(which)
        with opening(which):
            path = path.resolve(strict=True)
        node = inspect_node(path)
        if node is None:
            raise CameraNotFound(f"{which} delivers no pictures: run 'autoexposure list' to see which nodes do")
        return node
    for node in _capture_nodes():
        if node.stable_id == which:
            return node
    raise CameraNotFound(f"no camera {which!r} is plugged in: give a path like /dev/video0, or run 'autoexposure list'")


def inspect_node(path: Path) -> CaptureNode | None:
    """What is behind a node; None if it is no capture device."""
    entry = SYSFS / path.name
    index = _text(entry / "index") or "0"
    name = _text(entry / "name") or path.name
    usb_id = _usb_id(entry)
    try:
        with opening(str(path)):
            descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                capability = read_capabilities(descriptor)
            finally:
                os.close(descriptor)
    except AutoexposureError as error:
        # Every USB camera has a second node for metadata; which is which shows only when opened, but index 0 is video.
        if index != "0":
            return None
        return CaptureNode(path, name, _plain(f"{usb_id or path.name}.{index}"), trouble=str(error))
    if not capability.device_caps & Capability.VIDEO_CAPTURE:
        return None
    bus = capability.bus_info.decode(errors="replace")
    return CaptureNode(
        path,
        capability.card.decode(errors="replace") or name,
        _plain(f"{usb_id or bus}.{index}"),
        capability.driver.decode(errors="replace"),
        bus,
    )


def _capture_nodes() -> Iterator[CaptureNode]:
    for path in v4l2_paths.video_nodes():
        node = inspect_node(path)
        if node is not None:
            yield node


def _usb_id(entry: Path) -> str:
    """``usb-VENDOR:PRODUCT-SERIAL-INTERFACE``, the port standing in for a missing serial number; empty if not USB."""
    interface = (entry / "device").resolve()
    usb = interface.parent
    vendor, product = _text(usb / "idVendor"), _text(usb / "idProduct")
    if not vendor or not product:
        return ""
    return f"usb-{vendor}:{product}-{_text(usb / 'serial') or usb.name}-{interface.name.rpartition(':')[2]}"


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:  # not every device has every attribute
        return ""


def _plain(identifier: str) -> str:
    """Without what a shell, a file name or a camera specification would trip over."""
    return re.sub(r"[^\w.:-]", "_", identifier)
