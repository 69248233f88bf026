"""Setting a camera, waiting until it shows, and what is kept of its pictures."""

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from autoexposure.camera import Capabilities, Settings
from autoexposure.clock import SimulatedClock
from autoexposure.errors import CameraDisconnected, CameraError, FrameTimeout, ProbeCancelled, ProbeError
from autoexposure.exposure import Exposure
from autoexposure.frame import Frame
from autoexposure.probe.places import noise_of
from autoexposure.probe.rig import Progress, Stand

MIDDLE = Exposure(0.01)


class TenASecond:
    """A camera that takes ten pictures a second, of the levels a test names."""

    frame_interval_s = 0.1
    info = SimpleNamespace(name="Webcam")
    capabilities = Capabilities(delay_frames=(0, 3))

    def __init__(self, clock: SimulatedClock) -> None:
        self.clock = clock
        self.sequence = 0
        self.step, self.on_the_way_s, self.writing_s = 1, 0.0, 0.0
        self.levels: list[float] = []
        self.pauses_s: list[float] = []
        self.errors: list[Exception] = []
        self.refusals: list[Exception] = []
        self.waited: list[float] = []
        self.asked: list[Exposure] = []
        self.reported: Exposure | None = None
        self.exposure: Exposure | None = Exposure(0.0099)

    def read(self, timeout_s: float) -> Frame:
        self.waited.append(timeout_s)
        if self.errors:
            raise self.errors.pop(0)
        self.clock.sleep(0.1 * self.step + (self.pauses_s.pop(0) if self.pauses_s else 0.0))
        self.sequence += self.step
        level = self.levels.pop(0) if self.levels else 100.0
        pixels = np.full((30, 40, 3), level, np.uint8)
        pixels[: int((level % 1) * 30)] += 1
        return Frame(
            pixels,
            self.clock.now() - self.on_the_way_s,
            self.sequence,
            self.reported,
            self.reported is not None,
        )

    def set_exposure(self, exposure: Exposure) -> Exposure:
        self.asked.append(exposure)
        if self.refusals:
            raise self.refusals.pop(0)
        self.clock.sleep(self.writing_s)
        return Exposure(exposure.time_s * 1.5, exposure.gain)

    def settings(self) -> Settings:
        return {"gain": 7}


def make(cancelled: Any = lambda: False) -> tuple[Stand, TenASecond, list[Progress]]:
    clock = SimulatedClock()
    camera, told = TenASecond(clock), []
    return Stand(camera, clock, told.append, cancelled), camera, told


def test_progress_stays_between_nothing_and_all() -> None:
    stand, _, told = make()
    for done in (-0.5, 0.0, 0.25, 1.0, 1.5):
        stand.tell(done, "measuring")
    assert told == [Progress(done, "measuring") for done in (0.0, 0.0, 0.25, 1.0, 1.0)]


def test_a_picture_may_fail_to_come_twice_and_not_three_times() -> None:
    stand, camera, _ = make()
    camera.errors = [FrameTimeout("late"), FrameTimeout("late")]
    assert stand.read().sequence == 1
    assert stand.frames_read == 1
    camera.errors = [FrameTimeout("late")] * 3
    with pytest.raises(ProbeError, match="no picture for 6 s"):
        stand.read()
    assert stand.frames_read == 1
    assert camera.waited == [2.0] * 6


def test_a_picture_is_waited_for_as_long_as_it_is_exposed_and_two_seconds() -> None:
    stand, camera, _ = make()
    stand.read()
    stand.write(Exposure(0.75))
    stand.read()
    assert camera.waited == [2.0, 2.75]


def test_cancelled_it_reads_no_more() -> None:
    stand, camera, _ = make(lambda: True)
    with pytest.raises(ProbeCancelled):
        stand.read()
    assert camera.waited == []


def test_the_shortest_way_of_a_picture_is_kept() -> None:
    stand, camera, _ = make()
    assert stand.transfer_s == math.inf
    for on_the_way_s, shortest_s in ((0.05, 0.05), (0.03, 0.03), (0.07, 0.03), (-0.02, 0.0)):
        camera.on_the_way_s = on_the_way_s
        stand.read()
        assert stand.transfer_s == pytest.approx(shortest_s)


def test_a_setting_that_is_refused_is_tried_three_times() -> None:
    stand, camera, _ = make()
    stand.read()
    camera.refusals = [CameraError("busy"), CameraError("busy")]
    camera.writing_s = 0.03
    write = stand.write(MIDDLE)
    assert camera.asked == [MIDDLE] * 3
    assert (write.before_s, write.after_s) == (pytest.approx(0.1 + 0.4), pytest.approx(0.1 + 0.43))
    assert (write.asked, write.returned) == (MIDDLE, Exposure(0.015))
    camera.refusals = [CameraError("busy")]
    assert stand.write(MIDDLE).before_s == pytest.approx(0.53 + 0.2, abs=0.11)
    camera.refusals = [CameraError("busy")] * 3
    with pytest.raises(CameraError, match="busy"):
        stand.write(MIDDLE)
    assert len(camera.asked) == 8


def test_a_camera_that_is_gone_is_asked_once() -> None:
    stand, camera, _ = make()
    camera.refusals = [CameraDisconnected("gone")]
    with pytest.raises(CameraDisconnected):
        stand.write(MIDDLE)
    assert len(camera.asked) == 1


