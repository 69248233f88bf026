import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autoexposure.exposure import Exposure
from drivers.phone.controls import NO_ISO, NOTHING, PhoneControls, TrackSettings

ANDROID = {
    "exposureMode": ["continuous", "manual"],
    "exposureTime": {"min": 0.1, "max": 3000, "step": 0.1},
    "iso": {"min": 50, "max": 3200, "step": 1},
    "exposureCompensation": {"min": -4, "max": 4, "step": 0.1666666716337204},
}
FAKE_DEVICE = {"exposureMode": ["manual", "continuous"], "exposureTime": {"min": 10, "max": 100, "step": 5}}
COMPENSATION = {"exposureCompensation": {"min": -2, "max": 2, "step": 1 / 3}}


def manual(**values):
    return TrackSettings.from_page({"exposureMode": "manual", **values})


def test_time_counts_in_100_microseconds_and_iso_100_is_gain_1():
    controls = PhoneControls.from_page(ANDROID)
    assert controls.time_s.minimum == pytest.approx(1e-5)
    assert controls.time_s.maximum == pytest.approx(0.3)
    assert (controls.gain.minimum, controls.gain.maximum) == (0.5, 32)
    assert controls.automatic
    assert controls.note == ""
    assert controls.constraints(Exposure(1 / 50, 4)) == {"exposureMode": "manual", "exposureTime": 200, "iso": 400}
    exposure = controls.exposure(manual(exposureTime=200, iso=400), 0.05)
    assert (exposure.time_s, exposure.gain) == (pytest.approx(0.02), 4)


def test_a_browser_without_iso_says_so():
    controls = PhoneControls.from_page(FAKE_DEVICE)
    assert controls.gain is None
    assert controls.note == NO_ISO
    assert controls.constraints(Exposure(0.00437, 8)) == {"exposureMode": "manual", "exposureTime": 45}
    assert controls.exposure(manual(exposureTime=45), 0.05).gain == 1


def test_what_was_set_reads_back_as_the_same_number():
    controls = PhoneControls.from_page(FAKE_DEVICE)
    for units in range(10, 101, 5):
        really = controls.exposure(manual(exposureTime=units), 0.05)
        assert controls.time_s.nearest(really.time_s) == really.time_s
        assert controls.constraints(really)["exposureTime"] == units


def test_a_value_between_the_steps_is_told_as_it_is():
    controls = PhoneControls.from_page(FAKE_DEVICE)
    assert controls.exposure(manual(exposureTime=47), 0.05).time_s == pytest.approx(0.0047)


def test_compensation_works_in_ev_steps():
    controls = PhoneControls.from_page(COMPENSATION)
    assert controls.by_compensation
    assert controls.time_s is None
    assert (controls.gain.minimum, controls.gain.maximum) == (pytest.approx(0.25), pytest.approx(4))
    assert [math.log2(b / a) for a, b in zip(controls.gain.values, controls.gain.values[1:], strict=False)] == (
        pytest.approx([1 / 3] * 12)
    )
    assert "automatic stays on" in controls.note
    assert controls.constraints(Exposure(0.05, 2))["exposureCompensation"] == pytest.approx(1, abs=1e-5)
    settings = TrackSettings.from_page({"exposureMode": "continuous", "exposureCompensation": -1})
    exposure = controls.exposure(settings, 0.05)
    assert (exposure.time_s, exposure.gain) == (0.05, pytest.approx(0.5))


def test_no_control_is_said_plainly():
    controls = PhoneControls.from_page({"width": {"min": 1, "max": 4032}, "facingMode": ["environment"]})
    assert not controls.any
    assert controls.note == NOTHING
    assert controls.to_numbers(TrackSettings()) == {}


def test_an_automatic_camera_does_not_say_what_it_uses():
    controls = PhoneControls.from_page(ANDROID)
    settings = TrackSettings.from_page({"exposureMode": "continuous", "exposureTime": 333, "iso": 100})
    assert controls.exposure(settings, 0.05) is None
    assert controls.to_numbers(settings) == {"exposureMode": 0}


@pytest.mark.parametrize("capabilities", [ANDROID, FAKE_DEVICE, COMPENSATION])
def test_settings_as_numbers_and_back(capabilities):
    controls = PhoneControls.from_page(capabilities)
    for mode in ("manual", "continuous"):
        values = {"exposureMode": mode, "exposureTime": 50.0, "iso": 200.0, "exposureCompensation": 1.0}
        settings = TrackSettings.from_page(values)
        numbers = controls.to_numbers(settings)
        wanted = controls.from_numbers(numbers)
        assert numbers
        assert wanted.items() <= values.items()
        assert controls.to_numbers(TrackSettings.from_page({**values, **wanted})) == numbers


def test_a_control_that_starts_at_zero_starts_at_its_first_step():
    time_s = PhoneControls.from_page({**ANDROID, "exposureTime": {"min": 0, "max": 100, "step": 2}}).time_s
    assert time_s.minimum == pytest.approx(2e-4)


value = st.none() | st.booleans() | st.integers() | st.floats() | st.just("x")
span = st.fixed_dictionaries({}, optional={"min": value, "max": value, "step": value})
anything = value | span | st.lists(value, max_size=2)
names = st.sampled_from(["exposureMode", "exposureTime", "iso", "exposureCompensation"])


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(names, anything), st.dictionaries(names, anything))
def test_whatever_a_page_says_is_survived(capabilities, values):
    if isinstance(capabilities.get("exposureMode"), list):
        capabilities["exposureMode"].append("manual")
    controls = PhoneControls.from_page(capabilities)
    said = TrackSettings.from_page(values)
    for control in (controls.time_s, controls.gain):
        assert control is None or 0 < control.minimum < control.maximum
    controls.exposure(said, 0.05)
    if controls.any:
        controls.constraints(Exposure(0.01, 2))
        controls.from_numbers(controls.to_numbers(said))
