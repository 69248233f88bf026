"""A model file as a network that can be trained further: the safetensors beside the ``.onnx``."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from autoexposure.errors import ModelFileError
from autoexposure.files.bounded import BadInput, open_file
from autoexposure.personal.features import Pooling
from models.inference.onnx_policy import OnnxPolicy
from models.network import AttentionFcn, NetworkConfig, fill

AGREEMENT_EV = 1e-3
"""Largest difference at which weights and the model file beside them still count as belonging together."""


def load_trainable(model: Path) -> AttentionFcn:
    """The network in ``model`` (``.onnx``), from the weights that were exported beside it.

    Raises ModelFileError if either is missing or damaged, or if they don't belong together.
    """
    policy = OnnxPolicy(model)
    weights = model.with_suffix(".safetensors")
    try:
        open_file(weights).close()  # a pipe would be waited for
        tensors = load_file(weights)
    except (OSError, BadInput, SafetensorError) as error:
        raise ModelFileError(
            f"{model.name} can't be trained further: its weights {weights} can't be read ({error}); export it again"
        ) from error
    network = AttentionFcn(
        NetworkConfig(
            attention="attention_head.weight" in tensors,
            pooling="mean" if policy.pooling is Pooling.MEAN else "weighted",
            trunk="v1.0" if "conv1.weight" in tensors else "inverted",
        )
    )
    try:
        fill(network, tensors)
    except RuntimeError as error:
        raise ModelFileError(f"the weights {weights} are of another network than this program trains") from error
    preview = torch.linspace(40, 200, 3 * 128 * 128).reshape(1, 3, 128, 128)
    with torch.inference_mode():
        off_ev = abs(float(network.eval()(preview).delta_ev[0]) - policy.decide(preview.numpy()).delta_ev)
    if off_ev > AGREEMENT_EV:
        raise ModelFileError(f"the weights {weights} don't belong to {model.name}: export both together")
    return network
