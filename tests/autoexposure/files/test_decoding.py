import io
import struct
import subprocess
import sys
import zlib
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from autoexposure.errors import PictureError
from autoexposure.files import picture_header
from autoexposure.files.decoding import (
    LARGEST_BODY_BYTES,
    LARGEST_PX,
    MOST_AHEAD_BYTES,
    MOST_DECODER_BYTES,
    decode,
    decode_deep,
    decode_jpeg,
)
from autoexposure.files.picture_header import MOST_SCANS, MOST_SEGMENTS, HeaderError, Kind, read_header
from tests.autoexposure.files import bombs
from tests.autoexposure.files.bombs import SIDE, chunk, claiming, encoded, png, progressive

SUFFIXES = (".jpg", ".png", ".bmp", ".ppm", ".tif", ".webp")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_kind_is_rgb(suffix):
    pixels = decode(encoded(suffix))
    assert pixels.shape == (48, 64, 3)
    assert pixels[24, 32].tolist() == pytest.approx([200, 90, 90], abs=4)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".ppm"])
def test_deep_code_values_stay_deep(suffix):
    deep = np.full((4, 5, 3), 40_000, np.uint16)
    data = cv2.imencode(suffix, deep)[1].tobytes()
    assert decode_deep(data).dtype == np.uint16
    assert decode(data).dtype == np.uint8


def test_linear_light_is_only_for_who_asks_for_it():
    light = np.ones((4, 5, 3), np.float32)
    data = cv2.imencode(".hdr", light)[1].tobytes()
    assert np.allclose(decode_deep(data), light, rtol=0.05)
    with pytest.raises(PictureError, match="given Radiance"):
        decode(data)


def test_a_door_takes_only_its_kinds():
    with pytest.raises(PictureError, match="must be a JPEG, given PNG"):
        decode_jpeg(encoded(".png"))
    with pytest.raises(PictureError, match="must be one of"):
        decode(b"GIF89a" + bytes(100))


@pytest.mark.parametrize(
    ("size", "least_px", "reduced"),
    [
        ((1280, 720), 256, (640, 360)),
        ((1920, 1080), 256, (480, 270)),
        ((640, 480), 256, (640, 480)),
        ((640, 480), 240, (320, 240)),
        ((2049, 2100), 256, (257, 263)),
        ((640, 480), 0, (640, 480)),
    ],
)
def test_a_camera_picture_is_decoded_smaller_with_no_side_too_short(size, least_px, reduced):
    pixels = decode_jpeg(encoded(width=size[0], height=size[1]), least_px)
    assert pixels.shape == (*reduced[::-1], 3)
    assert pixels[-1, -1].tolist() == pytest.approx([200, 90, 90], abs=4)


MARKED = cv2.imencode(".jpg", np.arange(60 * 90 * 3, dtype=np.uint8).reshape(60, 90, 3))[1].tobytes()


@pytest.mark.parametrize("ahead", [b"\0", b"\xff", b"\xff\xd8", bytes(range(256)), b"\xff\xd9" * 3, bytes(4000)])
def test_what_a_webcam_sends_before_its_picture_is_skipped(ahead):
    picture = encoded(".jpg")
    assert np.array_equal(decode_jpeg(ahead + picture), decode_jpeg(picture))


def test_a_picture_is_not_looked_for_at_any_depth():
    with pytest.raises(PictureError):
        decode_jpeg(bytes(MOST_AHEAD_BYTES) + encoded(".jpg"))


@pytest.mark.parametrize("number", range(1, 9))
def test_a_picture_is_turned_upright(number):
    exif = Image.Exif()
    exif[0x112] = number
    segment = exif.tobytes()
    data = MARKED[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + MARKED[2:]
    upright = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))))
    for read in (decode, decode_jpeg, decode_deep):
        assert np.array_equal(read(data), upright)


