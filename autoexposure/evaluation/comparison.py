"""A and B: the camera's own automatic exposure against ours, on the same device, a few seconds apart.

One camera can't be exposed two ways at once, so the exposure is handed over, the picture is given time to come to rest
(the settle guard), and what is then on screen is frozen; then the same the other way round. Two frozen pictures stand
side by side, or one behind the other. In a blind comparison it stays hidden which is which until a choice was made, as
in the paper's A/B study (8.2.1: left, right, or equally good).

Nothing here has a clock or a thread: time is that of the frames.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace
from enum import StrEnum

from autoexposure.control.commands import Command, UseNativeAuto
from autoexposure.control.snapshot import Snapshot
from autoexposure.frame import Frame
from autoexposure.states import AeState, LoopState


class Side(StrEnum):
    """Who exposes."""

    OURS = "ours"
    NATIVE = "native"

    @property
    def other(self) -> Side:
        """The opponent."""
        return Side.NATIVE if self is Side.OURS else Side.OURS


@dataclass(frozen=True, slots=True)
class SettleConfig:
    """When a picture is taken to be at rest after the exposure was handed over.

    Attributes
    ----------
    least_s : it is never judged sooner: firmware needs some frames to begin.
    still_s, still_ev : its level must stay within ``still_ev`` for ``still_s``; sensor noise in a mean is far smaller.
    longest_s : then it is frozen as it is, marked as not settled: the light may never stand still.
    """

    least_s: float = 0.8
    still_s: float = 0.7
    still_ev: float = 0.08
    longest_s: float = 8.0


class SettleGuard:
    """Says when a picture has come to rest; feed it every frame's time and level."""

    def __init__(self, config: SettleConfig | None = None) -> None:
        self.config = config or SettleConfig()
        self._began_s: float | None = None
        self._still_since_s = 0.0
        self._level_ev = math.nan

    def begin(self) -> None:
        """Start anew with the next frame."""
        self._began_s = None

    def waited_s(self, at_s: float) -> float:
        """How long it has been at work."""
        return 0.0 if self._began_s is None else at_s - self._began_s

    def overdue(self, at_s: float) -> bool:
        """Whether it has waited long enough for anything."""
        return self.waited_s(at_s) >= self.config.longest_s

    def at_rest(self, at_s: float, level_ev: float) -> bool:
        """Whether the picture taken at ``at_s`` of this level ends a calm stretch that is long enough."""
        if self._began_s is None:
            self._began_s = at_s
            self._restart(at_s, level_ev)
        elif not abs(level_ev - self._level_ev) <= self.config.still_ev:
            self._restart(at_s, level_ev)
        calm = at_s - self._still_since_s >= self.config.still_s
        return calm and self.waited_s(at_s) >= self.config.least_s

    def _restart(self, at_s: float, level_ev: float) -> None:
        self._still_since_s = at_s
        self._level_ev = level_ev


@dataclass(frozen=True, slots=True, eq=False)
class Frozen:
    """One side's picture.

    Attributes
    ----------
    side : who exposed it.
    frame : the picture, with its exposure where that is known.
    meter : what metered; empty for the camera's own automatic.
    settled : False if it was still moving when patience ended.
    waited_s : how long it took.
    """

    side: Side
    frame: Frame
    meter: str
    settled: bool
    waited_s: float


class Phase(StrEnum):
    """Where a comparison stands."""

    IDLE = "idle"
    SETTLING = "settling"
    READY = "ready"
    FAILED = "failed"


def hindrance(snapshot: Snapshot) -> str:
    """Why the two can't be compared on this camera now: a key of the reasons below, or nothing."""
    capabilities = snapshot.capabilities
    if snapshot.loop_state is not LoopState.RUNNING or capabilities is None or snapshot.frame is None:
        return "no_picture"
    if not capabilities.controls_exposure:
        return "no_control"
    if not capabilities.native_auto:
        return "no_native"
    return "paused" if snapshot.paused else ""


LATE_TURNS = 5
"""Turns of the loop, after the newest one that a command's sender had seen, within which it is carried out."""


