"""The other programs that run the network: what they are held against, and that they answer the same question."""

from __future__ import annotations

import logging
from math import prod
from pathlib import Path

import numpy as np
import onnx
import pytest

from models import engines
from models.files.model_file import INPUT_SHAPE, default_model_path

PREVIEW = np.full(INPUT_SHAPE, 90, np.float32)


def test_the_multiplications_are_those_of_the_file() -> None:
    graph = onnx.shape_inference.infer_shapes(onnx.load(default_model_path())).graph
    shapes = {
        value.name: [dimension.dim_value for dimension in value.type.tensor_type.shape.dim]
        for value in (*graph.value_info, *graph.output)
    }
    weights = {tensor.name: list(tensor.dims) for tensor in graph.initializer}
    counted = sum(
        prod(shapes[node.output[0]]) * prod(weights[node.input[1]][1:]) for node in graph.node if node.op_type == "Conv"
    )
    assert counted == engines.MULTIPLICATIONS


def test_every_engine_that_is_installed_answers() -> None:
    found = dict(engines.engines(default_model_path(), PREVIEW))
    assert {"torch", "OpenCV DNN"} <= set(found)
    for answer in found.values():
        assert answer() is not None


def test_an_engine_that_can_not_is_named_and_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no model")
    with caplog.at_level(logging.WARNING):
        found = dict(engines.engines(broken, PREVIEW))
    assert "OpenCV DNN" not in found
    assert "OpenCV DNN can't run broken.onnx" in caplog.text
