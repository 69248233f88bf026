"""The virtual camera on a played v4l2loopback; the device node is a pipe, so that what is written can be read."""

import errno
import os
from contextlib import suppress

import cv2
import numpy as np
import pytest

from autoexposure.errors import VirtualCameraError
from drivers.v4l2.loopback import open_loopback

OUTPUT, READ_WRITE = 0x2, 0x1000000
SIZE = (64, 48)


@pytest.fixture
def loopback(kernel):
    kernel.plug(0)
    return kernel.plug(9, serial="", driver="v4l2 loopback", capabilities=OUTPUT | READ_WRITE)


def picture() -> np.ndarray:
    """Smooth, since the formats share colour between neighbours: RGB (48, 64, 3)."""
    rows, columns = np.indices((SIZE[1], SIZE[0]))
    return np.stack([4 * columns, 5 * rows, 255 - 2 * columns - 2 * rows], axis=2).astype(np.uint8)


def shown(loopback, back: int, rows: int, planes: int | None) -> np.ndarray:
    """What a program that watches would see."""
    data = np.frombuffer(os.read(loopback.pipe, 1 << 16), np.uint8)
    shape = (rows, SIZE[0]) if planes is None else (rows, SIZE[0], planes)
    return cv2.cvtColor(data.reshape(shape), back)


def test_the_first_loopback_device_shows_the_picture(loopback):
    with open_loopback(*SIZE, 25.0) as device:
        assert device.name == str(loopback.path)
        assert device.size_px == SIZE
        assert (loopback.fourcc, loopback.rate) == ("YU12", 25)
        device.send(picture())
        seen = shown(loopback, cv2.COLOR_YUV2RGB_I420, SIZE[1] * 3 // 2, None)
        assert np.abs(seen.astype(int) - picture()).max() < 12
    device.close()
    assert "STREAMON" not in loopback.requests  # v4l2loopback refuses it to a program that writes


def test_a_device_that_is_being_watched_keeps_its_format_and_size(loopback):
    def keep(arg):
        pix = arg.fmt.pix
        pix.pixelformat, pix.width, pix.height = int.from_bytes(b"YUYV", "little"), *SIZE
        pix.bytesperline = 2 * SIZE[0]

    loopback.s_fmt = keep
    with open_loopback(640, 480, 30.0, which=str(loopback.path)) as device:
        assert device.size_px == SIZE
        device.send(picture())
        seen = shown(loopback, cv2.COLOR_YUV2RGB_YUY2, SIZE[1], 2)
        assert np.abs(seen.astype(int) - picture()).max() < 12


@pytest.mark.parametrize(("fourcc", "size", "line"), [("MJPG", SIZE, 0), ("YU12", SIZE, 128), ("YU12", (63, 48), 0)])
def test_a_format_that_cannot_be_written_is_said(loopback, fourcc, size, line):
    def keep(arg):
        pix = arg.fmt.pix
        pix.pixelformat, (pix.width, pix.height) = int.from_bytes(fourcc.encode(), "little"), size
        pix.bytesperline = line

    loopback.s_fmt = keep
    with pytest.raises(VirtualCameraError, match=rf"insists on pictures of {size[0]}x{size[1]} {fourcc}"):
        open_loopback(*SIZE, 30.0)
    assert openings(loopback) == 1  # the fake kernel's own: nothing stays open


def openings(loopback) -> int:
    """How often this process has the node open."""
    links = [f"/proc/self/fd/{name}" for name in os.listdir("/proc/self/fd")]
    return sum(os.path.samefile(link, loopback.path) for link in links if os.path.exists(link))


def test_the_rate_is_a_hint_only(loopback):
    loopback.fail["S_PARM"] = [errno.ENOTTY]
    with open_loopback(*SIZE, 30.0) as device:
        device.send(picture())


def test_one_that_another_program_feeds_is_passed_over(kernel, loopback):
    second = kernel.plug(10, serial="", driver="v4l2 loopback", capabilities=OUTPUT | READ_WRITE)
    loopback.fail["S_FMT"] = [errno.EBUSY]
    with open_loopback(*SIZE, 30.0) as device:
        assert device.name == str(second.path)
    loopback.fail["S_FMT"] = [errno.EBUSY]
    second.fail["S_FMT"] = [errno.EINVAL]
    with pytest.raises(VirtualCameraError, match=r"another program feeds .*video9: close it, or name another"):
        open_loopback(*SIZE, 30.0)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EINVAL, "takes no pictures: it is a camera, or a loopback device that another program feeds"),
        (errno.EACCES, "'video' group"),
        (errno.ENOMEM, "can't be opened"),
    ],
)
def test_refusals_say_what_to_do(loopback, number, said):
    loopback.fail["S_FMT"] = [number]
    with pytest.raises(VirtualCameraError, match=said):
        open_loopback(*SIZE, 30.0, which=str(loopback.path))


def test_without_a_loopback_device(kernel):
    kernel.plug(0)
    with pytest.raises(VirtualCameraError, match="no virtual camera device on this system: install v4l2loopback"):
        open_loopback(*SIZE, 30.0)
    with pytest.raises(VirtualCameraError, match="no virtual camera device /dev/video77: install v4l2loopback"):
        open_loopback(*SIZE, 30.0, which="/dev/video77")


def test_a_file_that_is_no_device(tmp_path):
    pytest.importorskip("linuxpy", reason="V4L2 exists on Linux only")
    (tmp_path / "file").touch()
    with pytest.raises(VirtualCameraError, match="is no video device: name a loopback device"):
        open_loopback(*SIZE, 30.0, which=str(tmp_path / "file"))


def test_elsewhere_than_on_linux(monkeypatch):
    monkeypatch.setattr("sys.platform", "darwin")
    with pytest.raises(VirtualCameraError, match="needs Linux: on this system let OBS Studio"):
        open_loopback(*SIZE, 30.0)


def test_a_picture_without_room_is_left_out_and_the_next_one_shown(loopback):
    with open_loopback(*SIZE, 30.0) as device:
        with suppress(BlockingIOError):
            while True:
                os.write(loopback.pipe, bytes(1 << 12))
        device.send(picture())
        os.read(loopback.pipe, 1 << 20)
        device.send(picture())
        assert len(os.read(loopback.pipe, 1 << 20)) == SIZE[0] * SIZE[1] * 3 // 2


@pytest.mark.parametrize(
    ("outcome", "said"),
    [(OSError(errno.ENODEV, "gone"), "takes no more pictures"), (100, "took only a part of a picture")],
)
def test_a_device_that_goes_away_or_takes_half(loopback, monkeypatch, outcome, said):
    def write(descriptor, data):
        if isinstance(outcome, OSError):
            raise outcome
        return outcome

    with open_loopback(*SIZE, 30.0) as device:
        monkeypatch.setattr("os.write", write)
        with pytest.raises(VirtualCameraError, match=said):
            device.send(picture())
        monkeypatch.undo()
