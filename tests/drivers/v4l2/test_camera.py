import errno
import os
import subprocess
import sys
import time

import cv2
import numpy as np
import pytest

from autoexposure.abilities.moded import PictureMode
from autoexposure.errors import (
    CameraBusy,
    CameraDisconnected,
    CameraError,
    CameraNotFound,
    ConfigError,
    ControlTaken,
    FrameTimeout,
    UnsupportedControl,
)
from autoexposure.exposure import Exposure
from autoexposure.metering.preview import make_preview
from autoexposure.simulation.builtin_scenes import shipped_photograph

pytest.importorskip("linuxpy", reason="V4L2 exists on Linux only")

from drivers.common.gain_law import GainLaw
from drivers.v4l2.camera import first_controllable, list_v4l2, open_v4l2, parse_options
from drivers.v4l2.errors import others_using
from drivers.v4l2.family import V4L2

HOLD = "import sys; f = open(sys.argv[1], 'rb+', 0); print(end='.', flush=True); sys.stdin.read(1)"

VOLATILE = 0x80
MODE, TIME, DYNAMIC, GAIN, AUTOGAIN = 0x9A0901, 0x9A0902, 0x9A0903, 0x980913, 0x980912


@pytest.fixture
def camera(webcam):
    with open_v4l2(f"{webcam.path},size=64x48") as opened:
        yield opened


def test_opening_changes_no_control(webcam, camera):
    assert camera.capabilities.controls_exposure
    assert webcam.written == []


def test_capabilities_are_in_physical_units(camera):
    time_s, gain = camera.capabilities.time_s, camera.capabilities.gain
    assert (time_s.minimum, time_s.maximum, time_s.step) == (0.0003, 0.2047, 0.0001)
    assert (gain.minimum, gain.maximum, len(gain.values)) == (1.0, 16.0, 256)
    assert not time_s.reads_back  # uvcvideo answers from its cache
    assert camera.capabilities.native_auto
    assert camera.capabilities.note == ""


def test_settings_name_every_control_the_driver_may_write(webcam, camera):
    assert camera.settings() == {
        "exposure_dynamic_framerate": 1,
        "auto_exposure": 3,
        "exposure_time_absolute": 156,
        "gain": 8,
    }


def test_control_is_taken_in_the_order_the_device_needs(webcam, camera):
    camera.take_control()
    assert webcam.written == [
        ("exposure_dynamic_framerate", 0),
        ("auto_exposure", 1),
        ("exposure_time_absolute", 156),  # both are written, whatever the cache says
        ("gain", 8),
    ]


def test_handing_over_does_not_start_with_slow_frames(webcam, camera):
    webcam.values[TIME] = 2000
    camera.take_control()
    assert webcam.values[TIME] == 333


def test_exposure_is_unknown_while_the_firmware_decides(webcam, camera):
    assert camera.exposure is None
    camera.take_control()
    assert camera.exposure == Exposure(0.0156, 1 + 8 * 15 / 255)


def test_exposure_is_read_from_a_device_that_can_be_asked(webcam):
    webcam.flags = {TIME: 0x80, GAIN: 0x80}
    with open_v4l2(str(webcam.path)) as camera:
        assert camera.capabilities.time_s.reads_back
        assert camera.exposure == Exposure(0.0156, 1 + 8 * 15 / 255)


def test_set_exposure_returns_what_was_really_set(webcam, camera):
    camera.take_control()
    webcam.snap = lambda ticks: min((3, 39, 78, 156, 312), key=lambda step: abs(step - ticks))
    assert camera.set_exposure(Exposure(0.0100, 1.0)) == Exposure(0.0078, 1.0)
    assert webcam.written[-2:] == [("exposure_time_absolute", 100), ("gain", 0)]


@pytest.mark.parametrize(
    ("asked", "really"),
    [
        (Exposure(1e-9, 1e-3), Exposure(0.0003, 1.0)),
        (Exposure(1e3, 1e6), Exposure(0.2047, 16.0)),
    ],
)
def test_out_of_range_is_clamped(camera, asked, really):
    camera.take_control()
    assert camera.set_exposure(asked) == really


