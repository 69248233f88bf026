"""A trained network as the files that are shipped: ONNX with metadata, safetensors, and a sidecar with the hash.

The ONNX graph is written node by node from the weights: thirty nodes with readable names, the same bytes for the same
weights. That it computes what torch computes is checked on every export.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import tempfile
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from safetensors.torch import save

from autoexposure.errors import ConfigError, ModelFileError
from autoexposure.files.atomic_file import sweep, whole_file
from models.files.checkpoint import load_network, read_progress
from models.files.model_file import INPUT_NAME, INPUT_SHAPE, OUTPUT_SHAPES, REQUIRED_METADATA, load_model, sidecar_path
from models.files.model_trial import accept
from models.network import EV_SCALE, INPUT_SCALE, AttentionFcn, NetworkConfig

OPSET = 17
IR_VERSION = 8
"""What onnxruntime 1.15 and later read."""

_LIMITS_EV = {"lowest": -EV_SCALE, "highest": EV_SCALE}

PARITY_LIMIT_EV = 1e-4
"""Largest difference between torch and onnxruntime that an export may show."""


@dataclass(frozen=True, slots=True)
class ModelNotes:
    """What is written into a model file for whoever finds it alone."""

    description: str = "Attention network for automatic exposure, pre-trained on re-exposed photographs"
    licence: str = "GPL-3.0-or-later; trained on photographs for research use, see the model card"
    training_list_sha256: str = "unknown"
    training_steps: int = 0
    date: str = ""

    def as_metadata(self) -> dict[str, str]:
        """Every entry of the file's metadata."""
        notes = {name: str(value) for name, value in asdict(self).items()}
        notes["date"] = self.date or datetime.now(UTC).date().isoformat()
        version = importlib.metadata.version("autoexposure")
        return {**REQUIRED_METADATA, "ev_scale": f"{EV_SCALE:g}", "project_version": version, **notes}


@dataclass(frozen=True, slots=True)
class Exported:
    """Where an export lies, its hash, and how far onnxruntime was from torch on the pictures it was checked with."""

    onnx: Path
    weights: Path
    sidecar: Path
    sha256: str
    parity_ev: float


def export_checkpoint(run: Path, out: Path, notes: ModelNotes | None = None) -> Exported:
    """Export the checkpoint of the training run in the folder ``run`` to the file ``out`` (``.onnx``).

    Raises ModelFileError if there is no checkpoint, it is damaged, or the export fails its check.
    """
    progress = read_progress(run)
    if progress is None:
        raise ModelFileError(f"there is no checkpoint of a training run in {run}; give the folder that pretrain wrote")
    network = AttentionFcn(NetworkConfig(**progress.settings["network"]))
    load_network(run, network)
    notes = notes or ModelNotes(training_list_sha256=progress.training_list_sha256, training_steps=progress.step)
    return export_network(network, out, notes)


def export_network(network: AttentionFcn, out: Path, notes: ModelNotes, pictures: int = 200) -> Exported:
    """Write ``out``, the safetensors and the sidecar beside it, after checking parity on ``pictures`` pictures.

    Raises ModelFileError if they differ, ConfigError where the disk refuses; what was there before is there still.
    """
    network = network.eval().to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    model = build_onnx(network, notes.as_metadata())
    data = model.SerializeToString(deterministic=True)
    digest = hashlib.sha256(data).hexdigest()
    sidecar, weights = sidecar_path(out), out.with_suffix(".safetensors")
    accept(digest)  # our own needs no trial
    sweep(out.parent)
    try:
        with whole_file(sidecar) as its_notes, whole_file(weights) as its_weights, whole_file(out) as model_file:
            parity = _checked_parity_ev(network, data, out, pictures)
            model_file.write(data)
            its_weights.write(save({name: value.contiguous() for name, value in network.state_dict().items()}))
            its_notes.write(json.dumps({"sha256": digest, **notes.as_metadata()}, indent=1).encode() + b"\n")
            sidecar.unlink(missing_ok=True)  # the one before would call the new model changed
    except OSError as error:
        raise ConfigError(f"{out} can't be written ({error.strerror}): name a file elsewhere with --out") from error
    return Exported(out, weights, sidecar, digest, parity)


def _checked_parity_ev(network: AttentionFcn, data: bytes, out: Path, pictures: int) -> float:
    """Checked before ``out`` is touched. Raises ModelFileError."""
    with tempfile.TemporaryDirectory() as folder:
        candidate = Path(folder) / "candidate.onnx"
        candidate.write_bytes(data)
        parity = parity_ev(network, candidate, pictures)
    if not parity <= PARITY_LIMIT_EV:  # so that NaN fails too
        raise ModelFileError(
            f"the export differs from the trained network by {parity:.2g} EV and is not usable: {out} was not written"
        )
    return parity


