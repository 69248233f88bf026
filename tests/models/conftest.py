"""A few small photographs, made at random but with structure, as files in folders."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from models.doubt import DoubtHead
from models.files.export import Exported, ModelNotes, export_network
from models.network import FEATURE_CHANNELS, AttentionFcn, NetworkConfig


def scene(seed: int, height: int = 160, width: int = 200) -> NDArray[np.uint8]:
    """(height, width, 3) uint8: smooth patches of colour, no two seeds alike."""
    random = np.random.default_rng(seed)
    coarse = random.uniform(20, 235, (6, 7, 3)).astype(np.float32)
    return np.clip(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), 0, 255).astype(np.uint8)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(autouse=True, scope="session")
def _models_accepted_here_only(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Whoever runs the tests has no models of theirs among those that are known to behave."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("accepted")
        patch.setattr("models.files.model_trial.accepted_folder", lambda: folder)
        yield


@pytest.fixture
def make_scene() -> Callable[..., NDArray[np.uint8]]:
    return scene


def lively_network(attention: bool = True) -> AttentionFcn:
    """Random weights, heads strong enough that maps and answer differ from picture to picture."""
    torch.manual_seed(7)
    network = AttentionFcn(NetworkConfig(attention=attention))
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.dim() == 4:
                torch.nn.init.kaiming_normal_(parameter)
    network.doubt = DoubtHead(FEATURE_CHANNELS)
    return network.eval()


@pytest.fixture
def make_network() -> Callable[[bool], AttentionFcn]:
    return lively_network


@pytest.fixture(scope="session")
def own_model(tmp_path_factory: pytest.TempPathFactory) -> tuple[AttentionFcn, Exported]:
    """A lively network and its export, made once: torch takes most of a second to write one. Not to be changed."""
    network = lively_network()
    notes = ModelNotes(description="a test", training_list_sha256="ab" * 32, training_steps=3, date="2026-01-01")
    return network, export_network(network, tmp_path_factory.mktemp("own") / "deep" / "model.onnx", notes, 10)


@pytest.fixture
def photo_folder(tmp_path: Path) -> Path:
    """Forty photographs."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for seed in range(40):
        cv2.imwrite(str(folder / f"photo_{seed:02}.png"), scene(seed))
    return folder


@pytest.fixture
def subject_folder(tmp_path: Path) -> Path:
    """Twelve photographs with a mask of an ellipse in the middle."""
    folder = tmp_path / "subjects"
    folder.mkdir()
    mask = cv2.ellipse(np.zeros((160, 200), np.uint8), (100, 80), (40, 50), 0, 0, 360, 255, -1)
    for seed in range(12):
        cv2.imwrite(str(folder / f"subject_{seed:02}.png"), scene(1000 + seed))
        cv2.imwrite(str(folder / f"subject_{seed:02}.mask.png"), mask)
    return folder
