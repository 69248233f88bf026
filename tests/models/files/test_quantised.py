from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from autoexposure.errors import ModelFileError
from models.files.export import Exported, ModelNotes, export_network
from models.files.model_file import default_model_path, load_model, open_session
from models.files.quantised import (
    answering_nodes,
    correct_heads,
    head_nodes,
    lost_features,
    quantise,
    rectify_early,
)
from models.network import AttentionFcn, NetworkConfig

OLD_AND_NEW = ["shipped", "own"]


def previews(count: int = 8) -> list[NDArray[np.float32]]:
    random = np.random.default_rng(1)
    coarse = [random.integers(0, 256, (1, 3, 8, 8)) for _ in range(count)]
    return [codes.repeat(16, axis=2).repeat(16, axis=3).astype(np.float32) for codes in coarse]


@pytest.fixture(scope="module")
def quantised_own(own_model: tuple[AttentionFcn, Exported]) -> bytes:
    return quantise(own_model[1].onnx, previews())


@pytest.fixture
def model(request: pytest.FixtureRequest, own_model: tuple[AttentionFcn, Exported]) -> Path:
    return default_model_path() if request.param == "shipped" else own_model[1].onnx


def test_every_weight_fits_7_bits(quantised_own: bytes) -> None:
    """Two products of 8-bit activations with weights beyond 64 overflow 16 bits, on processors without VNNI."""
    weights = [
        numpy_helper.to_array(tensor)
        for tensor in onnx.load_from_string(quantised_own).graph.initializer
        if tensor.data_type == onnx.TensorProto.INT8 and len(tensor.dims) == 4
    ]
    assert len(weights) == 19  # every convolution but the heads
    assert max(int(np.abs(weight.astype(int)).max()) for weight in weights) == 64
    assert 2 * 255 * 64 < 2**15


def test_the_answer_and_its_doubt_are_computed_in_32_bits(quantised_own: bytes) -> None:
    graph = onnx.load_from_string(quantised_own).graph
    made_by = {name: node for node in graph.node for name in node.output}
    heads = [node for node in graph.node if node.name in head_nodes(graph)]
    assert len(heads) == 2
    weights = {tensor.name: tensor.data_type for tensor in graph.initializer}
    assert {weights[node.input[1]] for node in heads} == {onnx.TensorProto.FLOAT}
    answering = answering_nodes(graph)
    assert {"delta_ev", "doubt_ev"} <= {name for node in graph.node if node.name in answering for name in node.output}
    assert not {made_by[name].op_type for name in ("delta_ev", "doubt_ev")} & {"QuantizeLinear", "DequantizeLinear"}


def test_it_answers_nearly_as_the_model_it_was_made_of(
    own_model: tuple[AttentionFcn, Exported], quantised_own: bytes
) -> None:
    session, made = load_model(own_model[1].onnx).session, open_session(Path("int8.onnx"), quantised_own)
    for preview in previews():
        for ours, theirs in zip(*(s.run(None, {"preview": preview}) for s in (session, made)), strict=True):
            # Random weights ask for anything up to 4 EV in each cell; a trained network is ten times nearer.
            assert np.abs(ours - theirs).mean() < 0.2 * max(1.0, float(np.abs(ours).mean()))


def test_the_heads_make_up_for_what_rounding_takes_from_the_features(own_model: tuple[AttentionFcn, Exported]) -> None:
    graph = onnx.load(own_model[1].onnx).graph
    lost = np.zeros(384)
    lost[5] = 2.0

    def biases() -> dict[str, float]:
        tensors = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
        heads = [node for node in graph.node if node.name in head_nodes(graph)]
        return {node.name: float(tensors[node.input[2]][0]) if len(node.input) > 2 else 0.0 for node in heads}

    before = biases()
    tensors = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    correct_heads(graph, lost)
    for node in graph.node:
        if node.name in before:
            gained = biases()[node.name] - before[node.name]
            assert gained == pytest.approx(2 * float(tensors[node.input[1]][0, 5, 0, 0]), abs=1e-5)


def test_what_rounding_takes_is_counted_where_the_network_looks() -> None:
    class Says:
        def __init__(self, feature: float) -> None:
            self.said = {"attention": np.eye(15), "features": np.full((384, 15, 15), feature) * np.eye(15)}

        def run(self, names: list[str], _: object) -> list[NDArray[np.float64]]:
            return [self.said[name] for name in names]

    lost = lost_features(Says(1.0), Says(0.75), previews(2))  # type: ignore[arg-type]  # a stand-in for a session
    np.testing.assert_allclose(lost, 0.25)


def test_it_says_what_it_was_made_of(own_model: tuple[AttentionFcn, Exported], quantised_own: bytes) -> None:
    told = {entry.key: entry.value for entry in onnx.load_from_string(quantised_own).metadata_props}
    before = load_model(own_model[1].onnx)
    assert told == {**before.metadata, "quantised_from": before.sha256}


@pytest.mark.parametrize("model", OLD_AND_NEW, indirect=True)
def test_rectifying_early_changes_nothing(model: Path) -> None:
    moved = onnx.load(model)
    rectify_early(moved.graph)
    onnx.checker.check_model(moved, full_check=True)
    made_by = {name: node for node in moved.graph.node for name in node.output}
    assert {made_by[node.input[0]].op_type for node in moved.graph.node if node.op_type == "Relu"} <= {"Conv", "Gemm"}
    sessions = [load_model(model).session, open_session(Path("moved.onnx"), moved.SerializeToString())]
    for preview in previews(2):
        for before, after in zip(*(session.run(None, {"preview": preview}) for session in sessions), strict=True):
            np.testing.assert_allclose(before, after, rtol=1e-5, atol=1e-6)


def test_what_is_read_unrectified_elsewhere_stays() -> None:
    nodes = [
        helper.make_node("Concat", ["a", "b"], ["ab"], axis=0),
        helper.make_node("Relu", ["ab"], ["rectified"]),
        helper.make_node("Neg", ["ab"], ["also"]),
    ]
    graph = helper.make_graph(nodes, "both", [], [])
    rectify_early(graph)
    assert [node.op_type for node in graph.node] == ["Concat", "Relu", "Neg"]


def test_the_inverted_trunk_too(tmp_path: Path) -> None:
    torch.manual_seed(4)
    network = AttentionFcn(NetworkConfig(trunk="inverted")).eval()
    exported = export_network(network, tmp_path / "model.onnx", ModelNotes(), pictures=3)
    made = open_session(Path("int8.onnx"), quantise(exported.onnx, previews()))
    preview = previews(1)[0]
    wanted = load_model(exported.onnx).session.run(["delta_ev"], {"preview": preview})[0]
    assert made.run(["delta_ev"], {"preview": preview})[0] == pytest.approx(wanted, abs=0.1)


def test_what_is_no_model_is_said(tmp_path: Path) -> None:
    (tmp_path / "text.onnx").write_text("no model")
    with pytest.raises(ModelFileError):
        quantise(tmp_path / "text.onnx", previews())
