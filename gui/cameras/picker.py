"""The list of cameras, looked for in the background, and the one that is open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from PyQt6.QtCore import Qt, pyqtSignal

from autoexposure.camera import Camera, CameraInfo
from autoexposure.control.commands import Lock, UseCamera
from autoexposure.control.snapshot import Snapshot
from autoexposure.family import Family, Kind
from autoexposure.spec_text import shown
from autoexposure.states import LoopState
from gui.bridge.bridge import Background
from gui.bridge.optimistic import OptimisticValue
from gui.style.theme import Theme
from gui.text import texts
from gui.widgets.controls import plain_tip
from gui.widgets.picker import DETAIL_ROLE, ICON_ROLE, Picker

ICONS = {Kind.SIMULATION: "simulated", Kind.PHONE: "phone"}


class CameraPicker(Picker):
    """Shows the camera the loop has open; choosing another emits ``command`` with a UseCamera.

    ``opener`` gives what opens the camera of a stable id, in the mode that was chosen for it.
    """

    command = pyqtSignal(object)
    failed = pyqtSignal(str)
    arrived = pyqtSignal(object)
    """With the CameraInfo of a real camera that was not there before and can be used."""

    def __init__(
        self,
        theme: Theme,
        background: Background,
        list_cameras: Callable[[], Sequence[CameraInfo]],
        loaded_family: Callable[[str], Family | None],
        opener: Callable[[str], Callable[[str], Camera]],
        first_spec: str = "",
    ) -> None:
        super().__init__(theme, "camera", texts.CAMERA, texts.CAMERA_TIP)
        self._background = background
        self._list_cameras = list_cameras
        self._loaded_family = loaded_family
        self._opener = opener
        self._listed: dict[str, str] = {}
        self._cameras: list[CameraInfo] = []
        self._open: CameraInfo | None = None
        self._spec = first_spec
        self._locked = False
        self._known: set[str] | None = None
        self._asked_for: OptimisticValue[str] = OptimisticValue()
        self._looking = self._look_again = False
        self.is_beside: Callable[[str], bool] = lambda _spec: False
        """Asked before a camera is opened: whether another loop of this window has it, which is looked at then."""
        self.setPlaceholderText(texts.CAMERAS_SEARCHING)
        self.activated.connect(self._chosen)
        self.opened.connect(self.refresh)

    @property
    def cameras(self) -> list[CameraInfo]:
        """What was found last, with the open camera in any case."""
        return list(self._cameras)

    def refresh(self) -> None:
        """Look for cameras again, without waiting for the answer."""
        if self._looking:
            self._look_again = True  # what changed meanwhile may be missing in the answer
            return
        self._looking, self._look_again = True, False
        self._background.run(self._list_cameras, self._found, self._not_found)

    def use(self, spec: str) -> None:
        """Have the loop open this camera, unless it is open beside this one."""
        if self.is_beside(spec):
            return
        if self._locked and (self._open is None or spec != self._open.spec):
            self.command.emit(Lock(False))  # what was held was the other camera's exposure
        self._spec = spec
        self._asked_for.ask(spec)
        self.command.emit(UseCamera(partial(self._opener(self._listed.get(spec, "")), spec)))

    @property
    def spec(self) -> str:
        """What the loop was last asked to open."""
        return self._spec

    def turn_to(self, spec: str) -> None:
        """Follow another loop from now on, which was last asked to open ``spec``."""
        self._spec, self._open, self._asked_for = spec, None, OptimisticValue()

    def reopen(self) -> None:
        """Have the loop open the camera once more that it has, or last failed to open."""
        self.use(self._spec)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Follow the camera that is really open."""
        camera = snapshot.camera
        self._locked = snapshot.locked
        if camera is not None and not self._asked_for.pending:
            self._spec = camera.spec
        if camera is not None and camera != self._open:
            self._open = camera
            self._fill(self._cameras)
        if camera is None and snapshot.loop_state in (LoopState.FAILED, LoopState.STOPPED):
            self._open = None  # so that it can be chosen again
        if snapshot.loop_state is LoopState.STARTING and camera is None:
            self.setPlaceholderText(texts.CAMERA_OPENING)
        elif self.placeholderText() == texts.CAMERA_OPENING:
            self.setPlaceholderText(texts.NO_CAMERA_CHOSEN)
        opened = camera.spec if camera is not None else ""
        if camera is not None and self._listed.get(self._spec) == camera.stable_id:
            opened = self._spec  # the same camera: its own specification names its mode, too
        spec = self._asked_for.shown(opened)
        self._select(camera.spec if camera is not None and spec == opened else spec)

    def _chosen(self, index: int) -> None:
        spec = self.itemData(index)
        if not spec or (self._open is not None and spec == self._open.spec and not self._asked_for.pending):
            return
        self.use(spec)

    def _found(self, cameras: Sequence[CameraInfo]) -> None:
        self._looking = False
        self._listed = {camera.spec: camera.stable_id for camera in cameras}
        self._greet(cameras)
        self._fill(cameras)
        if self._look_again:
            self.refresh()

    def _greet(self, cameras: Sequence[CameraInfo]) -> None:
        """Tell of real cameras that were not in the list before."""
        before, self._known = self._known, {camera.stable_id for camera in cameras}
        for camera in cameras:
            new = before is not None and camera.stable_id not in before
            other = self._open is None or camera.stable_id != self._open.stable_id
            if new and other and not camera.trouble and self._kind(camera) is not Kind.SIMULATION:
                self.arrived.emit(camera)

    def _not_found(self, error: Exception) -> None:
        self._looking = False
        self.failed.emit(texts.CAMERAS_FAILED.format(error=error))

    def _fill(self, cameras: Sequence[CameraInfo]) -> None:
        if self._open is not None:  # it knows its own name best, and a list may not name it at all
            same = [camera for camera in cameras if self._is_open(camera)]
            detail = next((camera.detail for camera in same), self._open.detail)
            cameras = [replace(self._open, detail=detail), *(camera for camera in cameras if camera not in same)]
        listed = sorted(cameras, key=lambda camera: self._kind(camera) is Kind.SIMULATION)  # real ones first
        self.setPlaceholderText(texts.NO_CAMERA_CHOSEN if listed else texts.CAMERAS_NONE)
        if listed == self._cameras:
            return
        chosen = self.currentData()
        self._cameras = listed
        self.clear()
        for camera in listed:
            self.addItem(camera.name, camera.spec)
            at = self.count() - 1
            detail = camera.trouble or camera.detail or shown(camera.spec)
            self.setItemData(at, detail, DETAIL_ROLE)
            self.setItemData(at, "warning" if camera.trouble else ICONS.get(self._kind(camera), "camera"), ICON_ROLE)
            self.setItemData(at, plain_tip(detail), Qt.ItemDataRole.ToolTipRole)
        self._select(chosen or "")

    def _is_open(self, camera: CameraInfo) -> bool:
        assert self._open is not None
        return camera.spec == self._open.spec or (camera.stable_id == self._open.stable_id != "")

    def _kind(self, camera: CameraInfo) -> Kind:
        family = self._loaded_family(camera.spec)
        return family.kind if family is not None else Kind.DEVICE

    def _select(self, spec: str) -> None:
        index = self.findData(spec) if spec else -1
        if index != self.currentIndex():
            self.setCurrentIndex(index)
