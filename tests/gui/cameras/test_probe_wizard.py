import threading
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel

from autoexposure.clock import SimulatedClock
from autoexposure.control.commands import LetGo, UseCamera
from autoexposure.control.snapshot import Snapshot
from autoexposure.errors import ProbeCancelled, ProbeError
from autoexposure.probe.measure import probe
from autoexposure.probe.rig import Progress
from autoexposure.profiles.files import read_profile
from autoexposure.states import LoopState
from drivers.simulated.camera import open_simulated
from gui.cameras.probe_wizard import ProbeWizard
from gui.text import texts

SPEC = "sim:light=steady,scene=coffee,width=160,height=120"
FREE = Snapshot(loop_state=LoopState.STOPPED)


@pytest.fixture
def make_wizard(qtbot, window, theme, tmp_path):
    clock = SimulatedClock()
    opened = []

    def open_camera(spec):
        opened.append(open_simulated(spec.removeprefix("sim:"), clock=clock))
        return opened[-1]

    def make(measure=lambda *given: probe(*given, clock=clock)):
        info = open_simulated(SPEC.removeprefix("sim:"), clock=clock).info
        wizard = ProbeWizard(window, theme, info, open_camera, measure=measure, profiles=tmp_path / "profiles")
        wizard.sent = []
        wizard.opened = opened
        wizard.command.connect(wizard.sent.append)
        wizard.show()
        return wizard

    return make


def kinds(wizard):
    return [type(command) for command in wizard.sent]


def words(wizard):
    return " ".join(label.text() for label in wizard.findChildren(QLabel) if label.isVisible())


def test_it_measures_once_the_loop_has_let_go_and_saves_what_it_found(make_wizard, qtbot, tmp_path):
    wizard = make_wizard()
    wizard.begin()
    assert kinds(wizard) == [LetGo]
    wizard.show_snapshot(Snapshot(loop_state=LoopState.RUNNING))
    assert wizard.opened == [], "the camera is still the loop's"
    wizard.show_snapshot(FREE)
    qtbot.waitUntil(lambda: wizard.profile is not None, timeout=60_000)
    assert kinds(wizard) == [LetGo, UseCamera]
    assert wizard.profile.delay.frames == 2
    assert "2 pictures from a setting to its effect" in words(wizard)
    wizard.grab()
    wizard.save()
    qtbot.waitUntil(lambda: len(wizard.sent) == 3)
    (path,) = Path(tmp_path / "profiles").iterdir()
    assert read_profile(path).delay == wizard.profile.delay
    assert str(path) in words(wizard)


def test_progress_is_shown_while_it_goes(make_wizard, qtbot):
    go_on = threading.Event()

    def measure(camera, progress, cancelled):
        progress(Progress(0.4, "measuring gains"))
        go_on.wait(10)
        raise ProbeError("it is too dark here: switch a lamp on")

    wizard = make_wizard(measure)
    wizard.begin()
    wizard.show_snapshot(FREE)
    qtbot.waitUntil(lambda: wizard._bar.value() == 400)
    assert "Measuring gains." in words(wizard)
    go_on.set()
    qtbot.waitUntil(lambda: "It is too dark here: switch a lamp on." in words(wizard))
    assert kinds(wizard) == [LetGo, UseCamera], "the camera is given back"


@pytest.fixture
def patient():
    """A measurement that only ends when it is cancelled."""

    def measure(camera, progress, cancelled):
        progress(Progress(0.1, "measuring"))
        while not cancelled():
            pass
        raise ProbeCancelled("cancelled")

    return measure


def test_cancelling_gives_the_camera_back_and_leads_to_the_beginning(make_wizard, qtbot, patient):
    wizard = make_wizard(patient)
    wizard.begin()
    wizard.show_snapshot(FREE)
    qtbot.waitUntil(lambda: wizard._bar.value() == 100)
    wizard.cancel()
    qtbot.waitUntil(lambda: kinds(wizard) == [LetGo, UseCamera])
    assert texts.PROBE_INTRO in words(wizard)


def test_closing_while_it_measures_ends_it_and_never_waits(make_wizard, qtbot, patient):
    wizard = make_wizard(patient)
    sent = wizard.sent
    wizard.begin()
    wizard.show_snapshot(FREE)
    qtbot.waitUntil(lambda: wizard._bar.value() == 100)
    wizard.reject()
    assert not wizard.isVisible()
    qtbot.waitUntil(lambda: [type(command) for command in sent] == [LetGo, UseCamera])


def test_escape_leaves_it_wherever_it_stands(make_wizard, qtbot):
    def fails(camera, progress, cancelled):
        raise ProbeError("it is too dark here: switch a lamp on")

    untouched = make_wizard()
    qtbot.keyClick(untouched, Qt.Key.Key_Escape)
    assert not untouched.isVisible()
    failed = make_wizard(fails)
    failed.begin()
    failed.show_snapshot(FREE)
    qtbot.waitUntil(lambda: "It is too dark here" in words(failed))
    qtbot.keyClick(failed, Qt.Key.Key_Escape)
    assert not failed.isVisible()


def test_closing_before_it_began_gives_the_camera_back(make_wizard):
    wizard = make_wizard()
    wizard.begin()
    wizard.close()
    assert kinds(wizard) == [LetGo, UseCamera]
    assert wizard.opened == []


def test_the_window_opens_one_wizard_for_its_camera(window, see):
    window.actions_["probe"].trigger()
    wizard = window.camera_actions.wizard
    assert "A webcam" in words(wizard)
    see(window)
    window.actions_["probe"].trigger()
    assert window.camera_actions.wizard is wizard, "brought to the front, not opened again"
    wizard.close()