def parity_ev(network: AttentionFcn, path: Path, pictures: int) -> float:
    """Largest difference in EV, over answers and maps, on pictures from black to white with detail of every size."""
    session = load_model(path).session
    random = np.random.default_rng(0)
    worst = 0.0
    for _ in range(pictures):
        coarse = random.uniform(0, 1, (3, 8, 8)).repeat(16, axis=1).repeat(16, axis=2)
        fine = random.uniform(0, 1, (3, 128, 128))
        light = 2.0 ** random.uniform(-4, 1) * (0.7 * coarse + 0.3 * fine)
        preview = np.rint(255 * np.minimum(light, 1) ** (1 / 2.2)).astype(np.float32)[np.newaxis]
        with torch.inference_mode():
            answer = network(torch.from_numpy(preview))
        ran = session.run(["delta_ev", "attention", "exposure_map"], {INPUT_NAME: preview})
        for ours, theirs in zip(ran, answer[:3], strict=True):
            worst = max(worst, float(np.abs(ours - theirs.numpy().reshape(ours.shape)).max()))
    return worst


def build_onnx(network: AttentionFcn, metadata: dict[str, str]) -> onnx.ModelProto:
    """The network as an ONNX model with static shapes."""
    weights = {name: value.detach().numpy() for name, value in network.state_dict().items()}
    weights["conv1.weight"] = weights["conv1.weight"] * np.float32(INPUT_SCALE)  # one multiplication less a frame
    graph = _Graph(weights)
    x = graph.relu(graph.convolution("conv1", INPUT_NAME, stride=2))
    x = graph.pool("pool1", x)
    for name in ("fire2", "fire3", "fire4"):
        x = graph.fire(name, x)
    x = graph.pool("pool4", x)
    for name in ("fire5", "fire6", "fire7"):
        x = graph.fire(name, x)
    features = graph.add("Squeeze", [x, graph.constant("batch_axis", np.array([0], np.int64))], "features")
    head_axes = graph.constant("head_axes", np.array([0, 1], np.int64))
    scale = graph.constant("local_ev", np.array(network.config.local_ev, np.float32))
    tanh = graph.add("Tanh", [graph.convolution("exposure_head", x)], "exposure_tanh")
    flat = graph.add("Squeeze", [tanh, head_axes], "exposure")
    exposure_map = graph.add("Mul", [flat, scale], "exposure_map")
    if network.attention_head is None:
        ones = np.ones(OUTPUT_SHAPES["attention"], np.float32)
        attention = graph.add("Identity", [graph.constant("even_attention", ones)], "attention")
    else:
        sigmoid = graph.add("Sigmoid", [graph.convolution("attention_head", x)], "attention_sigmoid")
        attention = graph.add("Squeeze", [sigmoid, head_axes], "attention")
    product = graph.add("Mul", [attention, exposure_map], "weighted_map")
    mean = graph.add("ReduceMean", [product], "mean_ev", keepdims=0)
    if network.config.pooling == "weighted":
        weight = graph.add("ReduceMean", [attention], "mean_attention", keepdims=0)
        mean = graph.add("Div", [mean, weight], "weighted_mean_ev")
    limits = [graph.constant(f"{side}_ev", np.array(limit, np.float32)) for side, limit in _LIMITS_EV.items()]
    limited = graph.add("Clip", [mean, *limits], "limited_ev")
    one = graph.constant("one", np.array([1], np.int64))
    delta_ev = graph.add("Reshape", [limited, one], "delta_ev")
    outputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, OUTPUT_SHAPES[name])
        for name in (delta_ev, attention, exposure_map, features)
    ]
    inputs = [helper.make_tensor_value_info(INPUT_NAME, TensorProto.FLOAT, INPUT_SHAPE)]
    proto = helper.make_graph(graph.nodes, "AttentionFcn", inputs, outputs, graph.constants)
    model = helper.make_model(
        proto, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="autoexposure"
    )
    model.doc_string = metadata.get("description", "")
    helper.set_model_props(model, metadata)
    onnx.checker.check_model(model, full_check=True)
    return model


class _Graph:
    """Nodes and constants of a graph under construction; every method returns the name of what it computes."""

    def __init__(self, weights: dict[str, NDArray[Any]]) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self._weights = weights

    def constant(self, name: str, value: NDArray[Any]) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def add(self, operator: str, inputs: list[str], name: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(operator, inputs, [name], name=name, **attributes))
        return name

    def convolution(self, layer: str, x: str, stride: int = 1, padding: int = 0) -> str:
        weight = self._weights[f"{layer}.weight"]
        names = [x, self.constant(f"{layer}.weight", weight)]
        names.append(self.constant(f"{layer}.bias", self._weights[f"{layer}.bias"]))
        return self.add("Conv", names, layer, kernel_shape=weight.shape[2:], strides=[stride] * 2, pads=[padding] * 4)

    def relu(self, x: str) -> str:
        return self.add("Relu", [x], f"{x}_relu")

    def pool(self, name: str, x: str) -> str:
        return self.add("MaxPool", [x], name, kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)

    def fire(self, name: str, x: str) -> str:
        squeezed = self.relu(self.convolution(f"{name}.squeeze", x))
        sides = [
            self.convolution(f"{name}.expand1x1", squeezed),
            self.convolution(f"{name}.expand3x3", squeezed, padding=1),
        ]
        return self.relu(self.add("Concat", sides, f"{name}_expanded", axis=1))
