from __future__ import annotations

import shutil
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

from autoexposure.errors import ModelFileError
from models.files.export import Exported, ModelNotes
from models.files.model_file import (
    QUANTISED_FROM,
    default_model_path,
    int8_path,
    live_model_path,
    load_model,
    sidecar_path,
)
from models.network import AttentionFcn


@pytest.fixture
def model(own_model: tuple[AttentionFcn, Exported], tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    exported = own_model[1]
    for path in (exported.onnx, exported.sidecar):
        shutil.copy(path, tmp_path)
    return tmp_path / exported.onnx.name


def refused(path: Path, words: str) -> None:
    """One sentence, with the file's name, and no line breaks from somebody's traceback."""
    with pytest.raises(ModelFileError, match=words) as caught:
        load_model(path)
    assert str(path) in str(caught.value) or path.with_suffix(".json").name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_our_own_model_passes(model: Path) -> None:
    checked = load_model(model)
    assert checked.metadata["format"].startswith("autoexposure")
    assert len(checked.sha256) == 64


def test_the_shipped_model_passes_and_has_a_sidecar() -> None:
    assert sidecar_path(default_model_path()).is_file()
    load_model(default_model_path())


def test_missing(tmp_path: Path) -> None:
    refused(tmp_path / "nowhere.onnx", "there is no model file")


def test_a_folder_is_not_a_model(tmp_path: Path) -> None:
    refused(tmp_path, "cannot be read")


@pytest.mark.parametrize(
    "content", [b"", b"hello, this is text", bytes(range(256)) * 20], ids=["empty", "text", "bytes"]
)
def test_garbage(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "garbage.onnx"
    path.write_bytes(content)
    refused(path, "not an ONNX model|not a model of this program")


@pytest.mark.parametrize("share", [0.3, 0.9, 0.999])
def test_truncated(model: Path, share: float) -> None:
    sidecar_path(model).unlink()
    data = model.read_bytes()
    model.write_bytes(data[: int(len(data) * share)])
    refused(model, "not an ONNX model|not a model of this program")


def test_one_changed_bit_is_noticed_by_the_sidecar(model: Path) -> None:
    data = bytearray(model.read_bytes())
    data[len(data) // 2] ^= 1
    model.write_bytes(data)
    refused(model, "has changed since it was made")


@pytest.mark.parametrize("content", ["", "{}", "[1]", "no json"])
def test_a_useless_sidecar_is_told(model: Path, content: str) -> None:
    sidecar_path(model).write_text(content)
    refused(model, "SHA-256")


def test_without_a_sidecar_the_metadata_decides(model: Path) -> None:
    sidecar_path(model).unlink()
    load_model(model)
    proto = onnx.load(model)
    del proto.metadata_props[:]
    onnx.save(proto, model)
    refused(model, "not a model of this program: its format")


def test_another_colour_order_is_refused(model: Path) -> None:
    sidecar_path(model).unlink()
    proto = onnx.load(model)
    for entry in proto.metadata_props:
        if entry.key == "colour_order":
            entry.value = "BGR"
    onnx.save(proto, model)
    refused(model, "colour_order should be 'RGB' and is 'BGR'")


def test_other_shapes_are_refused(tmp_path: Path) -> None:
    """Our metadata on somebody else's graph: an input of another size."""
    value = helper.make_tensor_value_info("preview", TensorProto.FLOAT, (1, 3, 64, 64))
    out = helper.make_tensor_value_info("delta_ev", TensorProto.FLOAT, (1, 3, 64, 64))
    graph = helper.make_graph([helper.make_node("Relu", ["preview"], ["delta_ev"])], "other", [value], [out])
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(proto, ModelNotes().as_metadata())
    path = tmp_path / "other.onnx"
    onnx.save(proto, path)
    refused(path, "input 'preview' should be")


def test_missing_outputs_are_refused(model: Path, tmp_path: Path) -> None:
    proto = onnx.load(model)
    for output in list(proto.graph.output):
        if output.name == "features":
            proto.graph.output.remove(output)
    path = tmp_path / "poor.onnx"
    onnx.save(proto, path)
    refused(path, "output 'features' should be .* and is missing")


def test_doubt_may_be_missing_but_not_of_another_shape(model: Path, tmp_path: Path) -> None:
    assert load_model(model).doubts
    proto = onnx.load(model)
    (doubt,) = (output for output in proto.graph.output if output.name == "doubt_ev")
    proto.graph.output.remove(doubt)
    path = tmp_path / "sure.onnx"
    onnx.save(proto, path)
    assert not load_model(path).doubts
    proto.graph.node.append(helper.make_node("Identity", ["attention"], ["as_wide_as_a_map"]))
    for node in proto.graph.node:
        for places in (node.input, node.output):
            for place, name in enumerate(places):
                places[place] = {"doubt_ev": "narrow", "as_wide_as_a_map": "doubt_ev"}.get(name, name)
    proto.graph.output.append(helper.make_tensor_value_info("doubt_ev", TensorProto.FLOAT, (15, 15)))
    path = tmp_path / "wide.onnx"
    onnx.save(proto, path)
    refused(path, r"output 'doubt_ev' should be \(1,\) and is \(15, 15\)")


def test_weights_outside_the_file_are_refused(model: Path, tmp_path: Path) -> None:
    """A model must not make the program open other files."""
    sidecar_path(model).unlink()
    proto = onnx.load(model)
    onnx.save(proto, model, save_as_external_data=True, location="weights.bin", size_threshold=0)
    refused(model, "not an ONNX model")


@pytest.fixture
def with_integers(model: Path) -> Path:
    """The model with another file as its form in integers, which says that it was made of it."""
    proto = onnx.load(model)
    told = {entry.key: entry.value for entry in proto.metadata_props}
    onnx.helper.set_model_props(proto, {**told, QUANTISED_FROM: load_model(model).sha256})
    onnx.save(proto, int8_path(model))
    return model


def test_the_form_that_meters_is_the_one_wished_for(with_integers: Path) -> None:
    assert int8_path(with_integers).name == "model.int8.onnx"
    assert live_model_path(with_integers, "int8") == int8_path(with_integers)
    assert live_model_path(with_integers, "float32") == with_integers


@pytest.mark.parametrize("fault", ["missing", "damaged", "of another model"])
def test_without_a_usable_form_in_integers_the_model_itself_meters(with_integers: Path, fault: str) -> None:
    integers = int8_path(with_integers)
    if fault == "missing":
        integers.unlink()
    elif fault == "damaged":
        integers.write_bytes(integers.read_bytes()[:1000])
    else:  # as after a training: the model is new, what lies beside it is not
        sidecar_path(with_integers).unlink()
        proto = onnx.load(with_integers)
        proto.doc_string = "trained again"
        onnx.save(proto, with_integers)
    assert live_model_path(with_integers, "int8") == with_integers


def test_the_shipped_model_meters_in_32_bits() -> None:
    assert live_model_path() == default_model_path()
