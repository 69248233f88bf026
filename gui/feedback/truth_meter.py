"""Asks in the background what a person's answers are worth, again after every change, one question at a time."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from autoexposure.personal.truth import Truth
from gui.bridge.bridge import Background
from gui.feedback.store_client import Shelf, Whose

log = logging.getLogger(__name__)

CALM_MS = 2000
"""Answers often come several in a row; what they are worth together is asked once, when they have ended."""


class TruthMeter(QObject):
    """Emits ``changed`` with a Truth, or None while nothing is known of the chosen person."""

    changed = pyqtSignal(object)

    def __init__(self, background: Background, measure: Callable[[str, str | None], Truth | None]) -> None:
        super().__init__()
        self._background = background
        self._measure = measure
        self._whose = Whose()
        self._count = -1
        self._busy = False
        self._calm = QTimer(self)
        self._calm.setSingleShot(True)
        self._calm.setInterval(CALM_MS)
        self._calm.timeout.connect(self.look)

    def show_shelf(self, shelf: Shelf) -> None:
        """Follow whose answers there are, and how many."""
        if (shelf.whose, shelf.count) == (self._whose, self._count):
            return
        if shelf.whose != self._whose:
            self.changed.emit(None)
        self._whose, self._count = shelf.whose, shelf.count
        self._calm.start()

    def look(self) -> None:
        """Ask now; while one question is under way, after it."""
        if self._busy:
            self._calm.start()
            return
        if not self._count:
            self.changed.emit(None)
            return
        self._busy = True
        whose = self._whose
        self._background.run(
            partial(self._measure, whose.person, whose.camera), partial(self._tell, whose), partial(self._failed, whose)
        )

    def _tell(self, whose: Whose, truth: Truth | None) -> None:
        self._busy = False
        if whose == self._whose:
            self.changed.emit(truth)

    def _failed(self, whose: Whose, error: Exception) -> None:
        log.warning("what the answers are worth is not known: %s", error)
        self._tell(whose, None)
