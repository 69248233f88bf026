"""What is set by hand and left standing: which picture it was about, and for how long it stood.

The rule is one for all. A touch (bias, time or gain, a spot, a lock) is about the first picture at rest after it. It is
over when it is let go, or when the next touch comes before another picture. One that comes before the *same* picture
takes its place: then the earlier was not meant to stay. What is over becomes an answer, "well", of a weight that grows
with the time it stood.

An own bias does its work as long as it stands. If the meter learned meanwhile what it stands for, the picture would get
it twice, so answers wait until the bias is what it was before the hand came, or until the window is closed. They wait
in memory: a program that is killed loses them, and no click.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from autoexposure.control.commands import Command, Lock, SetBias, SetExposure
from autoexposure.control.snapshot import Snapshot
from autoexposure.feedback.answer import LEAST_STANDING_S, Source, weight_by_hand
from autoexposure.feedback.asking import look_of, same_look
from autoexposure.metering.spot import Spot
from autoexposure.states import AeState, LoopState

NEAR_EV = 0.1
"""A camera rounds what it is set to; further off, the picture was not made with it yet. So wide is the dead band."""

MOST_WAITING = 8
"""Answers that wait at a time, with a picture each; a bias may stand for days, and then the latest count."""

NEAR_SPOT = 0.01
"""Share of the picture's side: the meter may round where it looks."""


@dataclass(frozen=True, slots=True, eq=False)
class Left:
    """What was left standing.

    Attributes
    ----------
    source : what was touched.
    snapshot : the loop at the first picture at rest after that.
    bias_ev : the compensation then, without the person's own bias.
    weight : of the answer that this is.
    """

    source: Source
    snapshot: Snapshot
    bias_ev: float
    weight: float


@dataclass(frozen=True, slots=True, eq=False)
class _Standing:
    """A touch that stands; ``left`` and ``since_s`` once there is a picture at rest with it."""

    source: Source
    asked: Command | Spot
    left: Left | None = None
    since_s: float = math.inf


