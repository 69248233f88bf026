"""Servers that mean harm, or are broken in the same ways: what stands on the network where a camera is looked for.

`ANSWERS` are ways to answer any request; `Server` gives one of them. The played cameras further down behave until they
are trusted, and turn then.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from tests.campaign.bad_input import DEEP, ESCAPES, LONG_NUMBER, jpeg_bomb, jpeg_misread, png_bomb
from tests.drivers.http.fake_http import BOUNDARY, FakeDevice, _Handler, jpeg
from tests.drivers.http.fake_ip_webcam import FakeIpWebcam
from tests.drivers.onvif.fake_onvif import ENVELOPE, FakeOnvif

Answer = Callable[["Conversation"], None]

PATIENT_S = 40.0
"""So long a server goes on; longer than any trial is allowed to take."""


class Conversation:
    """One connection, its request read. ``send`` returns False when the other side has hung up."""

    def __init__(self, connected: socket.socket, ended: threading.Event, port: int, elsewhere: int) -> None:
        self._socket = connected
        self._ended = ended
        self.port = port
        self.elsewhere = elsewhere

    def send(self, data: bytes) -> bool:
        if self._ended.is_set():
            return False
        with contextlib.suppress(OSError):
            self._socket.sendall(data)
            return True
        return False

    def wait(self, seconds: float) -> bool:
        """Let time pass; False when the trial is over."""
        return not self._ended.wait(seconds)

    def repeat(self, data: bytes, pause_s: float = 0.0) -> None:
        """Send the same for ever."""
        until_s = time.monotonic() + PATIENT_S
        while time.monotonic() < until_s and self.send(data) and (not pause_s or self.wait(pause_s)):
            pass


OK = b"HTTP/1.1 200 OK\r\n"
JSON = OK + b"Content-Type: application/json\r\n"


def _say(head: bytes, body: bytes = b"") -> Answer:
    return lambda talk: talk.send(head + b"\r\n" + body) and None


def _then(head: bytes, data: bytes, pause_s: float = 0.0) -> Answer:
    def answer(talk: Conversation) -> None:
        if talk.send(head):
            talk.repeat(data, pause_s)

    return answer


def _late(talk: Conversation) -> None:
    if talk.wait(6.0):
        talk.send(JSON + b"Content-Length: 2\r\n\r\n{}")


def _drip(talk: Conversation) -> None:
    for number in JSON + b"Content-Length: 1000\r\n\r\n" + b"{" * 1000:
        if not (talk.send(bytes([number])) and talk.wait(0.5)):
            return


def _lead(talk: Conversation, port: int) -> None:
    target = f"Location: http://127.0.0.1:{port}/\r\n"
    talk.send(b"HTTP/1.1 302 Found\r\n" + target.encode() + b"Content-Length: 0\r\n\r\n")


@cache
def zipped(first: bytes) -> bytes:
    """600 MB of spaces behind ``first``, in less than one."""
    return gzip.compress(first + b" " * 600_000_000, 6)


ANSWERS: dict[str, Answer] = {
    "a byte now and then": _drip,
    "headers without end": _then(OK, b"X-Header: 1234567890\r\n"),
    "one header without end": _then(OK + b"X: ", b"y" * 65536),
    "a status line without end": _then(b"HTTP/1.1 200 ", b"O" * 65536),
    "a body without end": _then(JSON + b"\r\n", b"{" * 65536),
    "a slow body without end": _then(JSON + b"\r\n", b" ", 0.3),
    "chunks without end": _then(JSON + b"Transfer-Encoding: chunked\r\n\r\n", b"1000\r\n" + b"[" * 4096 + b"\r\n"),
    "a chunk of an exabyte": _then(JSON + b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFF\r\n", b"x" * 65536),
    "a chunk of no number": _say(JSON + b"Transfer-Encoding: chunked\r\n", b"many\r\nx\r\n"),
    "a length too long": _say(JSON + b"Content-Length: 5000\r\n", b"{}"),
    "a length too short": _say(JSON + b"Content-Length: 1\r\n", b"{}"),
    "a negative length": _say(JSON + b"Content-Length: -5\r\n", b"{}"),
    "a length of no number": _say(JSON + b"Content-Length: many\r\n", b"{}"),
    "a length of an exabyte": _then(JSON + b"Content-Length: 1152921504606846976\r\n\r\n", b"x" * 65536),
    "a zipped bomb": lambda talk: _say(JSON + b"Content-Encoding: gzip\r\n", zipped(b""))(talk),
    "round in circles": lambda talk: _lead(talk, talk.port),
    "somewhere else": lambda talk: _lead(talk, talk.elsewhere),
    "nothing and goodbye": lambda talk: None,
    "nothing": lambda talk: talk.wait(PATIENT_S) and None,
    "too late": _late,
    "no HTTP": _then(b"\x00\xff\x16\x03\x01SSH-2.0-\r\n", b"\xde\xad" * 99, 0.1),
    "a page": _say(OK + b"Content-Type: text/html\r\n", b"<html><img src=x></html>"),
    "401 for ever": _say(b'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n'),
    "500": _say(b"HTTP/1.1 500 \x1b]0;x\x07\r\nContent-Length: 0\r\n"),
    "100 for ever": _then(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "no status": _say(b"HTTP/1.1 abc\r\n"),
    "deep JSON": _say(JSON, DEEP.encode()),
    "a long number": _say(JSON, f'{{"curvals": {{"iso": {LONG_NUMBER}}}, "active": {LONG_NUMBER}}}'.encode()),
    "a list": _say(JSON, b"[1, 2]"),
}


class Server:
    """A TCP server on loopback that answers everything in one way; ``elsewhere`` notes what it should never get."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._ended = threading.Event()
        self._sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
        self.port, self._elsewhere = (listening.getsockname()[1] for listening in self._sockets)
        self.led_astray: list[bytes] = []
        for listening, talk in zip(self._sockets, (self._talk, self._note), strict=True):
            threading.Thread(target=self._accept, args=(listening, talk), daemon=True).start()

    def left_as_it_was(self) -> bool:
        """Nothing can be set here."""
        return True

    def close(self) -> None:
        self._ended.set()
        for listening in self._sockets:
            with contextlib.suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            listening.close()

    def _accept(self, listening: socket.socket, talk: Callable[[socket.socket], None]) -> None:
        while not self._ended.is_set():
            try:
                connected, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=talk, args=(connected,), daemon=True).start()

    def _talk(self, connected: socket.socket) -> None:
        with connected, contextlib.suppress(OSError):
            connected.settimeout(PATIENT_S)
            connected.recv(65536)
            self._answer(Conversation(connected, self._ended, self.port, self._elsewhere))

    def _note(self, connected: socket.socket) -> None:
        with connected, contextlib.suppress(OSError):
            connected.settimeout(PATIENT_S)
            self.led_astray.append(connected.recv(65536))


