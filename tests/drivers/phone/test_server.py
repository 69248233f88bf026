"""The protocol on loopback: who gets in, and what happens to what doesn't belong."""

import asyncio
import errno
import json
import logging
import socket
import ssl
import threading
import time
from contextlib import ExitStack

import aiohttp
import cv2
import numpy as np
import pytest
from aiohttp import WSServerHandshakeError

from autoexposure.clock import SimulatedClock
from autoexposure.errors import CameraBusy, ConfigError
from autoexposure.phone_status import PhoneState
from drivers.phone import channel as phone_channel
from drivers.phone import connection as phone_connection
from drivers.phone import listener as phone_listener
from drivers.phone import routes as phone_routes
from drivers.phone import server as phone_server
from drivers.phone.connection import ENDED, REPLACED
from drivers.phone.pairing.address import PhoneAddress
from drivers.phone.protocol import LARGEST_MESSAGE
from drivers.phone.routes import PAGE
from drivers.phone.session import PhoneSession
from tests.drivers.phone.conftest import PATIENCE_S


@pytest.fixture
def clock():
    return SimulatedClock(1000.0)


@pytest.fixture
def session(clock, tmp_path):
    made = PhoneSession(PhoneAddress("127.0.0.1", 0), clock=clock, certificate_folder=tmp_path / "certificates")
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _patient(monkeypatch):
    """Phones that ask often are given all the time that the machine needs."""
    monkeypatch.setattr(phone_channel, "HOLD_S", 0.2)
    monkeypatch.setattr(phone_channel, "SILENCE_S", PATIENCE_S)
    monkeypatch.setattr(phone_channel, "GOODBYE_S", PATIENCE_S)


@pytest.fixture(params=["socket", "requests"])
def line(request):
    """Over a WebSocket, and as a page does that gets none."""
    return request.param


@pytest.fixture
def phone(session, phones):
    return phones(session.offer().url)


@pytest.fixture
def joined(session, phone, line):
    """A phone that is asked for pictures but sends them only when the test says so."""
    phone.line = line
    phone.silent = True
    phone.join()
    assert session.link.wait_for_visit(PATIENCE_S)
    session.link.watch(True)
    phone.wait_for("next")
    return phone


def send_picture(phone, **header):
    asked = phone.wait_for("next", phone.count("next") - 1)
    phone.header = header
    phone.send(phone.message(asked))


# ---- the page


def test_the_page_is_served_and_may_load_nothing_from_elsewhere(phone):
    for path in PAGE:
        status, headers, body = phone.request("GET", path.lstrip("/"))
        assert status == 200
        assert body
        assert "http://" not in body.replace("http://www.w3.org", "")
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Server"] == "autoexposure"


@pytest.mark.parametrize("path", ["..%2fphone.py", "page.py", "socket/../../pyproject.toml", "favicon.ico", "%00"])
def test_nothing_else_is_served(phone, path):
    assert phone.request("GET", path)[0] == 404


def test_errors_carry_the_same_headers(phone):
    assert "default-src 'none'" in phone.request("GET", "nothing")[1]["Content-Security-Policy"]


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8443", "localhost:1", ""])
def test_a_name_that_was_pointed_here_is_refused(phone, host):
    status, headers, _ = phone.request("GET", "", headers={"Host": host})
    assert status in (400, 421)
    assert "evil" not in headers["Content-Security-Policy"]


def test_listening_everywhere_takes_addresses_but_no_names(phones, tmp_path):
    session = PhoneSession(PhoneAddress("127.0.0.1", 0, everywhere=True), certificate_folder=tmp_path)
    try:
        phone = phones(session.offer().url)
        assert phone.request("GET", "", headers={"Host": f"192.168.1.5:{session.server.port}"})[0] == 200
        assert phone.request("GET", "", headers={"Host": f"evil.example:{session.server.port}"})[0] == 421
    finally:
        session.close()


# ---- pairing


