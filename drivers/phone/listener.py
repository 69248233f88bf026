"""PhoneListener: accepts connections for the phone page's server, with a limit for all and one for each address.

Any device in the network can connect. Without a limit one device that opens connections and leaves them open uses up
all the files this program may have open, those for its cameras and recordings included.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable

from drivers.phone.strangers import Strangers

log = logging.getLogger(__name__)

ALL_AT_ONCE = 64
"""Connections at a time."""

ONE_ADDRESS_AT_ONCE = 16
"""The same from one address: a browser opens 6 and a WebSocket, and keeps some from before the page was reloaded."""

TLS_GREETING_S = 10.0
"""Longest time for the TLS handshake; then the connection is closed."""

TLS_GOODBYE_S = 2.0
"""Longest wait for the other side to end TLS: a phone whose Wi-Fi is gone never does."""

PAUSE_S = 1.0
"""Wait after the system had no file descriptor left for a connection."""


class PhoneListener:
    """Listens from the constructor on, until ``close``; lives in the server's event loop.

    Parameters
    ----------
    host, port : address to bind; port 0 = any free one.
    make_protocol : makes what talks to one connection.
    strangers : told of who is not let in.

    Raises OSError if it can't listen there.
    """

    def __init__(
        self,
        host: str,
        port: int,
        make_protocol: Callable[[], asyncio.BaseProtocol],
        context: ssl.SSLContext,
        strangers: Strangers,
    ) -> None:
        self._strangers = strangers
        self._make_protocol = make_protocol
        self._context = context
        self._loop = asyncio.get_running_loop()
        self._inside: list[tuple[str, socket.socket]] = []
        self._greetings: set[asyncio.Task[None]] = set()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, port), family=family, backlog=ALL_AT_ONCE)
        self._listener.setblocking(False)
        self.port: int = self._listener.getsockname()[1]
        self._accepting = asyncio.create_task(self._accept(), name="phone-listener")

    async def close(self) -> None:
        """Accept no more connections. Established ones stay; those in their TLS handshake are closed."""
        waiting = [self._accepting, *self._greetings]
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        self._listener.close()

    async def _accept(self) -> None:
        while True:
            try:
                connected, (host, *_) = await self._loop.sock_accept(self._listener)
            except ConnectionError:
                continue  # it left before its turn came
            except OSError as error:
                self._strangers.tell("the phone page can't take a connection: %s", error.strerror or error)
                await asyncio.sleep(PAUSE_S)
                continue
            if self._has_room_for(host):
                self._inside.append((host, connected))
                greeting = asyncio.create_task(self._greet(connected, host))
                self._greetings.add(greeting)
                greeting.add_done_callback(self._greetings.discard)
            else:
                connected.close()

    def _has_room_for(self, host: str) -> bool:
        self._inside = [(where, guest) for where, guest in self._inside if guest.fileno() >= 0]  # the rest is closed
        from_there = sum(where == host for where, _ in self._inside)
        full = len(self._inside) >= ALL_AT_ONCE or from_there >= ONE_ADDRESS_AT_ONCE
        if full:
            self._strangers.tell("%s opens too many connections to the phone page: no more are taken for now", host)
        return not full

    async def _greet(self, connected: socket.socket, host: str) -> None:
        try:
            await self._loop.connect_accepted_socket(
                self._make_protocol,
                connected,
                ssl=self._context,
                ssl_handshake_timeout=TLS_GREETING_S,
                ssl_shutdown_timeout=TLS_GOODBYE_S,
            )
        except OSError as error:  # TLS errors are some, too: a browser that refuses the certificate hangs up
            connected.close()
            log.debug("%s did not connect to the phone page: %s", host, error)
        except asyncio.CancelledError:
            connected.close()
            raise
