"""Raspberry Pi cameras, on a played picamera2."""

import sys

import pytest

from autoexposure.control.loop import ControlLoop
from autoexposure.custody.journal import Journal
from autoexposure.errors import CameraBusy, CameraError, CameraNotFound, ConfigError, FrameTimeout, UnsupportedControl
from autoexposure.exposure import Exposure
from autoexposure.metering.classical import AverageMeter
from autoexposure.states import AeState
from autoexposure.testing import CameraContract, Subject
from drivers.discovery import open_camera
from tests.drivers.picamera2.fake_picamera2 import LINE_US, FakeSensor


@pytest.fixture
def sensor(monkeypatch):
    fake = FakeSensor()
    monkeypatch.setitem(sys.modules, "picamera2", fake.library())
    yield fake
    assert not fake.opened, "a camera was left open"
    assert not fake.held, "a request was not given back: libcamera would run out of buffers"


def with_modes(sensor):
    """As with libcamera 0.5, where AeEnable alone changes nothing."""
    sensor.needs_modes = True
    sensor.controls |= {"ExposureTimeMode": (0, 1, 0), "AnalogueGainMode": (0, 1, 0)}


def without_gain(sensor):
    del sensor.controls["AnalogueGain"]


def usb(sensor):
    """A webcam that libcamera lists as well, with nothing to set."""
    sensor.controls.clear()


class TestContract(CameraContract):
    @pytest.fixture(
        params=[lambda sensor: None, with_modes, without_gain, usb], ids=["usual", "modes", "no gain", "usb"]
    )
    def subject(self, request, sensor):
        request.param(sensor)
        return Subject(lambda: open_camera("picamera2:0"), open_camera, lambda: setattr(sensor, "broken", True))


def test_every_picture_says_which_exposure_made_it(sensor):
    with open_camera("picamera2:") as camera:
        assert camera.capabilities.reports_exposure
        camera.take_control()
        camera.set_exposure(Exposure(0.004, 3.0))
        for _ in range(4):
            frame = camera.read(CameraContract.timeout_s)
        assert frame.reported
        assert frame.exposure.gain == 3.0
        assert 0 < 0.004 - frame.exposure.time_s <= LINE_US * 1e-6, "the lines, not what was asked for"


def test_red_is_the_first_colour(sensor):
    with open_camera("picamera2:") as camera:
        red, green, _ = camera.read(CameraContract.timeout_s).pixels.mean(axis=(0, 1))
        assert red > green + 20


def test_taking_over_from_the_automatic_does_not_jump(sensor):
    with open_camera("picamera2:") as camera:
        frame = camera.read(CameraContract.timeout_s)
        camera.take_control()
        assert not sensor.automatic
        assert camera.exposure == frame.exposure
        camera.restore({"AeEnable": 1})
        assert sensor.automatic


def test_a_long_exposure_lengthens_the_frames_and_a_short_one_shortens_them_again(sensor):
    with open_camera("picamera2:,fps=30") as camera:
        camera.take_control()
        camera.set_exposure(Exposure(0.2))
        assert sensor.limits_us == (33_333, 200_000)
        camera.set_exposure(Exposure(0.01))
        assert sensor.limits_us == (33_333, 33_333)


def test_the_loop_settles_on_what_the_pictures_report(sensor, tmp_path):
    sensor.light = 60.0
    with ControlLoop(lambda: open_camera("picamera2:"), AverageMeter, journal=Journal(tmp_path)) as loop:
        for _ in range(300):
            snapshot = loop.turn()
            assert snapshot.error is None
            if snapshot.ae_state is AeState.CONVERGED:
                break
        assert snapshot.ae_state is AeState.CONVERGED
        assert snapshot.frame.reported
        assert not sensor.automatic
    assert sensor.automatic


def test_a_picture_that_came_too_late_is_read_the_next_time(sensor):
    with open_camera("picamera2:") as camera:
        sensor.frozen.set()
        with pytest.raises(FrameTimeout):
            camera.read(0.001)
        sensor.frozen.clear()
        camera.read(CameraContract.timeout_s)


def test_refused_controls_are_an_error_and_not_more(sensor):
    with open_camera("picamera2:") as camera:
        del sensor.controls["FrameDurationLimits"]
        with pytest.raises(CameraError, match="refused its settings"):
            camera.take_control()
        camera.read(CameraContract.timeout_s)


def test_in_use_or_not_there(sensor):
    with open_camera("picamera2:"), pytest.raises(CameraBusy, match="close other programs"):
        open_camera("picamera2:")
    with pytest.raises(CameraNotFound, match="no camera number 3"):
        open_camera("picamera2:3")


def test_the_library_is_named_where_it_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "picamera2", None)
    with pytest.raises(CameraNotFound, match="python3-picamera2"):
        open_camera("picamera2:")


@pytest.mark.parametrize(
    "spec", ["picamera2:front", "picamera2:0,size=big", "picamera2:0,fps=0", "picamera2:0,iso=100"]
)
def test_malformed_specifications(sensor, spec):
    with pytest.raises(ConfigError):
        open_camera(spec)


def test_libcamera_s_white_balance_lens_and_tones_are_offered_in_its_own_scales(sensor):
    with open_camera("picamera2:") as camera:
        camera.read(CameraContract.timeout_s)
        found = {each.name: each for each in camera.adjustments()}
        assert list(found) == [
            *("white_balance_automatic", "white_balance_temperature", "focus_automatic", "focus_distance"),
            *("brightness", "sharpness"),
        ]
        assert found["white_balance_temperature"].value == 3400
        assert found["focus_distance"].value == 2.0
        assert (found["sharpness"].value, found["sharpness"].maximum) == (1.0, 16.0)
        camera.adjust("white_balance_automatic", 0)
        camera.adjust("white_balance_temperature", 5600)
        camera.adjust("brightness", 0.3)
        assert sensor.set["AwbEnable"] is False
        assert sensor.set["ColourTemperature"] == 5600
        assert sensor.set["Brightness"] == pytest.approx(0.3)
        camera.adjust("focus_automatic", 1)
        assert sensor.set["AfMode"] == 2
        with pytest.raises(UnsupportedControl, match="focus_automatic off first"):
            camera.adjust("focus_distance", 1.0)
