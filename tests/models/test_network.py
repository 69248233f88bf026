from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from autoexposure.errors import ConfigError, ModelFileError
from models.doubt import DoubtHead
from models.network import (
    CAFFE_MEAN_BGR,
    FEATURE_CHANNELS,
    INPUT_SCALE,
    LOCAL_EV,
    AttentionFcn,
    NetworkConfig,
    fill,
    load_pretrained,
)


@pytest.fixture
def caffe_weights() -> dict[str, np.ndarray]:
    """SqueezeNet's trunk with random weights of the usual size, for Caffe's input."""
    random = np.random.default_rng(3)
    arrays = {}
    for name, value in AttentionFcn().state_dict().items():
        if "head" not in name:
            spread = 1.0 if name.endswith("bias") else 1.5 / np.sqrt(np.prod(value.shape[1:]))
            arrays[name] = random.normal(0, spread, tuple(value.shape)).astype(np.float32)
    return arrays


@pytest.fixture
def weights_file(tmp_path: Path, caffe_weights: dict[str, np.ndarray]) -> Path:
    path = tmp_path / "squeezenet.npz"
    np.savez(path, **caffe_weights)
    return path


@pytest.fixture
def previews() -> torch.Tensor:
    return torch.randint(0, 256, (2, 3, 128, 128), generator=torch.Generator().manual_seed(5)).float()


def caffe_features(arrays: dict[str, np.ndarray], preview: torch.Tensor) -> torch.Tensor:
    """The trunk as its authors run it: explicit BGR, explicit mean, weights untouched."""
    w = {name: torch.from_numpy(value) for name, value in arrays.items()}

    def fire(name: str, x: torch.Tensor) -> torch.Tensor:
        s = functional.relu(functional.conv2d(x, w[f"{name}.squeeze.weight"], w[f"{name}.squeeze.bias"]))
        one = functional.conv2d(s, w[f"{name}.expand1x1.weight"], w[f"{name}.expand1x1.bias"])
        three = functional.conv2d(s, w[f"{name}.expand3x3.weight"], w[f"{name}.expand3x3.bias"], padding=1)
        return functional.relu(torch.cat([one, three], 1))

    x = preview.flip(1) - torch.tensor(CAFFE_MEAN_BGR).view(1, 3, 1, 1)
    x = functional.relu(functional.conv2d(x, w["conv1.weight"], w["conv1.bias"], stride=2))
    for name in ("fire2", "fire3", "fire4", "fire5", "fire6", "fire7"):
        if name in ("fire2", "fire5"):
            x = functional.max_pool2d(x, 3, 2, ceil_mode=True)
        x = fire(name, x)
    return x


def test_size_is_the_papers(previews: torch.Tensor) -> None:
    network = AttentionFcn()
    assert sum(p.numel() for name, p in network.named_parameters() if not name.startswith("doubt_")) == 350_018
    answer = network(previews)
    assert answer.delta_ev.shape == (2,)
    assert answer.attention.shape == answer.exposure_map.shape == (2, 15, 15)
    assert answer.features.shape == (2, 384, 15, 15)


def test_folding_and_scaling_keep_the_function(
    weights_file: Path, caffe_weights: dict[str, np.ndarray], previews: torch.Tensor
) -> None:
    """RGB 0..255 in, Caffe's features times the input scale out: neither colour order nor mean nor scale is lost."""
    network = AttentionFcn()
    load_pretrained(network, weights_file)
    ours = network.features(previews) / INPUT_SCALE
    theirs = caffe_features(caffe_weights, previews)
    assert theirs.std() > 1
    torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-3 * float(theirs.std()))


def test_answer_is_the_mean_of_the_exposure_map_weighted_by_the_attention(previews: torch.Tensor) -> None:
    answer = AttentionFcn()(previews)
    wanted = (answer.attention * answer.exposure_map).sum(dim=(1, 2)) / answer.attention.sum(dim=(1, 2))
    torch.testing.assert_close(answer.delta_ev, wanted)


def test_papers_answer_is_the_mean_of_the_product(previews: torch.Tensor) -> None:
    answer = AttentionFcn(NetworkConfig(pooling="mean"))(previews)
    torch.testing.assert_close(answer.delta_ev, (answer.attention * answer.exposure_map).mean(dim=(1, 2)))
    assert answer.attention.min() >= 0
    assert answer.attention.max() <= 1
    assert answer.exposure_map.abs().max() <= 2


def test_answer_never_exceeds_two_ev() -> None:
    network = AttentionFcn()
    with torch.no_grad():
        network.exposure_head.bias.fill_(100)
        assert network.attention_head is not None
        network.attention_head.bias.fill_(100)
    assert network.eval()(torch.zeros(1, 3, 128, 128)).delta_ev.item() == pytest.approx(2)
    assert network.train()(torch.zeros(1, 3, 128, 128)).delta_ev.item() == pytest.approx(LOCAL_EV)


def test_the_heads_start_from_the_papers_gaussian() -> None:
    torch.manual_seed(7)
    heads = ("exposure_head.weight", "attention_head.weight")
    weights = torch.cat([value.flatten() for name, value in AttentionFcn().named_parameters() if name in heads])
    assert len(weights) == 2 * 384
    assert float(weights.mean().detach()) == pytest.approx(0, abs=0.002)
    assert float(weights.std().detach()) == pytest.approx(0.01, rel=0.15)


