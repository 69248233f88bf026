import csv
import io
from dataclasses import replace

import pytest

from gui.plots.history import History, Mark
from gui.plots.table import csv_text


@pytest.fixture
def history(running, make_frame):
    made = History()
    for sequence in range(3):
        made.add(replace(running, turn=sequence, frame=make_frame(sequence=sequence), wrote=sequence == 1))
    return made


def read(history):
    return list(csv.DictReader(io.StringIO(csv_text(history.window()))))


def test_a_line_for_each_picture_with_units_in_the_names(history):
    rows = read(history)
    assert [float(row["age_s"]) for row in rows] == pytest.approx([-2 / 30, -1 / 30, 0], abs=1e-5)
    assert [float(row["time_s"]) for row in rows] == pytest.approx([1 / 60] * 3, rel=1e-4)
    assert [row["wrote"] for row in rows] == ["0", "1", "0"]
    assert float(rows[0]["latency_s"]) == pytest.approx(0.007)
    assert float(rows[0]["delta_ev"]) == pytest.approx(0.05)


def test_events_stand_in_the_line_of_their_picture(history):
    history.mark(Mark(100 + 1 / 30, "under"))
    history.mark(Mark(100 + 1 / 30, "over"))
    history.mark(Mark(100 + 2 / 30 + 0.01, "well"))
    assert [row["events"] for row in read(history)] == ["", "under over", "well"]


def test_what_was_not_known_is_empty(history, running, make_frame):
    history.add(replace(running, frame=make_frame(sequence=3, exposure=None), decision=None, target_ev=None))
    row = read(history)[-1]
    assert (row["ev"], row["gain"], row["delta_ev"], row["centre_x"], row["target_ev"]) == ("",) * 5


def test_an_empty_history_is_a_table_with_a_head():
    assert len(csv_text(History().window()).splitlines()) == 1
