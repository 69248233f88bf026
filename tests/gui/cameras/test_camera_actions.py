import threading
from dataclasses import replace

import numpy as np
import pytest
from PyQt6.QtWidgets import QFileDialog, QLabel

from autoexposure.camera import CameraInfo, Capabilities, ControlRange
from autoexposure.control.commands import Lock, UseCamera
from autoexposure.errors import (
    CameraBusy,
    CameraDisconnected,
    CameraNotFound,
    ConfigError,
    ModelFileError,
    SceneError,
    UnsupportedControl,
)
from autoexposure.states import LoopState
from gui.actions.notices import remedy
from gui.cameras.details import CameraSheet, capability_rows
from gui.cameras.gallery import Gallery
from gui.widgets.picker import DETAIL_ROLE, ICON_ROLE

PLUGGED = CameraInfo("v4l2:/dev/video2", "Another webcam", "usb-9")


class TestHotPlug:
    def test_a_camera_that_is_plugged_in_is_listed_and_greeted(
        self, make_window, services, loop, running, qtbot, tmp_path
    ):
        loop.snapshot = running
        there = [running.camera]
        window = make_window(replace(services, list_cameras=lambda: list(there)))
        window.cameras.refresh()
        qtbot.waitUntil(lambda: not window.cameras._looking)
        assert window.cameras.count() == 1
        assert window.notices.text == ""
        there.append(PLUGGED)
        (tmp_path / "video2").touch()
        qtbot.waitUntil(lambda: window.cameras.count() == 2)
        assert window.notices.text == "Another webcam was plugged in."
        assert window.notices.action is window.actions_["camera"]

    def test_one_that_can_not_be_used_says_why_and_is_not_greeted(
        self, make_window, services, loop, running, qtbot, tmp_path
    ):
        loop.snapshot = running
        there = [running.camera]
        window = make_window(replace(services, list_cameras=lambda: list(there)))
        window.cameras.refresh()
        qtbot.waitUntil(lambda: not window.cameras._looking)
        there.append(replace(PLUGGED, detail="uvcvideo", trouble="only libcamera can start it"))
        (tmp_path / "video2").touch()
        qtbot.waitUntil(lambda: window.cameras.count() == 2)
        assert window.cameras.itemData(1, DETAIL_ROLE) == "only libcamera can start it"
        assert window.cameras.itemData(1, ICON_ROLE) == "warning"
        assert window.notices.text == ""

    def test_one_that_leaves_leaves_the_list(self, make_window, services, loop, running, qtbot, tmp_path):
        loop.snapshot = running
        (tmp_path / "video2").touch()
        there = [running.camera, PLUGGED]
        window = make_window(replace(services, list_cameras=lambda: list(there)))
        window.cameras.refresh()
        qtbot.waitUntil(lambda: window.cameras.count() == 2)
        there.remove(PLUGGED)
        (tmp_path / "video2").unlink()
        qtbot.waitUntil(lambda: window.cameras.count() == 1)


class TestRetry:
    def test_the_camera_that_failed_is_opened_again(self, make_window, services, loop, see, running):
        loop.snapshot = replace(running, camera=None, loop_state=LoopState.FAILED, error=CameraBusy("in use"))
        opened = []
        window = make_window(replace(services, open_camera=opened.append, camera_spec="v4l2:/dev/video7"))
        assert window.notices.action is window.actions_["retry"]
        window.notices.action.trigger()
        (command,) = loop.sent
        command.open_camera()
        assert opened == ["v4l2:/dev/video7"]

    @pytest.mark.parametrize(
        ("error", "action"),
        [
            (CameraNotFound("x"), "camera"),
            (CameraBusy("x"), "retry"),
            (CameraDisconnected("x"), "camera"),
            (UnsupportedControl("x"), "camera_details"),
            (ModelFileError("x"), "meter"),
            (SceneError("x"), "gallery"),
            (ConfigError("x"), "camera"),
            (ZeroDivisionError("x"), "retry"),
        ],
    )
    def test_every_error_comes_with_something_to_do(self, window, see, error, action):
        assert remedy(error) == action
        see(window, loop_state=LoopState.FAILED, error=error, notice="")
        assert window.notices.text == "X."
        assert window.notices.action is window.actions_[action]


