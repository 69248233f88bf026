"""The model in 8-bit integers, tried and measured; kept only if faster and within 0.02 EV."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray

from autoexposure.errors import ConfigError
from autoexposure.files.atomic_file import atomic_open, sweep
from autoexposure.process.long_work import Tell, part_of, tell_nobody
from autoexposure.response import gamma
from models.data.dataset import PhotoCache
from models.data.exposure_ladder import LADDER_EV, ladder
from models.evaluation.evaluate import decision_ms, ladder_error
from models.evaluation.report import as_table
from models.files.model_file import INPUT_NAME, load_model, sidecar_path
from models.inference.onnx_policy import OnnxPolicy
from models.meters import PolicyMeter
from models.runtime import quantization

WORTH_EV = 0.02
"""Largest ladder error that speed may cost."""

CALIBRATED_ON = 64
"""Training photographs whose ladders show the ranges that the integers have to cover."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One form of the model: size of its file, ladder error on held-out photographs, median time of a decision."""

    name: str
    kilobytes: float
    mae_ev: float
    decision_ms: float


@dataclass(frozen=True, slots=True)
class Int8Trial:
    """Both forms side by side; ``model`` is the contents of the file in 8-bit integers."""

    float32: Trial
    int8: Trial
    model: bytes

    @property
    def worth_keeping(self) -> bool:
        """Whether 8 bits are faster and hardly worse."""
        faster = self.int8.decision_ms < self.float32.decision_ms
        return faster and self.int8.mae_ev <= self.float32.mae_ev + WORTH_EV

    def as_table(self) -> str:
        """For the model card."""
        rows = [
            [trial.name, f"{trial.kilobytes:.0f}", f"{trial.mae_ev:.3f}", f"{trial.decision_ms:.1f}"]
            for trial in (self.float32, self.int8)
        ]
        return as_table(["", "KiB", "ladder error EV", "decision ms"], rows)


def try_int8(model: Path, cache: PhotoCache, tell: Tell = tell_nobody) -> Int8Trial:
    """Quantise ``model`` and measure both on the test part of ``cache``; writes nothing, see `keep_int8`.

    Convolutions become integers; the two heads stay as they are, since what they say is the answer itself.
    """
    tools = quantization()

    class Ladders(tools.CalibrationDataReader):  # type: ignore[misc,name-defined]  # the library has no types
        def __init__(self) -> None:
            self._previews = _previews(cache)

        def get_next(self) -> dict[str, NDArray[np.float32]] | None:
            tell("calibrating 8-bit integers", 0.0)
            return next(self._previews, None)

    load_model(model)  # says in a sentence what is wrong with it
    heads = head_nodes(onnx.load(model).graph)
    with tempfile.TemporaryDirectory() as folder:
        own, made = Path(folder) / "float32.onnx", Path(folder) / "int8.onnx"
        shutil.copyfile(model, own)  # the quantiser writes beside the model, whose folder may be read-only
        tools.quantize_static(
            own,
            made,
            Ladders(),
            quant_format=tools.QuantFormat.QDQ,
            op_types_to_quantize=["Conv"],
            nodes_to_exclude=heads,
            per_channel=True,
            activation_type=tools.QuantType.QUInt8,
            weight_type=tools.QuantType.QInt8,
        )
        _copy_notes(own, made)
        return Int8Trial(_measure("float32", own, cache, tell), _measure("int8", made, cache, tell), made.read_bytes())


def head_nodes(graph: onnx.GraphProto) -> list[str]:
    """Names of the nodes that compute the two heads, found by the names of their weights."""
    return [node.name for node in graph.node if node.op_type == "Conv" and node.input[1].endswith("_head.weight")]


def keep_int8(trial: Int8Trial, out: Path) -> None:
    """Write the file in 8-bit integers with its sidecar. Raises ConfigError where the disk refuses."""
    told = {entry.key: entry.value for entry in onnx.load_from_string(trial.model).metadata_props}
    digest = hashlib.sha256(trial.model).hexdigest()
    sweep(out.parent)
    try:
        with atomic_open(sidecar_path(out)) as notes, atomic_open(out) as model:
            model.write(trial.model)
            notes.write(json.dumps({"sha256": digest, **told}, indent=1).encode() + b"\n")
            sidecar_path(out).unlink(missing_ok=True)  # the one before would call the new model changed
    except OSError as error:
        raise ConfigError(f"{out} can't be written ({error.strerror}): name a file elsewhere with --out") from error


def _previews(cache: PhotoCache) -> Iterator[dict[str, NDArray[np.float32]]]:
    response = gamma()
    for number, index in enumerate(cache.indices("train")[:CALIBRATED_ON]):
        offset = LADDER_EV[number * 5 % len(LADDER_EV)]
        preview = ladder(cache.pictures[index], response, np.array([offset]))
        yield {INPUT_NAME: preview.transpose(0, 3, 1, 2).astype(np.float32)}


def _copy_notes(model: Path, out: Path) -> None:
    """What the model file says about itself."""
    quantised = onnx.load(out)
    notes = {entry.key: entry.value for entry in onnx.load(model).metadata_props}
    onnx.helper.set_model_props(quantised, notes)
    out.write_bytes(quantised.SerializeToString(deterministic=True))


def _measure(name: str, model: Path, cache: PhotoCache, tell: Tell) -> Trial:
    meter = PolicyMeter(OnnxPolicy(model))
    chosen = cache.indices("test", masked=False)
    error = ladder_error(meter, cache, chosen, part_of(tell, f"measuring {name}"))
    return Trial(name, model.stat().st_size / 1024, error.mae_ev, decision_ms(meter, cache, chosen))
