import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexposure.exposure import Exposure
from autoexposure.trust.delay import DelayConfig, DelayedControls

DARK, BRIGHT = Exposure(0.001), Exposure(0.008)


class Scene:
    """A camera that shows a command ``delay`` frames late, and clips at level 0."""

    def __init__(self, delay: int, clip: float = math.inf) -> None:
        self.delay, self.clip = delay, clip
        self.commands: list[tuple[int, Exposure]] = []
        self.light_ev = 0.0

    def made_by(self, sequence: int) -> Exposure:
        return next((e for at, e in reversed(self.commands) if sequence >= at + 1 + self.delay), DARK)

    def level(self, sequence: int) -> float:
        return min(self.made_by(sequence).ev + self.light_ev, self.clip)


def expected(level: float, clip: float):
    return lambda delta_ev: min(level + delta_ev, clip)


def follow(delayed: DelayedControls, scene: Scene, first: int, last: int) -> list[bool]:
    """Feed frames first..last; say for each whether it was attributed right and without doubt."""
    right, reference = [], scene.level(max(first - 1, 0))
    for sequence in range(first, last):
        level = scene.level(sequence)
        made_by = delayed.attribute(sequence, level, expected(reference, scene.clip))
        if made_by.doubt_ev == 0:
            reference = level
            assert made_by.exposure == scene.made_by(sequence)
        else:
            assert scene.made_by(sequence).ev in (
                made_by.exposure.ev,
                pytest.approx(made_by.exposure.ev + made_by.doubt_ev),
            )
        right.append(made_by.doubt_ev == 0)
    return right


@given(st.integers(0, 8))
def test_a_known_delay_is_exact(delay: int) -> None:
    delayed, scene = DelayedControls(DARK, (delay, delay)), Scene(delay)
    assert all(follow(delayed, scene, 0, 5))
    delayed.command(BRIGHT, 4)
    scene.commands.append((4, BRIGHT))
    assert all(follow(delayed, scene, 5, 30))
    assert not delayed.in_flight


@given(st.integers(0, 8), st.floats(0.3, 4))
def test_the_picture_tells_when_the_delay_is_not_known(delay: int, step_ev: float) -> None:
    delayed, scene = DelayedControls(DARK, (0, 8)), Scene(delay)
    follow(delayed, scene, 0, 5)
    brighter = Exposure(DARK.time_s * 2**step_ev)
    delayed.command(brighter, 4)
    scene.commands.append((4, brighter))
    assert all(follow(delayed, scene, 5, 30))


def test_arrivals_narrow_the_range() -> None:
    delayed, scene = DelayedControls(DARK, (0, 8)), Scene(3)
    follow(delayed, scene, 0, 5)
    for at, exposure in ((4, BRIGHT), (24, DARK), (44, BRIGHT)):
        delayed.command(exposure, at)
        scene.commands.append((at, exposure))
        follow(delayed, scene, at + 1, at + 20)
    assert delayed.delay_frames == (2, 4)


@given(st.lists(st.integers(0, 8), min_size=2, max_size=4), st.floats(0.3, 4))
def test_a_delay_that_changes_is_followed(delays: list[int], step_ev: float) -> None:
    delayed, scene = DelayedControls(DARK, (0, 8)), Scene(0)
    brighter = Exposure(DARK.time_s * 2**step_ev)
    follow(delayed, scene, 0, 5)
    at = 4
    for delay in delays:
        scene.delay = delay
        for exposure in (brighter, DARK) * 4:  # as many as are remembered
            delayed.command(exposure, at)
            scene.commands.append((at, exposure))
            follow(delayed, scene, at + 1, at + 12)
            at += 11
        assert delayed.delay_frames[0] <= delay <= delayed.delay_frames[1]
        assert delayed.delay_frames[1] - delayed.delay_frames[0] <= 2, "what it was before is forgotten"
        scene.commands = [(-9, DARK)]  # long ago, whatever the delay is now


