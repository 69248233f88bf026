"""The air between phone and computer: a proxy that is as slow as a test says, or swallows everything."""

import asyncio
import threading
from contextlib import suppress

PATIENCE_S = 10.0


class Radio:
    """Listens on loopback as an HTTP proxy (CONNECT only), so that a browser's addresses stay as they are.

    Attributes
    ----------
    bits_per_s : each way, for all connections together; None is as fast as it goes.
    gone : nothing gets through any more, and nobody is told: a phone out of reach.
    carried : bytes so far.
    opened : connections so far.
    """

    def __init__(self) -> None:
        self.bits_per_s: float | None = None
        self.gone = False
        self.carried = self.opened = 0
        self._busy_until_s = [0.0, 0.0]
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="radio", daemon=True)
        self._thread.start()
        self._server = self._do(asyncio.start_server(self._carry, "127.0.0.1", 0, limit=4096))
        self.port = self._server.sockets[0].getsockname()[1]

    def cut(self) -> None:
        """Break every connection, noticed by both sides."""

        async def now() -> None:
            for writer in list(self._writers):
                writer.transport.abort()

        self._do(now())

    def mend(self) -> None:
        self.gone, self.bits_per_s = False, None

    def close(self) -> None:
        async def end() -> None:
            self._server.close()
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

        self.cut()
        self._do(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_S)
        self._loop.close()

    def _do(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_S)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self._tasks.add(task)
        self.opened += 1
        self._writers.add(writer)
        try:
            with suppress(OSError, asyncio.IncompleteReadError, ValueError):
                words = (await reader.readuntil(b"\r\n\r\n")).split()
                host, _, port = words[1].decode().rpartition(":")
                there, back = await asyncio.open_connection(host, int(port), limit=4096)
                self._writers.add(back)
                try:
                    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
                    await asyncio.gather(self._pipe(reader, back, 0), self._pipe(there, writer, 1))
                finally:
                    back.transport.abort()
                    self._writers.discard(back)
        finally:
            writer.transport.abort()
            self._writers.discard(writer)
            self._tasks.discard(task)

    async def _pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: int) -> None:
        with suppress(OSError):
            while data := await reader.read(1024):
                while self.gone:
                    await asyncio.sleep(0.02)
                if self.bits_per_s is not None:
                    now_s = self._loop.time()
                    self._busy_until_s[way] = max(now_s, self._busy_until_s[way]) + len(data) * 8 / self.bits_per_s
                    await asyncio.sleep(self._busy_until_s[way] - now_s)
                self.carried += len(data)
                writer.write(data)
                await writer.drain()
        writer.transport.abort()
