import numpy as np
import pytest

from autoexposure.camera import Camera
from autoexposure.clock import SimulatedClock
from autoexposure.errors import CameraDisconnected, FrameTimeout
from autoexposure.exposure import Exposure
from autoexposure.metering.classical import AverageMeter
from autoexposure.metering.preview import make_preview
from autoexposure.simulation.scene import StillScene
from drivers.simulated.camera import SimulatedCamera
from drivers.simulated.config import parse_simulated
from tests.drivers.simulated.small_scenes import Brightening, backlit, camera


def test_it_is_a_camera() -> None:
    simulated, _ = camera()
    as_camera: Camera = simulated
    with as_camera as opened:
        frame = opened.read(1.0)
    assert frame.pixels.shape == (48, 64, 3)
    assert frame.pixels.dtype == np.uint8
    assert frame.exposure is None
    assert not frame.reported


@pytest.mark.parametrize("delay", range(9))
def test_the_delay_is_exact_in_the_pixels(delay: int) -> None:
    simulated, _ = camera(f"delay={delay},start_ev=0")
    newest = [simulated.read(1.0) for _ in range(5)][-1]
    before = simulated.exposure
    assert before is not None
    really = simulated.set_exposure(Exposure(before.time_s * 2, before.gain))
    later = [simulated.read(1.0) for _ in range(delay + 3)]
    same = [np.array_equal(frame.pixels, newest.pixels) for frame in later]
    assert same == [True] * delay + [False] * 3
    assert [simulated.truth(frame.sequence) for frame in later] == [before] * delay + [really] * 3


def test_the_delay_counts_from_the_newest_frame_even_if_nobody_read_it() -> None:
    simulated, clock = camera("delay=1,fps=10")
    assert simulated.read(1.0).sequence == 0
    clock.sleep(0.25)
    really = simulated.set_exposure(Exposure(0.05))
    clock.sleep(0.5)
    simulated.read(1.0)
    assert [simulated.truth(sequence) == really for sequence in range(6)] == [False] * 4 + [True] * 2


def test_settings_are_rounded_to_steps_and_clamped_and_said_so() -> None:
    simulated, _ = camera("max_gain=8,gain_steps=8,max_time=0.1")
    for asked, time_s, gain in (
        (Exposure(0.012345, 2.9), 0.0123, 3.0),
        (Exposure(5.0, 99.0), 0.1, 8.0),
        (Exposure(1e-9, 0.01), 1e-4, 1.0),
    ):
        really = simulated.set_exposure(asked)
        assert (really.time_s, really.gain) == pytest.approx((time_s, gain))
        assert simulated.exposure == really


def test_twice_the_time_is_one_ev_brighter_pixels() -> None:
    simulated, _ = camera("delay=0")
    simulated.set_exposure(Exposure(0.005))
    dark = simulated.read(1.0).pixels
    simulated.set_exposure(Exposure(0.01))
    bright = simulated.read(1.0).pixels
    linear = simulated._sensor.config.response.linearise
    assert linear(bright)[40, 50] / linear(dark)[40, 50] == pytest.approx(2.0, rel=0.05)


def test_frames_come_at_their_interval_on_the_clock() -> None:
    simulated, clock = camera("fps=20")
    frames = [simulated.read(1.0) for _ in range(6)]
    assert [frame.sequence for frame in frames] == list(range(6))
    assert np.diff([frame.timestamp_s for frame in frames]) == pytest.approx([0.05] * 5)
    assert clock.now() == pytest.approx(1000.0 + 6 * 0.05)
    assert simulated.frame_interval_s == 0.05


def test_an_hour_of_simulation_is_quick_and_a_late_reader_gets_the_newest() -> None:
    simulated, clock = camera("native=on", Brightening())
    first = simulated.read(1.0)
    clock.sleep(3600.0)
    late = simulated.read(1.0)
    assert late.sequence - first.sequence == pytest.approx(3600 * 30, abs=2)
    assert clock.now() - late.timestamp_s < 1 / 30
    assert simulated.read(1.0).sequence == late.sequence + 1


def test_long_exposures_slow_the_frames() -> None:
    simulated, _ = camera("delay=0,fps=30")
    simulated.set_exposure(Exposure(0.2))
    stamps = [simulated.read(1.0).timestamp_s for _ in range(3)]
    assert np.diff(stamps) == pytest.approx([0.2, 0.2])


def test_without_slow_frames_long_exposures_are_cut() -> None:
    simulated, _ = camera("delay=0,fps=30,slow_frames=off")
    assert simulated.set_exposure(Exposure(0.2)).time_s == pytest.approx(0.0333)
    stamps = [simulated.read(1.0).timestamp_s for _ in range(3)]
    assert np.diff(stamps) == pytest.approx([1 / 30] * 2)


def test_a_timeout_shorter_than_the_exposure_is_a_timeout() -> None:
    simulated, clock = camera("delay=0")
    simulated.set_exposure(Exposure(0.4))
    before_s = clock.now()
    with pytest.raises(FrameTimeout):
        simulated.read(0.1)
    assert clock.now() - before_s == pytest.approx(0.1)
    assert simulated.read(0.5).sequence == 0


