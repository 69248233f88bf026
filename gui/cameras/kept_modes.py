"""The size, frame rate and format chosen for a camera: asked of it, kept for it, and given up where it refuses."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PyQt6.QtCore import QObject, pyqtSignal

from autoexposure.abilities.abilities import Abilities
from autoexposure.abilities.moded import PictureMode
from autoexposure.camera import Camera, CameraInfo
from autoexposure.control.commands import SetExposure, UseCamera
from autoexposure.control.snapshot import Snapshot
from autoexposure.errors import AutoexposureError
from autoexposure.family import Family
from gui.actions.notices import Level, Notice
from gui.preferences import CameraPreferences
from gui.text import texts
from gui.text.wording import as_sentence, mode_text

SAME_RATE_FPS = 1.0
"""Cameras round what they are asked for."""


class KeptModes(QObject):
    """Opens cameras in the mode chosen for them. ``command`` carries commands, ``said`` a Notice.

    A mode is kept once it has brought a picture. One that the camera refuses, or no longer has, is forgotten, and the
    camera is opened as it was before, or as its driver likes.
    """

    command = pyqtSignal(object)
    said = pyqtSignal(object)
    _refused = pyqtSignal(str, object, str)

    def __init__(
        self,
        open_camera: Callable[[str], Camera],
        loaded_family: Callable[[str], Family | None],
        preferences: CameraPreferences,
    ) -> None:
        super().__init__()
        self._open_camera = open_camera
        self._loaded_family = loaded_family
        self._preferences = preferences
        self._snapshot = Snapshot()
        self._camera = ""
        self._asked: tuple[CameraInfo, PictureMode] | None = None
        self.chosen: PictureMode | None = None
        self._refused.connect(self._forget)  # queued, since it is emitted in the loop's thread

    def opener(self, stable_id: str) -> Callable[[str], Camera]:
        """Opens the camera of this stable id, by whatever specification, in the mode kept for it."""
        mode = self._preferences.mode(stable_id)
        return self._open_camera if mode is None else partial(self._open, stable_id, mode)

    def use(self, mode: PictureMode) -> None:
        """Open the camera again in ``mode``; an exposure that is held is set again."""
        snapshot = self._snapshot
        camera = snapshot.camera
        if camera is None:
            return
        self._asked = (camera, mode)
        self.said.emit(None)
        self.command.emit(UseCamera(partial(self._open, camera.stable_id, mode, camera.spec)))
        if snapshot.locked and snapshot.commanded is not None:
            self.command.emit(SetExposure(snapshot.commanded))

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Follow the camera that is open, and keep a mode that has brought a picture."""
        self._snapshot = snapshot
        camera = snapshot.camera
        if camera is None:
            return
        if camera.stable_id != self._camera:
            self._camera, self.chosen = camera.stable_id, self._preferences.mode(camera.stable_id)
            if self.chosen is not None and self._was_named_without_a_mode(camera.spec, self.chosen):
                self.use(self.chosen)
        if self._asked is None or snapshot.frame is None or snapshot.mode is None:
            return
        before, mode = self._asked
        again = camera.stable_id == before.stable_id and camera.spec != before.spec
        if again and _fits(snapshot.mode, mode):
            self._asked, self.chosen = None, mode
            self._preferences.keep_mode(camera.stable_id, mode)

    def _was_named_without_a_mode(self, spec: str, kept: PictureMode) -> bool:
        """Whether a camera is open as the command line named it, and it named no size, rate or format."""
        family, now = self._loaded_family(spec), self._snapshot.mode
        if family is None or family.in_mode is None or now is None or self._snapshot.playback is not None:
            return False
        as_kept = _fits(now, kept) and (not kept.rates_fps or _alike(now.rates_fps, kept.rates_fps))
        return not as_kept and family.in_mode(spec, kept).startswith(spec)

    def _open(self, stable_id: str, mode: PictureMode, spec: str) -> Camera:
        """In the loop's thread."""
        family = self._loaded_family(spec)
        if family is None or family.in_mode is None:
            return self._open_camera(spec)
        try:
            camera = self._open_camera(family.in_mode(spec, mode))
        except AutoexposureError as error:
            camera = self._open_camera(spec)  # where this fails too, the mode is not to blame, and is kept
            words = texts.MODE_REFUSED.format(mode=mode_text(mode), error=as_sentence(str(error)))
            self._refused.emit(stable_id, mode, words)
            return camera
        really = Abilities(camera).mode
        if really is not None and not _fits(really, mode):
            words = texts.MODE_OTHER.format(name=camera.info.name, mode=mode_text(mode), really=mode_text(really))
            self._refused.emit(stable_id, mode, words)
        return camera

    def _forget(self, stable_id: str, mode: PictureMode, words: str) -> None:
        self._asked = None
        if self._preferences.mode(stable_id) == mode:
            self._preferences.keep_mode(stable_id, None)
            if stable_id == self._camera:
                self.chosen = None
        self.said.emit(Notice(Level.WARNING, words))


def _fits(really: PictureMode, wanted: PictureMode) -> bool:
    """Whether a camera took what it was asked for; its rate may differ, as cameras round it."""
    return really.size_px == wanted.size_px and wanted.fourcc in ("", really.fourcc)


def _alike(really: tuple[float, ...], wanted: tuple[float, ...]) -> bool:
    return any(abs(rate - wanted[0]) < SAME_RATE_FPS for rate in really)
