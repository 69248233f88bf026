"""What the loop makes of a meter that says how sure it is: pictures that may be right are left alone, no others."""

import itertools
import math
import random
import statistics

import pytest

from autoexposure.control.controller import Controller, ControllerConfig, Kept, within_doubt
from autoexposure.errors import ConfigError
from autoexposure.exposure import Exposure
from autoexposure.states import AeState
from autoexposure.trust.delay import Attribution

PHOTOGRAPHS = 1500
DELAYS = range(9)


class Loop:
    """A controller before a camera with a delay, and a scene whose right exposure is ``right_ev``."""

    def __init__(self, *, delay=2, start_ev=0.0, wrong_ev=0.0, doubt_ev=None, doubt=0.9, trust=1.0):
        self.controller = Controller(ControllerConfig(doubt=doubt))
        self.controller.begin()
        self.history = [start_ev] * (delay + 1)
        self.right_ev = 0.0
        self.wrong_ev, self.doubt_ev, self.trust = wrong_ev, doubt_ev, trust
        self.moves = []
        self.step = None

    def run(self, frames, noise_ev=lambda: 0.0):
        for _ in range(frames):
            made_ev, commanded_ev = self.history[0], self.history[-1]
            answer_ev = (self.right_ev + self.wrong_ev - made_ev) * self.trust + noise_ev()
            self.step = self.controller.step(
                Attribution(Exposure(2.0**made_ev), 0.0),
                answer_ev,
                commanded_ev,
                in_flight=any(ev != commanded_ev for ev in self.history),
                doubt_ev=self.doubt_ev,
            )
            ev = commanded_ev if self.step.command_ev is None else self.step.command_ev
            if ev != commanded_ev:
                self.moves.append(ev - commanded_ev)
            self.history = [*self.history[1:], ev]
        return self

    @property
    def ev(self):
        return self.history[-1]


def answers(seed):
    """(doubt, error) of meters that know their errors: from 0.1 to 0.6 EV, a quarter EV in the middle."""
    drawn = random.Random(seed)
    for _ in range(PHOTOGRAPHS):
        doubt_ev = min(max(0.25 * 2 ** drawn.gauss(0, 0.7), 0.1), 0.6)
        yield doubt_ev, drawn.gauss(0, doubt_ev)


def rest_of(start_ev, *, doubt, seed=1):
    """How far off the right exposure photographs come to rest that start ``start_ev`` off it."""
    return [
        Loop(start_ev=start_ev, wrong_ev=wrong_ev, doubt_ev=doubt_ev, doubt=doubt).run(12).ev
        for doubt_ev, wrong_ev in answers(seed)
    ]


def share_beyond(evs, ev):
    return sum(abs(value) > ev for value in evs) / len(evs)


def test_photographs_at_their_right_exposure_are_left_there():
    followed, left = (rest_of(0.0, doubt=doubt) for doubt in (0.0, ControllerConfig().doubt))
    assert statistics.median(map(abs, left)) <= 0.1 < statistics.median(map(abs, followed))
    assert share_beyond(left, 0.5) <= 0.07 < share_beyond(followed, 0.5)


@pytest.mark.parametrize("start_ev", [-3.0, -2.0, -1.5, -1.0, 1.0, 1.5, 2.0, 3.0])
def test_what_is_a_stop_off_and_more_is_corrected_as_without_doubt(start_ev):
    followed, left = (rest_of(start_ev, doubt=doubt) for doubt in (0.0, ControllerConfig().doubt))
    assert statistics.fmean(map(abs, left)) <= statistics.fmean(map(abs, followed)) + 0.04
    assert statistics.median(map(abs, left)) <= statistics.median(map(abs, followed)) + 0.02


@pytest.mark.parametrize("delay", DELAYS)
@pytest.mark.parametrize("found_off_ev", [-0.4, 0.0, 0.4])
@pytest.mark.parametrize("lamp_ev", [-3.0, -1.0, 1.0, 3.0])
def test_a_lamp_of_a_stop_is_followed_wherever_the_picture_was_left(delay, found_off_ev, lamp_ev):
    loop = Loop(delay=delay, wrong_ev=found_off_ev, doubt_ev=0.5).run(30)
    assert loop.moves == []
    loop.right_ev = lamp_ev
    loop.run(60)
    assert loop.ev == pytest.approx(lamp_ev + found_off_ev, abs=0.1)
    assert len(loop.moves) == 1


