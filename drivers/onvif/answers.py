"""What a network camera answers, read no further than an answer about settings can be long.

The library reads whatever comes, and unpacks what is packed: some megabytes on the wire can be gigabytes here.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Mapping
from typing import Protocol

from autoexposure.errors import CameraError
from drivers.http.device import LARGEST_ANSWER_BYTES

PIECE_BYTES = 1 << 14


class Body(Protocol):
    """The body of an answer that is still arriving."""

    def iter_chunked(self, size: int) -> AsyncIterable[bytes]:
        """In pieces of ``size`` bytes at most."""


class Response(Protocol):
    """As much of an aiohttp.ClientResponse as is used."""

    @property
    def status(self) -> int:
        """HTTP status code."""

    @property
    def content(self) -> Body:
        """What arrives."""

    def close(self) -> None:
        """Give the connection up."""


class Session(Protocol):
    """As much of an aiohttp.ClientSession as is used."""

    def post(self, address: str, **options: object) -> Awaitable[Response]:
        """Send a POST request."""

    def get(self, address: str, **options: object) -> Awaitable[Response]:
        """Send a GET request."""


class BoundedSession:
    """An ``aiohttp.ClientSession`` whose answers are bounded; all else is the session's own.

    ``name`` : what error messages call the camera.
    """

    def __init__(self, session: Session, name: str) -> None:
        self._session = session
        self._name = name

    async def post(self, address: str, **options: object) -> Answer:
        """As the session's; raises CameraError for an answer without end."""
        return await self._bounded(self._session.post(address, **_plain_only(options)))

    async def get(self, address: str, **options: object) -> Answer:
        """As the session's; raises CameraError for an answer without end."""
        return await self._bounded(self._session.get(address, **_plain_only(options)))

    def __getattr__(self, name: str) -> object:
        return getattr(self._session, name)

    async def _bounded(self, request: Awaitable[Response]) -> Answer:
        response = await request
        body = bytearray()
        try:
            async for piece in response.content.iter_chunked(PIECE_BYTES):
                body += piece
                if len(body) > LARGEST_ANSWER_BYTES:
                    raise CameraError(
                        f"{self._name} sends an answer of more than {LARGEST_ANSWER_BYTES >> 20} MB: "
                        "this is no ONVIF camera, check the address"
                    )
        except BaseException:  # also when the wait for it ends: a connection in the middle of an answer is lost
            response.close()
            raise
        return Answer(response, bytes(body))


class Answer:
    """A response that was read already."""

    def __init__(self, response: Response, body: bytes) -> None:
        self._response = response
        self._body = body

    @property
    def status(self) -> int:
        """HTTP status code."""
        return self._response.status

    async def read(self) -> bytes:
        """The whole body."""
        return self._body

    def __getattr__(self, name: str) -> object:
        return getattr(self._response, name)


def _plain_only(options: Mapping[str, object]) -> dict[str, object]:
    """The options of a request, with the wish that nothing be packed."""
    headers = options.get("headers")
    return {**options, "headers": {**(headers if isinstance(headers, Mapping) else {}), "Accept-Encoding": "identity"}}
