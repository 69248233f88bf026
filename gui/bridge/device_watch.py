"""Tells when cameras may have come or gone, without asking any of them."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QFileSystemWatcher, QObject, QTimer, pyqtSignal

DEVICES = Path("/dev")
NODES = "video*"
CALM_MS = 250
"""A camera brings several nodes within a moment, and its permissions shortly after."""


class DeviceWatch(QObject):
    """Emits ``changed`` when a video node appears in, or vanishes from, a folder of devices.

    Linux tells by itself when the folder changes, so an idle camera is never woken up to see whether it is there.
    Where there is no such folder nothing is emitted, and lists are refreshed when they are opened.
    """

    changed = pyqtSignal()

    def __init__(self, folder: Path = DEVICES, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder = folder
        self._nodes = self._look()
        self._watcher = QFileSystemWatcher(self)
        if folder.is_dir():
            self._watcher.addPath(str(folder))
        self._watcher.directoryChanged.connect(lambda _: self._calm.start())
        self._calm = QTimer(self)
        self._calm.setSingleShot(True)
        self._calm.setInterval(CALM_MS)
        self._calm.timeout.connect(self._compare)

    def _compare(self) -> None:
        nodes = self._look()
        if nodes != self._nodes:
            self._nodes = nodes
            self.changed.emit()

    def _look(self) -> frozenset[str]:
        return frozenset(node.name for node in self._folder.glob(NODES))
