import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoexposure.errors import ConfigError
from autoexposure.exposure import Exposure
from autoexposure.frame import check_pixels
from autoexposure.response import gamma, srgb
from autoexposure.simulation.sensor import Flicker, Radiance, SensorConfig, SensorModel

EXACT = SensorConfig(noise=False)


def flat(radiance: float, rows: int = 8, columns: int = 8) -> Radiance:
    return np.full((rows, columns, 3), radiance, np.float32)


def test_pixels_are_the_response_of_radiance_times_time_times_gain() -> None:
    radiance = np.linspace(0, 120, 5 * 7 * 3, dtype=np.float32).reshape(5, 7, 3)
    pixels = check_pixels(SensorModel(EXACT).expose(radiance, Exposure(0.005, 2.0)))
    expected = np.rint(srgb().encode(radiance * np.float32(0.01)))
    assert pixels.shape == radiance.shape
    assert np.abs(pixels.astype(int) - expected).max() <= 1  # the converter's own steps may tip a rounding
    assert pixels.max() == 255
    assert pixels.min() == 0


def test_another_response_curve_is_used() -> None:
    pixels = SensorModel(SensorConfig(noise=False, response=gamma(2.2))).expose(flat(25.0), Exposure(0.01))
    assert np.all(pixels == np.rint(255 * 0.25 ** (1 / 2.2)))


@given(
    radiance=st.floats(0.1, 200),
    time_s=st.floats(1e-4, 0.03),
    gain=st.floats(1, 8),
    saturation_e=st.floats(1000, 50_000),
)
@settings(deadline=None, max_examples=60)
def test_twice_the_time_is_twice_the_gain_below_the_full_well(
    radiance: float, time_s: float, gain: float, saturation_e: float
) -> None:
    sensor = SensorModel(SensorConfig(saturation_e=saturation_e, full_well_e=1e9, noise=False))
    longer = sensor.expose(flat(radiance), Exposure(2 * time_s, gain))
    amplified = sensor.expose(flat(radiance), Exposure(time_s, 2 * gain))
    assert np.abs(longer.astype(int) - amplified).max() <= 1


@given(first=st.floats(0, 300), second=st.floats(0, 300), time_s=st.floats(1e-4, 0.1), gain=st.floats(1, 16))
@settings(deadline=None, max_examples=60)
def test_more_light_never_makes_darker_pixels(first: float, second: float, time_s: float, gain: float) -> None:
    sensor = SensorModel(EXACT)
    dark, bright = sorted((first, second))
    exposure = Exposure(time_s, gain)
    assert sensor.expose(flat(dark), exposure).max() <= sensor.expose(flat(bright), exposure).min()


@given(delta_ev=st.floats(0, 6), start_ev=st.floats(-12, -2))
@settings(deadline=None, max_examples=40)
def test_more_exposure_never_makes_darker_pixels(delta_ev: float, start_ev: float) -> None:
    sensor = SensorModel(EXACT)
    radiance = np.geomspace(0.01, 5000, 6 * 6 * 3).astype(np.float32).reshape(6, 6, 3)
    before = sensor.expose(radiance, Exposure(2.0**start_ev))
    after = sensor.expose(radiance, Exposure(2.0 ** (start_ev + delta_ev)))
    assert np.all(after >= before)


@pytest.mark.parametrize("gain", [1.0, 4.0])
@pytest.mark.parametrize("relative", [0.05, 0.2, 0.4])
def test_noise_follows_photon_statistics(relative: float, gain: float) -> None:
    """Variance in electrons = signal + read noise squared; seen in pixels through the slope of the curve."""
    linear = gamma(1.0)
    config = SensorConfig(saturation_e=4000, full_well_e=1e9, read_noise_e=4, response=linear)
    pixels = SensorModel(config, seed=3).expose(flat(relative / gain * 100, 300, 300), Exposure(0.01, gain))
    codes_per_electron = 255 * gain / 4000
    signal_e = relative / gain * 4000
    rounding = 1 / 12  # of whole code values
    expected_variance = (signal_e + 4**2) * codes_per_electron**2 + rounding
    assert np.mean(pixels) == pytest.approx(relative * 255, abs=0.05)
    assert np.var(pixels.astype(float)) == pytest.approx(expected_variance, rel=0.03)


def test_more_gain_is_more_noise_at_the_same_brightness() -> None:
    sensor = SensorModel(seed=1)
    clean = sensor.expose(flat(18.0, 100, 100), Exposure(0.01, 1.0))
    grainy = sensor.expose(flat(18.0, 100, 100), Exposure(0.00125, 8.0))
    assert np.mean(clean) == pytest.approx(np.mean(grainy), abs=1)
    assert np.std(grainy) > 2 * np.std(clean)


def test_a_seed_repeats_and_frames_differ() -> None:
    first, again, other = SensorModel(seed=5), SensorModel(seed=5), SensorModel(seed=6)
    radiance, exposure = flat(20.0, 32, 32), Exposure(0.01)
    one, two = first.expose(radiance, exposure), first.expose(radiance, exposure)
    assert np.array_equal(one, again.expose(radiance, exposure))
    assert np.array_equal(two, again.expose(radiance, exposure))
    assert not np.array_equal(one, two)
    assert not np.array_equal(one, other.expose(radiance, exposure))