@pytest.mark.parametrize("start_ev", [-3.0, 0.0, 2.0])
def test_it_starts_so_far_from_what_the_average_meter_wants(start_ev: float) -> None:
    simulated, _ = camera(f"start_ev={start_ev},delay=0")
    start = simulated.exposure
    assert start is not None
    limits = simulated._program
    simulated.set_exposure(limits.split(start.ev - start_ev))
    assert abs(AverageMeter().decide(make_preview(simulated.read(1.0).pixels)).delta_ev) < 0.15


def test_while_the_firmware_is_on_nothing_can_be_set() -> None:
    simulated, _ = camera("native=on")
    simulated.read(1.0)
    in_charge = simulated.exposure
    assert simulated.set_exposure(Exposure(0.25, 16.0)) == in_charge
    simulated.take_control()
    assert simulated.set_exposure(Exposure(0.25, 16.0)).ev == pytest.approx(2.0)


def test_taking_control_freezes_what_the_firmware_had_set() -> None:
    simulated, _ = camera("native=on")
    for _ in range(6):
        simulated.read(1.0)
    simulated.take_control()
    frozen = simulated.exposure
    for _ in range(5):
        newest = simulated.read(1.0)
    assert simulated.exposure == frozen == simulated.truth(newest.sequence)


@pytest.mark.parametrize("native", ["on", "off"])
def test_settings_are_put_back(native: str) -> None:
    simulated, _ = camera(f"native={native}")
    simulated.read(1.0)
    before = simulated.settings()
    assert before["native_auto"] == (native == "on")
    simulated.take_control()
    simulated.set_exposure(Exposure(0.2, 8.0))
    assert simulated.settings() != before
    simulated.restore(before)
    assert simulated.settings() == before


def test_opening_changes_nothing_until_control_is_taken() -> None:
    simulated, _ = camera("native=on")
    assert simulated.settings()["native_auto"] == 1
    simulated.take_control()
    assert simulated.settings()["native_auto"] == 0


def test_an_unplugged_camera_is_gone_until_it_is_plugged_in_again() -> None:
    simulated, _ = camera()
    simulated.read(1.0)
    original = simulated.settings()
    simulated.set_exposure(Exposure(0.3, 2.0))
    simulated.unplug()
    for call in (
        lambda: simulated.read(1.0),
        lambda: simulated.settings(),
        lambda: simulated.exposure,
        lambda: simulated.set_exposure(Exposure(0.1)),
        lambda: simulated.set_native_auto(True),
        lambda: simulated.restore(original),
    ):
        with pytest.raises(CameraDisconnected):
            call()
    simulated.replug()
    assert simulated.settings() == original  # it has forgotten what was set
    assert simulated.read(1.0).sequence == 0


def test_a_closed_camera_is_closed() -> None:
    simulated, _ = camera()
    simulated.close()
    simulated.close()
    with pytest.raises(CameraDisconnected, match="closed"):
        simulated.read(1.0)


def test_a_stall_is_a_timeout_each_read_and_then_a_gap() -> None:
    simulated, clock = camera("fps=10")
    first = simulated.read(1.0)
    simulated.stall(2)
    before_s = clock.now()
    for _ in range(2):
        with pytest.raises(FrameTimeout, match="stalled"):
            simulated.read(0.5)
    assert clock.now() - before_s == pytest.approx(1.0)
    assert simulated.read(1.0).sequence > first.sequence + 5


def test_a_reporting_camera_tells_the_truth() -> None:
    simulated, _ = camera("report=on,delay=2")
    assert simulated.capabilities.reports_exposure
    for time_s in (0.001, 0.002, 0.003, 0.004):
        simulated.set_exposure(Exposure(time_s))
        frame = simulated.read(1.0)
        assert frame.reported
        assert frame.exposure == simulated.truth(frame.sequence)


def test_the_picture_shows_the_scene_of_its_own_time() -> None:
    simulated, clock = camera("delay=0", Brightening())
    simulated.set_exposure(Exposure(0.01))
    levels = []
    for _ in range(2):
        levels.append(simulated._sensor.config.response.linearise(simulated.read(1.0).pixels).mean())
        clock.sleep(2.0)
    assert np.log2(levels[1] / levels[0]) == pytest.approx(2.0, abs=0.15)


def test_mains_flicker_makes_rolling_bands_that_whole_periods_avoid() -> None:
    flat = StillScene(np.full((48, 64, 3), 50.0, np.float32))
    simulated, _ = camera("mains=50,delay=0", flat)
    simulated.set_exposure(Exposure(0.002))
    banded = [simulated.read(1.0).pixels.mean(axis=(1, 2)) for _ in range(2)]
    assert np.ptp(banded[0]) > 15
    assert not np.array_equal(banded[0], banded[1])  # 30 frames a second do not fit 100 flashes
    simulated.set_exposure(Exposure(0.01))
    assert np.ptp(simulated.read(1.0).pixels) <= 2


def test_noise_is_on_by_default_and_repeats_with_its_seed() -> None:
    def first_pixels(text: str) -> np.ndarray:
        config = parse_simulated(f"width=64,height=48,{text}")
        return SimulatedCamera(config, StillScene(backlit()), SimulatedClock()).read(1.0).pixels

    assert np.array_equal(first_pixels("seed=3"), first_pixels("seed=3"))
    assert not np.array_equal(first_pixels("seed=3"), first_pixels("seed=4"))
    assert np.array_equal(first_pixels("noise=off,seed=3"), first_pixels("noise=off,seed=4"))
