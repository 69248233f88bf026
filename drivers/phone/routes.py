"""What the phone page's server answers: the page's files, pairing, and one phone's connection."""

from __future__ import annotations

import asyncio
import logging
import secrets
from pathlib import Path

from aiohttp import web

from autoexposure.clock import Clock
from autoexposure.files.bounded import BadInput, parse_object
from drivers.phone.channel import Channel, RequestChannel, SocketChannel, TooLarge
from drivers.phone.connection import ENDED, REPLACED, PhoneConnection
from drivers.phone.link import PhoneLink
from drivers.phone.pairing.codes import Pairing, PairingRefused, TooManyTries, digest
from drivers.phone.protocol import LARGEST_MESSAGE
from drivers.phone.strangers import Strangers

log = logging.getLogger(__name__)

PROTOCOL = "autoexposure.1"
"""WebSocket subprotocol. The session token travels beside it as ``token.…``: browsers let a page set no other header
there, and unlike a cookie it is not shown to other servers on this host."""

SOCKET_PATH = "/socket"

HEARTBEAT_S = 4.0
"""A phone that doesn't answer a ping for half as long is gone: a locked screen closes nothing by itself."""

PAGE = {
    "/": ("index.html", "text/html"),
    "/page.js": ("page.js", "text/javascript"),
    "/lines.js": ("lines.js", "text/javascript"),
    "/lens.js": ("lens.js", "text/javascript"),
    "/pictures.js": ("pictures.js", "text/javascript"),
    "/screen.js": ("screen.js", "text/javascript"),
    "/page.css": ("page.css", "text/css"),
}

CHANNELS_AT_ONCE = 8
"""A phone has one; the others are on their way out."""

SECOND_PHONE = "Another phone wanted to join: one at a time."

PAGE_FOLDER = Path(__file__).parent / "page"


