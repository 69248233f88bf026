import numpy as np
import pytest

from autoexposure.exposure import Exposure
from autoexposure.profiles.noise import CODES_PER_FOLD, MID_GREY_E, PHOTON_NOISE, NoiseModel
from autoexposure.profiles.profile import MeasuredControl, Span
from autoexposure.response import srgb
from autoexposure.simulation.sensor import SensorConfig, SensorModel


def test_photon_noise_is_that_of_the_simulated_sensor_without_read_noise() -> None:
    config = SensorConfig(read_noise_e=0.0)
    assert pytest.approx(0.18 * config.saturation_e) == MID_GREY_E
    grey = np.full((200, 200, 3), 18.0, np.float32)
    for gain in (1.0, 4.0, 16.0):
        pixels = SensorModel(config, seed=3).expose(grey, Exposure(0.01 / gain, gain))
        assert float(pixels.std()) == pytest.approx(float(PHOTON_NOISE.at(np.array(gain))), rel=0.03)


def test_the_slope_of_the_curve_at_mid_grey() -> None:
    around = srgb().encode(np.array([0.18 * 0.99, 0.18 * 1.01], np.float32))
    assert float(np.diff(around)[0]) / np.log(1.01 / 0.99) == pytest.approx(CODES_PER_FOLD, rel=0.02)


def test_straight_in_logarithms_between_points_and_photons_beyond() -> None:
    model = NoiseModel((1.0, 4.0), (2.0, 8.0))
    assert model.at(np.array([0.25, 1.0, 2.0, 4.0, 16.0])) == pytest.approx([1.0, 2.0, 4.0, 8.0, 16.0])


def test_a_calibrations_noise_is_taken_at_its_true_gains() -> None:
    gain = MeasuredControl((10.0, 20.0, 30.0), (0.0, 1.0, 3.0), Span(10.0, 30.0), noise=(1.5, 2.0, 5.0))
    model = NoiseModel.measured(gain)
    assert model is not None
    assert model.at(np.array([1.0, 2.0, 8.0])) == pytest.approx([1.5, 2.0, 5.0])
    assert NoiseModel.measured(None) is None
    assert NoiseModel.measured(MeasuredControl((1.0,), (0.0,), Span(1.0, 1.0))) is None
    assert NoiseModel.measured(MeasuredControl((1.0,), (0.0,), Span(1.0, 1.0), noise=(0.0,))) is None
