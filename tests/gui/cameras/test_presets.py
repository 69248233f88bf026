"""The button of presets: what it offers, what it tells the loop, what it keeps."""

from dataclasses import replace
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt

from autoexposure.camera import CameraInfo
from autoexposure.control.commands import (
    Adjust,
    ForCamera,
    Lock,
    SetBias,
    SetDamping,
    SetExposure,
    SetProgram,
    UsePolicy,
)
from autoexposure.control.program import ProgramConfig
from autoexposure.goal.goal import GoalConfig
from autoexposure.metering.spot import Spot
from autoexposure.presets.preset import STARTERS, Preset
from autoexposure.presets.shelf import PresetShelf
from autoexposure.states import LoopState
from gui.text import texts
from gui.widgets.name_entry import NameEntry
from tests.gui.cameras.played import FEW

OTHER = CameraInfo("v4l2:/dev/video2", "Another webcam", "usb-9-9", "uvcvideo")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "presets"


@pytest.fixture
def window(make_window, services, folder):
    return make_window(replace(services, open_presets=lambda info: PresetShelf(info.stable_id, folder)))


def shown(window, snapshot, qapp):
    window.follow(snapshot)
    settled(window, qapp)


def settled(window, qapp):
    window._files.wait()
    qapp.processEvents()


def menu(window):
    window.presets._menu.aboutToShow.emit()
    return window.presets._menu.actions()


def labels(window):
    return [action.text() for action in menu(window)]


def entries(window):
    return [action.text().partition("\t")[0] for action in menu(window) if action.isCheckable()]


def chosen(window):
    entries(window)
    return [action.text().partition("\t")[0] for action in window.presets._menu.actions() if action.isChecked()]


def told(loop):
    """What the loop is to do, one by one: a preset is one command, so that a refusal is not taken for over."""
    return [
        each
        for command in loop.sent
        for each in (command.commands(None) if isinstance(command, ForCamera) else [command])
    ]


def test_every_camera_offers_the_starters_and_a_key_uses_one(window, running, loop, qapp):
    shown(window, running, qapp)
    assert entries(window) == [preset.name for preset in STARTERS]
    window.actions_["preset_3"].trigger()
    night = STARTERS[2]
    assert SetBias(night.bias_ev) in told(loop)
    assert SetProgram(night.program) in told(loop)
    assert SetDamping(night.damping) in told(loop)
    assert any(isinstance(command, UsePolicy) for command in told(loop))
    assert window.preview._toast[0] == "Night", "a key shows nothing by itself"


def as_set_by(preset, running, adjustments=()):
    """What a loop tells once it did what the preset says."""
    return replace(
        running,
        ev_bias=preset.bias_ev,
        program=preset.program,
        goal=preset.goal,
        damping=preset.damping,
        adjustments=adjustments,
    )


def test_it_is_in_use_while_all_that_it_sets_is_so(window, running, qapp):
    shown(window, running, qapp)
    assert chosen(window) == []
    night = as_set_by(STARTERS[2], running)
    shown(window, night, qapp)
    assert chosen(window) == ["Night"]
    assert window.presets.toolTip() == texts.PRESETS_IN_USE_TIP.format(name="Night")
    for other in (
        {"ev_bias": 0.3},
        {"goal": GoalConfig()},
        {"damping": 1.0},
        {"program": ProgramConfig()},
        {"meter": "spot"},
    ):
        shown(window, replace(night, **other), qapp)
        assert chosen(window) == [], other
        assert window.presets.toolTip() == texts.PRESETS_TIP
    shown(window, replace(night, adjustments=FEW), qapp)
    assert chosen(window) == ["Night"], "controls are no part of it"