class PhoneRoutes:
    """Handlers for one address; lives in the server's event loop."""

    def __init__(self, link: PhoneLink, pairing: Pairing, clock: Clock, strangers: Strangers) -> None:
        self._strangers = strangers
        self._link = link
        self._pairing = pairing
        self._clock = clock
        self._connection: PhoneConnection | None = None
        self._channels: dict[tuple[str, bytes], RequestChannel] = {}
        self._serving: set[asyncio.Task[None]] = set()
        self._pages = {path: (PAGE_FOLDER / name).read_bytes() for path, (name, _) in PAGE.items()}

    def add_to(self, app: web.Application) -> None:
        """Have ``app`` answer."""
        for path in PAGE:
            app.router.add_get(path, self._page)
        app.router.add_post("/pair", self._pair)
        app.router.add_get("/session", self._session)
        app.router.add_get(SOCKET_PATH, self._socket)
        app.router.add_post("/channel", self._open_channel)
        app.router.add_post(r"/channel/{number}/say/{count:\d{1,12}}", self._say)
        app.router.add_post(r"/channel/{number}/hear/{count:\d{1,12}}", self._hear)
        app.router.add_post("/channel/{number}/leave", self._leave)

    async def end(self, reason: str) -> None:
        """Send the phone away for good."""
        if self._connection is not None:
            await self._connection.end(ENDED, reason)
        await asyncio.gather(*self._serving, return_exceptions=True)

    # Getting in

    async def _page(self, request: web.Request) -> web.StreamResponse:
        _, kind = PAGE[request.path]
        return web.Response(body=self._pages[request.path], content_type=kind, charset="utf-8")

    async def _pair(self, request: web.Request) -> web.StreamResponse:
        """A secret for a token."""
        _same_origin(request)
        if self._link.connected:
            self._strangers.tell("another phone, at %s, wanted to join: one at a time", request.remote)
            self._link.remark = SECOND_PHONE
            return _told(409, "Another phone is connected. Stop it first.")
        try:
            secret = parse_object(await request.read())["secret"]
            if not isinstance(secret, str):
                raise TypeError
        except (BadInput, TypeError, KeyError):
            return _told(400, "The code could not be read. Scan it again.")
        try:
            return web.json_response({"token": self._pairing.redeem(secret, request.remote or "")})
        except TooManyTries as refusal:
            self._link.remark = "A device tried one wrong code after the other and is kept out for a minute."
            return _told(429, str(refusal))
        except PairingRefused as refusal:
            self._strangers.tell("a phone at %s came with a wrong code", request.remote)
            self._link.remark = "A phone came with a code that is wrong, used or expired. Scan the one shown here."
            return _told(403, str(refusal))

    async def _session(self, request: web.Request) -> web.StreamResponse:
        """Whether a token is still good: a browser hides from the page why its WebSocket was refused."""
        if self._knows(request):
            return web.Response(status=204)
        return _told(401, "The computer doesn't know this phone any more. Scan the code it shows.")

    # Over a WebSocket

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        _same_origin(request)
        offered = [part.strip() for part in request.headers.get("Sec-WebSocket-Protocol", "").split(",")]
        token = next((part.removeprefix("token.") for part in offered if part.startswith("token.")), "")
        if PROTOCOL not in offered or not self._pairing.knows(token):
            return _told(401, "Scan the code the computer shows.")
        socket = web.WebSocketResponse(
            protocols=(PROTOCOL,), heartbeat=HEARTBEAT_S, max_msg_size=LARGEST_MESSAGE, compress=False, timeout=2.0
        )
        await socket.prepare(request)
        await self._serve(SocketChannel(socket))
        return socket

    async def _serve(self, channel: Channel) -> None:
        """Until it is over. The phone that was here is sent away: it is the same, on another connection."""
        before, self._connection = self._connection, PhoneConnection(channel, self._link, self._clock)
        connection = self._connection
        if before is not None:
            await before.end(REPLACED, "the phone came back on another connection")
        try:
            await connection.serve()
        finally:
            if self._connection is connection:
                self._connection = None

    # Over requests

    async def _open_channel(self, request: web.Request) -> web.StreamResponse:
        """A phone that gets no WebSocket; the same conditions as for one."""
        _same_origin(request)
        if not self._knows(request):
            return _told(401, "Scan the code the computer shows.")
        if len(self._channels) >= CHANNELS_AT_ONCE:
            raise web.HTTPTooManyRequests
        number, channel = secrets.token_hex(8), RequestChannel()
        self._channels[number, _token_digest(request)] = channel
        task = asyncio.create_task(self._serve(channel), name="phone-channel")
        self._serving.add(task)

        def ended(task: asyncio.Task[None]) -> None:
            self._serving.discard(task)
            self._channels.pop((number, _token_digest(request))).end()
            if not task.cancelled() and (error := task.exception()) is not None:
                log.error("a phone's connection broke", exc_info=error)

        task.add_done_callback(ended)
        return web.json_response({"number": number})

    async def _say(self, request: web.Request) -> web.StreamResponse:
        channel = self._channel(request)
        if channel.saying:
            raise web.HTTPTooManyRequests
        channel.saying = True
        try:
            body = await request.clone(client_max_size=LARGEST_MESSAGE).read()
        except web.HTTPRequestEntityTooLarge:
            channel.say(_count(request), TooLarge())
            raise
        finally:
            channel.saying = False
        text = request.content_type == "application/json"
        channel.say(_count(request), body.decode(errors="replace") if text else body)
        return web.Response(status=204)

    async def _hear(self, request: web.Request) -> web.StreamResponse:
        return web.json_response((await self._channel(request).hear(_count(request))).to_json())

    async def _leave(self, request: web.Request) -> web.StreamResponse:
        self._channel(request).leave()
        return web.Response(status=204)

    def _channel(self, request: web.Request) -> RequestChannel:
        """The channel that was opened with this token; good until it ends, as a WebSocket is."""
        _same_origin(request)
        channel = self._channels.get((request.match_info["number"], _token_digest(request)))
        if channel is None:
            raise web.HTTPGone
        return channel

    def _knows(self, request: web.Request) -> bool:
        return self._pairing.knows(_token(request))


def _token(request: web.Request) -> str:
    return request.headers.get("Authorization", "").removeprefix("Bearer ")


def _token_digest(request: web.Request) -> bytes:
    return digest(_token(request))


def _count(request: web.Request) -> int:
    return int(request.match_info["count"])


def _same_origin(request: web.Request) -> None:
    if request.headers.get("Origin") != f"https://{request.host}":
        raise web.HTTPForbidden


def _told(status: int, sentence: str) -> web.Response:
    return web.json_response({"reason": sentence}, status=status)