HIDDEN = ("exposure_ns", "iso", "frame_duration")


class Turncoat(FakeIpWebcam):
    """A phone that is one, but for its ``status`` or its ``video``."""

    def __init__(self, status: Any = None, video: Callable[[_Handler], None] | None = None) -> None:
        self._bad_status, self._video = status, video
        super().__init__()
        self._before = self._visible()
        self.led_astray: list[bytes] = []

    def answer(self, handler: _Handler, method: str, path: str, body: bytes) -> None:
        if path.startswith("/status.json") and self._bad_status is not None:
            values, available = self._bad_status
            whole = {"curvals": self.values | values, "avail": self.available | available}
            handler.reply(200, "application/json", json.dumps(whole).encode())
        elif path == "/video" and self._video is not None:
            self._video(handler)
        else:
            super().answer(handler, method, path, body)

    def left_as_it_was(self) -> bool:
        return self._visible() == self._before

    def _visible(self) -> dict[str, str]:
        """The settings but for those of manual control while that is off: nobody can read them then, nor use them."""
        manual = self.values["manual_sensor"] == "on"
        return {name: value for name, value in self.values.items() if manual or name not in HIDDEN}

    def close(self) -> None:
        self.stop()


def _video(content_type: str, parts: Callable[[], Iterator[bytes]]) -> Callable[[_Handler], None]:
    def send(handler: _Handler) -> None:
        handler.server.device.viewers.append(handler.connection)
        handler.send_response(200)
        handler.send_header("Content-Type", content_type)
        handler.end_headers()
        until_s = time.monotonic() + PATIENT_S
        with contextlib.suppress(OSError):
            for part in parts():
                handler.wfile.write(part)
                if handler.server.device.dropped.wait(0.004) or time.monotonic() > until_s:
                    return

    return send


MIXED = f"multipart/x-mixed-replace; boundary={BOUNDARY}"


def _forever(*parts: bytes) -> Callable[[], Iterator[bytes]]:
    def generate() -> Iterator[bytes]:
        yield from parts[:-1]
        while True:
            yield parts[-1]

    return generate


def part(picture: bytes, boundary: str = BOUNDARY) -> bytes:
    """One picture of a Motion JPEG stream."""
    head = f"--{boundary}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
    return head.encode() + picture + b"\r\n"