def learned(delay: int) -> tuple[DelayedControls, Scene, int]:
    """Delayed controls that have learned a delay, its scene, and the last frame that was read."""
    delayed, scene = DelayedControls(DARK, (0, 8)), Scene(delay)
    follow(delayed, scene, 0, 5)
    return delayed, scene, learn(delayed, scene, 4)


def learn(delayed: DelayedControls, scene: Scene, at: int) -> int:
    """Have it see four commands arrive, the last of which makes it dark; returns the last frame that was read."""
    for exposure in (BRIGHT, DARK, BRIGHT, DARK):
        delayed.command(exposure, at)
        scene.commands.append((at, exposure))
        follow(delayed, scene, at + 1, at + 20)
        at += 19
    return at


def test_by_one_frame_at_a_time_it_is_followed_without_forgetting() -> None:
    delayed, scene, at = learned(1)
    for delay, exposure in ((2, BRIGHT), (3, DARK), (4, BRIGHT)):
        scene.delay = delay
        scene.commands = [(-9, scene.commands[-1][1]), (at, exposure)]
        delayed.command(exposure, at)
        follow(delayed, scene, at + 1, at + 20)
        at += 19
    assert delayed.delay_frames == (0, 5)


def test_a_camera_that_ignores_a_write_is_waited_for_once() -> None:
    delayed, scene, at = learned(1)
    dark, longest = scene.level(at), 8
    for exposure, patience in ((BRIGHT, 8), (HALF_STOP, 0)):
        before = delayed.commanded
        delayed.command(exposure, at)
        last = at + longest + patience
        for sequence in range(at + 1, last + 1):
            assert delayed.attribute(sequence, dark, expected(dark, math.inf)).exposure == before
        assert delayed.attribute(last + 1, dark, expected(dark, math.inf)).exposure == exposure
        at = last + 1


@given(st.integers(0, 8), st.integers(0, 8))
def test_an_announced_delay_that_is_not_true_any_more_is_left(announced: int, true: int) -> None:
    delayed, scene = DelayedControls(DARK, (announced, announced)), Scene(announced)
    follow(delayed, scene, 0, 5)
    at = learn(delayed, scene, 4)
    scene.delay, scene.commands = true, [(-9, DARK)]
    assert delayed.delay_frames == (announced, announced)
    learn(delayed, scene, at)
    low, high = delayed.delay_frames
    assert low <= true <= high
    assert high - low <= 2


def test_it_is_learned_anew_and_not_from_what_was() -> None:
    delayed, scene, at = learned(1)
    scene.delay = 4
    scene.commands.append((at, BRIGHT))
    delayed.command(BRIGHT, at)
    follow(delayed, scene, at + 1, at + 20)
    assert delayed.delay_frames == (0, 8)


def test_a_step_too_small_to_be_seen_is_taken_for_shown_when_it_usually_is() -> None:
    delayed, scene, at = learned(1)
    nudge = Exposure(DARK.time_s * 2**0.1)
    delayed.command(nudge, at)
    level = scene.level(at)
    doubts = [delayed.attribute(n, level, expected(level, math.inf)).doubt_ev for n in range(at + 1, at + 6)]
    assert doubts == pytest.approx([0.1, 0.1, 0, 0, 0])
    assert delayed.delay_frames == (0, 2)


def test_sooner_than_announced_nothing_arrives_from_a_camera_not_seen_to_obey() -> None:
    delayed = waiting_for(HALF_STOP, (3, 5))
    assert delayed.attribute(1, 0.5, expected(0.0, math.inf)).exposure == DARK, "the light moved"


def test_a_light_that_moves_too_far_is_no_early_arrival() -> None:
    delayed, scene, at = learned(5)
    brighter = Exposure(DARK.time_s * 2**0.5)
    delayed.command(brighter, at)
    scene.commands.append((at, brighter))
    before = scene.level(at)
    scene.light_ev = 3.0  # with the very next picture, six times as far as the step
    assert delayed.attribute(at + 1, scene.level(at + 1), expected(before, math.inf)).exposure == DARK
    assert all(follow(delayed, scene, at + 2, at + 20))
    assert delayed.delay_frames == (4, 6)


