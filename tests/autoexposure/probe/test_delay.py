"""How many pictures a setting takes to show: from trials, and by switching simulated cameras whose delay is known."""

import math
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from autoexposure.clock import SimulatedClock
from autoexposure.exposure import Exposure
from autoexposure.frame import Frame
from autoexposure.probe import delay as probe_delay
from autoexposure.probe.delay import Trial, _hit, delay_of, follow, measure_delay, startup_frames
from autoexposure.probe.measure import ignore, never
from autoexposure.probe.rig import Stand, Write
from drivers.simulated.camera import SimulatedCamera, make_scene
from drivers.simulated.config import parse_simulated

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
    far_too_early = delay_of([*[trial(5)] * 6, trial(2)])
    assert far_too_early is not None
    assert far_too_early.shortest == 5
    early = delay_of([*[trial(3)] * 6, trial(1)])
    assert early is not None
    assert (early.frames, early.shortest) == (3, 1)


def test_three_trials_are_enough_and_say_how_long_orders_and_pictures_take() -> None:
    times = [(0.01, 0.001), (0.020004, 0.0020004), (0.09, 0.009)]
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
    camera.transfer_s = transfer_s
    found = measure_delay(stand, BRIGHT, DARK)
    assert found is not None
    assert found.frames == delay
    assert (found.shortest, found.longest) == (delay + 1, delay + 1)


def test_a_busy_machine_finds_it_too() -> None:
    """Most settings come too late for the moment they were meant for."""
    stand, camera = stand_before(SetBetweenPictures, 3, LateClock((0.0, 0.004, 0.007, 0.011, 0.002, 0.019)))
    camera.transfer_s = 0.003
    found = measure_delay(stand, BRIGHT, DARK)
    assert found is not None
    assert found.frames == 2


def test_no_more_settings_are_followed_than_needed() -> None:
    stand, camera = stand_before(SetBetweenPictures, 1, SimulatedClock())
    camera.transfer_s = 0.004
    found = measure_delay(stand, BRIGHT, DARK)
    assert found is not None
    assert 12 < found.trials <= 18


def test_a_picture_that_does_not_answer_tells_nothing() -> None:
    stand, _ = stand_before(SimulatedCamera, 2, SimulatedClock())
    assert measure_delay(stand, BRIGHT, BRIGHT) is None


