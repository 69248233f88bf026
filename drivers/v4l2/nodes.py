"""Which /dev/video* nodes deliver pictures, and which camera stands behind each."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from linuxpy.video.device import Capability, read_capabilities

from autoexposure.errors import AutoexposureError, CameraNotFound
from drivers.v4l2 import paths as v4l2_paths
from drivers.v4l2.errors import opening
from drivers.v4l2.modes import offered_formats, unreadable
from drivers.v4l2.node_kinds import NodeKind, kind_of, names_pipeline, without_libcamera

_SHARED_SERIAL = re.compile(r"(SN)?0+1?|1|(.)\2{3,}|0x0001|01\.00\.00|200901010001|0?123456789\w*", re.ASCII)
"""Serial numbers that makers of cheap webcams give to every one they sell: SN0001 and 200901010001 were reported of
several models (github.com/INNO-MAKER/U20CAM-9281M/issues/4, github.com/paukstelis/octoprint_deploy/issues/203); the
others are as plainly no number of a single camera."""


@dataclass(frozen=True, slots=True)
class CaptureNode:
    """A node and what stands behind it.

    Attributes
    ----------
    path : the node itself, links resolved: ``/dev/video0``.
    name : what the manufacturer calls the camera.
    stable_id : USB vendor, product, serial number (else port) and interface, or the bus; never the node's number. With
        the port too where the serial number is not this camera's alone.
    driver, bus : the kernel's words; empty where the node couldn't be opened.
    kind : what it delivers; taken for a camera where it couldn't be opened.
    trouble : why no picture of it can be used, as `CameraInfo.trouble`; empty if one can, as far as the node says.
    former_id : the stable id without the port, as `CameraInfo.former_id`.
    """

    path: Path
    name: str
    stable_id: str
    driver: str = ""
    bus: str = ""
    kind: NodeKind = NodeKind.CAMERA
    trouble: str = ""
    former_id: str = ""


def list_nodes() -> list[CaptureNode]:
    """Every node with a camera behind it: colour before grey, virtual ones last, else in the order of their numbers.

    Of a pipeline, which has dozens of nodes, the first stands for all.
    """
    nodes: list[CaptureNode] = []
    pipelines: set[str] = set()
    for path in v4l2_paths.video_nodes():
        node = inspect_node(path)
        if node.kind is NodeKind.PIPELINE:
            whole = node.bus or re.sub(r"\d+$", "", node.name)
            if whole in pipelines:
                continue
            pipelines.add(whole)
        if node.kind is not NodeKind.OTHER:
            nodes.append(node)
    return sorted(nodes, key=lambda node: node.kind)  # which keeps the order of those alike


def find_node(which: str) -> CaptureNode:
    """The node meant by a path, a link to one, a number, a stable id, or nothing (the first that can be used).

    Raises CameraNotFound, or what kept the node from being opened.
    """
    if not which:
        nodes = list_nodes()
        if not nodes:
            raise CameraNotFound("no camera is plugged in: plug one in, or use the simulated one with 'sim:'")
        return next((node for node in nodes if not node.trouble), nodes[0])
    if which.isdecimal():
        which = str(v4l2_paths.DEVICES / f"video{which}")
    if which.startswith("/"):
        path = Path(which)
        with opening(which):
            path = path.resolve(strict=True)
        node = inspect_node(path)
        if node.kind is NodeKind.OTHER:
            raise CameraNotFound(
                f"{which} delivers no pictures, it is {node.trouble}: run 'autoexposure list' to see which nodes do"
            )
        return node
    found = [node for path in v4l2_paths.video_nodes() if (node := inspect_node(path)).kind is not NodeKind.OTHER]
    for node in [node for node in found if node.stable_id == which] or found:
        if which in (node.stable_id, node.former_id):
            return node
    raise CameraNotFound(f"no camera {which!r} is plugged in: give a path like /dev/video0, or run 'autoexposure list'")


def inspect_node(path: Path) -> CaptureNode:
    """What is behind a node; ``trouble`` says what one of kind OTHER is."""
    entry = v4l2_paths.SYSFS / path.name
    index = v4l2_paths.sysfs_text(entry / "index") or "0"
    name = v4l2_paths.sysfs_text(entry / "name") or path.name
    usb_id, former = _usb_ids(path)
    former_id = _plain(f"{former}.{index}") if former else ""
    try:
        with opening(str(path)):
            descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                capability = read_capabilities(descriptor)
                formats = _formats(descriptor)
            finally:
                os.close(descriptor)
    except AutoexposureError as error:
        stable_id = _plain(f"{usb_id or path.name}.{index}")
        if names_pipeline(name):
            return CaptureNode(
                path, name, stable_id, kind=NodeKind.PIPELINE, trouble=_pipeline(name), former_id=former_id
            )
        # Every USB camera has a second node for metadata; which is which shows only when opened, but index 0 is video.
        kind = NodeKind.CAMERA if index == "0" else NodeKind.OTHER
        return CaptureNode(path, name, stable_id, kind=kind, trouble=str(error), former_id=former_id)
    bus = capability.bus_info.decode(errors="replace")
    driver = capability.driver.decode(errors="replace")
    name = capability.card.decode(errors="replace") or name
    # Drivers outside the kernel may leave device_caps empty.
    own = capability.device_caps if capability.capabilities & Capability.DEVICE_CAPS else capability.capabilities
    kind, trouble = kind_of(own, driver, name, formats, virtual=v4l2_paths.is_virtual(path))
    if kind is NodeKind.PIPELINE:
        trouble = _pipeline(name, driver)
    elif kind is not NodeKind.OTHER:
        trouble = _undecodable(own, formats)
    return CaptureNode(path, name, _plain(f"{usb_id or bus}.{index}"), driver, bus, kind, trouble, former_id)


def _pipeline(*words: str) -> str:
    return f"only libcamera can start it: {without_libcamera(*words)}"


def _formats(descriptor: int) -> list[str]:
    """Every pixel format that an open node offers; empty where it doesn't say."""
    try:
        return offered_formats(descriptor)
    except OSError:  # it is asked again, and its answer told, when it is opened for its pictures
        return []


