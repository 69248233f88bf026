from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from models.meters import CONTENT_EV, TorchMeter, rest_ev
from models.network import AttentionFcn


class Meter:
    """Asks for a share of what is missing to ``wish_ev``; a picture's exposure stands in its first code, in tenths."""

    def __init__(self, wish_ev: float, share: float = 1.0) -> None:
        self.wish_ev, self.share, self.asked = wish_ev, share, 0

    def delta_ev(self, previews: NDArray[np.uint8]) -> NDArray[np.float64]:
        self.asked += 1
        return self.share * (self.wish_ev - (previews[:, 0, 0, 0].astype(np.float64) - 128) / 10)


def shown(offset_ev: float) -> NDArray[np.uint8]:
    return np.full((128, 128, 3), round(128 + 10 * offset_ev), np.uint8)


@pytest.mark.parametrize("start_ev", [-3.0, 0.0, 2.5])
def test_a_meter_comes_to_rest_where_it_asks_for_nothing(start_ev: float) -> None:
    meter = Meter(1.2)
    assert rest_ev(meter, shown, start_ev) == pytest.approx(1.2, abs=CONTENT_EV)
    assert meter.asked == 2


def test_it_is_asked_no_more_often_than_allowed_and_led_no_further() -> None:
    slow = Meter(4.0, share=0.1)
    assert 0.5 < rest_ev(slow, shown, rounds=3) < 1.5
    assert slow.asked == 3
    assert rest_ev(Meter(100.0), shown, farthest_ev=2.0) == 2.0


class Unsure(torch.nn.Module):
    """Answers 1 EV, and doubts it by half an EV."""

    def forward(self, preview: torch.Tensor) -> SimpleNamespace:
        ones = torch.ones(len(preview))
        return SimpleNamespace(delta_ev=ones, doubt_ev=0.5 * ones)


def test_a_network_that_states_its_doubt_is_heard() -> None:
    previews = np.zeros((3, 128, 128, 3), np.uint8)
    assert TorchMeter(Unsure()).answers(previews).doubt_ev == pytest.approx([0.5] * 3)  # type: ignore[arg-type]  # a stand-in for a network
    assert TorchMeter(AttentionFcn()).answers(previews).delta_ev.shape == (3,)
