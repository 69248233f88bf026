"""PhoneServer: the HTTPS server of the phone page, in a private thread with an event loop of its own.

It serves three files and one WebSocket, to one phone, on one address. Every answer forbids the browser to load
anything from elsewhere; every request must name this address as its host and, where it changes something, its origin.
"""

from __future__ import annotations

import asyncio
import errno
import json
import logging
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

from autoexposure.clock import Clock, SystemClock
from drivers.phone_address import PhoneAddress, is_address, listening_error
from drivers.phone_certificate import Certificate
from drivers.phone_connection import ENDED, REPLACED, PhoneConnection
from drivers.phone_link import PhoneLink
from drivers.phone_pairing import Pairing, PairingRefused, TooManyTries
from drivers.phone_wire import LARGEST_MESSAGE

log = logging.getLogger(__name__)

PROTOCOL = "autoexposure.1"
"""WebSocket subprotocol. The session token travels beside it as ``token.…``: browsers let a page set no other header
there, and unlike a cookie it is not shown to other servers on this host."""

HEARTBEAT_S = 4.0
"""A phone that doesn't answer a ping for half as long is gone: a locked screen closes nothing by itself."""

TLS_GOODBYE_S = 2.0
"""A phone whose Wi-Fi is gone never answers the end of TLS: its socket is closed after so long."""

PAGE = {
    "/": ("index.html", "text/html"),
    "/page.js": ("page.js", "text/javascript"),
    "/page.css": ("page.css", "text/css"),
}

