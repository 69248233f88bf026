"""Pictures as they come: their numbers, times and rate, whatever the camera says of them."""

from itertools import count

import numpy as np
import pytest

from autoexposure.clock import SimulatedClock
from autoexposure.frame import Frame
from autoexposure.trust.arrivals import Arrivals

PIXELS = np.zeros((2, 2, 3), np.uint8)


class Post:
    """Hands pictures to `Arrivals` as time passes."""

    def __init__(self) -> None:
        self.clock = SimulatedClock(1000.0)
        self.arrivals = Arrivals("a camera", self.clock, count(5))

    def bring(self, sequence: int, after_s: float = 0.1, *, stamp_s: float | None = None, restarts: int = 0) -> Frame:
        self.clock.sleep(after_s)
        stamp_s = self.clock.now() if stamp_s is None else stamp_s
        frame, self.anew = self.arrivals.take(Frame(PIXELS, stamp_s, sequence), restarts)
        return frame


def test_pictures_missed_are_counted() -> None:
    post = Post()
    for sequence in (7, 8, 12, 13):
        assert post.bring(sequence).sequence == sequence
        assert not post.anew
    assert post.arrivals.dropped == 3
    assert post.arrivals.stream == 5


def test_the_rate_is_counted_and_not_averaged_over_single_gaps() -> None:
    post = Post()
    assert post.arrivals.frame_rate == 0.0
    post.bring(0)
    assert post.arrivals.frame_rate == 0.0
    for n in range(1, 101):  # as a busy bus brings 30 pictures a second
        post.bring(n, 0.005 if n % 2 else 0.0616)
    assert post.arrivals.frame_rate == pytest.approx(30, rel=0.03)
    for n in range(101, 145):
        post.bring(n, 0.1)
    assert post.arrivals.frame_rate == pytest.approx(10)
    post.bring(145, 8.0)
    assert post.arrivals.frame_rate == pytest.approx(1 / 8)


@pytest.mark.parametrize("stamp_s", [0.0, 1000.0, 1e6])
def test_the_rate_needs_no_stamps(stamp_s: float) -> None:
    post = Post()
    frames = [post.bring(n, 0.04, stamp_s=stamp_s) for n in range(50)]
    assert post.arrivals.frame_rate == pytest.approx(25, rel=0.03)
    assert frames[-1].timestamp_s == post.clock.now()


def test_numbers_that_begin_anew_are_another_stream() -> None:
    post = Post()
    for sequence in (70, 71, 3, 4, 5):
        assert post.bring(sequence).sequence == sequence
        assert post.anew == (sequence == 3)
    assert post.arrivals.stream == 6
    assert post.arrivals.dropped == 0


def test_so_is_what_comes_after_a_restart_that_the_driver_tells() -> None:
    post = Post()
    post.bring(1)
    post.bring(9, restarts=1)
    assert post.anew
    post.bring(10, restarts=1)
    assert not post.anew
    assert (post.arrivals.stream, post.arrivals.dropped) == (6, 0)


def test_pictures_of_a_driver_that_does_not_count_are_counted_here() -> None:
    post = Post()
    assert [post.bring(0).sequence for _ in range(4)] == [0, 1, 2, 3]
    assert (post.arrivals.stream, post.arrivals.dropped) == (5, 0)
