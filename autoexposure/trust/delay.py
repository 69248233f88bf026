"""Which exposure made which frame: the question whose wrong answer makes every home-made loop hunt.

A setting shows some frames after it was written: libcamera calls such settings delayed controls. Cameras that report
the exposure with each frame need nothing of this. For the others the delay is known as a range; inside that range the
picture itself is the witness: the brightness that the pending setting must bring is predicted from the last frame whose
exposure is certain, and each frame is read as 'not arrived', 'arrived' or 'cannot tell'.

The arrivals seen last narrow the range to what they show. That is a habit of the camera, no promise: a frame rate that
drops or a busy bus changes it. So the picture is asked outside the narrowed range too, and where it clearly
contradicts, all that was learned is forgotten.

The range announced may be wrong too: a driver's guess, or a profile measured at another frame rate. The same evidence
widens it, but only for some frames, and not of a camera that has ignored the command before and shown none since: it
would otherwise be waited for with every one of them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from autoexposure.exposure import Exposure


@dataclass(frozen=True, slots=True)
class DelayConfig:
    """How a picture testifies; levels are log2 of mean linear luminance, so they count in EV.

    Attributes
    ----------
    still_ev : a level within this of the last certain frame means that nothing has arrived (sensor noise in the
        mean of a picture stays far below it).
    arrived_share : this much of the predicted change seen means that the setting has arrived.
    conclusive_ev : predicted changes smaller than this prove nothing.
    learn_after : arrivals seen before the range of the delay is narrowed to them, plus one frame on each side.
    learn_from : how many of the last arrivals count.
    late_frames : how much longer than announced to wait for a command, unless the camera has ignored one before.
    too_much_share : before the narrowed range, a move of more than this share of the predicted change is the light's.
    """

    still_ev: float = 0.06
    arrived_share: float = 0.6
    conclusive_ev: float = 0.15
    learn_after: int = 3
    learn_from: int = 8
    late_frames: int = 8
    too_much_share: float = 1.5


@dataclass(frozen=True, slots=True)
class Attribution:
    """The exposure that made a frame, as far as it can be known.

    Attributes
    ----------
    exposure : the best guess.
    doubt_ev : the frame may equally have been made with this much more (or, negative, less) EV; 0 = certain.
    """

    exposure: Exposure
    doubt_ev: float = 0.0


@dataclass(frozen=True, slots=True)
class _Pending:
    """A command, the frame read last before it, and the one the camera had probably reached."""

    exposure: Exposure
    read_sequence: int
    newest_sequence: int

    def earliest(self, delay_frames: tuple[int, int]) -> int:
        """The first frame that may show it."""
        return self.read_sequence + 1 + delay_frames[0]

    def latest(self, delay_frames: tuple[int, int]) -> int:
        """The first frame that must show it."""
        return self.newest_sequence + 1 + delay_frames[1]


@dataclass(frozen=True, slots=True)
class _Seen:
    """How a frame compares with the last certain one.

    Attributes
    ----------
    conclusive : the pending command moves the level by enough to be told from noise.
    still : the level is as it was.
    share : how much of the predicted change it moved; 0 where nothing can be told.
    """

    conclusive: bool = False
    still: bool = True
    share: float = 0.0


class DelayedControls:
    """Commands sent and not yet seen, and which exposure made which frame.

    Parameters
    ----------
    in_force : the exposure that makes the first frames.
    delay_frames : (shortest, longest), as in Capabilities.delay_frames.

    Attributes
    ----------
    delay_frames : the range as it was learned.
    """

    def __init__(self, in_force: Exposure, delay_frames: tuple[int, int], config: DelayConfig | None = None) -> None:
        self.config = config or DelayConfig()
        self.delay_frames = self._announced = delay_frames
        self._in_force = in_force
        self._pending: deque[_Pending] = deque()  # oldest first; they arrive in this order
        self._level: float | None = None  # of the last certain frame
        self._moved_level: float | None = None  # of the frame before, where it had moved and nothing was decided yet
        self._moved_early = False  # the level moved before the oldest command was watched for
        self._obeys: bool | None = None  # whether a command was ever seen to arrive (or to be ignored); None: neither
        self._seen: deque[int] = deque(maxlen=self.config.learn_from)

    @property
    def in_force(self) -> Exposure:
        """The exposure of the newest certain frame."""
        return self._in_force

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
        newest = max(read_sequence, newest_sequence if newest_sequence is not None else read_sequence)
        self._pending.append(_Pending(exposure, read_sequence, newest))

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
        expected_level : ``expected_level(delta_ev)`` is what ``level`` would be had the LAST CERTAIN frame been taken
            with ``delta_ev`` more EV.

        Returns
        -------
        Attribution
            With ``doubt_ev`` 0 where the picture, or the announced delay, leaves no choice.
        """
        waited_for = len(self._pending)
        if self._pending and sequence >= self._pending[0].latest(self.delay_frames):
            self._overdue(sequence, self._read(level, expected_level))
        if not self._pending:
            return self._certain(level)
        if len(self._pending) < waited_for and sequence < self._pending[0].earliest(self.delay_frames):
            return self._certain(level)  # the move is that of the command which has just arrived, not of the next
        pending, seen = self._pending[0], self._read(level, expected_level)
        if sequence < pending.earliest(self.delay_frames):
            # Too early by what was learned. Only a move that fits the command is taken for its arrival (and before the
            # announced range only on a camera that is known to obey); any other is the light, or somebody walking by.
            likely = self.config.arrived_share <= seen.share <= self.config.too_much_share
            if not (likely and (self._obeys or sequence >= pending.earliest(self._announced))):
                self._moved_early = self._moved_early or not seen.still
                return self._certain(level)
            self._forget()
        if not seen.conclusive:  # the command changes too little to be seen: both exposures stay possible
            return Attribution(self._in_force, self._step_ev())
        if seen.still:
            self._moved_level = None
            return Attribution(self._in_force)
        # Clipped highlights hide how far the level will go, so a smaller move counts once it has come to rest.
        at_rest = self._moved_level is not None and abs(level - self._moved_level) <= self.config.still_ev
        if seen.share >= self.config.arrived_share or (at_rest and seen.share > 0):
            self._learn(sequence - pending.newest_sequence - 1)
            self._arrive()
            return self._certain(level)
        self._moved_level = level
        return Attribution(self._in_force, self._step_ev())

    def _overdue(self, sequence: int, seen: _Seen) -> None:
        """Take what must have shown by now for shown; unless that was only learned, and the picture denies it.

        If the level moved before it was watched for, that may have been the command: then the picture denies nothing.
        """
        pending = self._pending[0]
        late_frames = 0 if self._obeys is False else self.config.late_frames
        must_show = pending.latest(self._announced) + late_frames
        # The picture denies it: a change that would be seen was due, and the level has not moved at all.
        denied = seen.conclusive and seen.still and not self._moved_early
        if denied and sequence < must_show:
            self._forget()
            return
        if denied:
            self._obeys = False
        if seen.share >= self.config.arrived_share:
            self._learn(sequence - pending.newest_sequence - 1)
        # All that is due arrives at once, by the range that held before anything is forgotten below.
        doubtful, range_ = self._moved_early, self.delay_frames
        while self._pending and sequence >= self._pending[0].latest(range_):
            self._arrive()
        if doubtful:
            self._forget()

    def _step_ev(self) -> float:
        """How much more EV the oldest pending command asked for."""
        return self._pending[0].exposure.ev - self._in_force.ev

    def _read(self, level: float, expected_level: Callable[[float], float]) -> _Seen:
        """What the level says of the oldest pending command."""
        if self._level is None:  # nothing certain was seen before it
            return _Seen()
        change, moved = expected_level(self._step_ev()) - self._level, level - self._level
        conclusive = abs(change) >= self.config.conclusive_ev
        return _Seen(conclusive, abs(moved) <= self.config.still_ev, moved / change if conclusive else 0.0)

    def _certain(self, level: float) -> Attribution:
        self.saw(level)
        return Attribution(self._in_force)

    def _arrive(self) -> None:
        self._in_force = self._pending.popleft().exposure
        self._moved_level = None
        self._moved_early = False

    def _learn(self, delay: int) -> None:
        delay = max(delay, 0)
        self._obeys = True
        self._seen.append(delay)
        shortest, longest = self._announced
        self.delay_frames = self._announced = min(shortest, delay), max(longest, delay)
        # One frame on each side: a command is written at any moment between two frames, so the same camera shows it one
        # frame sooner or later.
        if len(self._seen) >= self.config.learn_after:
            shortest, longest = self._announced
            self.delay_frames = (max(shortest, min(self._seen) - 1), min(longest, max(self._seen) + 1))

    def _forget(self) -> None:
        """What was learned does not hold any more."""
        self._seen.clear()
        self.delay_frames = self._announced
