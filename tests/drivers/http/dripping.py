"""A server that never ends its answer: each byte comes in time, the whole never does."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def dripping(answer: bytes) -> Iterator[int]:
    """A server on 127.0.0.1 that sends ``answer`` at once and then a byte each tenth of a second, for ever."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip(connected: socket.socket) -> None:
            with connected:
                try:
                    connected.recv(65536)
                    connected.sendall(answer)
                    while not over.wait(0.1):
                        connected.sendall(b" ")
                except OSError:
                    return

        def serve() -> None:
            while not over.is_set():
                try:
                    connected, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=drip, args=(connected,), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield server.getsockname()[1]
        finally:
            over.set()
