from __future__ import annotations

import gc
import hashlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper

from autoexposure.errors import ModelFileError, PolicyError
from autoexposure.metering.preview import make_preview
from autoexposure.personal.features import Pooling
from autoexposure.personal.live_layer import LiveLayer
from autoexposure.response import gamma
from autoexposure.simulation.builtin_scenes import shipped_photograph
from models.files.export import Exported, ModelNotes, export_network
from models.files.model_file import default_model_path, load_model
from models.files.model_trial import accept
from models.inference.onnx_policy import OnnxPolicy
from models.network import AttentionFcn, NetworkConfig


@pytest.fixture(scope="module")
def policy() -> OnnxPolicy:
    return OnnxPolicy()


def photograph_at(offset_ev: float, name: str = "astronaut.png"):
    pixels = shipped_photograph(name)
    return make_preview(gamma().re_expose(pixels, offset_ev).astype(np.uint8))


@pytest.mark.parametrize(
    ("name", "at_most_ev"),
    [
        ("astronaut.png", -0.3),
        ("coffee.png", -0.3),
        ("chelsea.png", -0.3),
        ("rocket.jpg", -0.25),
    ],  # the rocket's sky is dark by nature
)
def test_asks_for_more_when_dark_and_less_when_bright(policy: OnnxPolicy, name: str, at_most_ev: float) -> None:
    darker = policy.decide(photograph_at(-2, name)).delta_ev
    as_it_is = policy.decide(photograph_at(0, name)).delta_ev
    brighter = policy.decide(photograph_at(2, name)).delta_ev
    assert darker > 0.8
    assert brighter < at_most_ev
    assert darker > as_it_is > brighter


@pytest.mark.parametrize("offset_ev", [-2, -1, 0, 1, 2])
def test_answer_is_the_mean_of_the_exposure_map_weighted_by_the_attention(policy: OnnxPolicy, offset_ev: float) -> None:
    decision = policy.decide(photograph_at(offset_ev))
    assert decision.attention is not None
    assert decision.exposure_map is not None
    assert decision.attention.shape == decision.exposure_map.shape == (15, 15)
    weighted_ev = float(np.average(decision.exposure_map, weights=decision.attention))
    assert decision.delta_ev == pytest.approx(np.clip(weighted_ev, -2, 2), abs=1e-5)
    assert decision.attention.min() >= 0
    assert decision.attention.max() <= 1


def test_a_decision_keeps_its_maps_when_the_next_picture_comes(policy: OnnxPolicy) -> None:
    """Decisions go to other threads while the buffers are used again."""
    first = policy.decide(photograph_at(-2))
    assert first.exposure_map is not None
    kept = first.exposure_map.copy()
    policy.decide(photograph_at(2))
    np.testing.assert_array_equal(first.exposure_map, kept)


def test_a_preview_is_not_written_into(policy: OnnxPolicy) -> None:
    preview = photograph_at(0)
    before = preview.copy()
    policy.decide(preview)
    np.testing.assert_array_equal(preview, before)


def test_same_picture_same_answer(policy: OnnxPolicy) -> None:
    one = policy.decide(photograph_at(-1)).delta_ev
    policy.decide(photograph_at(2))
    assert policy.decide(photograph_at(-1)).delta_ev == one


def test_another_shape_is_a_policy_error(policy: OnnxPolicy) -> None:
    with pytest.raises(PolicyError, match="previews of"):
        policy.decide(np.zeros((1, 3, 64, 64), np.float32))


def test_an_answer_that_is_no_number_is_a_policy_error(tmp_path: Path) -> None:
    proto = onnx.load(default_model_path())
    (bias,) = (tensor for tensor in proto.graph.initializer if tensor.name.endswith("exposure_head.bias"))
    bias.CopyFrom(numpy_helper.from_array(np.array([np.nan], np.float32), bias.name))
    path = tmp_path / "damaged.onnx"
    onnx.save(proto, path)
    broken = OnnxPolicy(path)
    with pytest.raises(PolicyError, match="nan EV"):
        broken.decide(photograph_at(0))


@pytest.mark.parametrize("factor", [np.nan, np.inf, -1.0])
def test_a_doubt_that_is_no_width_is_a_policy_error(own_model: tuple[AttentionFcn, Exported], factor: float) -> None:
    """The answer is a number all the same."""
    proto = onnx.load(own_model[1].onnx)
    (end,) = (node for node in proto.graph.node if "doubt_ev" in node.output)
    end.output[0] = "honest"
    proto.graph.node.append(onnx.helper.make_node("Mul", ["honest", "factor"], ["doubt_ev"]))
    proto.graph.initializer.append(numpy_helper.from_array(np.array([factor], np.float32), "factor"))
    path = own_model[1].onnx.with_name(f"damaged-{factor}.onnx")
    onnx.save(proto, path)
    accept(hashlib.sha256(path.read_bytes()).hexdigest())
    with pytest.raises(PolicyError, match="gave a doubt of"):
        OnnxPolicy(path).decide(photograph_at(0))


