"""A trained network as the files that are shipped: ONNX with metadata, safetensors, and a sidecar with the hash.

torch writes the ONNX graph, from the one network there is (`models.network`). The same weights give the same bytes, and
every export checks that onnxruntime computes what torch computes.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import logging
import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import helper
from torch import Tensor, nn

from autoexposure.errors import ConfigError, ModelFileError
from autoexposure.files.atomic_file import atomic_open, sweep
from models.files.checkpoint import load_network, read_progress, weights_file
from models.files.model_file import (
    DOUBT_NAME,
    INPUT_NAME,
    INPUT_SHAPE,
    OUTPUT_SHAPES,
    POOLING,
    REQUIRED_METADATA,
    load_model,
    sidecar_path,
)
from models.files.model_trial import accept
from models.network import EV_SCALE, AttentionFcn, NetworkConfig

OPSET = 18
"""What torch's exporter writes without a conversion, from torch 2.5 on, in files of format IR 10. onnxruntime reads
both from 1.18 on."""

logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it warns of packages that this network does not need

PARITY_LIMIT_EV = 1e-4
"""Largest difference between torch and onnxruntime that an export may show."""


@dataclass(frozen=True, slots=True)
class ModelNotes:
    """What is written into a model file for someone who finds it alone."""

    description: str = "Attention network for automatic exposure, pre-trained on re-exposed photographs"
    licence: str = "GPL-3.0-or-later; trained on photographs for research use, see the model card"
    training_list_sha256: str = "unknown"
    training_steps: int = 0
    date: str = ""

    @classmethod
    def of(cls, metadata: Mapping[str, str]) -> ModelNotes:
        """What a model file says of itself in its ``metadata``."""
        told = {field.name: metadata[field.name] for field in fields(cls) if field.name in metadata}
        steps = told.pop("training_steps", "")
        return cls(**told, training_steps=int(steps) if steps.isdecimal() else 0)

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

    Raises
    ------
    ModelFileError : there is no checkpoint, it is damaged, or the export fails its check.
    ConfigError : ``out`` can't be written.
    """
    progress = read_progress(run)
    if progress is None:
        raise ModelFileError(f"there is no checkpoint of a training run in {run}; give the folder that pretrain wrote")
    network = AttentionFcn(NetworkConfig.from_settings(progress.settings.get("network")))
    load_network(run, network)
    notes = notes or ModelNotes(training_list_sha256=progress.training_list_sha256, training_steps=progress.step)
    return export_network(network, out, notes)


def export_network(network: AttentionFcn, out: Path, notes: ModelNotes, pictures: int = 200) -> Exported:
    """Write ``out``, the safetensors and the sidecar beside it, after checking parity on ``pictures`` pictures.

    Raises
    ------
    ModelFileError : torch and onnxruntime differ by more than PARITY_LIMIT_EV, or the network's maps are not 15x15.
    ConfigError : the disk refuses.

    Either leaves the files that were there before.
    """
    if network.config.trunk == "v1.1":
        raise ModelFileError(
            "a network with the trunk v1.1 has coarser maps than the program reads: export one with the trunk v1.0"
        )
    network = network.eval().to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]  # torch's types lack memory_format
    metadata = {**notes.as_metadata(), POOLING: network.config.pooling}
    if network.doubt is not None:
        metadata["doubt_95_ratio"] = f"{float(network.doubt.calibration[1]):.3f}"
    model = build_onnx(network, metadata)
    data = model.SerializeToString(deterministic=True)
    digest = hashlib.sha256(data).hexdigest()
    sidecar, weights = sidecar_path(out), out.with_suffix(".safetensors")
    accept(digest)  # our own needs no trial
    sweep(out.parent)
    try:
        with atomic_open(sidecar) as its_notes, atomic_open(weights) as its_weights, atomic_open(out) as model_file:
            parity = _checked_parity_ev(network, data, out, pictures)
            model_file.write(data)
            its_weights.write(weights_file(network))
            its_notes.write(json.dumps({"sha256": digest, **metadata}, indent=1).encode() + b"\n")
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
    """Largest difference in EV, over all but the features, on pictures from black to white with detail of any size."""
    session = load_model(path).session
    names = [name for name in _outputs(network) if name != "features"]
    random = np.random.default_rng(0)
    worst = 0.0
    for _ in range(pictures):
        coarse = random.uniform(0, 1, (3, 8, 8)).repeat(16, axis=1).repeat(16, axis=2)
        fine = random.uniform(0, 1, (3, 128, 128))
        light = 2.0 ** random.uniform(-4, 1) * (0.7 * coarse + 0.3 * fine)
        preview = np.rint(255 * np.minimum(light, 1) ** (1 / 2.2)).astype(np.float32)[np.newaxis]
        with torch.inference_mode():
            answer = network(torch.from_numpy(preview))
        ran = session.run(names, {INPUT_NAME: preview})
        for name, ours in zip(names, ran, strict=True):
            theirs: Tensor = getattr(answer, name)
            worst = max(worst, float(np.abs(ours - theirs.numpy().reshape(ours.shape)).max()))
    return worst


def _outputs(network: AttentionFcn) -> list[str]:
    """Names of what the network's model file returns, in their order."""
    return [*OUTPUT_SHAPES, *([] if network.doubt is None else [DOUBT_NAME])]


def build_onnx(network: AttentionFcn, metadata: dict[str, str]) -> onnx.ModelProto:
    """The network as an ONNX model of fixed shapes: the graph is torch's own, so the network is written once.

    Parameters
    ----------
    network : in evaluation mode.
    metadata : entries that the file carries, see `ModelNotes.as_metadata`.
    """
    preview = torch.zeros(INPUT_SHAPE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # torch's own, about its internals
        program = torch.onnx.export(
            _OnePicture(network).eval(),
            (preview,),
            dynamo=True,
            input_names=[INPUT_NAME],
            output_names=_outputs(network),
            opset_version=OPSET,
            verbose=False,
        )
    assert program is not None  # the older exporter's answer, which writes a file
    model: onnx.ModelProto = program.model_proto
    _forget_origin(model)
    model.producer_name, model.producer_version = "autoexposure", ""
    model.doc_string = metadata.get("description", "")
    helper.set_model_props(model, metadata)
    onnx.checker.check_model(model, full_check=True)
    return model


class _OnePicture(nn.Module):
    """The network as a model file has it: one picture, and what it says in the order and shapes of `_outputs`."""

    def __init__(self, network: AttentionFcn) -> None:
        super().__init__()
        self.network = network

    def forward(self, preview: Tensor) -> tuple[Tensor, ...]:
        answer = self.network(preview)
        said = (answer.delta_ev, answer.attention[0], answer.exposure_map[0], answer.features[0])
        return said if answer.doubt_ev is None else (*said, answer.doubt_ev)


def _forget_origin(model: onnx.ModelProto) -> None:
    """Drop where each node came from: torch writes stack traces with this machine's folders into the file."""
    graph, functions = model.graph, model.functions  # earlier exporters leave functions in the file
    nodes = (*graph.node, *(node for function in functions for node in function.node))
    for noted in (model, graph, *functions, *nodes, *graph.input, *graph.output, *graph.initializer):
        noted.ClearField("metadata_props")
        noted.ClearField("doc_string")
    graph.ClearField("value_info")  # shapes in between, which every runtime works out for itself
