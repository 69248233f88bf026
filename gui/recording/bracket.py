"""Takes a bracket with the camera that is looked at, and saves it as a folder."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal

from autoexposure.bracketing.bracket import Bracket
from autoexposure.bracketing.files import new_folder, save_bracket
from autoexposure.control.commands import TakeInTurn
from autoexposure.control.snapshot import Snapshot
from autoexposure.states import LoopState
from gui.actions.actions import Actions
from gui.actions.notices import Level, Notice
from gui.actions.saving import Saver
from gui.bridge.services import LoopPort
from gui.orientation import Orientation
from gui.text import texts


class BracketSaver(QObject):
    """Answers the action ``bracket``.

    Signals: ``said`` with a Notice where something kept it from taking all pictures; ``began`` when it begins.

    Parameters
    ----------
    on_screen : the Snapshot whose picture the user sees; None if that is no live picture.
    turned : how it is turned on screen.
    """

    said = pyqtSignal(object)
    began = pyqtSignal()

    def __init__(
        self,
        actions: Actions,
        saver: Saver,
        loop: LoopPort,
        on_screen: Callable[[], Snapshot | None],
        turned: Callable[[], Orientation],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._actions = actions
        self._saver = saver
        self._loop = loop
        self._on_screen = on_screen
        self._turned = turned
        self._bracket: Bracket | None = None
        actions["bracket"].triggered.connect(self.take)
        actions.allow("bracket", texts.STILL_NO_PICTURE)

    def follow(self) -> None:
        """Save what was taken once there is no more to come; offer to take one while that can be done."""
        bracket = self._bracket
        if bracket is not None and bracket.over.is_set():
            self._bracket = None
            self._end(bracket)
        self._actions.allow("bracket", self._hindrance())

    def take(self) -> None:
        """Ask the loop for the pictures; they come with the next Snapshots."""
        if self._hindrance():
            return
        self._bracket = Bracket()
        self._loop.send(TakeInTurn(self._bracket))
        self._actions.allow("bracket", self._hindrance())
        self.said.emit(None)
        self.began.emit()

    def close(self) -> None:
        """Save what was taken so far; for a window that closes, whose loop ends the rest."""
        bracket, self._bracket = self._bracket, None
        if bracket is not None and bracket.taken:
            self._saver.save(partial(_write, bracket, self._turned().quarters))

    def _end(self, bracket: Bracket) -> None:
        if bracket.reason:
            words = texts.BRACKET_ENDED.format(taken=len(bracket.taken), count=bracket.count, reason=bracket.reason)
            self.said.emit(Notice(Level.WARNING, words))
        if bracket.taken:
            self._saver.save(partial(_write, bracket, self._turned().quarters))

    def _hindrance(self) -> str:
        """Why none can be taken now; empty if one can."""
        snapshot = self._on_screen()
        if self._bracket is not None:
            return texts.BRACKET_TAKING
        if snapshot is None or snapshot.frame is None or snapshot.loop_state is not LoopState.RUNNING:
            return texts.STILL_NO_PICTURE
        can = snapshot.capabilities
        if can is None or not can.controls_exposure or snapshot.native_auto:
            return texts.BRACKET_NO_CONTROL
        return texts.BRACKET_PAUSED if snapshot.paused else ""


def _write(bracket: Bracket, quarters: int, folder: Path) -> Path:
    made = new_folder(folder, datetime.now())
    save_bracket(bracket, made, quarters=quarters)
    return made
