"""A subject that is smeared by as much as it moves during the exposure."""

import numpy as np
import pytest

from autoexposure.simulation.light import STEADY_S, Steady
from autoexposure.simulation.moving import MovingSubject
from autoexposure.simulation.scene import Layer, LitScene, Size, StillScene, exposed
from autoexposure.simulation.sensor import Radiance

SIZE = Size(160, 120)
BEHIND = StillScene(np.full((120, 160, 3), 5.0, np.float32))
MOVES_S = STEADY_S + 0.1


def subject(px_s: float = 200.0) -> MovingSubject:
    return MovingSubject(BEHIND, SIZE, px_s)


def test_it_stands_in_the_middle_and_then_goes_from_side_to_side_evenly() -> None:
    scene = subject(200)
    way_px = SIZE.width_px - scene.subject_px.width_px
    assert scene.left_px(0.0) == scene.left_px(STEADY_S) == way_px / 2
    times_s = STEADY_S + np.linspace(0, 4, 2001)
    lefts = np.array([scene.left_px(time_s) for time_s in times_s])
    assert lefts.min() == pytest.approx(0, abs=0.3)
    assert lefts.max() == pytest.approx(way_px, abs=0.3)
    steps = np.abs(np.diff(lefts)) / np.diff(times_s)
    assert np.median(steps) == pytest.approx(200)


def test_a_smear_is_the_mean_of_all_moments() -> None:
    scene, time_s = subject(), 0.06
    moments = [scene.radiance(MOVES_S + share * time_s) for share in (np.arange(200) + 0.5) / 200]
    smeared = scene.mean_radiance(MOVES_S, time_s)
    assert np.abs(smeared - np.mean(moments, axis=0)).max() < 0.02 * float(smeared.max())


def test_light_is_kept_and_detail_is_lost_with_the_time() -> None:
    scene = subject()
    shown = [scene.mean_radiance(MOVES_S, time_s) for time_s in (0.0, 0.01, 0.03, 0.1)]
    for radiance in shown:
        assert float(radiance.mean()) == pytest.approx(float(shown[0].mean()), rel=0.01)
    detail = [float((np.diff(radiance, axis=1) ** 2).mean()) for radiance in shown]
    assert detail == sorted(detail, reverse=True)
    assert detail[-1] < detail[0] / 2


def test_what_stands_still_is_one_array() -> None:
    scene = subject()
    assert scene.mean_radiance(1.0, 0.03) is scene.mean_radiance(2.0, 0.1)
    assert not scene.radiance(3.0).flags.writeable
    assert subject(0.0).radiance(MOVES_S) == pytest.approx(subject(0.0).radiance(0.0))


def test_a_lit_layer_is_smeared_too() -> None:
    lit = LitScene((Layer(subject(), Steady(0.25)),))
    assert lit.mean_radiance(MOVES_S, 0.05) == pytest.approx(0.25 * subject().mean_radiance(MOVES_S, 0.05))
    assert exposed(lit, MOVES_S, 0.05) == pytest.approx(lit.mean_radiance(MOVES_S, 0.05))


def test_what_says_nothing_of_motion_is_seen_in_the_middle_of_the_exposure() -> None:
    class Clockwork:
        def radiance(self, time_s: float) -> Radiance:
            return np.full((1, 1, 3), time_s, np.float32)

    assert exposed(Clockwork(), 4.0, 2.0)[0, 0, 0] == 5.0
    assert exposed(Clockwork(), -3.0, 2.0)[0, 0, 0] == 0.0
