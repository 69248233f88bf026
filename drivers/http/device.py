"""A camera controlled by HTTP requests: one connection a request, errors in the project's classes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from types import TracebackType
from typing import TypeVar

from autoexposure.errors import CameraBusy, CameraDisconnected, CameraError
from autoexposure.files.bounded import BadInput, parse_json
from drivers.http.url import DeviceUrl

T = TypeVar("T")

LARGEST_ANSWER_BYTES = 1 << 20
"""An answer about settings is a few kilobytes; more than this is not one."""

RECEIVE_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What a device answered.

    Attributes
    ----------
    status : HTTP status code; what a code means is the driver's business, except 401 and 403.
    text : the body.
    """

    status: int
    text: str


class HttpStream:
    """An answer that does not end: the body of a live picture stream."""

    def __init__(self, name: str, response: HTTPResponse, connected: socket.socket) -> None:
        self.content_type = response.getheader("Content-Type", "") or ""
        self._name = name
        self._response = response
        self._socket = connected

    def receive(self) -> bytes:
        """The next bytes there are. Raises CameraDisconnected when the stream ended or stalled."""
        with _talking(self._name):
            data = self._response.read1(RECEIVE_BYTES)
            if not data:
                raise ConnectionResetError("the stream ended")
            return data

    def interrupt(self) -> None:
        """Make a ``receive`` that waits in another thread come back at once."""
        with suppress(OSError):
            # The base class's: an SSL socket's own shutdown takes its state away under the reading thread.
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def close(self) -> None:
        """As Camera.close."""
        with suppress(OSError):
            self._response.close()
        self._socket.close()


class HttpDevice:
    """Talks to one device.

    Parameters
    ----------
    url : where it is; a ``fingerprint`` option names the SHA-256 of the certificate that is trusted.
    name : what error messages call it; without its password.
    timeout_s : longest wait for one whole answer, and longest pause inside a stream.
    """

    def __init__(self, url: DeviceUrl, name: str, timeout_s: float = 3.0) -> None:
        self.url = url
        self.name = name
        self._timeout_s = timeout_s
        self._headers = {"Connection": "close"}
        if url.user:
            login = base64.b64encode(f"{url.user}:{url.password}".encode()).decode()
            self._headers["Authorization"] = f"Basic {login}"

    def request(self, path: str, method: str = "GET") -> HttpAnswer:
        """Send one request. Raises CameraDisconnected if there is no answer, CameraBusy if the login is refused."""
        with _talking(self.name), _Deadline(self._timeout_s) as deadline:
            connection = self._connect(deadline)
            try:
                response = self._send(connection, method, path)
                with response:
                    body = response.read(LARGEST_ANSWER_BYTES)
            finally:
                connection.close()
        return HttpAnswer(response.status, body.decode(errors="replace"))

    def get_json(self, path: str) -> dict[str, object]:
        """Ask for a JSON object. Raises CameraError if it is none."""
        answer = self.request(path)
        if answer.status != 200:
            raise CameraError(f"{self.name} refused to say what it is set to (HTTP {answer.status})")
        try:
            value = parse_json(answer.text)
        except BadInput as error:
            raise CameraError(f"{self.name} gave an answer that can't be read: is it the right app?") from error
        if not isinstance(value, dict):
            raise CameraError(f"{self.name} gave an answer that can't be read: is it the right app?")
        return value

    def stream(self, path: str) -> HttpStream:
        """Open a picture stream. Raises as ``request``, and CameraError if there is none at ``path``."""
        with _talking(self.name), _Deadline(self._timeout_s) as deadline:
            connection = self._connect(deadline)
            connected = connection.sock
            try:
                response = self._send(connection, "GET", path)
            except BaseException:
                connection.close()
                raise
        if response.status != 200:
            response.close()
            if response.status >= 500:
                raise CameraDisconnected(f"{self.name} delivers no pictures (HTTP {response.status})")
            raise CameraError(f"{self.name} has no picture stream at {path} (HTTP {response.status})")
        return HttpStream(self.name, response, connected)

    def _send(self, connection: HTTPConnection, method: str, path: str) -> HTTPResponse:
        connection.request(method, path, headers=self._headers)
        response = connection.getresponse()
        if response.status in (401, 403):
            response.close()  # with 'Connection: close' it, and not the connection, owns the socket
            login = "another user name and password" if self.url.user else "a user name and password"
            raise CameraBusy(
                f"{self.name} asks for {login}: name them as user:password@ before the address, or in ~/.netrc"
            )
        return response

    def _connect(self, deadline: _Deadline) -> HTTPConnection:
        connection = HTTPConnection(self.url.host, self.url.port, timeout=self._timeout_s)
        connection.sock = self._reach(deadline)
        if self.url.scheme == "http":
            return connection
        trusted = self.url.options.get("fingerprint", "").replace(":", "").lower()
        try:
            secure = self._encrypted(connection.sock, verified=not trusted)
        except ssl.SSLCertVerificationError as error:
            with self._encrypted(self._reach(deadline), verified=False) as unknown:
                shown = _fingerprint(unknown)
            raise CameraError(
                f"{self.name} shows a certificate that no authority has signed: if its SHA-256 fingerprint "
                f"is {shown}, add ',fingerprint=' and this number to trust it"
            ) from error
        if trusted and not hmac.compare_digest((shown := _fingerprint(secure)).encode(), trusted.encode()):
            secure.close()
            raise CameraError(f"{self.name} shows another certificate than the trusted one, its fingerprint is {shown}")
        connection.sock = secure
        return connection

    def _reach(self, deadline: _Deadline) -> socket.socket:
        reached = socket.create_connection((self.url.host, self.url.port), self._timeout_s)
        reached.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        deadline.watch(reached)
        return reached

    def _encrypted(self, reached: socket.socket, *, verified: bool) -> ssl.SSLSocket:
        """The same connection with TLS. Exactly one certificate is trusted, or whatever the authorities signed."""
        context = ssl.create_default_context()
        if not verified:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        try:
            return context.wrap_socket(reached, server_hostname=self.url.host)
        except BaseException:
            reached.close()
            raise


