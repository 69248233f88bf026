"""What every driver promises, in one suite: run over each camera there is.

Without hardware these are the simulated camera and the V4L2 driver on a played kernel. Real ones are added by
``AUTOEXPOSURE_CONTRACT="v4l2:/dev/video0 ..."``; the tests marked ``rig`` do so with real kernel drivers.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest

from autoexposure.camera import Camera, ControlRange
from autoexposure.clock import SimulatedClock
from autoexposure.errors import CameraBusy, CameraDisconnected, CameraError, FrameTimeout, UnsupportedControl
from autoexposure.exposure import Exposure
from drivers.discovery import open_camera

REAL = os.environ.get("AUTOEXPOSURE_CONTRACT", "").split()
TIMEOUT_S = 5.0


@dataclass
class Subject:
    """A camera under test: ``open`` opens it anew, ``unplug`` pulls its cable where that can be played."""

    open: Callable[[], Camera]
    unplug: Callable[[], object] | None = None


def streaming(spec: str) -> Camera:
    """A real camera that has delivered its first picture: some don't survive the end of a stream before that."""
    camera = open_camera(spec)
    camera.read(TIMEOUT_S)
    return camera


@pytest.fixture(params=["simulated", "simulated, native", "played V4L2", *REAL])
def subject(request):
    if request.param.startswith("simulated"):
        spec = "sim:native=on" if request.param.endswith("native") else "sim:"
        return Subject(lambda: open_camera(spec, clock=SimulatedClock()))
    if request.param != "played V4L2":
        return Subject(lambda: streaming(request.param))
    webcam = request.getfixturevalue("webcam")

    class Pictures:
        """One whenever the reader waits, as bright as the played exposure."""

        def __bool__(self) -> bool:
            return True

        def popleft(self) -> Callable[[], None]:
            ticks, code = webcam.named_values()["exposure_time_absolute"], webcam.named_values()["gain"]
            return lambda: webcam.deliver(webcam.grey(min(235, 16 + ticks * (16 + code) // 100)), age_s=0)

    webcam.later = Pictures()
    return Subject(lambda: open_camera(f"v4l2:{webcam.path},size=64x48"), webcam.unplug)


@pytest.fixture
def camera(subject):
    with subject.open() as opened:
        original = opened.settings()
        yield opened
        try:
            opened.restore(original)
        except CameraError:
            assert not original, "a camera that was changed could not be put back"


@pytest.fixture
def controlled(camera):
    """The camera under our control."""
    if not camera.capabilities.controls_exposure:
        pytest.skip("this camera has no exposure control")
    camera.take_control()
    return camera


def middle(control: ControlRange | None, otherwise: float) -> float:
    return otherwise if control is None else (control.minimum * control.maximum) ** 0.5


def tolerance(control: ControlRange) -> float:
    """The widest gap between two neighbouring values."""
    if control.values:
        return max(b - a for a, b in pairwise(control.values))
    return control.step + 1e-9 * control.maximum


def test_capabilities_are_plausible(camera):
    capabilities = camera.capabilities
    for control in (capabilities.time_s, capabilities.gain):
        assert control is None or control.minimum > 0
    if capabilities.time_s is None or capabilities.gain is None:
        assert capabilities.note.endswith("."), "what is missing is explained in a sentence"
    shortest, longest = capabilities.delay_frames
    assert 0 <= shortest <= longest
    assert 0 < camera.frame_interval_s <= 1
    if capabilities.controls_exposure:
        assert camera.settings(), "what can be changed must be possible to put back"


def test_opening_and_closing_changes_no_setting(subject):
    with subject.open() as camera:
        before = camera.settings()
    with subject.open() as camera:
        assert camera.settings() == before


def test_the_same_camera_has_the_same_identity_when_opened_again(subject):
    with subject.open() as camera:
        info = camera.info
    with open_camera(info.spec) as camera:
        assert camera.info.stable_id == info.stable_id
        assert camera.info.name == info.name


def test_opened_twice_either_works_or_is_busy_and_the_first_goes_on(subject):
    with subject.open() as first:
        first.read(TIMEOUT_S)
        with suppress(CameraBusy), subject.open() as second:
            second.read(TIMEOUT_S)
        first.read(TIMEOUT_S)


def test_closed_twice(subject):
    camera = subject.open()
    camera.close()
    camera.close()


def test_opened_again_after_closing(subject):
    for _ in range(3):
        with subject.open() as camera:
            camera.read(TIMEOUT_S)


@pytest.mark.parametrize(
    "use",
    [
        lambda camera: camera.read(TIMEOUT_S),
        lambda camera: camera.take_control(),
        lambda camera: camera.set_exposure(Exposure(0.01)),
    ],
    ids=["read", "take_control", "set_exposure"],
)
def test_used_after_closing(subject, use):
    camera = subject.open()
    camera.close()
    with pytest.raises(CameraError):
        use(camera)


def test_unplugged_while_reading(subject):
    if subject.unplug is None:
        pytest.skip("this camera can't be unplugged here")
    camera = subject.open()
    camera.read(TIMEOUT_S)
    subject.unplug()
    with pytest.raises(CameraDisconnected):
        read_for_a_while(camera)
    if camera.capabilities.controls_exposure:
        with pytest.raises(CameraDisconnected):
            camera.set_exposure(Exposure(0.01))
    camera.close()
    camera.close()


def read_for_a_while(camera: Camera) -> None:
    for _ in range(100):
        with suppress(FrameTimeout):
            camera.read(0.1)


def test_pictures_are_rgb(camera):
    pixels = camera.read(TIMEOUT_S).pixels
    assert pixels.dtype == np.uint8
    assert pixels.ndim == 3
    assert pixels.shape[2] == 3
    assert pixels.size > 0


def test_sequences_and_timestamps_rise(camera):
    frames = [camera.read(TIMEOUT_S) for _ in range(8)]
    for earlier, later in pairwise(frames):
        assert later.sequence > earlier.sequence
        assert later.timestamp_s > earlier.timestamp_s


def test_a_picture_stays_as_it_was_when_the_next_ones_are_read(camera):
    frame = camera.read(TIMEOUT_S)
    before = frame.pixels.copy()
    for _ in range(4):
        camera.read(TIMEOUT_S)
    assert np.array_equal(frame.pixels, before)


def test_no_time_to_wait_is_a_picture_or_a_timeout(camera):
    with suppress(FrameTimeout):
        assert camera.read(0).pixels.size > 0


def test_a_camera_without_control_says_so_and_still_delivers(camera):
    if camera.capabilities.controls_exposure:
        pytest.skip("this camera has exposure control")
    with pytest.raises(UnsupportedControl):
        camera.take_control()
    camera.read(TIMEOUT_S)


@pytest.mark.parametrize("wanted", [Exposure(1e-9, 1e-9), Exposure(1e9, 1e9)], ids=["too little", "too much"])
def test_out_of_range_is_clamped_and_returned_as_set(controlled, wanted):
    really = controlled.set_exposure(wanted)
    end = "minimum" if wanted.time_s < 1 else "maximum"
    time_s, gain = controlled.capabilities.time_s, controlled.capabilities.gain
    assert time_s is None or really.time_s == pytest.approx(getattr(time_s, end))
    assert gain is None or really.gain == pytest.approx(getattr(gain, end))


def test_what_was_set_is_near_what_was_asked_and_reads_back(controlled):
    time_s, gain = controlled.capabilities.time_s, controlled.capabilities.gain
    wanted = Exposure(middle(time_s, 0.01), middle(gain, 1.0))
    really = controlled.set_exposure(wanted)
    assert time_s is None or abs(really.time_s - wanted.time_s) <= tolerance(time_s)
    assert gain is None or abs(really.gain - wanted.gain) <= tolerance(gain)
    assert controlled.exposure == really


def test_setting_what_was_set_changes_nothing(controlled):
    time_s, gain = controlled.capabilities.time_s, controlled.capabilities.gain
    really = controlled.set_exposure(Exposure(middle(time_s, 0.01), middle(gain, 1.0)))
    assert controlled.set_exposure(really) == really


def test_more_exposure_makes_a_brighter_picture(controlled):
    frames = controlled.capabilities.delay_frames[1] + 3
    levels = []
    for exposure in (Exposure(0.001, 1.0), Exposure(0.02, 1.0)):
        controlled.set_exposure(exposure)
        for _ in range(frames):
            frame = controlled.read(TIMEOUT_S)
        levels.append(frame.pixels.mean())
    assert levels[1] > levels[0] + 5


def test_settings_round_trip(controlled):
    original = controlled.settings()
    controlled.set_exposure(Exposure(middle(controlled.capabilities.time_s, 0.01), 1e9))
    controlled.restore(original)
    assert controlled.settings() == original


def test_settings_from_before_control_was_taken_round_trip(subject):
    with subject.open() as camera:
        if not camera.capabilities.controls_exposure:
            pytest.skip("this camera has no exposure control")
        original = camera.settings()
        camera.take_control()
        camera.set_exposure(Exposure(0.002, 1e9))
        camera.restore(original)
        assert camera.settings() == original


def test_native_automatic_is_as_announced(camera):
    if not camera.capabilities.native_auto:
        with pytest.raises(UnsupportedControl):
            camera.set_native_auto(True)
        return
    camera.set_native_auto(True)
    camera.read(TIMEOUT_S)
    camera.set_native_auto(False)
    assert camera.exposure is not None
