from __future__ import annotations

from pathlib import Path

import pytest

from autoexposure.errors import ConfigError
from models.evaluation.training_bench import TrainingCost, measure_training


def test_a_thousand_times_the_photographs_cost_a_million_times_the_comparisons() -> None:
    cost = TrainingCost(photographs=7200, scanned=2, shrunk=4, looked_up=1e9, compared=7200, drawn=1, trained=100)
    one, thousand = (line.strip("| ").split(" | ") for line in cost.as_table(pictures=360_000).splitlines()[2:])
    assert one[:5] == ["7,200", "1.00", "1.00", "0.50", "1.00"]
    assert thousand[:5] == ["7,200,000", "1,000.00", "1,000,000.00", "500.00", "1,000.00"]
    assert float(thousand[5].replace(",", "")) == pytest.approx(1000 * 7200 * 192**2 * 3 / 1e9, rel=0.01)


def test_every_rate_is_measured(photo_folder: Path) -> None:
    cost = measure_training([photo_folder], threads=1, steps=1)
    assert cost.photographs == len(list(photo_folder.iterdir()))
    assert min(cost.scanned, cost.shrunk, cost.looked_up, cost.compared, cost.drawn, cost.trained) > 0


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no folder"):
        measure_training([tmp_path / "nowhere"])
