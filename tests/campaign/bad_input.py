"""Input that is wrong, kind by kind: each a name, what it puts into a fresh home, and the command it is given to."""

from __future__ import annotations

import io
import json
import math
import os
import sqlite3
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from autoexposure.feedback.answer import Label
from autoexposure.feedback.archive import export_answers
from autoexposure.feedback.store import FeedbackStore
from autoexposure.frame import Frame
from autoexposure.recording.writer import RecordingWriter
from autoexposure.states import AeState
from tests.campaign.kept_camera import ORIGINAL, plug_in
from tests.campaign.victims import DEVICE, pictures

FEW = ("--frames", "2", "--quiet", "--meter", "average")
DEEP = "[" * 100_000
LONG_NUMBER = "9" * 5000
ESCAPES = "\x1b]52;c;QQ==\x07[/x]\u202e<img src='/etc/passwd'>"


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of bad input.

    Attributes
    ----------
    arguments : of the command; ``{home}`` is filled in.
    prepare : puts the input into the home.
    codes : exit codes that are right: 2 for how it was called, 1 for the rest; 0 where the damage costs itself only.
    limit_s : time after which it hangs.
    """

    name: str
    arguments: Sequence[str]
    prepare: Callable[[Path], None] = lambda home: None
    codes: tuple[int, ...] = (1, 2)
    limit_s: float = 40.0


Contents = bytes | str | Callable[[], bytes]
"""What stands in a file; called where making it takes a while."""


def _file(name: str, data: Contents) -> Callable[[Path], None]:
    return lambda home: _write(home / name, data() if callable(data) else data)


def _write(path: Path, data: bytes | str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data)


def _fifo(name: str) -> Callable[[Path], None]:
    def make(home: Path) -> None:
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        os.mkfifo(home / name)

    return make


def _folder(name: str) -> Callable[[Path], None]:
    return lambda home: (home / name).mkdir(parents=True)


def _link(name: str, target: str) -> Callable[[Path], None]:
    def make(home: Path) -> None:
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).symlink_to(target)

    return make


def _no_files(name: str) -> dict[str, Callable[[Path], None]]:
    """What can stand where a file is expected, and is none."""
    return {
        "missing": lambda home: None,
        "empty": _file(name, b""),
        "a folder": _folder(name),
        "a pipe": _fifo(name),
        "endless": _link(name, "/dev/zero"),
        "a circle of links": _link(name, name.rpartition("/")[2]),
        "random bytes": _file(name, np.random.default_rng(0).bytes(5000)),
    }


# Pictures


def jpeg_misread() -> bytes:
    """A small JPEG before whose true size stand markers without a length, which look like another size."""
    good = cv2.imencode(".jpg", np.zeros((16, 16, 3), np.uint8))[1].tobytes()
    return (
        good[:2]
        + b"\xff\x01\xff\xd0\xff\xd8"
        + good[2:].replace(struct.pack(">HH", 16, 16), struct.pack(">HH", 40_000, 40_000))
    )


def jpeg_bomb() -> bytes:
    """A header that promises 65,000 x 65,000 pixels."""
    good = cv2.imencode(".jpg", np.zeros((16, 16, 3), np.uint8))[1].tobytes()
    return good.replace(struct.pack(">HH", 16, 16), struct.pack(">HH", 65_000, 65_000))


@cache
def png_bomb(side_px: int = 16_000) -> bytes:
    """Black pixels by the gigabyte, in a megabyte."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer, packed = zlib.compressobj(9), io.BytesIO()
    row = bytes(1 + 3 * side_px)
    for _ in range(side_px):
        packed.write(packer.compress(row))
    packed.write(packer.flush())
    header = struct.pack(">IIBBBBB", side_px, side_px, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed.getvalue()) + chunk(b"IEND", b"")


# Models