@given(st.binary(max_size=60))
def test_any_exif_is_read_or_left_alone(rest):
    for order in (b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08", b""):
        segment = b"Exif\0\0" + order + rest
        data = MARKED[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + MARKED[2:]
        assert 1 <= read_header(data).orientation <= 8


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "must be a JPEG"),
        (b"\xff\xd8\xff", "with picture data"),
        (b"\xff\xd8" + b"\xff" * 100, "with picture data"),
        (encoded()[:200], "picture data|inside its header"),
        (encoded(width=4), "8 pixels a side"),
        (claiming(0, 48), "must have pixels"),
        (claiming(65_000, 65_000), "given 65000x65000"),
        (claiming(LARGEST_PX // 4000 + 1, 4000), "24 million pixels or fewer"),
        (claiming(7000, 3600, progressive()), "24 million pixels or fewer"),
        (encoded()[:-2].replace(b"\xff\xc0", b"\xff\xd9\xff\xc0"), "begins or ends inside"),
    ],
)
def test_what_is_not_taken_is_told_why(data, why):
    with pytest.raises(PictureError, match=why):
        decode_jpeg(data)


@pytest.mark.parametrize("marker", [0x01, 0xD0, 0xD7, 0xD8, 0x00, 0xFF])
def test_a_marker_without_length_hides_no_size(marker):
    with pytest.raises(PictureError, match=f"{SIDE}x{SIDE}|inside its header"):
        decode(bombs.after_a_marker(marker))


def test_the_first_frame_header_is_the_one_that_counts_and_the_only_one():
    data = claiming(SIDE, SIDE)
    frame = data.index(b"\xff\xc0")
    small = encoded()
    small_frame = small[small.index(b"\xff\xc0") :][:19]
    with pytest.raises(PictureError, match="two frame headers"):
        decode(data[: frame + 19] + small_frame + data[frame + 19 :])


def test_a_segment_too_short_for_its_own_length_hides_no_size():
    huge = claiming(SIDE, SIDE)
    for length in (b"\0\0", b"\0\1"):
        with pytest.raises(PictureError, match=f"{SIDE}x{SIDE}"):
            decode(b"\xff\xd8\xff\xe5" + length + huge[2:])


def test_a_thousand_scans_are_not_walked():
    data = progressive()
    scan = data[data.rindex(b"\xff\xda") : -2]
    with pytest.raises(PictureError, match=f"{MOST_SCANS} scans"):
        decode(data[:-2] + scan * 1000 + data[-2:])


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xd8" + b"\xff\xe0\0\2" * (MOST_SEGMENTS + 1) + encoded()[2:],
        png(8, 8, before=chunk(b"tEXt", b"") * (MOST_SEGMENTS + 1)),
    ],
)
def test_millions_of_empty_segments_are_not_walked(data):
    with pytest.raises(PictureError, match="segments"):
        decode(data)


@pytest.mark.parametrize(
    "data",
    [
        png(SIDE, SIDE, rows=1),
        bombs.bmp(SIDE, SIDE),
        bombs.bmp(SIDE, -SIDE),
        bombs.webp(16_000, 16_000),
        b"P6\n60000 60000\n255\n" + bytes(1000),
        b"P6\n# wide\n060000\t60000 255\n" + bytes(1000),
        b"P6\n9" + b"9" * 3000 + b" 5\n255\n",
        bombs.tiff({256: SIDE, 257: SIDE, 258: 8, 277: 3}),
        bombs.tiff({256: SIDE, 257: SIDE, 258: 8, 277: 3}, ">"),
        b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 60000 +X 60000\n" + bytes(100),
        b"#?RGBE\nFORMAT=32-bit_rle_rgbe\n\n-Y 0000000000000060000 +X 60000\n" + bytes(100),
    ],
    ids=range(11),
)
def test_every_kind_is_measured_before_it_is_decoded(data):
    with pytest.raises(PictureError, match="million pixels or fewer"):
        decode_deep(data)


@pytest.mark.parametrize(
    "data",
    [
        bombs.tiff({256: 64, 257: 64, 258: 8, 277: 3, 322: SIDE, 323: SIDE}),
        bombs.tiff({256: 64, 257: 64, 258: 8, 277: 65_535}),
        bombs.tiff({256: 64, 257: 64, 258: 8, 277: 3, 259: 7}),
        bombs.tiff({256: 64}),
        b"II*\0\xff\xff\xff\xff",
        png(8, 8, before=chunk(b"acTL", struct.pack(">II", 1 << 30, 0))),
        b"\x89PNG\r\n\x1a\n" + chunk(b"sRGB", bytes(13)),
        encoded(".png")[:-12] + b"\xff\xff\xff\xfftEXt" + bytes(100),
        b"RIFF\0\0\0\0WEBPVP8X\n\0\0\0" + bytes([2]) + bytes(20),
        b"P6\n8#9999 9999\n8\n255\n" + bytes(200),
    ],
    ids=range(10),
)
def test_what_a_header_must_not_say(data):
    with pytest.raises(PictureError):
        decode_deep(data)


