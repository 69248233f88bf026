"""A model is a program that somebody wrote: it runs in a process of its own before it runs in ours."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from autoexposure.errors import ModelFileError
from models.files import model_trial
from models.files.export import Exported
from models.files.model_file import INPUT_NAME, INPUT_SHAPE, default_model_path, load_model
from models.network import AttentionFcn


def program(nodes: list[onnx.NodeProto], constants: dict[str, np.ndarray]) -> bytes:
    """A model that takes our preview and does as it likes."""
    graph = helper.make_graph(
        nodes,
        "program",
        [helper.make_tensor_value_info(INPUT_NAME, TensorProto.FLOAT, INPUT_SHAPE)],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return model.SerializeToString()


def endless() -> bytes:
    """Adds the picture to itself until the cows come home."""
    tensor = helper.make_tensor_value_info
    body = helper.make_graph(
        [
            helper.make_node("Add", ["so_far", "so_far"], ["next"]),
            helper.make_node("Identity", ["go_on"], ["goes_on"]),
        ],
        "body",
        [
            tensor("turn", TensorProto.INT64, []),
            tensor("go_on", TensorProto.BOOL, []),
            tensor("so_far", TensorProto.FLOAT, None),
        ],
        [tensor("goes_on", TensorProto.BOOL, []), tensor("next", TensorProto.FLOAT, None)],
    )
    loop = helper.make_node("Loop", ["turns", "go", INPUT_NAME], ["out"], body=body)
    return program([loop], {"turns": np.array(1 << 60, np.int64), "go": np.array(True)})


def greedy(floats: int) -> bytes:
    """Makes so many numbers of the picture's first one."""
    nodes = [
        helper.make_node("ReduceMax", [INPUT_NAME], ["one"], keepdims=0),
        helper.make_node("Expand", ["one", "shape"], ["many"]),
        helper.make_node("Exp", ["many"], ["out"]),
    ]
    return program(nodes, {"shape": np.array([floats], np.int64)})


def tried(tmp_path: Path, data: bytes) -> str:
    path = tmp_path / "foreign.onnx"
    path.write_bytes(data)
    with pytest.raises(ModelFileError) as caught:
        load_model(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_model_that_never_ends_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_trial, "TRIAL_S", 4.0)
    assert "did not come to an end" in tried(tmp_path, endless())


@pytest.mark.parametrize("floats", [2 << 30, 150 << 20, 80 << 20], ids=["8 GB", "600 MB", "320 MB"])
def test_a_model_that_asks_for_much_memory_is_stopped(tmp_path: Path, floats: int) -> None:
    assert "memory" in tried(tmp_path, greedy(floats))


def test_what_a_model_asks_for_is_not_given_first(tmp_path: Path) -> None:
    assert "asks for too much memory" in tried(tmp_path, greedy(150 << 20))  # a trial of 600 MB would say how many


def test_one_that_crashes_its_process_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = subprocess.run

    def crashing(command: list[str], **options: object) -> object:
        return real([command[0], "-c", "import os; os.abort()"], **options)

    monkeypatch.setattr(model_trial.subprocess, "run", crashing)
    assert "too much memory, or brings down" in tried(tmp_path, greedy(1))


def test_the_shipped_model_and_our_own_start_no_process(
    own_model: tuple[AttentionFcn, Exported], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_trial.subprocess, "run", None)
    load_model(default_model_path())
    load_model(own_model[1].onnx)


def test_a_shipped_form_in_integers_starts_no_process(
    own_model: tuple[AttentionFcn, Exported], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base, integers = tmp_path / "base.onnx", tmp_path / "base.int8.onnx"
    integers.write_bytes(own_model[1].onnx.read_bytes())
    integers.with_suffix(".json").write_bytes(own_model[1].sidecar.read_bytes())
    monkeypatch.setattr("models.files.model_file.default_model_path", lambda: base)
    monkeypatch.setattr(model_trial, "accepted_folder", lambda: tmp_path / "accepted")
    monkeypatch.setattr(model_trial.subprocess, "run", None)
    model_trial._shipped.cache_clear()
    try:
        load_model(integers)
    finally:
        model_trial._shipped.cache_clear()


def test_one_that_passed_is_known_the_next_time(
    own_model: tuple[AttentionFcn, Exported], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = own_model[1].onnx
    monkeypatch.setattr(model_trial, "accepted_folder", lambda: tmp_path / "accepted")
    load_model(path)
    assert [known.name for known in (tmp_path / "accepted").iterdir()] == [
        hashlib.sha256(path.read_bytes()).hexdigest()
    ]
    monkeypatch.setattr(model_trial.subprocess, "run", None)
    load_model(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.onnx")
    for path in (tmp_path / "pipe.onnx", Path("/dev/zero")):
        with pytest.raises(ModelFileError):
            load_model(path)


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit there")
def test_a_trial_that_nobody_waits_for_any_more_ends_by_itself() -> None:
    orphan = "from models.files import model_trial; model_trial.TRIAL_S = 0.5; model_trial._limit()\nwhile True: pass"
    ended = subprocess.run([sys.executable, "-c", orphan], timeout=60, check=False)
    assert ended.returncode < 0
