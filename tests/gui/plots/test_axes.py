import numpy as np
import pytest

from gui.plots.axes import (
    GRID_EV,
    LEAST_SPAN_EV,
    Ends,
    age_ticks,
    blur_ends,
    dropped_ends,
    even_ticks,
    gain_text,
    latency_ends,
    shutter_tick,
    stop_ends,
    stop_ticks,
    whole_stops,
)


@pytest.mark.parametrize("values", [[], [np.nan], [0.1, 0.2], [-5.3, 4.2], [-12.0, -12.0]])
@pytest.mark.parametrize("symmetric", [True, False])
def test_ends_of_an_axis_hold_all_values_and_never_zoom_into_noise(values, symmetric):
    ends = stop_ends(np.array(values, float), symmetric=symmetric)
    finite = [value for value in values if np.isfinite(value)]
    assert all(ends.low < value < ends.high for value in finite)
    assert ends.high - ends.low >= LEAST_SPAN_EV
    assert ends.low % GRID_EV == ends.high % GRID_EV == 0
    if symmetric:
        assert ends.low == -ends.high


@pytest.mark.parametrize("slowest_ms", [0.0, 3.0, 10.0, 14.0, 140.0, 999.0])
def test_latency_starts_at_zero_and_holds_the_slowest(slowest_ms):
    ends = latency_ends(np.array([0.1, slowest_ms, np.nan]))
    assert ends.low == 0
    assert max(10.0, slowest_ms) <= ends.high <= max(15.0, 1.6 * slowest_ms)


def test_blur_begins_at_none_and_ends_at_even_pixels():
    assert blur_ends(np.array([])) == Ends(0, 4)
    assert blur_ends(np.array([np.nan, 1.0, 6.1])) == Ends(0, 8)


def test_dropped_pictures_are_counted_in_whole_numbers():
    assert dropped_ends(np.array([])) == Ends(0, 4)
    assert dropped_ends(np.array([7.0, 7.0])) == Ends(6, 10)
    assert dropped_ends(np.array([0.0, 90.0])) == Ends(0, 90)
    assert dropped_ends(np.array([0.0, 609.0])) == Ends(0, 700)
    assert [text for _, text in even_ticks(dropped_ends(np.array([3.0, 14.0])), "{:g}".format)] == ["0", "10", "20"]


def test_words_at_the_axes():
    assert [shutter_tick(stops) for stops in (0, -1, -5, -6, -7, -12)] == [
        "1",
        "1/2",
        "1/30",
        "1/60",
        "1/125",
        "1/4000",
    ]
    assert [gain_text(stops) for stops in (0, 1, 4)] == ["×1", "×2", "×16"]
    assert [whole_stops(ev) for ev in (-2, 0, 1)] == ["−2", "0", "+1"]


def test_ticks():
    assert [at for at, _ in stop_ticks(Ends(-1, 2.5), whole_stops)] == [-1, 0, 1, 2]
    assert [at for at, _ in stop_ticks(Ends(-9, 7), whole_stops)] == [-8, -4, 0, 4]
    assert even_ticks(Ends(0, 10), str) == [(0, "0"), (5.0, "5.0"), (10, "10")]


@pytest.mark.parametrize(("start_s", "end_s"), [(-30, 0), (-15, 0), (-12.3, -11.1), (-4, -1), (-1, 0)])
def test_times_are_marked_inside_the_axis_and_not_too_often(start_s, end_s):
    ticks = age_ticks(start_s, end_s)
    assert 1 <= len(ticks) <= 4
    assert all(start_s < at < end_s for at, _ in ticks)
    assert age_ticks(-30, 0) == [(-20.0, "−20 s"), (-10.0, "−10 s")]
