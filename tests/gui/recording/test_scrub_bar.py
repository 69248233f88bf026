import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtWidgets import QMainWindow

from autoexposure.abilities.playable import Playback
from autoexposure.control.commands import Play, Seek
from autoexposure.control.snapshot import Snapshot
from autoexposure.states import LoopState
from gui.actions.actions import Actions
from gui.recording.scrub_bar import ScrubBar
from gui.text.wording import clock_text, size_text


def at(index, *, playing=True, count=101, state=LoopState.RUNNING):
    return Snapshot(loop_state=state, playback=Playback(index, count, index / 10, (count - 1) / 10, playing))


@pytest.fixture
def bar(qtbot, theme):
    window = QMainWindow()
    qtbot.addWidget(window)
    actions = Actions(window, theme)
    bar = ScrubBar(theme, actions)
    bar.actions_, bar.sent = actions, []
    bar.command.connect(bar.sent.append)
    window.setCentralWidget(bar)
    window.resize(700, 60)
    with qtbot.waitExposed(window):
        window.show()
    yield bar
    window.close()


def test_it_is_there_for_recordings_only(bar):
    bar.show_snapshot(Snapshot(loop_state=LoopState.RUNNING))
    assert bar.isHidden()
    assert not bar.actions_["play"].isEnabled()
    bar.show_snapshot(at(0))
    assert bar.isVisible()
    assert bar.actions_["play"].isEnabled()
    bar.show_snapshot(at(0, state=LoopState.FAILED))
    assert bar.isHidden()


def test_it_follows_and_asks_nothing(bar):
    bar.show_snapshot(at(73))
    assert bar.slider.value() == 73
    assert bar._time.text() == "0:07 / 0:10"
    assert bar.actions_["play"].isChecked()
    bar.show_snapshot(at(100, playing=False))
    assert not bar.actions_["play"].isChecked()
    assert bar.sent == []


def test_play_and_hold(bar):
    bar.show_snapshot(at(5))
    bar.actions_["play"].trigger()
    assert bar.sent == [Play(False)]
    bar.show_snapshot(at(6))
    assert not bar.actions_["play"].isChecked(), "what was asked for is shown until the loop agrees"


def test_a_step_holds_and_moves_by_one_picture(bar):
    bar.show_snapshot(at(50))
    bar.actions_["step_on"].trigger()
    assert bar.sent == [Play(False), Seek(51)]
    bar.show_snapshot(at(51, playing=False))
    bar.actions_["step_back"].trigger()
    assert bar.sent[2:] == [Seek(50)]


def test_a_click_goes_there(bar, qtbot):
    bar.show_snapshot(at(0))
    qtbot.mouseClick(bar.slider, Qt.MouseButton.LeftButton, pos=QPoint(bar.slider.width() // 2, 8))
    assert len(bar.sent) == 1
    assert bar.sent[0].index == pytest.approx(50, abs=2)


def test_a_drag_is_not_thrown_back_by_pictures_from_before(bar, qtbot):
    bar.show_snapshot(at(0))
    bar.slider.setSliderDown(True)
    bar.slider.setValue(30)
    bar.show_snapshot(at(1))
    assert bar.slider.value() == 30
    bar.slider.setSliderDown(False)
    bar.show_snapshot(at(2))
    assert bar.slider.value() == 30
    bar.show_snapshot(at(30))
    bar.show_snapshot(at(31))
    assert bar.slider.value() == 31


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (59.9, "0:59"), (750, "12:30"), (3723, "1:02:03")])
def test_clock_text(seconds, text):
    assert clock_text(seconds) == text


@pytest.mark.parametrize(("size", "text"), [(840, "1 kB"), (840_000, "840 kB"), (34.4e6, "34 MB"), (1.24e9, "1.2 GB")])
def test_size_text(size, text):
    assert size_text(size) == text
