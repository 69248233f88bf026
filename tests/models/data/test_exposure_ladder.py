from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from autoexposure.errors import ConfigError
from autoexposure.metering.preview import make_preview
from autoexposure.response import gamma, srgb
from models.data.exposure_ladder import (
    LADDER_EV,
    Balance,
    Light,
    encode_table,
    expose_linear,
    exposure_table,
    label_ev,
    ladder,
    re_expose,
    shrink,
)

Scene = Callable[..., NDArray[np.uint8]]


def test_ladder_is_the_papers() -> None:
    assert len(LADDER_EV) == 21
    assert LADDER_EV[0] == -2
    assert LADDER_EV[-1] == 2
    np.testing.assert_allclose(np.diff(LADDER_EV), 0.2)


def test_a_picture_that_is_too_dark_is_labelled_raise() -> None:
    np.testing.assert_array_equal(label_ev(np.array([-1.0, 0.0, 1.5])), [1.0, 0.0, -1.5])


def test_labels_stay_within_the_networks_range() -> None:
    np.testing.assert_array_equal(label_ev(np.array([-3.0, 3.0])), [2.0, -2.0])


def test_more_exposure_is_brighter_and_none_is_the_same(make_scene: Scene) -> None:
    picture = make_scene(1)
    means = [step.mean() for step in ladder(picture, gamma())]
    assert all(np.diff(means) > 0)
    np.testing.assert_array_equal(re_expose(picture, gamma(), 0.0), picture)


@pytest.mark.parametrize("response", [gamma(), srgb(), gamma(1.8)], ids=lambda r: r.name)
@pytest.mark.parametrize("offset_ev", [-2.0, -0.6, 1.0, 2.0])
def test_re_exposure_is_the_response_curves_own(make_scene: Scene, response, offset_ev: float) -> None:
    picture = make_scene(2)
    expected = response.re_expose(picture, offset_ev)
    np.testing.assert_array_equal(re_expose(picture, response, offset_ev), expected.astype(np.uint8))


def test_ladder_steps_are_what_the_live_preview_shows(make_scene: Scene) -> None:
    picture = make_scene(3)
    live = make_preview(re_expose(picture, gamma(), 1.0))
    ours = ladder(picture, gamma(), np.array([1.0]))
    np.testing.assert_array_equal(ours.transpose(0, 3, 1, 2).astype(np.float32), live)


def test_headroom_keeps_whites_white_when_darkened() -> None:
    plain, generous = exposure_table(gamma(), -1.0), exposure_table(gamma(), -1.0, Light(headroom=2.0))
    assert plain[255].max() < 200
    assert generous[255].min() == 255
    np.testing.assert_array_equal(plain[:236], generous[:236])
    assert np.all(np.diff(generous.astype(int), axis=0) >= 0)


def test_balance_moves_the_channels_apart() -> None:
    table = exposure_table(gamma(), 0.0, Light(balance=(1.1, 1.0, 0.9)))
    assert table[128, 0] > table[128, 1] > table[128, 2]


def test_coarse_table_agrees_with_the_curve() -> None:
    light = np.random.default_rng(0).uniform(0, 1.2, 5000).astype(np.float32)
    exact = gamma().encode(light)
    assert np.abs(expose_linear(light, encode_table(gamma())) - exact).max() <= 1.0


def test_shrinking_gives_the_networks_input(make_scene: Scene) -> None:
    assert shrink(make_scene(4)).shape == (128, 128, 3)


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
