"""The simulated camera's controls beside exposure do to the picture what their names say."""

import cv2
import numpy as np
import pytest

from autoexposure.clock import SimulatedClock
from autoexposure.errors import UnsupportedControl
from autoexposure.exposure import Exposure
from autoexposure.frame import Pixels
from drivers.simulated.camera import SimulatedCamera, open_simulated
from drivers.simulated.white_balance import NEUTRAL_K, TEMPERATURES_K, AutoWhiteBalance, channel_gains

LOOK = "scene=coffee,light=steady,width=160,height=120,noise=off,start_ev=0"


def many() -> SimulatedCamera:
    return open_simulated(f"{LOOK},controls=many", SimulatedClock())


def taken(**settings: float) -> Pixels:
    camera = many()
    for name, value in settings.items():
        camera.adjust(name, value)
    return camera.read(1.0).pixels


def chroma(pixels: Pixels) -> np.ndarray:
    return cv2.cvtColor(pixels, cv2.COLOR_RGB2YCrCb)[..., 1:].astype(float) - 128


def test_at_their_defaults_none_of_them_changes_a_picture() -> None:
    plain = open_simulated(f"{LOOK},controls=none", SimulatedClock()).read(1.0).pixels
    defaults = {each.name: each.default for each in many().adjustments() if each.active}
    assert np.array_equal(taken(**defaults), plain)  # type: ignore[arg-type]  # each has a default


PLAIN = taken()


@pytest.mark.parametrize("direction", [-1, 1])
def test_tone_goes_where_it_is_set(direction: int) -> None:
    assert np.sign(taken(brightness=30 * direction).mean() - PLAIN.mean()) == direction
    assert np.sign(taken(contrast=32 + 20 * direction).std() - PLAIN.std()) == direction
    assert np.sign(taken(gamma=100 + 25 * direction).mean() - PLAIN.mean()) == direction


def test_colour_goes_where_it_is_set() -> None:
    assert np.abs(chroma(taken(saturation=128))).mean() > 1.5 * np.abs(chroma(PLAIN)).mean()
    assert np.ptp(taken(saturation=0).astype(int), axis=2).max() <= 2
    turned = taken(hue=40)
    angles = [np.arctan2(*chroma(pixels).mean(axis=(0, 1))) for pixels in (PLAIN, turned)]
    assert np.rad2deg(abs(angles[1] - angles[0])) == pytest.approx(40, abs=6)


def test_warm_and_cold() -> None:
    def red_to_blue(**settings: float) -> float:
        red, _, blue = taken(white_balance_automatic=0, **settings).mean(axis=(0, 1))
        return float(red / blue)

    assert red_to_blue(white_balance_temperature=3000) < red_to_blue() < red_to_blue(white_balance_temperature=6500)
    assert red_to_blue(red_balance=160) > red_to_blue() > red_to_blue(blue_balance=160)


def test_sharp_and_blurred() -> None:
    def edges(**settings: float) -> float:
        return float(cv2.Laplacian(taken(**settings), cv2.CV_64F).std())

    assert edges(focus_automatic=0, focus_distance=200) < edges() < edges(sharpness=7)
    assert edges(focus_automatic=0) == edges()


def test_the_autofocus_finds_it_again() -> None:
    camera = many()
    camera.adjust("focus_automatic", 0)
    camera.adjust("focus_distance", 200)
    camera.adjust("focus_automatic", 1)
    assert np.array_equal(camera.read(1.0).pixels, PLAIN)


def test_a_camera_that_got_its_power_again_has_forgotten_them() -> None:
    camera = many()
    camera.adjust("brightness", 50)
    camera.unplug()
    camera.replug()
    assert {each.name: each.value for each in camera.adjustments()}["brightness"] == 0


def test_the_firmware_aims_brighter_against_the_light_and_keeps_to_the_mains() -> None:
    def rests_at(**settings: float) -> Exposure:
        look = LOOK.replace("coffee", "cat")
        camera = open_simulated(f"{look},controls=many,native=on,time_step=0", SimulatedClock())
        for name, value in settings.items():
            camera.adjust(name, value)
        for _ in range(90):
            frame = camera.read(1.0)
        return camera.truth(frame.sequence)

    assert rests_at(backlight_compensation=2).ev == pytest.approx(rests_at().ev + 1, abs=0.2)
    periods = rests_at(power_line_frequency=1, backlight_compensation=2).time_s * 100
    assert periods == pytest.approx(round(periods))
    assert round(periods) > 0


def test_what_it_has_not_is_refused() -> None:
    camera = open_simulated(f"{LOOK},controls=few", SimulatedClock())
    with pytest.raises(UnsupportedControl, match="no control brightness"):
        camera.adjust("brightness", 1)
    with pytest.raises(UnsupportedControl, match="switch white_balance_automatic off"):
        camera.adjust("white_balance_temperature", 3000)


METER = np.random.default_rng(0).uniform(0.1, 0.9, (60, 80, 3)).astype(np.float32) * np.array([1, 0.7, 0.4], np.float32)


def rested(speed: float, ev: float) -> float:
    balance = AutoWhiteBalance(speed)
    for _ in range(300):
        balance.look(METER, ev)
    return balance.temperature_k


def test_a_white_balance_that_looks_at_pictures_is_misled_by_clipping_alone() -> None:
    assert rested(0.3, 0) == pytest.approx(NEUTRAL_K, rel=1e-3)
    assert rested(0.3, -5) == pytest.approx(NEUTRAL_K, rel=1e-3)
    warmer = rested(0.3, 2)  # a warm scene whose red is clipped looks colder than it is
    assert NEUTRAL_K + 100 < warmer <= TEMPERATURES_K[1]
    assert rested(0.1, 2) == pytest.approx(warmer, rel=0.01)


def test_gains_are_neutral_at_neutral() -> None:
    assert np.array_equal(channel_gains(NEUTRAL_K), [1, 1, 1])
