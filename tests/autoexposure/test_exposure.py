import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoexposure.errors import ConfigError
from autoexposure.exposure import Exposure, shutter_text

times_s = st.floats(1e-6, 100)
gains = st.floats(0.1, 1000)


@pytest.mark.parametrize(("time_s", "gain", "ev"), [(1, 1, 0), (2, 1, 1), (1, 2, 1), (0.25, 1, -2), (1 / 64, 8, -3)])
def test_ev_by_value(time_s: float, gain: float, ev: float) -> None:
    assert Exposure(time_s, gain).ev == pytest.approx(ev)


@settings(deadline=None)
@given(times_s, gains, st.floats(-8, 8))
def test_one_ev_is_twice_the_light_by_time_or_by_gain(time_s: float, gain: float, step_ev: float) -> None:
    start = Exposure(time_s, gain)
    by_time = Exposure(time_s * 2**step_ev, gain)
    by_gain = Exposure(time_s, gain * 2**step_ev)
    assert by_time.ev - start.ev == pytest.approx(step_ev, abs=1e-9)
    assert by_gain.ev == pytest.approx(by_time.ev, abs=1e-9)


@settings(deadline=None)
@given(times_s, gains)
def test_iso_is_a_display_of_gain(time_s: float, gain: float) -> None:
    assert Exposure(time_s, gain).iso() == pytest.approx(100 * gain)
    assert Exposure(time_s, gain).iso(base_iso=64) == pytest.approx(64 * gain)


@pytest.mark.parametrize("wrong", [0, -1, math.inf, math.nan, "1/60", None])
def test_what_makes_no_picture_is_refused(wrong: object) -> None:
    with pytest.raises(ConfigError, match="positive"):
        Exposure(wrong)  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(ConfigError, match="positive"):
        Exposure(1.0, wrong)  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize(
    ("time_s", "text"),
    [(1 / 60, "1/60 s"), (1 / 8000, "1/8000 s"), (0.1, "1/10 s"), (0.3, "1/3.33 s"), (0.4, "0.4 s"), (2.5, "2.5 s")],
)
def test_shutter_text(time_s: float, text: str) -> None:
    assert shutter_text(time_s) == text


def test_an_exposure_reads_as_photographers_write_it() -> None:
    assert str(Exposure(1 / 125, 2.5)) == "1/125 s x2.5"


def test_equal_exposures_are_equal_and_cannot_be_changed() -> None:
    assert Exposure(0.5, 2.0) == Exposure(0.5, 2.0)
    with pytest.raises(AttributeError):
        Exposure(0.5).gain = 2.0  # type: ignore[misc]  # wrong on purpose
