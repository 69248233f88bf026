import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexposure.errors import ConfigError
from drivers.common.exposure_compensation import ASSUMED_END_EV, ExposureCompensation, named_worth_ev


@pytest.mark.parametrize(
    ("indices", "end_ev", "step_ev"),
    [
        (range(-12, 13), None, ASSUMED_END_EV / 12),
        (range(-12, 13), 2.0, 1 / 6),
        (range(-3, 4), None, 1.0),
        (range(-20, 11), None, ASSUMED_END_EV / 20),
    ],
)
def test_the_worth_of_an_index(indices, end_ev, step_ev):
    assert ExposureCompensation.of(indices, end_ev).step_ev == pytest.approx(step_ev)


@pytest.mark.parametrize("indices", [[], [0], [1, 2, 3], [-2, -1]])
def test_what_is_no_scale(indices):
    assert ExposureCompensation.of(indices) is None
    with pytest.raises(ConfigError):
        ExposureCompensation(tuple(indices), 1.0)


@given(st.integers(1, 60), st.floats(-5, 5))
def test_the_gain_of_the_nearest_index_is_one_of_the_control(end, wanted_ev):
    compensation = ExposureCompensation.of(range(-end, end + 1))
    index = compensation.index_for(2**wanted_ev)
    assert compensation.gain_of(index) in compensation.gain.values
    reachable_ev = min(max(wanted_ev, -end * compensation.step_ev), end * compensation.step_ev)
    assert abs(index * compensation.step_ev - reachable_ev) <= compensation.step_ev / 2 + 1e-9


def test_the_named_worth():
    assert named_worth_ev(None) is None
    assert named_worth_ev("2.5") == 2.5
    for text in ("much", "0", "-1", "nan", "inf"):
        with pytest.raises(ConfigError, match="compensation_ev=2"):
            named_worth_ev(text)
