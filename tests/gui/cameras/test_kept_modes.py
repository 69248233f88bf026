"""A mode chosen for a camera is kept, used again, and given up where the camera refuses it."""

from dataclasses import replace

import pytest
from PyQt6.QtWidgets import QApplication

from autoexposure.abilities.moded import PictureMode
from autoexposure.camera import CameraInfo
from autoexposure.control.commands import SetExposure, UseCamera
from autoexposure.errors import CameraBusy, CameraNotFound
from autoexposure.states import LoopState
from gui.preferences import CameraPreferences
from tests.gui.cameras.played import MODE, MODES
from tests.gui.conftest import WEBCAM

CHOSEN = PictureMode("", 1920, 1080)
TAKEN = PictureMode("MJPG", 1920, 1080, (30.0,))
CHOSEN_SPEC = "v4l2:/dev/video0,size=1920x1080"


class Opened:
    """A camera that was opened."""

    def __init__(self, spec, mode):
        self.spec, self.mode = spec, mode
        self.info = replace(WEBCAM, spec=spec)

    def modes(self):
        return MODES


@pytest.fixture
def camera(make_window, services, loop, running):
    """A window on a webcam whose opening is up to the test: ``answers`` maps specifications to errors or modes."""

    class Played:
        def __init__(self):
            self.answers, self.opened = {}, []

        def open(self, spec):
            self.opened.append(spec)
            answer = self.answers.get(spec, TAKEN)
            if isinstance(answer, Exception):
                raise answer
            return Opened(spec, answer)

        def choose(self, mode=CHOSEN):
            loop.sent.clear()
            self.window.modes.use(mode)
            return loop.sent[0].open_camera()

    played = Played()
    loop.snapshot = replace(running, modes=MODES, mode=MODE)
    played.window = make_window(replace(services, open_camera=played.open))
    return played


def kept(settings, stable_id=WEBCAM.stable_id):
    return CameraPreferences(settings).mode(stable_id)


def test_it_is_kept_once_it_brings_a_picture_and_used_when_that_camera_is_opened_again(
    camera, see, settings, loop, qtbot, make_frame
):
    camera.choose()
    assert camera.opened == [CHOSEN_SPEC]
    see(camera.window, camera=None, frame=None, loop_state=LoopState.STARTING)
    assert kept(settings) is None, "nothing has come of it yet"
    opened = replace(WEBCAM, spec=CHOSEN_SPEC)
    see(camera.window, camera=opened, loop_state=LoopState.RUNNING, mode=TAKEN)
    assert kept(settings) is None
    see(camera.window, frame=make_frame())
    assert kept(settings) == CHOSEN
    assert camera.window.camera.modes.chosen == CHOSEN
    camera.window.cameras.refresh()
    qtbot.waitUntil(lambda: camera.window.cameras.count() == 2)
    camera.opened.clear()
    loop.sent.clear()
    camera.window.cameras.use("v4l2:/dev/video0")
    loop.sent[-1].open_camera()
    assert camera.opened == [CHOSEN_SPEC]
    camera.window.cameras.use("sim:")
    loop.sent[-1].open_camera()
    assert camera.opened == [CHOSEN_SPEC, "sim:"], "the other camera is opened as it was"


def test_no_bandwidth_falls_back_with_a_sentence_and_is_not_kept(camera, see, settings):
    CameraPreferences(settings).keep_mode(WEBCAM.stable_id, CHOSEN)
    camera.answers[CHOSEN_SPEC] = CameraBusy("the USB bus has no bandwidth left for it: use a smaller size")
    assert camera.choose().spec == WEBCAM.spec
    assert camera.opened == [CHOSEN_SPEC, WEBCAM.spec]
    QApplication.processEvents()
    assert kept(settings) is None
    assert "1920 × 1080" in camera.window.notices.text
    assert "The USB bus has no bandwidth left" in camera.window.notices.text
    see(camera.window)
    assert kept(settings) is None


