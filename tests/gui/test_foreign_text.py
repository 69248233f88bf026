"""What devices, files and people call themselves is shown as it stands: no label or tool tip takes it for markup."""

from dataclasses import replace

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QApplication, QComboBox, QLabel, QWidget

from autoexposure.camera import CameraInfo
from autoexposure.errors import CameraError
from autoexposure.states import LoopState
from gui.actions.menu import AboutSheet, ShortcutsSheet
from gui.actions.notices import Level, Notice
from gui.cameras.details import CameraSheet
from gui.feedback.profile_button import PERSON_SETTING
from gui.widgets.controls import plain_tip

HOSTILE = '<img src="file:///etc/hostname"><b>Camera</b>'
HOSTILE_CAMERA = CameraInfo("v4l2:/dev/video7", HOSTILE, "usb-7", f"{HOSTILE} on usb-7")


@pytest.fixture
def hostile(make_window, services, settings, loop, running, qtbot):
    """A window in which everything that has a name has this one."""
    settings.setValue(PERSON_SETTING, HOSTILE)
    another = replace(HOSTILE_CAMERA, spec="v4l2:/dev/video8", stable_id="usb-8")
    services = replace(services, list_cameras=lambda: [HOSTILE_CAMERA, another])
    loop.snapshot = replace(
        running,
        camera=HOSTILE_CAMERA,
        notice=f"{HOSTILE} sends no pictures",
        capabilities=replace(running.capabilities, gain=None, note=f"{HOSTILE} has no gain"),
    )
    window = make_window(services)
    window.cameras.refresh()
    qtbot.waitUntil(lambda: window.cameras.count() == 2)
    CameraSheet(window, window.actions_, loop.snapshot).show()
    AboutSheet(window).show()
    ShortcutsSheet(window, window.actions_).show()
    window.personalise.open_()
    return window


def tips(window: QWidget) -> list[str]:
    """Every tool tip there is: of widgets, actions and entries of lists."""
    found = [widget.toolTip() for widget in QApplication.allWidgets()]
    found += [action.toolTip() for action in window.findChildren(QAction)]
    for box in window.findChildren(QComboBox):
        found += [str(box.itemData(at, Qt.ItemDataRole.ToolTipRole) or "") for at in range(box.count())]
    return found


def test_every_label_shows_its_text_as_it_stands(hostile) -> None:
    labels = hostile.findChildren(QLabel)
    assert any(HOSTILE in label.text() for label in labels)
    assert [
        label.text() for label in labels if label.textFormat() is not Qt.TextFormat.PlainText and label.text()
    ] == []


def test_no_tool_tip_takes_a_name_for_markup(hostile, see) -> None:
    shown = tips(hostile)
    see(hostile, loop_state=LoopState.FAILED, error=CameraError(HOSTILE))
    shown += tips(hostile)
    assert [tip for tip in shown if HOSTILE in tip] == []  # Qt would load the picture
    assert any("&lt;img" in tip for tip in shown)


def test_a_tip_without_markup_is_left_alone() -> None:
    assert plain_tip("a > b & c") == "a > b & c"
    assert plain_tip("<b>x</b>") == "<qt>&lt;b&gt;x&lt;/b&gt;</qt>"


def test_a_notice_shows_a_servers_words_as_they_stand(hostile) -> None:
    hostile.notices.say("cameras", Notice(Level.ERROR, HOSTILE))
    assert hostile.notices.text == HOSTILE
