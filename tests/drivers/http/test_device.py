import pytest

from autoexposure.errors import CameraDisconnected, CameraError
from drivers.http.device import HttpDevice
from drivers.http.url import parse_device_url
from drivers.phone.pairing.certificate import certificate_for
from tests.drivers.http.dripping import dripping
from tests.drivers.http.fake_http import FakeDevice, jpeg


class Simple(FakeDevice):
    """Answers with its status and body, with TLS if it was given a context."""

    def __init__(self, context=None):
        self.context = context
        self.status, self.body = 200, b"{}"
        super().__init__()

    def wrap(self, server):
        if self.context is not None:
            server.socket = self.context.wrap_socket(server.socket, server_side=True)

    def answer(self, handler, method, path, body):
        if path == "/video":
            handler.stream(iter(lambda: jpeg(100), None))
        else:
            handler.reply(self.status, "text/plain", self.body)


def device(fake, options="", scheme="http"):
    url = parse_device_url(f"{scheme}://127.0.0.1:{fake.port}{options}", "ipwebcam", 8080, ("fingerprint",))
    return HttpDevice(url, "The phone", timeout_s=2.0)


def exhaust(stream):
    for _ in range(1000):
        stream.receive()


@pytest.fixture
def plain():
    with Simple().running() as fake:
        yield fake


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return certificate_for("127.0.0.1", tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def secure(certificate):
    with Simple(certificate.context()).running() as fake:
        yield fake


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b"{", b"\xff\xfe"])
def test_an_answer_that_is_no_json_object(plain, body):
    plain.body = body
    with pytest.raises(CameraError, match="can't be read"):
        device(plain).get_json("/")


def test_a_refusal_has_its_number(plain):
    plain.status = 404
    with pytest.raises(CameraError, match="HTTP 404"):
        device(plain).get_json("/")
    assert device(plain).request("/").status == 404


def test_a_stream_that_ends(plain):
    stream = device(plain).stream("/video")
    stream.receive()
    plain.drop_viewers()
    with pytest.raises(CameraDisconnected):
        exhaust(stream)
    stream.close()


def test_no_stream_there(plain):
    plain.status = 404
    with pytest.raises(CameraError, match=r"no picture stream at /other \(HTTP 404\)"):
        device(plain).stream("/other")
    plain.status = 503
    with pytest.raises(CameraDisconnected, match="currently delivers no pictures"):
        device(plain).stream("/other")


def test_a_certificate_nobody_signed_is_refused_with_its_fingerprint(secure, certificate):
    with pytest.raises(CameraError, match=certificate.fingerprint.replace(":", "").lower()):
        device(secure, scheme="https").request("/")
    assert secure.requests == []


def test_a_certificate_that_is_named_is_trusted(secure, certificate):
    trusting = device(secure, f",fingerprint={certificate.fingerprint}", "https")
    assert trusting.get_json("/") == {}
    stream = trusting.stream("/video")
    assert b"image/jpeg" in stream.receive()
    stream.interrupt()
    with pytest.raises(CameraDisconnected):
        exhaust(stream)
    stream.close()


def test_another_certificate_than_the_named_one_gets_no_request(secure):
    with pytest.raises(CameraError, match="another certificate"):
        device(secure, f",fingerprint={'ab' * 32}", "https").request("/")
    assert secure.requests == []


def test_plain_http_where_https_is_spoken(secure):
    with pytest.raises(CameraError):
        device(secure).request("/")


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nX-Slow:",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1",
        b"HTTP/1.1 200 OK\r\n\r\n{",
    ],
)
def test_the_whole_answer_has_a_deadline_not_each_byte_of_it(answer):
    with dripping(answer) as port:
        url = parse_device_url(f"http://127.0.0.1:{port}", "ipwebcam", 8080)
        with pytest.raises(CameraDisconnected, match="does not answer"):
            HttpDevice(url, "The phone", timeout_s=0.3).request("/")


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nX-Slow:"])
def test_so_has_the_head_of_a_stream(answer):
    with dripping(answer) as port:
        url = parse_device_url(f"http://127.0.0.1:{port}", "ipwebcam", 8080)
        with pytest.raises(CameraDisconnected, match="does not answer"):
            HttpDevice(url, "The phone", timeout_s=0.3).stream("/video")


@pytest.mark.parametrize("options", ["", ",fingerprint=" + "0" * 64])
def test_so_has_the_agreement_on_encryption(options):
    with dripping(b"\x16\x03\x03\x40\x00") as port:
        url = parse_device_url(f"https://127.0.0.1:{port}{options}", "ipwebcam", 8080, ("fingerprint",))
        with pytest.raises(CameraDisconnected, match="does not answer"):
            HttpDevice(url, "The phone", timeout_s=0.3).request("/")
