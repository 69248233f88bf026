"""Several cameras in one window: one is looked at, and nothing of one gets into another."""

from dataclasses import replace

import numpy as np
import pytest
from PyQt6.QtCore import Qt

from autoexposure.camera import CameraInfo
from autoexposure.control.commands import Pause, Teach, UseCamera, UsePolicy
from autoexposure.control.snapshot import Snapshot
from autoexposure.errors import CameraNotFound
from autoexposure.exposure import Exposure
from autoexposure.states import LoopState
from gui.bridge.loops import Loops
from gui.preview.viewport import Point
from gui.text import texts

OTHER = CameraInfo("v4l2:/dev/video2", "Door camera", "v4l2:door")


@pytest.fixture
def other(loop, running, make_frame):
    """The second camera's loop."""
    frame = make_frame(40, sequence=3, exposure=Exposure(1 / 30, 4.0))
    return type(loop)(replace(running, camera=OTHER, frame=frame, ev_bias=1.0))


@pytest.fixture
def both(make_window, services, loop, other, running):
    """A window on two cameras; the first is looked at."""
    loop.snapshot = running
    specs = [running.camera.spec, OTHER.spec]
    window = make_window(replace(services, loop=Loops(loop, other, specs=specs)))
    window.preview.repaint()
    window.strip.refresh()
    return window


def test_one_camera_needs_no_strip(window):
    assert window.strip.isHidden()
    for name in ("next_camera", "previous_camera"):
        assert not window.actions_[name].isEnabled()
        assert window.actions_[name].toolTip() == texts.ONE_CAMERA


def test_a_tile_shows_its_own_camera(both):
    one, two = both.strip.tiles
    assert both.strip.isVisible()
    assert (one.isChecked(), two.isChecked()) == (True, False)
    assert two.accessibleName() == "Camera 2: Door camera, Converged, −2.91 EV"
    shown = two.grab().toImage().pixelColor(two.width() // 2, 10)
    assert shown.red() == pytest.approx(40, abs=2), "its own grey"


def test_a_click_turns_everything_to_that_camera(both, loop, other, qtbot):
    qtbot.mouseClick(both.strip.tiles[1], Qt.MouseButton.LeftButton)
    both.preview.repaint()
    assert both.cameras.currentData() == OTHER.spec
    assert both.preview.painted.camera == OTHER
    assert [tile.isChecked() for tile in both.strip.tiles] == [False, True]
    both.actions_["pause"].trigger()
    assert other.sent == [Pause(True)]
    assert loop.sent == []


def test_keys_go_round(both, qtbot):
    for expected in (1, 0):
        qtbot.keyClick(both, Qt.Key.Key_PageDown, Qt.KeyboardModifier.ControlModifier)
        assert both.loops.current == expected
    qtbot.keyClick(both, Qt.Key.Key_PageUp, Qt.KeyboardModifier.ControlModifier)
    assert both.loops.current == 1


def test_each_has_its_own_plots(both, loop, other, make_frame):
    for number in range(1, 4):
        loop.snapshot = replace(loop.snapshot, turn=number, frame=make_frame(sequence=10 + number))
        both.bridge.poll()
        both.strip.refresh()
    first = both.history.window()
    both.turn_to(1)
    second = both.history.window()
    assert len(first.ev) == 4
    assert len(second.ev) == 1, "seen beside, once"
    assert set(second.ev) == {other.snapshot.exposure.ev}
    assert both.plots.samples.ev.tolist() == second.ev.tolist()
    both.turn_to(0)
    assert both.plots.samples.ev.tolist() == first.ev.tolist()


def test_a_mask_stays_with_its_camera(both, loop, other):
    both.brush.press(Point(0.5, 0.5), 4 / 3, counts=True)
    both.brush.release()
    mask = loop.sent[-1].mask
    loop.snapshot = replace(loop.snapshot, turn=9, mask=mask)
    both.bridge.poll()
    both.turn_to(1)
    assert both.brush.layer is None
    both.turn_to(0)
    both.bridge.poll()
    assert both.brush.layer is not None
    np.testing.assert_array_equal(both.brush.cells, mask)
    assert other.sent == []


def test_a_recording_goes_on_with_the_camera_it_began_with(both, loop, other):
    both.actions_["record"].trigger()
    both.turn_to(1)
    assert (len(loop.sinks), len(other.sinks)) == (1, 0)
    both.actions_["record"].trigger()
    assert (len(loop.sinks), len(other.sinks)) == (0, 0)


def test_what_a_person_teaches_reaches_all_loops(both, loop, other, qtbot):
    with qtbot.waitSignal(both.store.stored):
        both.actions_["under"].trigger()
    for one in (loop, other):
        assert isinstance(one.sent[-1], Teach)
    both._use_profile()
    for one in (loop, other):
        assert isinstance(one.sent[-1], UsePolicy)


def test_a_camera_that_is_open_beside_is_looked_at_instead_of_opened_twice(both, loop, other):
    both.cameras.use(OTHER.spec)
    assert both.loops.current == 1
    assert loop.sent == other.sent == []


def test_trying_again_opens_the_camera_that_failed(both, loop, other):
    other.snapshot = Snapshot(loop_state=LoopState.FAILED, error=CameraNotFound("it is away"), notice="it is away")
    both.turn_to(1)
    both.strip.refresh()
    assert both.strip.tiles[1].accessibleName() == f"Camera 2: {OTHER.spec}, {texts.FAILED_STATE[0]}"
    both.actions_["retry"].trigger()
    (command,) = other.sent
    assert isinstance(command, UseCamera)
    assert command.open_camera.args == (OTHER.spec,)
    assert loop.sent == []


def test_the_camera_stays_while_it_is_compared(both, loop, see, monkeypatch):
    monkeypatch.setattr(type(both.comparison), "wanted", True)
    see(both)
    both.strip.tiles[1].click()
    both.actions_["next_camera"].trigger()
    both.cameras.use(OTHER.spec)
    assert both.loops.current == 0
    assert loop.sent == []
    assert both.actions_["next_camera"].toolTip() == texts.NOT_WHILE_COMPARING
    monkeypatch.setattr(type(both.comparison), "wanted", False)
    see(both)
    both.strip.tiles[1].click()
    assert both.loops.current == 1


def test_a_follower_says_so(both, other):
    other.snapshot = replace(other.snapshot, follows=True)
    both.strip.refresh()
    assert texts.TILE_FOLLOWS in both.strip.tiles[1].accessibleName()
