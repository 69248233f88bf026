"""The light of a scene, and how far from the meter it is exposed."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexposure.camera import Capabilities, ControlRange
from autoexposure.goal.night import ROOM_EV, goal_offset_ev
from autoexposure.goal.scene_light import TYPICAL_EV, scene_ev

WEBCAM = Capabilities(time_s=ControlRange(1e-4, 0.5), gain=ControlRange(1.0, 16.0))
lights = st.floats(-60, 60)


@pytest.mark.parametrize(
    ("light_ev", "offset_ev"),
    [(16, 0.38), (12, 0.28), (ROOM_EV, 0.0), (5, -0.25), (3, -0.68), (0, -1.45), (-2, -1.74), (-10, -1.89)],
    ids=["snow in the sun", "open shade", "office", "home", "floodlit", "dim", "full moon", "no light"],
)
def test_the_goal_falls_with_the_light(light_ev: float, offset_ev: float) -> None:
    assert goal_offset_ev(light_ev) == pytest.approx(offset_ev, abs=0.01)


@given(lights, st.floats(0.01, 20))
def test_more_light_is_a_brighter_picture_and_never_by_as_much(light_ev: float, more_ev: float) -> None:
    gain_ev = goal_offset_ev(light_ev + more_ev) - goal_offset_ev(light_ev)
    assert -1e-9 <= gain_ev <= 0.28 * more_ev


@given(st.floats(-1e6, 1e6))
def test_any_light_has_a_goal_within_a_few_stops(light_ev: float) -> None:
    assert -2 < goal_offset_ev(light_ev) < 0.6


def test_an_office_at_a_typical_webcam_is_an_office() -> None:
    # 1/30 s at gain 2 in 250 to 350 lux is what webcams take there.
    assert scene_ev(math.log2(2 / 30), WEBCAM) == pytest.approx(ROOM_EV, abs=0.2)


@given(st.floats(-15, 8), st.integers(25, 6400))
def test_an_exposure_counts_by_its_iso(right_ev: float, base_iso: int) -> None:
    can = Capabilities(time_s=WEBCAM.time_s, gain=WEBCAM.gain, base_iso=base_iso)
    assert scene_ev(right_ev - math.log2(base_iso / 100), can) == pytest.approx(TYPICAL_EV - right_ev)


@pytest.mark.parametrize(
    "can",
    [Capabilities(gain=WEBCAM.gain), Capabilities(time_s=ControlRange(1.0, 100.0, unit_known=False), gain=WEBCAM.gain)],
    ids=["gain alone", "times without a unit"],
)
def test_without_a_unit_the_light_is_not_known(can: Capabilities) -> None:
    assert scene_ev(-5.0, can) is None
