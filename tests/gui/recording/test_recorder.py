from dataclasses import replace
from datetime import datetime

import pytest
from PyQt6.QtWidgets import QMainWindow

from autoexposure.errors import VirtualCameraError
from autoexposure.recording.reader import Recording
from autoexposure.recording.sink import QueuedSink
from gui.actions.actions import Actions
from gui.actions.notices import Level
from gui.recording.recorder import Recorder, new_path
from gui.recording.virtual_output import VirtualOutput
from gui.text import texts


@pytest.fixture
def host(qtbot, theme):
    window = QMainWindow()
    qtbot.addWidget(window)
    window.actions_ = Actions(window, theme)
    yield window
    window.close()


@pytest.fixture
def recorder(host, theme, loop, tmp_path):
    made = Recorder(theme, host.actions_, loop, tmp_path / "films", host)
    made.said = []
    made.noticed.connect(made.said.append)
    yield made
    made.switch.close()


@pytest.fixture
def feed(recorder, loop, running, make_frame):
    """Give so many pictures to whoever listens to the loop."""

    def play(numbers):
        for number in numbers:
            snapshot = replace(running, frame=make_frame(number, sequence=number))
            recorder.show_snapshot(snapshot)
            for sink in loop.sinks:
                sink(snapshot)

    return play


def finish(qtbot, recorder):
    qtbot.waitUntil(lambda: recorder.switch.sink is None or recorder.switch.sink.ended)
    recorder.switch.look()


def test_every_picture_of_the_loop_is_recorded(recorder, host, feed, qtbot):
    feed([0])
    host.actions_["record"].trigger()
    feed(range(1, 6))
    recorder.switch.look()
    assert recorder.chip.text.startswith("REC 0:00")
    host.actions_["record"].trigger()
    feed([6, 7])
    finish(qtbot, recorder)
    with Recording(recorder.last_path) as read:
        assert len(read.pictures) == 5
    notice = recorder.said[-1]
    assert notice.level is Level.INFO
    assert "5 pictures" in notice.text
    assert notice.action is host.actions_["play_last"]
    assert recorder.chip.isHidden()


def test_without_a_picture_there_is_nothing_to_record(recorder, host, running):
    recorder.show_snapshot(replace(running, frame=None))
    assert host.actions_["record"].toolTip() == texts.RECORD_NO_PICTURE
    assert not host.actions_["record"].isEnabled()


def test_an_empty_recording_leaves_no_file(recorder, host, feed, qtbot):
    feed([0])
    host.actions_["record"].trigger()
    host.actions_["record"].trigger()
    finish(qtbot, recorder)
    assert recorder.said[-1].text == texts.RECORDED_NOTHING
    assert not recorder.last_path.exists()


def test_a_folder_that_cannot_be_made(recorder, host, feed, qtbot, tmp_path):
    (tmp_path / "films").write_text("in the way")
    feed([0])
    host.actions_["record"].trigger()
    finish(qtbot, recorder)
    assert not host.actions_["record"].isChecked()
    assert recorder.said[-1].level is Level.ERROR
    assert "can't be written" in recorder.said[-1].text


def test_a_window_that_closes_ends_it_in_good_order(recorder, host, feed):
    feed([0])
    host.actions_["record"].trigger()
    feed(range(1, 4))
    recorder.switch.close()
    with Recording(recorder.last_path) as read:
        assert len(read.pictures) == 3


def test_file_names_say_what_and_when_and_are_new(tmp_path):
    at = datetime(2026, 3, 4, 5, 6, 7)
    first = new_path(tmp_path, "Logi: C920/HD", at)
    assert first.name == "2026-03-04 05.06.07 Logi C920 HD.tar"
    first.write_text("")
    assert new_path(tmp_path, "Logi: C920/HD", at).name == "2026-03-04 05.06.07 Logi C920 HD (2).tar"
    assert new_path(tmp_path, "", at).name == "2026-03-04 05.06.07 recording.tar"


class Showing:
    name = ""

    def add(self, snapshot):
        self.name = "/dev/video9"
        return True

    def close(self):
        pass


class TestVirtualCamera:
    def output(self, host, loop, make):
        output = VirtualOutput(host.actions_, loop, make, host)
        output.said = []
        output.noticed.connect(output.said.append)
        return output

    def test_it_says_under_which_name_others_find_it(self, host, loop, running, qtbot):
        output = self.output(host, loop, lambda: QueuedSink("test", Showing))
        host.actions_["virtual_camera"].trigger()
        assert output.said[-1].text == texts.VIRTUAL_CAMERA_OPENING
        loop.sinks[0](running)
        qtbot.waitUntil(lambda: loop.sinks[0].consumer is not None and loop.sinks[0].consumer.name != "")
        output.switch.look()
        assert "/dev/video9" in output.said[-1].text
        host.actions_["virtual_camera"].trigger()
        assert loop.sinks == []
        qtbot.waitUntil(lambda: output.switch.sink.ended)
        output.switch.look()
        assert output.said[-1] is None

    def test_without_a_device_it_goes_off_and_says_what_to_do(self, host, loop, qtbot):
        def fail():
            raise VirtualCameraError("there is no virtual camera device on this system: install one")

        output = self.output(host, loop, lambda: QueuedSink("test", fail))
        host.actions_["virtual_camera"].trigger()
        qtbot.waitUntil(lambda: output.switch.sink.ended)
        output.switch.look()
        assert not host.actions_["virtual_camera"].isChecked()
        assert output.said[-1].level is Level.ERROR
        assert output.said[-1].text == "There is no virtual camera device on this system: install one."
