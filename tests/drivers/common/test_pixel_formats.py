import cv2
import numpy as np
import pytest

from autoexposure.abilities.moded import PictureMode
from autoexposure.errors import ConfigError
from drivers.common.pixel_formats import (
    DECODERS,
    WantedMode,
    choose_mode,
    choose_rate,
    to_rgb,
)

WIDTH, HEIGHT = 16, 8


def grey_ramp() -> np.ndarray:
    """(8, 16, 3) uint8 RGB, smooth, so that subsampled colour loses nothing."""
    return np.repeat(np.linspace(0, 255, WIDTH * HEIGHT).astype(np.uint8).reshape(HEIGHT, WIDTH, 1), 3, axis=2)


def limited(luma: np.ndarray) -> np.ndarray:
    """BT.601 limited range of full-range luma."""
    return np.rint(16 + luma.astype(float) * 219 / 255).astype(np.uint8)


def encode(fourcc: str, rgb: np.ndarray, padding: int = 0) -> np.ndarray:
    """What a camera would send for a grey picture."""
    luma = limited(rgb[..., 0])
    if fourcc == "YUYV":
        rows = np.stack([luma, np.full_like(luma, 128)], axis=2).reshape(HEIGHT, -1)
    elif fourcc == "NV12":
        rows = np.vstack([luma, np.full((HEIGHT // 2, WIDTH), 128, np.uint8)])
    elif fourcc == "GREY":
        rows = rgb[..., 0]
    else:
        return cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 100])[1].reshape(-1)
    return np.pad(rows, ((0, 0), (0, padding)), constant_values=77).reshape(-1)


@pytest.mark.parametrize("fourcc", list(DECODERS))
@pytest.mark.parametrize("padding", [0, 6])
def test_every_format_becomes_the_same_rgb(fourcc, padding):
    rgb = grey_ramp()
    line = {"YUYV": 2 * WIDTH, "NV12": WIDTH, "GREY": WIDTH, "MJPG": 0}[fourcc] + padding
    decoded = to_rgb(encode(fourcc, rgb, padding), PictureMode(fourcc, WIDTH, HEIGHT), line)
    assert decoded is not None
    assert decoded.shape == (HEIGHT, WIDTH, 3)
    assert decoded.dtype == np.uint8
    assert np.abs(decoded.astype(int) - rgb).max() <= 3


def test_colours_come_in_the_order_red_green_blue():
    red_yuyv = np.tile(np.array([81, 90, 81, 240], np.uint8), WIDTH * HEIGHT // 2)  # Y U Y V of pure red, BT.601
    red_jpeg = cv2.imencode(".jpg", np.full((HEIGHT, WIDTH, 3), (0, 0, 255), np.uint8))[1].reshape(-1)
    for fourcc, data in (("YUYV", red_yuyv), ("MJPG", red_jpeg)):
        decoded = to_rgb(data, PictureMode(fourcc, WIDTH, HEIGHT))
        assert decoded is not None
        assert np.abs(decoded.astype(int) - (255, 0, 0)).max() <= 4


@pytest.mark.parametrize("fourcc", list(DECODERS))
def test_damaged_data_is_none_and_not_an_exception(fourcc):
    data = encode(fourcc, grey_ramp())
    mode = PictureMode(fourcc, WIDTH, HEIGHT)
    assert to_rgb(data[:0], mode) is None
    assert to_rgb(data[: 40 if fourcc == "MJPG" else -1], mode) is None


def test_a_jpeg_has_the_size_it_has():
    decoded = to_rgb(encode("MJPG", grey_ramp()), PictureMode("MJPG", WIDTH, HEIGHT * 2))
    assert decoded is not None
    assert decoded.shape == (HEIGHT, WIDTH, 3)


@pytest.mark.parametrize("fourcc", list(DECODERS))
def test_the_result_is_a_copy(fourcc):
    data = encode(fourcc, grey_ramp())
    decoded = to_rgb(data, PictureMode(fourcc, WIDTH, HEIGHT))
    assert decoded is not None
    before = decoded.copy()
    data[:] = 0
    assert np.array_equal(decoded, before)


OFFERED = [
    PictureMode("H264", 640, 480, (30.0,)),
    PictureMode("GREY", 640, 480, (60.0,)),
    PictureMode("MJPG", 640, 480, (30.0, 60.0)),
    PictureMode("MJPG", 1920, 1080, (30.0,)),
    PictureMode("YUYV", 640, 480, (15.0, 30.0)),
    PictureMode("YUYV", 320, 240, (30.0,)),
    PictureMode("YUYV", 1920, 1080, (5.0,)),
]


@pytest.mark.parametrize(
    ("wanted", "fourcc", "size"),
    [
        (WantedMode(), "YUYV", (640, 480)),
        (WantedMode(rate_fps=60), "MJPG", (640, 480)),
        (WantedMode(1920, 1080), "MJPG", (1920, 1080)),
        (WantedMode(1920, 1080, 5), "MJPG", (1920, 1080)),
        (WantedMode(300, 200), "YUYV", (320, 240)),
        (WantedMode(fourcc="GREY"), "GREY", (640, 480)),
    ],
)
def test_choice_of_mode(wanted, fourcc, size):
    chosen = choose_mode(OFFERED, wanted)
    assert chosen is not None
    assert (chosen.fourcc, (chosen.width_px, chosen.height_px)) == (fourcc, size)


def test_no_usable_mode():
    assert choose_mode(OFFERED[:1], WantedMode()) is None
    assert choose_mode(OFFERED, WantedMode(fourcc="NV12")) is None


@pytest.mark.parametrize(
    ("rates", "wanted", "chosen"),
    [
        ((15.0, 30.0, 60.0), 30, 30.0),
        ((15.0, 29.97), 30, 29.97),
        ((5.0, 10.0), 30, 10.0),
        ((), 25, 25),
        ((60.0,), 30, 60.0),
    ],
)
def test_choice_of_rate(rates, wanted, chosen):
    assert choose_rate(PictureMode("YUYV", 640, 480, rates), wanted) == chosen


@pytest.mark.parametrize("wrong", [{"width_px": 0}, {"rate_fps": -1}, {"rate_fps": float("nan")}, {"fourcc": "H264"}])
def test_impossible_wishes(wrong):
    with pytest.raises(ConfigError):
        WantedMode(**wrong)
