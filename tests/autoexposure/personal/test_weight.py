"""An answer that was only left standing teaches as a click does, and less."""

from pathlib import Path

import numpy as np
import pytest

from autoexposure.feedback.answer import Label, Source
from autoexposure.feedback.store import FeedbackStore
from autoexposure.frame import Frame
from autoexposure.metering.preview import make_preview
from autoexposure.personal.live_layer import LiveLayer
from autoexposure.personal.recall import recall
from autoexposure.response import srgb
from autoexposure.states import AeState
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


def test_a_stored_answer_is_recalled_with_its_weight(tmp_path: Path) -> None:
    picture = a_preview()[0].transpose(1, 2, 0).astype(np.uint8)
    moved = []
    for weight in (0.25, 1.0):
        with FeedbackStore(tmp_path / f"{weight}.sqlite") as store:
            store.add(
                Frame(picture, 0.0, 0),
                Label.UNDER,
                camera="",
                meter="attention",
                ae_state=AeState.CONVERGED,
                delta_ev=0.0,
                source=Source.BIAS,
                weight=weight,
            )
            layer, told = LiveLayer(TwoHeads()), LiveLayer(TwoHeads())
            assert recall(layer, store, "model") == 1
        told.learn(told.features_of(make_preview(picture)), Label.UNDER, 1, weight)
        moved.append(layer.decide(a_preview()).delta_ev)
        assert moved[-1] == pytest.approx(told.decide(a_preview()).delta_ev, abs=1e-5)
    assert moved[0] < moved[1]