def test_without_attention_every_cell_counts_the_same(previews: torch.Tensor) -> None:
    network = AttentionFcn(NetworkConfig(attention=False))
    assert sum(p.numel() for p in network.parameters()) == 350_018 - 385
    answer = network(previews)
    assert bool((answer.attention == 1).all())
    torch.testing.assert_close(answer.delta_ev, answer.exposure_map.mean(dim=(1, 2)))


def test_dropout_is_an_option(previews: torch.Tensor) -> None:
    with_dropout = AttentionFcn(NetworkConfig(dropout=0.5)).train()
    assert not torch.equal(with_dropout(previews).delta_ev, with_dropout(previews).delta_ev)
    without = AttentionFcn().train()
    assert torch.equal(without(previews).delta_ev, without(previews).delta_ev)


def test_other_weights_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.npz"
    np.savez(path, **{"conv1.weight": np.zeros((96, 3, 7, 7), np.float32)})
    with pytest.raises(ModelFileError, match="does not hold SqueezeNet"):
        load_pretrained(AttentionFcn(), path)


@pytest.mark.parametrize("content", [b"", b"not weights", b"PK\x03\x04 cut off"])
def test_garbage_is_refused_as_weights(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "garbage.npz"
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match="cannot be read as pretrained weights"):
        load_pretrained(AttentionFcn(), path)


def test_shared_weights_reach_the_expected_scale() -> None:
    path = Path(__file__).parents[3] / "shared" / "data" / "weights" / "squeezenet1_0_imagenet.npz"
    if not path.is_file():
        pytest.skip("needs the pretrained SqueezeNet weights, which lie outside the project")
    network = AttentionFcn()
    load_pretrained(network, path)
    noise = torch.randint(0, 256, (4, 3, 16, 16), generator=torch.Generator().manual_seed(1)).float()
    pictures = functional.interpolate(noise, size=(128, 128), mode="bilinear")
    assert 0.1 < network.features(pictures).std().item() < 2.0


def test_the_inverted_trunk_has_the_same_maps_and_every_weight_of_it_learns(previews: torch.Tensor) -> None:
    torch.manual_seed(2)
    network = AttentionFcn(NetworkConfig(trunk="inverted"))
    for block in network.inverted.layers:
        if hasattr(block, "share"):
            assert block.share.item() == 0  # a block starts as nothing
            torch.nn.init.constant_(block.share, 0.5)
    answer = network(previews)
    assert answer.attention.shape == answer.exposure_map.shape == (2, 15, 15)
    assert answer.features.shape == (2, 384, 15, 15)
    answer.delta_ev.sum().backward()
    weights = {name: value.grad for name, value in network.named_parameters()}
    assert not [name for name, slope in weights.items() if slope is None or not slope.abs().max() > 0]


def test_doubt_is_told_in_use_and_changes_no_answer(previews: torch.Tensor) -> None:
    network = AttentionFcn().eval()
    without = network(previews)
    network.doubt = DoubtHead(FEATURE_CHANNELS).eval()
    answer = network(previews)
    assert answer.doubt_ev is not None
    torch.testing.assert_close(
        answer.doubt_ev, network.doubt(previews, answer.attention, answer.exposure_map, answer.features)
    )
    assert torch.equal(answer.delta_ev, without.delta_ev)
    assert without.doubt_ev is None
    assert network.train()(previews).doubt_ev is None


def test_a_network_doubts_as_its_weights_do() -> None:
    doubting, plain = AttentionFcn(), AttentionFcn()
    doubting.doubt = DoubtHead(FEATURE_CHANNELS, hidden=3)
    fill(plain, doubting.state_dict())
    assert plain.doubt is not None
    assert torch.equal(plain.doubt.first.weight, doubting.doubt.first.weight)
    fill(plain, AttentionFcn().state_dict())
    assert plain.doubt is None


def test_the_head_of_before_is_left_out() -> None:
    plain, weights = AttentionFcn(), AttentionFcn().state_dict()
    old = {"doubt_head.weight": torch.ones(1, 384, 1, 1), "doubt_calibration": torch.ones(2)}
    fill(plain, weights | old)
    assert plain.doubt is None
    assert torch.equal(plain.conv1.weight, weights["conv1.weight"])
    assert NetworkConfig.from_settings({"pooling": "mean", "doubt": True}) == NetworkConfig(pooling="mean")


def test_the_working_type_is_for_the_trunk_in_training_alone(previews: torch.Tensor) -> None:
    torch.manual_seed(3)
    network = AttentionFcn()
    exact = network.eval()(previews)
    spread = float(exact.features.detach().std())
    network.working_type = torch.bfloat16
    rough = network.train()(previews)
    assert all(value.dtype == torch.float32 for value in rough if value is not None)
    assert not torch.equal(rough.features, exact.features)
    torch.testing.assert_close(rough.features, exact.features, rtol=0.05, atol=0.05 * spread)
    assert torch.equal(network.eval()(previews).features, exact.features)


@pytest.mark.parametrize("setting", [{"dropout": 1.0}, {"dropout": -0.1}, {"bins": 1}, {"bins": -2}])
def test_a_network_that_cannot_be_is_refused(setting: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=next(iter(setting))):
        NetworkConfig(**setting)  # type: ignore[arg-type]  # of mixed types


@pytest.mark.parametrize("settings", [None, [], {"depth": 3}])
def test_settings_that_describe_no_network_are_a_sentence(settings: object) -> None:
    with pytest.raises(ModelFileError, match="does not say which network"):
        NetworkConfig.from_settings(settings)


def test_settings_are_read_back_as_the_checkpoint_keeps_them() -> None:
    config = NetworkConfig(attention=False, pooling="mean")
    assert NetworkConfig.from_settings(asdict(config)) == config