def test_a_move_before_its_time_leaves_no_room_to_wait_longer() -> None:
    # A part of the step shows too early and the rest is hidden (clipped): still is no proof any more.
    delayed, scene, at = learned(4)
    delayed.command(BRIGHT, at)
    before = scene.level(at)
    made_by = [
        delayed.attribute(n, before + 0.5, expected(before + 0.5 if n > at + 1 else before, math.inf)).exposure
        for n in range(at + 1, at + 8)
    ]
    assert made_by[:5] == [DARK] * 5
    assert made_by[5:] == [BRIGHT] * 2
    assert delayed.delay_frames == (0, 8), "and the delay is learned anew"
    scene.delay, scene.commands = 1, [(-9, BRIGHT)]
    at = learn(delayed, scene, at + 7)
    scene.delay, scene.commands = 4, [(-9, DARK), (at, BRIGHT)]
    delayed.command(BRIGHT, at)
    assert all(follow(delayed, scene, at + 1, at + 20)), "which leaves room to wait again"


HALF_STOP = Exposure(DARK.time_s * 2**0.5)


def waiting_for(exposure: Exposure, delay_frames: tuple[int, int] = (0, 8)) -> DelayedControls:
    """Delayed controls that have seen frame 0 at level 0, after which ``exposure`` was written."""
    delayed = DelayedControls(DARK, delay_frames)
    delayed.attribute(0, 0.0, expected(0.0, math.inf))
    delayed.command(exposure, 0)
    return delayed


@pytest.mark.parametrize(("moved_ev", "certain"), [(0.0, True), (0.05, True), (-0.05, True), (0.1, False)])
def test_only_what_noise_can_do_counts_as_still(moved_ev: float, certain: bool) -> None:
    made_by = waiting_for(HALF_STOP).attribute(1, moved_ev, expected(0.0, math.inf))
    assert made_by.exposure == DARK
    assert (made_by.doubt_ev == 0) is certain


def test_a_light_that_moves_against_a_pending_step_is_no_arrival() -> None:
    delayed = waiting_for(HALF_STOP)
    for sequence in range(1, 9):  # darker, and it stays so: the step would have made it brighter
        made_by = delayed.attribute(sequence, -0.4, expected(0.0, math.inf))
        assert (made_by.exposure, made_by.doubt_ev) == (DARK, pytest.approx(0.5))
    assert delayed.attribute(9, 0.1, expected(0.0, math.inf)).exposure == HALF_STOP, "it must have shown by now"


def test_a_move_that_went_back_is_no_rest() -> None:
    delayed = waiting_for(HALF_STOP)
    levels = [0.2, 0.0, 0.2]  # a hand before the lens, twice: two frames at one level, but none after the other
    doubts = [delayed.attribute(n, level, expected(0.0, math.inf)).doubt_ev for n, level in enumerate(levels, 1)]
    assert doubts == pytest.approx([0.5, 0.0, 0.5])


def test_a_move_before_frames_that_were_not_shown_is_no_rest() -> None:
    delayed = waiting_for(HALF_STOP)
    delayed.attribute(1, 0.2, expected(0.0, math.inf))
    delayed.saw(0.0)
    assert delayed.attribute(2, 0.2, expected(0.0, math.inf)).doubt_ev == pytest.approx(0.5)


def test_a_move_towards_one_step_is_none_towards_the_next() -> None:
    delayed = waiting_for(HALF_STOP, (0, 2))
    delayed.command(BRIGHT, 1)
    delayed.attribute(1, 0.15, expected(0.0, math.inf))
    delayed.attribute(2, 0.25, expected(0.0, math.inf))
    # The first must have shown with frame 3. Whether the second has can't be told from what moved for the first.
    made_by = delayed.attribute(3, 0.27, expected(0.0, math.inf))
    assert (made_by.exposure, made_by.doubt_ev) == (HALF_STOP, pytest.approx(2.5))


