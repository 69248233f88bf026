"""Where time comes from: the system's monotonic clock, or one that a test or a simulation advances."""

from __future__ import annotations

import logging
import math
import time
from typing import Protocol

log = logging.getLogger(__name__)

OLDEST_STAMP_S = 10.0
"""A picture stamped longer ago than this was stamped by another clock, or not at all: network cameras, the slowest,
hold a few seconds of video."""

BAD_STAMPS_TOLD = 3
"""Useless stamps in a row that are worth a line in the log: fewer may be an accident."""

SHORTEST_APART_S = 1e-6
"""Two pictures are never given the same time."""


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


class Stamps:
    """The time stamps of one camera's pictures, each believed only where it can be true.

    A stamp that does not advance, lies in the future or long ago is none; the time at which the picture was got
    stands for it then, which the log says once.

    Parameters
    ----------
    name : what the log calls the camera.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._stamp_s = self._taken_s = -math.inf  # of the picture before
        self._bad = 0  # in a row
        self._told = False

    def taken_s(self, stamp_s: float, now_s: float) -> float:
        """When a picture stamped ``stamp_s`` and got at ``now_s`` was taken, on the clock of ``now_s``."""
        advances, self._stamp_s = stamp_s > self._stamp_s, stamp_s
        if advances and stamp_s <= now_s <= stamp_s + OLDEST_STAMP_S:
            self._bad = 0
            # A picture before that had no stamp counts from its arrival, which may be later than this one was taken.
            self._taken_s = max(stamp_s, self._taken_s + SHORTEST_APART_S)
            return self._taken_s
        self._bad += 1
        if self._bad == BAD_STAMPS_TOLD and not self._told:
            self._told = True
            log.warning(
                "%s: the time stamps of its pictures stand still or are wrong; the time of arrival counts instead",
                self._name,
            )
        self._taken_s = now_s
        return now_s