def test_a_model_from_before_there_was_doubt_says_none(policy: OnnxPolicy, tmp_path: Path) -> None:
    proto = onnx.load(policy.path)
    for output in [output for output in proto.graph.output if output.name == "doubt_ev"]:
        proto.graph.output.remove(output)
    path = tmp_path / "sure.onnx"
    onnx.save(proto, path)
    accept(hashlib.sha256(path.read_bytes()).hexdigest())
    sure = OnnxPolicy(path).decide(photograph_at(0))
    assert sure.doubt_ev is None
    assert sure.delta_ev == pytest.approx(policy.decide(photograph_at(0)).delta_ev, abs=1e-5)


def test_a_live_layer_passes_the_doubt_on(own_model: tuple[AttentionFcn, Exported]) -> None:
    network = OnnxPolicy(own_model[1].onnx)
    doubt_ev = network.decide(photograph_at(0)).doubt_ev
    assert doubt_ev is not None
    assert doubt_ev > 0
    assert LiveLayer(network).decide(photograph_at(0)).doubt_ev == doubt_ev


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["attention", "exposure_map", "features"])
def test_a_map_that_holds_no_number_is_a_policy_error(tmp_path: Path, name: str, value: float) -> None:
    """Its answer is a number all the same: the map is spoiled after the answer was made of it."""
    proto = onnx.load(default_model_path())
    for node in proto.graph.node:
        for places in (node.input, node.output):
            for index, place in enumerate(places):
                if place == name:
                    places[index] = "whole"
    proto.graph.node.append(onnx.helper.make_node("Add", ["whole", "spoiled"], [name]))
    proto.graph.initializer.append(numpy_helper.from_array(np.array(value, np.float32), "spoiled"))
    path = tmp_path / "damaged.onnx"
    onnx.save(proto, path)
    accept(hashlib.sha256(path.read_bytes()).hexdigest())
    broken = OnnxPolicy(path)
    with pytest.raises(PolicyError, match="no numbers"):
        broken.decide_with_features(photograph_at(0))


def saying(model: Path, out: Path, **notes: str) -> Path:
    """``model`` with other notes in its metadata, in ``out``; an empty note is left out."""
    proto = onnx.load(model)
    told = {entry.key: entry.value for entry in proto.metadata_props} | notes
    del proto.metadata_props[:]
    onnx.helper.set_model_props(proto, {name: note for name, note in told.items() if note})
    onnx.save(proto, out)
    accept(hashlib.sha256(out.read_bytes()).hexdigest())
    return out


@pytest.mark.parametrize("pooling", ["weighted", "mean"])
def test_an_answer_at_its_limit_hides_no_pooling(tmp_path: Path, pooling: Literal["weighted", "mean"]) -> None:
    """Where the maps ask for more than the answer may say, neither way of pooling them gives the answer."""
    network = AttentionFcn(NetworkConfig(pooling=pooling)).eval()
    with torch.no_grad():
        network.get_parameter("exposure_head.bias").fill_(3.0)
    exported = export_network(network, tmp_path / "model.onnx", ModelNotes(), pictures=3)
    assert OnnxPolicy(exported.onnx).pooling is Pooling[pooling.upper()]


def test_an_old_file_that_says_nothing_of_its_pooling_is_looked_at(
    tmp_path: Path, own_model: tuple[AttentionFcn, Exported]
) -> None:
    assert OnnxPolicy(saying(own_model[1].onnx, tmp_path / "old.onnx", pooling="")).pooling is Pooling.WEIGHTED


def test_a_pooling_that_nobody_knows_is_a_model_file_error(
    tmp_path: Path, own_model: tuple[AttentionFcn, Exported]
) -> None:
    with pytest.raises(ModelFileError, match="pooling is 'median'"):
        OnnxPolicy(saying(own_model[1].onnx, tmp_path / "odd.onnx", pooling="median"))


def test_importing_it_loads_neither_torch_nor_onnxruntime() -> None:
    code = "import sys, models.inference.onnx_policy; print('torch' in sys.modules, 'onnxruntime' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_policies_of_one_file_share_its_session_and_nothing_else() -> None:
    previews = [photograph_at(offset_ev, name) for offset_ev in (-1, 1) for name in ("astronaut.png", "coffee.png")]
    alone = [OnnxPolicy().decide(preview) for preview in previews]
    policies = [OnnxPolicy() for _ in previews]
    assert len({id(policy._session) for policy in policies}) == 1
    with ThreadPoolExecutor(len(policies)) as threads:
        for _ in range(20):
            together = list(threads.map(OnnxPolicy.decide, policies, previews))
            for one, other in zip(alone, together, strict=True):
                assert one.delta_ev == other.delta_ev
                np.testing.assert_array_equal(one.attention, other.attention)
                np.testing.assert_array_equal(one.exposure_map, other.exposure_map)


def test_a_session_nobody_uses_is_let_go_of(tmp_path: Path) -> None:
    from models.files.model_file import _IN_USE

    network = onnx.load(default_model_path())
    network.doc_string = "another file"
    path = tmp_path / "another.onnx"
    onnx.save(network, path)
    accept(digest := hashlib.sha256(path.read_bytes()).hexdigest())
    model = load_model(path)
    assert model.session is not OnnxPolicy()._session
    assert digest in _IN_USE
    del model
    gc.collect()
    assert digest not in _IN_USE
