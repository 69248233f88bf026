import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexposure.errors import ConfigError
from autoexposure.simulation.light import STEADY_S, Drifting, Light, Steady, Switched


def test_steady_light_does_not_change() -> None:
    light: Light = Steady(0.7)
    assert {light.factor(time_s) for time_s in (0.0, 15.0, 1e6)} == {0.7}


def test_a_switched_light_alternates_after_its_steady_beginning() -> None:
    light: Light = Switched(first=0.0, second=1.0, steady_s=15.0, every_s=10.0)
    seen = [light.factor(time_s) for time_s in (0.0, 14.99, 15.0, 24.99, 25.0, 34.99, 35.0)]
    assert seen == [0, 0, 1, 1, 0, 0, 1]


def test_a_drifting_light_goes_evenly_in_ev_and_comes_back() -> None:
    light: Light = Drifting(delta_ev=-2.0, steady_s=10.0, drift_s=4.0, stay_s=1.0)
    seen = [light.factor(time_s) for time_s in (10.0, 11.0, 12.0, 14.0, 14.9, 15.0, 17.0, 19.0, 19.5)]
    assert seen == pytest.approx([1, 2**-0.5, 0.5, 0.25, 0.25, 0.25, 0.5, 1, 1])


@given(time_s=st.floats(0, 1000), delta_ev=st.floats(-6, 6))
def test_a_drift_stays_between_its_ends(time_s: float, delta_ev: float) -> None:
    factor = Drifting(delta_ev).factor(time_s)
    low, high = sorted((1.0, 2**delta_ev))
    assert low * 0.999999 <= factor <= high * 1.000001


@pytest.mark.parametrize("light", [Switched(), Drifting(-3.0)])
def test_every_story_begins_steady(light: Light) -> None:
    assert {light.factor(STEADY_S * share) for share in (0, 0.3, 0.6, 0.99)} == {1.0}


@pytest.mark.parametrize(
    "make", [lambda: Switched(every_s=0), lambda: Switched(second=-1), lambda: Drifting(1.0, drift_s=0)]
)
def test_impossible_lights_are_refused(make: type) -> None:
    with pytest.raises(ConfigError):
        make()