def test_a_small_step_leaves_a_small_doubt_until_it_must_have_arrived() -> None:
    delayed, scene = DelayedControls(DARK, (0, 8)), Scene(2)
    follow(delayed, scene, 0, 5)
    nudge = Exposure(DARK.time_s * 2**0.1)
    delayed.command(nudge, 4)
    scene.commands.append((4, nudge))
    doubts = [delayed.attribute(n, scene.level(n), expected(DARK.ev, math.inf)).doubt_ev for n in range(5, 14)]
    assert doubts[:8] == pytest.approx([0.1] * 8)
    assert doubts[8] == 0


def test_clipped_highlights_that_hide_how_far_the_level_will_fall() -> None:
    # Everything is white; the truth lies 2 EV above clipping, so -2.5 EV moves the level by 0.5 only.
    scene = Scene(2, clip=DARK.ev)
    scene.light_ev = 2.0
    delayed = DelayedControls(DARK, (0, 8))
    follow(delayed, scene, 0, 5)
    darker = Exposure(DARK.time_s * 2**-2.5)
    delayed.command(darker, 4)
    scene.commands.append((4, darker))
    right = follow(delayed, scene, 5, 12)
    assert right == [True, True, False, True, True, True, True]  # one frame of doubt, then it has come to rest


def test_a_camera_that_ignores_writes_is_waited_for_longer_than_announced_the_first_time_only() -> None:
    delayed, longest = DelayedControls(DARK, (0, 4)), 4
    delayed.attribute(0, DARK.ev, expected(DARK.ev, math.inf))
    at = 0
    for exposure, patience in ((BRIGHT, delayed.config.late_frames), (HALF_STOP, 0)):
        before, shown = delayed.commanded, at + 1 + longest + patience
        delayed.command(exposure, at)
        for sequence in range(at + 1, shown):
            assert delayed.attribute(sequence, DARK.ev, expected(DARK.ev, math.inf)).exposure == before
        assert delayed.attribute(shown, DARK.ev, expected(DARK.ev, math.inf)).exposure == exposure
        at = shown


def test_a_write_that_came_late_widens_the_window() -> None:
    delayed = DelayedControls(DARK, (2, 2))
    delayed.attribute(0, DARK.ev, expected(DARK.ev, math.inf))
    delayed.command(BRIGHT, 0, newest_sequence=1)
    assert delayed.attribute(2, DARK.ev, expected(DARK.ev, math.inf)).exposure == DARK
    assert delayed.attribute(3, DARK.ev, expected(DARK.ev, math.inf)).exposure == DARK  # seen: not there yet
    assert delayed.attribute(4, BRIGHT.ev, expected(DARK.ev, math.inf)).exposure == BRIGHT


LOW, HALF_UP, HIGH = Exposure(2.0**-10), Exposure(2.0**-9.5), Exposure(2.0**-9)
"""One EV from the lowest to the highest, to the last bit: shares of that step are exact."""

EXACT = DelayConfig(still_ev=0.0625, arrived_share=0.5, conclusive_ev=1.0)
"""Borders that a level can meet exactly."""


def shows(delayed: DelayedControls, sequence: int, level: float, before: float = 0.0) -> tuple[Exposure, float]:
    """What made a frame, and the doubt; ``before`` is the level of the last certain one."""
    made_by = delayed.attribute(sequence, level, expected(before, math.inf))
    return made_by.exposure, made_by.doubt_ev


