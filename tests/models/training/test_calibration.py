from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from models.data.dataset import open_cache
from models.data.photo_files import find_photos
from models.network import LAPLACE_95_TO_68, AttentionFcn, NetworkConfig
from models.training.calibration import FEWEST_ANSWERS, Calibration, calibrate, fit


def test_it_finds_what_makes_a_doubt_true_whatever_the_errors_follow() -> None:
    random = np.random.default_rng(4)
    honest = random.uniform(0.1, 1.0, 20_000)
    for errors, ratio in (
        (random.laplace(0, 1 / 1.1394, honest.size), LAPLACE_95_TO_68),
        (random.standard_normal(honest.size), 1.96),
    ):
        found = fit(errors * honest, honest / 3)
        assert found.factor == pytest.approx(3, rel=0.03)
        assert found.ratio_95 == pytest.approx(ratio, rel=0.03)
        within_68 = np.abs(errors * honest) <= found.factor * honest / 3
        within_95 = np.abs(errors * honest) <= found.factor * found.ratio_95 * honest / 3
        assert within_68.mean() == pytest.approx(0.68, abs=0.001)
        assert within_95.mean() == pytest.approx(0.95, abs=0.001)


def test_too_few_answers_and_answers_that_are_never_wrong_change_nothing() -> None:
    few = np.ones(FEWEST_ANSWERS - 1)
    assert fit(few, few) == Calibration()
    many = np.ones(FEWEST_ANSWERS)
    assert fit(many, many).answers == FEWEST_ANSWERS
    assert fit(0 * many, many) == Calibration()


def test_it_makes_a_network_true_in_place_and_again_to_the_same(
    tmp_path: Path,
    photo_folder: Path,
    subject_folder: Path,
    make_network: Callable[[bool], AttentionFcn],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("models.training.calibration.FEWEST_ANSWERS", 10)
    cache = open_cache(find_photos([photo_folder], [subject_folder]), tmp_path, 128)
    network = make_network(True)
    found = calibrate(network, cache)
    assert found.answers == 5 * len(cache.indices("validation", masked=False))
    assert network.doubt_calibration.tolist() == pytest.approx([found.factor, found.ratio_95], rel=1e-6)
    assert calibrate(network, cache) == found


def test_a_network_without_doubt_is_left_alone(tmp_path: Path, photo_folder: Path) -> None:
    cache = open_cache(find_photos([photo_folder]), tmp_path, 128)
    network = AttentionFcn(NetworkConfig(doubt=False))
    before = {name: value.clone() for name, value in network.state_dict().items()}
    assert calibrate(network, cache) == Calibration()
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