GOOD = part(jpeg(90))
VIDEOS: dict[str, Callable[[_Handler], None]] = {
    "jpeg bombs": _video(MIXED, _forever(part(jpeg_bomb()))),
    "misread jpegs": _video(MIXED, _forever(part(jpeg_misread()))),
    "png bombs": _video(MIXED, lambda: _forever(part(png_bomb()))()),
    "a part without end": _video(MIXED, _forever(GOOD, f"--{BOUNDARY}\r\n\r\n".encode(), b"x" * 65536)),
    "a head without end": _video(MIXED, _forever(GOOD, f"--{BOUNDARY}\r\nX: ".encode(), b"x" * 65536)),
    "no boundary in it": _video(MIXED, _forever(b"x" * 65536)),
    "another boundary": _video(MIXED, _forever(GOOD, part(jpeg(90), "other"))),
    "no boundary named": _video("multipart/x-mixed-replace", _forever(GOOD)),
    "a boundary of a megabyte": _video(f"{MIXED}{'x' * 60_000}", _forever(GOOD)),
    "a page for a video": _video("text/html", _forever(b"<html>")),
    "one picture, then silence": _video(MIXED, lambda: iter([GOOD])),
    "no pictures": _video(MIXED, _forever(part(b"no picture"))),
    "pictures of changing sizes": _video(MIXED, lambda: (part(jpeg(90, (16 + n % 99, 16))) for n in range(9999))),
    "a promise of 30 MB": _video(MIXED, _forever(f"--{BOUNDARY}\r\nContent-Length: 31000000\r\n\r\n".encode(), b"xy")),
}
STATUSES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "nan": ({"exposure_ns": "nan", "iso": "nan"}, {"exposure_ns": {"min": "nan", "max": "nan"}}),
    "a range of next to nothing": ({}, {"exposure_ns": {"min": 5e-324, "max": 5e-324}}),
    "a range turned round": ({}, {"exposure_ns": {"min": 10**12, "max": 1}, "iso": {"min": 9999, "max": -5}}),
    "1e999": ({"exposure_ns": "1e999", "frame_duration": "1e999"}, {"iso": {"min": 1, "max": "1e999"}}),
    "a number of 5000 digits": ({"iso": LONG_NUMBER}, {"iso": {"min": 1, "max": LONG_NUMBER}}),
    "escapes": ({"video_size": ESCAPES}, {"antibanding": [ESCAPES]}),
    "lists for values": ({"iso": [1], "exposure_ns": {}}, {"exposure_ns": 7, "iso": "many"}),
}


class BadOnvif(FakeOnvif):
    """A network camera that is one, but for what ``bad`` names."""

    def __init__(self, bad: str) -> None:
        self.bad = bad
        self.led_astray: list[bytes] = []
        super().__init__()
        self._before = dict(self.exposure)
        if bad in STREAMS:
            self.stream_uri = STREAMS[bad].replace("PORT", str(self.port))
        if bad == "nan settings":
            self.options = {"ExposureTime": (float("nan"), float("nan")), "Gain": (float("inf"), float("-inf"))}
        if bad == "a range of next to nothing":
            self.options = {"ExposureTime": (5e-324, 5e-324)}

    def answer(self, handler: _Handler, method: str, path: str, body: bytes) -> None:
        kinds: dict[str, Callable[[], bytes]] = {
            "entity bomb": lambda: ENTITIES.encode(),
            "outer entity": lambda: OUTER.encode(),
            "deep XML": lambda: ENVELOPE.format("<a>" * 100_000 + "</a>" * 100_000).encode(),
            "half an envelope": lambda: ENVELOPE[:200].encode(),
            "a fault with escapes": lambda: ENVELOPE.format(_LONG_FAULT).encode(),
        }
        if path.startswith("/video"):
            super().answer(handler, method, path, body)
        elif self.bad in kinds:
            handler.reply(200, "application/soap+xml", kinds[self.bad]())
        elif self.bad == "a zipped bomb of SOAP":
            handler.send_response(200)
            handler.send_header("Content-Type", "application/soap+xml")
            handler.send_header("Content-Encoding", "gzip")
            handler.end_headers()
            handler.wfile.write(zipped(b"<a>"))
        else:
            super().answer(handler, method, path, body)

    def left_as_it_was(self) -> bool:
        return self.exposure == self._before

    def close(self) -> None:
        self.stop()


_LONG_FAULT = f"<s:Fault><s:Reason><s:Text>&#x9b;31m{'x' * 9999}</s:Text></s:Reason></s:Fault>"
_LAUGHS = "".join(f'<!ENTITY a{number} "{f"&a{number - 1};" * 10 if number else "ha" * 50}">' for number in range(10))
ENTITIES = f'<?xml version="1.0"?><!DOCTYPE x [{_LAUGHS}]>' + ENVELOPE.partition("?>")[2].format("<a>&a9;</a>")
OUTER = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + ENVELOPE.partition("?>")[
    2
].format("<a>&a;</a>")
STREAMS = {
    "a stream that is a file": "file:///etc/passwd",
    "a stream that is endless": "/dev/zero",
    "a stream of nowhere": "rtsp://127.0.0.1:1/x",
    "a stream that is a page": "http://127.0.0.1:PORT/onvif/service",
}
ONVIFS = (
    "entity bomb",
    "outer entity",
    "deep XML",
    "half an envelope",
    "a fault with escapes",
    "a zipped bomb of SOAP",
    "nan settings",
    "a range of next to nothing",
    *STREAMS,
)

Played = Server | Turncoat | BadOnvif
assert issubclass(Turncoat, FakeDevice)
