"""Controls that are broken, missing, of another kind, or forgotten: the rest works, and what doesn't is said."""

import errno
import time

import pytest

from autoexposure.errors import CameraDisconnected, CameraError, ControlTaken, SettledOtherwise, UnsupportedControl
from autoexposure.exposure import Exposure

pytest.importorskip("linuxpy", reason="V4L2 exists on Linux only")

from drivers.v4l2.camera import open_v4l2
from drivers.v4l2.controls_only import V4l2ControlsOnly
from tests.drivers.conftest import (
    ANALOGUE_GAIN,
    AUTOGAIN,
    DIGITAL_GAIN,
    DYNAMIC,
    GAIN,
    ISO,
    ISO_AUTO,
    MODE,
    NAMES,
    SCALE,
    TIME,
)

STALLS = (errno.EPIPE, errno.EIO, errno.EILSEQ, errno.ETIMEDOUT, errno.EPROTO, errno.EBUSY, errno.EREMOTE)


def words(control):
    return NAMES[control].replace("_", " ")


@pytest.fixture(params=[open_v4l2, V4l2ControlsOnly], ids=["with pictures", "controls only"])
def open_it(request, webcam):
    return lambda: request.param(str(webcam.path))


@pytest.mark.parametrize("number", STALLS)
@pytest.mark.parametrize("request_name", ["QUERY_EXT_CTRL", "G_EXT_CTRLS", "S_EXT_CTRLS"])
@pytest.mark.parametrize("control", [TIME, GAIN, MODE, DYNAMIC])
def test_one_control_that_never_answers_costs_that_control(webcam, open_it, control, request_name, number):
    before = dict(webcam.values)
    webcam.refusing[request_name, control] = number
    with open_it() as camera:
        original = camera.settings()
        camera.take_control()
        capabilities = camera.capabilities
        assert words(control) in capabilities.note
        assert "left alone" in capabilities.note
        timed = control in (GAIN, DYNAMIC)
        assert (capabilities.time_s is not None) == timed
        assert (capabilities.gain is not None) == (control != GAIN)
        assert (webcam.values[MODE] == 1) == timed, "without a time the firmware keeps its automatic"
        assert ("its own automatic" in capabilities.note) != timed
        really = camera.set_exposure(Exposure(0.01, 2.0))
        assert camera.exposure == really
        camera.restore(original)
    assert webcam.values == before


@pytest.mark.parametrize("number", STALLS)
@pytest.mark.parametrize("request_name", ["QUERY_EXT_CTRL", "QUERYMENU", "G_EXT_CTRLS", "S_EXT_CTRLS"])
def test_a_request_that_stalls_once_or_twice_costs_nothing(webcam, open_it, request_name, number):
    def stall():
        webcam.fail[request_name] = [number, number]

    stall()
    with open_it() as camera:
        original = camera.settings()
        stall()
        camera.take_control()
        assert camera.capabilities.note == ""
        assert camera.capabilities.time_s is not None
        assert webcam.values[MODE] == 1
        stall()
        camera.restore(original)
        assert camera.settings() == original


def test_a_value_that_can_no_longer_be_read_back_is_what_was_written(webcam, open_it):
    with open_it() as camera:
        camera.take_control()
        for control in (TIME, GAIN, MODE, DYNAMIC):
            webcam.refusing["G_EXT_CTRLS", control] = errno.EIO
        assert camera.set_exposure(Exposure(0.02, 16.0)) == Exposure(0.02, 16.0) == camera.exposure
        assert (webcam.values[TIME], webcam.values[GAIN]) == (200, 255)


@pytest.mark.parametrize("control", [TIME, GAIN, MODE, DYNAMIC])
def test_what_can_not_be_noted_is_not_changed(webcam, open_it, control):
    with open_it() as camera:
        webcam.refusing["G_EXT_CTRLS", control] = errno.EIO
        assert NAMES[control] not in camera.settings()
        webcam.refusing.clear()
        camera.take_control()
        assert NAMES[control] not in dict(webcam.written)


