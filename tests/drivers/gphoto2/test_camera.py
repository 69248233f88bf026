import importlib
import sys
import threading
from pathlib import Path

import pytest

from autoexposure.errors import CameraBusy, CameraDisconnected, CameraError, CameraNotFound, UnsupportedControl
from autoexposure.exposure import Exposure
from drivers.gphoto2.camera import Gphoto2Camera, open_gphoto2
from drivers.gphoto2.choices import Choices, iso_number, shutter_seconds
from tests.drivers.gphoto2.fake_gphoto2 import FakeStill

TIMEOUT_S = 5.0


@pytest.fixture
def still():
    return FakeStill()


@pytest.fixture
def open_still(still):
    opened = []

    def open_it(port="", write_s=TIMEOUT_S):
        opened.append(Gphoto2Camera(port, library=still, write_s=write_s))
        return opened[-1]

    yield open_it
    still.write_gate.set()
    for camera in opened:
        camera.close()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1/125", 1 / 125),
        ("0.0100s", 0.01),
        ("1.3", 1.3),
        ("0,4", 0.4),
        ("13/10", 1.3),
        ('30"', 30.0),
        ("1/2.5", 0.4),
        ("1 sec", 1.0),
        ("bulb", None),
        ("Time", None),
        ("Auto", None),
        ("0", None),
        ("1/0", None),
        ("", None),
        ("x200", None),
    ],
)
def test_shutter_speeds_as_cameras_write_them(text, seconds):
    assert shutter_seconds(text) == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("100", 100),
        ("ISO 200", 200),
        ("Auto", None),
        ("100 Multi Frame Noise Reduction", None),
        ("Lo 1", None),
        ("0", None),
    ],
)
def test_isos_as_cameras_write_them(text, number):
    assert iso_number(text) == number


def test_choices_are_sorted_and_each_number_stands_once():
    choices = Choices.times(["1.0000s", "0.0002s", "0.0100s", "0.0002s", "Bulb"])
    assert choices.range().values == (0.0002, 0.01, 1.0)
    assert choices.nearest(0.02) == "0.0100s"
    assert choices.others == ("Bulb",)
    assert Choices.times(["auto"]).range() is None


def test_capabilities_are_the_choices(open_still):
    capabilities = open_still().capabilities
    assert capabilities.time_s.values[0] == pytest.approx(0.001)
    assert capabilities.time_s.maximum == 30
    assert capabilities.gain.values == (1, 2, 4, 8, 16, 32, 64)
    assert capabilities.base_iso == 100
    assert capabilities.native_auto


def test_opening_writes_nothing(still, open_still):
    open_still().read(TIMEOUT_S)
    assert still.writes == []


def test_the_nearest_choices_are_written_and_read_back(still, open_still):
    camera = open_still()
    assert camera.exposure is None
    camera.take_control()
    assert camera.set_exposure(Exposure(0.0085, 3.9)) == Exposure(1 / 125, 4.0)
    assert (still.values["shutterspeed"], still.values["iso"]) == ("1/125", "400")
    assert camera.exposure == Exposure(1 / 125, 4.0)


def test_only_what_changes_is_written(still, open_still):
    camera = open_still()
    camera.take_control()
    camera.set_exposure(Exposure(1 / 125, 4.0))
    still.writes.clear()
    camera.set_exposure(Exposure(1 / 250, 4.0))
    assert still.writes == [("shutterspeed", "1/250")]


def test_a_refused_value_is_not_taken_for_set(still, open_still):
    camera = open_still()
    camera.take_control()
    camera.set_exposure(Exposure(1 / 125, 4.0))
    still.ignored = {"shutterspeed"}
    assert camera.set_exposure(Exposure(1 / 500, 8.0)) == Exposure(1 / 125, 8.0)


@pytest.mark.parametrize(("mode", "iso"), [("P", "Auto"), ("AV", "400"), ("Manual", "200")])
def test_everything_is_put_back(still, open_still, mode, iso):
    still.values |= {"autoexposuremode": mode, "iso": iso, "autoiso": "On"}
    still.choices["autoiso"] = ["On", "Off"]
    original = dict(still.values)
    camera = open_still()
    settings = camera.settings()
    assert all(isinstance(value, int | float) for value in settings.values())
    camera.take_control()
    assert (still.values["autoexposuremode"], still.values["autoiso"]) == ("Manual", "Off")
    camera.set_exposure(Exposure(1 / 1000, 64.0))
    camera.restore(settings)
    assert still.values == original


