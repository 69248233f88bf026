from hypothesis import given
from hypothesis import strategies as st

from drivers.common.time_unit import TimeUnit

ENDS = st.tuples(st.integers(-2000, 2000), st.integers(1, 5000)).map(lambda ends: (ends[0], ends[0] + ends[1]))


def test_a_tick_is_100_microseconds() -> None:
    unit = TimeUnit()
    assert unit.known
    assert (unit.seconds(156), unit.code(0.0156)) == (0.0156, 156)
    times = unit.range(0, 2047, 1, reads_back=False)
    assert (times.minimum, times.maximum, times.step) == (0.0001, 0.2047, 0.0001)


@given(ends=ENDS, step=st.integers(0, 50))
def test_a_bare_scale_rises_evenly_and_ends_with_a_frame(ends: tuple[int, int], step: int) -> None:
    low, high = ends
    unit = TimeUnit.of_scale(low, high, 0.04)
    times = unit.range(low, high, step, reads_back=True)
    if times is None:  # nothing of it is above zero
        assert high <= max(1, step)
        return
    assert not times.unit_known
    assert 0 < times.minimum <= times.maximum
    assert abs(times.maximum - 0.04) < 1e-9
    assert abs(unit.code(unit.seconds(high)) - high) < 1e-6


@given(ends=ENDS, step=st.integers(1, 50))
def test_the_shortest_time_is_the_first_code_above_zero(ends: tuple[int, int], step: int) -> None:
    low, high = ends
    times = TimeUnit().range(low, high, step, reads_back=True)
    codes = [code for code in range(low, high + 1, step) if code > 0]
    if times is not None and codes:
        assert times.minimum == codes[0] / 10_000