@pytest.mark.parametrize("request_name", ["SUBSCRIBE_EVENT", "DQEVENT"])
def test_without_events_nothing_is_heard_and_all_else_works(webcam, open_it, request_name):
    webcam.fail[request_name] = [errno.EIO] * 9
    with open_it() as camera:
        camera.take_control()
        webcam.set_by_another(exposure_time_absolute=500)
        assert camera.foreign_change() == ""


def test_a_time_that_is_not_described_again_is_taken_all_the_same(webcam, open_it):
    with open_it() as camera:
        webcam.refusing["QUERY_EXT_CTRL", TIME] = errno.EIO
        camera.take_control()
        assert camera.set_exposure(Exposure(0.01, 1.0)) == Exposure(0.01, 1.0)


def test_a_cable_that_is_pulled_is_no_broken_control(webcam, open_it):
    with open_it() as camera:
        webcam.fail["S_EXT_CTRLS"] = [errno.ENODEV]
        with pytest.raises(CameraDisconnected):
            camera.take_control()
        assert camera.capabilities.note == ""


# A mode that is manual already


@pytest.fixture
def manual(webcam):
    webcam.values |= {MODE: 1, TIME: 20, DYNAMIC: 0}
    return webcam


def test_a_mode_that_is_manual_goes_through_the_automatic_once(manual, open_it):
    with open_it() as camera:
        original = camera.settings()
        camera.take_control()
        assert manual.written == [
            ("exposure_dynamic_framerate", 0),
            ("auto_exposure", 3),
            ("auto_exposure", 1),
            ("exposure_time_absolute", 20),
            ("gain", 8),
        ]
        manual.written.clear()
        camera.take_control()
        assert ("auto_exposure", 3) not in manual.written, "it is known to obey"
        camera.restore(original)
        assert manual.values == {MODE: 1, TIME: 20, DYNAMIC: 0, GAIN: 8}


def test_an_automatic_that_can_not_be_visited_is_no_hindrance(manual, open_it):
    manual.menu = {1}
    with open_it() as camera:
        camera.take_control()
        assert camera.set_exposure(Exposure(0.01, 1.0)) == Exposure(0.01, 1.0)


def test_a_camera_that_is_automatic_against_the_kernels_belief_is_taken_through_it(webcam, open_it):
    with open_it() as camera:
        camera.take_control()
        webcam.fail["S_EXT_CTRLS"] = [errno.EILSEQ]
        with pytest.raises(ControlTaken, match="automatic exposure is on"):
            camera.set_exposure(Exposure(0.01, 1.0))
        webcam.written.clear()
        camera.take_control()
        assert [value for name, value in webcam.written if name == "auto_exposure"] == [3, 1]


# A stream that begins anew


def restart(webcam, camera):
    """A transfer fails, and the driver starts the stream anew; what is written from then on is returned."""
    webcam.written.clear()

    def failed_transfer():
        for _ in range(2):
            webcam.deliver(b"", flags=0x40, age_s=time.monotonic())

    webcam.later.extend([failed_transfer, webcam.deliver])
    camera.read(1)
    return list(webcam.written)


@pytest.fixture
def camera(webcam):
    with open_v4l2(str(webcam.path)) as opened:
        yield opened


def test_everything_is_written_again_whatever_the_kernel_believes(webcam, camera):
    camera.take_control()
    camera.set_exposure(Exposure(0.1, 4.0))
    assert camera.restarts == 0
    assert restart(webcam, camera) == [
        ("exposure_dynamic_framerate", 0),
        ("auto_exposure", 3),
        ("auto_exposure", 1),
        ("exposure_dynamic_framerate", 1),
        ("exposure_time_absolute", 1000),
        ("gain", 51),
    ]
    assert camera.restarts == 1
    assert camera.foreign_change() == ""
    webcam.written.clear()
    webcam.deliver()
    camera.read(1)
    assert webcam.written == []


def test_an_automatic_that_we_switched_on_is_switched_on_again(webcam, camera):
    camera.take_control()
    camera.set_native_auto(True)
    assert restart(webcam, camera) == [("auto_exposure", 3)]