def test_notes_that_unpack_to_gigabytes_are_not_unpacked():
    note = chunk(b"zTXt", b"x\0\0" + zlib.compress(bytes(7 << 20), 9))
    assert decode(png(8, 8, before=note)).shape == (8, 8, 3)
    with pytest.raises(PictureError, match="packed notes"):
        decode(png(8, 8, before=note * 2000))


def test_deep_pictures_have_fewer_pixels_because_they_take_more():
    side = 4300  # 18.5 million pixels: fine in 8 bits
    assert side * side < LARGEST_PX
    with pytest.raises(PictureError, match="18 million"):
        decode_deep(png(side, side, bits=16, rows=1))


def test_a_large_jpeg_can_come_in_at_half_its_size():
    data = encoded(width=6400, height=4000)
    with pytest.raises(PictureError):
        decode(data)
    assert decode(data, shrink=True).shape == (2000, 3200, 3)
    with pytest.raises(PictureError):
        decode(claiming(20_000, 5000), shrink=True)


def test_a_body_is_not_taken_at_any_length():
    with pytest.raises(PictureError, match="64 MB"):
        decode(encoded() + bytes(LARGEST_BODY_BYTES))


def test_a_header_reader_that_errs_is_found_out(monkeypatch):
    def wrong(data):
        return picture_header.Header(Kind.JPEG, 10, 10)

    monkeypatch.setattr("autoexposure.files.decoding.read_header", wrong)
    with pytest.raises(PictureError, match="the size it says, 10x10"):
        decode(encoded())


@pytest.mark.parametrize("suffix", SUFFIXES)
@given(data=st.data())
def test_a_damaged_picture_is_a_picture_or_refused(suffix, data):
    whole = encoded(suffix)
    at = data.draw(st.integers(0, len(whole)))
    damage = data.draw(st.binary(max_size=40))
    with suppress(PictureError):
        assert decode_deep(whole[:at] + damage + whole[at + len(damage) :]).shape[2] == 3


BEGINNINGS = [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"BM", b"P6 ", b"II*\0", b"MM\0*", b"RIFFxxxxWEBP", b"#?RGBE", b""]


@given(st.sampled_from(BEGINNINGS), st.binary(max_size=300))
def test_any_header_is_read_or_refused(beginning, rest):
    with suppress(HeaderError):
        header = read_header(beginning + rest)
        assert header.area_px >= 0


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is asked of Linux")
def test_no_bomb_takes_memory():
    """In a process of its own, as its peak memory is what is measured."""
    code = """
from pathlib import Path
from autoexposure.files.decoding import decode, decode_deep
from autoexposure.errors import PictureError
from tests.autoexposure.files import bombs
refused = 0
for data in [*(bombs.after_a_marker(marker) for marker in (0x01, 0xD0, 0xD8)),
             bombs.claiming(65000, 65000), bombs.claiming(65000, 3000, bombs.progressive()), bombs.png(20000, 6000),
             bombs.webp(16000, 16000), bombs.bmp(60000, 60000)]:
    for read in (decode, lambda data: decode(data, shrink=True), decode_deep):
        try:
            read(data)
        except PictureError:
            refused += 1
try:
    decode(bombs.claiming(4800, 5000, bombs.progressive()))  # all of it is decoded, and then found to lack its data
except PictureError:
    refused += 1
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(refused, int(peak.split()[1]) // 1000)
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    refused, peak_mb = map(int, ended.stdout.split())
    assert refused == 25
    assert peak_mb < 300


def test_what_the_decoder_may_take_is_within_the_promise():
    assert MOST_DECODER_BYTES + LARGEST_BODY_BYTES < 300_000_000
