"""Cameras through OpenCV, on a machine that is played: DirectShow, Media Foundation, AVFoundation."""

import math
import subprocess
import sys
from itertools import pairwise
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from autoexposure.control.loop import ControlLoop
from autoexposure.custody.journal import Journal
from autoexposure.errors import (
    CameraBusy,
    CameraDisconnected,
    CameraNotFound,
    ConfigError,
    ControlTaken,
    FrameTimeout,
    UnsupportedControl,
)
from autoexposure.exposure import Exposure
from autoexposure.metering.classical import AverageMeter
from autoexposure.states import AeState
from autoexposure.testing import CameraContract, Subject
from drivers.discovery import list_cameras, open_camera, open_same, same_camera
from drivers.opencv import devices as opencv_devices
from drivers.opencv.capture import AVFOUNDATION, BACKENDS, DSHOW
from drivers.opencv.family import OPENCV
from tests.drivers.opencv.fake_opencv import FRAME_S, FakeMachine

WINDOWS = [("dshow", cv2.CAP_DSHOW), ("msmf", cv2.CAP_MSMF)]


@pytest.fixture
def machine(monkeypatch):
    """No camera, and neither of the two packages that list them."""
    fake = FakeMachine()
    monkeypatch.setattr(cv2, "VideoCapture", fake.open)
    monkeypatch.setitem(sys.modules, "duvc_ctl", None)
    monkeypatch.setitem(sys.modules, "cv2_enumerate_cameras", None)
    monkeypatch.delenv("OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS", raising=False)
    monkeypatch.setenv("OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS", "0")
    yield fake
    assert not any(device.opened for device in fake.devices), "a capture was left open"


@pytest.fixture
def with_duvc(machine, monkeypatch):
    monkeypatch.setitem(sys.modules, "duvc_ctl", machine.duvc())