@pytest.mark.parametrize("state", ["not taken", "put back"])
def test_a_camera_that_is_not_ours_is_left_alone(webcam, camera, state):
    if state == "put back":
        original = camera.settings()
        camera.take_control()
        camera.restore(original)
    assert restart(webcam, camera) == []


def test_a_camera_that_refuses_at_first_is_set_again_with_the_next_picture(webcam, camera):
    camera.take_control()
    camera.set_exposure(Exposure(0.01, 1.0))
    webcam.refusing["S_EXT_CTRLS", TIME] = errno.EIO
    restart(webcam, camera)
    assert camera.restarts == 1
    webcam.refusing.clear()
    for expected in (True, False):
        webcam.written.clear()
        webcam.deliver()
        camera.read(1)
        assert (("exposure_time_absolute", 100) in webcam.written) == expected
    assert camera.restarts == 1


# A start of the stream that resets the controls

DEFAULTS = {MODE: 3, TIME: 156, DYNAMIC: 1, GAIN: 0}


@pytest.mark.parametrize(
    "found", [{MODE: 1, TIME: 42, DYNAMIC: 0, GAIN: 60}, {MODE: 3, TIME: 42, DYNAMIC: 0, GAIN: 60}]
)
def test_a_camera_that_its_start_resets_is_as_it_was_found(webcam, found):
    webcam.values, webcam.resets = dict(found), DEFAULTS
    with open_v4l2(str(webcam.path)) as camera:
        assert camera.settings() == {NAMES[key]: value for key, value in found.items()}
        assert webcam.values == found
    assert webcam.values == found


def test_one_that_can_not_be_set_back_at_once_is_noted_as_it_was_found(webcam, caplog):
    found = {MODE: 1, TIME: 42, DYNAMIC: 0, GAIN: 60}
    webcam.values, webcam.resets = dict(found), {MODE: 1, TIME: 156, DYNAMIC: 0, GAIN: 0}
    webcam.refusing["S_EXT_CTRLS", TIME] = errno.EIO
    with open_v4l2(str(webcam.path)) as camera:
        assert "put exposure_time_absolute back" in caplog.text
        original = camera.settings()
        assert original == {NAMES[key]: value for key, value in found.items()}
        webcam.refusing.clear()
        camera.take_control()
        assert camera.settings()["exposure_time_absolute"] == 156
        camera.restore(original)
    assert webcam.values == found


@pytest.mark.parametrize("request_name", ["QUERY_EXT_CTRL", "G_EXT_CTRLS"])
def test_without_its_exposure_time_it_is_manual_again_before_its_gain_is_set(webcam, request_name):
    webcam.values = {MODE: 1, TIME: 42, DYNAMIC: 0, GAIN: 60}
    webcam.resets = DEFAULTS
    webcam.refusing[request_name, TIME] = errno.EPIPE
    with open_v4l2(str(webcam.path)) as camera:
        assert (webcam.values[MODE], webcam.values[GAIN]) == (1, 60)
        original = camera.settings()
        assert original == {NAMES[MODE]: 1, NAMES[GAIN]: 60}
        assert camera.capabilities.time_s is None
        assert not camera.capabilities.native_auto, "its automatic may move a time that can't be put back"
        camera.take_control()
        camera.set_exposure(Exposure(0.01, 2.0))
        assert webcam.values[GAIN] != 60
        webcam.values[MODE] = 3
        webcam.written.clear()
        camera.restore(original)
        order = [webcam.written.index((NAMES[key], value)) for key, value in ((MODE, 1), (GAIN, 60))]
        assert order == sorted(order), "an automatic that is on would move the gain"
        assert (NAMES[MODE], 3) not in webcam.written
    assert (webcam.values[MODE], webcam.values[GAIN]) == (1, 60)


def test_a_reset_that_does_not_read_back_is_none(webcam):
    with open_v4l2(str(webcam.path)):
        assert webcam.written == []


def test_what_its_automatic_moves_meanwhile_is_no_reset(webcam):
    webcam.resets = {TIME: 300, GAIN: 20}
    with open_v4l2(str(webcam.path)):
        assert webcam.written == []


# Controls of another kind