def test_long_exposures_let_the_frame_rate_drop_and_short_ones_bring_it_back(webcam, camera):
    camera.take_control()
    webcam.written.clear()
    camera.set_exposure(Exposure(0.1))
    assert webcam.written[0] == ("exposure_dynamic_framerate", 1)
    webcam.written.clear()
    camera.set_exposure(Exposure(0.2))
    assert "exposure_dynamic_framerate" not in dict(webcam.written)
    camera.set_exposure(Exposure(0.01))
    assert webcam.values[DYNAMIC] == 0


def test_a_time_step_is_kept(webcam):
    webcam.ranges[TIME] = (10, 1000, 30)
    with open_v4l2(str(webcam.path)) as camera:
        camera.take_control()
        assert camera.set_exposure(Exposure(0.0112)).time_s == 0.0100
        assert camera.set_exposure(Exposure(0.0118)).time_s == 0.0130


@pytest.mark.parametrize("lowest", [1, 3, 7])
def test_what_is_set_compares_equal_to_what_was_asked_of_the_range(webcam, lowest):
    webcam.ranges[TIME] = (lowest, 2047, 1)
    with open_v4l2(str(webcam.path)) as camera:
        camera.take_control()
        for wanted_s in (0.0005, 0.0017, 0.0071, 0.0123, 0.0333, 0.1):
            asked = Exposure(camera.capabilities.time_s.nearest(wanted_s), 1.0)
            assert camera.set_exposure(asked) == asked


def test_setting_while_another_program_has_switched_to_automatic(webcam, camera):
    camera.take_control()
    webcam.values[MODE] = 3
    with pytest.raises(CameraBusy, match="automatic exposure is on"):
        camera.set_exposure(Exposure(0.01))


def test_what_another_program_sets_is_heard_once(webcam, camera, monkeypatch):
    camera.take_control()
    camera.set_exposure(Exposure(0.01, 2.0))
    later_s = time.monotonic() + 1
    monkeypatch.setattr("drivers.v4l2.controls.time.monotonic", lambda: later_s)
    assert camera.foreign_change() == ""
    webcam.set_by_another(exposure_time_absolute=500, gain=0)
    assert camera.foreign_change() == "another program set exposure time absolute to 500 and gain to 0"
    assert camera.foreign_change() == ""


def test_another_program_switching_to_automatic_is_heard_at_once(webcam, camera):
    camera.take_control()
    webcam.set_by_another(auto_exposure=3)
    assert camera.foreign_change() == "another program switched the automatic exposure on"


def test_the_cameras_own_answer_to_a_setting_is_nobody_elses(webcam, camera):
    camera.take_control()
    camera.set_exposure(Exposure(0.01, 2.0))
    webcam.set_by_another(exposure_time_absolute=78)  # rounded, some milliseconds later
    assert camera.foreign_change() == ""


def looks(webcam, camera, monkeypatch, moves):
    """What is heard at one look each second, before each of which the camera has moved its exposure time."""
    now_s = time.monotonic()
    heard = []
    for second, ticks in enumerate(moves, 1):
        webcam.values[TIME] = ticks
        monkeypatch.setattr("drivers.v4l2.controls.time.monotonic", lambda at_s=now_s + 1.1 * second: at_s)
        heard.append(camera.foreign_change())
    return heard


@pytest.mark.parametrize("live", [True, False])
def test_a_value_that_moves_by_itself_is_the_automatic_in_secret(webcam, monkeypatch, live):
    if live:
        webcam.flags[TIME] = VOLATILE
    with open_v4l2(str(webcam.path)) as camera:
        camera.take_control()
        camera.set_exposure(Exposure(0.01))
        heard = looks(webcam, camera, monkeypatch, [100, 100, 100, 150, 220])
        expected = "its own automatic changed the exposure although it is switched off"
        assert heard == ["", "", "", expected if live else "", ""]
        webcam.written.clear()
        camera.take_control()
        assert [value for name, value in webcam.written if name == "auto_exposure"] == ([3, 1] if live else [1])


def test_a_value_rounded_after_the_write_or_read_inexactly_is_not_taken_for_the_automatic(webcam, monkeypatch):
    webcam.flags[TIME] = VOLATILE
    with open_v4l2(str(webcam.path)) as camera:
        camera.take_control()
        camera.set_exposure(Exposure(0.01))
        assert looks(webcam, camera, monkeypatch, [78, 78, 80, 77, 78]) == [""] * 5


