"""What somebody does around cameras, limits and plots before a picture of the window is taken."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PyQt6.QtCore import QThread
from PyQt6.QtWidgets import QApplication

from autoexposure.clock import SimulatedClock
from autoexposure.control.snapshot import Snapshot
from autoexposure.probe.measure import probe
from autoexposure.states import LoopState
from drivers.discovery import open_camera
from gui.cameras.gallery import Gallery
from gui.cameras.probe_wizard import ProbeWizard
from gui.main_window import MainWindow
from gui.plots.axes import AXES
from gui.widgets.card import FoldButton
from tests.gui.cameras.played import FEW, MANY, MODE, MODES

MEASURED = "sim:light=steady,scene=coffee,width=320,height=240"
ROUND_MS, MOST_ROUNDS = 10, 6_000
"""How long to wait for what is done in the background."""


def hints(window: MainWindow) -> None:
    """The very first minute."""
    window.hints.begin()


def limits(window: MainWindow) -> None:
    """The limits are open, and every plot is shown."""
    window.control.fold(True)
    window.side.unfold("limits")
    for axis in AXES:
        window.plots.choose(axis.name, True)


def few_controls(snapshot: Snapshot) -> Snapshot:
    """A camera with three controls beside exposure."""
    return replace(snapshot, adjustments=FEW)


def many_controls(snapshot: Snapshot) -> Snapshot:
    """A camera with twenty, its modes among them."""
    return replace(snapshot, adjustments=MANY, modes=MODES, mode=MODE)


def all_controls(window: MainWindow) -> None:
    """All of them unfolded, scrolled to the last."""
    for fold in window.camera.findChildren(FoldButton):
        fold.setChecked(True)
    QApplication.processEvents()
    window.side.area.ensureWidgetVisible(window.camera.rows["sharpness"].control, 0, 60)


def details(window: MainWindow) -> None:
    """What the open camera can do."""
    window.actions_["camera_details"].trigger()


def gallery(window: MainWindow) -> None:
    """The simulated scenes, each with its picture."""
    window.cameras.refresh()
    _until(lambda: len(window.cameras.cameras) > 1)
    window.actions_["gallery"].trigger()
    sheet = window.findChild(Gallery)
    assert sheet is not None
    _until(lambda: all(scene.image is not None for scene in sheet.scenes))


def measuring(window: MainWindow) -> None:
    """A measurement half way."""
    wizard = _measure(window)
    _until(lambda: wizard.progress >= 0.5)


def measured(window: MainWindow) -> None:
    """What a measurement found."""
    wizard = _measure(window)
    _until(lambda: wizard.profile is not None)


def _measure(window: MainWindow) -> ProbeWizard:
    clock = SimulatedClock()
    with open_camera(MEASURED, clock=clock) as camera:
        info = camera.info
    wizard = ProbeWizard(
        window,
        window.theme,
        info,
        lambda spec: open_camera(spec, clock=clock),
        measure=lambda camera, progress, cancelled: probe(camera, progress, cancelled, clock=clock),
        profiles=Path(tempfile.gettempdir()),
    )
    window.camera_actions.wizard = wizard  # which ends it with the window
    wizard.show()
    wizard.begin()
    wizard.show_snapshot(Snapshot(loop_state=LoopState.STOPPED))
    return wizard


def _until(done: Callable[[], bool]) -> None:
    for _ in range(MOST_ROUNDS):
        QApplication.processEvents()
        if done():
            return
        QThread.msleep(ROUND_MS)
    raise TimeoutError("what a picture was to be taken of did not come about")
