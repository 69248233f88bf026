"""Motion JPEG over HTTP: ``multipart/x-mixed-replace``, one JPEG picture a part, as phones send it."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from email.message import Message

from autoexposure.errors import CameraBusy, CameraDisconnected, FrameTimeout, PictureError
from autoexposure.files.decoding import LARGEST_BODY_BYTES, decode_jpeg
from autoexposure.frame import Frame
from drivers.common.grabber import Grabber
from drivers.common.pictures.passed_over import PassedOver
from drivers.http.device import HttpStream

log = logging.getLogger(__name__)

DELAY_FRAMES = (0, 15)
"""From a setting to the first picture made with it, on a phone that was not measured: the sensor's own pipeline of
some pictures, and half a second of JPEG and Wi-Fi."""


LARGEST_HEAD_BYTES = 16 << 10
"""Of a part's header lines, as web servers limit them. Without an end by then what looked like a boundary was none."""


LONGEST_PICTURE_S = 4.0
"""From one whole picture to the next, on the slowest link that is of use; a stream that drips is lost."""


class PartSplitter:
    """Cuts a multipart stream into the bodies of its parts, whatever the pieces in which it arrives.

    Parts with a Content-Length are taken by it, others up to the next boundary. What lies between parts is skipped, so
    that the stream is found again after damage.

    Parameters
    ----------
    boundary : as in the Content-Type, with or without the two dashes that some servers count as part of it.
    """

    def __init__(self, boundary: bytes) -> None:
        self._marker = b"--" + boundary.strip(b'"').lstrip(b"-")
        self._buffer = bytearray()
        self._in_body = False
        self._length: int | None = None
        self._searched = 0

    def feed(self, data: bytes) -> list[bytes]:
        """The bodies that ``data`` completes, oldest first. Raises CameraDisconnected if a part grows without end."""
        self._buffer += data
        bodies: list[bytes] = []
        while True:
            if not self._in_body and not self._skip_head():
                break
            body = self._cut_body()
            if body is None:
                break
            bodies.append(body)
        if len(self._buffer) > LARGEST_BODY_BYTES:
            raise CameraDisconnected(f"a picture of more than {LARGEST_BODY_BYTES >> 20} MB is not believed")
        return bodies

    def _skip_head(self) -> bool:
        gaps = (b"\r\n\r\n", b"\n\n")
        while True:
            start = self._buffer.find(self._marker)
            if start < 0:
                del self._buffer[: max(0, len(self._buffer) - len(self._marker) + 1)]
                return False
            del self._buffer[:start]
            ends = [(at, len(gap)) for gap in gaps if (at := self._buffer.find(gap, 0, LARGEST_HEAD_BYTES)) >= 0]
            if ends:
                break
            if len(self._buffer) < LARGEST_HEAD_BYTES:
                return False
            del self._buffer[: len(self._marker)]
        end, gap = min(ends)
        head = bytes(self._buffer[:end])
        del self._buffer[: end + gap]
        self._in_body, self._length, self._searched = True, _content_length(head), 0
        return True

    def _cut_body(self) -> bytes | None:
        if self._length is not None:
            if len(self._buffer) < self._length:
                return None
            end = self._length
        else:
            end = self._buffer.find(self._marker, self._searched)
            if end < 0:
                self._searched = max(0, len(self._buffer) - len(self._marker))
                return None
        body = bytes(self._buffer[:end])
        del self._buffer[:end]
        self._in_body = False
        return body if self._length is not None else body.rstrip(b"\r\n")


def _content_length(head: bytes) -> int | None:
    for line in head.splitlines():
        key, _, value = line.partition(b":")
        digits = value.strip()
        if key.strip().lower() == b"content-length" and digits.isdigit() and len(digits) < 12:
            length = int(digits)
            return length if 0 < length <= LARGEST_BODY_BYTES else None
    return None


class _MjpegSource:
    """One connection's JPEG pictures, undecoded: those that are not read cost nothing."""

    def __init__(self, name: str, stream: HttpStream) -> None:
        self._stream = stream
        self._ready: deque[bytes] = deque()
        header = Message()
        header["Content-Type"] = stream.content_type
        boundary = header.get_param("boundary")
        if not stream.content_type.lower().startswith("multipart/") or not isinstance(boundary, str):
            stream.close()
            raise CameraBusy(
                f"{name} sends a page instead of pictures: close other programs that show them, and check the address"
            )
        self._splitter = PartSplitter(boundary.encode())
        self._whole_s = time.monotonic()

    def next(self) -> bytes | None:
        if not self._ready:
            self._ready.extend(self._splitter.feed(self._stream.receive()))
            now_s = time.monotonic()
            if self._ready:
                self._whole_s = now_s
            elif now_s - self._whole_s > LONGEST_PICTURE_S:
                raise CameraDisconnected(f"no whole picture came in {LONGEST_PICTURE_S:g} s")
        return self._ready.popleft() if self._ready else None

    def interrupt(self) -> None:
        self._stream.interrupt()

    def close(self) -> None:
        self._stream.close()


class MjpegStream:
    """The newest picture of a Motion JPEG stream, which is opened anew when it drops.

    Parameters
    ----------
    name : what error messages call the camera.
    open_stream : connects; called in the stream's own thread.
    patience_s : how long a stream may bring no picture before it counts as lost.

    Attributes
    ----------
    connection : which connection brought the picture read last; see ``Grabbed.connection``.
    """

    def __init__(self, name: str, open_stream: Callable[[], HttpStream], patience_s: float = 2.0) -> None:
        self.connection = 0
        self._name = name
        self._passed_over = PassedOver(
            name,
            if_damaged="bring it nearer to the access point, or choose a smaller size in its app",
            if_undecodable="choose Motion JPEG in its app",
        )
        self._grabber = Grabber(name, lambda: _MjpegSource(name, open_stream()), patience_s=patience_s)

    def read(self, timeout_s: float) -> Frame:
        """The newest picture not yet read; damaged ones are passed over. Raises as Camera.read."""
        deadline_s = time.monotonic() + timeout_s
        self._passed_over.begin()
        while True:
            try:
                grabbed = self._grabber.newest(max(0.0, deadline_s - time.monotonic()))
            except FrameTimeout as error:
                raise self._passed_over.error(timeout_s) from error
            try:
                pixels = decode_jpeg(grabbed.picture)
            except PictureError as error:
                self._passed_over.add(error)
                log.debug("%s: %d bytes are passed over: %s", self._name, len(grabbed.picture), error)
                continue
            self._passed_over.end()
            self.connection = grabbed.connection
            return Frame(pixels, grabbed.timestamp_s, grabbed.sequence)

    def close(self) -> None:
        """Stop receiving. Callable twice."""
        self._grabber.close()
