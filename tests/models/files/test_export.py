from __future__ import annotations

import copy
import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
import onnx
import pytest
import torch
from safetensors.torch import load_file

from autoexposure.errors import ConfigError, ModelFileError
from models.doubt import DoubtHead
from models.files import export
from models.files.export import Exported, ModelNotes, build_onnx, export_checkpoint, export_network, parity_ev
from models.files.model_file import default_model_path, load_model, open_session
from models.inference.onnx_policy import OnnxPolicy
from models.network import FEATURE_CHANNELS, AttentionFcn, NetworkConfig
from models.training.trainable import load_trainable

OwnModel: TypeAlias = tuple[AttentionFcn, Exported]

PREVIEW = np.linspace(0, 255, 3 * 128 * 128, dtype=np.float32).reshape(1, 3, 128, 128)


@pytest.fixture
def written_before(own_model: OwnModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """The graph of one export, for tests of what becomes of the files: torch takes most of a second to write it."""
    graph = onnx.load(own_model[1].onnx)
    monkeypatch.setattr(export, "build_onnx", lambda *_: graph)
    monkeypatch.setattr(export, "parity_ev", lambda *_: 0.0)


def check_parity(network: AttentionFcn, exported: Exported) -> None:
    assert exported.parity_ev <= 1e-4
    session = load_model(exported.onnx).session
    picture = np.random.default_rng(0).integers(0, 256, (1, 3, 128, 128)).astype(np.float32)
    delta_ev, attention_map, exposure_map, features, doubt_ev = session.run(None, {"preview": picture})
    with torch.inference_mode():
        answer = network(torch.from_numpy(picture))
    assert abs(delta_ev[0]) > 1e-3
    np.testing.assert_allclose(delta_ev, answer.delta_ev, atol=1e-4)
    np.testing.assert_allclose(attention_map, answer.attention[0], atol=1e-4)
    np.testing.assert_allclose(exposure_map, answer.exposure_map[0], atol=1e-4)
    np.testing.assert_allclose(features, answer.features[0], rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(doubt_ev, answer.doubt_ev, atol=1e-4)


def test_onnxruntime_computes_what_torch_computes(own_model: OwnModel) -> None:
    check_parity(*own_model)


def test_without_attention_too(tmp_path: Path, make_network: Callable[[bool], AttentionFcn]) -> None:
    network = make_network(False)
    check_parity(network, export_network(network, tmp_path / "model.onnx", ModelNotes(), pictures=10))


@pytest.mark.parametrize("head", ["exposure_head", "attention_head", "doubt.last"])
def test_parity_check_sees_a_difference(own_model: OwnModel, head: str) -> None:
    """The check that guards every export fails for a file made from other weights."""
    network, exported = copy.deepcopy(own_model[0]), own_model[1]
    with torch.no_grad():
        network.get_parameter(f"{head}.bias").add_(0.1)
    assert parity_ev(network, exported.onnx, 3) > 1e-3


def test_a_file_carries_its_calibrated_doubt(tmp_path: Path, make_network: Callable[[bool], AttentionFcn]) -> None:
    network = make_network(True)
    assert network.doubt is not None
    with torch.inference_mode():
        before = network(torch.from_numpy(PREVIEW)).doubt_ev
    network.doubt.calibration.copy_(torch.tensor([2.0, 2.5]))
    exported = export_network(network, tmp_path / "model.onnx", ModelNotes(), pictures=3)
    policy = OnnxPolicy(exported.onnx)
    assert policy.metadata["doubt_95_ratio"] == "2.500"
    assert json.loads(exported.sidecar.read_text())["doubt_95_ratio"] == "2.500"
    doubt_ev = policy.decide(PREVIEW).doubt_ev
    assert before is not None
    assert doubt_ev == pytest.approx(2 * float(before[0]), rel=1e-4)
    assert load_trainable(exported.onnx).doubt.calibration.tolist() == [2.0, 2.5]


def test_notes_are_read_back_from_the_file(own_model: OwnModel) -> None:
    notes = ModelNotes.of(load_model(own_model[1].onnx).metadata)
    assert notes == ModelNotes(
        description="a test", training_list_sha256="ab" * 32, training_steps=3, date="2026-01-01"
    )
    assert ModelNotes.of({"training_steps": "many"}) == ModelNotes()


def test_the_inverted_trunk_is_exported_and_trained_further(tmp_path: Path) -> None:
    torch.manual_seed(4)
    network = AttentionFcn(NetworkConfig(trunk="inverted"))
    torch.nn.init.normal_(network.exposure_head.weight, std=0.03)
    network.doubt = DoubtHead(FEATURE_CHANNELS)
    exported = export_network(network.eval(), tmp_path / "model.onnx", ModelNotes(), pictures=5)
    check_parity(network, exported)
    assert load_trainable(exported.onnx).config == network.config


def test_a_network_without_doubt_is_exported_without(tmp_path: Path) -> None:
    exported = export_network(AttentionFcn(), tmp_path / "model.onnx", ModelNotes(), 3)
    policy = OnnxPolicy(exported.onnx)
    assert "doubt_95_ratio" not in policy.metadata
    assert policy.decide(PREVIEW).doubt_ev is None
    assert load_trainable(exported.onnx).doubt is None


def test_a_fresh_export_of_the_shipped_weights_says_what_the_shipped_model_says() -> None:
    shipped = default_model_path()
    fresh = open_session(Path("fresh"), build_onnx(load_trainable(shipped).eval(), {}).SerializeToString())
    random = np.random.default_rng(3)
    for low, high in ((0, 256), (0, 20), (200, 256)):
        picture = random.integers(low, high, (1, 3, 128, 128)).astype(np.float32)
        names = [output.name for output in fresh.get_outputs()]
        said = [session.run(names, {"preview": picture}) for session in (fresh, load_model(shipped).session)]
        for ours, theirs in zip(*said, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


def test_same_weights_give_the_same_bytes_and_no_folder_of_this_machine(own_model: OwnModel) -> None:
    network, exported = own_model
    one = exported.onnx.read_bytes()
    notes = {entry.key: entry.value for entry in onnx.load_from_string(one).metadata_props}
    assert build_onnx(network, notes).SerializeToString(deterministic=True) == one
    assert len(one) < 1.03 * default_model_path().stat().st_size
    for told in (str(Path(export.__file__).parent), str(Path(torch.__file__).parent), "stack_trace"):
        assert told.encode() not in one


def test_files_beside_the_model(own_model: OwnModel) -> None:
    network, exported = own_model
    sidecar = json.loads(exported.sidecar.read_text())
    assert sidecar["sha256"] == hashlib.sha256(exported.onnx.read_bytes()).hexdigest() == exported.sha256
    inside = {entry.key: entry.value for entry in onnx.load(exported.onnx).metadata_props}
    assert inside["training_list_sha256"] == sidecar["training_list_sha256"] == "ab" * 32
    assert inside["training_steps"] == "3"
    assert inside["colour_order"] == "RGB"
    assert inside["ev_scale"] == "2"
    assert inside["project_version"]
    weights = load_file(exported.weights)
    for name, value in network.state_dict().items():
        assert torch.equal(weights[name], value)


def test_a_network_with_other_maps_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"trunk v1\.1 has coarser maps"):
        export_network(AttentionFcn(NetworkConfig(trunk="v1.1")), tmp_path / "model.onnx", ModelNotes())
    assert not list(tmp_path.iterdir())


def test_a_folder_without_a_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="no checkpoint"):
        export_checkpoint(tmp_path, tmp_path / "model.onnx")


@pytest.mark.usefixtures("written_before")
def test_an_export_that_differs_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_network: Callable[[bool], AttentionFcn]
) -> None:
    export_network(make_network(True), tmp_path / "old" / "model.onnx", ModelNotes(date="2026-01-01"), pictures=1)
    before = {path.name: path.read_bytes() for path in (tmp_path / "old").iterdir()}
    monkeypatch.setattr(export, "PARITY_LIMIT_EV", -1.0)
    for folder in ("old", "new"):
        with pytest.raises(ModelFileError, match=r"not usable: .* was not written"):
            export_network(AttentionFcn(), tmp_path / folder / "model.onnx", ModelNotes(), pictures=1)
    assert {path.name: path.read_bytes() for path in (tmp_path / "old").iterdir()} == before
    assert list((tmp_path / "new").iterdir()) == []
    load_model(tmp_path / "old" / "model.onnx")


