from contextlib import suppress

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.jpeg import LARGEST_PX, JpegError, decode_jpeg, jpeg_size


def jpeg(width=64, height=48):
    pixels = np.full((height, width, 3), 90, np.uint8)
    pixels[:, :, 2] = 200  # red in OpenCV's order
    return cv2.imencode(".jpg", pixels)[1].tobytes()


def claiming(width, height):
    """A JPEG that says it is so large."""
    data = bytearray(jpeg())
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return bytes(data)


def test_a_picture_is_rgb():
    pixels = decode_jpeg(jpeg(10, 8))
    assert pixels.shape == (8, 10, 3)
    assert pixels[4, 5].tolist() == pytest.approx([200, 90, 90], abs=4)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "must be a JPEG"),
        (b"not a picture at all", "must be a JPEG"),
        (b"\xff\xd8" + b"\xff" * 100, "must be a JPEG"),
        (b"\xff\xd8\xff\xda\0\0" + bytes(50), "must be a JPEG"),
        (cv2.imencode(".png", np.zeros((48, 64, 3), np.uint8))[1].tobytes(), "must be a JPEG"),
        (jpeg()[:200], "must be a JPEG|could not be decoded"),
        (jpeg(4, 4), "8 pixels a side"),
        (claiming(0, 48), "8 pixels a side"),
        (claiming(65535, 65535), "given 65535x65535"),
        (claiming(LARGEST_PX // 4000 + 1, 4000), "in all or fewer"),
    ],
)
def test_what_is_not_taken_is_told_why(data, why):
    with pytest.raises(JpegError, match=why):
        decode_jpeg(data)


@given(st.binary(max_size=200))
def test_garbage_is_no_picture(data):
    with pytest.raises(JpegError):
        decode_jpeg(data)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=200), st.integers(2, 600))
def test_a_damaged_picture_is_a_picture_or_refused(damage, at):
    data = jpeg()
    data = data[:at] + damage + data[at + len(damage) :]
    with suppress(JpegError):
        assert decode_jpeg(data).shape[2] == 3


def test_the_size_is_read_without_decoding():
    assert jpeg_size(jpeg(120, 16)) == (120, 16)
    assert jpeg_size(b"\xff\xd8\xff" + jpeg(120, 16)[2:]) == (120, 16)  # a fill byte before the first marker