def test_what_was_before_comes_back(window, running, loop, qapp):
    before = replace(running, ev_bias=0.7, damping=0.3, adjustments=FEW, locked=True, spot=Spot(0.2, 0.7), meter="spot")
    shown(window, before, qapp)
    assert texts.PRESETS_UNDO.format(name="Night") not in labels(window)
    window.actions_["preset_3"].trigger()
    shown(window, as_set_by(STARTERS[2], running, FEW), qapp)
    loop.sent.clear()
    back = next(action for action in menu(window) if action.text() == texts.PRESETS_UNDO.format(name="Night"))
    back.trigger()
    assert {SetBias(0.7), SetDamping(0.3), SetProgram(before.program)} <= {
        command for command in told(loop) if isinstance(command, SetBias | SetDamping | SetProgram)
    }
    assert Adjust("brightness", 128.0) in told(loop)
    *_, lock, policy, exposure = told(loop)
    assert (lock, exposure) == (Lock(False), SetExposure(before.commanded))
    assert policy.make_policy().spot == Spot(0.2, 0.7)
    assert texts.PRESETS_UNDO.format(name="Night") not in labels(window), "once"


def test_there_is_no_way_back_to_how_another_camera_was(window, running, qapp):
    shown(window, running, qapp)
    window.actions_["preset_3"].trigger()
    assert texts.PRESETS_UNDO.format(name="Night") in labels(window)
    shown(window, replace(running, camera=OTHER), qapp)
    assert texts.PRESETS_UNDO.format(name="Night") not in labels(window)


def test_a_key_without_a_preset_is_grey_and_says_why(window, running, qapp, qtbot):
    shown(window, running, qapp)
    window.presets.delete(STARTERS[0])
    qtbot.waitUntil(lambda: len(entries(window)) == len(STARTERS) - 1)
    assert window.actions_["preset_1"].isEnabled()
    assert not window.actions_["preset_4"].isEnabled()


def test_what_is_in_use_is_kept_for_this_camera_alone(window, running, folder, qapp, qtbot):
    limits = ProgramConfig(max_gain=2.0)
    shown(window, replace(running, ev_bias=-0.3, program=limits), qapp)
    line = next(action for action in menu(window) if isinstance(action, NameEntry)).line
    line.setText("  Desk   lamp ")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    settled(window, qapp)
    kept = PresetShelf(running.camera.stable_id, folder).find("desk lamp")
    assert (kept.bias_ev, kept.program, kept.meter) == (-0.3, limits, "attention")
    assert chosen(window) == ["Desk lamp"]
    assert entries(window)[-1] == "Desk lamp"
    shown(window, replace(running, camera=OTHER), qapp)
    assert entries(window) == [preset.name for preset in STARTERS]
    assert chosen(window) == []


def test_a_deleted_one_is_gone(window, running, folder, qapp):
    shown(window, running, qapp)
    window.presets.delete(STARTERS[0])
    settled(window, qapp)
    assert entries(window) == [preset.name for preset in STARTERS[1:]]
    assert PresetShelf(running.camera.stable_id, folder).all() == STARTERS[1:]


def test_a_damaged_file_is_said_and_left_alone(window, running, folder, qapp, qtbot):
    path = PresetShelf(running.camera.stable_id, folder).path
    path.parent.mkdir(parents=True)
    path.write_text("nonsense")
    shown(window, running, qapp)
    assert "can't be" in window.notices.text
    window.presets.save("Desk")
    settled(window, qapp)
    assert path.read_text() == "nonsense"
    shown(window, replace(running, camera=OTHER), qapp)
    assert window.notices.text == ""


def test_without_a_name_nothing_is_saved(window, running, folder, qapp):
    shown(window, running, qapp)
    window.presets.save("   ")
    settled(window, qapp)
    assert not folder.exists()
    assert "needs a name" in window.notices.text


def test_nothing_can_be_chosen_without_a_running_camera(window, running, qapp):
    shown(window, running, qapp)
    shown(window, replace(running, loop_state=LoopState.RECONNECTING), qapp)
    assert not window.presets.isEnabled()
    assert not window.actions_["preset"].isEnabled()


def test_names_are_shown_as_they_are(window, running, folder, qapp):
    PresetShelf(running.camera.stable_id, folder).save(Preset("Tom & Jerry"))
    shown(window, running, qapp)
    assert entries(window)[-1] == "Tom && Jerry", "what a menu shows as one ampersand"
