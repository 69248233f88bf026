"""PhoneServer: the HTTPS server of the phone page, in a private thread with an event loop of its own.

It listens on one address. Every answer forbids the browser to load anything from elsewhere; every request must name
this address as its host and, where it changes something, its origin. What is answered: see ``phone_routes``.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import threading
from collections.abc import Awaitable, Callable

from aiohttp import web

from autoexposure.clock import Clock, SystemClock
from drivers.phone_address import PhoneAddress, is_address, listening_error
from drivers.phone_certificate import Certificate
from drivers.phone_link import PhoneLink
from drivers.phone_pairing import Pairing
from drivers.phone_routes import PhoneRoutes

log = logging.getLogger(__name__)

TLS_GOODBYE_S = 2.0
"""A phone whose Wi-Fi is gone never answers the end of TLS: its socket is closed after so long."""

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
        self._routes = PhoneRoutes(link, pairing, clock or SystemClock())
        self._loop = asyncio.new_event_loop()
        self._stopping: asyncio.Event | None = None
        self._ready = threading.Event()
        self._error: Exception | None = None
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

    def dismiss(self) -> None:
        """Send the phone away that is connected, if there is one."""
        if not self._loop.is_closed():
            asyncio.run_coroutine_threadsafe(self._routes.end("it was disconnected at the computer"), self._loop)

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
        self._routes.add_to(app)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        listener: asyncio.Server | None = None
        assert runner.server is not None
        try:
            listener = await self._listen(runner.server)
            self._ready.set()
            await self._stopping.wait()
            await self._routes.end("the computer is done")
        finally:
            if listener is not None:
                listener.close()
            await runner.cleanup()
            await _let_go_of_sockets(self._loop)
            await _end_of_all(asyncio.all_tasks() - {asyncio.current_task()})

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


async def _end_of_all(tasks: set[asyncio.Task[object]]) -> None:
    """What still answers a phone that is gone: nothing else ends with its connection."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _let_go_of_sockets(loop: asyncio.AbstractEventLoop) -> None:
    """Close what still waits for the other side's goodbye; a closed loop would leave it open.

    Connections behind TLS can't be listed by public means before Python 3.13, hence the private name; where it is
    missing, the sockets are closed by the garbage collector.
    """
    for _ in range(10):  # turns of the loop: some transports are only being made, and all close a turn later
        for transport in list(getattr(loop, "_transports", {}).values()):
            transport.abort()
        await asyncio.sleep(0)
