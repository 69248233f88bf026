"""Where Snapshots leave the control loop one by one: taken without waiting, used in a thread of its own."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, Protocol, Self, TypeVar

from autoexposure.control.snapshot import Snapshot
from autoexposure.errors import AutoexposureError
from autoexposure.states import LoopState

log = logging.getLogger(__name__)

LIVE = (LoopState.STARTING, LoopState.RUNNING)
"""In other states a Snapshot repeats the last picture."""


class Consumer(Protocol):
    """What uses the pictures; only the sink's thread touches it, except for reading what it publishes."""

    def add(self, snapshot: Snapshot) -> bool:
        """Use one picture; False if there was nothing new in it. Raises AutoexposureError when it can't go on."""

    def close(self) -> None:
        """Let go of everything."""


Used = TypeVar("Used", bound=Consumer, covariant=True)


class QueuedSink(Generic[Used]):
    """A sink of the control loop (`ControlLoop.add_sink`): call it with each Snapshot.

    Parameters
    ----------
    name : of the thread.
    open_consumer : called in the sink's thread, since files and devices may be slow to open.
    depth : most pictures that may wait. When they do, ``newest_wins`` drops the oldest of them; else the new one is
        dropped.

    Attributes
    ----------
    consumer : what was opened; None before that, and if it failed.
    error : what ended it, None as long as all is well. Anything but an AutoexposureError is a bug, and logged.
    missed : pictures that found no room.
    """

    def __init__(
        self, name: str, open_consumer: Callable[[], Used], *, depth: int = 8, newest_wins: bool = False
    ) -> None:
        self.consumer: Used | None = None
        self.error: Exception | None = None
        self.missed = 0
        self._open = open_consumer
        self._depth = depth
        self._newest_wins = newest_wins
        self._last: tuple[int, int] | None = None
        self._waiting: deque[Snapshot] = deque()
        self._changed = threading.Condition()
        self._ending = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def ended(self) -> bool:
        """Whether nothing more will come of it, and its consumer is closed."""
        return not self._thread.is_alive()

    def __call__(self, snapshot: Snapshot) -> None:
        """Take one Snapshot; never waits and never raises.

        Turns without a new picture are skipped, and so are placeholders: what leaves the loop here may reach others.
        """
        frame = snapshot.frame
        if frame is None or frame.placeholder or snapshot.loop_state not in LIVE or snapshot.picture == self._last:
            return
        self._last = snapshot.picture
        with self._changed:
            if self._ending:
                return
            if len(self._waiting) >= self._depth:
                self.missed += 1
                if not self._newest_wins:
                    return
                self._waiting.popleft()
            self._waiting.append(snapshot)
            self._changed.notify()

    def end(self) -> None:
        """Take no more; what waits is still used. Does not wait for that: see ``ended``."""
        with self._changed:
            self._ending = True
            self._changed.notify()

    def close(self, timeout_s: float = 10.0) -> None:
        """End, and wait until all is done; callable twice."""
        self.end()
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            log.error("%s did not end within %.0f s: its disk or device does not answer", self._thread.name, timeout_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self) -> None:
        try:
            self.consumer = self._open()
            try:
                while (snapshot := self._next()) is not None:
                    self.consumer.add(snapshot)
            finally:
                self.consumer.close()
        except AutoexposureError as error:
            self.error = error
        except Exception as error:  # no thread dies silently: the owner shows the error, the log has the traceback
            log.exception("%s failed", self._thread.name)
            self.error = error
        finally:
            self.end()

    def _next(self) -> Snapshot | None:
        with self._changed:
            while not (self._waiting or self._ending):
                self._changed.wait()
            return self._waiting.popleft() if self._waiting else None
