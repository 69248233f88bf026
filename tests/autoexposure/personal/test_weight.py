"""An answer that was only left standing teaches as a click does, and less."""

import numpy as np
import pytest

from autoexposure.feedback.answer import Label
from autoexposure.personal.live_layer import LiveLayer
from autoexposure.response import srgb
from tests.autoexposure.personal.test_live_layer import TwoHeads, a_preview, settle


def moved_ev(weight: float, label: Label = Label.UNDER) -> float:
    """By how much one answer of this weight moves the answer to its own picture, at rest."""
    layer, preview = LiveLayer(TwoHeads()), a_preview()
    shown = srgb().re_expose(preview.astype(np.uint8), settle(layer, preview))
    before_ev = layer.decide(shown).delta_ev
    layer.click(shown, label, weight=weight)
    return layer.decide(shown).delta_ev - before_ev


@pytest.mark.parametrize(("label", "sign"), [(Label.UNDER, 1), (Label.OVER, -1)])
def test_the_more_an_answer_weighs_the_further_it_moves(label: Label, sign: int) -> None:
    moved = [sign * moved_ev(weight, label) for weight in (0.05, 0.25, 0.5, 1.0)]
    assert 0 < moved[0] < moved[1] < moved[2] < moved[3]


def test_a_well_that_weighs_nothing_much_moves_nothing_much() -> None:
    assert abs(moved_ev(1e-4)) < 0.2 * abs(moved_ev(1.0))


def test_the_weight_is_kept_when_another_answer_is_taken_back() -> None:
    layer, alone = LiveLayer(TwoHeads()), LiveLayer(TwoHeads())
    features = [layer.features_of(a_preview(seed)) for seed in range(3)]
    for number, learned in enumerate(features):
        layer.learn(learned, Label.UNDER, number, 0.1)
    layer.undo(1)
    for number in (0, 2):
        alone.learn(features[number], Label.UNDER, number, 0.1)
    shown = a_preview(7)
    assert layer.decide(shown).delta_ev == pytest.approx(alone.decide(shown).delta_ev, abs=1e-9)
