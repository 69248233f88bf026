import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexposure.clock import OLDEST_STAMP_S, Clock, SimulatedClock, Stamps, SystemClock


def test_simulated_time_moves_by_sleeping_alone() -> None:
    clock = SimulatedClock(start_s=5.0)
    assert clock.now() == 5.0
    clock.sleep(0.25)
    assert clock.now() == 5.25
    clock.sleep(-1.0)
    assert clock.now() == 5.25


def test_a_simulated_hour_does_not_take_one() -> None:
    clock: Clock = SimulatedClock()
    before = time.monotonic()
    clock.sleep(3600)
    assert clock.now() == 3600
    assert time.monotonic() - before < 3600


def test_system_time_is_the_monotonic_clock() -> None:
    clock: Clock = SystemClock()
    before = time.monotonic()
    now = clock.now()
    assert before <= now <= time.monotonic()
    clock.sleep(-1.0)


def test_good_stamps_are_taken_as_they_are(caplog: pytest.LogCaptureFixture) -> None:
    stamps = Stamps("a camera")
    assert [stamps.taken_s(100 + n / 30, 100.05 + n / 30) for n in range(50)] == [100 + n / 30 for n in range(50)]
    assert not caplog.records


@pytest.mark.parametrize(
    "stamp_s",
    [
        pytest.param(lambda n: 100.0, id="stands still"),
        pytest.param(lambda n: 0.0, id="zero"),
        pytest.param(lambda n: 99.0 - n, id="runs back"),
        pytest.param(lambda n: 5000.0 + n / 30, id="ahead"),
        pytest.param(lambda n: n / 30, id="counts from another moment"),
        pytest.param(lambda n: math.nan, id="no number"),
    ],
)
def test_a_stamp_that_can_not_be_true_is_none_and_that_is_said_once(stamp_s, caplog: pytest.LogCaptureFixture) -> None:
    stamps = Stamps("a camera")
    stamps.taken_s(stamp_s(0), 100.0)
    got = [stamps.taken_s(stamp_s(n), 100 + n / 30) for n in range(1, 50)]
    assert got == [100 + n / 30 for n in range(1, 50)]
    (record,) = caplog.records
    assert "a camera" in record.message


def test_one_bad_stamp_costs_that_one_alone(caplog: pytest.LogCaptureFixture) -> None:
    stamps = Stamps("a camera")
    got = [stamps.taken_s(0.0 if n == 3 else 100 + n / 30, 100.09 + n / 30) for n in range(9)]
    assert [n for n in range(9) if abs(got[n] - (100 + n / 30)) > 1e-3] == [3, 4, 5]  # 4 and 5 were taken before 3 came
    assert got == sorted(set(got))
    assert not caplog.records


@given(st.lists(st.tuples(st.floats(-1e9, 1e9) | st.floats(0, 20), st.floats(0, 1)), max_size=30))
def test_whatever_the_stamps_are_time_neither_stands_still_nor_runs_ahead(pictures: list[tuple[float, float]]) -> None:
    stamps, now_s, before_s = Stamps("a camera"), 10.0, -math.inf
    for stamp_s, passed_s in pictures:
        now_s += passed_s + 1e-3
        taken_s = stamps.taken_s(stamp_s, now_s)
        assert max(before_s, now_s - OLDEST_STAMP_S) <= taken_s <= now_s
        before_s = taken_s