def test_bulb_is_not_put_back_and_does_no_harm(still, open_still):
    still.values["shutterspeed"] = "bulb"
    camera = open_still()
    settings = camera.settings()
    assert settings["time_s"] == 0
    camera.take_control()
    camera.restore(settings)
    assert still.values["autoexposuremode"] == "P"


def test_a_mode_that_does_not_go_back_is_an_error(still, open_still):
    camera = open_still()
    settings = camera.settings()
    camera.take_control()
    still.ignored = {"autoexposuremode"}
    with pytest.raises(CameraError, match="did not go back to P"):
        camera.restore(settings)


@pytest.mark.parametrize("how", ["readonly", "ignored"])
def test_a_dial_that_decides_is_said_in_words(still, open_still, how):
    setattr(still, how, {"autoexposuremode"})
    camera = open_still()
    with pytest.raises(UnsupportedControl, match="turn its mode dial to M"):
        camera.take_control()
    camera.read(TIMEOUT_S)


def test_pictures_are_read_while_a_write_is_slow(still, open_still):
    camera = open_still(write_s=0.001)
    camera.take_control()
    camera.read(TIMEOUT_S)
    still.write_gate.clear()
    still.writing.clear()
    assert camera.set_exposure(Exposure(1 / 250, 4.0)) == Exposure(1 / 250, 4.0), "what will be set"
    assert still.writing.wait(TIMEOUT_S)
    assert camera.exposure == Exposure(1 / 250, 4.0)
    assert camera.set_exposure(Exposure(1 / 500, 4.0)) == Exposure(1 / 500, 4.0)
    assert camera.set_exposure(Exposure(1 / 1000, 2.0)) == Exposure(1 / 1000, 2.0)
    still.write_gate.set()
    for _ in range(200):
        camera.read(TIMEOUT_S)
        if still.values["iso"] == "200":
            break
    assert camera.exposure == Exposure(1 / 1000, 2.0)
    assert ("shutterspeed", "1/500") not in still.writes, "a newer wish replaces one that still waits"


def test_a_slow_write_that_fails_is_told_by_the_next_one(still, open_still):
    camera = open_still(write_s=0.001)
    camera.take_control()
    still.write_gate.clear()
    still.write_errors = [-110]
    camera.set_exposure(Exposure(1 / 250, 4.0))
    still.write_gate.set()
    while still.write_errors:
        camera.read(TIMEOUT_S)
    camera.settings()  # has its turn after the write
    with pytest.raises(CameraBusy, match="is busy and did not set shutterspeed to 1/250"):
        camera.set_exposure(Exposure(1 / 250, 4.0))
    camera.set_exposure(Exposure(1 / 250, 4.0))


def test_a_write_that_fails_at_once_is_told_at_once_and_only_once(still, open_still):
    camera = open_still()
    camera.take_control()
    still.write_errors = [-1]
    with pytest.raises(CameraError, match="refused to set shutterspeed to 1/250"):
        camera.set_exposure(Exposure(1 / 250, 4.0))
    assert camera.set_exposure(Exposure(1 / 250, 4.0)) == Exposure(1 / 250, 4.0)


def test_single_failed_pictures_are_passed_over(still, open_still):
    still.preview_errors = [-1, -110]
    still.garbage = 2
    assert open_still().read(TIMEOUT_S).pixels.shape == (24, 32, 3)


def test_a_camera_that_is_unplugged(still, open_still):
    camera = open_still()
    camera.take_control()
    camera.read(TIMEOUT_S)
    still.unplugged = True

    def read_on():
        for _ in range(100):
            camera.read(TIMEOUT_S)

    with pytest.raises(CameraDisconnected):
        read_on()
    for use in (camera.settings, lambda: camera.set_exposure(Exposure(0.01))):
        with pytest.raises(CameraDisconnected):
            use()
    camera.close()
    assert still.exits == 1


