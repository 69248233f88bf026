import time

from autoexposure.clock import Clock, SimulatedClock, SystemClock


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
