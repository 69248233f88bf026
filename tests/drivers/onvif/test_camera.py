import gzip
import logging
import threading
from contextlib import suppress

import pytest

pytest.importorskip("onvif", reason="needs the extra autoexposure[onvif]")

from autoexposure.errors import (
    CameraBusy,
    CameraDisconnected,
    CameraError,
    CameraNotFound,
    ConfigError,
    UnsupportedControl,
)
from autoexposure.exposure import Exposure
from drivers.http.url import parse_device_url
from drivers.onvif import questions as onvif_questions
from drivers.onvif import service as onvif_service
from drivers.onvif.camera import OnvifCamera, open_onvif
from tests.drivers.http.dripping import dripping
from tests.drivers.onvif.fake_onvif import FakeOnvif
from tests.drivers.patience import PATIENT, QUICK, TIMEOUT_S


@pytest.fixture
def open_network(network):
    opened = []

    def open_it(login="", patience_s=TIMEOUT_S, read_back=QUICK):
        url = parse_device_url(f"{login}127.0.0.1:{network.port}", "onvif", 80)
        opened.append(OnvifCamera(url, read_back=read_back, patience_s=patience_s))
        return opened[-1]

    yield open_it
    for camera in opened:
        camera.close()


def read_until(camera, condition):
    for _ in range(500):
        camera.read(TIMEOUT_S)
        if condition():
            return
    raise AssertionError("it never came to that")


def test_what_the_camera_is(open_network):
    camera = open_network()
    assert camera.info.name == "Acme Eye 4"
    assert camera.info.stable_id == "onvif:SN123"
    assert camera.frame_interval_s == pytest.approx(1 / 200)


def test_capabilities_in_seconds_and_linear_gain(open_network):
    capabilities = open_network().capabilities
    assert (capabilities.time_s.minimum, capabilities.time_s.maximum) == pytest.approx((1e-5, 0.04))
    assert (capabilities.gain.minimum, capabilities.gain.maximum) == pytest.approx((1.0, 10 ** (36 / 20)))
    assert capabilities.native_auto
    assert capabilities.note == ""


def test_pictures_come_through_opencv(open_network):
    pixels = open_network().read(TIMEOUT_S).pixels
    assert pixels.shape == (24, 32, 3)
    assert pixels.mean() == pytest.approx(100, abs=5)


def test_exposure_is_written_in_microseconds_and_decibels(network, open_network):
    camera = open_network()
    assert camera.exposure is None
    camera.take_control()
    really = camera.set_exposure(Exposure(0.005, 2.0))
    assert network.exposure["Mode"] == "MANUAL"
    assert network.exposure["ExposureTime"] == pytest.approx(5000)
    assert network.exposure["Gain"] == pytest.approx(6.0206, abs=1e-4)
    assert (really.time_s, really.gain) == pytest.approx((0.005, 2.0))
    assert camera.exposure == really
    assert network.exposure["Priority"] == "FrameRate", "what is not ours stays"


def test_opening_writes_nothing(network, open_network):
    open_network().read(TIMEOUT_S)
    assert "SetImagingSettings" not in network.operations()


@pytest.mark.parametrize("mode", ["AUTO", "MANUAL"])
def test_everything_is_put_back(network, open_network, mode):
    network.exposure["Mode"] = mode
    original = dict(network.exposure)
    camera = open_network()
    settings = camera.settings()
    camera.take_control()
    camera.set_exposure(Exposure(0.001, 8.0))
    assert network.exposure != original
    camera.restore(settings)
    assert network.exposure == original


def test_a_camera_that_says_ok_and_stays_automatic(network, open_network):
    network.stubborn = True
    camera = open_network()
    with pytest.raises(UnsupportedControl, match="answers OK but stays automatic"):
        camera.take_control()
    camera.read(TIMEOUT_S)


def test_a_camera_that_goes_back_to_automatic(network, open_network):
    camera = open_network()
    camera.take_control()
    network.exposure["Mode"] = "AUTO"
    network.stubborn = True
    with pytest.raises(UnsupportedControl, match="went back to automatic"):
        camera.set_exposure(Exposure(0.001))


def test_ok_is_not_applied(network, open_network):
    camera = open_network()
    settings = camera.settings()
    camera.take_control()
    camera.set_exposure(Exposure(0.005))
    network.deaf = True
    assert camera.set_exposure(Exposure(0.01)).time_s == pytest.approx(0.005)
    with pytest.raises(CameraError, match="did not put its exposure mode back"):
        camera.restore(settings)


