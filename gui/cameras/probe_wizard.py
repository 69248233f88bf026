"""Measuring a camera step by step: what to do, how far it is, what was found, keep it or not."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QCloseEvent
from PyQt6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from autoexposure.camera import Camera, CameraInfo
from autoexposure.control.commands import LetGo, UseCamera
from autoexposure.control.snapshot import Snapshot
from autoexposure.errors import ProbeCancelled
from autoexposure.probe.measure import probe
from autoexposure.probe.rig import Progress
from autoexposure.profiles.files import profile_path, write_profile
from autoexposure.profiles.profile import CameraProfile
from autoexposure.states import LoopState
from gui.bridge.bridge import Background
from gui.cameras.probe_result import ProbePlots, ProbeTable
from gui.style.theme import Theme
from gui.text import texts
from gui.text.wording import as_sentence
from gui.widgets.controls import label, wrapped

Measure = Callable[[Camera, Callable[[Progress], None], Callable[[], bool]], CameraProfile]
"""`autoexposure.probe.measure.probe`, or in tests something quicker."""

WIDTH_PX = 800
STEPS = 1000
"""Of the progress bar."""


class ProbeWizard(QDialog):
    """Takes the camera from the loop, measures it in the background and gives it back, whatever happens.

    ``command`` carries what the loop is to do. It never blocks the window, and closing it ends the measurement.
    """

    command = pyqtSignal(object)

    def __init__(
        self,
        parent: QWidget,
        theme: Theme,
        camera: CameraInfo,
        open_camera: Callable[[str], Camera],
        *,
        measure: Measure = probe,
        profiles: Path | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(texts.PROBE_TITLE.format(name=camera.name))
        self.setMinimumWidth(WIDTH_PX)
        self._theme = theme
        self._camera = camera
        self._open_camera = open_camera
        self._measure = measure
        self._profiles = profiles
        self._background = Background("probe", self)
        self._cancelled = threading.Event()
        self._waiting = self._running = self._leaving = False
        self.profile: CameraProfile | None = None
        self._pages = QStackedWidget()
        self._bar = QProgressBar()
        self._doing = label("")
        self._found = QVBoxLayout()
        self._failure = label("")
        self._lay_out()

    @property
    def progress(self) -> float:
        """How far the measurement is, 0 to 1."""
        return self._bar.value() / STEPS

    # What the user does

    def begin(self) -> None:
        """Ask the loop for the camera; the measurement starts when it has let go."""
        self._cancelled.clear()
        self._waiting = True
        self._doing.setText(texts.PROBE_WAITING)
        self._bar.setValue(0)
        self._turn_to("running")
        self.command.emit(LetGo())

    def cancel(self) -> None:
        """End the measurement; the camera is put back as it was."""
        self._cancelled.set()
        self._doing.setText(texts.PROBE_CANCELLING)
        self._cancel.setEnabled(False)
        if self._waiting:  # nothing has begun
            self._waiting = False
            self._give_back()
            self._turn_to("intro")

    def save(self) -> None:
        """Keep what was found, and use it from now on."""
        if self.profile is None:
            return
        self._save.setEnabled(False)
        path = profile_path(self.profile.stable_id, self._profiles)
        self._background.run(partial(_write, self.profile, path), self._saved, self._failed)

    def closeEvent(self, event: QCloseEvent | None) -> None:
        """Close at once; while a measurement runs only hide, until it has ended and the camera is given back."""
        self._cancelled.set()
        if self._waiting:
            self._waiting = False
            self._give_back()
        if self._running:
            self._leaving = True
            self.hide()
            if event is not None:
                event.ignore()
            return
        self._background.close(timeout_s=0.2)
        if event is not None:
            event.accept()  # QDialog's own answer would be reject(), which leads here

    def abandon(self, timeout_s: float = 3.0) -> None:
        """The program ends: let the measurement put the camera back, but wait no longer than this."""
        self._cancelled.set()
        self._background.close(timeout_s)

    def reject(self) -> None:
        """Escape: leave by closeEvent like the rest, so that the camera is given back."""
        self.close()

    # What the loop and the measurement say

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Follow the loop: start when it has let go of the camera."""
        if self._waiting and snapshot.loop_state is LoopState.STOPPED:
            self._waiting, self._running = False, True
            self._cancel.setEnabled(True)
            self._background.run(self._work, self._done, self._failed)

    def _work(self) -> CameraProfile:
        """In the background: open, measure, close."""
        with self._open_camera(self._camera.spec) as camera:
            return self._measure(camera, self._tell, self._cancelled.is_set)

    def _tell(self, progress: Progress) -> None:
        self._background.report(partial(self._show_progress, progress))

    def _show_progress(self, progress: Progress) -> None:
        if self._cancelled.is_set():
            return
        self._bar.setValue(round(progress.done * STEPS))
        self._doing.setText(as_sentence(progress.doing))

    def _done(self, profile: CameraProfile) -> None:
        self._running = False
        self._give_back()
        if self._leaving:
            self.close()
            return
        self.profile = profile
        self._show_found(profile)
        self._turn_to("found")
        QTimer.singleShot(0, self._stay_on_screen)

    def _failed(self, error: Exception) -> None:
        was_running, self._running = self._running, False
        if was_running:
            self._give_back()
        if self._leaving:
            self.close()
            return
        if isinstance(error, ProbeCancelled):
            self._turn_to("intro")
            return
        self._save.setEnabled(True)
        self._failure.setText(as_sentence(str(error)))
        self._turn_to("failed")

    def _saved(self, path: Path) -> None:
        self._give_back()  # opened anew, so that the profile is used
        self.where.setText(texts.PROBE_SAVED.format(path=path))
        self._save.hide()

    def _give_back(self) -> None:
        self.command.emit(UseCamera(partial(self._open_camera, self._camera.spec)))

    def _stay_on_screen(self) -> None:
        """What was found needs more room than the pages before: move up rather than leave the buttons below."""
        screen = self.screen()
        if screen is None:
            return
        room, frame = screen.availableGeometry(), self.frameGeometry()
        self.move(frame.left(), max(room.top(), min(frame.top(), room.bottom() - frame.height())))

    # Pages

    def _turn_to(self, name: str) -> None:
        self._pages.setCurrentWidget(self._page[name])
        self._cancel.setEnabled(True)
        self._first[name].setFocus()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(14)
        column.addWidget(label(self._camera.name, scale=1.3, bold=True))
        column.addWidget(self._pages, 1)
        self._start = _button(texts.PROBE_START, self.begin, primary=True)
        self._cancel = _button(texts.PROBE_CANCEL, self.cancel)
        self._save = _button(texts.PROBE_SAVE, self.save, primary=True)
        self._again = _button(texts.PROBE_AGAIN, self.begin)
        retry = _button(texts.PROBE_AGAIN, self.begin, primary=True)
        self._page = {
            "intro": self._add_page([wrapped(texts.PROBE_INTRO)], [self._start]),
            "running": self._add_page([self._doing, self._bar, wrapped(texts.PROBE_STILL, "muted")], [self._cancel]),
            "found": self._add_page([], [self._again, self._save], filled=True),
            "failed": self._add_page([self._failure], [retry]),
        }
        self._first = {"intro": self._start, "running": self._cancel, "found": self._save, "failed": retry}
        self._start.setFocus()
        self._failure.setWordWrap(True)
        self._bar.setRange(0, STEPS)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(texts.PROBE_PROGRESS)

    def _add_page(self, widgets: list[QWidget], buttons: list[QPushButton], *, filled: bool = False) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        for widget in widgets:
            column.addWidget(widget)
        if filled:
            column.addLayout(self._found, 1)
        else:
            column.addStretch(1)
        row = QHBoxLayout()
        row.addWidget(_button(texts.PROBE_CLOSE, self.close))
        row.addStretch(1)
        for button in buttons:
            row.addWidget(button)
        column.addLayout(row)
        self._pages.addWidget(page)
        return page

    def _show_found(self, profile: CameraProfile) -> None:
        while (item := self._found.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        self._found.addWidget(ProbePlots(self._theme, profile))
        self._found.addWidget(ProbeTable(profile), 1)
        self.where = wrapped(texts.PROBE_KEEP.format(took_s=profile.took_s), "muted")
        self._found.addWidget(self.where)
        self._save.setEnabled(True)
        self._save.show()


def _write(profile: CameraProfile, path: Path) -> Path:
    write_profile(profile, path)
    return path


def _button(text: str, do: Callable[[], object], *, primary: bool = False) -> QPushButton:
    made = QPushButton(text)
    made.setObjectName("primary" if primary else "")
    made.setAutoDefault(primary)
    made.clicked.connect(lambda: do())
    return made
