"""Which pictures and which exposure times a measurement may rest on."""

import math

import numpy as np
import pytest

from autoexposure.probe_light import choose_anchors, ends_of, valid_places

ASKED_EV = np.arange(8.0)


def chosen(light_ev: list[float]) -> list[bool]:
    return choose_anchors(ASKED_EV[: len(light_ev)], np.array(light_ev)).tolist()


@pytest.mark.parametrize(
    ("dark", "bright", "ends"),
    [(0, 255, (0, 255)), (16, 235, (16, 235)), (23, 201, (23, 201)), (24, 200, (0, 255)), (90, 120, (0, 255))],
)
def test_black_and_white_are_where_places_clip_or_the_ends_of_the_scale(
    dark: int, bright: int, ends: tuple[float, float]
) -> None:
    assert ends_of(np.repeat([[float(dark)], [float(bright)]], 500, axis=1)) == ends


def test_times_whose_light_moves_about_as_it_should_are_believed() -> None:
    assert chosen([0, 1, 2, 3, 4, 5, 6, 7]) == [True] * 8
    assert chosen([0, 0.56, 1.12, 1.68]) == [True] * 4
    assert chosen([0, 1.59, 3.18, 4.77]) == [True] * 4
    assert chosen([0, 1, 2, 3, 3, 3, 3, 3]) == [True] * 4 + [False] * 4
    assert chosen([0, 1, 2, 3, 4.7, 6.4, 6.4, 6.4]) == [True] * 4 + [False] * 4
    assert chosen([0, 0.5, 1, 1.5, 2.5, 3.5, 4.5, 4.5]) == [False] * 3 + [True] * 4 + [False]


def test_times_without_light_are_left_out_and_bridged() -> None:
    nan = math.nan
    assert chosen([nan, 1, 2, nan, 4, 5, 6, nan]) == [False, True, True, False, True, True, True, False]
    assert chosen([nan, 1, 2, nan]) == [False, True, True, False]  # too few to judge


def test_where_hardly_any_move_as_they_should_only_dead_ends_are_left_out() -> None:
    assert chosen([0, 0, 0.4, 0.8, 1.2, 1.6, 1.6, 1.6]) == [False] + [True] * 5 + [False] * 2
    assert chosen([0, 2, 4, 6, 8]) == [True] * 5
    assert chosen([0, 0, 0, 0]) == [False] * 4


def test_places_near_either_end_are_no_witnesses_and_fewer_the_more_they_are_noisy() -> None:
    codes = np.arange(256.0)[np.newaxis]
    calm = valid_places(codes, np.array([0.0]))[0]
    noisy = valid_places(codes, np.array([20.0]))[0]
    unknown = valid_places(codes, np.array([math.nan]))[0]
    assert np.array_equal(calm, unknown)
    first, last = int(np.flatnonzero(calm)[0]), int(np.flatnonzero(calm)[-1])
    assert calm[first : last + 1].all()
    assert (first, last) == (6, 242)  # more than five code values from black, twelve from white
    assert np.flatnonzero(noisy)[[0, -1]].tolist() == [61, 194]  # or three standard deviations
    shifted = valid_places(codes, np.array([0.0]), black=16.0, white=235.0)[0]
    assert np.flatnonzero(shifted)[[0, -1]].tolist() == [first + 16, last - 20]
