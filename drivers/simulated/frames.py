"""FrameTrain: the frames of a simulated sensor as they happen in time, and which setting each was made with."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from autoexposure.exposure import Exposure

TRUTHS_KEPT = 100_000
"""Frames whose true exposure is remembered: an hour at 30 a second."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A setting under way: from frame ``first`` on it is in force."""

    first: int
    exposure: Exposure


class FrameTrain:
    """Frames one after the other from ``start_s`` on, each complete an interval after the one before it.

    Parameters
    ----------
    interval_s : between two frames; an exposure that takes longer stretches it.
    exposure : in force at first.
    start_s : when the camera got its power.

    Attributes
    ----------
    sequence : number of the newest complete frame; -1 before the first.
    newest_s : when it was complete.
    in_force : what it was made with.
    register : the newest setting made, in force or not yet: what a camera answers when asked.
    """

    def __init__(self, interval_s: float, exposure: Exposure, start_s: float) -> None:
        self.sequence = -1
        self.newest_s = start_s
        self.in_force = exposure
        self.register = exposure
        self._interval_s = interval_s
        self._pending: list[Pending] = []
        self._not_before_s = start_s
        self._truths: deque[Exposure] = deque(maxlen=TRUTHS_KEPT)

    @property
    def next_exposure(self) -> Exposure:
        """What the next frame is taken with, as far as it is settled."""
        settled = [pending.exposure for pending in self._pending if pending.first <= self.sequence + 1]
        return settled[-1] if settled else self.in_force

    @property
    def due_s(self) -> float:
        """When the next frame is complete."""
        return max(self.newest_s + max(self._interval_s, self.next_exposure.time_s), self._not_before_s)

    def set(self, exposure: Exposure, delay_frames: int, now_s: float) -> None:
        """Put a setting on its way to the frame that comes ``delay_frames`` after the next one.

        The newest setting wins over all that would come into force with it or later.
        """
        first = self.sequence + 1 + delay_frames
        self.register = exposure
        self._pending = [pending for pending in self._pending if pending.first < first]
        self._pending.append(Pending(first, exposure))
        if delay_frames == 0:
            self._not_before_s = now_s  # a frame can't be complete before its setting was made

    def advance(self, now_s: float) -> Iterator[int]:
        """Let the frames complete by ``now_s`` happen; yields the number of each, while it is the newest."""
        while (due_s := self.due_s) <= now_s:
            self.in_force = self.next_exposure
            self.sequence += 1
            self.newest_s = due_s
            self._pending = [pending for pending in self._pending if pending.first > self.sequence]
            self._truths.append(self.in_force)
            yield self.sequence

    def truth(self, sequence: int) -> Exposure:
        """What frame ``sequence`` was made with; LookupError if there was no such frame, or too long ago."""
        oldest = self.sequence + 1 - len(self._truths)
        if not oldest <= sequence <= self.sequence:
            raise LookupError(f"frames {oldest} to {self.sequence} are known, given {sequence}")
        return self._truths[sequence - oldest]
