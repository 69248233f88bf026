"""The one place where threads meet Qt.

The loop says that there is something new, and the window takes the newest Snapshot from the loop's slot when it gets
to it, so a slow window skips turns and never holds the loop up. Slow work goes the other way, to a worker thread, and
its result returns as a queued signal.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from autoexposure.control.commands import Command
from autoexposure.control.snapshot import Snapshot
from autoexposure.errors import AutoexposureError
from gui.bridge.services import LoopPort

log = logging.getLogger(__name__)

Result = TypeVar("Result")

LOOK_MS = 100
"""How often the window looks by itself: a loop that waits for its camera to be opened, or was stopped, calls nobody."""


class LoopBridge(QObject):
    """Emits ``snapshot_changed`` in the GUI thread for every new Snapshot seen, and carries commands to the loop."""

    snapshot_changed = pyqtSignal(object)
    _called = pyqtSignal()

    def __init__(self, loop: LoopPort, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._loop = loop
        self._last: Snapshot | None = None
        # Held for microseconds, around what the loop's thread and ours both change; a loop that our own thread turns
        # calls us through.
        self._calls = threading.RLock()
        self._listening = False
        self._expected = False  # a call is on its way to us: one is enough, however many turns there are until then
        self._called.connect(self._answer)  # queued, since it is emitted by the loop's thread
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.poll)

    def start(self) -> None:
        """Begin to listen."""
        self._listening = True
        self._loop.add_sink(self._call)
        self._timer.start()
        self.poll()

    def stop(self) -> None:
        """Listen no more: when this returns the loop's thread has done with this object."""
        self._timer.stop()
        self._loop.remove_sink(self._call)
        with self._calls:
            self._listening = False

    def turn(self) -> None:
        """Another loop is behind the port now: listen to that one."""
        if self._listening:
            self._loop.remove_sink(self._call)
            self._loop.add_sink(self._call)
        self.poll()

    def poll(self) -> None:
        """Take the newest Snapshot, once."""
        snapshot = self._loop.latest()
        if snapshot is None or snapshot is self._last:
            return
        self._last = snapshot
        self.snapshot_changed.emit(snapshot)

    def _call(self, _: Snapshot) -> None:
        """Called in the loop's thread with every Snapshot."""
        with self._calls:
            if self._listening and not self._expected:
                self._expected = True
                self._called.emit()

    def _answer(self) -> None:
        with self._calls:
            self._expected = False  # before the look: what comes from now on is worth another
            listening = self._listening
        if listening:
            self.poll()

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