def test_a_mode_kept_before_stands_where_another_is_refused(camera, settings):
    before = PictureMode("MJPG", 1280, 720, (30.0,))
    CameraPreferences(settings).keep_mode(WEBCAM.stable_id, before)
    camera.answers[CHOSEN_SPEC] = CameraBusy("no bandwidth")
    camera.choose()
    QApplication.processEvents()
    assert kept(settings) == before


def test_a_mode_it_no_longer_offers_is_forgotten_and_said(camera, settings):
    CameraPreferences(settings).keep_mode(WEBCAM.stable_id, CHOSEN)
    camera.answers[CHOSEN_SPEC] = PictureMode("MJPG", 1280, 720, (30.0,))
    camera.window.modes.opener(WEBCAM.stable_id)(WEBCAM.spec)
    assert camera.opened == [CHOSEN_SPEC], "it is open, in the mode that it took"
    QApplication.processEvents()
    assert kept(settings) is None
    assert "did not take 1920 × 1080; it sends 1280 × 720, 30 fps, MJPG" in camera.window.notices.text


def test_a_camera_that_is_away_costs_no_mode(camera, settings):
    CameraPreferences(settings).keep_mode(WEBCAM.stable_id, CHOSEN)
    for spec in (CHOSEN_SPEC, WEBCAM.spec):
        camera.answers[spec] = CameraNotFound("there is no camera")
    with pytest.raises(CameraNotFound):
        camera.window.modes.opener(WEBCAM.stable_id)(WEBCAM.spec)
    QApplication.processEvents()
    assert kept(settings) == CHOSEN
    assert camera.window.notices.text == ""


def test_an_exposure_that_is_held_is_held_in_the_other_mode(camera, see, loop, running):
    see(camera.window, locked=True)
    camera.window.modes.use(CHOSEN)
    assert [type(command) for command in loop.sent] == [UseCamera, SetExposure]
    assert loop.sent[-1].exposure == running.commanded


def test_the_open_camera_stands_once_in_the_list_whatever_its_mode(camera, see, qtbot):
    see(camera.window, camera=replace(WEBCAM, spec=CHOSEN_SPEC))
    camera.window.cameras.refresh()
    qtbot.waitUntil(lambda: camera.window.cameras.count() == 2)
    assert [one.stable_id for one in camera.window.cameras.cameras] == [WEBCAM.stable_id, "sim:"]
    assert camera.window.cameras.currentData() == CHOSEN_SPEC


def test_the_list_shows_the_camera_that_was_chosen_while_it_opens_in_its_mode(camera, see, qtbot, settings):
    camera.window.cameras.refresh()
    qtbot.waitUntil(lambda: camera.window.cameras.count() == 2)
    see(camera.window, camera=CameraInfo("sim:", "Simulated camera", "sim:"))
    camera.window.cameras.use("v4l2:/dev/video0")
    see(camera.window, camera=replace(WEBCAM, spec=CHOSEN_SPEC))
    assert camera.window.cameras.currentData() == CHOSEN_SPEC


@pytest.mark.parametrize(
    "mode",
    [
        PictureMode("MJPG", 1280, 720, (29.97,)),
        PictureMode("", 640, 480),
        PictureMode("Y16 ", 640, 480),
        PictureMode("", 320, 240, (30.0,)),
    ],
)
def test_what_is_kept_is_read_as_it_was(settings, mode):
    preferences = CameraPreferences(settings)
    preferences.keep_mode("usb/1:0 ü, %", mode)
    assert preferences.mode("usb/1:0 ü, %") == replace(mode, fourcc=mode.fourcc.rstrip())
    assert preferences.mode("usb/1") is None
    preferences.keep_mode("usb/1:0 ü, %", None)
    assert preferences.mode("usb/1:0 ü, %") is None
    assert settings.allKeys() == []


@pytest.mark.parametrize("nonsense", ["", "large", "0", "1280x", "x720", "1280x720@fast"])
def test_nonsense_in_the_file_counts_as_nothing(settings, nonsense):
    settings.setValue("cameras/usb-1/mode", nonsense)
    settings.setValue("cameras/usb-1/turned", nonsense)
    assert CameraPreferences(settings).mode("usb-1") is None
    assert CameraPreferences(settings).turned("usb-1").quarters == 0