@pytest.fixture
def with_names(machine, monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2_enumerate_cameras", machine.enumerator())


CASES = {
    "DirectShow, limits assumed": ("dshow", cv2.CAP_DSHOW, {"time_range": (-13, -1)}, False),
    "DirectShow, mode not told": ("dshow", cv2.CAP_DSHOW, {"time_range": (-13, -1), "tells_flags": False}, False),
    "DirectShow with duvc-ctl": ("dshow", cv2.CAP_DSHOW, {}, True),
    "DirectShow, gain unknown": ("dshow", cv2.CAP_DSHOW, {"time_range": (-13, -1), "gain_range": None}, False),
    "Media Foundation, limits assumed": ("msmf", cv2.CAP_MSMF, {"time_range": (-13, -1)}, False),
    "Media Foundation with duvc-ctl": ("msmf", cv2.CAP_MSMF, {}, True),
    "AVFoundation": ("avfoundation", cv2.CAP_AVFOUNDATION, {}, False),
}


class TestContract(CameraContract):
    family = OPENCV

    @pytest.fixture(params=CASES.values(), ids=CASES.keys())
    def subject(self, request, machine, monkeypatch):
        option, api, properties, duvc = request.param
        if duvc:
            monkeypatch.setitem(sys.modules, "duvc_ctl", machine.duvc())
        device = machine.plug(api, **properties)
        # A specification without the backend, as on the system whose default it is.
        monkeypatch.setitem(opencv_devices.DEFAULTS, sys.platform, BACKENDS[option])
        return Subject(lambda: open_camera("opencv:0"), open_camera, lambda: setattr(device, "gone", True))


@pytest.fixture
def opened(machine, request):
    """Open the only camera through DirectShow."""
    cameras = []

    def open_it(options=""):
        cameras.append(open_camera(f"opencv:0,backend=dshow{options}"))
        return cameras[-1]

    yield open_it
    for camera in cameras:
        camera.close()


def read_until_something_is_wrong(camera, timeout_s=CameraContract.timeout_s):
    while True:
        camera.read(timeout_s)


def test_windows_counts_exposure_in_whole_stops_and_gain_fills_the_fraction(machine, with_duvc, opened):
    machine.plug(cv2.CAP_DSHOW)
    camera = opened()
    times = camera.capabilities.time_s
    assert [math.log2(time_s) for time_s in times.values] == list(range(-11, -1))
    gains = camera.capabilities.gain.values
    assert max(math.log2(b / a) for a, b in pairwise(gains)) < 0.1
    camera.take_control()
    assert camera.set_exposure(Exposure(0.011, 1.41)).time_s == 1 / 128


def test_the_loop_settles_between_two_stops(machine, with_duvc, tmp_path):
    device = machine.plug(cv2.CAP_DSHOW, time=-3, light=40.0, fps=1 / FRAME_S)  # a busy machine misses pictures of it
    with ControlLoop(lambda: open_camera("opencv:0,backend=dshow"), AverageMeter, journal=Journal(tmp_path)) as loop:
        for _ in range(600):
            snapshot = loop.turn()
            assert snapshot.error is None
            if snapshot.ae_state is AeState.CONVERGED:
                break
        assert snapshot.ae_state is AeState.CONVERGED
        assert 100 < snapshot.frame.pixels.mean() < 140
    assert (device.time, device.gain, device.automatic) == (-3, 16, False)


@pytest.mark.parametrize(("option", "api"), WINDOWS)
def test_taking_control_ends_the_automatic_and_restoring_begins_it_again(machine, option, api):
    device = machine.plug(api, automatic=True, time_range=(-13, -1))
    with open_camera(f"opencv:0,backend={option}") as camera:
        before = camera.settings()
        assert camera.exposure is None
        camera.take_control()
        assert not device.automatic
        assert camera.exposure is not None
        camera.set_exposure(Exposure(2.0**-9))
        assert (device.time, device.automatic) == (-9, False)
        camera.restore(before)
        assert (device.time, device.automatic) == (-6, True)


def test_media_foundation_is_never_set_to_a_whole_second_by_asking_for_manual(machine):
    device = machine.plug(cv2.CAP_MSMF, automatic=True, time_range=(-13, 0))
    with open_camera("opencv:0,backend=msmf") as camera:
        camera.take_control()
        camera.set_native_auto(True)
        assert device.automatic
        camera.set_native_auto(False)
    assert not device.automatic
    assert device.time == -6
    assert (cv2.CAP_PROP_AUTO_EXPOSURE, 0) not in device.written


def test_where_the_automatic_cannot_be_asked_it_is_on_again_afterwards(machine, opened):
    device = machine.plug(cv2.CAP_DSHOW, tells_flags=False, automatic=True)
    camera = opened()
    before = camera.settings()
    assert "automatic" not in before
    camera.take_control()
    assert not device.automatic
    camera.restore(before)
    assert device.automatic


def test_an_exposure_of_half_a_second_is_not_taken_for_a_missing_one(machine, opened):
    machine.plug(cv2.CAP_DSHOW, time=-1, time_range=(-8, -1))
    assert opened().capabilities.time_s is not None


def test_a_virtual_camera_without_controls_delivers_and_says_so(machine, opened):
    machine.plug(cv2.CAP_DSHOW, time_range=None, gain_range=None)
    camera = opened()
    assert not camera.capabilities.controls_exposure
    assert camera.capabilities.note.startswith("This camera has no exposure control")
    assert not camera.settings()
    with pytest.raises(UnsupportedControl):
        camera.set_exposure(Exposure(0.01))
    camera.read(CameraContract.timeout_s)


def test_macos_has_no_exposure_control_and_nothing_is_even_tried(machine, monkeypatch):
    monkeypatch.setitem(opencv_devices.DEFAULTS, sys.platform, AVFOUNDATION)
    device = machine.plug(cv2.CAP_AVFOUNDATION)
    with open_camera("opencv:") as camera:
        assert "no exposure control" in camera.capabilities.note.lower()
        assert "macOS" in camera.capabilities.note
        with pytest.raises(UnsupportedControl, match="macOS"):
            camera.take_control()
        camera.read(CameraContract.timeout_s)
    assert not device.written


def test_another_program_that_switches_the_automatic_on_is_noticed(machine, with_duvc, opened):
    device = machine.plug(cv2.CAP_DSHOW)
    camera = opened()
    camera.take_control()
    device.write_time = lambda value, *, automatic: True  # accepted, and not obeyed
    device.automatic = True
    with pytest.raises(ControlTaken, match="automatic exposure is on"):
        camera.set_exposure(Exposure(0.01))


def test_a_camera_that_stays_automatic_is_said_to(machine, opened):
    machine.plug(cv2.CAP_DSHOW, automatic=True, stuck=True)
    with pytest.raises(UnsupportedControl, match="keeps its exposure automatic"):
        opened().take_control()


def test_a_camera_that_refuses_every_exposure_is_said_to(machine, opened):
    device = machine.plug(cv2.CAP_DSHOW)
    device.write_time = lambda value, *, automatic: False
    with pytest.raises(UnsupportedControl, match="refuses every exposure time"):
        opened().take_control()


def test_what_was_refused_is_returned_as_it_is(machine, opened):
    machine.plug(cv2.CAP_DSHOW, time_range=(-8, -4))
    camera = opened()  # limits assumed, too wide
    camera.take_control()
    assert camera.set_exposure(Exposure(2.0**-12)).time_s == 2.0**-6
    assert camera.set_exposure(Exposure(2.0**-7)).time_s == 2.0**-7


def test_grey_pictures_become_rgb(machine, opened):
    machine.plug(cv2.CAP_DSHOW, grey=True)
    pixels = opened().read(CameraContract.timeout_s).pixels
    assert pixels.shape == (48, 64, 3)
    assert np.ptp(pixels) == 0


def test_single_failed_readings_are_got_over(machine, opened):
    device = machine.plug(cv2.CAP_DSHOW)
    camera = opened()
    camera.read(CameraContract.timeout_s)
    device.broken_reads = 3
    for _ in range(4):
        camera.read(CameraContract.timeout_s)
    assert not device.broken_reads


def test_a_frozen_stream_is_a_timeout_and_a_setting_meanwhile_a_lost_camera(machine, opened, monkeypatch):
    monkeypatch.setattr("drivers.opencv.camera.JOB_S", 0.05)
    device = machine.plug(cv2.CAP_DSHOW)
    camera = opened()
    camera.read(CameraContract.timeout_s)
    device.frozen = True
    try:
        with pytest.raises(FrameTimeout):
            read_until_something_is_wrong(camera, timeout_s=0.05)
        with pytest.raises(CameraDisconnected, match="does not answer"):
            camera.set_exposure(Exposure(0.01))
    finally:
        device.frozen = False


def test_in_use_by_another_program(machine, opened):
    machine.plug(cv2.CAP_DSHOW)
    opened()
    with pytest.raises(CameraBusy, match="do other programs use it"):
        opened()
    assert machine.captures[-1].released


def test_the_same_camera_is_found_again_wherever_it_is_listed(machine, with_names):
    first, second = (machine.plug(cv2.CAP_DSHOW, name=name) for name in ("Left", "Right"))
    with open_camera("opencv:1,backend=dshow") as camera:
        info = camera.info
    assert info.name == "Right"
    first.gone = True  # what was number 1 is number 0 now
    with open_same(info, lambda: pytest.fail("found by what it is, not by its number")) as camera:
        assert (camera.info.name, camera.info.stable_id) == ("Right", info.stable_id)
    second.gone = True
    with pytest.raises(CameraNotFound, match="autoexposure list"):
        open_camera(same_camera(info))


def test_without_the_packages_cameras_have_numbers(machine, opened):
    machine.plug(cv2.CAP_DSHOW)
    info = opened().info
    assert info.name == "Camera 0"
    assert same_camera(info) == info.spec


def test_duvc_ctl_finds_the_camera_that_media_foundation_names_otherwise(machine, with_duvc, with_names):
    path = r"\\?\usb#vid_046d&pid_0825&mi_00#6&2&0&0000#{0}\global"
    machine.plug(cv2.CAP_DSHOW, path=path.format("{other}").replace("046d", "1209"), time_range=(-5, -4))
    machine.plug(cv2.CAP_MSMF, path=path.format("{e5323777-f976-4f5b-9b55-b94699c46e44}").upper())
    with open_camera("opencv:0,backend=msmf") as camera:
        assert (camera.capabilities.time_s.minimum, camera.capabilities.time_s.maximum) == (2.0**-11, 2.0**-2)


@pytest.mark.parametrize("backend", [DSHOW, AVFOUNDATION])
def test_listed_where_this_is_the_way_to_webcams(machine, with_names, monkeypatch, backend):
    monkeypatch.setitem(opencv_devices.DEFAULTS, sys.platform, backend)
    monkeypatch.setattr("drivers.opencv.family.FINDS_WEBCAMS", True)
    machine.plug(backend.api, name="Left")
    machine.plug(backend.api, name="Right", automatic=True)
    listed = list_cameras()
    assert [(info.spec, info.name) for info in listed[:3]] == [
        ("opencv:0", "Left"),
        ("opencv:1", "Right"),
        ("sim:", listed[2].name),
    ]
    with open_camera() as camera:
        assert camera.info.spec.startswith("opencv:0" if backend is DSHOW else "sim:")
    assert not any(device.written for device in machine.devices)


def test_listing_without_any_camera(machine, monkeypatch):
    monkeypatch.setitem(opencv_devices.DEFAULTS, sys.platform, DSHOW)
    monkeypatch.setattr("drivers.opencv.family.FINDS_WEBCAMS", True)
    assert list_cameras()[0].spec == "sim:"
    with open_camera() as camera:
        assert camera.info.spec == "sim:"


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("opencv:0,backend=gstreamer", "backend is one of v4l2, dshow"),
        ("opencv:0,backend=dshow,size=big", "size=640x480"),
        ("opencv:0,backend=dshow,fps=-3", "above zero"),
        ("opencv:0,backend=dshow,format=H265", "pixel format"),
        ("opencv:0,colour=red", "has the options backend"),
        ("opencv:my camera,backend=dshow", "named by its number"),
    ],
)
def test_malformed_specifications_say_what_was_expected(machine, spec, message):
    with pytest.raises(ConfigError, match=message):
        open_camera(spec)


