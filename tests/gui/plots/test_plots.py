from dataclasses import replace

import numpy as np
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QWidget

from autoexposure.exposure import Exposure
from autoexposure.motion.trade import SeenMotion
from gui.actions.actions import Actions
from gui.plots.axes import AXES
from gui.plots.history import WINDOW_S, History, Mark
from gui.plots.plots import LEAST_TILE_PX, Plots
from gui.plots.tile import with_gaps
from gui.text import texts

LAST_S = 100 + 89 / 30


@pytest.fixture
def history(running, make_frame):
    made = History()
    for sequence in range(90):
        frame = make_frame(sequence=sequence, exposure=Exposure(1 / 60, 1.0 if sequence < 45 else 4.0))
        made.add(replace(running, turn=sequence, frame=frame, wrote=sequence == 45, motion=SeenMotion(300.0, 5.0)))
    made.mark(Mark(LAST_S, "over"))
    return made


@pytest.fixture
def plots(qtbot, theme, history, settings):
    made = make_plots(theme, history, settings)
    qtbot.addWidget(made)
    made.resize(1000, 160)
    made.show()
    return made


def make_plots(theme, history, settings):
    owner = QWidget()
    made = Plots(theme, history, Actions(owner, theme), settings)
    made.owner = owner  # which owns the actions
    return made


@pytest.fixture
def next_frame(history, running, make_frame):
    def add(sequence):
        frame = make_frame(sequence=sequence, exposure=Exposure(1 / 60, 8.0))
        history.add(replace(running, turn=sequence, frame=frame))

    return add


def newest(plots):
    return {name: tile.newest for name, tile in plots.tiles.items()}


def test_each_plot_shows_its_values(plots):
    for axis in AXES:
        plots.choose(axis.name, True)
    plots.note()
    plots.refresh()
    assert newest(plots) == {
        "delta_ev": "+0.05",
        "ev": "−3.91",
        "time": "1/60 s",
        "gain": "×4",
        "centre": "50 % → 34 % ↓",
        "latency": "7.0 ms",
        "dropped": "3",
        "blur": "5.0 px",
    }


def test_nothing_is_drawn_until_something_is_new(plots, next_frame):
    plots.refresh()
    next_frame(90)
    plots.refresh()
    assert newest(plots)["gain"] == "×4"
    plots.note()
    plots.hide()
    plots.refresh()
    assert newest(plots)["gain"] == "×4", "nobody looks: no work"
    plots.show()
    plots.refresh()
    assert newest(plots)["gain"] == "×8"


def test_plots_take_turns_and_agree_on_the_samples(plots, next_frame):
    for name in newest(plots):
        plots.choose(name, name in ("gain", "ev"))
    plots.note()
    plots.draw_next()
    next_frame(90)
    plots.note()
    assert (newest(plots)["ev"], newest(plots)["gain"]) == ("−3.91", ""), "one at a time"
    plots.draw_next()
    assert newest(plots)["gain"] == "×4", "of the same samples"
    plots.draw_next()
    assert (newest(plots)["ev"], newest(plots)["gain"]) == ("−2.91", "×4")
    plots.refresh()
    assert newest(plots)["gain"] == "×8", "what was under way is not left half drawn"


def test_other_plots_begin_a_new_round(plots):
    plots.choose("gain", True)
    plots.note()
    plots.draw_next()
    for name in newest(plots):
        plots.choose(name, name == "gain")
    plots.draw_next()
    assert newest(plots)["gain"] == "×4"


def test_held_plots_keep_still_while_the_camera_goes_on(plots, next_frame):
    plots.note()
    plots.refresh()
    plots._actions["plots_pause"].setChecked(True)
    next_frame(90)
    plots.note()
    plots.refresh()
    assert newest(plots)["gain"] == "×4"
    assert len(plots.samples.age_s) == 90
    plots._actions["plots_pause"].setChecked(False)
    assert newest(plots)["gain"] == "×8"


def test_zoom_is_shared_and_has_its_ends(plots):
    plots._actions["plots_in"].trigger()
    assert [tile.shown_s for tile in plots.tiles.values()] == [(-WINDOW_S / 2, 0.0)] * len(AXES)
    assert plots._actions["plots_reset"].isEnabled()
    for _ in range(20):
        plots._actions["plots_in"].trigger()
    start_s, end_s = plots.tiles["ev"].shown_s
    assert end_s - start_s == pytest.approx(1.0)
    plots._actions["plots_reset"].trigger()
    assert plots.tiles["gain"].shown_s == (-WINDOW_S, 0.0)
    assert plots._actions["plots_out"].toolTip() == texts.PLOTS_WHOLE


def test_a_zoomed_axis_spans_what_is_seen(plots):
    plots.note()
    plots.refresh()
    whole = plots.tiles["gain"].plot.viewRange()[1]
    plots.tiles["gain"].show_span(-1.0, 0.0)  # the gain was raised before
    assert plots.tiles["gain"].plot.viewRange()[1][0] > whole[0]


def test_as_many_as_fit_until_the_user_chooses(plots, qtbot):
    assert [tile.axis.name for tile in plots.shown] == ["delta_ev", "ev", "time", "gain"]
    plots.resize(2000, 160)
    assert len(plots.shown) == len(AXES)
    plots.resize(1000, 160)
    plots.choose("latency", True)
    assert [tile.axis.name for tile in plots.shown] == ["delta_ev", "ev", "time", "gain", "latency"]


def test_more_than_fit_make_a_second_row_and_ask_for_height(plots, qtbot):
    before = plots.minimumHeight()
    plots.choose("latency", True)
    with qtbot.waitSignal(plots.height_wanted) as asked:
        plots.choose("dropped", True)
    assert asked.args[0] > 1.8 * before
    plots.grab()
    assert min(tile.width() for tile in plots.shown) >= LEAST_TILE_PX


def test_the_choice_is_remembered_and_the_last_plot_stays(plots, qtbot, theme, history, settings):
    for name in ("delta_ev", "ev", "time", "gain"):
        plots.choose(name, False)
    assert [tile.axis.name for tile in plots.shown] == ["gain"]
    again = make_plots(theme, history, settings)
    qtbot.addWidget(again)
    assert [tile.axis.name for tile in again.shown] == ["gain"]


def test_painting_with_gaps_and_marks(plots):
    plots.note()
    plots.refresh()
    assert not plots.picture().isNull()


def test_tools_have_names_and_leave_the_focus_alone(plots):
    from PyQt6.QtWidgets import QToolButton

    for button in plots.findChildren(QToolButton):
        if button.isVisible():
            assert button.accessibleName()
            assert button.focusPolicy() == Qt.FocusPolicy.TabFocus


def test_no_line_is_drawn_through_a_time_without_pictures():
    ages, values = with_gaps(np.array([-9.0, -8.5, -2.0, -1.0]), np.array([1.0, 2.0, 3.0, 4.0]))
    assert ages.tolist() == [-9.0, -8.5, -2.0, -2.0, -1.0]
    assert np.isnan(values).tolist() == [False, False, True, False, False]
    assert all(len(array) == 0 for array in with_gaps(np.array([]), np.array([])))


def test_how_unsure_each_answer_is_is_drawn_around_it(plots, history, running, make_frame):
    tile = plots.tiles["delta_ev"]
    tile.show_window(history.window())
    assert len(tile._band.getData()[0]) == 0
    decision = replace(running.decision, delta_ev=0.5, doubt_ev=0.25)
    history.add(replace(running, frame=make_frame(sequence=900), decision=decision))
    tile.show_window(history.window())
    assert tile._band.getData()[1].tolist() == pytest.approx([0.25, 0.75])
