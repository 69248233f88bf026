"""How many pictures a setting takes to show: from trials, and by switching simulated cameras whose delay is known."""

from dataclasses import replace

import pytest

from autoexposure.clock import SimulatedClock
from autoexposure.exposure import Exposure
from autoexposure.frame import Frame
from autoexposure.probe import ignore, never
from autoexposure.probe_delay import Trial, delay_of, measure_delay, startup_frames
from autoexposure.probe_stand import Stand
from drivers.simulated import SimulatedCamera, make_scene
from drivers.simulated_config import parse_simulated

BRIGHT, DARK = Exposure(0.02), Exposure(0.005)


def trial(delay: int, *, under_way: int = 1, read: int = 10) -> Trial:
    return Trial(read, read + under_way - 1, read + under_way, read + under_way + delay)


def test_delay_is_the_usual_one_and_its_range_all_of_them() -> None:
    delay = delay_of([trial(2), trial(2, under_way=2), trial(2), trial(2, under_way=2), trial(3)])
    assert delay is not None
    assert (delay.frames, delay.shortest, delay.longest) == (2, 2, 3)


def test_the_smallest_delay_counts_that_is_no_accident() -> None:
    seen_twice = delay_of([trial(1), trial(2), trial(2), trial(3), trial(3), trial(3)])
    assert seen_twice is not None
    assert seen_twice.frames == 2, "not the one that was seen once, nor the one that was seen most"
    each_once = delay_of([trial(3), trial(1), trial(2)])
    assert each_once is not None
    assert each_once.frames == 1, "where none was seen twice, the smallest"


def test_a_trial_far_from_the_others_was_something_else() -> None:
    delay = delay_of([*[trial(1)] * 6, trial(9)])
    assert delay is not None
    assert delay.longest == 1


def test_too_few_trials_tell_nothing() -> None:
    assert delay_of([trial(2)] * 2) is None
    assert delay_of([Trial(10, 10, None, 13)] * 5) is None


def test_two_pictures_off_the_usual_still_counts_and_three_does_not() -> None:
    for late, longest in ((4, 4), (5, 2)):
        delay = delay_of([*[trial(2)] * 6, trial(late)])
        assert delay is not None
        assert delay.longest == longest
    early = delay_of([*[trial(3)] * 6, trial(1)])
    assert early is not None
    assert (early.frames, early.shortest) == (3, 1)


def test_three_trials_are_enough_and_say_how_long_orders_and_pictures_take() -> None:
    times = [(0.01, 0.001), (0.0200001, 0.0020000001), (0.09, 0.009)]
    delay = delay_of([replace(trial(1), latency_s=latency_s, write_s=write_s) for latency_s, write_s in times])
    assert delay is not None
    assert (delay.latency_s, delay.write_s, delay.trials) == (0.02, 0.002, 3)


def test_what_showed_before_its_time_had_no_delay() -> None:
    delay = delay_of([Trial(10, 14, 13, 11)] * 3)
    assert delay is not None
    assert (delay.frames, delay.shortest, delay.longest) == (0, 0, 0)


@pytest.mark.parametrize(
    ("levels", "count"),
    [
        ([22.5] * 7 + [20.0] * 33, 0),  # within three code values
        ([17.5] * 7 + [20.0] * 33, 0),
        ([23.5] * 7 + [20.0] * 33, 7),
        ([209.0] * 7 + [200.0] * 33, 0),  # within a twentieth
        ([191.0] * 7 + [200.0] * 33, 0),
        ([211.0] * 7 + [200.0] * 33, 7),
        ([50.0, 100.0], 0),
        ([100.0] * 4 + [20.0] + [100.0] * 20, 5),
        ([100.0] * 40, 0),
        ([20.0] * 7 + [100.0] * 33, 7),
        ([40.0] * 2 + [100.0] * 38, 0),
        ([160, 140, 120, 110, *[100] * 36], 4),
    ],
)
def test_startup_lasts_until_nothing_is_off_any_more(levels: list[float], count: int) -> None:
    assert startup_frames(levels, delay_frames=2) == count


class SetBetweenPictures(SimulatedCamera):
    """Sets its sensor between two pictures, as webcams do; each is stamped when its first byte arrives.

    What is set while a picture is exposed comes too late for it; only while the one before it is still on its way,
    which takes ``transfer_s``, the next one can be had.
    """

    transfer_s = 0.0

    def read(self, timeout_s: float) -> Frame:
        frame = super().read(timeout_s)
        return replace(frame, timestamp_s=frame.timestamp_s - self.transfer_s)


class LateClock(SimulatedClock):
    """A busy machine's: it wakes up later than asked, by turns."""

    def __init__(self, lateness_s: tuple[float, ...]) -> None:
        super().__init__()
        self._lateness_s = lateness_s
        self._sleeps = 0

    def sleep(self, seconds: float) -> None:
        self._sleeps += 1
        super().sleep(seconds + self._lateness_s[self._sleeps % len(self._lateness_s)])


def stand_before(kind: type[SimulatedCamera], delay: int, clock: SimulatedClock) -> tuple[Stand, SimulatedCamera]:
    config = parse_simulated(f"width=160,height=120,scene=coffee,light=steady,delay={delay}")
    camera = kind(config, make_scene(config), clock)
    return Stand(camera, clock, ignore, never), camera


@pytest.mark.parametrize("delay", [0, 1, 4])
def test_a_camera_that_takes_settings_until_a_picture_is_complete(delay: int) -> None:
    stand, _ = stand_before(SimulatedCamera, delay, SimulatedClock())
    found = measure_delay(stand, BRIGHT, DARK)
    assert found is not None
    assert (found.frames, found.shortest, found.longest) == (delay, delay, delay)


@pytest.mark.parametrize("transfer_s", [0.0015, 0.004, 0.02])
@pytest.mark.parametrize("delay", [0, 2, 7])
def test_a_camera_that_takes_settings_only_between_pictures(delay: int, transfer_s: float) -> None:
    stand, camera = stand_before(SetBetweenPictures, delay + 1, SimulatedClock())
    camera.transfer_s = transfer_s  # type: ignore[attr-defined]
    found = measure_delay(stand, BRIGHT, DARK)
    assert found is not None
    assert found.frames == delay
    assert (found.shortest, found.longest) == (delay + 1, delay + 1)


def test_a_busy_machine_finds_it_too() -> None:
    """Most settings come too late for the moment they were meant for."""
    stand, camera = stand_before(SetBetweenPictures, 3, LateClock((0.0, 0.004, 0.007, 0.011, 0.002, 0.019)))
    camera.transfer_s = 0.003  # type: ignore[attr-defined]
    found = measure_delay(stand, BRIGHT, DARK)
    assert found is not None
    assert found.frames == 2


def test_no_more_settings_are_followed_than_needed() -> None:
    stand, camera = stand_before(SetBetweenPictures, 1, SimulatedClock())
    camera.transfer_s = 0.004  # type: ignore[attr-defined]
    found = measure_delay(stand, BRIGHT, DARK)
    assert found is not None
    assert 12 < found.trials <= 18


def test_a_picture_that_does_not_answer_tells_nothing() -> None:
    stand, _ = stand_before(SimulatedCamera, 2, SimulatedClock())
    assert measure_delay(stand, BRIGHT, BRIGHT) is None