def test_no_vendor_package_is_imported_before_a_camera_is_opened():
    check = "import drivers.opencv.camera, sys; print(sorted({'duvc_ctl', 'cv2_enumerate_cameras'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_white_balance_focus_and_tones_are_offered_with_their_limits(machine, with_duvc, opened):
    device = machine.plug(cv2.CAP_DSHOW)
    with opened("opencv:0,backend=dshow") as camera:
        found = {each.name: each for each in camera.adjustments()}
        assert list(found) == [
            *("white_balance_automatic", "white_balance_temperature", "focus_automatic", "focus_distance"),
            *("power_line_frequency", "brightness", "contrast"),
        ], "one that can't be moved is none"
        assert (found["focus_distance"].default, found["focus_automatic"].default) == (30, None)
        assert found["power_line_frequency"].range_text == "off, 50 Hz or 60 Hz"
        assert camera.adjust("power_line_frequency", 1) == device.knobs["PowerLineFrequency"][0] == 1
        assert not found["white_balance_temperature"].active
        with pytest.raises(UnsupportedControl, match="switch focus_automatic off first"):
            camera.adjust("focus_distance", 80)
        assert camera.adjust("focus_automatic", 0) == 0
        assert camera.adjust("focus_distance", 999) == 250
        assert device.knobs["Focus"] == [250, (0, 250), False]
        assert device.knobs["WhiteBalance"] == [4600, (2800, 6500), True]