def _undecodable(capabilities: int, formats: list[str]) -> str:
    """Why no picture in these formats can be used; empty if one can."""
    if not capabilities & Capability.VIDEO_CAPTURE:
        return (
            "it delivers its pictures in several planes, which can't be read here: let GStreamer's v4l2src write them "
            "to a virtual camera (v4l2loopback) and use that"
        )
    if not capabilities & Capability.STREAMING:
        return "its driver gives pictures by read() alone, which can't be used here"
    return unreadable(formats)


def _usb_ids(node: Path) -> tuple[str, str]:
    """``usb-VENDOR:PRODUCT-SERIAL-INTERFACE``, the port standing in for a missing serial number; empty if not USB.

    Beside a serial number that another camera has too, or is likely to, the port stands as well; then the second is the
    id without it, else it is empty.
    """
    usb = v4l2_paths.usb_device(node)
    if usb is None:
        return "", ""
    vendor, product, serial = same = _of_whom(usb)
    interface = (v4l2_paths.SYSFS / node.name / "device").resolve().name.rpartition(":")[2]
    alone = f"usb-{vendor}:{product}-{serial or usb.name}-{interface}"
    if not serial:
        return alone, ""
    others = {v4l2_paths.usb_device(other) for other in v4l2_paths.video_nodes()} - {usb, None}
    if not (_SHARED_SERIAL.fullmatch(serial) or any(other and _of_whom(other) == same for other in others)):
        return alone, ""
    return f"usb-{vendor}:{product}-{serial}-at-{usb.name}-{interface}", alone


def _of_whom(usb: Path) -> tuple[str, str, str]:
    """Vendor, product and serial number of a USB device."""
    vendor, product, serial = (v4l2_paths.sysfs_text(usb / key) for key in ("idVendor", "idProduct", "serial"))
    return vendor, product, serial


def _plain(identifier: str) -> str:
    """Without what a shell, a file name or a camera specification would trip over."""
    return re.sub(r"[^\w.:-]", "_", identifier)