@pytest.mark.parametrize(("flags", "requests"), [(VOLATILE, 1), (0, 0)], ids=["live", "cached"])
def test_a_live_value_is_looked_at_once_a_second_and_a_cached_one_never(webcam, monkeypatch, flags, requests):
    webcam.flags[TIME] = flags
    with open_v4l2(str(webcam.path)) as camera:
        camera.take_control()
        camera.set_exposure(Exposure(0.01))
        later_s = time.monotonic() + 1.1
        monkeypatch.setattr("drivers.v4l2.controls.time.monotonic", lambda: later_s)
        webcam.requests.clear()
        for _ in range(30):
            camera.foreign_change()
        assert webcam.requests.count("G_EXT_CTRLS") == requests


def test_changes_while_the_firmware_is_in_charge_are_its_own(webcam, camera, monkeypatch):
    later_s = time.monotonic() + 1
    for hand_over in (lambda: None, lambda: camera.set_native_auto(True)):
        hand_over()
        monkeypatch.setattr("drivers.v4l2.controls.time.monotonic", lambda: later_s)
        webcam.set_by_another(exposure_time_absolute=500)
        assert camera.foreign_change() == ""
        camera.take_control()


def test_a_driver_without_events_is_silent(webcam):
    webcam.fail["SUBSCRIBE_EVENT"] = [errno.ENOTTY] * 4
    with open_v4l2(str(webcam.path)) as camera:
        camera.take_control()
        webcam.set_by_another(auto_exposure=3)
        assert camera.foreign_change() == ""


def test_who_else_has_the_node_open(webcam):
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(webcam.path)], stdin=-1, stdout=-1)
    try:
        assert holder.stdout.read(1) == b"."
        (who,) = others_using(str(webcam.path))
        assert who.endswith(f", process {holder.pid}")
        webcam.fail["STREAMON"] = [errno.EBUSY]
        with pytest.raises(CameraBusy, match=rf"process {holder.pid}\) is taking pictures"):
            open_v4l2(str(webcam.path))
    finally:
        holder.kill()
        holder.communicate()
    assert others_using(str(webcam.path)) == []


def test_a_time_that_another_program_holds_is_said(webcam, camera):
    webcam.flags = {TIME: 0x2}
    with pytest.raises(CameraBusy, match="held by another program"):
        camera.take_control()


def test_a_measured_gain_law_replaces_the_guess(webcam):
    from drivers.v4l2.camera import V4l2Camera
    from drivers.v4l2.nodes import find_node

    law = GainLaw((200, 100, 0), (1.0, 2.0, 8.0), measured=True)  # inverted, as some are
    with V4l2Camera(find_node("0"), gain_law=law) as camera:
        camera.take_control()
        assert camera.set_exposure(Exposure(0.01, 2.2)) == Exposure(0.01, 2.0)
        assert webcam.values[GAIN] == 100


def test_restore_puts_every_control_back(webcam, camera):
    before = camera.settings()
    camera.take_control()
    camera.set_exposure(Exposure(0.1, 8.0))
    assert camera.settings() != before
    camera.restore(before)
    assert camera.settings() == before == webcam.named_values()


def test_restore_writes_by_hand_before_it_switches_to_automatic(webcam, camera):
    before = camera.settings()
    camera.take_control()
    webcam.written.clear()
    camera.restore(before)
    order = [name for name, _ in webcam.written]
    assert order.index("exposure_time_absolute") < len(order) - 1 - order[::-1].index("auto_exposure")


def test_restore_goes_on_after_a_control_that_refuses(webcam, camera):
    before = camera.settings()
    camera.take_control()
    camera.set_exposure(Exposure(0.01, 8.0))
    webcam.refusing["S_EXT_CTRLS", DYNAMIC] = errno.EIO
    with pytest.raises(CameraError, match="put exposure_dynamic_framerate back"):
        camera.restore(before)
    assert webcam.values[GAIN] == 8
    assert webcam.values[MODE] == 3


def test_restore_ignores_controls_the_device_does_not_have(camera):
    camera.restore({"contrast": 3})


def test_native_automatic_goes_on_and_off(webcam, camera):
    camera.take_control()
    camera.set_native_auto(True)
    assert webcam.values[MODE] == 3
    camera.set_native_auto(False)
    assert webcam.values[MODE] == 1