class Bench:
    """Stands for a stand: ten pictures a second, each 0.02 s on its way; keeps when what was set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, trials: list[Trial | None], dark_level: float = 40.0) -> None:
        self.clock, self.camera = SimulatedClock(), SimpleNamespace(frame_interval_s=0.1)
        self.transfer_s, self.longest_delay = 0.02, 30
        self.levels = {BRIGHT: 100.0, DARK: dark_level}
        self.trials = trials
        self.settled: list[Exposure] = []
        self.written: list[Exposure] = []
        self.waited_s: list[float] = []
        self.followed: list[tuple[float, float]] = []
        self.delays: list[int] = []
        monkeypatch.setattr(probe_delay, "follow", self._follow)

    def sample(self, exposure: Exposure) -> Any:
        return SimpleNamespace(places=np.full(3, self.levels[exposure]))

    def settle(self, exposure: Exposure) -> Any:
        self.settled.append(exposure)
        self.delays.append(self.longest_delay)
        self.clock.sleep(1.0)
        self.ready_s = self.clock.now()
        return SimpleNamespace(timestamp_s=self.ready_s - 0.03)

    def write(self, exposure: Exposure) -> Any:
        self.written.append(exposure)
        self.waited_s.append(self.clock.now() - self.ready_s)
        return exposure

    def _follow(self, stand: object, write: Exposure, before: float, after: float) -> Trial | None:
        assert stand is self
        assert write is self.written[-1]
        self.followed.append((before, after))
        return self.trials[min(len(self.followed), len(self.trials)) - 1]


MISSED, HIT = Trial(10, 12, 13, 16), Trial(10, 12, 13, 16, on_the_way_s=0.02)


def test_the_moment_moves_through_the_frame_interval_and_the_settings_take_turns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench(monkeypatch, [HIT])
    found = measure_delay(bench, BRIGHT, DARK)
    assert found is not None
    assert found.trials == 12
    assert bench.settled == [*[DARK, BRIGHT] * 6, DARK]
    assert bench.written == [BRIGHT, DARK] * 6
    assert bench.followed == [(40.0, 100.0), (100.0, 40.0)] * 6
    assert bench.waited_s == pytest.approx([0.1 * n / 12 for n in range(12)])


def test_it_is_aimed_at_pictures_on_their_way_until_six_have_hit(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch, [MISSED] * 12 + [HIT])
    assert measure_delay(bench, BRIGHT, DARK) is not None
    assert len(bench.written) == 18
    shares = [0.15, 0.35, 0.55] * 2  # of the 0.02 s; the next picture sets out 0.07 s after one was read
    assert bench.waited_s[12:] == pytest.approx([0.07 + 0.02 * share for share in shares])


def test_it_is_aimed_for_ten_seconds_at_the_most(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch, [MISSED])
    assert measure_delay(bench, BRIGHT, DARK) is not None
    assert len(bench.written) == 12 + 10  # one a second, the first of them at once


@pytest.mark.parametrize(("transfer_s", "aimed"), [(0.00099, False), (0.001, True)])
def test_pictures_that_are_here_at_once_are_not_aimed_at(
    monkeypatch: pytest.MonkeyPatch, transfer_s: float, aimed: bool
) -> None:
    bench = Bench(monkeypatch, [MISSED])
    bench.transfer_s = transfer_s
    measure_delay(bench, BRIGHT, DARK)
    assert (len(bench.written) > 12) is aimed


@pytest.mark.parametrize(("dark_level", "tells"), [(88.0, True), (88.1, False), (112.0, True), (111.9, False)])
def test_settings_have_to_differ_by_twelve_code_values(
    monkeypatch: pytest.MonkeyPatch, dark_level: float, tells: bool
) -> None:
    bench = Bench(monkeypatch, [HIT], dark_level)
    assert (measure_delay(bench, BRIGHT, DARK) is not None) is tells
    assert bool(bench.written) is tells


def test_from_three_trials_on_it_is_waited_for_the_longest_delay_and_two_pictures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench(monkeypatch, [HIT, None, replace(HIT, shown_sequence=17), HIT])
    measure_delay(bench, BRIGHT, DARK)
    assert bench.delays[:6] == [30, 30, 30, 30, 7, 7]
    assert bench.longest_delay == 7


@pytest.mark.parametrize(
    ("next_sequence", "on_the_way_s", "hit"),
    [(13, 0.02, True), (13, 0.01, True), (13, 0.021, False), (13, None, False), (None, 0.01, False)],
)
def test_a_hit_was_made_while_a_picture_was_on_its_way(
    next_sequence: int | None, on_the_way_s: float | None, hit: bool
) -> None:
    assert _hit(Trial(10, 12, next_sequence, 16, on_the_way_s), 0.02) is hit


WRITTEN = Write(BRIGHT, BRIGHT, read_sequence=10, newest_sequence=11, before_s=1.0, after_s=1.01)


def followed(*pictures: tuple[int, float, float]) -> tuple[Trial | None, int]:
    """What comes of pictures (number, timestamp, level) from 100 down to 50, and how many were read."""
    left = list(pictures)
    read = [0]

    def next_one() -> Frame:
        read[0] += 1
        sequence, timestamp_s, level = left.pop(0) if len(left) > 1 else left[0]
        return Frame(np.full((30, 40, 3), level, np.uint8), timestamp_s, sequence)

    return follow(SimpleNamespace(read=next_one), WRITTEN, 100.0, 50.0), read[0]


def test_the_first_picture_that_shows_it_is_found() -> None:
    found, _ = followed((11, 0.95, 100), (12, 1.05, 100), (13, 1.15, 75), (14, 1.25, 74))
    assert found is not None
    assert (found.read_sequence, found.newest_sequence) == (10, 11)
    assert (found.next_sequence, found.shown_sequence) == (12, 14)
    assert found.on_the_way_s == pytest.approx(0.06)
    assert (found.latency_s, found.write_s) == (pytest.approx(0.25), pytest.approx(0.01))


@pytest.mark.parametrize("timestamp_s", [1.0, 1.005, 1.01])
def test_a_picture_that_set_out_while_it_was_set_tells_no_moment(timestamp_s: float) -> None:
    found, _ = followed((11, timestamp_s, 100), (12, 1.1, 100), (13, 1.2, 50))
    assert found is not None
    assert (found.next_sequence, found.shown_sequence, found.on_the_way_s) == (None, 13, None)


def test_missed_pictures_tell_no_moment_and_perhaps_nothing() -> None:
    before_the_next, _ = followed((11, 0.95, 100), (13, 1.15, 100), (14, 1.25, 50))
    assert before_the_next is not None
    assert before_the_next.next_sequence is None
    assert followed((11, 0.95, 100), (12, 1.05, 100), (14, 1.25, 50))[0] is None
    later, _ = followed((11, 0.95, 100), (12, 1.05, 100), (14, 1.25, 100), (15, 1.35, 50))
    assert later is not None
    assert later.next_sequence == 12


def test_what_shows_in_a_picture_from_before_was_shown_at_once() -> None:
    found, _ = followed((11, 0.95, 50))
    assert found is not None
    assert (found.next_sequence, found.shown_sequence, found.latency_s) == (11, 11, 0.0)
    assert math.isclose(found.on_the_way_s or 0, 0.06)


def test_what_does_not_show_within_thirty_pictures_is_given_up() -> None:
    assert followed((11, 0.95, 100)) == (None, 30)


def test_a_start_is_one_of_two_pictures_or_more_and_steady_is_the_last_third() -> None:
    assert startup_frames([20.0, 20.0, *[100.0] * 30]) == 2
    assert startup_frames([20.0, *[100.0] * 30]) == 0
    assert startup_frames([50.0, 60.0, 100.0]) == 2
    assert startup_frames([100.0] * 10 + [110.0] * 2) == 0
    assert startup_frames([110.0] * 8 + [100.0] * 4) == 8