def test_no_live_view(still, open_still):
    still.preview_errors = [-6]
    with pytest.raises(CameraError, match="no live view"):
        open_still().read(TIMEOUT_S)


def test_native_automatic(still, open_still):
    camera = open_still()
    camera.take_control()
    camera.set_native_auto(True)
    assert still.values["autoexposuremode"] == "P"
    assert camera.exposure is None
    camera.set_native_auto(False)
    assert still.values["autoexposuremode"] == "Manual"
    assert camera.exposure is not None


def test_a_camera_with_nothing_to_set(still, open_still):
    still.choices = {}
    camera = open_still()
    assert not camera.capabilities.controls_exposure
    with pytest.raises(UnsupportedControl, match="neither shutter speed nor ISO"):
        camera.take_control()
    with pytest.raises(UnsupportedControl):
        camera.set_native_auto(True)
    camera.read(TIMEOUT_S)


@pytest.mark.parametrize("port", ["usb:001,009", "Acme Mirrorless"])
def test_one_of_several(still, open_still, port):
    still.cameras.append(("Acme Mirrorless", "usb:001,009"))
    assert open_still(port).info.name == "Acme Mirrorless"


def test_a_camera_that_is_not_there(still, open_still):
    with pytest.raises(CameraNotFound, match="there is Acme DSLR at usb:001,004"):
        open_still("usb:009,001")
    still.cameras.clear()
    with pytest.raises(CameraNotFound, match="is it switched on"):
        open_still()


def test_a_camera_that_a_file_manager_holds(still, open_still):
    still.claimed = True
    with pytest.raises(CameraBusy, match="file managers"):
        open_still()


def test_without_the_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "gphoto2", None)
    with pytest.raises(CameraNotFound, match=r"pip install 'autoexposure\[gphoto2\]'"):
        open_gphoto2("")


@pytest.fixture
def virtual_camera(monkeypatch, tmp_path):
    """libgphoto2's own virtual camera, a Nikon D750 over played USB: real PTP, but no live view."""
    monkeypatch.setenv("VCAMERADIR", str(tmp_path))
    gphoto2 = pytest.importorskip("gphoto2", reason="needs the extra autoexposure[gphoto2]")
    played_usb = Path(gphoto2.__file__).parent / "libgphoto2" / "vusb"
    if not played_usb.is_dir():
        pytest.skip("this build of libgphoto2 has no virtual camera")
    monkeypatch.setenv("IOLIBS", str(played_usb))
    return gphoto2


def test_real_libgphoto2_sets_and_puts_back(virtual_camera):
    camera, model, at = importlib.import_module("drivers.gphoto2.link").open_camera(virtual_camera, "")
    assert (model, at) == ("Nikon DSC D750", "usb:001,001")
    camera.exit()
    with Gphoto2Without(virtual_camera) as camera:
        settings = camera.settings()
        assert settings["time_s"] == pytest.approx(0.01)
        assert camera.capabilities.time_s.values[:3] == (0.0001, 0.0012, 0.0025)
        assert camera.capabilities.note.endswith("not the ISO.")
        camera.take_control()
        assert camera.set_exposure(Exposure(0.022)).time_s == pytest.approx(0.02)
        assert camera.exposure.time_s == pytest.approx(0.02)
        camera.restore(settings)
        assert camera.settings() == settings


def test_real_libgphoto2_says_that_there_is_no_live_view(virtual_camera):
    with Gphoto2Camera(library=virtual_camera) as camera, pytest.raises(CameraError, match="no live view"):
        camera.read(TIMEOUT_S)


class Gphoto2Without(Gphoto2Camera):
    """The virtual camera has no live view: a grey picture instead, everything else is real."""

    def __init__(self, library):
        from tests.drivers.gphoto2.fake_gphoto2 import File
        from tests.drivers.http.fake_http import jpeg

        real = library.Camera

        class Camera:
            autodetect = staticmethod(real.autodetect)

            def __init__(self):
                self._camera = real()

            def __getattr__(self, name):
                return getattr(self._camera, name)

            def capture_preview(self):
                threading.Event().wait(0.002)
                return File(jpeg(100))

        class Library:
            def __getattr__(self, name):
                return Camera if name == "Camera" else getattr(library, name)

        super().__init__(library=Library(), write_s=TIMEOUT_S)