def test_a_camera_without_exposure_control_still_streams(webcam):
    webcam.values = {}
    with open_v4l2(str(webcam.path)) as camera:
        assert not camera.capabilities.controls_exposure
        assert "no exposure control" in camera.capabilities.note
        assert camera.settings() == {}
        assert camera.exposure is None
        with pytest.raises(UnsupportedControl, match="no exposure control"):
            camera.take_control()
        with pytest.raises(UnsupportedControl):
            camera.set_exposure(Exposure(0.01))
        with pytest.raises(UnsupportedControl):
            camera.set_native_auto(True)
        webcam.deliver()
        assert camera.read(1).sequence == 0


def test_vivids_gain_is_not_taken_for_an_amplifier(kernel):
    webcam = kernel.plug(driver="vivid")
    webcam.values = {GAIN: 100, AUTOGAIN: 1}
    with open_v4l2(str(webcam.path)) as camera:
        assert camera.capabilities.gain is None
        assert camera.settings() == {}


def test_a_camera_with_gain_only_has_its_gain_controlled(webcam):
    webcam.values = {GAIN: 100, AUTOGAIN: 1}
    with open_v4l2(str(webcam.path)) as camera:
        assert camera.capabilities.time_s is None
        assert "only its gain" in camera.capabilities.note
        camera.take_control()
        assert webcam.written == [("gain_automatic", 0), ("gain", 100)]
        assert camera.set_exposure(Exposure(0.5, 16.0)) == Exposure(camera.frame_interval_s, 16.0)
        camera.set_native_auto(True)
        assert webcam.values[AUTOGAIN] == 1


def test_a_camera_without_gain_keeps_gain_one(webcam):
    del webcam.values[GAIN]
    with open_v4l2(str(webcam.path)) as camera:
        camera.take_control()
        assert camera.set_exposure(Exposure(0.01, 4.0)) == Exposure(0.01, 1.0)


def test_an_automatic_that_has_no_manual_is_said(webcam):
    webcam.menu = {3}
    with open_v4l2(str(webcam.path)) as camera:
        assert camera.capabilities.time_s is None
        assert "can't be switched off" in camera.capabilities.note


def test_a_time_that_stays_inactive_is_said(webcam):
    webcam.stuck_inactive = True
    del webcam.values[GAIN]
    with open_v4l2(str(webcam.path)) as camera:
        with pytest.raises(UnsupportedControl, match="stays automatic although manual was switched on"):
            camera.take_control()
        assert webcam.values[MODE] == 3


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENODEV, CameraDisconnected),
        (errno.EBUSY, CameraBusy),
        (errno.EACCES, ControlTaken),
        (errno.EIO, CameraError),
        (errno.EILSEQ, ControlTaken),
        (errno.ETIMEDOUT, CameraError),
        (errno.ERANGE, CameraError),
    ],
)
def test_refused_controls_are_translated(webcam, camera, number, kind):
    camera.take_control()
    webcam.fail["S_EXT_CTRLS"] = [number]
    with pytest.raises(CameraError) as caught:
        camera.set_exposure(Exposure(0.01))
    assert type(caught.value) is kind
    assert isinstance(caught.value.__cause__, OSError)
    assert camera.set_exposure(Exposure(0.01)).time_s == 0.01  # and the next one works


def test_picture_is_rgb_with_kernel_timestamp_and_sequence(webcam, camera):
    webcam.deliver(webcam.grey(126), age_s=0.02)
    stamp_s = webcam.done[0][3]
    frame = camera.read(1)
    assert frame.pixels.shape == (48, 64, 3)
    assert frame.pixels.dtype == np.uint8
    assert np.all(np.abs(frame.pixels.astype(int) - 128) <= 1)
    assert frame.timestamp_s == pytest.approx(stamp_s, abs=2e-6)
    assert frame.exposure is None
    assert not frame.reported


def test_newest_picture_is_delivered_and_older_ones_dropped(webcam, camera):
    webcam.deliver(webcam.grey(50))
    webcam.deliver(webcam.grey(200))
    frame = camera.read(1)
    assert frame.sequence == 1
    assert frame.pixels.mean() > 190
    assert len(webcam.queued) == 2