def test_the_right_secret_gets_in_once(phone, phones):
    assert phone.pair()[0] == 200
    status, reason = phones(f"{phone.page}#{phone.secret}").pair()
    assert status == 403
    assert "Scan" in reason


def test_a_wrong_secret_stays_out(session, phone, line):
    phone.line = line
    assert phone.pair("wrong")[0] == 403
    with pytest.raises(WSServerHandshakeError) as refusal:
        phone.connect(token="wrong")
    assert refusal.value.status == 401
    assert phone.request("GET", "session", headers={"Authorization": "Bearer wrong"})[0] == 401
    assert not session.link.connected


def test_an_expired_secret_stays_out(phone, clock):
    clock.sleep(301)
    assert phone.pair()[0] == 403


def test_guessing_is_stopped(session, phone):
    statuses = [phone.pair("guess")[0] for _ in range(12)]
    assert statuses == [403] * session.pairing.config.tries_per_minute + [429, 429]


def test_a_second_phone_is_told_to_wait(session, joined, phones):
    second = phones(session.offer().url)
    status, reason = second.pair()
    assert status == 409
    assert "Another phone" in reason
    assert session.link.connected


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"secret": 5}', b'"x"', b"[" * 1000, b"\xff"])
def test_rubbish_instead_of_a_secret(phone, body):
    status, _, _ = phone.request("POST", "pair", data=body, headers={"Origin": phone.page.rstrip("/")})
    assert status == 400


def test_a_secret_as_long_as_a_book(phone):
    status, _, _ = phone.request("POST", "pair", data=b"x" * 100_000, headers={"Origin": phone.page.rstrip("/")})
    assert status == 413


def test_another_site_can_neither_pair_nor_connect(phone, line):
    phone.line = line
    wanted = {"secret": phone.secret}
    for headers in ({}, {"Origin": "https://evil.example"}):
        assert phone.request("POST", "pair", json=wanted, headers=headers)[0] == 403
    assert phone.pair()[0] == 200
    with pytest.raises(WSServerHandshakeError) as refusal:
        phone.connect(origin="https://evil.example")
    assert refusal.value.status == 403


def test_no_secret_and_no_token_in_the_logs(session, phone, caplog):
    caplog.set_level(logging.DEBUG)
    phone.pair("wrong-secret")
    phone.join()
    phone.vanish()
    phone.connect()
    session.close()
    assert phone.token
    for secret in (phone.secret, phone.token, "wrong-secret"):
        assert secret not in caplog.text
    assert phone.secret not in repr(session.offer())


@pytest.mark.parametrize(("word", "status"), [('"\\ud800"', 400), ('"\\u0000"', 403)])
def test_a_secret_of_what_is_no_letter_is_wrong_like_any_other(phone, word, status):
    body = f'{{"secret": {word}}}'.encode()
    headers = {"Origin": phone.page.rstrip("/"), "Content-Type": "application/json; charset=unheard-of"}
    assert phone.request("POST", "pair", data=body, headers=headers)[0] == status


def test_a_token_of_what_is_no_letter_is_wrong_like_any_other(session, caplog):
    status, _ = raw(session, "GET /session HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer \xff\xfe\r\n\r\n")
    assert status == 401
    assert "Traceback" not in caplog.text


def raw(session, words):
    """Send these words over TLS; (status, head) of the answer."""
    host = session.server.url.removeprefix("https://").rstrip("/")
    with connected(session) as line:
        line.sendall(words.format(host=host).encode("latin-1"))
        said = b""
        while b"\r\n\r\n" not in said and (more := line.recv(4096)):
            said += more
    return int(said.split()[1]) if said else 0, said.decode("latin-1")


def connected(session, *, secure=True):
    """A connection as a device in the network opens one; reading from it ends with ``PATIENCE_S``."""
    line = socket.create_connection(("127.0.0.1", session.server.port), PATIENCE_S)
    if not secure:
        return line
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(line)


# ---- coming back