class TestLock:
    def test_another_camera_does_not_inherit_the_lock(self, window, see, loop):
        see(window, locked=True)
        window.cameras.use("sim:")
        assert [type(command) for command in loop.sent] == [Lock, UseCamera]
        assert loop.sent[0] == Lock(False)

    def test_the_same_camera_opened_again_keeps_it(self, window, see, loop):
        see(window, locked=True)
        window.cameras.reopen()
        assert [type(command) for command in loop.sent] == [UseCamera]


class TestDetails:
    def test_what_a_camera_can_do_in_words(self):
        rows = dict(
            capability_rows(
                Capabilities(
                    ControlRange(1e-4, 0.5, step=1e-4, reads_back=False),
                    ControlRange(1, 4, values=(1.0, 2.0, 4.0)),
                    native_auto=True,
                    delay_frames=(1, 3),
                    note="gain is a guess",
                )
            )
        )
        assert rows["Time"] == "1/10000 s to 0.5 s, steps of 100 µs"
        assert rows["ISO"] == "100 to 400, 3 values"
        assert rows["Reads settings back"] == "no"
        assert "1 to 3 pictures" in rows["Delay"]
        assert rows["Own auto exposure"] == "yes"
        assert rows["Note"] == "Gain is a guess."

    def test_what_it_cannot_is_said_too(self):
        rows = dict(capability_rows(Capabilities(reports_exposure=True, delay_frames=(2, 2))))
        assert rows["Time"] == rows["ISO"] == "can't be set"
        assert rows["Reads settings back"] == "yes, with every picture"
        assert rows["Delay"] == "a setting takes effect 2 pictures later"

    def test_the_sheet(self, window):
        window.actions_["camera_details"].trigger()
        (sheet,) = window.findChildren(CameraSheet)
        assert not sheet.isModal()
        assert {"A webcam", "v4l2:/dev/video0"} <= {label.text() for label in sheet.findChildren(QLabel)}


class TestGallery:
    def test_scenes_show_their_pictures_and_one_is_chosen(self, window, loop, qtbot):
        window.cameras.refresh()
        qtbot.waitUntil(lambda: window.cameras.count() == 2)
        window.actions_["gallery"].trigger()
        (gallery,) = window.findChildren(Gallery)
        (scene,) = gallery.scenes
        qtbot.waitUntil(lambda: scene.image is not None)
        assert scene.image.pixelColor(3, 3).red() == 90
        assert scene.accessibleName()
        gallery.grab()
        scene.click()
        assert [type(command) for command in loop.sent] == [UseCamera]
        assert not gallery.isVisible()

    def test_a_scene_that_cannot_be_drawn_says_why(self, make_window, services, qtbot):
        def broken(spec):
            raise SceneError("the photograph is missing")

        window = make_window(replace(services, render_scene=broken))
        window.cameras.refresh()
        qtbot.waitUntil(lambda: window.cameras.count() == 2)
        window.actions_["gallery"].trigger()
        (gallery,) = window.findChildren(Gallery)
        qtbot.waitUntil(lambda: gallery.scenes[0].toolTip() == "the photograph is missing")

    def test_a_closed_gallery_draws_no_more(self, window, qtbot, theme, services):
        asked = []
        from gui.bridge.bridge import Background

        background = Background("test")
        first = threading.Event()

        def render(spec):
            asked.append(spec)
            first.wait(10)
            return np.zeros((2, 2, 3), np.uint8)

        gallery = Gallery(window, theme, background, [PLUGGED] * 3, render)
        gallery.close()
        first.set()
        background.wait()
        background.close()
        assert len(asked) <= 1
        assert all(scene.image is None for scene in gallery.scenes)


def test_a_recording_is_played_by_its_path(window, loop):
    window.actions_["open_recording"].trigger()
    (dialog,) = window.findChildren(QFileDialog)
    assert not dialog.isModal()
    opened = []
    window.cameras._opener = lambda stable_id: opened.append
    dialog.fileSelected.emit("/somewhere/take one.tar")
    loop.sent[-1].open_camera()
    assert opened == ["replay:/somewhere/take one.tar"]
