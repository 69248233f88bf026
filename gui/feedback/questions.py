"""Asks about a picture now and then, where an answer teaches most; only with leave, and never twice about the same."""

from __future__ import annotations

import time
from collections.abc import Callable

from PyQt6.QtCore import QObject

from autoexposure.control.snapshot import Snapshot
from autoexposure.feedback.answer import Label, Source
from autoexposure.feedback.asking import SEEN_EVERY_S, Asker, AskingConfig, Look, look_of, same_look
from autoexposure.feedback.store import Subject
from autoexposure.frame import Pixels
from autoexposure.states import AeState, LoopState
from gui.actions.actions import Actions
from gui.feedback.question_strip import QuestionStrip, Reply
from gui.feedback.store_client import Shelf, StoreClient, Stored, Whose
from gui.feedback.strip import LABEL_COLOURS
from gui.text import texts

ASKS = "question"

UNANSWERED_S = 45.0
"""Nobody has to answer: whoever has not by then is busy with something else."""


class Questions(QObject):
    """Joins picture, store and strip. An answer given while the question stands is an answer to it."""

    def __init__(
        self,
        actions: Actions,
        store: StoreClient,
        strip: QuestionStrip,
        config: AskingConfig | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._actions = actions
        self._store = store
        self._strip = strip
        self._config = config
        self._clock = clock
        self._asker: Asker | None = None  # there is one while asking is allowed
        self._whose: Whose | None = None
        self._asked: Look | None = None
        self._asked_s = self._looked_s = 0.0
        actions["ask"].triggered.connect(self._permit)
        actions["skip"].triggered.connect(lambda: strip.withdraw(ASKS))
        store.stored.connect(self._answered)

    @property
    def source(self) -> Source:
        """What an answer given now is."""
        return Source.QUESTION if self._strip.key == ASKS else Source.CLICK

    def show_shelf(self, shelf: Shelf) -> None:
        """Follow what the person allowed."""
        allowed = shelf.leave.get(Subject.QUESTIONS, False)
        self._actions.check("ask", allowed)
        if not allowed:
            self._asker, self._whose = None, None
            self._strip.withdraw(ASKS)
        elif self._whose != shelf.whose:
            self._asker, self._whose = None, shelf.whose
            self._store.looks(self._begin)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Ask about the picture on screen if that is worth it; withdraw a question whose picture has gone."""
        if self._asker is None:
            return
        now_s, frame = self._clock(), snapshot.frame
        at_rest = self._learns_from(snapshot)
        doubt_ev = snapshot.decision.doubt_ev if snapshot.decision is not None else None
        due = self._asker.due(now_s, at_rest, doubt_ev)
        if self._strip.key == ASKS:
            if not at_rest or frame is None or self._gone(frame.pixels, now_s):
                self._strip.withdraw(ASKS)
        elif due and frame is not None and not self._strip.key:
            look = look_of(frame.pixels)
            if self._asker.ask(now_s, look):
                self._store.keep_look(look)
                self._asked, self._asked_s, self._looked_s = look, now_s, now_s
                self._ask()

    def _learns_from(self, snapshot: Snapshot) -> bool:
        """Whether the picture is at rest, can be answered, and the meter that made it learns."""
        return (
            snapshot.ae_state is AeState.CONVERGED
            and snapshot.loop_state is LoopState.RUNNING
            and snapshot.playback is None
            and bool(snapshot.model_hash)
            and self._actions[Label.WELL].isEnabled()
        )

    def _gone(self, pixels: Pixels, now_s: float) -> bool:
        if now_s - self._asked_s > UNANSWERED_S:
            return True
        if now_s - self._looked_s < SEEN_EVERY_S or self._asked is None:
            return False
        self._looked_s = now_s
        return not same_look(look_of(pixels), self._asked)

    def _begin(self, whose: Whose, looks: list[Look]) -> None:
        if whose == self._whose:
            self._asker = Asker(self._config, looks)

    def _answered(self, stored: Stored) -> None:
        if stored.source.by_hand:
            return
        self._strip.withdraw(ASKS)
        if self._asker is not None and stored.snapshot.frame is not None:
            look = look_of(stored.snapshot.frame.pixels)
            self._asker.answered(self._clock(), look)
            if stored.source is Source.CLICK:  # that of a question was kept when it was asked
                self._store.keep_look(look)

    def _ask(self) -> None:
        labels = [
            Reply(self._actions[label].text(), self._actions[label].trigger, label, LABEL_COLOURS[label])
            for label in Label
        ]
        never = Reply(texts.QUESTION_NEVER, lambda: self._permit(False), quiet=True)
        self._strip.ask(ASKS, texts.QUESTION, (*labels, never), lambda: None)

    def _permit(self, on: bool) -> None:
        self._store.permit(Subject.QUESTIONS, on)
