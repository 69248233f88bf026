"""Notices when cameras may have come or gone, without asking any of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PyQt6.QtCore import QFileSystemWatcher, QObject, QTimer, pyqtSignal

CALM_MS = 250
"""A camera brings several nodes within a moment, and its permissions shortly after."""


class DeviceWatch(QObject):
    """Emits ``changed`` when a file appears, or vanishes, whose name fits one of the patterns given to ``watch``.

    Linux reports changes of a folder by itself, so no idle camera is woken up to see whether it is there.
    Where there is no such folder nothing is emitted, and lists are refreshed when they are opened.
    """

    changed = pyqtSignal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._patterns: tuple[Path, ...] = ()
        self._nodes = self._look()
        self._watcher = QFileSystemWatcher(self)
        self._watcher.directoryChanged.connect(lambda _: self._calm.start())
        self._calm = QTimer(self)
        self._calm.setSingleShot(True)
        self._calm.setInterval(CALM_MS)
        self._calm.timeout.connect(self._compare)

    def watch(self, patterns: Sequence[str]) -> None:
        """Watch the files that fit ``patterns``, as ``/dev/video*``: a folder and a pattern for the names in it."""
        self._patterns = tuple(Path(pattern) for pattern in patterns)
        self._nodes = self._look()
        folders = sorted({str(pattern.parent) for pattern in self._patterns if pattern.parent.is_dir()})
        if folders:
            self._watcher.addPaths(folders)

    def _compare(self) -> None:
        nodes = self._look()
        if nodes != self._nodes:
            self._nodes = nodes
            self.changed.emit()

    def _look(self) -> frozenset[Path]:
        return frozenset(node for pattern in self._patterns for node in pattern.parent.glob(pattern.name))
