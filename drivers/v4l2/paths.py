"""Where Linux keeps its video devices: enough to see, without their library, that there are none."""

from __future__ import annotations

from pathlib import Path

DEVICES = Path("/dev")
NODES = "video*"
SYSFS = Path("/sys/class/video4linux")


def video_nodes() -> list[Path]:
    """The nodes ``/dev/videoN`` in the order of their numbers, whatever they deliver."""
    nodes = [path for path in DEVICES.glob(NODES) if path.name.removeprefix("video").isdecimal()]
    return sorted(nodes, key=lambda path: int(path.name.removeprefix("video")))


def sysfs_text(path: Path) -> str:
    """An attribute in sysfs; empty where there is none, since not every device has every attribute."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def usb_device(node: Path) -> Path | None:
    """The folder in sysfs of the USB device that brings ``node``; None if it is no USB device."""
    usb = (SYSFS / node.name / "device").resolve().parent
    return usb if sysfs_text(usb / "idVendor") and sysfs_text(usb / "idProduct") else None


def is_virtual(node: Path) -> bool:
    """Whether no hardware stands behind ``node``, as with v4l2loopback: it is a device without a parent."""
    entry = SYSFS / node.name
    return entry.exists() and not (entry / "device").exists()
