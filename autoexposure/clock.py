"""Where time comes from: the system's monotonic clock, or one that a test or a simulation advances."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Monotonic time in seconds, and waiting. The zero point means nothing; differences do."""

    def now(self) -> float:
        """Seconds since some fixed moment; never runs backwards."""

    def sleep(self, seconds: float) -> None:
        """Let ``seconds`` pass; zero and less return at once."""


class SystemClock:
    """Real time: the same monotonic clock that the kernel stamps camera frames with."""

    def now(self) -> float:
        """See `Clock`."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """See `Clock`."""
        if seconds > 0:
            time.sleep(seconds)


class SimulatedClock:
    """Time that passes only by sleeping, so that a minute of simulation takes a moment and is exact.

    One thread uses it: a sleep in another thread would move everybody's time.
    """

    def __init__(self, start_s: float = 0.0) -> None:
        self._now_s = start_s

    def now(self) -> float:
        """See `Clock`."""
        return self._now_s

    def sleep(self, seconds: float) -> None:
        """Move the time on by ``seconds``, at once."""
        if seconds > 0:
            self._now_s += seconds
