from dataclasses import replace

import pytest
from PyQt6.QtGui import QImage


@pytest.fixture
def saved(tmp_path):
    return lambda ending: sorted((tmp_path / "exports").glob(f"*.{ending}"))


def test_the_table_is_saved_and_the_place_is_said(window, qtbot, saved):
    with qtbot.waitSignal(window.saver.said):
        window.actions_["plots_csv"].trigger()
    (path,) = saved("csv")
    assert path.read_text().splitlines()[0].startswith("age_s,delta_ev,doubt_ev,ev,time_s,gain")
    assert str(path) in window.notices.text
    assert window.notices.action is window.actions_["exports"]


def test_held_plots_are_saved_as_they_are_held(window, see, qtbot, saved, make_frame):
    window.actions_["plots_pause"].trigger()
    see(window, frame=make_frame(sequence=30))
    with qtbot.waitSignal(window.saver.said):
        window.actions_["plots_csv"].trigger()
    assert len(saved("csv")[0].read_text().splitlines()) == 2, "head and the one picture from before"


def test_the_picture_is_saved(window, qtbot, saved):
    with qtbot.waitSignal(window.saver.said):
        window.actions_["plots_png"].trigger()
    (path,) = saved("png")
    assert QImage(str(path)).width() > 400
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_full_disk_is_said(make_window, services, qtbot, tmp_path):
    (tmp_path / "file").touch()
    window = make_window(replace(services, exports_folder=tmp_path / "file" / "below"))
    with qtbot.waitSignal(window.saver.said):
        window.actions_["plots_csv"].trigger()
    assert "Can't write to" in window.notices.text
