"""Takes answers to the store and back, all of it in the background: a database may wait for the disk."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PyQt6.QtCore import QObject, pyqtSignal

from autoexposure.errors import AutoexposureError
from autoexposure.feedback import FeedbackStore, Label
from autoexposure.snapshot import Snapshot
from gui import texts
from gui.bridge import Background

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stored:
    """An answer that is safely in the store, and how many there are with it."""

    snapshot: Snapshot
    label: Label
    count: int


@dataclass(frozen=True, slots=True)
class Undone:
    """An answer that was taken back (None: there was nothing to take back), and how many are left."""

    label: Label | None
    count: int


class FeedbackDesk(QObject):
    """The store of answers as the window sees it. Signals come in the GUI thread."""

    stored = pyqtSignal(object)
    undone = pyqtSignal(object)
    counted = pyqtSignal(int)
    failed = pyqtSignal(str)

    def __init__(
        self, background: Background, open_store: Callable[[], FeedbackStore], model_hash: Callable[[str], str]
    ) -> None:
        super().__init__()
        self._background = background
        self._open_store = open_store
        self._model_hash = model_hash
        self._store: FeedbackStore | None = None

    def count(self) -> None:
        """Ask how many answers there are; ``counted`` tells."""
        self._background.run(self._counted, self._tell_count, self._tell)

    def store(self, snapshot: Snapshot, label: Label) -> None:
        """Keep ``label`` for exactly the picture of this Snapshot, with its own exposure."""
        self._background.run(partial(self._add, snapshot, label), self.stored.emit, self._tell)

    def undo(self) -> None:
        """Take the last answer back."""
        self._background.run(self._take_back, self.undone.emit, self._tell)

    def close(self) -> None:
        """Let go of the store, after everything asked so far is done."""
        self._background.run(self._let_go, lambda _: None, self._tell)

    def wait(self) -> None:
        """Block until all that was asked is done; not for a window that somebody uses."""
        self._background.wait()

    # In the worker thread

    def _opened(self) -> FeedbackStore:
        if self._store is None:
            self._store = self._open_store()
        return self._store

    def _let_go(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None

    def _add(self, snapshot: Snapshot, label: Label) -> Stored:
        assert snapshot.frame is not None
        store = self._opened()
        store.add(
            snapshot.frame,
            label,
            camera=snapshot.camera.stable_id if snapshot.camera is not None else "",
            meter=snapshot.meter,
            ae_state=snapshot.ae_state,
            delta_ev=snapshot.decision.delta_ev if snapshot.decision is not None else None,
            bias_ev=snapshot.ev_bias,
            model_hash=self._model_hash(snapshot.meter),
        )
        return Stored(snapshot, label, self._counted())

    def _take_back(self) -> Undone:
        taken = self._opened().undo()
        return Undone(taken.label if taken is not None else None, self._counted())

    def _counted(self) -> int:
        return self._opened().counts().total

    # Back in the GUI thread

    def _tell_count(self, count: int) -> None:
        if self._store is not None and self._store.set_aside is not None:
            self.failed.emit(texts.FEEDBACK_SET_ASIDE.format(path=self._store.set_aside))
        self.counted.emit(count)

    def _tell(self, error: Exception) -> None:
        log.log(logging.WARNING if isinstance(error, AutoexposureError) else logging.ERROR, "feedback: %s", error)
        self.failed.emit(texts.FEEDBACK_FAILED.format(error=error))