def test_a_phone_comes_back_with_its_token(session, joined, monkeypatch):
    monkeypatch.setattr(phone_channel, "GOODBYE_S", 0.1)  # it isn't there to hear it
    first = session.link.wait_for_visit(0)
    joined.vanish()
    joined.wait_for("closed")
    joined.connect()
    assert session.link.wait_for_visit(PATIENCE_S, known=first.number).number == first.number + 1
    assert joined.request("GET", "session", headers={"Authorization": f"Bearer {joined.token}"})[0] == 204


def test_the_same_phone_twice_the_newer_goes_on(session, joined, phones):
    newer = phones(joined.page)
    newer.token, newer.line = joined.token, joined.line
    newer.connect()
    assert joined.wait_for("closed")["code"] == REPLACED
    newer.wait_for("next")
    assert session.link.connected


def test_the_end_is_told(session, joined):
    session.close()
    assert joined.wait_for("closed")["code"] == ENDED
    session.close()


# ---- what doesn't belong


def test_an_oversize_message_ends_the_connection_and_nothing_else(session, joined):
    joined.send(bytes(LARGEST_MESSAGE + 1))
    # The computer stops reading in the middle, so its goodbye may be lost.
    assert joined.wait_for("closed")["code"] in (aiohttp.WSCloseCode.MESSAGE_TOO_BIG, 1006)
    before = session.link.wait_for_visit(0)
    joined.connect()
    assert session.link.wait_for_visit(PATIENCE_S, known=before.number if before else 1)


def test_a_picture_nobody_asked_for_ends_the_connection(session, joined):
    session.link.watch(False)
    for _ in range(2):
        joined.send(joined.message(joined.wait_for("next")))
    assert joined.wait_for("closed")["code"] == aiohttp.WSCloseCode.POLICY_VIOLATION


def test_a_garbage_picture_is_refused_and_the_next_is_welcome(session, joined):
    joined.jpeg, good = (lambda: b"\xff\xd8 this is no picture"), joined.jpeg
    send_picture(joined)
    assert joined.wait_for("refused")["reason"] == "a picture must be a JPEG"
    joined.wait_for("next", 1)
    joined.jpeg = good
    send_picture(joined)
    visit = session.link.wait_for_visit(PATIENCE_S)
    assert session.link.wait_for_frame(visit, None, PATIENCE_S).size_px == (64, 48)


def test_only_garbage_ends_the_connection(joined):
    joined.jpeg = lambda: b"rubbish"
    for number in range(6):
        joined.wait_for("next", number)
        send_picture(joined)
    assert joined.wait_for("closed")["code"] == aiohttp.WSCloseCode.POLICY_VIOLATION


def test_pictures_that_run_backwards_are_refused(joined):
    send_picture(joined, sequence=7)
    joined.wait_for("next", 1)
    send_picture(joined, sequence=7)
    assert joined.wait_for("refused")["reason"] == "pictures must be numbered upwards"


@pytest.mark.parametrize("message", [{"type": "unheard-of"}, {}, {"type": "camera"}, {"type": "applied"}])
def test_messages_without_sense_are_refused(session, joined, message):
    joined.say(**message)
    joined.wait_for("refused")
    assert session.link.connected


def test_a_flood_of_words_ends_the_connection(joined):
    for _ in range(60):
        if joined.count("closed"):
            break
        try:
            joined.say(type="applied", number=1, settings={})
        except ConnectionError:
            break
    assert joined.wait_for("closed")["code"] == aiohttp.WSCloseCode.POLICY_VIOLATION


def test_a_phone_is_asked_for_nothing_while_nobody_looks(session, phone):
    phone.join()
    assert session.link.wait_for_visit(PATIENCE_S)
    phone.say(type="nonsense")
    phone.wait_for("refused")  # whatever was to be said before has been said
    assert phone.count("next") == 0
    session.link.watch(True)
    phone.wait_for("next", 2)


