"""The pictures of one camera as they come: counted, in the right order of time, and of which stream."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace

from autoexposure.clock import Clock, Stamps
from autoexposure.frame import Frame

RATE_OVER_S = 2.0
"""Over how long the frame rate is counted: long enough for a number that can be read, short enough to follow."""


class Arrivals:
    """Takes each picture as the driver gave it.

    Parameters
    ----------
    name : what the log calls the camera.
    clock : the one that the pictures' time stamps are of.
    streams : gives every stream its number.

    Attributes
    ----------
    stream : number of the present stream; sequence numbers rise within one.
    dropped : pictures missed so far.
    """

    def __init__(self, name: str, clock: Clock, streams: Iterator[int]) -> None:
        self.stream = next(streams)
        self.dropped = 0
        self._streams = streams
        self._clock = clock
        self._stamps = Stamps(name)
        self._numbered: int | None = None  # as the camera numbered the picture before
        self._stood_still = 0
        self._restarts = 0
        self._taken_s: deque[float] = deque()

    def take(self, frame: Frame, restarts: int = 0) -> tuple[Frame, bool]:
        """Count a picture.

        Parameters
        ----------
        frame : the next one, as it came.
        restarts : how often its driver has started the stream anew, as far as it says.

        Returns
        -------
        tuple
            The picture with a time and a number that can be believed, and whether it is the first of another stream.
        """
        before, self._numbered = self._numbered, frame.sequence
        anew = restarts != self._restarts or (before is not None and frame.sequence < before)
        self._restarts = restarts
        if anew:
            self.stream = next(self._streams)
            self._stood_still = 0
        elif before is not None:
            self._stood_still += frame.sequence == before  # by a driver that does not count
            self.dropped += max(0, frame.sequence - before - 1)
        taken_s = self._stamps.taken_s(frame.timestamp_s, self._clock.now())
        self._taken_s.append(taken_s)
        while len(self._taken_s) > 2 and taken_s - self._taken_s[0] > RATE_OVER_S:
            self._taken_s.popleft()
        if taken_s != frame.timestamp_s or self._stood_still:
            frame = replace(frame, timestamp_s=taken_s, sequence=frame.sequence + self._stood_still)
        return frame, anew

    @property
    def frame_rate(self) -> float:
        """Pictures per second, counted; 0 until known."""
        elapsed_s = self._taken_s[-1] - self._taken_s[0] if self._taken_s else 0.0
        return (len(self._taken_s) - 1) / elapsed_s if elapsed_s > 0 else 0.0
