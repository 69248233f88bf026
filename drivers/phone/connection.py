"""PhoneConnection: one phone, from connected to gone, whatever its channel; lives in the server's thread."""

from __future__ import annotations

import asyncio
import json
import logging

from aiohttp import WSCloseCode

from autoexposure.clock import Clock
from drivers.phone.channel import Channel, TooLarge
from drivers.phone.controls import TrackSettings
from drivers.phone.link import Applied, PhoneLink
from drivers.phone.protocol import ProtocolError, number_of, read_lens, read_picture, read_text, words_of
from drivers.phone.rate_control import RateControl

log = logging.getLogger(__name__)

REPLACED = 4001
"""Close code: the same phone came back on another connection."""

ENDED = 4002
"""Close code: the computer is done."""

GARBAGE_ALLOWED = 5
"""Messages in a row that make no sense before the phone is disconnected."""

HERE_S = 3.0
"""A page that hears nothing for a few times as long takes the connection for broken: lost Wi-Fi gives no sign."""

TEXTS_PER_SECOND = 40
"""More than a page that answers every setting of a 30 frames/s loop can need."""


class PhoneConnection:
    """Asks for pictures one at a time, takes what comes, and passes on what the camera's thread wants."""

    def __init__(self, channel: Channel, link: PhoneLink, clock: Clock) -> None:
        self._channel = channel
        self._link = link
        self._clock = clock
        self._rate = RateControl()
        self._outgoing: asyncio.Queue[dict[str, object]] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        self._asked = self._open = False
        self._last_bytes = 0
        self._last_sequence = -1.0
        self._garbage = 0
        self._texts = 0
        self._texts_since_s = clock.now()
        self._deliberately = False
        self._trouble = ""
        self._reader: asyncio.Task[None] | None = None
        self._goodbye: tuple[int, str] | None = None
        self._finished = asyncio.Event()

    async def serve(self) -> None:
        """Until the phone leaves or is sent away."""
        if self._goodbye is not None:  # disconnected before it began, by a phone that came later still
            await self._channel.close(*self._goodbye)
            return
        self._link.joined(self.post)
        sender = asyncio.create_task(self._send())
        self._reader = asyncio.create_task(self._read())
        try:
            await asyncio.wait({self._reader})
            if self._goodbye is not None:  # nothing else reads now: wait for the phone to close, too
                await self._channel.close(*self._goodbye)
        finally:
            sender.cancel()
            self._reader.cancel()
            for ended in await asyncio.gather(sender, self._reader, return_exceptions=True):
                if isinstance(ended, Exception):  # a task never dies silent
                    log.error("a phone's connection broke", exc_info=ended)
            self._link.left(self.post, deliberately=self._deliberately, trouble=self._trouble)
            self._finished.set()

    def post(self, message: dict[str, object]) -> None:
        """Have ``message`` sent; callable from any thread, and after the end."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._outgoing.put_nowait, message)

    async def end(self, code: int, reason: str) -> None:
        """Close the connection with a code the page understands."""
        self._deliberately = code == ENDED
        self._goodbye = (code, reason)
        if self._reader is not None:
            self._reader.cancel()
            await self._finished.wait()

    async def _read(self) -> None:
        try:
            while (message := await self._channel.receive()) is not None:
                if not self._take(message):
                    await self._channel.close(WSCloseCode.POLICY_VIOLATION, self._trouble)
                    return
        except TooLarge:
            self._sent_away("the phone sent a message that is too large: reload its page")
            await self._channel.close(WSCloseCode.MESSAGE_TOO_BIG, self._trouble)

    async def _send(self) -> None:
        while True:
            try:
                async with asyncio.timeout(HERE_S):
                    message = await self._outgoing.get()
            except TimeoutError:
                message = {"type": "here"}
            if message["type"] == "next":
                if self._asked or not self._open or not self._link.watched:
                    continue
                self._asked = True
                wanted = self._rate.request(self._clock.now())
                message = {
                    "type": "next",
                    "long_side_px": wanted.long_side_px,
                    "quality": wanted.quality,
                    "interval_ms": round(wanted.interval_s * 1000),
                    "throughput_bps": round(self._rate.throughput_bps),
                }
            elif message["type"] == "apply":
                self._rate.exposure_changed(self._clock.now())
            try:
                await self._channel.send(json.dumps(message))
            except (ConnectionError, RuntimeError):
                return  # it is closing; the reader notices and says so

    def _take(self, message: str | bytes) -> bool:
        """Act on one message; False if the phone has to go."""
        picture = isinstance(message, bytes)
        try:
            if isinstance(message, bytes):
                if not self._asked:
                    return self._sent_away("the phone sent a picture that was not asked for: reload its page")
                self._picture(message)
            else:
                if self._too_many():
                    return self._sent_away("the phone sent too many messages: reload its page")
                self._text(read_text(message))
            self._garbage = 0
        except ProtocolError as error:
            self._garbage += 1
            log.warning("a message of the phone was refused: %s", error)
            self.post({"type": "refused", "reason": str(error)})
            if self._garbage > GARBAGE_ALLOWED:
                return self._sent_away("the phone sent nothing but rubbish: reload its page")
        finally:
            if picture and self._asked:
                self._asked = False
                self.post({"type": "next"})
        return True

    def _sent_away(self, why: str) -> bool:
        log.warning("%s", why)
        self._trouble = why
        return False

    def _picture(self, data: bytes) -> None:
        picture = read_picture(data)
        if picture.sequence <= self._last_sequence:
            raise ProtocolError("pictures must be numbered upwards")
        if self._last_bytes:
            self._rate.measured(self._last_bytes, picture.round_ms / 1000)
            self._link.throughput_bps = self._rate.throughput_bps
        self._last_bytes, self._last_sequence = len(data), picture.sequence
        self._link.arrived(picture)

    def _text(self, message: dict[str, object]) -> None:
        match message.get("type"):
            case "camera":
                self._link.opened(read_lens(message))
                self._open = True
                self.post({"type": "next"})
            case "applied":
                settings = message.get("settings")
                self._link.answered(
                    int(number_of(message, "number")),
                    Applied(
                        TrackSettings.from_page(settings if isinstance(settings, dict) else {}),
                        words_of(message.get("problem"), 200),
                    ),
                )
            case "trouble":
                self._open = False
                trouble = words_of(message.get("text"), 200)
                log.warning("the phone says: %s", trouble)
                self._link.closed(trouble)
            case "bye":
                self._deliberately = True
                self._trouble = "it was stopped on the phone"
            case _:
                raise ProtocolError("a message must be of a type that is known")

    def _too_many(self) -> bool:
        now_s = self._clock.now()
        if now_s - self._texts_since_s >= 1:
            self._texts_since_s, self._texts = now_s, 0
        self._texts += 1
        return self._texts > TEXTS_PER_SECOND
