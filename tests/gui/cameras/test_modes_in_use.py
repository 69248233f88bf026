"""Mode and controls through the real loop and a simulated camera: chosen in the window, used, put back, remembered."""

from contextlib import contextmanager

import pytest
from PyQt6.QtCore import QCoreApplication, QEvent
from PyQt6.QtWidgets import QApplication

from autoexposure.camera import CameraInfo
from autoexposure.clock import SimulatedClock
from autoexposure.control.commands import Lock, UseCamera
from autoexposure.control.loop import ControlLoop
from autoexposure.custody.journal import Journal
from autoexposure.metering.classical import AverageMeter
from autoexposure.states import LoopState
from drivers.discovery import find_family, open_camera
from gui import app
from gui.app import open_window
from gui.preferences import Preferences, first_commands

CAMERA = "sim:light=steady,controls=many,width=160,height=120"


@pytest.fixture
def start(qtbot, theme, settings, tmp_path, monkeypatch):
    """Starts the window as ``autoexposure`` does; ``camera`` is one that was asked for, else the one used last."""
    for kind in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind))

    @contextmanager
    def started(camera=""):
        clock = SimulatedClock()
        monkeypatch.setattr(app, "open_camera", lambda spec: open_camera(spec, clock=clock))
        loop = ControlLoop(
            lambda: open_camera(camera or "sim:", clock=clock),
            AverageMeter,
            journal=Journal(tmp_path / "j"),
            clock=clock,
        )
        given = frozenset({"camera", "meter"} if camera else {"meter"})
        window = open_window(loop, theme, settings, camera=camera, given=given)
        try:
            with loop:
                yield window, loop
        finally:
            window.close()
            window.deleteLater()
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    return started


def turn(window, loop, turns=20):
    for _ in range(turns):
        window.follow(snapshot := loop.turn())
        QApplication.processEvents()
    assert snapshot.loop_state is LoopState.RUNNING, snapshot.notice
    return snapshot


def pick(choice, text):
    choice.activated.emit([choice.itemText(at) for at in range(choice.count())].index(text))


def values(snapshot):
    return {one.name: one.value for one in snapshot.adjustments}


def test_a_mode_and_what_was_set_go_through_the_loop_and_the_mode_is_there_at_the_next_start(start):
    with start(CAMERA) as (window, loop):
        turn(window, loop)
        window.camera.rows["brightness"].slider.setValue(80)
        window.camera.rows["white_balance_automatic"].segments.chosen.emit(2)
        loop.send(Lock(True))
        before = turn(window, loop)
        assert values(before)["brightness"] == 16.0
        pick(window.camera.modes.size_, "320 × 240")
        after = turn(window, loop)
        assert after.frame.size_px == (320, 240)
        assert after.commanded == before.commanded, "it is held in the other mode as well"
        assert after.locked
        assert values(after)["brightness"] == 16.0
        assert values(after)["white_balance_automatic"] == 0.0
        pick(window.camera.modes.rate, "15 fps")
        slow = turn(window, loop, 40)
        assert slow.frame_rate == pytest.approx(15, rel=0.05)
        assert window.camera.modes.rate.currentText() == "15 fps"
        assert window.notices.text == ""
    with start() as (window, loop):
        again = turn(window, loop)
        assert (again.mode.size_px, again.mode.rates_fps) == ((320, 240), (15.0,))
        assert again.camera.stable_id == "sim:light=steady,controls=many"
        assert values(again)["brightness"] == 0.0, "the camera was put back"


def test_everything_set_is_undone_by_one_key(start):
    with start(CAMERA) as (window, loop):
        found = values(turn(window, loop))
        for name, row in window.camera.rows.items():
            if hasattr(row, "slider") and row.slider.isEnabled():
                row.slider.setValue(row.slider.maximum() if row.slider.value() != row.slider.maximum() else 0)
                window.camera._catch_up()
                assert values(turn(window, loop, 2))[name] != found[name], name
        window.actions_["controls_found"].trigger()
        assert values(turn(window, loop)) == found
        assert not window.actions_["controls_found"].isEnabled()


def test_a_kept_mode_that_fails_at_the_start_falls_back(start, settings, monkeypatch):
    with start(CAMERA) as (window, loop):
        turn(window, loop)
        pick(window.camera.modes.size_, "1280 × 720")
        turn(window, loop)
    settings.setValue("cameras/sim%3Alight%3Dsteady%2Ccontrols%3Dmany/mode", "9999x720")
    with start() as (window, loop):
        fallen = turn(window, loop)
        assert fallen.frame.size_px == (1280, 720), "as it was when it was used last"
        assert "9999 × 720" in window.notices.text
        assert settings.value("cameras/sim%3Alight%3Dsteady%2Ccontrols%3Dmany/mode") is None


def test_the_camera_used_last_is_opened_in_the_mode_kept_for_it(settings):
    settings.setValue("camera/spec", "v4l2:/dev/video0,size=64x48")
    settings.setValue("camera/stable_id", "usb-1")
    opened = []
    (command,) = first_commands(
        Preferences(settings),
        given=frozenset(),
        meters=(),
        find_family=find_family,
        list_cameras=lambda: [CameraInfo("v4l2:/dev/video4", "it", "usb-1")],
        opener=lambda stable_id: lambda spec: opened.append((stable_id, spec)),
    )
    assert isinstance(command, UseCamera)
    command.open_camera()
    assert opened == [("usb-1", "v4l2:/dev/video4")]


def test_a_camera_named_on_the_command_line_is_used_in_the_mode_kept_for_it_unless_it_names_one(start, settings):
    settings.setValue("cameras/sim%3Alight%3Dsteady%2Ccontrols%3Dmany/mode", "320x240@15")
    with start("sim:light=steady,controls=many") as (window, loop):
        opened = turn(window, loop)
        assert (opened.mode.size_px, opened.mode.rates_fps) == ((320, 240), (15.0,))
    with start(CAMERA) as (window, loop):
        assert turn(window, loop).frame.size_px == (160, 120)
