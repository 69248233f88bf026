from dataclasses import replace

import numpy as np
import pytest

from autoexposure.exposure import Exposure
from gui.history import History, Mark
from gui.plot_axes import AXES, GRID_EV, LEAST_SPAN_EV, gain_text, shutter_tick, value_range, whole_stops
from gui.plots import Plots


@pytest.mark.parametrize("values", [[], [np.nan], [0.1, 0.2], [-5.3, 4.2], [-12.0, -12.0]])
@pytest.mark.parametrize("symmetric", [True, False])
def test_ends_of_an_axis_hold_all_values_and_never_zoom_into_noise(values, symmetric):
    low, high = value_range(np.array(values, float), symmetric=symmetric)
    finite = [value for value in values if np.isfinite(value)]
    assert all(low < value < high for value in finite)
    assert high - low >= LEAST_SPAN_EV
    assert low % GRID_EV == high % GRID_EV == 0
    if symmetric:
        assert low == -high


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


@pytest.fixture
def plots(qtbot, theme, running, make_frame):
    history = History()
    for sequence in range(90):
        frame = make_frame(sequence=sequence, exposure=Exposure(1 / 60, 1.0 if sequence < 45 else 4.0))
        history.add(replace(running, turn=sequence, frame=frame, wrote=sequence == 45))
    history.mark(Mark(history_end(history), "over"))
    made = Plots(theme, history)
    qtbot.addWidget(made)
    made.resize(1000, 160)
    made.show()
    return made


def history_end(history):
    return 100 + 89 / 30


def test_each_plot_shows_its_values(plots):
    plots.note()
    plots.refresh()
    newest = [tile.newest for tile in plots.tiles]
    assert newest == ["+0.05", "−3.91", "1/60 s", "×4"]
    assert len(plots.tiles) == len(AXES)


def test_nothing_is_drawn_until_something_is_new(plots):
    plots.refresh()
    assert [tile.newest for tile in plots.tiles] == [""] * 4
    plots.note()
    plots.hide()
    plots.refresh()
    assert [tile.newest for tile in plots.tiles] == [""] * 4, "nobody looks: no work"


def test_painting_with_gaps_and_marks(plots):
    plots.note()
    plots.refresh()
    plots.grab()