def test_a_slow_phone_is_asked_for_small_pictures(joined):
    """200 kbit/s: what a picture takes to be sent is in the header of the next."""
    taken_ms = 0.0
    sizes = []
    for number in range(12):
        asked = joined.wait_for("next", number)
        sizes.append(asked["long_side_px"])
        joined.jpeg = lambda size=asked["long_side_px"]: jpeg_of(int(size**2 * 0.75 * 0.15))
        joined.header = {"round_ms": taken_ms}
        message = joined.message(asked)
        taken_ms = len(message) * 8 / 200e3 * 1000
        joined.send(message)
    assert sizes[0] == 320
    assert sizes[-1] == 160


def jpeg_of(size_bytes):
    data = cv2.imencode(".jpg", np.full((48, 64, 3), 99, np.uint8))[1].tobytes()
    return data + bytes(max(0, size_bytes - len(data)))


# ---- more connections than a phone has, and ones that never say anything


def ended(line):
    """Whether the other side has hung up; waits for it."""
    try:
        return line.recv(1) == b""
    except ConnectionError:
        return True


@pytest.mark.parametrize("secure", [True, False])
def test_one_device_gets_so_many_connections_and_no_more(session, caplog, secure, monkeypatch):
    monkeypatch.setattr(phone_listener, "ONE_ADDRESS_AT_ONCE", 3)
    with ExitStack() as lines:
        inside = [lines.enter_context(connected(session, secure=secure)) for _ in range(3)]
        for _ in range(5):
            assert ended(lines.enter_context(connected(session, secure=False)))
        assert caplog.text.count("too many connections") == 1, "nobody fills the log from outside"
        inside[0].close()
        assert eventually(lambda: gets_the_page(session))


def test_all_devices_together_get_so_many_connections_and_no_more(session, monkeypatch):
    monkeypatch.setattr(phone_listener, "ALL_AT_ONCE", 2)
    with ExitStack() as lines:
        for _ in range(2):
            lines.enter_context(connected(session))
        assert ended(lines.enter_context(connected(session, secure=False)))


@pytest.mark.parametrize("words", ["", "GET / HTTP/1.1\r\nHost: "])
def test_who_never_finishes_a_request_is_let_go(clock, tmp_path, monkeypatch, words):
    monkeypatch.setattr(phone_server, "IDLE_S", 0.2)
    session = PhoneSession(PhoneAddress("127.0.0.1", 0), clock=clock, certificate_folder=tmp_path)
    try:
        with connected(session) as line:
            line.sendall(words.encode())
            assert ended(line)
    finally:
        session.close()


def test_a_body_that_never_comes_is_not_waited_for(session, monkeypatch):
    monkeypatch.setattr(phone_server, "REQUEST_S", 0.2)
    origin = session.server.url.rstrip("/")
    status, said = raw(
        session, f"POST /pair HTTP/1.1\r\nHost: {{host}}\r\nOrigin: {origin}\r\nContent-Length: 99\r\n\r\n{{{{"
    )
    assert status == 408, said


def test_who_speaks_no_tls_harms_nobody(session, phone):
    with connected(session, secure=False) as line:
        line.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert ended(line)
    assert phone.request("GET", "")[0] == 200


def test_a_system_without_files_is_said_and_gone_on_from(session, phone, caplog, monkeypatch):
    monkeypatch.setattr(phone_listener, "PAUSE_S", 0.05)
    accept, refused = session.server._loop.sock_accept, []

    async def no_file_left(listener):
        if not refused:
            refused.append(True)
            raise OSError(errno.EMFILE, "Too many open files")
        return await accept(listener)

    monkeypatch.setattr(session.server._loop, "sock_accept", no_file_left)
    for _ in range(2):
        assert phone.request("GET", "")[0] == 200
    assert "Too many open files" in caplog.text


def gets_the_page(session):
    try:
        return raw(session, "GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")[0] == 200
    except OSError:
        return False


def eventually(true):
    """Whether it becomes true, asked again and again."""
    deadline_s = time.monotonic() + PATIENCE_S
    while not (now := true()) and time.monotonic() < deadline_s:
        time.sleep(0.01)
    return now


