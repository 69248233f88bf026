from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from safetensors.torch import load_file

from autoexposure.errors import ModelFileError
from models.export import ModelNotes, build_onnx, export_checkpoint, export_network, parity_ev
from models.model_file import load_model
from models.network import AttentionFcn, NetworkConfig


def lively_network(attention: bool = True) -> AttentionFcn:
    """Random weights, heads strong enough that maps and answer differ from picture to picture."""
    torch.manual_seed(7)
    network = AttentionFcn(NetworkConfig(attention=attention))
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.dim() == 4:
                torch.nn.init.kaiming_normal_(parameter)
    return network.eval()


@pytest.mark.parametrize("attention", [True, False])
def test_onnxruntime_computes_what_torch_computes(tmp_path: Path, attention: bool) -> None:
    network = lively_network(attention)
    exported = export_network(network, tmp_path / "model.onnx", ModelNotes(), pictures=10)
    assert exported.parity_ev <= 1e-4
    session = load_model(exported.onnx).session
    picture = np.random.default_rng(0).integers(0, 256, (1, 3, 128, 128)).astype(np.float32)
    delta_ev, attention_map, exposure_map, features = session.run(None, {"preview": picture})
    with torch.inference_mode():
        answer = network(torch.from_numpy(picture))
    assert abs(delta_ev[0]) > 1e-3
    np.testing.assert_allclose(delta_ev, answer.delta_ev, atol=1e-4)
    np.testing.assert_allclose(attention_map, answer.attention[0], atol=1e-4)
    np.testing.assert_allclose(exposure_map, answer.exposure_map[0], atol=1e-4)
    np.testing.assert_allclose(features, answer.features[0], rtol=1e-3, atol=1e-4)


def test_parity_check_sees_a_difference(tmp_path: Path) -> None:
    """The check that guards every export fails for a file made from other weights."""
    network = lively_network()
    exported = export_network(network, tmp_path / "model.onnx", ModelNotes(), pictures=1)
    with torch.no_grad():
        network.exposure_head.bias += 0.01
    assert parity_ev(network, exported.onnx, 3) > 1e-3


def test_same_weights_give_the_same_bytes() -> None:
    network = AttentionFcn().eval()
    notes = ModelNotes(date="2026-01-01").as_metadata()
    one, two = (build_onnx(network, notes).SerializeToString(deterministic=True) for _ in range(2))
    assert one == two


def test_files_beside_the_model(tmp_path: Path) -> None:
    network = AttentionFcn()
    notes = ModelNotes(description="a test", training_list_sha256="ab" * 32, training_steps=3, date="2026-01-01")
    exported = export_network(network, tmp_path / "deep" / "model.onnx", notes, pictures=1)
    sidecar = json.loads(exported.sidecar.read_text())
    assert sidecar["sha256"] == hashlib.sha256(exported.onnx.read_bytes()).hexdigest() == exported.sha256
    inside = {entry.key: entry.value for entry in onnx.load(exported.onnx).metadata_props}
    assert inside["training_list_sha256"] == sidecar["training_list_sha256"] == "ab" * 32
    assert inside["colour_order"] == "RGB"
    assert inside["ev_scale"] == "2"
    assert inside["project_version"]
    weights = load_file(exported.weights)
    for name, value in network.state_dict().items():
        assert torch.equal(weights[name], value)


def test_a_folder_without_a_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="no checkpoint"):
        export_checkpoint(tmp_path, tmp_path / "model.onnx")
