"""Every format of the kernel's test camera, held against the same picture in RGB: it is encoded by the kernel."""

import numpy as np
import pytest
from linuxpy.video.device import Device, VideoCapture

from drivers.common.pictures.formats import FORMATS, Kind, to_rgb
from drivers.v4l2.modes import format_code, layout_of, offered_formats

BARS = np.s_[90, 20::40]
"""A pixel in the middle of each of the test pattern's eight bars."""

COARSE = {"RGB1": 22, "Y444": 25, "YUVO": 10, "YUVP": 10, "HSV3": 7, "HSV4": 7}
"""Code values by which formats of few bits a colour, or of few hues, may be off."""


def controls(**values: int) -> None:
    with Device("/dev/video0") as device:
        for control in device.controls.values():
            if control.config_name in values:
                control.value = values[control.config_name]


def bars(name: str) -> np.ndarray:
    """(8, 3) code values; without our stream, which would ask for all modes of all formats first."""
    with Device("/dev/video0") as device:
        capture = VideoCapture(device)
        agreed = capture.set_format(320, 180, format_code(name)).fmt.pix
        with capture:
            data = np.frombuffer(bytes(next(iter(capture))), np.uint8)
    return to_rgb(data, name, layout_of(agreed)).astype(int)[BARS]


@pytest.fixture(scope="module", autouse=True)
def still_pattern():
    controls(osd_text_mode=2, colorspace=0, quantization=0)


def test_nothing_is_missing():
    with Device("/dev/video0") as device:
        offered = set(offered_formats(device))
    assert len(offered) > 70
    assert offered <= set(FORMATS)


def test_every_format_shows_the_same_bars():
    rgb = bars("RGB3")
    luma = np.rint(rgb @ (0.2126, 0.7152, 0.0722)).astype(int)[:, np.newaxis]
    with Device("/dev/video0") as device:
        offered = [name for name in offered_formats(device) if name in FORMATS]
    wrong = {}
    for name in offered:
        expected, allowed = rgb, COARSE.get(name, 4)
        if FORMATS[name].kind is Kind.GREY:
            expected = luma
        elif FORMATS[name].kind is Kind.MOSAIC:  # vivid's is no light itself, so it is brightened once too often
            expected = np.where(rgb > 100, 224, 0)
        off = np.abs(bars(name) - expected).max()
        if off > allowed:
            wrong[name] = int(off)
    assert wrong == {}


def test_every_colour_space_and_range_is_understood():
    try:
        for colorspace in range(9):
            controls(colorspace=colorspace, quantization=colorspace % 3)
            assert np.abs(bars("YUYV") - bars("RGB3")).max() <= 4, colorspace
    finally:
        controls(colorspace=0, quantization=0)


@pytest.mark.parametrize("encoding", [0, 1], ids=["180", "256"])
def test_hues_are_counted_as_the_driver_says(encoding):
    controls(hsv_encoding=encoding)
    for name in ("HSV3", "HSV4"):
        assert np.abs(bars(name) - bars("RGB3")).max() <= COARSE[name], name