def test_a_scale_without_a_unit_is_taken_for_even_steps_up_to_a_frame(webcam, open_it):
    webcam.values = {MODE: 0, SCALE: 120, GAIN: 20, AUTOGAIN: 1}
    webcam.menu = {0, 1}
    with open_it() as camera:
        times = camera.capabilities.time_s
        assert not times.unit_known
        assert (times.minimum, times.maximum) == pytest.approx((1 / 30 / 255, 1 / 30))
        assert camera.capabilities.note == ""
        assert "measure" in camera.capabilities.notice
        original = camera.settings()
        camera.take_control()
        assert (webcam.values[MODE], webcam.values[AUTOGAIN]) == (1, 0)
        assert camera.set_exposure(Exposure(1 / 60, 1.0)).time_s == pytest.approx(1 / 60, rel=0.01)
        assert webcam.values[SCALE] == 128
        camera.restore(original)
        assert webcam.values == {MODE: 0, SCALE: 120, GAIN: 20, AUTOGAIN: 1}


def test_a_time_with_a_unit_is_preferred(webcam, open_it):
    webcam.values[SCALE] = 5
    with open_it() as camera:
        assert camera.capabilities.time_s.unit_known
        assert "exposure" not in camera.settings()


@pytest.mark.parametrize(("control", "codes"), [(ANALOGUE_GAIN, (16, 1023)), (DIGITAL_GAIN, (256, 4095))])
def test_another_gain_serves(webcam, open_it, control, codes):
    del webcam.values[GAIN]
    webcam.values[control] = codes[0]
    with open_it() as camera:
        gains = camera.capabilities.gain
        camera.take_control()
        for gain, code in ((gains.minimum, codes[0]), (gains.maximum, codes[1])):
            assert camera.set_exposure(Exposure(0.01, gain)).gain == gain
            assert webcam.values[control] == pytest.approx(code, abs=3)


def test_a_menu_of_isos_is_a_gain(webcam, open_it):
    del webcam.values[GAIN]
    webcam.values |= {ISO: 0, ISO_AUTO: 1}
    with open_it() as camera:
        original = camera.settings()
        capabilities = camera.capabilities
        assert capabilities.gain.values == (1.0, 2.0, 4.0, 8.0)
        assert capabilities.base_iso == 100
        camera.take_control()
        assert webcam.values[ISO_AUTO] == 0
        assert camera.set_exposure(Exposure(0.01, 4.0)).gain == 4.0
        assert webcam.isos[webcam.values[ISO]] == 400_000
        camera.set_native_auto(True)
        assert webcam.values[ISO_AUTO] == 1
        camera.restore(original)
        assert (webcam.values[ISO], webcam.values[ISO_AUTO]) == (0, 1)


# What keeps the time from being set


def break_range(webcam):
    webcam.ranges[TIME] = (2047, 3, 1)


def no_time(webcam):
    del webcam.values[TIME]


def no_manual(webcam):
    webcam.menu = {3}


def no_entry(webcam):
    webcam.menu = set()


def one_entry(webcam):
    webcam.ranges[MODE], webcam.menu = (3, 3, 1), {3}


def read_only_mode(webcam):
    webcam.flags[MODE] = 0x4


@pytest.mark.parametrize("oddity", [break_range, no_time, no_manual, no_entry, one_entry, read_only_mode])
def test_where_the_time_can_not_be_set_the_automatic_stays_on(webcam, open_it, oddity):
    oddity(webcam)
    with open_it() as camera:
        assert camera.capabilities.time_s is None
        original = camera.settings()
        assert original == {"gain": 8}
        camera.take_control()
        assert camera.set_exposure(Exposure(0.01, 16.0)).gain == 16.0
        camera.restore(original)
    assert {name for name, _ in webcam.written} == {"gain"}
    assert webcam.values[MODE] == 3


def mode_unread(webcam):
    webcam.refusing["G_EXT_CTRLS", MODE] = errno.EIO


