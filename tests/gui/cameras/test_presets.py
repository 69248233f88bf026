"""The button of presets: what it offers, what it tells the loop, what it keeps."""

from dataclasses import replace
from pathlib import Path

import pytest

from autoexposure.camera import CameraInfo
from autoexposure.control.commands import SetBias, SetDamping, SetProgram, UsePolicy
from autoexposure.control.program import ProgramConfig
from autoexposure.presets.preset import STARTERS, Preset
from autoexposure.presets.shelf import PresetShelf
from autoexposure.states import LoopState

OTHER = CameraInfo("v4l2:/dev/video2", "Another webcam", "usb-9-9", "uvcvideo")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "presets"


@pytest.fixture
def window(make_window, services, folder):
    return make_window(replace(services, open_presets=lambda stable_id: PresetShelf(stable_id, folder)))


def shown(window, snapshot, qapp):
    window.follow(snapshot)
    settled(window, qapp)


def settled(window, qapp):
    window._files.wait()
    qapp.processEvents()


def entries(window):
    window.presets._menu.aboutToShow.emit()
    return [action.text().partition("\t")[0] for action in window.presets._menu.actions() if action.isCheckable()]


def chosen(window):
    entries(window)
    return [action.text().partition("\t")[0] for action in window.presets._menu.actions() if action.isChecked()]


def test_every_camera_offers_the_starters_and_a_key_uses_one(window, running, loop, qapp):
    shown(window, running, qapp)
    assert entries(window) == [preset.name for preset in STARTERS]
    window.actions_["preset_3"].trigger()
    night = STARTERS[2]
    assert SetBias(night.bias_ev) in loop.sent
    assert SetProgram(night.program) in loop.sent
    assert SetDamping(night.damping) in loop.sent
    assert any(isinstance(command, UsePolicy) for command in loop.sent)
    assert chosen(window) == ["Night"]


def test_a_key_without_a_preset_is_grey_and_says_why(window, running, qapp):
    shown(window, running, qapp)
    assert window.actions_["preset_1"].isEnabled()
    assert not window.actions_["preset_4"].isEnabled()


def test_what_is_in_use_is_kept_for_this_camera_alone(window, running, folder, qapp):
    limits = ProgramConfig(max_gain=2.0)
    shown(window, replace(running, ev_bias=-0.3, program=limits), qapp)
    window.presets.save("  Desk   lamp ")
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


def test_a_damaged_file_is_said_and_left_alone(window, running, folder, qapp):
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
