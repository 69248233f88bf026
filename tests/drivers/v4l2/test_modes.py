"""What a device offers and agrees to, and the pictures it then sends."""

import errno
import logging

import cv2
import numpy as np
import pytest

from autoexposure.errors import CameraError, FrameTimeout
from autoexposure.simulation.builtin_scenes import shipped_photograph

pytest.importorskip("linuxpy", reason="V4L2 exists on Linux only")

from linuxpy.video.raw import PixelFormat, v4l2_pix_format

from drivers.common.pictures.colours import BT601, BT709, Colours
from drivers.common.pictures.formats import FORMATS
from drivers.v4l2.camera import open_v4l2
from drivers.v4l2.modes import format_code, format_name, layout_of
from tests.drivers.common.pictures.encoders import WAYS

PICTURE = cv2.resize(shipped_photograph("chelsea.png"), (64, 48))
JPEG = cv2.imencode(".jpg", PICTURE[..., ::-1], [cv2.IMWRITE_JPEG_RST_INTERVAL, 2])[1].tobytes()
CUT = JPEG[: len(JPEG) * 2 // 3] + b"\xff\xd9"


def test_every_format_has_the_kernels_name():
    known = {format_name(code) for code in PixelFormat}
    assert set(FORMATS) <= known
    assert format_name(PixelFormat.Y16_BE) == "Y16-BE"
    assert format_name(PixelFormat.Y10) == "Y10"
    assert format_name(0x00FF41) == "A???"


@pytest.mark.parametrize("code", PixelFormat)
def test_a_name_leads_back_to_its_number(code):
    if code != PixelFormat.PRIV_MAGIC and code > 0xFF:
        assert format_code(format_name(code)) == code


@pytest.mark.parametrize("name", ["UYVY", "YU12", "NV21", "BGR3", "RGBP", "Y10", "Y16-BE", "RGGB", "pBAA", "422P"])
@pytest.mark.parametrize("padding", [0, 8])
def test_a_camera_in_any_format_is_read(webcam, name, padding):
    webcam.modes = {name: [(64, 48, (30,))]}
    way = WAYS[name]
    rgb = np.repeat(PICTURE[..., 1:2], 3, axis=2) if way.grey else PICTURE
    data, webcam.agreed["bytesperline"] = way.encode(rgb, padding)
    webcam.agreed["sizeimage"] = len(data)
    with open_v4l2(f"{webcam.path},format={name.lower() if name != 'pBAA' else name}") as camera:
        assert camera.mode.fourcc == name
        webcam.deliver(data.tobytes())
        pixels = camera.read(1).pixels.astype(int)
    assert np.abs(pixels - rgb).mean() < (20 if way.bayer else 6)


def test_jpeg_under_its_other_name_and_with_another_size_than_agreed(webcam):
    webcam.modes = {"JPEG": [(64, 48, (30,))]}
    for size in ((64, 48), (64, 56), (48, 64)):
        jpeg = cv2.imencode(".jpg", cv2.resize(PICTURE, size))[1].tobytes()
        with open_v4l2(str(webcam.path)) as camera:
            webcam.deliver(jpeg)
            assert camera.read(1).size_px == size


def test_a_cut_jpeg_is_passed_over_in_silence(webcam, capfd):
    webcam.modes = {"MJPG": [(64, 48, (30,))]}
    with open_v4l2(str(webcam.path)) as camera:
        webcam.deliver(CUT)
        webcam.later.append(lambda: webcam.deliver(JPEG))
        assert camera.read(1).sequence == 1
    assert capfd.readouterr() == ("", "")


class Endless:
    """The same picture whenever the reader is about to wait."""

    def __init__(self, webcam, data):
        self.webcam, self.data = webcam, data

    def __bool__(self):
        return True

    def popleft(self):
        return lambda: self.webcam.deliver(self.data)


def test_absent_damaged_and_undecodable_pictures_are_three_sentences(webcam):
    webcam.modes = {"MJPG": [(64, 48, (500,))]}
    with open_v4l2(str(webcam.path)) as camera:
        with pytest.raises(FrameTimeout, match=r"delivered no picture within 0 s"):
            camera.read(0)
        webcam.later = Endless(webcam, CUT)
        with pytest.raises(
            FrameTimeout, match=r"only damaged pictures within 0.05 s \(.*missing\): try another USB port"
        ):
            camera.read(0.05)
        webcam.later = Endless(webcam, b"\0\0\0\1\x67" + bytes(500))
        with pytest.raises(CameraError, match=r"pictures that can't be decoded \(a picture must be a JPEG\)") as caught:
            camera.read(0.1)
        assert not isinstance(caught.value, FrameTimeout)


@pytest.mark.parametrize(
    ("others", "remedy"), [(set(), "no other format than MJPG, so use another camera"), ({"NV12"}, "as by format=NV12")]
)
def test_another_format_is_advised_where_there_is_one(webcam, others, remedy):
    mode = (64, 48, (500,))
    webcam.modes = {"MJPG": [mode]} | {name: [mode] for name in others}
    webcam.later = Endless(webcam, bytes(500))
    with open_v4l2(f"{webcam.path},format=MJPG") as camera, pytest.raises(CameraError, match=remedy) as caught:
        camera.read(0.1)
    assert not isinstance(caught.value, FrameTimeout)


def test_one_odd_picture_at_the_start_ends_nothing(webcam):
    webcam.modes = {"MJPG": [(64, 48, (500,))]}
    with open_v4l2(str(webcam.path)) as camera:
        webcam.deliver(bytes(500))
        with pytest.raises(FrameTimeout, match="only damaged"):
            camera.read(0.01)
        webcam.deliver(JPEG)
        assert camera.read(1).sequence == 1


def test_a_format_that_the_camera_does_not_have_is_named_with_those_it_has(webcam):
    webcam.modes = {"YUYV": [(64, 48, (30,))], "H264": [(64, 48, (30,))]}
    with pytest.raises(CameraError, match="no format NV12, but YUYV, H264"):
        open_v4l2(f"{webcam.path},format=NV12")


def test_what_is_not_read_is_left_out_without_a_word(webcam, caplog):
    webcam.modes = {"H264": [(64, 48, (30,))], "q??!": [(64, 48, (30,))], "YUYV": [(64, 48, (30,))]}
    with caplog.at_level(logging.INFO), open_v4l2(str(webcam.path)) as camera:
        assert [mode.fourcc for mode in camera.modes()] == ["YUYV"]
    assert "unknown" not in caplog.text


@pytest.mark.parametrize(
    ("most", "step", "wanted", "taken", "sizes"),
    [
        ((1280, 960), 2, "640x480", (640, 480), {(640, 480), (320, 240), (1280, 720)}),
        ((1280, 960), 2, "1920x1080", (1280, 960), {(1280, 960), (640, 480), (320, 240), (1280, 720)}),
        ((600, 400), 16, "640x480", (592, 400), {(592, 400), (320, 240)}),
    ],
)
def test_a_range_of_sizes_holds_what_is_wanted_or_nearest_and_the_usual_ones(
    webcam, monkeypatch, most, step, wanted, taken, sizes
):
    def enum_framesizes(arg):
        if arg.index:
            raise OSError(errno.EINVAL, "no more")
        arg.type, there = 3, arg.stepwise
        there.min_width, there.max_width, there.step_width = 16, most[0], step
        there.min_height, there.max_height, there.step_height = 16, most[1], step

    monkeypatch.setattr(webcam, "enum_framesizes", enum_framesizes)
    webcam.modes = {"YUYV": [(*size, (30,)) for size in sizes]}
    with open_v4l2(f"{webcam.path},size={wanted}") as camera:
        assert {mode.size_px for mode in camera.modes()} == sizes
        assert camera.mode.size_px == taken


def test_a_format_listed_twice_is_one(webcam, monkeypatch):
    monkeypatch.setattr("drivers.v4l2.modes.offered_formats", lambda device: ["YUYV", "YUYV"])
    with open_v4l2(f"{webcam.path},size=64x48") as camera:
        assert len(camera.modes()) == len(set(camera.modes())) == 2


def test_sizes_of_an_unknown_kind_are_none(webcam):
    webcam.size_type = 9
    with open_v4l2(f"{webcam.path},size=64x48") as camera:
        assert [mode.size_px for mode in camera.modes()] == [(64, 48)]


def test_a_range_of_rates_holds_what_is_wanted(webcam):
    webcam.rate_range = (5, 60)
    with open_v4l2(f"{webcam.path},fps=24") as camera:
        assert camera.mode.rates_fps == (24.0,)
        assert set(camera.modes()[0].rates_fps) == {5.0, 24.0, 60.0}


def test_an_interval_over_nothing_is_no_rate(webcam):
    webcam.rate_range = None
    webcam.modes = {"YUYV": [(64, 48, (0,))]}
    with open_v4l2(str(webcam.path)) as camera:
        assert camera.modes()[0].rates_fps == ()


@pytest.mark.parametrize(
    ("agreed", "colours"),
    [
        ({}, Colours(BT601, None, None)),
        ({"colorspace": 8, "ycbcr_enc": 2}, Colours(BT709, None, None)),
        ({"colorspace": 3}, Colours(BT709, None, None)),
        ({"colorspace": 3, "ycbcr_enc": 1}, Colours(BT601, None, None)),
        ({"colorspace": 7}, Colours(BT601, True, None)),
        ({"colorspace": 7, "quantization": 2}, Colours(BT601, False, None)),
        ({"quantization": 1, "xfer_func": 2}, Colours(BT601, True, False)),
        ({"colorspace": 11}, Colours(BT601, None, True)),
        ({"xfer_func": 5}, Colours(BT601, None, True)),
        ({"colorspace": 77, "ycbcr_enc": 99, "quantization": 9}, Colours(BT601, None, None)),
        ({"hsv_enc": 128}, Colours(BT601, None, None, 180)),
        ({"hsv_enc": 129}, Colours(BT601, None, None, 256)),
    ],
)
def test_what_the_driver_says_of_colours(agreed, colours):
    pix = v4l2_pix_format()
    pix.width, pix.height, pix.bytesperline = 64, 48, 128
    for field, value in agreed.items():
        setattr(pix, field, value)
    layout = layout_of(pix)
    assert (layout.width_px, layout.height_px, layout.line_bytes) == (64, 48, 128)
    assert layout.colours == colours
