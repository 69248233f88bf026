"""The login of a network camera goes to the host that the user named, and shows to nobody on the way."""

import socket
import threading
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexposure.errors import CameraBusy, CameraDisconnected, CameraError
from drivers.external.picture_source import Video
from drivers.http import own_host
from drivers.http.own_host import asked_login, on_own_host, with_login
from drivers.http.url import parse_device_url

URL = parse_device_url("us%40er:p%3Aw@10.0.0.5:8000", "onvif", 80)

HOSTILE = [
    "http://evil.example/onvif",
    "http://10.0.0.5@evil.example/onvif",
    "http://evil.example#@10.0.0.5/onvif",
    "http://evil.example?@10.0.0.5/onvif",
    "http://evil.example\\@10.0.0.5/onvif",
    "http://10.0.0.5.evil.example/onvif",
    "http://user:password@evil.example:99/onvif",
    "http://[::1]/onvif",
    "//evil.example/onvif",
]


@pytest.mark.parametrize("address", HOSTILE)
def test_an_address_on_another_host_is_on_the_users_host(address: str) -> None:
    there = urlsplit(on_own_host(address, URL, URL.port))
    assert there.hostname == "10.0.0.5"
    assert there.username is None
    assert "@" not in there.netloc


def test_an_address_of_the_users_host_is_on_it() -> None:
    named = parse_device_url("localhost:8000", "onvif", 80)
    assert on_own_host("http://127.0.0.1:8899/media", named, named.port) == "http://localhost:8899/media"
    assert on_own_host("http://10.9.9.9:8899/media", named, named.port) == "http://localhost:8000/media"


def test_an_address_on_the_own_host_keeps_its_port() -> None:
    assert on_own_host("http://10.0.0.5:8899/media?x=1", URL, URL.port) == "http://10.0.0.5:8899/media?x=1"
    assert on_own_host("http://192.168.7.7:8899/media", URL, URL.port) == "http://10.0.0.5:8000/media"  # behind NAT
    assert on_own_host("rtsp://192.168.7.7:8554/main", URL) == "rtsp://10.0.0.5:8554/main"
    assert on_own_host("rtsp://a:b@10.0.0.5/main", URL) == "rtsp://10.0.0.5/main"
    v6 = parse_device_url("[fe80::1]:80", "onvif", 80)
    assert on_own_host("rtsp://10.0.0.5/main", v6) == "rtsp://[fe80::1]/main"


@given(st.text())
def test_no_address_leads_anywhere_else(address: str) -> None:
    for start in ("", "http://", "rtsp://"):
        try:
            there = on_own_host(start + address, URL)
        except CameraError:
            continue
        assert urlsplit(there).hostname == "10.0.0.5"


def served(answer: bytes) -> tuple[str, list[bytes]]:
    """An address at which this is answered once, and what was asked."""
    asked: list[bytes] = []
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with server, server.accept()[0] as connection:
            asked.append(connection.recv(4096))
            connection.sendall(answer)

    threading.Thread(target=serve, daemon=True).start()
    return f"rtsp://127.0.0.1:{server.getsockname()[1]}/main", asked


def ask(answer: bytes) -> str:
    address, asked = served(answer)
    said = with_login(address, URL, "The camera")
    assert b"p:w" not in asked[0]
    assert b"Authorization" not in asked[0]
    return said.partition("//")[2].partition("127.0.0.1")[0]


def test_a_stream_gets_the_login_only_if_it_asks_for_it_in_a_form_that_hides_it() -> None:
    assert ask(b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n") == ""
    digest = b'RTSP/1.0 401 Unauthorized\r\nCSeq: 1\r\nWWW-Authenticate: Digest realm="x", nonce="y"\r\n'
    assert ask(digest + b"\r\n") == "us%40er:p%3Aw@"
    assert ask(digest + b'WWW-Authenticate: Basic realm="x"\r\n\r\n') == "us%40er:p%3Aw@"


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        (b'RTSP/1.0 401 No\r\nWWW-Authenticate: Basic realm="x"\r\n\r\n', CameraBusy, "in clear text"),
        (b"RTSP/1.0 401 No\r\n\r\n", CameraBusy, "in clear text"),
        (b"RTSP/1.0 302 Moved\r\nLocation: rtsp://evil.example/\r\n\r\n", CameraError, "not followed"),
        (b"", CameraDisconnected, "does not answer"),
        (b"\xff" * 100, CameraDisconnected, "does not answer"),
    ],
)
def test_what_else_a_stream_answers_costs_no_login(answer: bytes, error: type[CameraError], said: str) -> None:
    with pytest.raises(error, match=said):
        ask(answer)


def test_a_stream_that_drips_is_waited_for_no_longer_than_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_host, "ASKING_S", 0.3)
    stop = threading.Event()
    server = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        with server, server.accept()[0] as connection:
            while not stop.wait(0.05):
                try:
                    connection.sendall(b"x")
                except OSError:
                    return

    threading.Thread(target=drip, daemon=True).start()
    with pytest.raises(CameraDisconnected):
        asked_login(f"rtsp://127.0.0.1:{server.getsockname()[1]}/", "The camera")
    stop.set()


def test_over_tls_any_form_will_do_and_without_a_login_nobody_is_asked() -> None:
    assert with_login("rtsps://10.0.0.5/main", URL, "") == "rtsps://us%40er:p%3Aw@10.0.0.5/main"
    assert with_login("rtsp://10.0.0.5/main", parse_device_url("10.0.0.5", "onvif", 80), "") == "rtsp://10.0.0.5/main"


def test_a_stream_to_meter_from_does_not_take_its_login_elsewhere() -> None:
    address, asked = served(b"RTSP/1.0 302 Moved\r\nLocation: rtsp://evil.example/\r\n\r\n")
    with pytest.raises(CameraError, match="not followed"):
        Video("The stream", address.replace("//", "//ada:SeCrEt@"))
    assert b"SeCrEt" not in asked[0]
