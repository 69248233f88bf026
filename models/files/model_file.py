"""Checks a model file before any of it is used: that it is there, whole, unchanged, and made for this program.

A model is one ``.onnx`` file. Beside it may stand a sidecar of the same name ending in ``.json``, which holds the
file's SHA-256; the shipped model has one. A file without a sidecar is checked by the metadata inside it. Nothing is
unpickled, and a file that refers to data outside itself is refused.
"""

from __future__ import annotations

import hashlib
import logging
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from weakref import WeakValueDictionary

from autoexposure.errors import ModelFileError
from autoexposure.files.bounded import BadInput, parse_object, read_file, read_text
from autoexposure.metering.policy import MAP_SIDE
from autoexposure.metering.preview import SIDE_PX
from models.files.model_trial import check_by_trial

if TYPE_CHECKING:
    from models.runtime import Session

log = logging.getLogger(__name__)

FORMAT = "autoexposure attention network, version 1"
"""Metadata entry ``format``: by which this program knows its own models."""

INPUT_NAME = "preview"
INPUT_SHAPE = (1, 3, SIDE_PX, SIDE_PX)

FEATURES_SHAPE = (384, MAP_SIDE, MAP_SIDE)

OUTPUT_SHAPES: dict[str, tuple[int, ...]] = {
    "delta_ev": (1,),
    "attention": (MAP_SIDE, MAP_SIDE),
    "exposure_map": (MAP_SIDE, MAP_SIDE),
    "features": FEATURES_SHAPE,
}
"""What a model returns: EV; 0..1; EV; fire7's features, over which new heads can be learned."""

DOUBT_NAME, DOUBT_SHAPE = "doubt_ev", (1,)
"""What a model may return besides: half width in EV of the interval that holds 68 % of its answers' errors."""

REQUIRED_METADATA = {
    "format": FORMAT,
    "input_size": f"{SIDE_PX}x{SIDE_PX}",
    "colour_order": "RGB",
    "input_range": "0..255",
    "ev_sign": "positive raises the exposure",
}

POOLING = "pooling"
"""Metadata entry: how the answer is made of the maps, a name of `autoexposure.personal.features.Pooling`, small. Files
of before there was one say nothing."""

QUANTISED_FROM = "quantised_from"
"""Metadata entry of a model in 8-bit integers: the SHA-256 of the file it was made of."""

Form = Literal["float32", "int8"]

LIVE_FORM: Form = "float32"
"""Which form of the shipped model meters in the loop. ``int8`` once `autoexposure quantise` has kept one and it lies
beside the model, see `live_model_path`."""

LARGEST_FILE_BYTES = 50_000_000
"""Thirty times the shipped model: anything larger is not one of ours, and is not read into memory."""


@dataclass(frozen=True, slots=True, eq=False)
class CheckedModel:
    """A model file that passed.

    ``session`` is an ``onnxruntime.InferenceSession`` that all of this process share who use the same file: any number
    of threads may run it at once, each on itself alone and with buffers of its own. ``doubts`` is whether it returns
    its doubt as well.
    """

    path: Path
    sha256: str
    metadata: dict[str, str]
    session: Session
    doubts: bool


def default_model_path() -> Path:
    """The base model that is shipped with the program."""
    return Path(__file__).parents[1] / "weights" / "base.onnx"


def int8_path(model: Path) -> Path:
    """Where a model's form in 8-bit integers lies, if there is one."""
    return model.with_suffix(".int8.onnx")


def live_model_path(model: Path | None = None, form: Form = LIVE_FORM) -> Path:
    """The file that meters in the loop for ``model``, the shipped one for None, in the ``form`` wished for.

    That is ``model`` itself where no form in integers lies beside it. One that was made of another model is left out:
    it would bring back what a new training has replaced. So is one that can't be read.
    """
    model = model or default_model_path()
    if form == "float32" or not int8_path(model).is_file():
        return model
    try:
        if load_model(int8_path(model)).metadata.get(QUANTISED_FROM) == hashlib.sha256(_read(model)).hexdigest():
            return int8_path(model)
        log.warning("%s was made of another model than %s and is left out", int8_path(model), model.name)
    except ModelFileError as error:
        log.warning("the form in 8-bit integers is left out: %s", error)
    return model


