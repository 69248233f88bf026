"""Which exposure made which frame: the question whose wrong answer makes every home-made loop hunt.

A setting shows some frames after it was written. Cameras that report the exposure with each frame need nothing of
this. For the others the delay is known as a range; inside that range the picture itself is the witness: the brightness
that the pending setting must bring is predicted from the last frame whose exposure is certain, and each frame is
read as 'not arrived', 'arrived' or 'cannot tell'. Every arrival seen narrows the range.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from autoexposure.exposure import Exposure


@dataclass(frozen=True, slots=True)
class TimelineConfig:
    """How a picture testifies; levels are log2 of mean linear luminance, so they count in EV.

    Attributes
    ----------
    still_ev : a level within this of the last certain frame means that nothing has arrived (sensor noise in the
        mean of a picture stays far below it).
    arrived_share : this much of the predicted change seen means that the setting has arrived.
    telling_ev : predicted changes smaller than this prove nothing.
    learn_after : arrivals seen before the range of the delay is narrowed to them, plus one frame on each side.
    """

    still_ev: float = 0.06
    arrived_share: float = 0.6
    telling_ev: float = 0.15
    learn_after: int = 3


@dataclass(frozen=True, slots=True)
class Attribution:
    """The exposure that made a frame, as far as it can be known.

    Attributes
    ----------
    exposure : the best guess.
    doubt_ev : the frame may as well have been made with this much more (or, negative, less) EV; 0 = certain.
    """

    exposure: Exposure
    doubt_ev: float = 0.0


@dataclass(frozen=True, slots=True)
class _Pending:
    exposure: Exposure
    earliest_sequence: int
    latest_sequence: int
    after_sequence: int


class Timeline:
    """Commands sent and not yet seen.

    Parameters
    ----------
    in_force : the exposure that makes the first frames.
    delay_frames : (shortest, longest), as in Capabilities.delay_frames.
    """

    def __init__(self, in_force: Exposure, delay_frames: tuple[int, int], config: TimelineConfig | None = None) -> None:
        self.config = config or TimelineConfig()
        self.delay_frames = delay_frames
        self._in_force = in_force
        self._pending: deque[_Pending] = deque()
        self._level: float | None = None
        self._moved_level: float | None = None
        self._seen: deque[int] = deque(maxlen=8)

    @property
    def commanded(self) -> Exposure:
        """The newest exposure asked for, whether it shows yet or not."""
        return self._pending[-1].exposure if self._pending else self._in_force

    @property
    def in_flight(self) -> bool:
        """Whether some command has not shown yet, or not for certain."""
        return bool(self._pending)

    def command(self, exposure: Exposure, read_sequence: int, newest_sequence: int | None = None) -> None:
        """Note that ``exposure`` was written after frame ``read_sequence`` had been read.

        ``newest_sequence`` is the frame the camera had probably reached by then, where that is later.
        """
        shortest, longest = self.delay_frames
        newest = max(read_sequence, newest_sequence if newest_sequence is not None else read_sequence)
        self._pending.append(_Pending(exposure, read_sequence + 1 + shortest, newest + 1 + longest, newest))

    def saw(self, level: float) -> None:
        """Note the level of a frame that the exposure in force made for certain: what the next change is seen against.

        ``attribute`` does so by itself; needed only where frames were not shown to it.
        """
        self._level = level
        self._moved_level = None

    def attribute(self, sequence: int, level: float, expected_level: Callable[[float], float]) -> Attribution:
        """Say which exposure made frame ``sequence``; call once a frame, in order.

        Parameters
        ----------
        sequence : the frame's number.
        level : log2 of its mean linear luminance.
        expected_level : what ``level`` would be had the LAST CERTAIN frame been taken with so much more EV.
        """
        while self._pending and sequence >= self._pending[0].latest_sequence:
            self._arrive()
        if not self._pending or sequence < self._pending[0].earliest_sequence:
            return self._certain(level)
        pending = self._pending[0]
        in_doubt = Attribution(self._in_force, pending.exposure.ev - self._in_force.ev)
        if self._level is None:
            return in_doubt
        change = expected_level(in_doubt.doubt_ev) - self._level
        moved = level - self._level
        if abs(change) < self.config.telling_ev:
            return in_doubt
        if abs(moved) <= self.config.still_ev:
            self._moved_level = None
            return Attribution(self._in_force)
        # Clipped highlights hide how far the level will go, so a smaller move counts once it has come to rest.
        at_rest = self._moved_level is not None and abs(level - self._moved_level) <= self.config.still_ev
        if moved / change >= self.config.arrived_share or (at_rest and moved / change > 0):
            self._learn(sequence - pending.after_sequence - 1)
            self._arrive()
            return self._certain(level)
        self._moved_level = level
        return in_doubt

    def _certain(self, level: float) -> Attribution:
        self.saw(level)
        return Attribution(self._in_force)

    def _arrive(self) -> None:
        self._in_force = self._pending.popleft().exposure
        self._moved_level = None

    def _learn(self, delay: int) -> None:
        self._seen.append(max(delay, 0))
        if len(self._seen) < self.config.learn_after:
            return
        shortest, longest = self.delay_frames
        self.delay_frames = (max(shortest, min(self._seen) - 1), min(longest, max(self._seen) + 1))