# ---- over requests


@pytest.fixture
def asking(session, phone):
    """A phone that is connected over requests and can be made to repeat itself."""
    phone.line, phone.silent = "requests", True
    phone.join()
    assert session.link.wait_for_visit(PATIENCE_S)
    return phone


def test_what_is_said_twice_counts_once(session, asking):
    """A browser sends a request again whose connection broke."""
    session.link.watch(True)
    picture = asking.message(asking.wait_for("next"))
    path = f"{asking._socket._path}/say/{asking._socket._said + 1}"
    asking._socket._said += 1
    binary = {"Content-Type": "application/octet-stream"}
    statuses = [asking.do(asking.post(path, data=picture, headers=binary))[0] for _ in range(3)]
    assert statuses == [204] * 3
    asking.wait_for("next", 1)
    assert asking.count("refused") == 0
    assert asking.closed_with is None


def test_what_was_not_received_is_told_again(session, asking):
    asking.do(asking._socket.close())
    asking.wait_for("closed")
    session.link.watch(True)
    fetched = asking._socket._fetched
    heard = [asking.do(asking.post(f"{asking._socket._path}/hear/{fetched}"))[1] for _ in range(2)]
    kinds = [[json.loads(text)["type"] for text in json.loads(body)["messages"]] for body in heard]
    assert "next" in kinds[0]
    assert kinds[1][: len(kinds[0])] == kinds[0]


def test_a_phone_that_says_two_things_at_once_is_told_to_wait(session, asking):
    async def slowly():
        yield b"{"
        await started.wait()
        yield b"}"

    async def both():
        path = f"{asking._socket._path}/say/"
        first = asyncio.create_task(asking.post(path + "50", data=slowly(), headers=text))
        while not channel.saying:
            await asyncio.sleep(0)
        second, _ = await asking.post(path + "51", data=b"{}", headers=text)
        started.set()
        return second, (await first)[0]

    started, text = asyncio.Event(), {"Content-Type": "application/json"}
    (channel,) = session.server._routes._channels.values()
    assert asking.do(both()) == (429, 204)


def test_a_phone_that_falls_silent_is_missed(session, phone, monkeypatch):
    async def not_at_all(socket):
        pass

    monkeypatch.setattr(phone_channel, "SILENCE_S", 0.1)
    phone.line, phone._listen = "requests", not_at_all
    assert phone.pair()[0] == 200
    phone.connect(open_camera=False)
    with session.link._changed:
        assert session.link._changed.wait_for(lambda: session.link.away_s is not None, PATIENCE_S)
    assert session.status().state is PhoneState.AWAY
    assert phone.do(phone.post(f"{phone._socket._path}/hear/0"))[0] == 410


def test_a_phone_that_leaves_is_missed_at_once(session, asking):
    assert asking.do(asking.post(f"{asking._socket._path}/leave"))[0] == 204
    with session.link._changed:
        assert session.link._changed.wait_for(lambda: not session.link.connected, PATIENCE_S)


def test_a_phone_that_opens_one_channel_after_the_other_is_told_to_wait(asking, monkeypatch):
    monkeypatch.setattr(phone_routes, "CHANNELS_AT_ONCE", 1)
    assert asking.do(asking.post("channel"))[0] == 429


def test_no_request_is_answered_without_the_token(asking):
    origin = {"Origin": asking.page.rstrip("/")}
    for headers in (origin, {**origin, "Authorization": "Bearer wrong"}):
        assert asking.request("POST", "channel", headers=headers)[0] == 401
        for path in ("say/1", "hear/0", "leave"):
            assert asking.request("POST", f"{asking._socket._path}/{path}", headers=headers)[0] == 410
    right = {"Authorization": f"Bearer {asking.token}"}
    assert asking.request("POST", f"{asking._socket._path}/leave", headers=right)[0] == 403


# ---- what the window shows and does


