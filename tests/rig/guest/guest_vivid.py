"""Run in the guest, with the kernel's own virtual camera, which has no exposure control."""

import pytest
from linuxpy.video.device import Device

from autoexposure.errors import CameraError, CameraNotFound, UnsupportedControl
from drivers.discovery import list_cameras, open_camera

WAIT_S = 20.0
"""Patience with a guest that gets a tenth of a core."""


def push(button: str) -> None:
    """Have vivid make an error, from outside of our driver."""
    with Device("/dev/video0") as device:
        device.controls[button].push()


def test_streams_and_says_that_it_has_no_exposure_control():
    with open_camera("v4l2:/dev/video0") as camera:
        assert not camera.capabilities.controls_exposure
        assert "no exposure control" in camera.capabilities.note
        with pytest.raises(UnsupportedControl, match="no exposure control"):
            camera.take_control()
        frame = camera.read(WAIT_S)
        assert frame.pixels.shape == (480, 640, 3)
        assert frame.pixels.std() > 20  # colour bars


@pytest.mark.parametrize("fourcc", ["YUYV", "NV12", "GREY"])
def test_every_raw_format_shows_the_same_bars(fourcc):
    with open_camera("v4l2:0,format=YUYV") as reference:
        luma = reference.read(WAIT_S).pixels.mean()
    with open_camera(f"v4l2:0,format={fourcc}") as camera:
        assert fourcc in camera.info.detail
        assert camera.read(WAIT_S).pixels.mean() == pytest.approx(luma, abs=14 if fourcc == "GREY" else 2)


def test_only_the_capture_node_is_listed_and_the_default_is_simulated():
    assert [info.spec for info in list_cameras() if info.spec.startswith("v4l2:")] == ["v4l2:/dev/video0"]
    with open_camera() as camera:
        assert camera.info.spec == "sim:"


def test_a_picture_marked_as_damaged_is_left_out():
    with open_camera("v4l2:0") as camera:
        before = camera.read(WAIT_S).sequence
        push("inject_v4l2_buf_flag_error")
        after = [camera.read(WAIT_S).sequence for _ in range(6)]
        assert after == sorted(set(after))
        assert after[-1] - before > 6


@pytest.mark.parametrize("button", ["inject_fatal_streaming_error", "inject_vidioc_qbuf_error"])
def test_a_broken_stream_is_an_error_of_ours_and_opens_again(button):
    with open_camera("v4l2:0") as camera:
        camera.read(WAIT_S)
        push(button)
        with pytest.raises(CameraError):
            read_on(camera)
    with open_camera("v4l2:0") as camera:
        camera.read(WAIT_S)


def read_on(camera):
    for _ in range(5):
        camera.read(1)


def test_a_node_that_is_not_there():
    with pytest.raises(CameraNotFound, match="autoexposure list"):
        open_camera("v4l2:99")