class _Deadline:
    """Ends a whole exchange at one moment, where a socket's own timeout begins anew with every byte.

    Leaving the context in time ends it; after that moment TimeoutError is raised instead of whatever went wrong.
    """

    def __init__(self, seconds: float) -> None:
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()
        self._passed = False
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def watch(self, connected: socket.socket) -> None:
        """Interrupt the thread that waits for ``connected`` at that moment."""
        with self._lock:
            # A descriptor of its own: TLS takes the socket's away, and a closed one's number may be another's.
            self._sockets.append(connected.dup())
        if self._passed:
            self._end()

    def __enter__(self) -> _Deadline:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        with self._lock:
            for connected in self._sockets:
                connected.close()
            self._sockets.clear()
        if self._passed:
            raise TimeoutError("the whole answer took too long") from error

    def _end(self) -> None:
        with self._lock:
            self._passed = True
            for connected in self._sockets:
                with suppress(OSError):
                    connected.shutdown(socket.SHUT_RDWR)


def _fingerprint(connected: ssl.SSLSocket) -> str:
    return hashlib.sha256(connected.getpeercert(binary_form=True) or b"").hexdigest()


@contextmanager
def _talking(name: str) -> Iterator[None]:
    """Translate what can go wrong on the way; messages carry the address, never the login."""
    try:
        yield
    except TimeoutError as error:
        raise CameraDisconnected(f"{name} does not answer: is it awake, and on the same network?") from error
    except (OSError, HTTPException) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise CameraDisconnected(f"{name} can't be reached ({reason}): is the app running there?") from error


@dataclass(frozen=True, slots=True)
class ReadBack:
    """How long to wait until a device that says 'Ok' before it has done anything shows a setting.

    Attributes
    ----------
    longest_s : after this the setting is taken as ignored. Phones show it within one or two pictures; the control
        loop stands still meanwhile.
    pause_s : between two questions.
    """

    longest_s: float = 0.4
    pause_s: float = 0.03

    def wait(self, ask: Callable[[], T], applied: Callable[[T], bool]) -> T:
        """Ask until ``applied``, or until ``longest_s`` is over; return the last answer either way."""
        deadline_s = time.monotonic() + self.longest_s
        while True:
            answer = ask()
            if applied(answer) or time.monotonic() + self.pause_s > deadline_s:
                return answer
            time.sleep(self.pause_s)
