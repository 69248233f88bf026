"""A login goes only to the camera it was given for: addresses that a camera names stay on its own host.

A camera says where its services and its pictures are, and so does any device that answers in its place. Cameras behind
a router name addresses of the network behind it, so that another host is not refused but replaced by the one the user
named. Redirects are not needed here and are refused.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol
from urllib.parse import quote, urlsplit, urlunsplit

from autoexposure.errors import CameraBusy, CameraDisconnected, CameraError
from drivers.http.url import DeviceUrl

ASKING_S = 4.0
"""Longest for asking a stream what login it wants, its whole answer included."""

LONGEST_HEAD_BYTES = 1 << 14

OVER_TLS = ("rtsps", "https")
"""What is encrypted on the way: no form of login shows there."""


def on_own_host(address: str, url: DeviceUrl, port: int | None = None) -> str:
    """``address``, on the host that the user named; ``port`` is for one that was on another host.

    It is put together anew, so that no two readers can take another part of it for the host.
    """
    try:
        parts = urlsplit(address)
        named, own = parts.port, _is_host(parts.hostname or "", url.host)
    except ValueError as error:
        raise CameraError(f"{url} names an address of its own that is none: is it a camera?") from error
    port = named if own or port is None else port
    host = f"[{url.host}]" if ":" in url.host else url.host
    return urlunsplit((parts.scheme, host if port is None else f"{host}:{port}", parts.path, parts.query, ""))


def _is_host(named: str, host: str) -> bool:
    """Whether a camera named the user's host, perhaps by an address of it. Only that host is ever looked up."""
    if named.lower() == host.lower():
        return True
    try:
        there = {place[4][0] for place in socket.getaddrinfo(host, None)}
    except OSError:
        return False
    return named in there


class Answer(Protocol):
    """As much of an aiohttp.ClientResponse as is looked at."""

    @property
    def status(self) -> int:
        """HTTP status code."""


class Session(Protocol):
    """As much of an aiohttp.ClientSession as the ONVIF library asks with."""

    def post(self, address: str, **options: object) -> Awaitable[Answer]:
        """Send a POST request."""

    def get(self, address: str, **options: object) -> Awaitable[Answer]:
        """Send a GET request."""


class OwnHostSession:
    """What the ONVIF library sends its requests with: to the camera's own host only, and without following redirects.

    Parameters
    ----------
    session : an aiohttp.ClientSession.
    """

    def __init__(self, session: Session, url: DeviceUrl, name: str) -> None:
        self._session = session
        self._url = url
        self._name = name

    def __getattr__(self, attribute: str) -> object:
        return getattr(self._session, attribute)

    async def post(self, address: str, **options: object) -> Answer:
        """As aiohttp.ClientSession.post. Raises CameraError for another host, and for a redirect."""
        return await self._send(self._session.post, address, options)

    async def get(self, address: str, **options: object) -> Answer:
        """As aiohttp.ClientSession.get; as ``post``."""
        return await self._send(self._session.get, address, options)

    async def _send(
        self, send: Callable[..., Awaitable[Answer]], address: str, options: Mapping[str, object]
    ) -> Answer:
        if (urlsplit(address).hostname or "").lower() != self._url.host.lower():
            raise CameraError(f"{self._name} sends us to another host: its login goes nowhere but to {self._url.host}")
        answer = await send(address, **options, allow_redirects=False)
        if 300 <= answer.status < 400:
            raise _redirected(self._name)
        return answer


def with_login(address: str, url: DeviceUrl, name: str) -> str:
    """The address of a stream with the login, if the stream asks for it in a form that does not show the password.

    Asks the stream, which takes a request or two of it. Raises CameraBusy if it wants the password in clear text,
    CameraError if it redirects, CameraDisconnected if there is no answer.
    """
    if not url.user:
        return address
    parts = urlsplit(address)
    if parts.scheme not in OVER_TLS:
        forms = asked_login(address, name)
        if not forms:
            return address
        if "digest" not in forms:
            raise CameraBusy(
                f"{name} wants the password of its pictures in clear text, which everybody in the network can read: "
                "switch the authentication of RTSP to digest on the camera's own page"
            )
    return parts._replace(netloc=f"{quote(url.user, safe='')}:{quote(url.password, safe='')}@{parts.netloc}").geturl()


def holds_login(address: str) -> bool:
    """Whether an rtsp:// or http:// address brings a user name, which a redirect could carry elsewhere."""
    parts = urlsplit(address)
    return parts.scheme in ("rtsp", "http") and "@" in parts.netloc


def asked_login(address: str, name: str) -> frozenset[str]:
    """The forms of login, ``basic`` or ``digest``, that an rtsp:// or http:// stream asks for; empty for none.

    It is asked without any login. Raises CameraError if it redirects, CameraDisconnected if there is no answer.
    """
    parts = urlsplit(address)
    host, rtsp = parts.hostname or "", parts.scheme == "rtsp"
    place = parts.netloc.rpartition("@")[2]
    target = urlunsplit(("rtsp", place, parts.path, parts.query, "")) if rtsp else (parts.path or "/")
    if not rtsp and parts.query:
        target += f"?{parts.query}"
    if not target.isprintable() or " " in target:
        raise CameraError(f"{name} names an address of its pictures that is none: is RTSP on in the camera?")
    request = f"DESCRIBE {target} RTSP/1.0\r\nCSeq: 1\r\nAccept: application/sdp\r\n\r\n"
    if not rtsp:
        request = f"GET {target} HTTP/1.1\r\nHost: {place}\r\nConnection: close\r\n\r\n"
    try:
        head = _head(host, parts.port or (554 if rtsp else 80), request.encode())
    except (OSError, ValueError) as error:
        raise CameraDisconnected(f"{name} does not answer where it says that its pictures are") from error
    first, *lines = head.split("\r\n")
    status = first.split(" ")[1:2]
    if status and status[0][:1] == "3":
        raise _redirected(name)
    if status != ["401"]:
        return frozenset()
    headers = (line.partition(":") for line in lines)
    asked = (value.strip().lower() for key, _, value in headers if key.strip().lower() == "www-authenticate")
    return frozenset({"unknown"} | {form.split(" ")[0] for form in asked})


def _head(host: str, port: int, request: bytes) -> str:
    """The head of the answer to one request, within ``ASKING_S`` however slowly it comes."""
    until_s = time.monotonic() + ASKING_S
    with socket.create_connection((host, port), ASKING_S) as connection:
        connection.sendall(request)
        head = b""
        while b"\r\n\r\n" not in head and len(head) < LONGEST_HEAD_BYTES:
            connection.settimeout(max(0.01, until_s - time.monotonic()))
            if time.monotonic() > until_s or not (more := connection.recv(4096)):
                raise TimeoutError("it did not answer")
            head += more
    return head.partition(b"\r\n\r\n")[0].decode("latin-1")


def _redirected(name: str) -> CameraError:
    return CameraError(f"{name} sends us to another address, which is not followed: name the camera's true address")