def sidecar_path(model: Path) -> Path:
    """Where the SHA-256 of ``model`` stands, if it has a sidecar."""
    return model.with_suffix(".json")


def load_model(path: Path) -> CheckedModel:
    """Read and check a model file, and open it with onnxruntime.

    Raises ModelFileError with one sentence: missing, changed, damaged, or made for something else.
    """
    data = _read(path)
    digest = hashlib.sha256(data).hexdigest()
    _check_sidecar(path, digest)
    check_by_trial(path, data)
    session = _shared_session(path, data, digest)
    metadata = {str(k): str(v) for k, v in session.get_modelmeta().custom_metadata_map.items()}
    for name, expected in REQUIRED_METADATA.items():
        if metadata.get(name) != expected:
            given = repr(metadata[name]) if name in metadata else "nothing"
            raise ModelFileError(
                f"{path} is not a model of this program: its {name} should be {expected!r} and is {given}"
            )
    inputs = {tensor.name: tuple(tensor.shape) for tensor in session.get_inputs()}
    outputs = {tensor.name: tuple(tensor.shape) for tensor in session.get_outputs()}
    _check_shapes(path, "input", inputs, {INPUT_NAME: INPUT_SHAPE})
    doubts = DOUBT_NAME in outputs
    _check_shapes(path, "output", outputs, OUTPUT_SHAPES | ({DOUBT_NAME: DOUBT_SHAPE} if doubts else {}))
    return CheckedModel(path, digest, metadata, session, doubts)


def _read(path: Path) -> bytes:
    try:
        return read_file(path, LARGEST_FILE_BYTES)
    except BadInput as error:
        raise ModelFileError(f"{path} can't be a model of this program ({error}); give the .onnx file") from error
    except FileNotFoundError as error:
        raise ModelFileError(f"there is no model file {path}; give the path of an .onnx file") from error
    except OSError as error:
        raise ModelFileError(f"the model file {path} cannot be read: {error.strerror}") from error


def _check_sidecar(path: Path, digest: str) -> None:
    sidecar = sidecar_path(path)
    if not sidecar.is_file():
        return
    try:
        expected = parse_object(read_text(sidecar))["sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelFileError(f"{sidecar} should hold the SHA-256 of {path.name} and cannot be understood") from error
    if digest != expected:
        raise ModelFileError(
            f"{path} has changed since it was made (its SHA-256 differs from {sidecar.name}); install it again"
        )


_IN_USE: WeakValueDictionary[str, Session] = WeakValueDictionary()
"""By the file's SHA-256. Several cameras keep one copy of the weights, which so stays in the processor's cache."""

_OPENING = threading.Lock()


def _shared_session(path: Path, data: bytes, digest: str) -> Session:
    with _OPENING:
        if (session := _IN_USE.get(digest)) is None:
            session = _IN_USE[digest] = open_session(path, data)
        return session


def open_session(path: Path, data: bytes) -> Session:
    """An ``onnxruntime.InferenceSession`` on one thread. Raises ModelFileError; what it is for is not looked at."""
    from models.runtime import errors, onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # an idle thread pool would burn a core
    options.log_severity_level = 4  # what is wrong is said once, by us
    try:
        session: Session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        return session
    except errors as error:
        raise ModelFileError(f"{path} is not an ONNX model, or it is damaged ({_first_words(error)})") from error


def _first_words(error: Exception) -> str:
    """The reason without onnxruntime's own prefix and source positions."""
    text = re.sub(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ", "", str(error)).strip()
    return (text.splitlines() or ["no reason given"])[0][:80]


def _check_shapes(
    path: Path, kind: str, given: Mapping[str, tuple[int | str, ...]], expected: Mapping[str, tuple[int, ...]]
) -> None:
    for name, shape in expected.items():
        if given.get(name) != shape:
            found = given.get(name, "missing")
            raise ModelFileError(
                f"{path} is not a model of this program: {kind} {name!r} should be {shape} and is {found}"
            )
