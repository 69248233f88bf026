import math

import numpy as np
import pytest

from autoexposure.personal.belief import Intervals
from autoexposure.personal.likings import LIKING_EV, MOOD_EV, UNLIKE, Likings

UNDER, WELL, OVER = (0.5, math.inf), (-0.5, 0.5), (-math.inf, -0.5)


def likings(places: list[list[float]], ends: list[tuple[float, float]], noise_ev: float = MOOD_EV) -> Likings:
    low, high = np.array(ends).T
    left = Intervals(np.zeros((len(ends), 1)), low, high, np.full(len(ends), noise_ev))
    return Likings(np.array(places), left)


def test_an_answer_moves_its_own_picture_and_no_other() -> None:
    said = likings([[0.0, 0.0]], [UNDER])
    assert 0.2 < said.of(np.zeros(2)) < LIKING_EV
    assert 0 < said.of(np.full(2, 0.5 * UNLIKE)) < said.of(np.zeros(2))
    assert said.of(np.full(2, 1.01 * UNLIKE)) == 0
    assert said.of(np.full(2, 0.95 * UNLIKE)) < 0.01  # without an edge
    assert likings([[0.0, 0.0]], [OVER]).of(np.zeros(2)) == pytest.approx(-said.of(np.zeros(2)))


def test_well_keeps_it_where_it_is() -> None:
    assert likings([[0.0]], [WELL]).of(np.zeros(1)) == pytest.approx(0, abs=1e-9)


def test_who_says_it_again_is_followed_further_but_not_without_end() -> None:
    once, again, often = (likings([[0.0]] * count, [UNDER] * count).of(np.zeros(1)) for count in (1, 2, 50))
    assert once < again < often < 4 * LIKING_EV


def test_an_answer_that_is_worth_less_moves_less() -> None:
    assert 0 < likings([[0.0]], [UNDER], 2.0).of(np.zeros(1)) < likings([[0.0]], [UNDER], 0.5).of(np.zeros(1))


def test_without_answers_there_is_nothing_to_like() -> None:
    none = Likings(np.zeros((0, 2)), Intervals(np.zeros((0, 1)), np.zeros(0), np.zeros(0), np.zeros(0)))
    assert none.of(np.zeros(2)) == 0
