"""What a network camera answers, read no further than an answer about settings can be long.

The library reads whatever comes, and unpacks what is packed: some megabytes on the wire can be gigabytes here.
"""

from __future__ import annotations

from typing import Any

from autoexposure.errors import CameraError
from drivers.http.device import LARGEST_ANSWER_BYTES

PIECE_BYTES = 1 << 14


class BoundedSession:
    """An ``aiohttp.ClientSession`` whose answers are bounded; all else is the session's own.

    ``name`` : what error messages call the camera.
    """

    def __init__(self, session: Any, name: str) -> None:
        self._session = session
        self._name = name

    async def post(self, address: str, **options: Any) -> Any:
        """As the session's; raises CameraError for an answer without end."""
        return await self._bounded(self._session.post(address, **_plain_only(options)))

    async def get(self, address: str, **options: Any) -> Any:
        """As the session's; raises CameraError for an answer without end."""
        return await self._bounded(self._session.get(address, **_plain_only(options)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    async def _bounded(self, request: Any) -> Any:
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
        return _Answer(response, bytes(body))


class _Answer:
    """A response that was read already."""

    def __init__(self, response: Any, body: bytes) -> None:
        self._response = response
        self._body = body

    async def read(self) -> bytes:
        return self._body

    def __getattr__(self, name: str) -> Any:
        return getattr(self._response, name)


def _plain_only(options: dict[str, Any]) -> dict[str, Any]:
    """The options of a request, with the wish that nothing be packed."""
    return {**options, "headers": {**(options.get("headers") or {}), "Accept-Encoding": "identity"}}
