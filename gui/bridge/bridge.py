"""The one place where threads meet Qt.

Snapshots come over by looking: a timer takes the newest from the loop's slot, so a slow window skips turns and
never holds the loop up. Slow work goes the other way, to a worker thread, and its result returns as a queued signal.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from PyQt6.QtCore import QObject, Qt, QTimer, pyqtSignal

from autoexposure.control.commands import Command
from autoexposure.control.snapshot import Snapshot
from autoexposure.errors import AutoexposureError
from gui.bridge.services import LoopPort

log = logging.getLogger(__name__)

Result = TypeVar("Result")

POLL_MS = 4
"""A look costs microseconds, and a picture waits for the next one half as long as this on average."""


class LoopBridge(QObject):
    """Emits ``snapshot_changed`` in the GUI thread for every new Snapshot seen, and carries commands to the loop."""

    snapshot_changed = pyqtSignal(object)

    def __init__(self, loop: LoopPort, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._loop = loop
        self._last: Snapshot | None = None
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self.poll)

    def start(self) -> None:
        """Begin to look."""
        self._timer.start()

    def stop(self) -> None:
        """Look no more."""
        self._timer.stop()

    def poll(self) -> None:
        """Take the newest Snapshot, once."""
        snapshot = self._loop.latest()
        if snapshot is None or snapshot is self._last:
            return
        self._last = snapshot
        self.snapshot_changed.emit(snapshot)

    def send(self, command: Command) -> None:
        """Have the loop carry ``command`` out between two frames."""
        log.debug("sent %s", type(command).__name__)
        self._loop.send(command)


class Background(QObject):
    """One worker thread that does jobs in order, for work that may block: files, databases, buses."""

    _finished = pyqtSignal(object)

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._closed = threading.Event()
        self.destroyed.connect(self._closed.set)
        self._finished.connect(self._deliver)  # queued, since it is emitted by the worker
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def run(
        self,
        work: Callable[[], Result],
        done: Callable[[Result], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Do ``work`` in the worker thread, then ``done`` (or ``failed``) in the thread this object lives in."""
        self._jobs.put(partial(self._do, work, done, failed))

    def report(self, tell: Callable[[], None]) -> None:
        """From within a job: have ``tell`` called in the thread this object lives in."""
        if not self._closed.is_set():
            self._finished.emit(tell)

    def wait(self, timeout_s: float = 10.0) -> None:
        """Block until all jobs given so far are done; for tests and tools, never for a window in use."""
        done = threading.Event()
        self._jobs.put(done.set)
        if not done.wait(timeout_s):
            log.warning("%s was still busy after %.0f s", self._thread.name, timeout_s)

    def close(self, timeout_s: float = 2.0) -> None:
        """Finish the jobs at hand and end the thread; results that come later are dropped."""
        self._jobs.put(None)
        self._thread.join(timeout_s)
        self._closed.set()
        if self._thread.is_alive():
            log.warning("%s still has work to do and is left behind", self._thread.name)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()

    def _do(
        self,
        work: Callable[[], Result],
        done: Callable[[Result], None],
        failed: Callable[[Exception], None],
    ) -> None:
        deliver: Callable[[], None]
        try:
            deliver = partial(done, work())
        except AutoexposureError as error:
            deliver = partial(failed, error)
        except Exception as error:  # the thread must outlive any job; the sentence goes to the user, the trace here
            log.exception("%s: a job failed", self._thread.name)
            deliver = partial(failed, error)
        if not self._closed.is_set():
            self._finished.emit(deliver)

    def _deliver(self, deliver: Callable[[], None]) -> None:
        deliver()
