from dataclasses import replace

import pytest
from PyQt6.QtWidgets import QSystemTrayIcon

from autoexposure.control.commands import Lock
from autoexposure.states import AeState, LoopState
from gui.tray import Tray, state_colour

Reason = QSystemTrayIcon.ActivationReason


@pytest.fixture
def tray(window, theme):
    return Tray(window, window.actions_, theme)


def test_a_middle_click_locks(tray, loop):
    tray.icon.activated.emit(Reason.MiddleClick)
    assert loop.sent == [Lock(True)]


def test_the_menu_locks_too(tray, window):
    assert window.actions_["lock"] in tray.menu.actions()
    assert window.actions_["quit"] in tray.menu.actions()


def test_a_click_puts_the_window_away_and_brings_it_back(tray, window):
    tray.icon.activated.emit(Reason.Trigger)
    assert not window.isVisible()
    tray.icon.activated.emit(Reason.Trigger)
    assert window.isVisible()


def test_it_tells_the_state(tray, running):
    tray.show_snapshot(running)
    assert tray.icon.toolTip() == "Autoexposure, Converged, 1/60 s, ISO 200"
    before = tray.icon.icon().pixmap(64).toImage()
    tray.show_snapshot(replace(running, locked=True, ae_state=AeState.LOCKED))
    assert tray.icon.icon().pixmap(64).toImage() != before


@pytest.mark.parametrize(
    ("changes", "colour"),
    [
        ({}, "converged"),
        ({"ae_state": AeState.SEARCHING}, "searching"),
        ({"loop_state": LoopState.FAILED}, "failed"),
        ({"loop_state": LoopState.RECONNECTING}, "searching"),
        ({"loop_state": LoopState.STOPPED}, "inactive"),
    ],
)
def test_colours(running, changes, colour):
    assert state_colour(replace(running, **changes)) == colour