def test_full_well_clips_before_the_gain_and_the_converter_after() -> None:
    small_well = SensorModel(SensorConfig(saturation_e=5000, full_well_e=2500, noise=False))
    half_grey = np.rint(srgb().encode(np.array([0.5], np.float32)))
    assert np.all(small_well.expose(flat(1e6), Exposure(0.01, 1.0)) == half_grey)
    assert np.all(small_well.expose(flat(1e6), Exposure(0.01, 2.0)) == 255)
    assert np.all(SensorModel(EXACT).expose(flat(60.0), Exposure(0.01, 1.0)) < 255)
    assert np.all(SensorModel(EXACT).expose(flat(60.0), Exposure(0.01, 2.0)) == 255)


def test_the_light_is_not_written_to_and_every_picture_is_a_new_one() -> None:
    sensor, radiance = SensorModel(), flat(20.0)
    radiance.flags.writeable = False
    one = sensor.expose(radiance, Exposure(0.01))
    kept = one.copy()
    sensor.expose(flat(90.0), Exposure(0.01))
    assert np.array_equal(one, kept)


@given(
    mains_hz=st.sampled_from([50, 60]),
    depth=st.floats(0, 1),
    start_s=st.floats(0, 100),
    time_s=st.floats(1e-4, 0.05),
)
@settings(deadline=None, max_examples=60)
def test_lamp_light_is_the_true_mean_over_the_exposure(
    mains_hz: int, depth: float, start_s: float, time_s: float
) -> None:
    moments_s = start_s + time_s * (np.arange(4000) + 0.5) / 4000
    expected = np.mean(1 + depth * np.cos(2 * np.pi * 2 * mains_hz * moments_s))
    mean_light = Flicker(mains_hz, depth).mean_light(np.array([start_s]), time_s)
    assert mean_light[0] == pytest.approx(expected, abs=1e-4)


@given(mains_hz=st.sampled_from([50, 60]), periods=st.integers(1, 5), start_s=st.floats(0, 50))
@settings(deadline=None, max_examples=30)
def test_flicker_vanishes_over_whole_periods(mains_hz: int, periods: int, start_s: float) -> None:
    mean_light = Flicker(mains_hz, depth=1.0).mean_light(np.array([start_s]), periods / (2 * mains_hz))
    assert mean_light[0] == pytest.approx(1, abs=1e-9)


def test_rolling_shutter_turns_flicker_into_bands() -> None:
    rows = 200
    two_lamp_periods_s = 0.02
    rolling = SensorModel(SensorConfig(noise=False, row_time_s=two_lamp_periods_s / rows))
    lamp = Flicker(50, depth=0.5)
    banded = rolling.expose(flat(50.0, rows, 2), Exposure(0.002), flicker=lamp)
    row_levels = banded.mean(axis=(1, 2))
    spectrum = np.abs(np.fft.rfft(row_levels - row_levels.mean()))
    assert int(np.argmax(spectrum)) == 2
    assert np.ptp(row_levels) > 20
    even = rolling.expose(flat(50.0, rows, 2), Exposure(0.01), flicker=lamp)
    assert np.ptp(even) <= 1
    globally = SensorModel(EXACT).expose(flat(50.0, rows, 2), Exposure(0.002), flicker=lamp)
    assert np.ptp(globally) == 0


@pytest.mark.parametrize("wrong", [{"saturation_e": 0}, {"full_well_e": -1}, {"read_noise_e": -1}, {"row_time_s": -1}])
def test_impossible_sensors_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigError):
        SensorConfig(**wrong)


@pytest.mark.parametrize(("mains_hz", "depth"), [(55, 0.5), (50, 1.5), (60, -0.1)])
def test_impossible_lamps_are_refused(mains_hz: int, depth: float) -> None:
    with pytest.raises(ConfigError):
        Flicker(mains_hz, depth)


@pytest.mark.parametrize("wrong", [np.ones((4, 4), np.float32), np.ones((4, 4, 3), np.float64)])
def test_what_is_not_radiance_is_refused(wrong: np.ndarray) -> None:
    with pytest.raises(ValueError, match="radiance must be"):
        SensorModel().expose(wrong, Exposure(0.01))


@pytest.mark.parametrize("config", [EXACT, SensorConfig()])
def test_what_is_kept_of_a_steady_light_changes_no_picture(config: SensorConfig) -> None:
    lights = [flat(20.0), flat(60.0)]
    for light in lights:
        light.flags.writeable = False
    shots = [(0, 0.004), (0, 0.004), (1, 0.004), (0, 0.004), (0, 0.008), (0, 0.008), (1, 0.008)]
    sensor = SensorModel(config, seed=5)
    for number, (which, time_s) in enumerate(shots):
        fresh = SensorModel(config, seed=5)
        for _ in range(number):
            fresh.expose(flat(1.0), Exposure(0.001))  # as much of the noise is drawn
        expected = fresh.expose(lights[which], Exposure(time_s, 2.0))
        np.testing.assert_array_equal(sensor.expose(lights[which], Exposure(time_s, 2.0)), expected)


def test_a_light_that_its_owner_may_change_is_looked_at_anew() -> None:
    light = flat(20.0)
    sensor = SensorModel(EXACT)
    before = sensor.expose(light, Exposure(0.01))
    light *= 2
    assert (sensor.expose(light, Exposure(0.01)) > before).all()
