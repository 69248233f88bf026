"""Saves the picture on screen as a photograph."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from PyQt6.QtCore import QObject, QSettings

from autoexposure.control.snapshot import Snapshot
from autoexposure.recording.still import save_still, taken_at
from gui.actions.actions import Actions
from gui.actions.saving import Saver
from gui.orientation import Orientation
from gui.preview.overlays import Overlays, compose
from gui.text import texts

OPTIONS = ("still_overlay", "still_maps")
"""Actions that say what is saved beside the picture; remembered."""


class StillSaver(QObject):
    """Answers the action ``still``.

    Parameters
    ----------
    on_screen : the Snapshot whose picture the user sees; None if that is no live picture.
    overlays : what is drawn over it.
    turned : how it is turned on screen. A photograph is shown turned, and never mirrored: mirrors are for looking in.
    """

    def __init__(
        self,
        actions: Actions,
        saver: Saver,
        settings: QSettings,
        on_screen: Callable[[], Snapshot | None],
        overlays: Callable[[], Overlays],
        turned: Callable[[], Orientation],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._actions = actions
        self._saver = saver
        self._on_screen = on_screen
        self._overlays = overlays
        self._turned = turned
        for name in OPTIONS:
            actions.check(name, settings.value(name, False, type=bool))
            actions[name].toggled.connect(partial(settings.setValue, name))
        actions["still"].triggered.connect(self.save)
        actions.allow("still", texts.STILL_NO_PICTURE)

    def follow(self) -> None:
        """Offer to save while a live picture is on screen."""
        self._actions.allow("still", "" if self._on_screen() is not None else texts.STILL_NO_PICTURE)

    def save(self) -> None:
        """Save the picture on screen as it came from the camera, and beside it what the options say."""
        if (snapshot := self._on_screen()) is None:
            return
        taken = taken_at(snapshot, datetime.now().astimezone())
        overlays = self._overlays() if self._actions["still_overlay"].isChecked() else Overlays()
        maps, quarters = self._actions["still_maps"].isChecked(), self._turned().quarters
        self._saver.save(partial(_write, snapshot, taken, overlays, maps, quarters))


def _write(
    snapshot: Snapshot, taken: datetime | None, overlays: Overlays, maps: bool, quarters: int, folder: Path
) -> Path:
    picture = snapshot.frame.pixels if snapshot.frame is not None else None
    drawn = compose(picture, snapshot.decision, overlays) if picture is not None else None
    overlay = drawn if drawn is not picture else None
    return save_still(snapshot, folder, taken=taken, overlay=overlay, maps=maps, quarters=quarters)[0]
