from dataclasses import replace

import numpy as np
import pytest

from autoexposure.exposure import Exposure
from gui.history import WINDOW_S, History, Mark


@pytest.fixture
def turn(running, make_frame):
    def make(sequence, **changes):
        return replace(running, turn=sequence, frame=make_frame(sequence=sequence), **changes)

    return make


def test_empty_history_has_an_empty_window():
    window = History().window()
    assert len(window.age_s) == len(window.ev) == 0
    assert window.marks == ()


def test_values_of_a_turn(turn):
    history = History()
    history.add(turn(0, wrote=True))
    history.add(turn(30, wrote=False, target_ev=None, decision=None))
    window = history.window()
    assert window.age_s == pytest.approx([-1, 0])
    assert window.ev == pytest.approx([Exposure(1 / 60, 2.0).ev] * 2)
    assert window.time_s == pytest.approx([1 / 60] * 2)
    assert window.gain == pytest.approx([2, 2])
    assert window.wrote.tolist() == [True, False]
    assert np.isnan(window.delta_ev).tolist() == [False, True]
    assert np.isnan(window.target_ev).tolist() == [False, True]


def test_a_picture_counts_once_however_many_turns_show_it(turn):
    history = History()
    assert history.add(turn(0))
    assert not history.add(replace(turn(0), turn=99))
    assert len(history.window().ev) == 1


def test_unknown_exposure_is_a_gap_not_a_zero(turn, make_frame):
    history = History()
    history.add(replace(turn(0), frame=make_frame(exposure=None)))
    assert np.isnan(history.window().ev).all()


def test_only_the_last_seconds_are_shown(turn):
    history = History()
    for sequence in range(0, 30 * 60, 10):
        history.add(turn(sequence))
    ages = history.window().age_s
    assert ages.min() >= -WINDOW_S
    assert ages.min() < -WINDOW_S + 1
    assert (np.diff(ages) > 0).all()


def test_the_ring_forgets_the_oldest_and_keeps_the_order(turn):
    history = History(capacity=10)
    for sequence in range(25):
        history.add(turn(sequence))
    assert history.window().age_s == pytest.approx(np.arange(-9, 1) / 30)


def test_a_clock_that_runs_backwards_begins_anew(turn):
    history = History()
    history.add(turn(1000))
    history.mark(Mark(100.0, "well"))
    history.add(turn(3))
    window = history.window()
    assert window.age_s == pytest.approx([0])
    assert window.marks == ()


def test_marks_move_with_time_and_can_be_taken_back(turn):
    history = History()
    history.add(turn(0))
    history.mark(Mark(turn(0).frame.timestamp_s, "under"))
    history.mark(Mark(turn(0).frame.timestamp_s, "over"))
    history.unmark()
    history.add(turn(60))
    assert [(mark.kind, round(mark.at_s, 3)) for mark in history.window().marks] == [("under", -2)]
    history.add(turn(30 * 100))
    assert history.window().marks == ()