@pytest.mark.parametrize("oddity", [break_range, no_time, no_manual, no_entry, read_only_mode, mode_unread])
def test_a_gain_that_the_automatic_left_on_moves_again_counts_as_put_back(webcam, open_it, oddity):
    oddity(webcam)
    with open_it() as camera:
        original = camera.settings()
        camera.take_control()
        webcam.ranges[GAIN] = (92, 92, 1)
        camera.restore(original)
    assert webcam.written[-1] == ("gain", 8)


def test_a_gain_without_any_automatic_does_not(webcam, open_it):
    del webcam.values[MODE], webcam.values[TIME]
    with open_it() as camera:
        original = camera.settings()
        camera.take_control()
        webcam.ranges[GAIN] = (92, 92, 1)
        with pytest.raises(SettledOtherwise, match="its gain is 92 now, where it was 8"):
            camera.restore(original)


def test_a_mode_that_can_only_be_manual_leaves_nothing_to_switch(webcam, open_it):
    webcam.flags[MODE] = 0x4
    webcam.values[MODE] = 1
    with open_it() as camera:
        assert not camera.capabilities.native_auto
        original = camera.settings()
        camera.take_control()
        assert camera.set_exposure(Exposure(0.01, 1.0)) == Exposure(0.01, 1.0)
        camera.restore(original)
    assert "auto_exposure" not in dict(webcam.written)


@pytest.mark.parametrize("menu", [{1}, {2}, {2, 3}, {0, 2}, {0, 1, 2, 3}])
def test_whatever_leaves_the_time_to_us_is_manual(webcam, open_it, menu):
    webcam.menu = menu
    webcam.values[MODE] = min(menu)
    with open_it() as camera:
        camera.take_control()
        assert webcam.values[MODE] == (1 if 1 in menu else 2)
        assert camera.set_exposure(Exposure(0.01, 1.0)) == Exposure(0.01, 1.0)


@pytest.mark.parametrize("low", [-7, 0])
def test_a_gain_or_time_that_is_upside_down_or_below_zero_is_no_crash(webcam, open_it, low):
    webcam.ranges |= {GAIN: (255, 0, 1), TIME: (low, 400, 10)}
    with open_it() as camera:
        assert camera.capabilities.gain is None
        assert "gain (its range ends before it begins)" in camera.capabilities.note
        camera.take_control()
        least_s = camera.capabilities.time_s.minimum
        assert camera.set_exposure(Exposure(1e-9, 1.0)).time_s == pytest.approx(least_s)
        assert 0 < webcam.values[TIME] <= 10


# Put back


def test_a_value_that_settles_elsewhere_is_said(manual, open_it):
    manual.values[GAIN] = 300  # as it came: above its own range
    with open_it() as camera:
        original = camera.settings()
        camera.take_control()
        camera.set_exposure(Exposure(0.01, 2.0))
        with pytest.raises(SettledOtherwise, match="its gain is 255 now, where it was 300"):
            camera.restore(original)
        assert manual.values == {MODE: 1, TIME: 20, DYNAMIC: 0, GAIN: 255}


def test_what_the_automatic_moves_again_need_not_come_back(webcam, open_it):
    webcam.values[TIME] = 157
    with open_it() as camera:
        original = camera.settings()
        webcam.snap = lambda ticks: ticks // 10 * 10
        camera.take_control()
        camera.restore(original)
        assert (webcam.values[MODE], webcam.values[TIME]) == (3, 150)


def test_a_refusal_to_be_put_back_to_what_it_is_anyway_is_none(manual, open_it):
    with open_it() as camera:
        original = camera.settings()
        manual.refusing["S_EXT_CTRLS", GAIN] = errno.EIO
        camera.restore(original)
        manual.values[GAIN] = 9
        with pytest.raises(CameraError, match="put gain back"):
            camera.restore(original)


def test_a_camera_with_nothing_that_works_says_so(webcam, open_it):
    for control in webcam.values:
        webcam.refusing["QUERY_EXT_CTRL", control] = errno.EPROTO
    with open_it() as camera:
        assert not camera.capabilities.controls_exposure
        assert camera.settings() == {}
        with pytest.raises(UnsupportedControl, match="error of the bus"):
            camera.take_control()
