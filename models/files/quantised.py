"""A model in 8-bit integers, made so that every processor computes the same of it.

Processors without VNNI (most before 2019) add the products of 8-bit activations and weights in pairs, in 16 bits, and
what does not fit is cut off: seen, the answers come out 0.26 EV brighter there. Weights of 7 bits always fit, since
2 x 255 x 64 is less than 2^15; with them an emulated processor without VNNI gives the same answers to the bit.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import GraphProto, NodeProto, helper, numpy_helper

from models.files.model_file import FEATURES_SHAPE, INPUT_NAME, QUANTISED_FROM, load_model, open_session
from models.runtime import Session, quantization

PASSED_BY_RELU = ("Concat", "MaxPool")
"""Operations before which rectifying is the same to the bit as after them."""


def quantise(model: Path, previews: Sequence[NDArray[np.float32]]) -> bytes:
    """The contents of a file in 8-bit integers made of the file ``model``; ``previews`` show what ranges to cover.

    The two maps and the doubt are computed in 32 bits, from the last of the layers in integers: they are the answer.
    Their biases make up for what rounding does to the features on average.

    Raises
    ------
    ModelFileError : ``model`` can't be used.
    """
    tools = quantization()

    class Previews(tools.CalibrationDataReader):  # type: ignore[misc,name-defined]  # the library has no types
        def get_next(self) -> dict[str, NDArray[np.float32]] | None:
            preview = next(left, None)
            return None if preview is None else {INPUT_NAME: preview}

    left = iter(previews)
    checked = load_model(model)  # says in a sentence what is wrong with it
    rectified = onnx.load(model)
    rectify_early(rectified.graph)
    with tempfile.TemporaryDirectory() as folder:  # the model's own, where the quantiser writes, may be read-only
        own, made = Path(folder) / "float32.onnx", Path(folder) / "int8.onnx"
        onnx.save(rectified, own)
        tools.quantize_static(
            own,
            made,
            Previews(),
            quant_format=tools.QuantFormat.QDQ,
            nodes_to_exclude=[*input_nodes(rectified.graph), *answering_nodes(rectified.graph)],
            per_channel=True,
            reduce_range=True,
            activation_type=tools.QuantType.QUInt8,
            weight_type=tools.QuantType.QInt8,
        )
        quantised = onnx.load(made)
        rounded = open_session(made, made.read_bytes())
    correct_heads(quantised.graph, lost_features(checked.session, rounded, previews))
    told = {entry.key: entry.value for entry in rectified.metadata_props}
    quantised.producer_name, quantised.doc_string = rectified.producer_name, rectified.doc_string
    helper.set_model_props(quantised, {**told, QUANTISED_FROM: checked.sha256})
    data: bytes = quantised.SerializeToString(deterministic=True)
    return data


def lost_features(whole: Session, rounded: Session, previews: Sequence[NDArray[np.float32]]) -> NDArray[np.float64]:
    """(384,) by how much ``rounded`` says too little of each feature, on average where ``whole`` looks."""
    lost, weight = np.zeros(FEATURES_SHAPE[0]), 0.0
    for preview in previews:
        attention, features = whole.run(["attention", "features"], {INPUT_NAME: preview})
        (of_rounded,) = rounded.run(["features"], {INPUT_NAME: preview})
        lost += (attention * (features - of_rounded)).sum(axis=(1, 2))
        weight += float(attention.sum())
    return lost / max(weight, 1e-6)


def correct_heads(graph: GraphProto, lost: NDArray[np.float64]) -> None:
    """Put into each head's bias what it misses by features that say too little by ``lost`` (384,)."""
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    heads = head_nodes(graph)
    for node in graph.node:
        if node.name not in heads:
            continue
        missed = numpy_helper.to_array(tensors[node.input[1]]).reshape(-1, len(lost)) @ lost
        *others, bias = node.input if len(node.input) > 2 else (*node.input, "")  # exporters leave out a bias of 0
        before = numpy_helper.to_array(tensors[bias]) if bias else 0.0
        corrected = f"{node.name}_corrected_bias"
        graph.initializer.append(numpy_helper.from_array((before + missed).astype(np.float32), corrected))
        node.input[:] = [*others, corrected]
    read = {name for node in graph.node for name in node.input}
    for tensor in [tensor for tensor in graph.initializer if tensor.name not in read]:
        graph.initializer.remove(tensor)


def rectify_early(graph: GraphProto) -> None:
    """Move each Relu up, past concatenating and pooling, to where the layers before it take it into themselves."""
    while (found := _late_relu(graph)) is not None:
        before, relu = found
        place = list(graph.node).index(before)
        for index, name in enumerate(before.input):
            rectified = f"{name}_rectified"
            earlier = helper.make_node("Relu", [name], [rectified], name=f"{rectified}_{place}")
            before.input[index] = rectified
            graph.node.insert(place + index, earlier)
        before.output[0] = relu.output[0]
        graph.node.remove(relu)


def _late_relu(graph: GraphProto) -> tuple[NodeProto, NodeProto] | None:
    """A Relu that can be moved up, after the node it can be moved past, of whose output it is the only reader."""
    made_by = {name: node for node in graph.node for name in node.output}
    for relu in graph.node:
        if relu.op_type != "Relu" or relu.input[0] not in made_by:
            continue
        before = made_by[relu.input[0]]
        readers = [node for node in graph.node if before.output[0] in node.input]
        if before.op_type in PASSED_BY_RELU and len(readers) == 1:
            return before, relu
    return None


def input_nodes(graph: GraphProto) -> list[str]:
    """Names of the nodes that only scale the picture, which a layer in integers does anyway."""
    return [node.name for node in graph.node if node.op_type == "Mul" and INPUT_NAME in node.input]


def head_nodes(graph: GraphProto) -> list[str]:
    """Names of the nodes that compute the heads, found by the names of their weights."""
    return [node.name for node in graph.node if node.op_type == "Conv" and node.input[1].endswith("_head.weight")]


def answering_nodes(graph: GraphProto) -> list[str]:
    """Names of the heads and of everything that is made of what they say."""
    heads = head_nodes(graph)
    answering, known = [], set[str]()
    for node in graph.node:  # a file has them in the order in which they run
        if node.name in heads or known.intersection(node.input):
            answering.append(node.name)
            known.update(node.output)
    return answering
