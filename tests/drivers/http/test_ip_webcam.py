import json
import logging
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import pytest

from autoexposure.errors import (
    CameraBusy,
    CameraDisconnected,
    CameraError,
    CameraNotFound,
    ConfigError,
    FrameTimeout,
    UnsupportedControl,
)
from autoexposure.exposure import Exposure
from drivers.http.device import HttpDevice
from drivers.http.ip_webcam import OPTIONS, IpWebcamCamera, open_ip_webcam
from drivers.http.url import parse_device_url
from tests.drivers.http.fake_http import jpeg
from tests.drivers.http.fake_ip_webcam import FakeIpWebcam
from tests.drivers.patience import PATIENT, QUICK, TIMEOUT_S


@pytest.fixture(autouse=True)
def _patient(monkeypatch):
    monkeypatch.setattr("drivers.http.phone_app.HttpDevice", partial(HttpDevice, timeout_s=TIMEOUT_S))


@pytest.fixture
def phone():
    with FakeIpWebcam().running() as fake:
        yield fake


@pytest.fixture
def open_phone(phone):
    opened = []

    def open_it(login="", options="", patience_s=TIMEOUT_S, read_back=PATIENT):
        url = parse_device_url(f"http://{login}127.0.0.1:{phone.port}{options}", "ipwebcam", 8080, OPTIONS)
        opened.append(IpWebcamCamera(url, read_back=read_back, patience_s=patience_s))
        return opened[-1]

    yield open_it
    for camera in opened:
        camera.close()


@dataclass(eq=False)
class near:
    """Equal to an Exposure of these numbers, rounding aside."""

    time_s: float
    gain: float

    def __eq__(self, other):
        return (other.time_s, other.gain) == pytest.approx((self.time_s, self.gain))


def read_until(camera, condition):
    """The first frame after which ``condition`` holds; as many as it takes, within reason."""
    for _ in range(500):
        frame = camera.read(TIMEOUT_S)
        if condition(frame):
            return frame
    raise AssertionError("it never came to that")


def test_capabilities_are_what_the_app_says(open_phone):
    capabilities = open_phone().capabilities
    assert capabilities.time_s.minimum == pytest.approx(9.384e-6)
    assert capabilities.time_s.maximum == pytest.approx(15.062)
    assert (capabilities.gain.minimum, capabilities.gain.maximum) == (1.0, 64.0)
    assert capabilities.base_iso == 50
    assert capabilities.native_auto


def test_opening_writes_nothing(phone, open_phone):
    open_phone().read(TIMEOUT_S)
    assert phone.changes() == []


def test_exposure_is_written_and_read_back(phone, open_phone):
    camera = open_phone()
    camera.take_control()
    really = camera.set_exposure(Exposure(0.01, 4.0))
    assert really == near(0.01, 4.0)
    assert phone.values["manual_sensor"] == "on"
    assert (phone.values["exposure_ns"], phone.values["iso"]) == ("10000000", "200")
    assert camera.exposure == really


def test_only_what_changes_is_written(phone, open_phone):
    camera = open_phone()
    camera.take_control()
    camera.set_exposure(Exposure(0.01, 4.0))
    phone.requests.clear()
    camera.set_exposure(Exposure(0.02, 4.0))
    assert phone.changes() == ["exposure_ns?set=20000000"]


def test_a_value_that_shows_late_is_waited_for(phone, open_phone):
    phone.late_reads = 3
    camera = open_phone()
    camera.take_control()
    assert camera.set_exposure(Exposure(0.01, 4.0)) == near(0.01, 4.0)


def test_ok_is_not_applied(phone, open_phone):
    camera = open_phone(read_back=QUICK)
    camera.take_control()
    camera.set_exposure(Exposure(0.01, 4.0))
    phone.deaf = {"exposure_ns"}
    assert camera.set_exposure(Exposure(0.02, 8.0)) == near(0.01, 8.0)


def test_what_the_phone_makes_of_a_value_is_returned(phone, open_phone):
    phone.snap_ns = 7_000_000
    camera = open_phone()
    camera.take_control()
    assert camera.set_exposure(Exposure(0.01, 4.0)).time_s == pytest.approx(0.007)


def test_manual_control_that_is_ignored_is_said_in_words(phone, open_phone):
    phone.deaf = {"manual_sensor"}
    with pytest.raises(UnsupportedControl, match="said Ok but its automatic exposure stays on"):
        open_phone(read_back=QUICK).take_control()


def test_the_frame_gets_longer_before_the_exposure_does(phone, open_phone):
    camera = open_phone()
    camera.take_control()
    phone.requests.clear()
    camera.set_exposure(Exposure(0.1))
    assert phone.changes()[0] == "frame_duration?set=100000000"
    camera.set_exposure(Exposure(0.001))
    assert phone.values["frame_duration"] == "33333333"