def _model(home: Path, build: str) -> None:
    """A model that says it is ours, with another heart."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    from models.files.model_file import INPUT_NAME, INPUT_SHAPE, OUTPUT_SHAPES, REQUIRED_METADATA

    nodes, initialisers = [], []
    for name, shape in OUTPUT_SHAPES.items():
        value = np.full(shape, math.nan if build == "nan" else 0.5, np.float32)
        initialisers.append(numpy_helper.from_array(value, f"{name}_value"))
        nodes.append(helper.make_node("Identity", [f"{name}_value"], [name]))
    if build == "huge":
        initialisers.append(numpy_helper.from_array(np.array([2_000_000_000], np.int64), "size"))
        nodes[:1] = [
            helper.make_node("ConstantOfShape", ["size"], ["ones"]),
            helper.make_node("ReduceMean", ["ones"], ["mean"], keepdims=1),
            helper.make_node("Add", ["delta_ev_value", "mean"], ["delta_ev"]),
        ]
    if build == "endless":
        body = helper.make_graph(
            [
                helper.make_node("Identity", ["going"], ["going_on"]),
                helper.make_node("Identity", ["value"], ["value_out"]),
            ],
            "body",
            [
                helper.make_tensor_value_info("round", TensorProto.INT64, []),
                helper.make_tensor_value_info("going", TensorProto.BOOL, []),
                helper.make_tensor_value_info("value", TensorProto.FLOAT, [1]),
            ],
            [
                helper.make_tensor_value_info("going_on", TensorProto.BOOL, []),
                helper.make_tensor_value_info("value_out", TensorProto.FLOAT, [1]),
            ],
        )
        initialisers.append(numpy_helper.from_array(np.array(True), "yes"))
        nodes[:1] = [helper.make_node("Loop", ["", "yes", "delta_ev_value"], ["delta_ev"], body=body)]
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in OUTPUT_SHAPES.items()]
    inputs = [helper.make_tensor_value_info(INPUT_NAME, TensorProto.FLOAT, INPUT_SHAPE)]
    graph = helper.make_graph(nodes, "bad", inputs, outputs, initialisers)
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    metadata = REQUIRED_METADATA if build != "foreign" else {}
    helper.set_model_props(proto, dict(metadata))
    if build == "outside":
        tensor = proto.graph.initializer[0]
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="/etc/passwd")
    _write(home / "bad.onnx", proto.SerializeToString())
    assert onnx.__version__


def _shortened_model(home: Path) -> None:
    from models.files.model_file import default_model_path

    _write(home / "bad.onnx", default_model_path().read_bytes()[:200_000])


def _changed_model(home: Path) -> None:
    from models.files.model_file import default_model_path, sidecar_path

    data = bytearray(default_model_path().read_bytes())
    data[len(data) // 2] ^= 1
    _write(home / "bad.onnx", bytes(data))
    _write(home / "bad.json", sidecar_path(default_model_path()).read_bytes())


def models() -> list[Case]:
    command = ("run", "--camera", "sim:scene=cat", "--model", "{home}/bad.onnx", "--frames", "2", "--quiet")
    cases = {**_no_files("bad.onnx"), "text": _file("bad.onnx", "hello"), "cut off": _shortened_model}
    cases["changed"] = _changed_model
    cases |= {build: partial(_model, build=build) for build in ("foreign", "outside", "huge", "endless")}
    found = [Case(f"model: {name}", command, prepare) for name, prepare in cases.items()]
    # A picture that the network can't answer is metered by a classical meter, as README says.
    return [*found, Case("model: nan", command, partial(_model, build="nan"), (0, 1, 2))]


# Recordings


def _recording(home: Path, change: Callable[[bytes], bytes] | None = None) -> None:
    with RecordingWriter(home / "good.tar") as writer:
        for snapshot in pictures()[:4]:
            writer.add(snapshot)
    data = (home / "good.tar").read_bytes()
    _write(home / "bad.tar", change(data) if change else data)


def _member(name: str, data: bytes, size: bytes | None = None) -> bytes:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    head = bytearray(info.tobuf(tarfile.USTAR_FORMAT))
    if size is not None:
        head[124:136] = size
        head[148:156] = b" " * 8
        head[148:156] = f"{sum(head):06o}\0 ".encode()
    return bytes(head) + data + bytes(-len(data) % 512)


def _tar(header: Any, described: Any, picture: bytes, name: str = "000000.jpg") -> bytes:
    return (
        _member("recording.json", header if isinstance(header, bytes) else json.dumps(header).encode())
        + _member("000000.json", described if isinstance(described, bytes) else json.dumps(described).encode())
        + _member(name, picture)
        + bytes(1024)
    )


def recordings() -> list[Case]:
    header = {"format": "autoexposure recording", "version": 1, "camera": {"name": ESCAPES}}
    described = {"timestamp_s": 1.0, "time_s": 0.01, "gain": 1.0}
    good = cv2.imencode(".jpg", np.full((48, 64, 3), 90, np.uint8))[1].tobytes()
    command = ("run", "--camera", "replay:{home}/bad.tar", *FEW)
    broken: dict[str, Contents] = {
        "negative size": _tar(header, described, good)
        + _member("x.json", b"", b"\x80" + b"\0" * 3 + b"\xff" * 8)
        + _member("x.json", b"", b"\xff" * 12),
        "only a negative size": _member("recording.json", b"", b"\xff" * 12),
        "size of an exabyte": _member("recording.json", b"{}", b"\x80\0\0\0\x10" + b"\0" * 7),
        "zeros": bytes(10_240),
        "deep header": _tar(DEEP.encode(), described, good),
        "long number": _tar(header, f'{{"timestamp_s": {LONG_NUMBER}}}'.encode(), good),
        "infinite number": _tar(header, b'{"timestamp_s": 1e999, "time_s": 1e999, "gain": 1}', good),
        "nan": _tar(header, b'{"timestamp_s": NaN, "time_s": NaN, "gain": NaN}', good),
        "no exposure": _tar(header, {"timestamp_s": 1.0, "time_s": -1.0, "gain": 0.0}, good),
        "a list for a header": _tar([1, 2], described, good),
        "text for numbers": _tar(header | {"capabilities": {"base_iso": "many"}}, described, good),
        "newer": _tar(header | {"version": 99}, described, good),
        "version in words": _tar(header | {"version": "two"}, described, good),
        "jpeg bomb": _tar(header, described, jpeg_bomb()),
        "misread jpeg": _tar(header, described, jpeg_misread()),
        "no picture": _tar(header, described, b"no picture"),
        "png bomb": lambda: _tar(header, described, png_bomb(), "000000.png"),
    }
    whole = {"an end cut off": -700, "the middle of a picture": 3000}
    cases = {**_no_files("bad.tar"), **{name: _file("bad.tar", data) for name, data in broken.items()}}
    found = [Case(f"recording: {name}", command, prepare) for name, prepare in cases.items()]
    found += [
        Case(f"recording: {name}", command, partial(_recording, change=lambda data, end=end: data[:end]), (0, 1, 2))
        for name, end in whole.items()
    ]
    mild = ("recording: negative size", "recording: text for numbers", "recording: text for numbers")
    return [Case(case.name, command, case.prepare, (0, 1, 2)) if case.name in mild else case for case in found]


# Archives of answers


def _archive(home: Path, change: Callable[[dict[str, Any], dict[str, bytes]], None] | None = None) -> None:
    """Three good answers, then changed."""
    home.mkdir(parents=True, exist_ok=True)
    with FeedbackStore(home / "other.sqlite") as store:
        for snapshot, label in zip(pictures(), Label, strict=False):
            assert snapshot.frame is not None
            frame = Frame(snapshot.frame.pixels, 0.0, snapshot.frame.sequence)
            store.add(frame, label, camera="c", meter="average", ae_state=AeState.CONVERGED, delta_ev=0.0)
        export_answers(store, home / "good.zip")
    with zipfile.ZipFile(home / "good.zip") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    listed = json.loads(members.pop("answers.json"))
    if change is not None:
        change(listed, members)
    with zipfile.ZipFile(home / "bad.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
        archive.writestr("answers.json", json.dumps(listed).encode("utf-8", "surrogatepass"))


def _entry(**changed: object) -> Callable[[Path], None]:
    def change(listed: dict[str, Any], members: dict[str, bytes]) -> None:
        listed["answers"][1] |= changed

    return partial(_archive, change=change)


def _picture(data: Contents) -> Callable[[Path], None]:
    def change(listed: dict[str, Any], members: dict[str, bytes]) -> None:
        members["pictures/000002.png"] = data() if callable(data) else data

    return partial(_archive, change=change)


def _zip(files: dict[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def archives() -> list[Case]:
    command = ("feedback", "import", "{home}/bad.zip")
    refused = {
        **_no_files("bad.zip"),
        "no zip": _file("bad.zip", "hello"),
        "an empty zip": _file("bad.zip", _zip({})),
        "deep list": _file("bad.zip", _zip({"answers.json": DEEP.encode()})),
        "another format": _file("bad.zip", _zip({"answers.json": b'{"format": "other", "answers": []}'})),
        "a list of a gigabyte": _file("bad.zip", lambda: _zip({"answers.json": bytes(60_000_000)})),
        "a number for the list": _file("bad.zip", _zip({"answers.json": b"7"})),
        "cut off": lambda home: (_archive(home), _write(home / "bad.zip", (home / "bad.zip").read_bytes()[:-30]))[0],
    }
    found = [Case(f"archive: {name}", command, prepare) for name, prepare in refused.items()]
    # One damaged entry costs that entry: two of three are added.
    damaged: dict[str, Callable[[Path], None]] = {
        "infinite time": _entry(exposure={"time_s": math.inf, "gain": 1.0}),
        "nan wish": _entry(delta_ev=math.nan),
        "absurd bias": _entry(bias_ev=1e300),
        "negative exposure": _entry(exposure={"time_s": -1.0, "gain": 1.0}),
        "no date": _entry(answered_at="yesterday"),
        "date before dates": _entry(answered_at="0001-01-01T00:00:00+14:00"),
        "a number for the date": _entry(answered_at=7),
        "another label": _entry(label="splendid"),
        "another state": _entry(ae_state="sleepy"),
        "huge id": _entry(id=10**30),
        "huge sequence": _entry(sequence=2**80),
        "a list for the exposure": _entry(exposure=[1, 2]),
        "surrogates": _entry(profile="\ud800"),
        "no picture": _picture(b"no picture"),
        "picture bomb": _picture(png_bomb),
        "half a picture": _picture(cv2.imencode(".png", np.zeros((40, 40, 3), np.uint8))[1].tobytes()[:60]),
    }
    return [*found, *(Case(f"answer: {name}", command, prepare, (0,)) for name, prepare in damaged.items())]


# Profiles, scenes, notes, stores, settings


def profiles() -> list[Case]:
    command = ("run", "--camera", "sim:scene=cat", "--camera-profile", "{home}/bad.toml", *FEW)
    cases = {
        **_no_files("bad.toml"),
        "deep": _file("bad.toml", f"a = {DEEP}"),
        "long number": _file("bad.toml", f"version = {LONG_NUMBER}"),
        "nan": _file("bad.toml", "format = nan\n[time]\nminimum_s = nan\n"),
        "infinite": _file("bad.toml", "format = inf\n"),
        "json": _file("bad.toml", "{}"),
        "surrogates": _file("bad.toml", b"name = '\xed\xa0\x80'\n"),
        "two megabytes": _file("bad.toml", "#" * 2_000_000),
    }
    return [Case(f"profile: {name}", command, prepare) for name, prepare in cases.items()]


def scenes() -> list[Case]:
    command = ("run", "--camera", "sim:scene={home}/bad.png", *FEW)
    cases = {
        **_no_files("bad.png"),
        "text": _file("bad.png", "hello"),
        "png bomb": _file("bad.png", png_bomb),
        "jpeg bomb": _file("bad.png", jpeg_bomb()),
        "misread jpeg": _file("bad.png", jpeg_misread()),
    }
    found = [Case(f"scene: {name}", command, prepare) for name, prepare in cases.items()]
    hdr = b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 60000 +X 60000\n" + bytes(2000)
    return [
        *found,
        Case("scene: hdr bomb", ("run", "--camera", "sim:scene={home}/bad.hdr", *FEW), _file("bad.hdr", hdr)),
        Case("scene: no exr", ("run", "--camera", "sim:scene={home}/bad.exr", *FEW), _file("bad.exr", b"v/1\x01" * 9)),
    ]


NOTES = "state/autoexposure/cameras"


def _note_beside(name: str, write: Callable[[Path], None]) -> Callable[[Path], None]:
    """A bad note, and a good one of a camera that waits to be put back."""

    def make(home: Path) -> None:
        write(home)
        plug_in(home / DEVICE)
        (home / DEVICE).write_bytes(struct.pack("<3d", 0.0, 0.05, 9.0))
        note = {"stable_id": f"kept-{home / DEVICE}", "spec": f"kept:{home / DEVICE}", "name": "Kept", "pid": 2**22 - 1}
        from autoexposure.custody.journal import Journal

        path = Journal(home / NOTES)._path(note["stable_id"])  # type: ignore[arg-type]  # a str, in a mixed dict
        _write(path, json.dumps(note | {"settings": ORIGINAL}))

    return make


def notes() -> list[Case]:
    name = f"{NOTES}/0000000000000000.json"
    whole = {"stable_id": "x", "spec": "nofamily:x", "name": ESCAPES, "settings": {}, "pid": 1}
    cases = {
        **{kind: make for kind, make in _no_files(name).items() if kind != "missing"},
        "a list": _file(name, "[]"),
        "newer": _file(name, json.dumps(whole | {"mood": "blue"})),
        "deep": _file(name, DEEP),
        "long number": _file(name, f'{{"pid": {LONG_NUMBER}}}'),
        "of no family": _file(name, json.dumps(whole)),
        "nan": _file(name, json.dumps(whole | {"settings": {"gain": math.nan}})),
        "a list for settings": _file(name, json.dumps(whole | {"settings": [1]})),
        "text for the process": _file(name, json.dumps(whole | {"pid": "me"})),
    }
    # 1 where something is left to do, 0 where the note was set aside and all others are done.
    return [Case(f"note: {kind}", ("restore",), _note_beside(kind, make), (0, 1)) for kind, make in cases.items()]


def _sqlite(home: Path, script: str) -> None:
    home.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(home / "bad.sqlite")
    connection.executescript(script)
    connection.close()


def stores() -> list[Case]:
    command = ("feedback", "list", "--store", "{home}/bad.sqlite")
    whole = {kind: make for kind, make in _no_files("bad.sqlite").items() if kind not in ("missing", "empty")}
    found = [Case(f"store: {kind}", command, make, (0, 1, 2)) for kind, make in whole.items()]
    scripts = {
        "of another program": "CREATE TABLE x (y)",
        "newer": "PRAGMA application_id = 1095063622; PRAGMA user_version = 99; CREATE TABLE x (y)",
    }
    return [
        *found,
        *(Case(f"store: {kind}", command, partial(_sqlite, script=script)) for kind, script in scripts.items()),
    ]


def options() -> list[Case]:
    given: dict[str, tuple[str, ...]] = {
        "bias nan": ("run", "--camera", "sim:", "--bias", "nan", *FEW),
        "bias inf": ("run", "--camera", "sim:", "--bias", "inf", *FEW),
        "bias 99": ("run", "--camera", "sim:", "--bias", "99", *FEW),
        "mains 55": ("run", "--camera", "sim:", "--mains", "55", *FEW),
        "seconds -1": ("run", "--camera", "sim:", "--seconds", "-1"),
        "seconds nan": ("run", "--camera", "sim:", "--seconds", "nan", *FEW),
        "frames 0": ("run", "--camera", "sim:", "--frames", "0"),
        "no family": ("run", "--camera", "nonsense:x", *FEW),
        "escapes in a name": ("run", "--camera", ESCAPES, *FEW),
        "surrogates in a name": ("run", "--camera", "sim:scene=\udcff", *FEW),
        "no device": ("run", "--camera", "/dev/null", *FEW),
        "an endless device": ("run", "--camera", "/dev/zero", *FEW),
        "unknown key": ("run", "--camera", "sim:mood=blue", *FEW),
        "fps 0": ("run", "--camera", "sim:fps=0", *FEW),
        "fps nan": ("run", "--camera", "sim:fps=nan", *FEW),
        "fps 1/0": ("run", "--camera", "sim:fps=1/0", *FEW),
        "a fraction of a million digits": ("run", "--camera", f"sim:fps=1/{LONG_NUMBER}", *FEW),
        "start_ev 1e999": ("run", "--camera", "sim:start_ev=1e999", *FEW),
        "width 10**9": ("run", "--camera", "sim:width=1000000000", *FEW),
        "twice": ("run", "--camera", "sim:fps=30,fps=30", *FEW),
        "port 99999": ("run", "--camera", "ipwebcam:127.0.0.1:99999", *FEW),
        "no host": ("run", "--camera", "onvif:", *FEW),
        "phone's port": ("run", "--camera", "phone:port=many", *FEW),
        "phone's host": ("run", "--camera", "phone:host=999.1.1.1,port=0", *FEW),
        "json in no folder": ("run", "--camera", "sim:", *FEW, "--json", "{home}/none/x.jsonl"),
        "json is a folder": ("run", "--camera", "sim:", *FEW, "--json", "{home}"),
        "json is full": ("run", "--camera", "sim:", *FEW, "--json", "/dev/full"),
        "record over a file": ("run", "--camera", "sim:", *FEW, "--record", "{home}/kept.txt"),
        "record under a file": ("run", "--camera", "sim:", *FEW, "--record", "{home}/kept.txt/x.tar"),
        "meter from nothing": ("run", "--camera", "sim:", *FEW, "--meter-from", "{home}/none.mp4"),
        "meter from text": ("run", "--camera", "sim:", *FEW, "--meter-from", "{home}/kept.txt", "--seconds", "3"),
        "meter from a scheme": (
            "run",
            "--camera",
            "sim:",
            *FEW,
            "--meter-from",
            "gopher://127.0.0.1/x",
            "--seconds",
            "3",
        ),
        "no meter": ("run", "--camera", "sim:", "--meter", "feeling"),
        "no command": ("dance",),
        "answer 99": ("feedback", "show", "99"),
        "answer 10**30": ("feedback", "show", str(10**30)),
        "forget nothing": ("feedback", "forget"),
        "export into nothing": ("feedback", "export", "{home}/none/x.zip"),
        "export no training": ("export", "{home}/none", "--out", "{home}/x.onnx"),
        "export over a folder": ("export", "{home}/none", "--out", "{home}"),
        "evaluate nothing": ("evaluate", "{home}/none.onnx", "--photos", "{home}"),
        "train on nothing": ("pretrain", "--photos", "{home}/none", "--out", "{home}/training"),
        "train into a file": ("pretrain", "--photos", "{home}", "--out", "{home}/kept.txt"),
        "no model number": ("personalise", "--use", "99"),
        "no experiment": ("experiment", "luck"),
        "probe no camera": ("probe", "--camera", "nonsense:"),
        "probe into a folder": ("probe", "--camera", "sim:", "--out", "{home}"),
    }
    return [Case(f"option: {name}", arguments, _file("kept.txt", "kept")) for name, arguments in given.items()]


def cameras() -> list[Case]:
    """Answers of a plug-in's camera."""
    modes = ("none", "floats", "raises", "raises_later", "no_frame", "nan_range", "names", "hangs")
    arguments = ("--meter", "average", "--seconds", "1", "--quiet")
    return [
        Case(
            f"camera: {mode}", ("run", "--camera", f"bad:{mode}", *arguments), codes=(0,) if mode == "names" else (1, 2)
        )
        for mode in modes
    ]


def all_cases() -> list[Case]:
    """Every kind, in a fixed order."""
    groups = (models, recordings, archives, profiles, scenes, notes, stores, options, cameras)
    return [case for group in groups for case in group()]
