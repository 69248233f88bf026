"""Cameras of PipeWire, whose pictures are taken by GStreamer's gst-launch-1.0 in a process of its own.

``open_pipewire`` is the family's entry: ``pipewire:desk`` by a node's name or serial number, as ``pw-cli ls Node`` has
it, or ``pipewire:`` for the one that PipeWire chooses. They can be watched only: PipeWire hands no exposure on.

OpenCV's wheels come without GStreamer, and no Python package reads video from PipeWire; the program is on most desktops
that have PipeWire, and in Debian's gstreamer1.0-tools and gstreamer1.0-pipewire.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess

import numpy as np

from autoexposure.camera import CameraInfo
from autoexposure.errors import CameraDisconnected, CameraNotFound
from autoexposure.frame import Pixels
from drivers.common.grabber import GrabbedPixels
from drivers.common.no_controls import NoControls
from drivers.common.stream_camera import StreamCamera

PROGRAM = "gst-launch-1.0"

_CAPS = re.compile(r"/GstFdSink:out\.GstPad:sink: caps = video/x-raw.*width=\(int\)(\d+).*height=\(int\)(\d+)")
"""What ``gst-launch-1.0 -v`` says when the sink learns the size of the pictures."""

END_S = 5.0

PATIENCE_S = 4.0
USUAL_RATE_FPS = 30.0

WATCHED_ONLY = "PipeWire hands no exposure control on: this camera's pictures can be watched, but not corrected."


def open_pipewire(rest: str) -> StreamCamera:
    """Open what stands behind ``pipewire:`` in a camera specification. Raises CameraNotFound."""
    program, node = gst_launch(), rest.strip()
    name = f"PipeWire node {node or 'of its choice'}"
    spec = f"pipewire:{node}"
    return StreamCamera(
        CameraInfo(spec, name, spec, "PipeWire", lasting=False),
        GrabbedPixels(name, lambda: PipeWireNode(program, node), PATIENCE_S),
        NoControls(WATCHED_ONLY),
        1 / USUAL_RATE_FPS,
    )


def gst_launch() -> str:
    """Where the program is. Raises CameraNotFound."""
    found = shutil.which(PROGRAM)
    if found is None:
        raise CameraNotFound(
            f"pictures from PipeWire need {PROGRAM}: install gstreamer1.0-tools and gstreamer1.0-pipewire"
        )
    return found


class PipeWireNode:
    """A Source of RGB pictures for a Grabber.

    Parameters
    ----------
    program : gst-launch-1.0.
    node : as behind ``pipewire:``.
    """

    def __init__(self, program: str, node: str) -> None:
        self._node = node
        self._shape: tuple[int, int] | None = None
        self._pictures, theirs = os.pipe()
        source = ["pipewiresrc", *([f"target-object={node}"] if node else [])]
        convert = ["!", "videoconvert", "!", "video/x-raw,format=RGB", "!"]
        sink = ["fdsink", "name=out", f"fd={theirs}", "sync=false"]
        try:
            # -v: its output says how large the pictures are, which themselves go through a pipe of their own.
            self._process = subprocess.Popen(
                [program, "-v", *source, *convert, *sink],
                pass_fds=(theirs,),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            os.close(self._pictures)
            raise CameraDisconnected(f"{program} can't be started ({error.strerror})") from error
        finally:
            os.close(theirs)

    def next(self) -> Pixels | None:
        """The next picture. Raises CameraDisconnected when the node ends, or if there is none of this name."""
        height, width = self._shape = self._shape or self._agreed_shape()
        row = (width * 3 + 3) // 4 * 4  # GStreamer begins each row at a multiple of four bytes
        data = bytearray()
        while len(data) < height * row:
            data += self._more(height * row - len(data))
        rows = np.frombuffer(bytes(data), np.uint8).reshape(height, row)
        return np.ascontiguousarray(rows[:, : width * 3].reshape(height, width, 3))

    def interrupt(self) -> None:
        """As Source.interrupt."""
        self._process.kill()

    def close(self) -> None:
        """As Source.close."""
        self._process.kill()
        self._process.communicate(timeout=END_S)
        os.close(self._pictures)

    def _agreed_shape(self) -> tuple[int, int]:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if found := _CAPS.search(line.decode(errors="replace")):
                return int(found[2]), int(found[1])
        raise self._ended()

    def _more(self, size: int) -> bytes:
        data = os.read(self._pictures, size)
        if not data:
            raise self._ended()
        return data

    def _ended(self) -> CameraDisconnected:
        return CameraDisconnected(
            f"the PipeWire node {self._node or 'chosen'} delivers no pictures: 'pw-cli ls Node' names those there are"
        )