def test_the_status_follows_the_phone(session, phone):
    assert session.status().state is PhoneState.WAITING
    assert session.status().code is session.offer().modules
    assert not session.status().reachable
    phone.silent = True
    phone.pair()
    phone.connect(open_camera=False)
    phone.say(type="trouble", text="The camera is not allowed.")
    with session.link._changed:
        assert session.link._changed.wait_for(lambda: session.link.trouble, PATIENCE_S)
    joining = session.status()
    assert (joining.state, joining.trouble, joining.code) == (PhoneState.JOINING, "The camera is not allowed.", None)
    phone.open_camera()
    assert session.link.wait_for_visit(PATIENCE_S)
    live = session.status()
    assert (live.state, live.lens) == (PhoneState.LIVE, "Played <b>Phone</b>, camera2 0, facing back")
    phone.vanish()
    with session.link._changed:
        assert session.link._changed.wait_for(lambda: not session.link.connected, PATIENCE_S)
    assert session.status().state is PhoneState.AWAY


def test_who_was_refused_is_said(session, phone, phones, clock):
    assert session.status().remark == ""
    phone.pair("wrong")
    assert "wrong, used or expired" in session.status().remark
    for _ in range(10):
        phone.pair("wrong")
    assert "kept out for a minute" in session.status().remark
    clock.sleep(60)
    phone.join()
    assert session.link.wait_for_visit(PATIENCE_S)
    assert session.status().remark == ""
    phones(session.offer().url).pair()
    assert "one at a time" in session.status().remark


def test_a_new_code_makes_the_old_one_worthless(session, phone):
    before = session.offer()
    session.pairing.renew()
    assert session.offer().secret != before.secret
    assert phone.pair()[0] == 403


def test_a_phone_that_is_disconnected_has_to_scan_again(session, joined):
    session.dismiss()
    assert joined.wait_for("closed")["code"] == ENDED
    with session.link._changed:
        assert session.link._changed.wait_for(lambda: not session.link.connected, PATIENCE_S)
    assert session.status().state is PhoneState.WAITING
    assert joined.request("GET", "session", headers={"Authorization": f"Bearer {joined.token}"})[0] == 401


def test_a_phone_that_is_away_can_be_given_up(session, phone):
    phone.join()
    phone.vanish()
    with session.link._changed:
        assert session.link._changed.wait_for(lambda: session.link.away_s is not None, PATIENCE_S)
    session.dismiss()
    assert session.status().state is PhoneState.WAITING


# ---- the address


def test_a_port_in_use_is_said_unless_any_will_do(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CameraBusy, match="in use"):
            PhoneSession(PhoneAddress("127.0.0.1", port, fall_back=False), certificate_folder=tmp_path)
        session = PhoneSession(PhoneAddress("127.0.0.1", port), certificate_folder=tmp_path)
        assert session.server.port not in (0, port)
        session.close()


def test_an_address_of_another_computer_is_said(tmp_path):
    with pytest.raises(ConfigError, match="no address of this computer"):
        PhoneSession(PhoneAddress("192.0.2.99", 0), certificate_folder=tmp_path)


def test_it_listens_on_the_chosen_address_only(session, phone):
    assert phone.request("GET", "")[0] == 200
    with socket.socket() as other:
        other.settimeout(2)
        assert other.connect_ex(("127.0.0.2", session.server.port)) != 0


def test_no_thread_stays_behind(session, joined):
    session.close()
    assert "phone-server" not in [thread.name for thread in threading.enumerate()]


def test_a_fault_of_our_own_is_not_silent(session, joined, caplog, monkeypatch):
    def broken(message):
        raise AttributeError("as a fault in the program would")

    monkeypatch.setattr(phone_connection, "read_lens", broken)
    joined.open_camera()
    joined.wait_for("closed")
    assert "as a fault in the program would" in caplog.text


def test_the_body_of_an_answer_is_a_sentence(phone):
    _, _, body = phone.request("GET", "session")
    assert json.loads(body)["reason"].endswith(".")