def arrive(delayed: DelayedControls, at: int, delays: list[int], *, newest: int = 0) -> int:
    """Command HIGH and LOW in turn after frame ``at``, each shown so late; returns the last frame.

    ``newest`` : so many frames further than the one that was read the camera is when it is written to.
    """
    for number, delay in enumerate(delays):
        before, after = (0.0, 1.0) if number % 2 == 0 else (1.0, 0.0)
        delayed.saw(before)
        delayed.command((HIGH, LOW)[number % 2], at, at + newest)
        for sequence in range(at + 1, at + newest + 1 + delay):
            assert shows(delayed, sequence, before, before) == ((LOW, HIGH)[number % 2], 0.0)
        at += newest + 1 + delay
        assert shows(delayed, at, after, before) == ((HIGH, LOW)[number % 2], 0.0)
    return at


@pytest.mark.parametrize(
    ("announced", "delays", "learned_range"),
    [
        ((0, 8), [3, 3], (0, 8)),
        ((0, 8), [3, 3, 3], (2, 4)),
        ((0, 8), [3, 5, 4, 4], (2, 6)),
        ((0, 8), [0, 0, 0, 0], (0, 1)),
        ((0, 8), [8, 8, 8], (7, 8)),
        ((2, 8), [2, 2, 2], (2, 3)),
        ((0, 2), [2, 2, 2], (1, 2)),
        ((0, 8), [1, 6, 6, 6, 6, 6, 6, 6], (0, 7)),
        ((0, 8), [1, 6, 6, 6, 6, 6, 6, 6, 6], (5, 7)),
    ],
)
@pytest.mark.parametrize("newest", [0, 2])
def test_the_last_eight_arrivals_and_a_frame_on_each_side_are_the_range(
    announced: tuple[int, int], delays: list[int], learned_range: tuple[int, int], newest: int
) -> None:
    delayed = DelayedControls(LOW, announced)
    delayed.saw(0.0)
    arrive(delayed, 0, delays, newest=newest)
    assert delayed.delay_frames == learned_range


def test_a_command_that_shows_sooner_than_can_be_was_immediate() -> None:
    delayed = DelayedControls(LOW, (0, 8))
    delayed.saw(0.0)
    delayed.command(HIGH, 0, newest_sequence=4)
    assert shows(delayed, 2, 1.0) == (HIGH, 0.0)
    assert delayed.delay_frames == (0, 8)
    delayed.command(LOW, 6, newest_sequence=3)  # the camera is no further behind than what was read
    assert shows(delayed, 14, 1.0, 1.0) == (HIGH, 0.0)
    for sequence in range(15, 23):
        assert shows(delayed, sequence, 1.0, 1.0) == (HIGH, 0.0)
    assert shows(delayed, 23, 1.0, 1.0) == (LOW, 0.0)


@pytest.mark.parametrize(
    ("level", "exposure"), [(0.49, LOW), (0.5, HIGH), (1.0, HIGH), (1.5, HIGH), (1.51, LOW), (-0.7, LOW)]
)
def test_before_its_time_a_move_is_the_command_within_half_and_one_and_a_half_of_it(
    level: float, exposure: Exposure
) -> None:
    delayed = DelayedControls(LOW, (0, 8), EXACT)
    delayed.saw(0.0)
    at = arrive(delayed, 0, [5, 5, 5, 5])
    delayed.command(HIGH, at)
    assert shows(delayed, at + 1, level) == (exposure, 0.0)
    assert delayed.delay_frames == ((0, 8) if exposure is HIGH else (4, 6)), "what was learned is forgotten with it"


@pytest.mark.parametrize(("level", "exposure"), [(0.29, LOW), (0.31, HALF_UP), (0.74, HALF_UP), (0.76, LOW)])
def test_before_its_time_six_tenths_to_one_and_a_half_of_a_step_as_a_rule(level: float, exposure: Exposure) -> None:
    delayed = DelayedControls(LOW, (0, 8))
    delayed.saw(0.0)
    at = arrive(delayed, 0, [5, 5, 5, 5])
    delayed.command(HALF_UP, at)
    assert shows(delayed, at + 1, level) == (exposure, 0.0)