def test_pictures_from_before_a_long_pause_are_dropped(webcam, camera):
    webcam.deliver(webcam.grey(50), age_s=2)
    webcam.deliver(webcam.grey(60), age_s=2)
    for _ in range(3):
        webcam.deliver()  # lost: no buffer is free
    webcam.later.append(lambda: webcam.deliver(webcam.grey(200)))
    frame = camera.read(1)
    assert frame.sequence == 5
    assert frame.pixels.mean() > 190


@pytest.mark.parametrize("stamps", ["zero", "constant"])
def test_where_no_time_stamp_is_true_the_time_of_arrival_counts_and_nothing_is_stale(webcam, camera, stamps):
    began_s = time.monotonic()
    for sequence in range(1, 12, 2):
        for _ in range(2):
            age_s = time.monotonic() - (0.0 if stamps == "zero" else began_s - 60)
            webcam.deliver(age_s=age_s)
        before_s = time.monotonic()
        frame = camera.read(1)
        assert frame.sequence == sequence
        assert before_s <= frame.timestamp_s <= time.monotonic()


def test_one_old_picture_alone_is_still_the_newest_there_is(webcam, camera):
    webcam.deliver(age_s=2)
    assert camera.read(1).sequence == 0


def test_no_picture_in_time(camera):
    with pytest.raises(FrameTimeout, match="no picture within 0"):
        camera.read(0)


def test_damaged_pictures_are_skipped(webcam, camera):
    webcam.deliver(flags=0x40)
    webcam.later.append(lambda: webcam.deliver(webcam.grey(100)[:1000]))
    webcam.later.append(lambda: webcam.deliver(webcam.grey(200)))
    assert camera.read(1).sequence == 2
    assert len(webcam.queued) == 2
    assert webcam.requests.count("STREAMON") == 1


def test_a_halted_endpoint_is_cleared_by_starting_the_stream_anew(webcam, camera):
    webcam.deliver()
    assert camera.read(1).sequence == 0

    def failed_transfer() -> None:
        webcam.deliver(b"", flags=0x40, age_s=time.monotonic())  # uvcvideo leaves the timestamp at 0
        webcam.deliver(b"", flags=0x40, age_s=time.monotonic())

    webcam.later.extend([failed_transfer, webcam.deliver])
    webcam.requests.clear()
    frame = camera.read(1)
    assert webcam.requests.count("STREAMON") == 1
    assert frame.sequence > 0  # the kernel counts from 0 again, the frames don't
    assert len(webcam.queued) == 2


def test_a_buffer_that_comes_back_empty_without_an_error_is_passed_over(webcam, camera):
    webcam.requests.clear()
    webcam.deliver(b"")
    webcam.later.append(webcam.deliver)
    assert camera.read(1).sequence == 1
    assert "STREAMOFF" not in webcam.requests


def test_an_endless_row_of_damaged_pictures_is_a_timeout_and_no_spin(webcam, camera):
    class Endless:
        def __bool__(self) -> bool:
            return True

        def popleft(self):
            return lambda: webcam.deliver(b"", flags=0x40)

    webcam.later = Endless()
    webcam.requests.clear()
    with pytest.raises(FrameTimeout):
        camera.read(0.05)
    assert webcam.requests.count("DQBUF") < 30
    assert webcam.requests.count("STREAMON") == 1


def test_unplugged_while_reading(webcam, camera):
    webcam.later.append(webcam.unplug)
    with pytest.raises(CameraDisconnected, match="unplugged"):
        camera.read(1)
    with pytest.raises(CameraDisconnected):
        camera.settings()
    with pytest.raises(CameraDisconnected):
        camera.set_exposure(Exposure(0.01))
    camera.close()
    camera.close()


def test_a_stream_that_the_kernel_gave_up_is_a_disconnect(webcam, camera):
    webcam.fail["DQBUF"] = [errno.EIO]
    with pytest.raises(CameraDisconnected, match="stopped delivering"):
        camera.read(1)


def test_jpeg_is_decoded_smaller_where_nobody_looks(webcam):
    webcam.modes = {"MJPG": [(640, 480, (30,))]}
    jpeg = cv2.imencode(".jpg", cv2.resize(shipped_photograph("chelsea.png"), (640, 480)))[1].tobytes()
    previews = []
    with open_v4l2(str(webcam.path)) as camera:
        for size in ((640, 480), (320, 240)):
            webcam.deliver(jpeg)
            frame = camera.read(1)
            assert frame.size_px == size
            previews.append(make_preview(frame.pixels))
            camera.shrink_to(128)
    assert np.abs(previews[0] - previews[1]).mean() < 1  # code values of 255


