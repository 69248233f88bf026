"""PhoneServer: the HTTPS server of the phone page, in a private thread with an event loop of its own.

It listens on one address. Every answer forbids the browser to load anything from elsewhere; every request must name
this address as its host and, where it changes something, its origin. What is answered is in `routes`.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import threading
from collections.abc import Awaitable, Callable

from aiohttp import web

from autoexposure.clock import Clock, SystemClock
from drivers.phone.link import PhoneLink
from drivers.phone.listener import PhoneListener
from drivers.phone.pairing.address import PhoneAddress, is_address, listening_error
from drivers.phone.pairing.certificate import Certificate
from drivers.phone.pairing.codes import Pairing
from drivers.phone.routes import SOCKET_PATH, PhoneRoutes
from drivers.phone.strangers import Strangers

log = logging.getLogger(__name__)

IDLE_S = 15.0
"""How long a connection may bring no whole request before it is closed; the page sends one every 3 s."""

REQUEST_S = 25.0
"""Longest time for a request to arrive and be answered; the page gives a picture up after 20 s."""

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
        clock = clock or SystemClock()
        self._strangers = Strangers(clock)
        self._routes = PhoneRoutes(link, pairing, clock, self._strangers)
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
        except Exception as error:  # re-raised by the constructor, or logged: a thread never dies silent
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
        runner = web.AppRunner(
            app,
            access_log=None,
            logger=self._strangers.http_log,
            shutdown_timeout=1.0,
            keepalive_timeout=IDLE_S,
        )
        await runner.setup()
        listener: PhoneListener | None = None
        assert runner.server is not None
        try:
            listener = self._listen(runner.server)
            self._ready.set()
            await self._stopping.wait()
            await self._routes.end("the computer is done")
        finally:
            if listener is not None:
                await listener.close()
            await runner.cleanup()
            await _let_go_of_sockets(self._loop)
            await _end_of_all(asyncio.all_tasks() - {asyncio.current_task()})

    def _listen(self, handlers: web.Server) -> PhoneListener:
        address = self.address
        bind = ("::" if ":" in address.host else "0.0.0.0") if address.everywhere else address.host
        context = self.certificate.context()
        try:
            listener = PhoneListener(bind, address.port, handlers, context, self._strangers)
        except OSError as error:
            if not (error.errno == errno.EADDRINUSE and address.fall_back):
                raise listening_error(error, address) from error
            listener = PhoneListener(bind, 0, handlers, context, self._strangers)
        self.port = listener.port
        return listener

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Only requests made for this address, and none without end but the WebSocket."""
        if not self._is_ours(request):
            raise web.HTTPMisdirectedRequest
        try:
            async with asyncio.timeout(None if request.path == SOCKET_PATH else REQUEST_S):
                return await handler(request)
        except TimeoutError:
            raise web.HTTPRequestTimeout from None

    def _is_ours(self, request: web.Request) -> bool:
        """Whether it names this address: a name that an attacker points here doesn't count."""
        asked = f"https://{request.host}/"
        return asked == self.url or (self.address.everywhere and is_address(request.url.host))

    async def _harden(self, request: web.Request, response: web.StreamResponse) -> None:
        connect = f"'self' wss://{request.host}" if self._is_ours(request) else "'none'"
        response.headers.update(
            {
                "Server": "autoexposure",
                "Cache-Control": "no-store",
                "Content-Security-Policy": (
                    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; media-src blob:; "
                    f"connect-src {connect}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
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
