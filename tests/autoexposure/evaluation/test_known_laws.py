from __future__ import annotations

import numpy as np
import pytest

from autoexposure.errors import PolicyError
from autoexposure.evaluation.known_laws import MOST_EV, CentreCodeMeter, EntropyMeter
from autoexposure.metering.preview import Preview, make_preview
from autoexposure.response import srgb

SCENE = np.random.default_rng(1).lognormal(np.log(0.12), 0.8, (128, 128, 1)).astype(np.float32).repeat(3, axis=2)
"""Light of a natural contrast, 1 = saturation at 0 EV."""


def taken(offset_ev: float, light: np.ndarray = SCENE) -> Preview:
    return make_preview(np.rint(srgb().encode(light * 2.0**offset_ev)).astype(np.uint8))


@pytest.mark.parametrize("law", [CentreCodeMeter(), EntropyMeter()])
def test_a_law_leads_to_one_exposure_from_either_side(law: CentreCodeMeter | EntropyMeter) -> None:
    ends_ev = []
    for start_ev in (-3.0, 0.0, 2.5):
        at_ev = start_ev
        for _ in range(8):
            at_ev += law.decide(taken(at_ev)).delta_ev
        ends_ev.append(at_ev)
    assert max(ends_ev) - min(ends_ev) <= 0.3
    assert -2 < min(ends_ev) < 2


def test_only_the_middle_counts_and_it_comes_to_its_target() -> None:
    light = SCENE.copy()
    light[:32] = 1.0
    assert CentreCodeMeter().decide(taken(0, light)).delta_ev == CentreCodeMeter().decide(taken(0)).delta_ev
    at_target = np.full((128, 128, 3), 100, np.uint8)
    assert CentreCodeMeter().decide(make_preview(at_target)).delta_ev == pytest.approx(0, abs=0.01)


def test_black_and_white_pictures_have_an_answer() -> None:
    black, white = (make_preview(np.full((128, 128, 3), code, np.uint8)) for code in (0, 255))
    assert CentreCodeMeter().decide(black).delta_ev == MOST_EV
    assert CentreCodeMeter().decide(white).delta_ev < -1
    assert abs(EntropyMeter().decide(black).delta_ev) <= MOST_EV
    assert abs(EntropyMeter().decide(white).delta_ev) <= MOST_EV


def test_entropy_spreads_the_histogram() -> None:
    assert EntropyMeter().decide(taken(-2)).delta_ev > 1
    assert EntropyMeter().decide(taken(2)).delta_ev < -0.5


def test_a_picture_of_another_size_is_refused() -> None:
    with pytest.raises(PolicyError, match="preview"):
        EntropyMeter().decide(np.zeros((1, 3, 64, 64), np.float32))
