"""The parsers of foreign bytes, each as a function that raises nothing when all is well."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from autoexposure.errors import CameraDisconnected, ConfigError, FeedbackError, PictureError, RecordingError
from autoexposure.exposure import Exposure
from autoexposure.feedback.answer import Label
from autoexposure.feedback.archive import export_answers, import_answers
from autoexposure.feedback.store import FeedbackStore
from autoexposure.files.bounded import BadInput, parse_json, parse_toml
from autoexposure.files.decoding import decode, decode_deep, decode_jpeg
from autoexposure.files.exr_header import check_exr
from autoexposure.frame import Frame
from autoexposure.profiles.storage import from_toml
from autoexposure.recording import writer as recording
from autoexposure.recording.reader import Recording
from autoexposure.states import AeState
from drivers.common.pictures.formats import FORMATS, to_rgb
from drivers.common.pictures.layout import Layout
from drivers.http.mjpeg import PartSplitter
from drivers.phone.protocol import ProtocolError, read_lens, read_picture, read_text
from tests.autoexposure.files import bombs


def picture(data: bytes) -> None:
    """Whatever it is, by every way of decoding it."""
    for read in (
        decode,
        decode_deep,
        decode_jpeg,
        lambda whole: decode(whole, shrink=True),
        lambda whole: decode_jpeg(whole, 8),
    ):
        with suppress(PictureError):
            assert read(data).shape[2] == 3
    with suppress(PictureError):
        check_exr(data)


def raw(data: bytes) -> None:
    """What a video device sends, in any format and layout: the first four bytes say which."""
    if len(data) < 4:
        return
    name = list(FORMATS)[data[0] % len(FORMATS)]
    with suppress(PictureError):
        pixels = to_rgb(np.frombuffer(data[4:], np.uint8), name, Layout(data[1], data[2], data[3]))
        assert pixels.shape[2] == 3


def recorded(data: bytes) -> None:
    path = _file("recording.tar", data)
    with suppress(RecordingError), Recording(path) as read:
        assert read.frame_interval_s > 0
        for index in range(min(len(read.pictures), 4)):
            with suppress(RecordingError):
                read.pixels(index)


def profile(data: bytes) -> None:
    with suppress(ConfigError):
        from_toml(data.decode(errors="replace"))


def archive(data: bytes) -> None:
    path = _file("answers.zip", data)
    with suppress(FeedbackError):
        import_answers(path, _store())


def stream(data: bytes) -> None:
    """A Motion JPEG stream in pieces; every byte of a body was sent, and none is there twice."""
    splitter = PartSplitter(b"X")
    size = data[0] + 1 if data else 1
    with suppress(CameraDisconnected):
        bodies = [body for at in range(0, len(data), size) for body in splitter.feed(data[at : at + size])]
        assert sum(map(len, bodies)) <= len(data)


def phone(data: bytes) -> None:
    with suppress(ProtocolError):
        read_picture(data)
    with suppress(ProtocolError):
        read_lens(read_text(data.decode(errors="replace")))


def text(data: bytes) -> None:
    for parse in (parse_json, lambda raw: parse_toml(raw.decode(errors="replace"))):
        with suppress(BadInput):
            parse(data)


TARGETS: dict[str, Callable[[bytes], None]] = {
    target.__name__: target for target in (picture, raw, recorded, profile, archive, stream, phone, text)
}


def seeds(name: str) -> list[bytes]:
    """Good input of a target, to begin with."""
    match name:
        case "picture":
            whole = [bombs.encoded(suffix) for suffix in (".jpg", ".png", ".bmp", ".ppm", ".tif", ".webp")]
            light = cv2.imencode(".hdr", np.ones((8, 8, 3), np.float32))[1].tobytes()
            return [*whole, light, bombs.progressive(), bombs.exr(8, 8), bombs.png(8, 8, bits=16)]
        case "raw":
            return [bytes((at, 8, 8, 0)) + bytes(range(256)) * 2 for at in range(0, len(FORMATS), 9)]
        case "recorded":
            head = f'{{"format": "{recording.FORMAT}", "version": 1}}'.encode()
            parts = [("recording.json", head), ("0.json", b'{"timestamp_s": 1}'), ("0.jpg", bombs.encoded())]
            return [b"".join(recording._member(*part) for part in parts)]
        case "profile":
            from tests.autoexposure.profiles.test_profile import PROFILE, to_toml

            return [to_toml(PROFILE).encode()]
        case "archive":
            path = _file("seed.zip", b"")
            with FeedbackStore(_folder() / "seed.db", profile="somebody") as store:
                frame = Frame(np.zeros((16, 16, 3), np.uint8), 1.0, 1, Exposure(0.01))
                store.add(frame, Label.UNDER, camera="a", meter="b", ae_state=AeState.CONVERGED, delta_ev=0.1)
                export_answers(store, path)
            return [path.read_bytes()]
        case "stream":
            return [b"\x07--X\r\nContent-Length: 3\r\n\r\nabc\r\n--X\n\nno length\n--X"]
        case "phone":
            head = b'{"sequence": 1, "taken_ms": 2, "settings": {}}'
            lens = b'{"type": "camera", "capabilities": {"exposureTime": {"min": 1, "max": 9}}, "settings": {}}'
            return [len(head).to_bytes(4, "big") + head + bombs.encoded(), lens]
        case _:
            return [b'{"a": [1, 2.5, null, "text"]}', b'a.b = 1\nc = ["x", 1e3]\n[d]\ne = 2026-01-01\n']


@cache
def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="autoexposure-fuzz-"))


@cache
def _store() -> FeedbackStore:
    return FeedbackStore(_folder() / "store.db", profile="somebody")


def _file(name: str, data: bytes) -> Path:
    path = _folder() / name
    path.write_bytes(data)
    return path