@pytest.mark.usefixtures("written_before")
def test_nothing_lies_under_the_models_name_before_it_is_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, seen = tmp_path / "model.onnx", []

    def check(*_: object) -> float:
        seen.append([path.suffix for path in tmp_path.iterdir() if path.suffix != ".part"])
        return 0.0

    monkeypatch.setattr(export, "parity_ev", check)
    export_network(AttentionFcn(), out, ModelNotes())
    assert seen == [[]]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.json", "model.onnx", "model.safetensors"]


@pytest.mark.usefixtures("written_before")
def test_an_answer_that_is_no_number_is_not_parity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "parity_ev", lambda *_: float("nan"))
    with pytest.raises(ModelFileError, match="not usable"):
        export_network(AttentionFcn(), tmp_path / "model.onnx", ModelNotes())


@pytest.mark.usefixtures("written_before")
def test_a_full_disk_leaves_the_model_before_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_network: Callable[[bool], AttentionFcn]
) -> None:
    out = tmp_path / "model.onnx"
    export_network(make_network(True), out, ModelNotes(), pictures=1)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.suffix != ".json"}

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(ConfigError, match="No space left on device"):
            export_network(AttentionFcn(), out, ModelNotes(), pictures=1)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.suffix != ".json"} == before
    load_model(out)


@pytest.mark.usefixtures("written_before")
def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"can't be written .*--out"):
        export_network(AttentionFcn(), tmp_path / "file" / "model.onnx", ModelNotes(), pictures=1)


@pytest.mark.usefixtures("written_before")
def test_what_a_killed_export_left_is_swept_by_the_next(tmp_path: Path) -> None:
    left, foreign = tmp_path / "tmpabcd1234.part", tmp_path / "film.mkv.part"
    left.write_bytes(b"half a model")
    foreign.write_bytes(b"another program's")
    export_network(AttentionFcn(), tmp_path / "model.onnx", ModelNotes(), pictures=1)
    assert not left.exists()
    assert foreign.exists()
