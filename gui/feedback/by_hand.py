"""Learns from what is set by hand, if the person gives leave; asks for that once, when there is something to learn."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from PyQt6.QtCore import QObject

from autoexposure.control.commands import Command
from autoexposure.control.snapshot import Snapshot
from autoexposure.feedback.store import Subject
from autoexposure.metering.spot import Spot
from gui.actions.actions import Actions
from gui.feedback.question_strip import QuestionStrip, Reply
from gui.feedback.store_client import Shelf, StoreClient, Stored
from gui.feedback.touches import Left, Touches
from gui.preview.viewport import Point
from gui.text import texts

ASKS_FOR_LEAVE = "by hand"

MOST_HELD = 3
"""Answers that wait for leave, with a picture each; who does not reply at all loses older ones."""


class ByHand(QObject):
    """Joins sliders, picture and store. Each of ``cameras`` loops has its own touches; ``current`` is looked at."""

    def __init__(
        self,
        actions: Actions,
        store: StoreClient,
        strip: QuestionStrip,
        cameras: int,
        current: Callable[[], int],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._actions = actions
        self._store = store
        self._strip = strip
        self._current = current
        self._clock = clock
        self._touches = [Touches(self._keep) for _ in range(cameras)]
        self._whose = store.whose
        self._leave: bool | None = None
        self._known = False  # whether the store has said what the leave is
        self._held: list[Left] = []
        actions["by_hand"].triggered.connect(self._permit)
        store.stored.connect(self._said)

    def send(self, command: Command) -> None:
        """A hand sent this to the loop."""
        self._touches[self._current()].send(command, self._clock())

    def tap(self, at: Point) -> None:
        """A hand pointed at the picture."""
        self._touches[self._current()].tap(Spot(at.x, at.y), self._clock())

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Follow the loop that is looked at."""
        touches = self._touches[self._current()]
        touches.show(snapshot, self._clock())
        if self._known and self._leave is None and not self._strip.key and touches.stands(self._clock()):
            self._ask()

    def show_shelf(self, shelf: Shelf) -> None:
        """Follow what the person allowed."""
        self._whose, self._leave, self._known = shelf.whose, shelf.leave.get(Subject.BY_HAND), True
        self._actions.check("by_hand", bool(self._leave))

    def end(self) -> None:
        """Another person comes, or the window closes: what stood is the answer of who was there until now."""
        for touches in self._touches:
            touches.end(self._clock())
        self._strip.withdraw(ASKS_FOR_LEAVE)
        self._held.clear()
        self._leave, self._known = None, False

    def _keep(self, left: Left) -> None:
        if self._leave:
            self._store.learn(left, self._whose)
        elif self._strip.key == ASKS_FOR_LEAVE:
            self._held = [*self._held, left][-MOST_HELD:]

    def _said(self, stored: Stored) -> None:
        if not stored.source.by_hand:
            self._touches[self._current()].said()

    def _ask(self) -> None:
        replies = (
            Reply(texts.BY_HAND_YES, lambda: self._permit(True)),
            Reply(texts.BY_HAND_BOTH, lambda: self._permit(True, questions=True)),
            Reply(texts.BY_HAND_NO, lambda: self._permit(False)),
        )
        never = partial(self._permit, False)
        self._strip.ask(ASKS_FOR_LEAVE, texts.BY_HAND_ASK, replies, never, texts.BY_HAND_ASK_TIP)

    def _permit(self, on: bool, *, questions: bool = False) -> None:
        self._strip.withdraw(ASKS_FOR_LEAVE)
        self._leave = on
        self._store.permit(Subject.BY_HAND, on)
        if questions:
            self._store.permit(Subject.QUESTIONS, True)
        held, self._held = self._held, []
        for left in held if on else ():
            self._store.learn(left, self._whose)
