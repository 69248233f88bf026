"""Mirroring and turning the picture on screen, remembered for each camera."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QObject, pyqtSignal

from autoexposure.control.snapshot import Snapshot
from gui.actions.actions import Actions
from gui.orientation import AS_IT_IS, Orientation
from gui.text import texts


class Turning(QObject):
    """Follows the actions ``mirror`` and ``turn``; ``changed`` carries the Orientation to show pictures in.

    Parameters
    ----------
    kept : what was chosen for the camera of this stable id.
    keep : remembers it.
    """

    changed = pyqtSignal(object)

    def __init__(
        self, actions: Actions, kept: Callable[[str], Orientation], keep: Callable[[str, Orientation], None]
    ) -> None:
        super().__init__()
        self._actions = actions
        self._kept = kept
        self._keep = keep
        self._camera = ""
        self.now = AS_IT_IS
        actions["mirror"].triggered.connect(lambda on: self._choose(self.now.with_mirror(on)))
        actions["turn"].triggered.connect(lambda: self._choose(self.now.turned()))

    @property
    def said(self) -> str:
        """In words."""
        words = texts.MIRRORED if self.now.mirrored else texts.NOT_MIRRORED
        return words.format(degrees=90 * self.now.quarters)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Take up what was chosen for this camera."""
        camera = snapshot.camera
        if camera is not None and camera.stable_id != self._camera:
            self._camera = camera.stable_id
            self._use(self._kept(camera.stable_id))

    def _choose(self, wanted: Orientation) -> None:
        self._use(wanted)
        if self._camera:
            self._keep(self._camera, wanted)

    def _use(self, wanted: Orientation) -> None:
        self._actions.check("mirror", wanted.mirrored)
        if wanted != self.now:
            self.now = wanted
            self.changed.emit(wanted)
