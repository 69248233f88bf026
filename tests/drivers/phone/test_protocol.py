import json

import cv2
import numpy as np
import pytest

from drivers.phone.protocol import LARGEST_TEXT, ProtocolError, read_lens, read_picture, read_text, words_of

HEADER = {"sequence": 3, "taken_ms": 1500.5, "settings": {"exposureMode": "manual"}, "frames_since_change": 9}


def jpeg(width=64, height=48, code=90, **options):
    pixels = np.full((height, width, 3), code, np.uint8)
    pixels[:, :, 2] = 200  # red in OpenCV's order
    return cv2.imencode(".jpg", pixels)[1].tobytes()


def message(header=HEADER, picture=None):
    words = json.dumps(header).encode()
    return len(words).to_bytes(4, "big") + words + (jpeg() if picture is None else picture)


def test_a_picture_arrives_as_it_was_sent():
    picture = read_picture(message())
    assert picture.pixels.shape == (48, 64, 3)
    assert picture.pixels[20, 30].tolist() == pytest.approx([200, 90, 90], abs=4)
    assert (picture.sequence, picture.taken_ms, picture.frames_since_change) == (3, 1500.5, 9)
    assert picture.settings.mode == "manual"
    assert picture.round_ms == 0


@pytest.mark.parametrize("since", [None, -1, 1.5, True, "9"])
def test_a_change_on_its_way_and_nonsense_are_no_number_of_frames(since):
    assert read_picture(message({**HEADER, "frames_since_change": since})).frames_since_change is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0\0",
        b"\xff\xff\xff\xff" + b"{}",
        b"\0\0\0\x09" + b"{}",
        b"\0\0\0\x02" + b"[]" + jpeg(),
        b"\0\0\0\x02" + b"\xff\xfe" + jpeg(),
        message({}),
        message({**HEADER, "sequence": "3"}),
        message({**HEADER, "sequence": True}),
        message({**HEADER, "taken_ms": float("nan")}),
        message({**HEADER, "taken_ms": float("inf")}),
        message({**HEADER, "round_ms": 10**400}),
        message(picture=b""),
        message(picture=b"not a picture at all"),
        message(picture=jpeg()[:100]),
        message(picture=b"\xff\xd8" + b"\xff" * 100),
        message(picture=b"\xff\xd8\xff\xda\0\0" + bytes(50)),
    ],
)
def test_garbage_is_refused(data):
    with pytest.raises(ProtocolError):
        read_picture(data)


@pytest.mark.parametrize("text", ["", "[]", "1", "{", "[" * 9000, '"' + "x" * LARGEST_TEXT + '"'])
def test_texts_that_are_no_objects_are_refused(text):
    with pytest.raises(ProtocolError):
        read_text(text)


def test_a_lens_is_described():
    lens = read_lens(
        {
            "label": "camera2 0,  facing\nback", "model": "<img src=x>Pixel 7", "device": "abc", "frame_rate": 20,
            "capabilities": {}, "settings": {},
        }
    )  # fmt: skip
    assert lens.name == "<img src=x>Pixel 7, camera2 0, facing back"
    assert (lens.device, lens.frame_rate) == ("abc", 20)


@pytest.mark.parametrize("rate", [0, -5, 1e9])
def test_an_impossible_frame_rate_is_30(rate):
    assert read_lens({"capabilities": {}, "settings": {}, "frame_rate": rate}).frame_rate == 30


@pytest.mark.parametrize("broken", [{}, {"capabilities": []}, {"capabilities": {}, "settings": None}])
def test_a_lens_without_its_description_is_refused(broken):
    with pytest.raises(ProtocolError):
        read_lens(broken)


def test_words_of_a_phone_are_made_plain():
    assert words_of("a<b>\x00c\u202e \n d" + "x" * 500, 10) == "a<b>c dxx…"
    assert words_of(7) == ""
