"""Everything around choosing a camera that opens a sheet: details, gallery, recordings, measuring."""

from __future__ import annotations

import logging
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtWidgets import QFileDialog, QWidget

from autoexposure.camera import CameraInfo
from autoexposure.control.snapshot import Snapshot
from gui.actions.actions import Actions
from gui.actions.notices import Level, Notice
from gui.bridge.bridge import Background
from gui.bridge.device_watch import DeviceWatch
from gui.bridge.services import Services
from gui.cameras.details import CameraSheet
from gui.cameras.gallery import Gallery
from gui.cameras.picker import CameraPicker
from gui.style.theme import Theme
from gui.text import texts
from gui.text.wording import control_reason

log = logging.getLogger(__name__)

if TYPE_CHECKING:
    from gui.cameras.probe_wizard import ProbeWizard


class CameraActions(QObject):
    """Answers the actions around cameras. ``command`` carries commands, ``said`` a Notice."""

    command = pyqtSignal(object)
    said = pyqtSignal(object)

    def __init__(
        self, window: QWidget, theme: Theme, actions: Actions, picker: CameraPicker, services: Services
    ) -> None:
        super().__init__(window)
        self._window = window
        self._theme = theme
        self._actions = actions
        self._picker = picker
        self._services = services
        self._snapshot = Snapshot()
        self._pictures = Background("gallery", self)
        self.wizard: ProbeWizard | None = None
        self._devices = DeviceWatch(self)
        self._devices.changed.connect(picker.refresh)
        self._pictures.run(services.watched_files, self._devices.watch, self._not_watched)
        picker.arrived.connect(self._greet)
        actions["camera_details"].triggered.connect(self.show_details)
        actions["gallery"].triggered.connect(self.show_gallery)
        actions["open_recording"].triggered.connect(self.choose_recording)
        actions["probe"].triggered.connect(self.measure)
        actions["retry"].triggered.connect(picker.reopen)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Follow the loop."""
        self._snapshot = snapshot
        self._actions.allow("camera_details", texts.NOT_READY if snapshot.camera is None else "")
        measuring = self.wizard is not None
        self._actions.allow("probe", "" if measuring else control_reason(snapshot))
        if self.wizard is not None:
            self.wizard.show_snapshot(snapshot)

    def show_details(self) -> None:
        """What the open camera can do."""
        CameraSheet(self._window, self._actions, self._snapshot).show()

    def show_gallery(self) -> None:
        """The simulated scenes as pictures."""
        scenes = [camera for camera in self._picker.cameras if self._services.simulated.owns(camera.spec)]
        gallery = Gallery(self._window, self._theme, self._pictures, scenes, self._services.render_scene)
        gallery.chosen.connect(self._picker.use)
        gallery.show()

    def choose_recording(self) -> None:
        """Pick a recorded file and play it."""
        folder = self._services.recordings_folder
        there = folder if folder.is_dir() else Path.home()
        dialog = QFileDialog(self._window, texts.OPEN_RECORDING, str(there))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilter(texts.RECORDINGS)
        dialog.fileSelected.connect(self.play)
        dialog.setModal(False)
        dialog.show()

    def play(self, path: str) -> None:
        """Play the recording at ``path`` instead of a camera."""
        self._picker.use(self._services.recordings.spec(str(Path(path))))

    def measure(self) -> None:
        """Open the wizard that measures the open camera, or bring it to the front."""
        from gui.cameras.probe_wizard import ProbeWizard  # loaded when it is wanted: it is much, and rarely

        if self.wizard is None:
            camera = self._snapshot.camera
            if camera is None:
                self.said.emit(Notice(Level.INFO, texts.PROBE_NO_CAMERA, self._actions["camera"]))
                return
            self.wizard = ProbeWizard(self._window, self._theme, camera, self._services.open_camera)
            self.wizard.command.connect(self.command)
            self.wizard.destroyed.connect(partial(setattr, self, "wizard", None))
        self.wizard.show()
        self.wizard.raise_()

    def close(self) -> None:
        """End what is still at work."""
        if self.wizard is not None:
            self.wizard.abandon()
        self._pictures.close(timeout_s=0.2)

    def _not_watched(self, error: Exception) -> None:
        log.warning("cameras that come and go are seen when the list is opened: %s", error)

    def _greet(self, camera: CameraInfo) -> None:
        text = texts.CAMERA_ARRIVED.format(name=camera.name)
        self.said.emit(Notice(Level.INFO, text, self._actions["camera"]))
