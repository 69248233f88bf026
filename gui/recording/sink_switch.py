"""A switch for what leaves the loop picture by picture: a recording, the virtual camera."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic

from PyQt6.QtCore import QObject, QTimer, pyqtSignal
from PyQt6.QtGui import QAction

from autoexposure.recording.sink import QueuedSink, Used
from gui.bridge.services import LoopPort

LOOK_MS = 250


class SinkSwitch(QObject, Generic[Used]):
    """Starts and ends a sink with an action. The sink works in a thread of its own; this only looks at it.

    Signals: ``running`` with the sink, some times a second while it works; ``finished`` with it when it was switched
    off and all is done; ``failed`` with it when it ended by itself, with ``sink.error`` saying why.
    """

    running = pyqtSignal(object)
    finished = pyqtSignal(object)
    failed = pyqtSignal(object)

    def __init__(
        self, action: QAction, loop: LoopPort, make_sink: Callable[[], QueuedSink[Used]], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._action = action
        self._loop = loop
        self._make = make_sink
        self._sink: QueuedSink[Used] | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.look)
        action.toggled.connect(self._switch)

    @property
    def sink(self) -> QueuedSink[Used] | None:
        """What is at work, or still finishing; None when all is done."""
        return self._sink

    def look(self) -> None:
        """Say how it goes."""
        sink = self._sink
        if sink is None:
            return
        if not sink.ended:
            self.running.emit(sink)
            return
        self._timer.stop()
        self._loop.remove_sink(sink)
        self._sink = None
        if self._action.isChecked():
            self._action.setChecked(False)
        (self.finished if sink.error is None else self.failed).emit(sink)

    def close(self, timeout_s: float = 2.0) -> None:
        """End it and wait at most this long for its file or device to close; for a window that closes."""
        sink, self._sink = self._sink, None
        self._timer.stop()
        if sink is not None:
            self._loop.remove_sink(sink)
            sink.close(timeout_s)

    def _switch(self, on: bool) -> None:
        if on and self._sink is None:
            self._sink = self._make()
            self._loop.add_sink(self._sink)
            self._timer.start()
            self.running.emit(self._sink)
        elif on:
            self._action.setChecked(False)  # the last one is still being closed
        elif self._sink is not None:
            self._loop.remove_sink(self._sink)
            self._sink.end()