def test_raw_pictures_stay_as_large_as_they_are(webcam, camera):
    camera.shrink_to(16)
    webcam.deliver()
    assert camera.read(1).size_px == (64, 48)


def test_a_stalled_start_is_tried_once_more(webcam):
    webcam.fail["STREAMON"] = [errno.EIO]
    with open_v4l2(str(webcam.path)) as camera:
        webcam.deliver(bytes(640 * 480 * 2)[: len(webcam.buffers[0])])
        assert camera.read(1).sequence == 0


@pytest.mark.parametrize("request_name", ["S_FMT", "REQBUFS", "STREAMON"])
def test_another_program_streams(webcam, request_name):
    webcam.fail[request_name] = [errno.EBUSY]
    with pytest.raises(CameraBusy, match="another program is taking pictures"):
        open_v4l2(str(webcam.path))


def test_a_failed_opening_leaves_nothing_open(webcam):
    before = set(os.listdir("/proc/self/fd"))
    webcam.fail["STREAMON"] = [errno.EBUSY]
    with pytest.raises(CameraBusy):
        open_v4l2(str(webcam.path))
    assert set(os.listdir("/proc/self/fd")) == before


def test_closed_camera_says_so(camera):
    camera.close()
    camera.close()
    for use in (lambda: camera.read(0), camera.settings, camera.take_control, lambda: camera.exposure):
        with pytest.raises(CameraError, match="has been closed"):
            use()


def test_no_decodable_format(webcam):
    webcam.modes = {"H264": [(64, 48, (30,))]}
    with pytest.raises(CameraError, match="delivers pictures as H264 only, which can't be read"):
        open_v4l2(str(webcam.path))


def test_device_that_has_no_frame_rate_to_choose(webcam):
    webcam.fail["S_PARM"] = [errno.ENOTTY]
    with open_v4l2(f"{webcam.path},fps=15") as camera:
        assert camera.frame_interval_s == pytest.approx(1 / 15)


def test_lower_rate_is_asked_for(webcam):
    with open_v4l2(f"{webcam.path},size=64x48,fps=10") as camera:
        assert webcam.rate == 15
        assert camera.frame_interval_s == pytest.approx(1 / 15)


def test_every_mode_is_offered_and_the_one_in_use_is_said(webcam):
    webcam.modes["MJPG"] = [(128, 96, (60, 30))]
    with open_v4l2(f"{webcam.path},size=64x48,fps=10") as camera:
        assert camera.modes() == (
            PictureMode("MJPG", 128, 96, (60.0, 30.0)),
            PictureMode("YUYV", 64, 48, (30.0, 15.0)),
            PictureMode("YUYV", 32, 24, (30.0,)),
        )
        assert camera.mode == PictureMode("YUYV", 64, 48, (15.0,))


@pytest.mark.parametrize(
    ("spec", "mode", "opened_by"),
    [
        ("v4l2:0", PictureMode("MJPG", 128, 96, (60.0,)), "v4l2:0,size=128x96,fps=60,format=MJPG"),
        ("v4l2:/dev/video0,fps=15, size=64x48", PictureMode("", 32, 24), "v4l2:/dev/video0,size=32x24"),
        ("v4l2:", PictureMode("YUYV", 32, 24, (30000 / 1001,)), "v4l2:,size=32x24,fps=29.97,format=YUYV"),
    ],
)
def test_a_mode_is_written_into_the_specification(spec, mode, opened_by):
    assert V4L2.in_mode is not None
    assert V4L2.in_mode(spec, mode) == opened_by
    wanted = parse_options(opened_by.partition(",")[2])
    assert (wanted.width_px, wanted.height_px, wanted.fourcc) == (*mode.size_px, mode.fourcc)


def test_options():
    wanted = parse_options("size=320x240, fps=15,format=mjpeg")
    assert (wanted.width_px, wanted.height_px, wanted.rate_fps, wanted.fourcc) == (320, 240, 15.0, "MJPG")


@pytest.mark.parametrize(
    "options",
    ["size=big", "size=1x2x3", "fps=fast", "fps=-1", "fps=nan", "size=0x10", "zoom=2", "format=H264", "640x480"],
)
def test_malformed_options(options):
    with pytest.raises(ConfigError, match="given"):
        parse_options(options)