@pytest.mark.parametrize(("level", "doubt_ev"), [(0.59, 1.0), (0.61, 0.0)])
def test_in_its_time_six_tenths_of_a_step_are_an_arrival_as_a_rule(level: float, doubt_ev: float) -> None:
    delayed = DelayedControls(LOW, (0, 8))
    delayed.saw(0.0)
    delayed.command(HIGH, 0)
    assert shows(delayed, 1, level)[1] == doubt_ev


def test_the_first_frame_that_may_show_it_is_read_closely() -> None:
    delayed = DelayedControls(LOW, (0, 8))
    delayed.saw(0.0)
    at = arrive(delayed, 0, [5, 5, 5, 5])
    delayed.command(HIGH, at)
    assert shows(delayed, at + 4, 0.3) == (LOW, 0.0)
    assert shows(delayed, at + 5, 0.6, 0.3) == (LOW, 1.0)


@pytest.mark.parametrize(("first", "exposure"), [(2, HIGH), (3, LOW)])
def test_one_that_ignored_a_command_is_believed_early_within_what_was_announced_only(
    first: int, exposure: Exposure
) -> None:
    delayed = DelayedControls(LOW, (2, 8))
    delayed.saw(0.0)
    at = arrive(delayed, 0, [6, 6, 6, 6])
    delayed.command(HIGH, at)
    at += 17  # pictures were missed; it must have shown long since, and the level says that it has not
    assert shows(delayed, at, 0.0) == (HIGH, 0.0)
    assert delayed.delay_frames == (5, 7)
    delayed.saw(1.0)
    delayed.command(LOW, at)
    assert shows(delayed, at + first, 0.0, 1.0) == (exposure, 0.0)


@pytest.mark.parametrize(
    ("levels", "arrived"),
    [
        ([0.25, 0.3125], True),
        ([0.25, 0.1875], True),
        ([0.25, 0.32], False),
        ([0.4, 0.2], False),
        ([0.5], True),
        ([0.49], False),
        ([-0.3, -0.3], False),
    ],
)
def test_half_the_step_is_an_arrival_and_less_once_it_rests(levels: list[float], arrived: bool) -> None:
    delayed = DelayedControls(LOW, (0, 8), EXACT)
    delayed.saw(0.0)
    delayed.command(HIGH, 0)
    made_by = [shows(delayed, sequence, level) for sequence, level in enumerate(levels, 1)]
    assert made_by == [(LOW, 1.0)] * (len(levels) - 1) + [(HIGH, 0.0) if arrived else (LOW, 1.0)]
    assert delayed.in_flight is not arrived


@pytest.mark.parametrize("direction", [1, -1])
def test_a_step_of_just_what_tells_is_read_and_noise_is_still(direction: int) -> None:
    delayed = DelayedControls(LOW, (0, 8), EXACT)
    delayed.saw(0.0)
    delayed.command(Exposure(2.0 ** (-10 + direction)), 0)
    assert shows(delayed, 1, 0.0) == (LOW, 0.0)
    assert shows(delayed, 2, 0.0625) == (LOW, 0.0)
    assert shows(delayed, 3, -0.0625) == (LOW, 0.0)
    assert shows(delayed, 4, 0.08)[1] == direction
    assert shows(delayed, 5, -0.08)[1] == direction


def test_what_showed_in_the_last_frame_it_could_was_obeyed() -> None:
    delayed = DelayedControls(LOW, (2, 2), EXACT)
    delayed.saw(0.0)
    delayed.command(HIGH, 0)
    assert shows(delayed, 3, 0.5) == (HIGH, 0.0)
    delayed.command(LOW, 3)
    for sequence in range(4, 14):  # so the next one is waited for eight frames longer
        assert shows(delayed, sequence, 0.5, 0.5) == (HIGH, 0.0)
    assert shows(delayed, 14, 0.5, 0.5) == (LOW, 0.0)