def test_a_value_that_shows_late_is_waited_for(network, open_network):
    camera = open_network(read_back=PATIENT)
    camera.take_control()
    network.late_reads = 2
    assert camera.set_exposure(Exposure(0.002)).time_s == pytest.approx(0.002)


def test_a_dropped_stream_goes_on(network, open_network):
    camera = open_network()
    camera.read(TIMEOUT_S)
    network.drop_viewers()
    read_until(camera, lambda: camera._pictures.connection > 1)
    assert "SetImagingSettings" not in network.operations()


def test_exposure_is_written_again_after_the_camera_started_anew(network, open_network):
    camera = open_network()
    camera.take_control()
    camera.set_exposure(Exposure(0.002, 4.0))
    kept = dict(network.exposure)
    camera.read(TIMEOUT_S)
    network.stop()
    network.exposure |= {"Mode": "AUTO", "ExposureTime": 10000.0, "Gain": 0.0}
    network.start()
    read_until(camera, lambda: network.exposure == kept)


def test_native_automatic(network, open_network):
    camera = open_network()
    camera.take_control()
    camera.set_native_auto(True)
    assert network.exposure["Mode"] == "AUTO"
    camera.set_native_auto(False)
    assert network.exposure["Mode"] == "MANUAL"


def test_only_time_or_only_gain(network, open_network):
    del network.options["Gain"]
    camera = open_network()
    assert camera.capabilities.gain is None
    assert camera.capabilities.note.endswith("not the gain.")
    camera.take_control()
    really = camera.set_exposure(Exposure(0.002, 8.0))
    assert (really.time_s, really.gain) == (pytest.approx(0.002), 1.0)
    network.options = {"Gain": (0.0, 24.0)}
    camera = open_network()
    assert camera.capabilities.time_s is None
    camera.take_control()
    assert camera.set_exposure(Exposure(0.002, 4.0)).gain == pytest.approx(4.0, rel=1e-3)


@pytest.mark.parametrize("lack", ["no manual mode", "no imaging service"])
def test_a_camera_without_manual_exposure(network, open_network, lack):
    if lack == "no manual mode":
        network.modes = ["AUTO"]
    else:
        network.imaging = False
    camera = open_network()
    assert not camera.capabilities.controls_exposure
    assert camera.settings() == {}
    with pytest.raises(UnsupportedControl, match="no manual exposure over ONVIF"):
        camera.take_control()
    camera.read(TIMEOUT_S)


def test_the_right_login(network, open_network):
    network.user = ("admin", "p@ss")
    open_network("admin:p@ss@").take_control()


@pytest.mark.parametrize("login", ["", "admin:wrong@"])
def test_a_wrong_login_is_refused_in_words(network, open_network, login):
    network.user = ("admin", "right")
    with pytest.raises(CameraBusy, match="user name and password"):
        open_network(login)