PAGE_FOLDER = Path(__file__).parent / "phone_page"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class PhoneServer:
    """Listening from the constructor on, until ``close``.

    Raises CameraBusy if the port is in use, ConfigError if the address isn't one of this computer's.
    """

    def __init__(
        self,
        address: PhoneAddress,
        certificate: Certificate,
        link: PhoneLink,
        pairing: Pairing,
        clock: Clock | None = None,
    ) -> None:
        self.address = address
        self.certificate = certificate
        self.link = link
        self.pairing = pairing
        self.port = 0
        self._clock = clock or SystemClock()
        self._connection: PhoneConnection | None = None
        self._loop = asyncio.new_event_loop()
        self._stopping: asyncio.Event | None = None
        self._ready = threading.Event()
        self._error: Exception | None = None
        self._pages = {path: (PAGE_FOLDER / name).read_bytes() for path, (name, _) in PAGE.items()}
        self._thread = threading.Thread(target=self._run, name="phone-server", daemon=True)
        self._thread.start()
        self._ready.wait()
        if self._error is not None:
            self._thread.join()
            raise self._error

    @property
    def url(self) -> str:
        """Where the page is, without any secret."""
        host = f"[{self.address.host}]" if ":" in self.address.host else self.address.host
        return f"https://{host}/" if self.port == 443 else f"https://{host}:{self.port}/"

    def close(self) -> None:
        """Say goodbye to the phone, stop listening, end the thread. Callable twice."""
        self.link.end()
        if self._stopping is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(10)
        if self._thread.is_alive():
            log.error("the phone page's server did not end within 10 s")

    # The server's own thread

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        except Exception as error:  # handed to whoever made the server, or logged: a thread never dies silent
            if self._ready.is_set():
                log.exception("the phone page's server broke")
            self._error = error
        finally:
            self._loop.close()
            self._ready.set()

    async def _serve(self) -> None:
        self._stopping = asyncio.Event()
        app = web.Application(middlewares=[self._guard], client_max_size=1024)
        app.on_response_prepare.append(self._harden)
        for path in PAGE:
            app.router.add_get(path, self._page)
        app.router.add_post("/pair", self._pair)
        app.router.add_get("/session", self._session)
        app.router.add_get("/socket", self._socket)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        listener: asyncio.Server | None = None
        assert runner.server is not None
        try:
            listener = await self._listen(runner.server)
            self._ready.set()
            await self._stopping.wait()
            if self._connection is not None:
                await self._connection.end(ENDED, "the computer is done")
        finally:
            if listener is not None:
                listener.close()
            await runner.cleanup()
            await _let_go_of_sockets(self._loop)

    async def _listen(self, handlers: web.Server) -> asyncio.Server:
        address = self.address
        bind = ("::" if ":" in address.host else "0.0.0.0") if address.everywhere else address.host

        async def listen(port: int) -> asyncio.Server:
            return await self._loop.create_server(
                handlers,
                bind,
                port,
                ssl=self.certificate.context(),
                ssl_handshake_timeout=10.0,
                ssl_shutdown_timeout=TLS_GOODBYE_S,
            )

        try:
            listener = await listen(address.port)
        except OSError as error:
            if not (error.errno == errno.EADDRINUSE and address.fall_back):
                raise listening_error(error, address) from error
            listener = await listen(0)
        self.port = listener.sockets[0].getsockname()[1]
        return listener

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Only requests made for this address: a name that an attacker points here doesn't count."""
        asked = f"https://{request.host}/"
        if asked == self.url or (self.address.everywhere and is_address(request.url.host)):
            return await handler(request)
        raise web.HTTPMisdirectedRequest

    async def _harden(self, request: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(
            {
                "Server": "autoexposure",
                "Cache-Control": "no-store",
                "Content-Security-Policy": (
                    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; media-src blob:; "
                    f"connect-src 'self' wss://{request.host}; base-uri 'none'; form-action 'none'; "
                    "frame-ancestors 'none'"
                ),
                "Permissions-Policy": "camera=(self), screen-wake-lock=(self), microphone=(), geolocation=()",
                "Referrer-Policy": "no-referrer",
                "X-Content-Type-Options": "nosniff",
                "X-Frame-Options": "DENY",
                "Cross-Origin-Opener-Policy": "same-origin",
                "Cross-Origin-Resource-Policy": "same-origin",
            }
        )

    async def _page(self, request: web.Request) -> web.StreamResponse:
        _, kind = PAGE[request.path]
        return web.Response(body=self._pages[request.path], content_type=kind, charset="utf-8")

    async def _pair(self, request: web.Request) -> web.StreamResponse:
        """A secret for a token."""
        self._same_origin(request)
        if self.link.connected:
            return _told(409, "Another phone is connected. Stop it first.")
        try:
            secret = json.loads(await request.text())["secret"]
            if not isinstance(secret, str):
                raise TypeError
        except (ValueError, TypeError, KeyError, RecursionError):
            return _told(400, "The code could not be read. Scan it again.")
        try:
            return web.json_response({"token": self.pairing.redeem(secret, request.remote or "")})
        except TooManyTries as refusal:
            return _told(429, str(refusal))
        except PairingRefused as refusal:
            log.warning("a phone at %s came with a wrong code", request.remote)
            return _told(403, str(refusal))

    async def _session(self, request: web.Request) -> web.StreamResponse:
        """Whether a token is still good: a page isn't told why its WebSocket was refused."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.pairing.knows(token):
            return web.Response(status=204)
        return _told(401, "The computer doesn't know this phone any more. Scan the code it shows.")

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        self._same_origin(request)
        offered = [part.strip() for part in request.headers.get("Sec-WebSocket-Protocol", "").split(",")]
        token = next((part.removeprefix("token.") for part in offered if part.startswith("token.")), "")
        if PROTOCOL not in offered or not self.pairing.knows(token):
            return _told(401, "Scan the code the computer shows.")
        socket = web.WebSocketResponse(
            protocols=(PROTOCOL,), heartbeat=HEARTBEAT_S, max_msg_size=LARGEST_MESSAGE, compress=False, timeout=2.0
        )
        await socket.prepare(request)
        before, self._connection = self._connection, PhoneConnection(socket, self.link, self._clock)
        connection = self._connection
        if before is not None:
            await before.end(REPLACED, "the phone came back on another connection")
        try:
            await connection.serve()
        finally:
            if self._connection is connection:
                self._connection = None
        return socket

    def _same_origin(self, request: web.Request) -> None:
        if request.headers.get("Origin") != f"https://{request.host}":
            raise web.HTTPForbidden


async def _let_go_of_sockets(loop: asyncio.AbstractEventLoop) -> None:
    """Close what still waits for the other side's goodbye; a closed loop would leave it open.

    Connections behind TLS can't be listed by public means before Python 3.13, hence the private name; where it is
    missing, the sockets are closed by the garbage collector.
    """
    for _ in range(10):  # turns of the loop: some transports are only being made, and all close a turn later
        for transport in list(getattr(loop, "_transports", {}).values()):
            transport.abort()
        await asyncio.sleep(0)


def _told(status: int, sentence: str) -> web.Response:
    return web.json_response({"reason": sentence}, status=status)
