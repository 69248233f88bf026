from functools import partial

import pytest

from autoexposure.errors import (
    CameraBusy,
    CameraDisconnected,
    CameraError,
    CameraNotFound,
    ConfigError,
    UnsupportedControl,
)
from autoexposure.exposure import Exposure
from drivers.http.device import HttpDevice
from drivers.http.droidcam import OPTIONS, DroidcamCamera, open_droidcam
from drivers.http.url import parse_device_url
from tests.drivers.http.fake_droidcam import FakeDroidcam
from tests.drivers.patience import PATIENT, QUICK, TIMEOUT_S


@pytest.fixture(autouse=True)
def _patient(monkeypatch):
    monkeypatch.setattr("drivers.http.phone_app.HttpDevice", partial(HttpDevice, timeout_s=TIMEOUT_S))


@pytest.fixture
def phone():
    with FakeDroidcam().running() as fake:
        yield fake


@pytest.fixture
def open_phone(phone):
    opened = []

    def open_it(options="", patience_s=TIMEOUT_S, read_back=QUICK):
        url = parse_device_url(f"127.0.0.1:{phone.port}{options}", "droidcam", 4747, OPTIONS)
        opened.append(DroidcamCamera(url, read_back=read_back, patience_s=patience_s))
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


def test_compensation_is_what_is_driven(phone, open_phone):
    camera = open_phone()
    assert camera.capabilities.time_s is None
    assert camera.capabilities.gain.maximum == pytest.approx(8.0)
    assert "experimental" in camera.capabilities.note
    camera.take_control()
    really = camera.set_exposure(Exposure(camera.frame_interval_s, 2.0))
    assert phone.info["evValue"] == 7
    assert really.gain == pytest.approx(2 ** (7 * 0.15))
    assert camera.exposure == really


def test_the_phone_is_called_by_its_name(open_phone):
    info = open_phone().info
    assert "Pixel 9" in info.name
    assert "experimental" in info.detail


def test_opening_presses_nothing(phone, open_phone):
    open_phone().read(TIMEOUT_S)
    assert phone.presses() == []


@pytest.mark.parametrize("locked", [0, 1])
def test_the_lock_is_read_before_it_is_pressed(phone, open_phone, locked):
    phone.info["exposure_lock"] = locked
    camera = open_phone()
    settings = camera.settings()
    camera.take_control()
    assert phone.info["exposure_lock"] == 0
    assert phone.presses().count("/v1/camera/el_toggle") == locked
    camera.set_exposure(Exposure(0.01, 4.0))
    camera.restore(settings)
    assert phone.info["exposure_lock"] == locked
    assert phone.info["evValue"] == 0


def test_a_value_that_shows_late_is_waited_for(phone, open_phone):
    phone.late_reads = 3
    camera = open_phone(read_back=PATIENT)
    camera.take_control()
    assert camera.set_exposure(Exposure(0.01, 8.0)).gain == pytest.approx(8.0)


def test_ok_is_not_applied(phone, open_phone):
    camera = open_phone()
    settings = camera.settings()
    camera.take_control()
    camera.set_exposure(Exposure(0.01, 8.0))
    phone.deaf = {"ev"}
    assert camera.set_exposure(Exposure(0.01, 1.0)).gain == pytest.approx(8.0)
    with pytest.raises(CameraError, match="did not put its exposure back"):
        camera.restore(settings)


def test_the_free_app_says_that_it_is_not_enough(phone, open_phone):
    phone.pro = False
    camera = open_phone()
    with pytest.raises(UnsupportedControl, match="DroidCam Pro only"):
        camera.take_control()
    camera.read(TIMEOUT_S)


def test_shutter_and_iso_on_request(phone, open_phone):
    camera = open_phone(",shutter=ns")
    assert camera.capabilities.time_s.maximum == pytest.approx(0.1)
    settings = camera.settings()
    camera.take_control()
    assert not phone.automatic
    assert camera.set_exposure(Exposure(0.005, 4.0)) == Exposure(5_000_000 * 1e-9, 4.0)
    assert (phone.info["ssValue"], phone.info["isoValue"]) == (5_000_000, 200)
    camera.restore(settings)
    assert phone.automatic
    assert (phone.info["ssValue"], phone.info["isoValue"]) == (20_000_000, 100)


def test_a_phone_that_is_manual_already_is_not_toggled(phone, open_phone):
    phone.automatic = False
    camera = open_phone(",shutter=ns")
    settings = camera.settings()
    camera.take_control()
    camera.restore(settings)
    assert not any("ae_toggle" in path for path in phone.presses())
    assert not phone.automatic


def test_a_shutter_that_is_never_obeyed_leaves_the_toggle_as_it_was(phone, open_phone):
    phone.deaf = {"ss"}
    with pytest.raises(UnsupportedControl, match="does not use it"):
        open_phone(",shutter=ns").take_control()
    assert phone.automatic


def test_native_automatic(phone, open_phone):
    camera = open_phone(",shutter=ns")
    camera.set_native_auto(True)
    assert phone.automatic
    assert camera.exposure is None
    camera.set_native_auto(False)
    assert not phone.automatic
    with pytest.raises(UnsupportedControl):
        open_phone().set_native_auto(True)


@pytest.mark.parametrize("options", ["", ",shutter=ns"])
def test_settings_are_written_again_after_the_app_restarted(phone, open_phone, options):
    camera = open_phone(options)
    camera.take_control()
    really = camera.set_exposure(Exposure(0.005, 4.0))
    kept = dict(phone.info)
    camera.read(TIMEOUT_S)
    phone.stop()
    phone.info |= {"evValue": 0, "ssValue": 20_000_000, "isoValue": 100}
    phone.automatic = True
    phone.start()
    read_until(camera, lambda: phone.info == kept)
    assert camera.exposure == really


def test_a_dropped_stream_goes_on(phone, open_phone):
    camera = open_phone()
    before = camera.read(TIMEOUT_S)
    for _ in range(3):
        phone.drop_viewers()
        after = camera.read(TIMEOUT_S)
        assert after.sequence > before.sequence
        before = after


def test_a_stream_that_somebody_else_watches(phone, open_phone):
    phone.busy = True
    with pytest.raises(CameraBusy, match="close other programs"):
        open_phone().read(TIMEOUT_S)


def test_an_app_that_is_gone_is_a_disconnected_camera(phone, open_phone):
    camera = open_phone(patience_s=0.02)
    camera.read(TIMEOUT_S)
    phone.stop()
    with pytest.raises(CameraDisconnected):
        read_until(camera, lambda: False)


def test_nobody_there(phone):
    phone.stop()
    with pytest.raises(CameraNotFound):
        open_droidcam(f"127.0.0.1:{phone.port}")


def test_another_app(phone, open_phone):
    phone.info.clear()
    phone._shown.clear()
    with pytest.raises(CameraError, match="does not answer as the app does"):
        open_phone()


def test_an_unknown_unit_of_time(open_phone):
    with pytest.raises(ConfigError, match="ns, us, ms"):
        open_phone(",shutter=fortnights")