class Comparison:
    """Takes the two pictures. Send the loop what ``begin``, ``see`` and ``end`` return; None is nothing.

    Who exposed before is noted when nothing is owed to the camera, and owed to it until it is seen to be so again. A
    second comparison, begun in the middle of the first or before the loop has obeyed, therefore ends where the first
    one began. A camera that was let go of was put back by that; the next one is owed nothing.

    Attributes
    ----------
    phase : where it stands.
    side : whose turn it is while SETTLING.
    taken : what was frozen so far.
    failure : ``camera_left`` or ``not_handed_over`` when FAILED.
    waited_s : how long the side whose turn it is has been settling.
    """

    def __init__(self, config: SettleConfig | None = None) -> None:
        self.phase = Phase.IDLE
        self.side = Side.OURS
        self.taken: dict[Side, Frozen] = {}
        self.failure = ""
        self._guard = SettleGuard(config)
        self._owed: Side | None = None
        self._camera_id: str | None = None
        self._newest_turn = 0
        self._sent_turn = 0
        self.waited_s = 0.0

    def begin(self, snapshot: Snapshot) -> Command | None:
        """Take both anew, first the side that exposes already. Raises ValueError if there is a ``hindrance``."""
        if reason := hindrance(snapshot):
            raise ValueError(reason)
        self._note(snapshot)
        if self._owed is None:
            self._owed = _exposing(snapshot)
            self._camera_id = _identity(snapshot)
        self.taken = {}
        self.failure = ""
        return self._turn_to(self._owed)

    def see(self, snapshot: Snapshot, level_ev: float) -> Command | None:
        """Take in one turn of the loop, whatever the phase.

        ``level_ev`` is log2 of its picture's mean linear luminance; it matters while SETTLING only.
        """
        self._note(snapshot)
        if self.phase is not Phase.SETTLING:
            return None
        if self._owed is None:
            self.phase, self.failure = Phase.FAILED, "camera_left"
            return None
        if snapshot.loop_state is not LoopState.RUNNING or snapshot.frame is None:
            return self._fail("camera_left")
        # Time is that of the frames; a stamp that runs backwards is another camera's.
        at_s = snapshot.frame.timestamp_s
        rest = self._guard.at_rest(at_s, level_ev)
        self.waited_s = self._guard.waited_s(at_s)
        if self.waited_s < 0:
            return self._fail("camera_left")
        overdue = self._guard.overdue(at_s)
        if snapshot.native_auto != (self.side is Side.NATIVE):  # the loop has not handed it over yet, or could not
            return self._fail("not_handed_over") if overdue else None
        # A still picture is not enough on our side: the loop may only be waiting for a correction to show.
        rest = rest and not (self.side is Side.OURS and snapshot.ae_state is AeState.SEARCHING)
        if not (rest or overdue):
            return None
        meter = snapshot.meter if self.side is Side.OURS else ""
        self.taken[self.side] = Frozen(self.side, snapshot.frame, meter, rest, self.waited_s)
        if self.side.other not in self.taken:
            return self._turn_to(self.side.other)
        self.phase = Phase.READY
        return self._hand_back()

    def end(self) -> Command | None:
        """Forget all, and have the exposure where it was before."""
        unfinished = self.phase is Phase.SETTLING
        self.phase = Phase.IDLE
        self.taken = {}
        return self._hand_back() if unfinished else None

    def _note(self, snapshot: Snapshot) -> None:
        """Take note of a turn: nothing is owed to a camera that was let go of, or that is seen to be as before."""
        self._newest_turn = snapshot.turn
        let_go = snapshot.loop_state in (LoopState.STOPPED, LoopState.FAILED)
        if let_go or _identity(snapshot) != self._camera_id:
            self._owed = None
        elif self.phase is not Phase.SETTLING and snapshot.turn > self._sent_turn + LATE_TURNS:
            # Looked at only once the last command must have taken effect: before that the Snapshot shows what was.
            self._owed = None if _exposing(snapshot) is self._owed else self._owed

    def _turn_to(self, side: Side) -> Command:
        self.phase = Phase.SETTLING
        self.side = side
        self.waited_s = 0.0
        self._guard.begin()
        return self._hand_to(side)

    def _fail(self, failure: str) -> Command | None:
        self.phase = Phase.FAILED
        self.failure = failure
        return self._hand_back()

    def _hand_back(self) -> Command | None:
        return self._hand_to(self._owed) if self._owed not in (None, self.side) else None

    def _hand_to(self, side: Side) -> Command:
        self._sent_turn = self._newest_turn
        return UseNativeAuto(side is Side.NATIVE)


def _exposing(snapshot: Snapshot) -> Side:
    return Side.NATIVE if snapshot.native_auto else Side.OURS


def _identity(snapshot: Snapshot) -> str | None:
    return snapshot.camera.stable_id if snapshot.camera is not None else None


class Choice(StrEnum):
    """What a person says of two pictures side by side."""

    LEFT = "left"
    EQUAL = "equal"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A choice between two pictures of which ``left`` stood on the left."""

    left: Side
    choice: Choice

    @property
    def preferred(self) -> Side | None:
        """Who won; None if they are equal."""
        if self.choice is Choice.EQUAL:
            return None
        return self.left if self.choice is Choice.LEFT else self.left.other


@dataclass(frozen=True, slots=True)
class Tally:
    """How often each was preferred."""

    ours: int = 0
    equal: int = 0
    native: int = 0

    def with_(self, verdict: Verdict) -> Tally:
        """One verdict more."""
        key = "equal" if verdict.preferred is None else verdict.preferred.value
        return replace(self, **{key: getattr(self, key) + 1})


def shuffled_left(chance: random.Random) -> Side:
    """Who stands on the left this time, in a blind comparison."""
    return chance.choice((Side.OURS, Side.NATIVE))