def test_what_has_no_automatic_gets_no_switch_and_what_an_unknown_automatic_has_is_left_alone(
    machine, with_duvc, opened
):
    device = machine.plug(cv2.CAP_DSHOW, automatics=("exposure", "WhiteBalance", "Contrast"))
    device.knobs["Focus"][2] = False
    device.knobs["Contrast"][2] = True
    with opened("opencv:0,backend=dshow") as camera:
        found = {each.name: each for each in camera.adjustments()}
        assert "focus_automatic" not in found
        assert found["focus_distance"].active
        assert "contrast" not in found, "switched to manual it could not be given back"


def test_a_backend_of_another_system_is_one_sentence(machine, monkeypatch):
    def enumerate_cameras(api):
        raise NotImplementedError(f"Unsupported backend: {api}!")

    monkeypatch.setitem(sys.modules, "cv2_enumerate_cameras", SimpleNamespace(enumerate_cameras=enumerate_cameras))
    with pytest.raises(CameraBusy, match="can't be opened through AVFoundation"):
        open_camera("opencv:0,backend=avfoundation")


def test_directshow_that_fails_costs_the_limits_alone(machine, opened, monkeypatch):
    def fails():
        raise RuntimeError("CoCreateInstance(SystemDeviceEnum) failed")

    library = machine.duvc()
    library.list_devices = fails
    monkeypatch.setitem(sys.modules, "duvc_ctl", library)
    machine.plug(cv2.CAP_DSHOW)
    monkeypatch.setitem(opencv_devices.DEFAULTS, sys.platform, DSHOW)
    monkeypatch.setattr("drivers.opencv.family.FINDS_WEBCAMS", True)
    assert list_cameras()[0].spec == "sim:"
    assert opened().capabilities.time_s is not None


def test_without_the_limits_nothing_beside_exposure_is_offered(machine, opened):
    machine.plug(cv2.CAP_DSHOW)
    with opened("opencv:0,backend=dshow") as camera:
        assert camera.adjustments() == ()