def test_three_that_showed_just_enough_in_the_last_frame_they_could_are_learned() -> None:
    delayed = DelayedControls(LOW, (0, 2), EXACT)
    delayed.saw(0.0)
    for at, exposure, before, after in ((0, HIGH, 0.0, 0.5), (3, LOW, 0.5, 0.0), (6, HIGH, 0.0, 0.5)):
        delayed.command(exposure, at)
        for sequence in (at + 1, at + 2):
            assert shows(delayed, sequence, before, before) != (exposure, 0.0)
        assert shows(delayed, at + 3, after, before) == (exposure, 0.0)
    assert delayed.delay_frames == (1, 2)


def test_what_must_have_shown_in_the_first_picture_of_all_is_no_arrival_seen() -> None:
    delayed = DelayedControls(HIGH, (0, 2))
    delayed.command(LOW, 0)
    assert shows(delayed, 3, 0.0) == (LOW, 0.0)
    arrive(delayed, 3, [2, 2])
    assert delayed.delay_frames == (0, 2)


def test_before_any_level_was_seen_only_the_delay_counts() -> None:
    delayed = DelayedControls(LOW, (2, 3))
    delayed.command(HIGH, 0)
    assert shows(delayed, 3, 0.0) == (LOW, 1.0)
    assert shows(delayed, 4, 0.0) == (HIGH, 0.0)
    delayed.command(LOW, 4)
    must_show = 8 + delayed.config.late_frames
    for sequence in range(5, must_show):
        assert shows(delayed, sequence, 0.0) == (HIGH, 0.0), "nothing was learned of it, so it is waited for longer"
    assert shows(delayed, must_show, 0.0) == (LOW, 0.0)


def test_one_that_was_set_before_its_first_picture_is_learned_from_too() -> None:
    delayed = DelayedControls(LOW, (1, 3))
    delayed.command(HIGH, 0)
    for sequence in (1, 2, 3):
        assert shows(delayed, sequence, 0.0) == (LOW, 0.0)
    assert shows(delayed, 4, 1.0) == (HIGH, 0.0)
    for at in (4, 8):
        delayed.command(LOW if delayed.commanded is HIGH else HIGH, at)
        before, after = (1.0, 0.0) if delayed.commanded is LOW else (0.0, 1.0)
        made_by = [shows(delayed, at + frame, level, before) for frame, level in enumerate([before] * 3 + [after], 1)]
        assert made_by[-1] == (delayed.commanded, 0.0)
    assert delayed.delay_frames == (2, 3)


def test_of_several_commands_the_newest_is_commanded_and_each_arrives_in_its_turn() -> None:
    delayed = DelayedControls(LOW, (2, 2))
    delayed.saw(0.0)
    assert delayed.commanded == LOW
    delayed.command(HIGH, 0)
    delayed.command(BRIGHT, 1)
    delayed.command(DARK, 2)
    assert delayed.commanded == DARK
    before = 0.0
    for sequence, exposure in enumerate((LOW, LOW, HIGH, BRIGHT, DARK), 1):
        level = exposure.ev - LOW.ev
        assert shows(delayed, sequence, level, before)[0] == exposure
        before = level
    assert not delayed.in_flight
    delayed.command(HIGH, 5)
    delayed.command(BRIGHT, 6)
    assert shows(delayed, 30, 0.0)[0] == BRIGHT, "all that must have shown"


@pytest.mark.parametrize("second_ev", [0.5, 1.0, 1.5, 3.0])
def test_the_move_of_one_command_is_not_taken_for_that_of_the_next_as_well(second_ev: float) -> None:
    delayed = DelayedControls(Exposure(1.0), (2, 2))
    light = lambda delta_ev: delta_ev  # noqa: E731
    delayed.attribute(0, 0.0, light)
    first, second = Exposure(2.0), Exposure(2.0 ** (1.0 + second_ev))
    delayed.command(first, 0)
    delayed.attribute(1, 0.0, light)
    delayed.command(second, 1)
    delayed.attribute(2, 0.0, light)
    made_by = delayed.attribute(3, 1.0, light)
    assert (made_by.exposure, made_by.doubt_ev) == (first, 0)
    assert delayed.in_flight
