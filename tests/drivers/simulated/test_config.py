import numpy as np
import pytest

from autoexposure.abilities.moded import PictureMode
from autoexposure.errors import ConfigError
from drivers.simulated.config import SimulatedConfig, in_mode, parse_simulated, without_mode


def test_nothing_is_the_default() -> None:
    assert parse_simulated("") == SimulatedConfig()
    assert parse_simulated("  ") == SimulatedConfig()


def test_every_key_is_read_as_its_type() -> None:
    config = parse_simulated(
        "scene=cat,light=dim,pan=2.5,width=320,height=240,fps=15,delay=8,start_ev=-1.5,time_step=0,max_time=1/4,"
        "slow_frames=off,max_gain=8,gain_steps=31,gain_law=db,noise=off,seed=7,mains=50,native=on,report=yes"
    )
    assert config == SimulatedConfig(
        scene="cat",
        light="dim",
        pan=2.5,
        width=320,
        height=240,
        fps=15.0,
        delay=8,
        start_ev=-1.5,
        time_step=0.0,
        max_time=0.25,
        slow_frames=False,
        max_gain=8.0,
        gain_steps=31,
        gain_law="db",
        noise=False,
        seed=7,
        mains=50,
        native=True,
        report=True,
    )


def test_a_comma_in_a_file_name_stays_in_it() -> None:
    config = parse_simulated("scene=/home/me/My photos, 2024/a=b.jpg,delay=3")
    assert config.scene == "/home/me/My photos, 2024/a=b.jpg"
    assert config.delay == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("speed=3", r"has the keys scene, light.*given 'speed='"),
        ("portrait", r"has the keys scene.*given 'portrait'"),
        ("delay=two", "delay .* must be a whole number, given 'two'"),
        ("delay=9", "delay .* must be 0 to 8 frames, given 9"),
        ("delay=-1", "delay .* must be 0 to 8"),
        ("delay=1,delay=2", "delay .* is given twice"),
        ("fps=0", "fps"),
        ("fps=nan", "fps .* must be a number"),
        ("max_time=1/0", "max_time .* must be a number"),
        ("width=4", "width"),
        ("height=99999", "height"),
        ("noise=maybe", "noise .* must be on or off, given 'maybe'"),
        ("mains=55", "mains .* must be 50 or 60"),
        ("gain_law=log", "gain_law .* must be linear or db"),
        ("light=disco", "light .* must be story, steady, switch or dim"),
        ("scene=", "scene .* must be a name"),
        ("max_gain=0.5", "max_gain"),
        ("time_step=2,max_time=1", "time_step"),
        ("start_ev=1e9", "start_ev"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        parse_simulated(text)
    assert "\n" not in str(caught.value)


def test_times_have_uvc_steps() -> None:
    times = SimulatedConfig().capabilities().time_s
    assert times is not None
    assert times.minimum == times.step == 1e-4
    assert times.maximum == pytest.approx(0.5)
    assert times.nearest(0.01234) == pytest.approx(0.0123)


def test_without_slow_frames_times_end_at_the_frame_interval() -> None:
    times = SimulatedConfig(slow_frames=False, fps=30).capabilities().time_s
    assert times is not None
    assert times.maximum == pytest.approx(0.0333)


def test_a_camera_without_steps_takes_any_time_and_gain() -> None:
    capabilities = SimulatedConfig(time_step=0, gain_steps=0).capabilities()
    assert capabilities.time_s is not None
    assert capabilities.gain is not None
    assert capabilities.time_s.nearest(0.0123456) == 0.0123456
    assert capabilities.gain.nearest(3.14159) == 3.14159


def test_gains_are_spaced_evenly_or_in_even_ratios() -> None:
    linear = SimulatedConfig(max_gain=9, gain_steps=5).capabilities().gain
    ratios = SimulatedConfig(max_gain=16, gain_steps=5, gain_law="db").capabilities().gain
    assert linear is not None
    assert ratios is not None
    assert [linear.nearest(gain) for gain in (1.1, 3.2, 8.9)] == pytest.approx([1, 3, 9])
    assert np.allclose(ratios.values, [1, 2, 4, 8, 16])


@pytest.mark.parametrize("config", [SimulatedConfig(max_gain=1), SimulatedConfig(gain_steps=1)])
def test_a_camera_may_have_one_gain_only(config: SimulatedConfig) -> None:
    gains = config.capabilities().gain
    assert gains is not None
    assert gains.minimum == gains.maximum == 1


def test_the_delay_is_told() -> None:
    assert SimulatedConfig(delay=5).capabilities().delay_frames == (5, 5)


@pytest.mark.parametrize(
    ("text", "mode", "opened_by"),
    [
        ("", PictureMode("", 320, 240, (15.0,)), "width=320,height=240,fps=15"),
        ("scene=cat,width=64,height=48,delay=3", PictureMode("", 320, 240), "scene=cat,delay=3,width=320,height=240"),
        ("scene=a, b.jpg,fps=5", PictureMode("", 64, 48), "scene=a, b.jpg,width=64,height=48"),
    ],
)
def test_another_mode_is_the_same_camera_otherwise(text, mode, opened_by):
    assert in_mode(text, mode) == opened_by
    assert without_mode(opened_by) == without_mode(text)
    assert parse_simulated(opened_by).mode.size_px == mode.size_px


def test_the_mode_it_was_opened_in_is_one_it_offers():
    config = parse_simulated("width=64,height=48,fps=7")
    offered = {mode.size_px: mode.rates_fps for mode in config.modes()}
    assert 7.0 in offered[config.mode.size_px]
