"""What is no request writes one line a minute, from however many strangers; our own faults are told in full."""

import logging
import socket
import ssl
from contextlib import suppress

import pytest
from aiohttp.http_exceptions import BadStatusLine

from autoexposure.clock import SimulatedClock
from drivers.phone.pairing.address import PhoneAddress
from drivers.phone.session import PhoneSession
from drivers.phone.strangers import TELL_EVERY_S, Strangers

NO_REQUESTS = [
    b"\x00\xff\x00garbage\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"\x16\x03\x01" * 50,
    b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nX\x1b[2J: \x07\r\n\r\n",
    b"POST /pair HTTP/1.1\r\nHost: {host}\r\nOrigin: https://{host}\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n\r\n",
    b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
]


@pytest.fixture
def clock():
    return SimulatedClock(1000.0)


@pytest.fixture
def session(clock, tmp_path):
    made = PhoneSession(PhoneAddress("127.0.0.1", 0), clock=clock, certificate_folder=tmp_path / "certificates")
    yield made
    made.close()


def send(port: int, data: bytes, *, tls: bool) -> None:
    """What a stranger sends, until the door has shut."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = socket.create_connection(("127.0.0.1", port), 10)
    with connection, context.wrap_socket(connection) if tls else connection as shown, suppress(OSError):
        shown.sendall(data.replace(b"{host}", f"127.0.0.1:{port}".encode()))
        if tls:
            while shown.recv(4096):
                pass


def test_strangers_write_one_line_a_minute_in_all(session, clock, caplog) -> None:
    caplog.set_level(logging.WARNING)
    for _ in range(3):
        for data in NO_REQUESTS:
            send(session.server.port, data, tls=True)
        send(session.server.port, b"\x00" * 100, tls=False)
        send(session.server.port, b"GET / HTTP/1.1\r\n\r\n", tls=False)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "127.0.0.1 sent the phone page what is no request" in caplog.text
    assert "Traceback" not in caplog.text
    assert len(caplog.text.splitlines()) == 1
    clock.sleep(TELL_EVERY_S + 1)
    send(session.server.port, NO_REQUESTS[1], tls=True)
    assert len(caplog.text.splitlines()) == 2
    assert "more such lines were left out" in caplog.text


def test_the_page_still_opens_afterwards(session) -> None:
    for data in NO_REQUESTS:
        send(session.server.port, data, tls=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with context.wrap_socket(socket.create_connection(("127.0.0.1", session.server.port), 10)) as shown:
        shown.sendall(f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{session.server.port}\r\n\r\n".encode())
        assert shown.recv(4096).startswith(b"HTTP/1.1 200")


def test_a_fault_of_our_own_is_told_in_full(caplog) -> None:
    strangers = Strangers(SimulatedClock())
    try:
        raise ValueError("ours")
    except ValueError:
        strangers.http_log.exception("Error handling request from %s", "127.0.0.1")
    assert "ValueError: ours" in caplog.text
    caplog.clear()
    try:
        raise BadStatusLine("theirs")
    except BadStatusLine:
        strangers.http_log.exception("Error handling request from %s", "127.0.0.1")
    assert "Traceback" not in caplog.text
