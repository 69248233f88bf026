"""Where Linux keeps its video devices: enough to see, without their library, that there are none."""

from __future__ import annotations

from pathlib import Path

DEVICES = Path("/dev")
NODES = "video*"


def video_nodes() -> list[Path]:
    """The nodes ``/dev/videoN`` in the order of their numbers, whatever they deliver."""
    nodes = [path for path in DEVICES.glob(NODES) if path.name.removeprefix("video").isdecimal()]
    return sorted(nodes, key=lambda path: int(path.name.removeprefix("video")))
