import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexposure.errors import ConfigError
from drivers.common.gain_law import ASSUMED_HIGHEST_GAIN, MOST_CODES, GainLaw


def test_assumed_law_spans_one_to_the_assumed_highest():
    law = GainLaw.assumed(0, 255)
    assert law.gain_of(0) == 1.0
    assert law.gain_of(255) == ASSUMED_HIGHEST_GAIN
    assert not law.measured
    assert law.range(reads_back=False).values == law.gains


@given(st.integers(-200, 200), st.integers(1, 100_000), st.integers(1, 50))
def test_any_range_a_driver_may_name_gives_a_usable_law(minimum, width, step):
    law = GainLaw.assumed(minimum, minimum + width, step)
    assert len(law.codes) <= MOST_CODES
    assert all((code - minimum) % step == 0 for code in law.codes)
    assert law.codes[-1] <= minimum + width
    for code, gain in zip(law.codes[:20], law.gains[:20], strict=True):
        assert law.code_for(gain) == code
        assert law.gain_of(code) == gain


@given(st.floats(0.01, 1000))
def test_the_nearest_code_is_nearest_in_ev(gain):
    law = GainLaw((0, 1, 2, 3), (1.0, 1.5, 4.0, 16.0))
    errors = {code: abs(math.log2(have / gain)) for code, have in zip(law.codes, law.gains, strict=True)}
    assert errors[law.code_for(gain)] <= min(errors.values()) + 1e-9


def test_inverted_gain():
    law = GainLaw((100, 50, 0), (1.0, 2.0, 4.0), measured=True)
    assert law.code_for(3.9) == 0
    assert law.gain_of(90) == 1.0


@pytest.mark.parametrize(
    ("codes", "gains"), [((), ()), ((1,), (1.0, 2.0)), ((1, 2), (1.0, 1.0)), ((1, 2), (0.0, 1.0)), ((1, 2), (2.0, 1.0))]
)
def test_a_law_that_does_not_rise_is_refused(codes, gains):
    with pytest.raises(ConfigError):
        GainLaw(codes, gains)


def test_isos_become_gains_over_the_lowest_and_zero_is_none() -> None:
    law = GainLaw.of_iso({0: 0, 1: 400_000, 2: 100_000, 3: 100_000, 4: 1_600_000})
    assert (law.codes, law.gains) == ((2, 1, 4), (1.0, 4.0, 16.0))
    assert GainLaw.of_iso({0: 0}) is None
