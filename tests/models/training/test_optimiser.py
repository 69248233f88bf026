from __future__ import annotations

import pytest
import torch

from models.training.optimiser import LARGEST_GRADIENT, PAPER_RATE, halved_rate, learning_rate, take_step


def test_the_papers_rate_is_halved_after_15_and_30_of_35_epochs() -> None:
    assert [halved_rate(8.0, epoch / 35) for epoch in (0, 14, 16, 29, 31, 35)] == [8.0, 8.0, 4.0, 4.0, 2.0, 2.0]


def test_schedules() -> None:
    assert learning_rate("paper", PAPER_RATE, 0.0, 0) == 0.003
    assert learning_rate("paper", PAPER_RATE, 16 / 35, 1000) == 0.0015
    assert learning_rate("paper", PAPER_RATE, 34 / 35, 1000) == 0.00075
    assert learning_rate("default", 5e-4, 0.0, 99) == pytest.approx(5e-4)
    assert learning_rate("default", 5e-4, 1.0, 1000) == pytest.approx(5e-6)
    assert learning_rate("default", 5e-4, 0.0, 0) < 1e-5
    assert learning_rate("default", 1e-4, 0.0, 99) == pytest.approx(1e-4)


@pytest.mark.parametrize(("slope", "moved"), [(3.0, 3.0), (300.0, LARGEST_GRADIENT)])
def test_a_step_goes_down_the_gradient_at_the_rate_given_but_not_further_than_allowed(
    slope: float, moved: float
) -> None:
    layer = torch.nn.Linear(1, 1, bias=False)
    optimiser = torch.optim.SGD(layer.parameters(), lr=123.0)
    before = layer.weight.item()
    for _ in range(2):  # a second one does not add the first one's gradient
        take_step(layer, optimiser, slope * layer.weight.sum(), 0.1)
    assert layer.weight.item() == pytest.approx(before - 2 * 0.1 * moved, abs=1e-5)