@pytest.mark.parametrize("which", ["", "0", "{path}", "usb-1209:0001-SN1-1.0.0"])
def test_ways_to_name_a_camera(webcam, which):
    with open_v4l2(which.format(path=webcam.path)) as camera:
        assert camera.info.stable_id == "usb-1209:0001-SN1-1.0.0"
        assert camera.info.name == "Fake Webcam"


def test_link_to_a_node(webcam, tmp_path):
    link = tmp_path / "usb-Fake-video-index0"
    link.symlink_to(webcam.path)
    with open_v4l2(str(link)) as camera:
        assert camera.info.spec == f"v4l2:{link}"


@pytest.mark.parametrize("which", ["7", "/dev/does-not-exist", "nonsense", "/dev/video0/below"])
def test_camera_that_is_not_there(webcam, which):
    with pytest.raises(CameraNotFound, match="autoexposure list"):
        open_v4l2(which)


def test_no_camera_at_all(kernel):
    with pytest.raises(CameraNotFound, match="no camera is plugged in"):
        open_v4l2("")


def test_metadata_nodes_are_neither_listed_nor_opened(kernel):
    kernel.plug(0)
    metadata = kernel.plug(1, index=1, capabilities=0x4800000)
    assert [info.spec for info in list_v4l2()] == [f"v4l2:{kernel.devices / 'video0'}"]
    with pytest.raises(CameraNotFound, match="delivers no pictures"):
        open_v4l2(str(metadata.path))


def test_nodes_are_listed_by_number(kernel):
    for number in (10, 2, 0):
        kernel.plug(number)
    assert [info.spec.rpartition("video")[2] for info in list_v4l2()] == ["0", "2", "10"]


def test_camera_that_may_not_be_opened_is_listed_with_the_reason(kernel, monkeypatch):
    kernel.plug()
    kernel.plug(1, index=1)

    def refuse(*_: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("drivers.v4l2.nodes.os.open", refuse)
    (info,) = list_v4l2()
    assert "'video' group" in info.trouble
    assert info.stable_id == "usb-1209:0001-SN1-1.0.0"
    with pytest.raises(CameraBusy, match="'video' group"):
        open_v4l2("0")


@pytest.mark.parametrize("serial", ["SN0001", "200901010001", "0000", "01.00.00"])
def test_a_serial_number_that_every_such_camera_has_tells_none_apart(kernel, serial):
    kernel.plug(serial=serial, port="1-2.3")
    (info,) = list_v4l2()
    assert info.stable_id == f"usb-1209:0001-{serial}-at-1-2.3-1.0.0"
    assert info.former_id == f"usb-1209:0001-{serial}-1.0.0"
    with open_v4l2(info.former_id) as camera:
        assert camera.info.stable_id == info.stable_id, "the id of an earlier version is found again"


def test_two_cameras_with_one_serial_number_are_told_apart_by_their_ports(kernel):
    kernel.plug(0, serial="A7", port="1-1")
    kernel.plug(1, serial="A7", port="1-2")
    kernel.plug(2, serial="B7", port="1-3")
    kernel.plug(3, serial="B7", port="1-3", index=1)
    ids = [info.stable_id for info in list_v4l2()]
    assert ids == [
        "usb-1209:0001-A7-at-1-1-1.0.0",
        "usb-1209:0001-A7-at-1-2-1.0.0",
        "usb-1209:0001-B7-1.0.0",
        "usb-1209:0001-B7-1.0.1",
    ]
    for number, which in enumerate(ids):
        with open_v4l2(which) as camera:
            assert camera.info.stable_id == which
            assert str(number) in camera.info.detail
    kernel.unplug(1)
    assert list_v4l2()[0].stable_id == "usb-1209:0001-A7-1.0.0"


def test_stable_id_uses_the_port_where_there_is_no_serial_number(kernel):
    kernel.plug(serial="")
    assert list_v4l2()[0].stable_id == "usb-1209:0001-1-1-1.0.0"


def test_first_controllable_camera(kernel):
    kernel.plug(0).values = {}
    webcam = kernel.plug(1)
    assert first_controllable() == f"v4l2:{webcam.path}"
    assert webcam.written == []
    del webcam.values[TIME]
    assert first_controllable() is None