@pytest.mark.parametrize("manual", ["on", "off"])
def test_everything_is_put_back(phone, open_phone, manual):
    phone.values |= {"manual_sensor": manual, "iso": "400", "exposure_ns": "5000000", "antibanding": "60hz"}
    original = dict(phone.values)
    camera = open_phone(options=",antibanding=50hz")
    settings = camera.settings()
    camera.take_control()
    camera.set_exposure(Exposure(0.1, 2.0))
    assert phone.values["antibanding"] == "50hz"
    camera.restore(settings)
    if manual == "off":  # the app hides what it keeps for manual control, so that can't be noted
        original |= {name: phone.values[name] for name in ("iso", "exposure_ns")}
    assert phone.values == original


def test_settings_survive_a_journal(open_phone):
    settings = open_phone().settings()
    assert settings
    assert json.loads(json.dumps(dict(settings))) == settings


def test_putting_back_that_is_ignored_is_an_error(phone, open_phone):
    camera = open_phone(read_back=QUICK)
    settings = camera.settings()
    camera.take_control()
    phone.deaf = {"manual_sensor"}
    with pytest.raises(CameraError, match="did not put manual_sensor back to off"):
        camera.restore(settings)


def test_settings_are_written_again_after_the_app_restarted(phone, open_phone):
    camera = open_phone()
    camera.take_control()
    really = camera.set_exposure(Exposure(0.01, 4.0))
    camera.read(TIMEOUT_S)
    phone.stop()
    phone.forget()
    phone.start()
    read_until(camera, lambda _: phone.values["manual_sensor"] == "on" and phone.values["iso"] == "200")
    assert camera.exposure == really


def test_a_restart_leaves_a_phone_alone_that_is_not_under_control(phone, open_phone):
    camera = open_phone()
    before = camera.read(TIMEOUT_S).sequence
    phone.drop_viewers()
    read_until(camera, lambda frame: len(phone.viewers) == 1 and frame.sequence > before + 3)
    assert phone.changes() == []


def test_settings_are_written_again_when_lost_without_a_dropped_stream(phone, open_phone):
    camera = open_phone()
    camera.take_control()
    camera.set_exposure(Exposure(0.01, 4.0))
    phone.forget()
    assert camera.set_exposure(Exposure(0.02, 4.0)) == near(0.02, 4.0)
    assert phone.values["manual_sensor"] == "on"


def test_a_dropped_stream_goes_on(phone, open_phone):
    camera = open_phone()
    before = camera.read(TIMEOUT_S)
    for _ in range(3):
        phone.drop_viewers()
        after = camera.read(TIMEOUT_S)
        assert after.sequence > before.sequence
        before = after


def test_an_app_that_is_gone_is_a_disconnected_camera(phone, open_phone):
    camera = open_phone(patience_s=0.02)
    camera.take_control()
    camera.read(TIMEOUT_S)
    phone.stop()
    with pytest.raises(CameraDisconnected, match="is the app running there"):
        read_until(camera, lambda _: False)
    with pytest.raises(CameraDisconnected):
        camera.set_exposure(Exposure(0.01))


def test_garbage_pictures_are_passed_over(phone, open_phone):
    phone.pictures = [b"garbage", jpeg(80)[:100], b"\xff\xd8\xff\xd9", *[jpeg(200)] * 400]
    camera = open_phone()
    assert camera.read(TIMEOUT_S).pixels.mean() == pytest.approx(200, abs=3)


def test_nothing_but_damaged_pictures_is_a_timeout_that_says_so(phone, open_phone):
    phone.pictures = [jpeg(80)[:-100]] * 4000
    with pytest.raises(FrameTimeout, match=r"only damaged pictures .*: bring it nearer"):
        open_phone().read(0.05)


def test_nothing_but_garbage_is_an_error_and_no_timeout(phone, open_phone):
    phone.pictures = [b"garbage"] * 4000
    camera = open_phone()

    def read_on() -> None:
        for _ in range(100):
            with suppress(FrameTimeout):
                camera.read(0.05)

    with pytest.raises(CameraError, match=r"can't be decoded .*: choose Motion JPEG"):
        read_on()


def test_parts_without_a_length_are_found(phone, open_phone):
    phone.lengths = False
    assert open_phone().read(TIMEOUT_S).pixels.mean() == pytest.approx(100, abs=3)


def test_a_timestamp_is_on_the_monotonic_clock(open_phone):
    frame = open_phone().read(TIMEOUT_S)
    assert 0 <= time.monotonic() - frame.timestamp_s < TIMEOUT_S