class Touches:
    """Follows what is set by hand. Pure: it is told the time. ``keep`` is called with what became an answer."""

    def __init__(self, keep: Callable[[Left], None]) -> None:
        self._keep = keep
        self._standing: _Standing | None = None
        self._waiting: list[Left] = []
        self._last: Snapshot | None = None
        self._base_ev = 0.0  # the bias that nobody's hand set: at the start, by a preset
        self._hand_ev: float | None = None  # the one that a hand set
        self._granted = False  # whether the loop has had that

    def stands(self, now_s: float) -> bool:
        """Whether something stands that would be an answer by now."""
        return self._standing is not None and now_s - self._standing.since_s >= LEAST_STANDING_S

    def send(self, command: Command, now_s: float) -> None:
        """A hand sent this."""
        match command:
            case SetBias(ev):
                self._supersede(now_s)
                self._hand_ev, self._granted = ev, False
                if self._own_bias:
                    self._standing = _Standing(Source.BIAS, command)
                self._release()
            case SetExposure():
                self._supersede(now_s)
                self._standing = _Standing(Source.EXPOSURE, command)
            case Lock(True):
                settled = self._last is not None and self._last.ae_state is AeState.CONVERGED
                self._supersede(now_s)
                if settled:  # else nobody had chosen what is held now
                    self._standing = _Standing(Source.LOCK, command)
            case Lock(False):
                self._let_go(now_s, Source.EXPOSURE, Source.LOCK)

    def said(self) -> None:
        """The person answered: of the same picture their word counts, and not what stands."""
        if self._same_picture():
            self._standing = None

    def tap(self, spot: Spot, now_s: float) -> None:
        """A hand pointed at a place to expose for."""
        self._supersede(now_s)
        self._standing = _Standing(Source.SPOT, spot)

    def show(self, snapshot: Snapshot, now_s: float) -> None:
        """Follow the loop."""
        before, self._last = self._last, snapshot
        self._follow_bias(snapshot, now_s)
        if not _steered(snapshot) or (before is not None and before.camera != snapshot.camera):
            self._let_go(now_s, *Source)
            return
        standing = self._standing
        if standing is None:
            return
        if standing.left is None:
            if _at_rest(standing, snapshot):
                bias_ev = snapshot.compensation_ev - snapshot.ev_bias + self._base_ev
                self._standing = replace(standing, left=Left(standing.source, snapshot, bias_ev, 0.0), since_s=now_s)
        elif _ended(standing, snapshot):
            self._let_go(now_s, standing.source)

    def end(self, now_s: float) -> None:
        """The person or the window goes: nothing stands any more, and the next one finds the bias as it is."""
        self._let_go(now_s, *Source)
        self._hand_ev = None
        self._release()

    @property
    def _own_bias(self) -> bool:
        """Whether a bias that a hand set is in force, or on its way."""
        return self._hand_ev is not None and not math.isclose(self._hand_ev, self._base_ev, abs_tol=1e-6)

    def _follow_bias(self, snapshot: Snapshot, now_s: float) -> None:
        if self._hand_ev is not None and math.isclose(snapshot.ev_bias, self._hand_ev, abs_tol=1e-6):
            self._granted = True
            if not self._own_bias:
                self._hand_ev = None
        elif self._hand_ev is None or self._granted:  # a start, a preset or another program set it
            self._let_go(now_s, Source.BIAS)
            self._hand_ev, self._base_ev = None, snapshot.ev_bias
            self._release()

    def _supersede(self, now_s: float) -> None:
        """The next touch comes: what stands is over, or, in front of the same picture, was not meant to stay."""
        if self._same_picture():
            self._standing = None
        else:
            self._let_go(now_s, *Source)

    def _same_picture(self) -> bool:
        """Whether what the camera sees now is what it saw when the touch came to rest."""
        left = self._standing.left if self._standing is not None else None
        before = left.snapshot.frame if left is not None else None
        now = self._last.frame if self._last is not None else None
        return before is not None and now is not None and same_look(look_of(before.pixels), look_of(now.pixels))

    def _let_go(self, now_s: float, *sources: Source) -> None:
        standing = self._standing
        if standing is None or standing.source not in sources:
            return
        self._standing = None
        weight = weight_by_hand(now_s - standing.since_s) if standing.left is not None else 0.0
        if standing.left is not None and weight > 0:
            self._waiting = [*self._waiting, replace(standing.left, weight=weight)][-MOST_WAITING:]
            self._release()

    def _release(self) -> None:
        if self._own_bias:
            return
        waiting, self._waiting = self._waiting, []
        for left in waiting:
            self._keep(left)


def _steered(snapshot: Snapshot) -> bool:
    """Whether what a hand sets shows in the pictures, and is about this camera alone."""
    return (
        snapshot.loop_state is LoopState.RUNNING
        and snapshot.playback is None
        and not (snapshot.native_auto or snapshot.paused or snapshot.follows)
    )


def _at_rest(standing: _Standing, snapshot: Snapshot) -> bool:
    """Whether the picture shows what was asked for, and stands still."""
    frame = snapshot.frame
    if frame is None or frame.placeholder:
        return False
    match standing.asked:
        case SetBias(ev):
            return snapshot.ae_state is AeState.CONVERGED and math.isclose(snapshot.ev_bias, ev, abs_tol=1e-6)
        case SetExposure(exposure):
            made = frame.exposure
            near = made is not None and abs(made.ev - exposure.ev) <= NEAR_EV
            return near and snapshot.ae_state is AeState.LOCKED
        case Spot():
            return snapshot.ae_state is AeState.CONVERGED and _is_spot(snapshot, standing.asked)
    return snapshot.ae_state is AeState.LOCKED


def _ended(standing: _Standing, snapshot: Snapshot) -> bool:
    match standing.asked:
        case SetBias():
            return False
        case Spot():
            return not _is_spot(snapshot, standing.asked)
    return not snapshot.locked


def _is_spot(snapshot: Snapshot, spot: Spot) -> bool:
    there = snapshot.spot
    return there is not None and max(abs(there.x - spot.x), abs(there.y - spot.y)) <= NEAR_SPOT