@pytest.mark.parametrize(("writing_s", "on_the_way_s", "reached"), [(0.0, 0.0, 1), (0.25, 0.0, 3), (0.25, 0.06, 4)])
def test_a_write_says_which_picture_the_camera_had_reached(writing_s: float, on_the_way_s: float, reached: int) -> None:
    stand, camera, _ = make()
    camera.writing_s, camera.on_the_way_s = writing_s, on_the_way_s
    write = stand.write(MIDDLE)
    assert (write.read_sequence, write.newest_sequence) == (1, reached)


@pytest.mark.parametrize(("passed_s", "read"), [(0.29, 1), (3 * 0.1, 1), (0.31, 2)])
def test_a_picture_older_than_three_intervals_is_followed_by_a_newer_one(passed_s: float, read: int) -> None:
    stand, camera, _ = make()
    stand.read()
    stand.clock.sleep(passed_s)
    assert stand.write(MIDDLE).read_sequence == read
    assert len(camera.waited) == read


def test_three_pictures_that_are_all_old_are_enough() -> None:
    stand, camera, _ = make()
    camera.on_the_way_s = 1.0
    assert stand.write(MIDDLE).read_sequence == 4


def test_with_long_exposures_pictures_are_old_later() -> None:
    stand, _, _ = make()
    stand.write(Exposure(0.5))
    stand.clock.sleep(1.4)
    assert stand.write(Exposure(0.5)).read_sequence == 1
    stand.clock.sleep(0.2)
    assert stand.write(Exposure(0.5)).read_sequence == 2


@pytest.mark.parametrize("longest_delay", [0, 3])
def test_a_setting_shows_after_the_longest_delay(longest_delay: int) -> None:
    stand, camera, _ = make()
    assert stand.longest_delay == 3
    stand.longest_delay = longest_delay
    camera.writing_s = 0.15
    assert stand.settle(MIDDLE).sequence == 2 + longest_delay + 1


def sampled(levels: list[float], *, lamps: bool = False) -> tuple[Any, int]:
    """A sample of pictures of these levels, and how many pictures it took."""
    stand, camera, _ = make()
    stand.longest_delay, stand.lamps_flicker = 0, lamps
    stand.read()
    camera.levels = list(levels)
    return stand.sample(MIDDLE), stand.frames_read - 1


@pytest.mark.parametrize(
    ("levels", "pictures", "mean"),
    [
        ([100.0, 101.0], 2, 100.5),
        ([100.0, 101.5], 2, 100.75),
        ([100.0, 101.6, 101.6], 3, 101.6),
        ([100.0, 98.0, 97.0], 3, 97.5),
        ([100.0 + 3 * n for n in range(12)], 8, 119.5),  # the last two
    ],
)
def test_two_pictures_alike_are_enough_and_six_more_are_waited_for(
    levels: list[float], pictures: int, mean: float
) -> None:
    sample, taken = sampled(levels)
    assert taken == pictures
    assert float(sample.places.mean()) == pytest.approx(mean, abs=0.05)


def test_interval_and_time_are_those_of_the_pictures_that_count() -> None:
    stand, camera, _ = make()
    stand.longest_delay = 0
    stand.read()
    camera.levels, camera.pauses_s = [100.0, 103.0, 106.0, 109.0, 110.0], [0.0, 0.0, 0.0, 0.02, 0.1]
    sample = stand.sample(MIDDLE)
    assert stand.frames_read == 6
    assert sample.interval_s == pytest.approx(0.2)
    assert sample.at_s == pytest.approx(stand.clock.now())


def test_noise_is_that_of_the_last_two_pictures() -> None:
    sample, _ = sampled([100.0, 103.0, 106.0, 107.0])
    assert sample.noise == pytest.approx(1 / 1.128)


def test_under_lamps_six_pictures_are_taken_whatever_they_are_like() -> None:
    sample, taken = sampled([100.0, 130.0, 100.0, 130.0, 100.0, 70.0], lamps=True)
    assert taken == 6
    assert float(sample.places.mean()) == pytest.approx(105.0)


def test_a_sample_says_how_it_was_made() -> None:
    stand, camera, _ = make()
    stand.read()
    stand.longest_delay, camera.step = 0, 2
    camera.levels = [100.0, 101.0]
    sample = stand.sample(MIDDLE)
    assert (sample.asked, sample.returned) == (MIDDLE, Exposure(0.015))
    assert sample.read_back == Exposure(0.0099)
    assert sample.codes == {"gain": 7}
    assert sample.interval_s == pytest.approx(0.1)
    assert sample.at_s == pytest.approx(stand.clock.now())
    one, other = np.full((30, 40, 3), 100, np.uint8), np.full((30, 40, 3), 101, np.uint8)
    assert sample.noise == pytest.approx(noise_of(one, other))
    assert sample.usable == 3600
    assert sample.usable_after(100.0) == 0
    camera.reported = Exposure(0.0101)
    assert stand.sample(MIDDLE).read_back == Exposure(0.0101)


def test_bands_of_lamps_are_no_noise() -> None:
    sample, _ = sampled([100.0, 130.0] * 3, lamps=True)
    assert sample.noise == 0.0
    assert float(sample.roughness.max()) == pytest.approx(0.0, abs=0.1)
