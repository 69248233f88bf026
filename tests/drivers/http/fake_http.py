"""A loopback HTTP server for played cameras: quick to start, quiet; it can be restarted, and hang up on its viewers."""

import base64
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import cv2
import numpy as np

BOUNDARY = "Ba4oTvQMY8ew04N8dcnM"
FRAME_S = 0.004


AUTOMATIC_LIGHT = 0.13
"""Where a played automatic exposure puts the wall, 1 = white."""


def code(light: float) -> float:
    """The code value, 0 to 255, of light from 0 to 1: cameras do not deliver linear pictures."""
    return 255 * min(1.0, max(0.0, light)) ** (1 / 2.2)


def jpeg(level: float, size: tuple[int, int] = (32, 24)) -> bytes:
    """A grey picture, (width, height) pixels."""
    grey = np.full((size[1], size[0], 3), min(255, max(0, round(level))), np.uint8)
    return cv2.imencode(".jpg", grey)[1].tobytes()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "_Server"

    def handle_one_request(self) -> None:
        with suppress(ConnectionError, TimeoutError):
            super().handle_one_request()

    def do_GET(self) -> None:
        self._answer("GET")

    def do_PUT(self) -> None:
        self._answer("PUT")

    def do_POST(self) -> None:
        self._answer("POST")

    def _answer(self, method: str) -> None:
        device = self.server.device
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        device.requests.append((method, self.path))
        self.close_connection = True
        if device.login is not None:
            expected = "Basic " + base64.b64encode(":".join(device.login).encode()).decode()
            if self.headers.get("Authorization") != expected:
                self.reply(401, "text/plain", b"who are you?")
                return
        device.answer(self, method, self.path, body)

    def reply(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def reply_json(self, value: Any) -> None:
        self.reply(200, "application/json", json.dumps(value).encode())

    def stream(self, pictures: Iterator[bytes], *, lengths: bool = True) -> None:
        """Send pictures until the server drops its viewers, or one of them is None: then hang up."""
        device = self.server.device
        device.viewers.append(self.connection)
        self.send_response(200)
        self.send_header("Content-Type", f"multipart/x-mixed-replace; boundary={BOUNDARY}")
        self.end_headers()
        dropped = device.dropped
        with suppress(OSError):
            for picture in pictures:
                head = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\n"
                head += f"Content-Length: {len(picture)}\r\n\r\n" if lengths else "\r\n"
                self.wfile.write(head.encode() + picture + b"\r\n")
                if dropped.wait(FRAME_S):
                    break

    def log_message(self, *_: object) -> None:
        """Tests are quiet."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    device: "FakeDevice"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A viewer that leaves is no error here; anything else fails the test that looks at ``errors``."""
        import sys

        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            self.device.errors.append(error)


class FakeDevice:
    """Base of the played cameras: what answers is ``answer``, the port stays the same over a restart."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str]] = []
        self.errors: list[BaseException | None] = []
        self.login: tuple[str, str] | None = None
        self.viewers: list[socket.socket] = []
        self.dropped = threading.Event()
        self._server: _Server | None = None
        self.port = 0
        self.start()

    def answer(self, handler: _Handler, method: str, path: str, body: bytes) -> None:
        raise NotImplementedError

    def wrap(self, server: _Server) -> None:
        """Where TLS comes in."""

    def start(self) -> None:
        _Server.allow_reuse_address = True
        self._server = _Server(("127.0.0.1", self.port), _Handler)
        self._server.device = self
        self.wrap(self._server)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.005,), daemon=True).start()

    def drop_viewers(self) -> None:
        """The Wi-Fi hiccups: every stream ends, the app stays."""
        self.dropped.set()
        self.dropped = threading.Event()
        viewers, self.viewers = self.viewers, []
        for viewer in viewers:
            with suppress(OSError):
                viewer.shutdown(socket.SHUT_RDWR)

    def stop(self) -> None:
        """The app is gone: nobody listens any more."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        self.drop_viewers()

    @contextmanager
    def running(self) -> Iterator["FakeDevice"]:
        try:
            yield self
        finally:
            self.stop()
        assert not self.errors