def test_exposure_compensation_where_there_is_no_manual_control(phone, open_phone):
    phone.without_manual()
    phone.values["exposure_lock"] = "on"
    camera = open_phone()
    settings = camera.settings()
    assert camera.capabilities.time_s is None
    assert camera.capabilities.gain.maximum == pytest.approx(8.0)
    assert "steps of 0.25 EV" in camera.capabilities.note
    camera.take_control()
    assert phone.values["exposure_lock"] == "off"
    really = camera.set_exposure(Exposure(camera.frame_interval_s, 2.0))
    assert phone.values["exposure"] == "4"
    assert really.gain == pytest.approx(2.0)
    camera.restore(settings)
    assert (phone.values["exposure"], phone.values["exposure_lock"]) == ("0", "on")


def test_the_worth_of_compensation_can_be_named(phone, open_phone):
    phone.without_manual()
    assert open_phone(options=",compensation_ev=2").capabilities.gain.maximum == pytest.approx(4.0)
    with pytest.raises(ConfigError, match="compensation_ev=2"):
        open_phone(options=",compensation_ev=much")


def test_a_phone_without_any_control_says_so_and_delivers(phone, open_phone):
    phone.without_manual()
    del phone.available["exposure"]
    camera = open_phone()
    assert not camera.capabilities.controls_exposure
    assert camera.settings() == {}
    with pytest.raises(UnsupportedControl, match="lets nothing be set"):
        camera.take_control()
    camera.read(TIMEOUT_S)


def test_an_antibanding_mode_that_does_not_exist(open_phone):
    with pytest.raises(ConfigError, match="off, 50hz, 60hz, auto"):
        open_phone(options=",antibanding=70hz")


def test_the_right_login_opens(phone, open_phone):
    phone.login = ("user", "p@ss,w:rd")
    camera = open_phone(login="user:p@ss,w:rd@")
    camera.take_control()
    camera.read(TIMEOUT_S)


@pytest.mark.parametrize("login", ["", "user:wrong@"])
def test_a_wrong_login_is_refused_in_words(phone, open_phone, login):
    phone.login = ("user", "right")
    with pytest.raises(CameraBusy, match="user name and password"):
        open_phone(login=login)


def test_a_login_from_netrc(phone, tmp_path, monkeypatch, open_phone):
    file = tmp_path / ".netrc"
    file.write_text("machine 127.0.0.1 login user password right\n")
    file.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    phone.login = ("user", "right")
    open_phone().read(TIMEOUT_S)


def test_the_password_appears_nowhere(phone, open_phone, caplog):
    caplog.set_level(logging.DEBUG)
    phone.login = ("user", "SeCrEt")
    camera = open_phone(login="user:SeCrEt@", patience_s=0.02)
    camera.take_control()
    seen = [repr(camera.info), repr(camera.capabilities), repr(camera._controls._http.url)]
    phone.drop_viewers()
    read_until(camera, lambda _: len(phone.viewers) == 1)
    phone.login = ("user", "changed")
    with pytest.raises(CameraBusy) as refused:
        camera.set_exposure(Exposure(0.01))
    phone.stop()
    with pytest.raises(CameraError) as gone:
        read_until(camera, lambda _: False)
    for error in (refused.value, gone.value):
        while error is not None:
            seen.append(repr(error))
            error = error.__cause__ or error.__context__
    with pytest.raises(ConfigError) as malformed:
        open_ip_webcam("ftp://user:SeCrEt@127.0.0.1")
    seen += [str(malformed.value), caplog.text]
    assert "SeCrEt" not in "".join(seen)


def test_nobody_there(phone):
    phone.stop()
    with pytest.raises(CameraNotFound, match="is the app running there"):
        open_ip_webcam(f"127.0.0.1:{phone.port}")


def test_another_app(phone, open_phone):
    phone.values.clear()
    phone._shown.clear()
    with pytest.raises(CameraError, match="does not answer as the app does"):
        open_phone()


def test_native_automatic_on_and_off(phone, open_phone):
    camera = open_phone()
    camera.take_control()
    camera.set_native_auto(True)
    assert phone.values["manual_sensor"] == "off"
    assert camera.exposure is None
    camera.set_native_auto(False)
    assert phone.values["manual_sensor"] == "on"
    assert camera.exposure is not None


def test_closing_does_not_wait_for_a_stalled_stream(phone, open_phone, caplog):
    def stalled():
        yield jpeg(100)
        phone.dropped.wait(60)

    phone._pictures = stalled
    camera = open_phone()
    camera.read(TIMEOUT_S)
    camera.close()
    assert "does not end" not in caplog.text, "the thread was woken, long before its socket's own timeout"
    with pytest.raises(CameraError, match="has been closed"):
        camera.read(0)