@pytest.mark.parametrize("delay", DELAYS)
@pytest.mark.parametrize("doubt_ev", [0.0, 0.2, 0.5, 2.0])
def test_slow_light_is_followed_to_within_the_doubt_by_steps_that_go_all_the_way(delay, doubt_ev):
    loop = Loop(delay=delay, doubt_ev=doubt_ev).run(20)
    for _ in range(1200):
        loop.right_ev -= 0.0025
        loop.run(1)
        assert abs(loop.ev - loop.right_ev) <= 0.5 + 0.25 + 0.03
    loop.run(60)
    wide_ev = max(min(0.9 * doubt_ev, 0.5), 0.25)
    assert abs(loop.ev - loop.right_ev) <= wide_ev
    assert all(move < 0 and abs(move) >= wide_ev for move in loop.moves)


@pytest.mark.parametrize("delay", DELAYS)
@pytest.mark.parametrize("trust", [0.6, 1.0, 1.4])
@pytest.mark.parametrize("doubt_ev", [0.05, 0.3, 0.6])
def test_it_never_hunts(delay, trust, doubt_ev):
    for start_ev in (-3.0, -0.9, -0.45, 0.0, 0.45, 0.9, 3.0):
        as_ever, loop = (Loop(delay=delay, start_ev=start_ev, doubt_ev=each, trust=trust) for each in (None, doubt_ev))
        farthest_ev = []
        for each in (as_ever, loop):
            drawn = random.Random(7)
            each.run(120, lambda drawn=drawn: drawn.gauss(0, 0.04))
            moved = len(each.moves)
            each.run(100, lambda drawn=drawn: drawn.gauss(0, 0.04))
            assert len(each.moves) == moved, "at rest it stays there"
            evs = itertools.accumulate(each.moves, initial=start_ev)
            farthest_ev.append(max(-ev * math.copysign(1.0, start_ev) for ev in evs))
        assert len(loop.moves) <= len(as_ever.moves)
        assert farthest_ev[1] <= max(farthest_ev[0], ControllerConfig().dead_band_ev), "it does not overshoot further"


@pytest.mark.parametrize("delay", DELAYS)
@pytest.mark.parametrize(
    ("wrong_ev", "rests_at_ev"),
    [
        (0.35, 0.0),  # within 0.9 doubts of 0.4 EV: it may be right as it is
        (0.4, 0.4),  # after so small a step it may be right
        (0.62, 0.5),
        (0.85, 0.5),  # half an EV on it may be right
        (0.87, 0.87),  # nothing short of all of it may be
        (1.5, 1.5),
    ],
)
@pytest.mark.parametrize("side", [-1, 1])
def test_it_goes_the_least_that_may_be_right_of_nothing_half_an_ev_and_all(delay, wrong_ev, rests_at_ev, side):
    loop = Loop(delay=delay, wrong_ev=side * wrong_ev, doubt_ev=0.4).run(40)
    assert loop.ev == pytest.approx(side * rests_at_ev, abs=1e-9)
    assert len(loop.moves) == (rests_at_ev > 0)
    assert loop.step.state is AeState.CONVERGED
    assert loop.step.left_alone == (abs(wrong_ev - rests_at_ev) > 0.1)


def test_after_half_an_ev_the_rest_is_gone_once_the_meter_is_sure():
    loop = Loop(wrong_ev=0.8, doubt_ev=0.4).run(30)
    assert loop.ev == pytest.approx(0.5)
    loop.doubt_ev = 0.02
    loop.run(30)
    assert loop.ev == pytest.approx(0.8)


@pytest.mark.parametrize("doubt_ev", [0.1, 0.4, 0.7])
def test_from_dark_and_from_bright_it_comes_as_near_as_without_doubt(doubt_ev):
    for trust in (0.6, 0.8, 1.0):
        from_dark, from_bright = (Loop(start_ev=side * 3.0, trust=trust, doubt_ev=doubt_ev).run(60) for side in (-1, 1))
        assert abs(from_bright.ev - from_dark.ev) <= 2 * ControllerConfig().wake_ev


def test_noise_at_the_rim_of_the_doubt_does_not_make_it_creep():
    drawn = random.Random(3)
    for off_ev in (0.5, 0.58, 0.6, 0.62):
        loop = Loop(wrong_ev=off_ev, doubt_ev=0.4).run(2000, lambda: drawn.uniform(-0.08, 0.08))
        assert len(loop.moves) <= 1
        assert all(abs(move) > 0.4 for move in loop.moves)