def test_the_password_appears_nowhere(network, open_network, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    network.user = ("admin", "SeCrEt")
    camera = open_network("admin:SeCrEt@", patience_s=0.02)
    camera.take_control()
    camera.read(TIMEOUT_S)
    network.user = ("admin", "changed")
    with pytest.raises(CameraBusy) as refused:
        camera.set_exposure(Exposure(0.01))
    network.stop()
    with pytest.raises(CameraError) as gone:
        read_until(camera, lambda: False)
    seen = [repr(camera.info), caplog.text, *capfd.readouterr()]
    for error in (refused.value, gone.value):
        while error is not None:
            seen.append(repr(error))
            error = error.__cause__ or error.__context__
    assert "SeCrEt" not in "".join(seen)


def test_a_camera_that_is_gone(network, open_network):
    camera = open_network(patience_s=0.02)
    camera.take_control()
    camera.read(TIMEOUT_S)
    network.stop()
    with pytest.raises(CameraDisconnected):
        camera.set_exposure(Exposure(0.01))
    with pytest.raises(CameraDisconnected):
        read_until(camera, lambda: False)


def test_nobody_there(network):
    network.stop()
    with pytest.raises(CameraNotFound, match="can't be reached"):
        open_onvif(f"127.0.0.1:{network.port}")


def test_a_camera_that_does_not_answer(network, monkeypatch):
    monkeypatch.setattr(onvif_questions, "ANSWER_S", 0.1)
    answering = threading.Event()
    network.answer = lambda handler, *_: answering.wait(TIMEOUT_S)
    try:
        with pytest.raises(CameraNotFound, match="does not answer"):
            open_onvif(f"127.0.0.1:{network.port}")
    finally:
        answering.set()


@pytest.mark.parametrize("address", ["file:///etc/passwd", "/dev/video0", "concat:a|b", ""])
def test_a_camera_that_sends_us_to_our_own_files(network, open_network, address):
    network.stream_uri = address
    with pytest.raises(CameraError, match="no address of its pictures"):
        open_network()


def test_a_small_answer_that_unpacks_to_gigabytes_is_not_unpacked(network, open_network):
    piece = gzip.compress(b" " * (8 << 20))  # what is packed may be many packed pieces one after the other

    def answer(handler, *_):
        handler.send_response(200)
        handler.send_header("Content-Type", "application/soap+xml")
        handler.send_header("Content-Encoding", "gzip")
        handler.end_headers()
        with suppress(OSError):
            for _ in range(400):  # three gigabytes in all
                handler.wfile.write(piece)

    network.answer = answer
    with pytest.raises(CameraError, match="more than 1 MB"):
        open_network()


def test_an_answer_without_end_is_given_up(network, open_network):
    def answer(handler, *_):
        handler.send_response(200)
        handler.send_header("Content-Type", "application/soap+xml")
        handler.end_headers()
        with suppress(OSError):
            while True:
                handler.wfile.write(b"<" * 10_000)

    network.answer = answer
    with pytest.raises(CameraError, match="more than 1 MB"):
        open_network()


def test_something_that_speaks_no_onvif(network, open_network):
    network.answer = lambda handler, *_: handler.reply(200, "text/html", b"<html>hello</html>")
    with pytest.raises(CameraError, match="ONVIF"):
        open_network()


def test_without_the_library(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "onvif", None)
    with pytest.raises(CameraNotFound, match=r"pip install 'autoexposure\[onvif\]'"):
        open_onvif("127.0.0.1")


def test_the_library_may_not_take_over_the_programs_log():
    handlers = logging.getLogger().handlers[:]
    onvif_service._import_library()
    assert logging.getLogger().handlers == handlers


def test_a_malformed_address_is_refused():
    with pytest.raises(ConfigError, match="named like onvif:"):
        open_onvif("admin:pw@")


@pytest.fixture
def thief():
    """Another host: what comes here was sent to where no login belongs."""
    with FakeOnvif().running() as fake:
        yield fake


def elsewhere(fake, path):
    """The address of ``fake``, under another name of this computer."""
    return f"http://localhost:{fake.port}{path}"


def test_services_and_pictures_on_another_host_are_looked_for_on_the_own_one(network, open_network, thief):
    network.user = ("admin", "SeCrEt")
    network.service_address = elsewhere(thief, "/onvif/service")
    network.stream_uri = f"http://localhost:{network.port}/video"
    camera = open_network("admin:SeCrEt@")
    camera.take_control()
    camera.read(TIMEOUT_S)
    assert thief.requests == []
    assert "SetImagingSettings" in network.operations()


def test_services_that_moved_are_not_followed(network, open_network, thief):
    network.user = ("admin", "SeCrEt")
    network.moved_to = f"http://127.0.0.1:{thief.port}/onvif/service"
    with pytest.raises(CameraError, match="sends us to another address, which is not followed"):
        open_network("admin:SeCrEt@")
    assert thief.requests == []


def test_pictures_that_moved_are_not_followed(network, open_network, thief):
    network.user = ("admin", "SeCrEt")
    network.stream_moved_to = f"http://127.0.0.1:{thief.port}/video"
    with pytest.raises(CameraError, match="sends us to another address, which is not followed"):
        open_network("admin:SeCrEt@")
    assert thief.requests == []


def test_pictures_never_get_the_password_in_clear(network, open_network):
    network.user = ("admin", "SeCrEt")
    network.stream_login = "Basic"
    with pytest.raises(CameraBusy, match="in clear text"):
        open_network("admin:SeCrEt@")
    assert network.logins_shown == []


def test_pictures_that_ask_for_a_digest_get_one(network, open_network):
    network.user = ("admin", "SeCrEt")
    network.stream_login = "Digest"
    assert open_network("admin:SeCrEt@").read(TIMEOUT_S).pixels.shape == (24, 32, 3)
    assert network.logins_shown
    assert all(shown.startswith("Digest ") for shown in network.logins_shown)


def test_an_answer_that_drips_is_given_up(monkeypatch):
    monkeypatch.setattr(onvif_questions, "ANSWER_S", 0.3)
    with (
        dripping(b"HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\nContent-Length: 9999\r\n\r\n<") as port,
        pytest.raises(CameraNotFound, match="does not answer"),
    ):
        open_onvif(f"127.0.0.1:{port}")
