from dataclasses import replace

import numpy as np
import pytest

from autoexposure.control.program import ProgramConfig
from autoexposure.exposure import Exposure
from autoexposure.metering.policy import Decision
from autoexposure.states import AeState
from gui.plots.history import LIGHT, WINDOW_S, History, Mark


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


def test_the_middle_of_the_attention(turn):
    attention = np.zeros((15, 15), np.float32)
    attention[3, 11] = 2.0
    history = History()
    history.add(turn(0, decision=Decision(0.0, attention, np.zeros((15, 15), np.float32))))
    history.add(turn(1, decision=Decision(0.0)))
    window = history.window()
    assert (window.centre_x[0], window.centre_y[0]) == pytest.approx((11.5 / 15, 3.5 / 15))
    assert np.isnan([window.centre_x[1], window.centre_y[1]]).all()


def test_a_write_in_a_turn_nobody_looked_at_is_seen(turn):
    history = History()
    history.add(turn(0, commanded=Exposure(1 / 60)))
    history.add(turn(5, commanded=Exposure(1 / 30), wrote=False))
    history.add(turn(6, commanded=Exposure(1 / 30), wrote=False))
    assert history.window().wrote.tolist() == [False, True, False]


def kinds(history):
    return [mark.kind for mark in history.window().marks]


def test_a_search_that_nobody_asked_for_is_a_change_of_light(turn):
    history = History()
    history.add(turn(0))
    history.add(turn(60, ae_state=AeState.SEARCHING))
    history.add(turn(61, ae_state=AeState.SEARCHING))
    assert kinds(history) == [LIGHT]
    history.add(turn(62))
    history.add(turn(120, ae_state=AeState.SEARCHING))
    history.mark(Mark(102.0, "well"))
    history.unmark()
    assert kinds(history) == [LIGHT, LIGHT], "only an answer is taken back"


def test_a_search_that_an_answer_or_its_undoing_starts_is_none(turn):
    history = History()
    history.add(turn(0))
    history.add(turn(60))
    history.mark(Mark(turn(60).frame.timestamp_s, "under"))
    history.add(turn(70, ae_state=AeState.SEARCHING))
    assert kinds(history) == ["under"]
    history.add(turn(200))
    history.unmark()
    history.add(turn(210, ae_state=AeState.SEARCHING))
    assert kinds(history) == []


@pytest.mark.parametrize(
    "changes", [{"ev_bias": 1.0}, {"meter": "spot"}, {"program": ProgramConfig(max_gain=2)}, {"locked": True}]
)
def test_a_search_that_the_user_caused_marks_no_light(turn, changes):
    history = History()
    history.add(turn(0))
    history.add(turn(60, **changes))
    history.add(turn(70, ae_state=AeState.SEARCHING, **changes))
    assert kinds(history) == []


def test_the_doubt_is_kept_where_the_meter_says_it(turn):
    history = History()
    history.add(turn(0, decision=Decision(0.1, doubt_ev=0.3)))
    history.add(turn(1))
    assert history.window().doubt_ev.tolist() == pytest.approx([0.3, np.nan], nan_ok=True)
