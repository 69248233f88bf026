"""A switch for what leaves the loop picture by picture: a recording, the virtual camera."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic

from PyQt6.QtCore import QObject, QTimer, pyqtSignal
from PyQt6.QtGui import QAction

from autoexposure.recording.sink import Outlet, Used
from gui.bridge.services import LoopPort

LOOK_MS = 250


class OutletSwitch(QObject, Generic[Used]):
    """Starts and ends an outlet with an action. The outlet works in a thread of its own; this only looks at it.

    Signals: ``running`` with the outlet, some times a second while it works; ``finished`` with it when it was switched
    off and all is done; ``failed`` with it when it ended by itself, with ``outlet.error`` saying why.
    """

    running = pyqtSignal(object)
    finished = pyqtSignal(object)
    failed = pyqtSignal(object)

    def __init__(
        self, action: QAction, loop: LoopPort, make_outlet: Callable[[], Outlet[Used]], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._action = action
        self._loop = loop
        self._make = make_outlet
        self._outlet: Outlet[Used] | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.look)
        action.toggled.connect(self._switch)

    @property
    def outlet(self) -> Outlet[Used] | None:
        """What is at work, or still finishing; None when all is done."""
        return self._outlet

    def look(self) -> None:
        """Say how it goes."""
        outlet = self._outlet
        if outlet is None:
            return
        if not outlet.ended:
            self.running.emit(outlet)
            return
        self._timer.stop()
        self._loop.remove_sink(outlet)
        self._outlet = None
        if self._action.isChecked():
            self._action.setChecked(False)
        (self.finished if outlet.error is None else self.failed).emit(outlet)

    def close(self, timeout_s: float = 2.0) -> None:
        """End it and wait at most this long for its file or device to close; for a window that closes."""
        outlet, self._outlet = self._outlet, None
        self._timer.stop()
        if outlet is not None:
            self._loop.remove_sink(outlet)
            outlet.close(timeout_s)

    def _switch(self, on: bool) -> None:
        if on and self._outlet is None:
            self._outlet = self._make()
            self._loop.add_sink(self._outlet)
            self._timer.start()
            self.running.emit(self._outlet)
        elif on:
            self._action.setChecked(False)  # the last one is still being closed
        elif self._outlet is not None:
            self._loop.remove_sink(self._outlet)
            self._outlet.end()
