"""What real cameras' JPEGs look like, and which of them may be metered."""

import re
from contextlib import suppress

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexposure.errors import PictureDamaged, PictureError
from autoexposure.files.decoding import decode_jpeg
from autoexposure.simulation.builtin_scenes import shipped_photograph

PICTURE = cv2.resize(shipped_photograph("chelsea.png"), (320, 240))
END = b"\xff\xd9"
RESTART = re.compile(rb"\xff[\xd0-\xd7]")


def jpeg(*options):
    return cv2.imencode(".jpg", PICTURE, options)[1].tobytes()


PLAIN = jpeg()
RESTARTING = jpeg(cv2.IMWRITE_JPEG_RST_INTERVAL, 20)
WHOLE = decode_jpeg(PLAIN)


def without_tables(data):
    """Motion JPEG as most webcams send it: the decoder knows the Huffman tables."""
    out, at = bytearray(data[:2]), 2
    while data[at + 1] != 0xDA:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at + 1] != 0xC4:
            out += data[at:end]
        at = end
    return bytes(out + data[at:])


def surplus_before_restarts(data, every=7):
    marks = [mark.start() for mark in RESTART.finditer(data)]
    for at in reversed(marks[::every]):
        data = data[:at] + b"\x00\x11" + data[at:]
    return data


def first_scan(data, parameters):
    """With other words on the coefficients in the first scan, which a sequential JPEG need not say."""
    at = data.index(b"\xff\xda") + 2
    end = at + int.from_bytes(data[at : at + 2], "big")
    return data[: end - 3] + parameters + data[end:]


HARMLESS = {
    "plain": PLAIN,
    "restarts": RESTARTING,
    "progressive": jpeg(cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
    "surplus before restarts": surplus_before_restarts(RESTARTING),
    "surplus before the end": PLAIN[:-2] + b"\x00\x11\x22" + END,
    "no Huffman tables": without_tables(PLAIN),
    "no end": PLAIN[:-2],
    "filled up": PLAIN + bytes(9000),
    "no end, filled up": PLAIN[:-2] + bytes(9000),
    "another one's rest behind": PLAIN + PLAIN[5000:],
    "surplus in front": PLAIN[:20] + b"\0\0\0" + PLAIN[20:],
    "JFIF of the future": PLAIN.replace(b"JFIF\0\1\1", b"JFIF\0\5\1"),
    "odd scan": first_scan(PLAIN, b"\0\0\0"),
}


@pytest.mark.parametrize("kind", HARMLESS)
def test_what_changes_no_pixel_is_taken_in_silence(kind, capfd):
    assert np.array_equal(decode_jpeg(HARMLESS[kind]), WHOLE)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("kind", HARMLESS)
@pytest.mark.parametrize("ending", [b"", END, bytes(9000)], ids=["bare", "end", "filled up"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_what_lacks_a_part_is_damaged_whatever_else_is_odd_about_it(kind, ending, share, capfd):
    data = HARMLESS[kind]
    start = data.index(b"\xff\xda") + 14
    cut = data[: start + int(share * (len(PLAIN) - start))] + ending
    with pytest.raises(PictureDamaged):
        decode_jpeg(cut)
    assert capfd.readouterr() == ("", "")


def test_a_lost_packet_is_damage():
    marks = [mark.start() for mark in RESTART.finditer(RESTARTING)]
    with pytest.raises(PictureDamaged, match="missing"):
        decode_jpeg(RESTARTING[: marks[3]] + RESTARTING[marks[4] :])


@pytest.mark.parametrize(
    ("was", "becomes"), [(b"\xff\xc0", b"\xff\xc3"), (b"\xff\xc0\0\x11\x08", b"\xff\xc1\0\x11\x0c")]
)
def test_a_kind_that_is_not_read_is_no_damage(was, becomes):
    with pytest.raises(PictureError, match="8 bits with losses") as caught:
        decode_jpeg(PLAIN.replace(was, becomes))
    assert not isinstance(caught.value, PictureDamaged)


@pytest.mark.parametrize("sampling", ["411", "420", "422", "440", "444"])
def test_colours_at_every_usual_resolution(sampling):
    factor = getattr(cv2, f"IMWRITE_JPEG_SAMPLING_FACTOR_{sampling}")
    pixels = decode_jpeg(jpeg(cv2.IMWRITE_JPEG_SAMPLING_FACTOR, factor))
    assert np.abs(pixels.astype(int) - WHOLE).mean() < 4


def test_colours_sampled_in_a_way_that_the_fast_decoder_refuses(capfd):
    data = bytearray(jpeg(cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444))
    data[data.index(b"\xff\xc0") + 11] = 0x42
    assert decode_jpeg(bytes(data)).shape == WHOLE.shape
    assert decode_jpeg(bytes(data), 100).shape == (120, 160, 3)
    assert capfd.readouterr() == ("", "")


def test_grey_and_ink_are_rgb():
    grey = cv2.imencode(".jpg", PICTURE[..., 1])[1].tobytes()
    assert decode_jpeg(grey).shape == WHOLE.shape


@given(st.integers(0, len(RESTARTING)), st.binary(max_size=40))
def test_any_damage_is_a_picture_or_refused(at, damage):
    with suppress(PictureError):
        assert decode_jpeg(RESTARTING[:at] + damage + RESTARTING[at + len(damage) :]).shape[2] == 3
