from pathlib import Path

import numpy as np
import pytest

from autoexposure.clock import SimulatedClock
from autoexposure.simulation.scene import StillScene
from drivers.simulated.camera import open_simulated
from drivers.simulated.firmware_auto import average_ev, metered, metering_error_ev
from tests.drivers.simulated.small_scenes import Brightening, backlit, camera

SHARED = Path(__file__).parents[3].parent / "shared" / "data"


@pytest.mark.parametrize("start_ev", [-4.0, 4.0])
def test_the_firmware_settles_without_overshoot_and_rests(start_ev: float) -> None:
    simulated, _ = camera(f"native=on,start_ev={start_ev}")
    for _ in range(90):
        simulated.read(1.0)
    evs = np.array([simulated.truth(sequence).ev for sequence in range(90)])
    assert np.all(np.diff(evs) * np.sign(-start_ev) >= 0)  # straight there
    assert np.abs(evs[45:] - evs[-1]).max() < 0.2  # within a second and a half
    assert abs(evs[0] - evs[-1]) > 2
    assert len(set(evs[60:])) == 1  # and then nothing changes any more


def test_the_firmware_follows_the_light() -> None:
    simulated, clock = camera("native=on,start_ev=0", Brightening())
    evs = []
    for _ in range(120):
        frame = simulated.read(1.0)
        evs.append(simulated.truth(frame.sequence).ev)
    seconds = clock.now() - 1000
    assert evs[0] - evs[-1] == pytest.approx(seconds, abs=0.5)


def test_the_firmware_looks_at_the_centre() -> None:
    """What is bright in the middle counts more than what is bright in a corner."""
    settled = []
    for rows, columns in ((slice(16, 32), slice(20, 44)), (slice(0, 16), slice(0, 24))):
        radiance = np.full((48, 64, 3), 4.0, np.float32)
        radiance[rows, columns] = 64.0
        simulated, _ = camera("native=on", StillScene(radiance))
        for _ in range(60):
            newest = simulated.read(1.0)
        settled.append(simulated.truth(newest.sequence).ev)
    assert settled[0] < settled[1] - 0.5


def test_at_the_average_ev_there_is_no_error_left() -> None:
    meter = metered(backlit())
    ev = average_ev(meter)
    assert abs(metering_error_ev(meter, ev)) < 0.01
    assert metering_error_ev(meter, ev - 1) > 0.5
    assert metering_error_ev(meter, ev + 1) < -0.3


def test_a_black_scene_is_metered_without_a_number_going_astray() -> None:
    black = metered(np.zeros((48, 64, 3), np.float32))
    assert np.isfinite(metering_error_ev(black, -7.0))
    assert np.isfinite(average_ev(black))


@pytest.mark.skipif(not (SHARED / "hdr").is_dir(), reason="the HDR scenes are not beside the checkout")
def test_the_firmware_settles_on_real_scenes() -> None:
    for path in sorted((SHARED / "hdr").glob("*.exr"))[::8]:
        opened = open_simulated(f"scene={path},native=on,width=96,height=72", SimulatedClock())
        for _ in range(60):
            newest = opened.read(1.0)
        evs = [opened.truth(sequence).ev for sequence in range(newest.sequence + 1)]
        assert np.ptp(evs[45:]) < 0.3, path.name
        assert 30 < newest.pixels.mean() < 180, path.name
