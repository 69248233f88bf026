from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from autoexposure.errors import ConfigError
from autoexposure.response import gamma
from models.data.relighting import Balance, relight

Scene = Callable[..., NDArray[np.uint8]]


def test_only_the_background_changes(make_scene: Scene) -> None:
    picture = make_scene(1)
    mask = np.zeros(picture.shape[:2], np.uint8)
    mask[40:120, 60:140] = 255
    relit = relight(picture, mask, gamma(), background_ev=2.0, offset_ev=0.0)
    subject = mask == 255
    assert np.abs(relit[subject].astype(int) - picture[subject]).max() <= 1
    assert relit[~subject].mean() > picture[~subject].mean() + 40


def test_soft_edges_get_light_in_between(make_scene: Scene) -> None:
    grey = np.full((8, 3, 3), 100, np.uint8)
    mask = np.array([[0, 128, 255]] * 8, np.uint8)
    row = relight(grey, mask, gamma(), background_ev=1.0, offset_ev=0.0)[0, :, 0]
    assert row[0] > row[1] > row[2] == 100


def test_exposure_acts_on_both(make_scene: Scene) -> None:
    picture = make_scene(2)
    mask = np.full(picture.shape[:2], 255, np.uint8)
    darker = relight(picture, mask, gamma(), background_ev=3.0, offset_ev=-1.0)
    np.testing.assert_allclose(darker, gamma().re_expose(picture, -1.0), atol=1)


def test_the_subject_decides_most_and_the_background_the_rest() -> None:
    balance = Balance(subject_weight=0.8)
    assert balance.offset_ev(background_ev=3.0, subject_share=0.3) == pytest.approx(-0.6)
    assert balance.offset_ev(background_ev=-2.0, subject_share=0.3) == pytest.approx(0.4)


def test_a_tiny_subject_counts_for_less() -> None:
    balance = Balance(subject_weight=0.8, small_subject=0.04)
    assert balance.offset_ev(2.0, subject_share=0.02) == pytest.approx(-(1 - 0.4) * 2)


@pytest.mark.parametrize("weight", [-0.1, 1.1])
def test_weights_beyond_one_are_refused(weight: float) -> None:
    with pytest.raises(ConfigError):
        Balance(subject_weight=weight)
