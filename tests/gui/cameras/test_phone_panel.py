from dataclasses import replace

import cv2
import numpy as np
import pytest
import segno
from PyQt6.QtCore import Qt

from autoexposure.camera import CameraInfo, Capabilities
from autoexposure.control.commands import UseCamera
from autoexposure.errors import CameraDisconnected
from autoexposure.phone_status import PhoneState, PhoneStatus
from autoexposure.states import LoopState
from gui.text import texts

ADDRESS = "https://192.168.1.5:8443/"
URL = f"{ADDRESS}#c2VjcmV0LXNlY3JldC1zZWNy"
FINGERPRINT = ":".join(f"{byte:02X}" for byte in range(32))
CODE = np.array([[bool(module) for module in row] for row in segno.make_qr(URL, error="m").matrix])
WAITING = PhoneStatus(PhoneState.WAITING, ADDRESS, FINGERPRINT, code=CODE, code_ends_in_s=272.4)
LIVE = PhoneStatus(PhoneState.LIVE, ADDRESS, FINGERPRINT, lens="Pixel 7, camera2 0, facing back", throughput_bps=2.34e6)
PHONE = CameraInfo("phone:", "Phone", "phone:", f"waiting at {ADDRESS}")


class FakePhone:
    """A switchboard that says what it is told to say."""

    def __init__(self) -> None:
        self.now = WAITING
        self.done = []

    def status(self):
        return self.now

    def renew(self):
        self.done.append("renew")

    def dismiss(self):
        self.done.append("dismiss")

    def stop(self):
        self.done.append("stop")


@pytest.fixture
def phone():
    return FakePhone()


@pytest.fixture
def window(make_window, services, loop, running, phone):
    """A window that has had a webcam for a moment and now has the phone camera, which waits."""
    loop.snapshot = running
    made = make_window(replace(services, find_phone=lambda: phone, open_camera=lambda spec: spec))
    loop.snapshot = replace(running, camera=PHONE, capabilities=Capabilities(), decision=None, turn=2)
    made.bridge.poll()
    return made


def opened(command):
    """The camera a UseCamera opens; the fake returns its specification."""
    assert isinstance(command, UseCamera)
    return command.open_camera()


def test_the_code_on_screen_can_be_scanned(window):
    assert window.stage.currentWidget() is window.phone
    image = window.grab().toImage().convertToFormat(window.grab().toImage().Format.Format_RGB888)
    memory = image.constBits()
    memory.setsize(image.sizeInBytes())
    pixels = np.frombuffer(memory, np.uint8).reshape(image.height(), image.bytesPerLine())
    pixels = pixels[:, : image.width() * 3].reshape(image.height(), image.width(), 3)
    readers = (cv2.QRCodeDetector(), cv2.QRCodeDetectorAruco())
    assert URL in {reader.detectAndDecode(pixels)[0] for reader in readers}


def test_waiting_is_said_in_words(window):
    words = window.phone.words
    assert "Waiting for a phone" in words
    assert ADDRESS in words
    assert "4:33" in words
    assert "Show details" in words
    assert " ".join(FINGERPRINT.split(":")[:16]) in words
    assert "c2VjcmV0" not in words
    assert "c2VjcmV0" not in window.phone.code.accessibleName()


def test_nothing_can_be_judged_while_there_is_a_code(window):
    assert window.preview.painted is None
    assert not window.actions_["well"].isEnabled()
    assert "picture" in window.actions_["well"].toolTip(), "the reason is said"


def test_a_phone_that_joins_takes_the_stage(window, see, phone):
    phone.now = replace(LIVE, state=PhoneState.JOINING, trouble="The camera is not allowed: Allow it.")
    see(window)
    window.phone.refresh()
    assert "The camera is not allowed" in window.phone.words
    phone.now = LIVE
    see(window)
    assert window.stage.currentWidget() is window.preview
    assert not window.actions_["phone"].isChecked()


def test_every_state_is_said_in_words(window, see, phone):
    for status, words in (
        (replace(LIVE, throughput_bps=180e3), "slow"),
        (LIVE, "2.3 Mbit/s"),
        (replace(LIVE, state=PhoneState.AWAY, lens=""), "Unlock its screen"),
        (replace(LIVE, state=PhoneState.AWAY, trouble="the phone sent a message that is too large"), "too large"),
        (replace(WAITING, remark="A phone came with a code that is wrong, used or expired."), "wrong, used or expired"),
        (replace(WAITING, reachable=False), "not on a network"),
    ):
        phone.now = status
        see(window)
        if status.state is PhoneState.LIVE and not window.actions_["phone"].isChecked():
            window.actions_["phone"].trigger()
            see(window)
        window.phone.refresh()
        assert window.stage.currentWidget() is window.phone, words
        assert words in window.phone.words


def test_a_phone_that_is_away_is_no_bare_error(window, see, phone):
    phone.now = replace(LIVE, state=PhoneState.AWAY, lens="")
    see(window, loop_state=LoopState.RECONNECTING, error=CameraDisconnected("gone"), notice="gone")
    assert window.stage.currentWidget() is window.phone
    assert window.notices.text == ""


def test_buttons_do_what_they_say_and_are_off_where_they_can_do_nothing(window, see, phone, loop):
    actions = window.actions_
    assert not actions["phone_dismiss"].isEnabled()
    assert actions["phone_dismiss"].toolTip() == texts.PHONE_NOT_THERE
    actions["phone_code"].trigger()
    phone.now = LIVE
    see(window)
    assert not actions["phone_code"].isEnabled()
    actions["phone_dismiss"].trigger()
    actions["phone_stop"].trigger()
    assert phone.done == ["renew", "dismiss", "stop"]
    assert opened(loop.sent[-1]) == "v4l2:/dev/video0", "the camera before"


def test_another_camera_takes_the_stage_back(window, see, running):
    see(window, camera=running.camera)
    assert window.stage.currentWidget() is window.preview
    assert not window.actions_["phone_stop"].isEnabled()


def test_a_failed_loop_shows_its_failure(window, see):
    see(window, loop_state=LoopState.FAILED, error=CameraDisconnected("gone"), notice="gone")
    assert window.stage.currentWidget() is window.preview
    assert window.notices.text == "Gone."


def test_a_key_makes_a_phone_the_camera(make_window, services, loop, running, qtbot):
    loop.snapshot = running
    made = make_window(replace(services, open_camera=lambda spec: spec))
    qtbot.keyClick(made, Qt.Key.Key_P, Qt.KeyboardModifier.AltModifier)
    assert opened(loop.sent[-1]) == "phone:"
    assert not made.actions_["phone"].isChecked()