def test_a_picture_that_was_left_alone_moves_once_the_meter_is_sure():
    loop = Loop(wrong_ev=0.4, doubt_ev=0.5).run(30)
    assert (loop.step.state, loop.step.left_alone, loop.ev) == (AeState.CONVERGED, True, 0.0)
    assert loop.step.target_ev == 0.0
    loop.doubt_ev = 0.1
    loop.run(30)
    assert loop.ev == pytest.approx(0.4)
    assert not loop.step.left_alone


def test_a_compensation_is_followed_by_itself_and_not_swallowed():
    loop = Loop(wrong_ev=0.4, doubt_ev=0.5).run(30)
    loop.controller.bias_ev = 1 / 3
    loop.run(30)
    assert loop.moves == [pytest.approx(1 / 3)], "the picture was right, and a third of a stop was asked for"
    loop.controller.bias_ev = 0.0
    loop.run(30)
    assert loop.ev == pytest.approx(0.0)


def test_what_a_person_asked_for_before_the_camera_came_goes_all_the_way():
    loop = Loop(wrong_ev=0.4, doubt_ev=0.5)
    loop.controller.bias_ev = 1.0
    assert loop.run(30).ev == pytest.approx(1.4)


@pytest.mark.parametrize("doubt", [0.0, 1.5, 3.0])
def test_what_a_person_does_is_followed_all_the_way(doubt):
    loop = Loop(wrong_ev=0.4, doubt_ev=0.5, doubt=doubt).run(30)
    loop.controller.follow()
    assert loop.run(30).ev == pytest.approx(0.4)


def test_letting_go_of_a_lock_is_such_a_thing():
    loop = Loop(wrong_ev=0.4, doubt_ev=0.5).run(30)
    loop.controller.locked = True
    assert loop.run(10).ev == 0.0
    loop.controller.locked = False
    assert loop.run(30).ev == pytest.approx(0.4)


def test_control_that_is_taken_back_keeps_what_it_kept():
    loop = Loop(wrong_ev=0.4, doubt_ev=0.5).run(30)
    loop.controller.restart()
    assert loop.run(30).moves == []


def test_a_search_under_way_is_not_stopped_half_way_by_other_rules():
    loop = Loop(start_ev=-3.0, doubt_ev=0.6, delay=4)
    loop.controller.config = ControllerConfig(damping=0.4)
    loop.run(8)
    loop.controller.restart()
    assert loop.run(60).ev == pytest.approx(0.0, abs=0.25)


def test_without_a_doubt_or_with_the_setting_off_every_step_is_the_same():
    drawn = random.Random(5)
    for _ in range(60):
        loops = [
            Loop(doubt_ev=doubt_ev, doubt=doubt, delay=delay, start_ev=start_ev)
            for delay, start_ev in [(drawn.randrange(9), drawn.uniform(-3, 3))]
            for doubt_ev, doubt in [(None, 0.0), (None, 1.5), (0.0, 1.5), (0.7, 0.0)]
        ]
        seen = []
        for loop in loops:
            steps, noise = [], random.Random(11)
            for frame in range(200):
                loop.right_ev = -1.0 if 60 <= frame < 130 else 0.0
                loop.controller.bias_ev = 0.5 if 90 <= frame < 160 else 0.0
                loop.run(1, lambda noise=noise: noise.gauss(0, 0.1))
                steps.append(loop.step)
            seen.append(steps)
        assert all(steps == seen[0] for steps in seen)


def test_the_rule():
    config = ControllerConfig(doubt=1.5)
    found, rested = Kept(0.0), Kept(0.0, 0.5)
    assert within_doubt(0.44, found, 0.3, config)
    assert not within_doubt(0.46, found, 0.3, config)
    assert not within_doubt(0.1, found, None, config)
    assert not within_doubt(0.1, found, 0.0, config)
    assert within_doubt(0.69, rested, 0.3, config), "at rest a little more is forgiven"
    assert not within_doubt(0.71, rested, 0.3, config)
    assert not within_doubt(0.04, rested, 0.3, config), "it changed by more than the doubt, though it is near"
    assert within_doubt(0.49, found, 9.0, config)
    assert not within_doubt(0.51, found, 9.0, config), "no doubt holds what is so far off"
    assert not within_doubt(0.1, found, 0.4, ControllerConfig(doubt=0.0))


@pytest.mark.parametrize("number", [-0.1, float("nan"), float("inf")])
@pytest.mark.parametrize("name", ["doubt", "unsure_step_ev"])
def test_a_doubt_and_its_step_are_numbers_from_0(name, number):
    with pytest.raises(ConfigError, match="expected doubt and unsure_step_ev from 0 on"):
        ControllerConfig(**{name: number})
