"""How messages travel between a page and a PhoneConnection: over a WebSocket, or over plain requests.

WebSockets are the rule. Safari on iPhones refuses them where the certificate was only accepted by the person and is not
in the system's list, while it lets requests through (WebKit bugs 41419 and 145819), so the page falls back to those.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from dataclasses import dataclass
from typing import Protocol

from aiohttp import WSCloseCode, WSMsgType, web

HOLD_S = 3.0
"""How long a page's request for messages is held while there are none."""

SILENCE_S = 6.0
"""How long a page may ask for nothing before it counts as gone: twice the time for which its request is held."""

GOODBYE_S = 1.0
"""How long the page has to fetch the reason why it is disconnected."""

GONE = 1006
"""Close code: it broke off without a word (RFC 6455, 7.4.1)."""

UNREAD_ALLOWED = 4
"""Messages that may wait: each is handled as it arrives, so that more of them are a flood."""


class TooLarge(Exception):
    """The page sent more than ``LARGEST_MESSAGE`` at once."""


class Channel(Protocol):
    """One page's line, used from the server's event loop."""

    async def receive(self) -> str | bytes | None:
        """The page's next message, None when there will be no more. Raises TooLarge."""

    async def send(self, text: str) -> None:
        """Send a message. Raises ConnectionError or RuntimeError if the page is gone."""

    async def close(self, code: int, reason: str) -> None:
        """Say why and hang up; callable twice."""


class SocketChannel:
    """Over a WebSocket that has been accepted."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket

    async def receive(self) -> str | bytes | None:
        """As Channel.receive."""
        message = await self._socket.receive()
        if getattr(message.data, "code", None) == WSCloseCode.MESSAGE_TOO_BIG:
            raise TooLarge
        taken: str | bytes | None = message.data if message.type in (WSMsgType.TEXT, WSMsgType.BINARY) else None
        return taken

    async def send(self, text: str) -> None:
        """As Channel.send."""
        await self._socket.send_str(text)

    async def close(self, code: int, reason: str) -> None:
        """As Channel.close."""
        await self._socket.close(code=code, message=reason.encode())


@dataclass(frozen=True, slots=True)
class Heard:
    """The answer to a page that asks for messages: those there are, and the close code if it is the last answer."""

    messages: list[str]
    closed: int | None = None

    def to_json(self) -> dict[str, object]:
        """As the page reads it; each message is JSON by itself."""
        return {"messages": self.messages, "closed": self.closed}


class RequestChannel:
    """Over requests: the page posts what it has to say, and keeps one request open in which it is answered.

    Browsers send a request again whose connection broke, so both sides count: what was said twice is taken once, and
    what was answered is kept until the page says that it has it.
    """

    def __init__(self) -> None:
        self._clock = asyncio.get_running_loop().time
        self._said: asyncio.Queue[str | bytes | TooLarge | None] = asyncio.Queue(UNREAD_ALLOWED)
        self._waiting: deque[str] = deque()
        self._fetched = 0
        self._count = 0
        self._news = asyncio.Event()
        self._told = asyncio.Event()
        self._asking = 0
        self._asked_s = self._clock()
        self.closed: int | None = None
        self.saying = False

    # For the connection

    async def receive(self) -> str | bytes | None:
        """As Channel.receive."""
        while self.closed is None:
            silent_s = self._clock() - self._asked_s
            if silent_s >= SILENCE_S:
                self.closed = GONE
                break
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SILENCE_S - silent_s):
                    message = await self._said.get()
                if isinstance(message, TooLarge):
                    raise message
                if message is not None:
                    return message
                self.closed = GONE
        return None

    async def send(self, text: str) -> None:
        """As Channel.send."""
        if self.closed is not None:
            raise ConnectionResetError("the page has been sent away")
        self._waiting.append(text)
        self._news.set()

    async def close(self, code: int, reason: str) -> None:
        """As Channel.close."""
        if self.closed is None:
            self.closed = code
            self._news.set()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(GOODBYE_S):
                    await self._told.wait()

    # For the requests

    def say(self, count: int, message: str | bytes | TooLarge) -> None:
        """The page says its message number ``count`` (from 1), or tried to say too much."""
        self._asked_s = self._clock()
        if count > self._count:
            self._count = count
            self._put(message)

    async def hear(self, fetched: int) -> Heard:
        """The page listens: at once if there is something, else as soon as there is, or after ``HOLD_S``.

        ``fetched`` is the number of messages that it has got so far.
        """
        while self._waiting and self._fetched < fetched:
            self._waiting.popleft()
            self._fetched += 1
        self._asking += 1
        mine, self._asked_s = self._asking, self._clock()
        self._news.set()  # a request that is held already belongs to a page that has given it up
        await asyncio.sleep(0)
        if not self._waiting and self.closed is None:
            self._news.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(HOLD_S):
                    await self._news.wait()
        self._asked_s = self._clock()
        if mine != self._asking:
            return Heard([])
        if self.closed is not None:
            self._told.set()
        return Heard(list(self._waiting), self.closed)

    def end(self) -> None:
        """The connection is over: a request that is still held is answered now."""
        self.closed = self.closed or GONE
        self._news.set()

    def leave(self) -> None:
        """The page goes, without a reason."""
        self._put(None)

    def _put(self, message: str | bytes | TooLarge | None) -> None:
        try:
            self._said.put_nowait(message)
        except asyncio.QueueFull:
            self.closed = self.closed or WSCloseCode.POLICY_VIOLATION
