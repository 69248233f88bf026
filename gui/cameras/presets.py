"""Presets of the open camera: a button with a menu, and a key for each of the first few."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QMenu, QToolButton

from autoexposure.camera import CameraInfo
from autoexposure.control.commands import ForCamera, SetExposure, UsePolicy
from autoexposure.control.snapshot import Snapshot
from autoexposure.errors import ConfigError
from autoexposure.metering.classical import SpotMeter
from autoexposure.metering.policy import Policy
from autoexposure.plain_text import plain
from autoexposure.presets.preset import LONGEST_NAME, Preset
from autoexposure.presets.shelf import PresetShelf
from autoexposure.states import LoopState
from gui.actions.actions import Actions
from gui.actions.notices import Level, Notice
from gui.actions.table import PRESET_KEYS
from gui.bridge.bridge import Background
from gui.style.icons import icon
from gui.style.theme import Theme
from gui.text import texts
from gui.text.wording import as_sentence
from gui.widgets.controls import plain_tip
from gui.widgets.name_entry import NameEntry


class PresetButton(QToolButton):
    """Emits ``command`` with the preset that was chosen, as one command; files are read and written in the background.

    A preset is in use while all that it names is so, whoever set it.

    Parameters
    ----------
    make_meter : makes a meter of its name, in the loop's thread.
    open_shelf : the presets of this camera.
    """

    command = pyqtSignal(object)
    said = pyqtSignal(object)
    """A `Notice`, None when the last one is over."""
    used = pyqtSignal(str)
    """What was put in use, for a word over the picture: keys show nothing by themselves."""

    def __init__(
        self,
        theme: Theme,
        actions: Actions,
        files: Background,
        make_meter: Callable[[str], Policy],
        open_shelf: Callable[[CameraInfo], PresetShelf],
    ) -> None:
        super().__init__()
        self._theme = theme
        self._actions = actions
        self._files = files
        self._make_meter = make_meter
        self._open_shelf = open_shelf
        self._snapshot = Snapshot()
        self._presets: tuple[Preset, ...] = ()
        self._allowed: tuple[bool, int] | None = None
        self._in_use: tuple[Preset, ...] = ()
        self._undoable: tuple[str, Snapshot] | None = None  # the preset used last, and how it was before
        self.setObjectName("flat")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setIconSize(QSize(18, 18))
        self._menu = QMenu(self)
        self._menu.aboutToShow.connect(self._fill)
        self.setMenu(self._menu)
        actions["preset"].triggered.connect(self.showMenu)
        for place, name in enumerate(PRESET_KEYS):
            actions[name].triggered.connect(partial(self._use_at, place))
        theme.changed.connect(self._tint)
        self._tint()
        self._show(())

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Follow the camera: each has presets of its own."""
        before, self._snapshot = self._snapshot, snapshot
        if _whose(snapshot) != _whose(before):
            self._undoable = None
            self._show(())
            self.said.emit(None)
            self._ask(lambda shelf: None)
        elif _choices(snapshot) != _choices(before):
            self._compare()
        self._allow()

    def use(self, preset: Preset) -> None:
        """Have the loop set all that ``preset`` names."""
        self._undoable = preset.name, self._snapshot
        self._have(preset)
        self.used.emit(preset.name)

    def undo(self) -> None:
        """Have everything that a preset can set as it was before the one used last."""
        if self._undoable is None:
            return
        (name, before), self._undoable = self._undoable, None
        try:
            self._have(Preset.of(name, before))
        except ConfigError as error:
            self._failed(error)
            return
        if before.spot is not None:
            self.command.emit(UsePolicy(partial(SpotMeter, before.spot.x, before.spot.y)))
        if before.locked and before.commanded is not None:
            self.command.emit(SetExposure(before.commanded))
        self.used.emit(texts.PRESETS_UNDO.format(name=name))

    def _have(self, preset: Preset) -> None:
        # As one command, so that a refusal stays in view, which the next command would take for over.
        self.command.emit(ForCamera(lambda _: preset.commands(self._make_meter)))

    def save(self, name: str) -> None:
        """Keep all that is in use now under this name, in the place of an earlier one."""
        try:
            preset = Preset.of(plain(" ".join(name.split()), LONGEST_NAME), self._snapshot)
        except ConfigError as error:
            self._failed(error)
            return
        self._ask(lambda shelf: shelf.save(preset))

    def delete(self, preset: Preset) -> None:
        """Forget a preset; what it set stays set."""
        self._ask(lambda shelf: shelf.delete(preset.name))

    def _ask(self, do: Callable[[PresetShelf], None]) -> None:
        """Do something with the camera's presets and show them, unless the camera is another one by then."""
        whose, camera = _whose(self._snapshot), self._snapshot.camera
        if camera is None or not whose:
            return

        def work() -> tuple[Preset, ...]:
            shelf = self._open_shelf(camera)
            do(shelf)
            return shelf.all()

        def done(presets: tuple[Preset, ...]) -> None:
            if whose == _whose(self._snapshot):
                self._show(presets)
                self.said.emit(None)

        self._files.run(work, done, self._failed)

    def _use_at(self, place: int) -> None:
        if place < len(self._presets):
            self.use(self._presets[place])

    def _failed(self, error: Exception) -> None:
        self.said.emit(Notice(Level.WARNING, as_sentence(str(error))))

    def _show(self, presets: tuple[Preset, ...]) -> None:
        self._presets = presets
        self._compare()
        self._allow()

    def _compare(self) -> None:
        self._in_use = tuple(preset for preset in self._presets if preset.holds(self._snapshot))
        names = ", ".join(preset.name for preset in self._in_use)
        self.setAccessibleName(texts.PRESETS_NAME.format(name=names) if names else texts.PRESETS)
        self.setToolTip(plain_tip(texts.PRESETS_IN_USE_TIP.format(name=names) if names else texts.PRESETS_TIP))

    def _allow(self) -> None:
        ready = self._snapshot.loop_state is LoopState.RUNNING and self._snapshot.playback is None
        if self._allowed == (ready, len(self._presets)):
            return
        self._allowed = ready, len(self._presets)
        reason = "" if ready else texts.NOT_READY
        self.setEnabled(ready)
        self._actions.allow("preset", reason)
        for place, name in enumerate(PRESET_KEYS):
            self._actions.allow(name, reason or ("" if place < len(self._presets) else texts.PRESETS_NONE_HERE))

    def _fill(self) -> None:
        self._menu.clear()
        for place, preset in enumerate(self._presets):
            keys = self._actions[PRESET_KEYS[place]].shortcut().toString() if place < len(PRESET_KEYS) else ""
            action = QAction(_escaped(preset.name) + (f"\t{keys}" if keys else ""), self._menu)
            action.setCheckable(True)
            action.setChecked(preset in self._in_use)
            action.triggered.connect(partial(self._chosen, preset))
            self._menu.addAction(action)
        self._menu.addSeparator()
        if self._undoable is not None:
            back = QAction(_escaped(texts.PRESETS_UNDO.format(name=self._undoable[0])), self._menu)
            back.triggered.connect(self.undo)
            self._menu.addAction(back)
        new = NameEntry(self._menu, texts.PRESETS_NEW, LONGEST_NAME, texts.PRESETS_NEW_TIP)
        new.entered.connect(self.save)
        self._menu.addAction(new)
        if self._presets:
            forget = QMenu(texts.PRESETS_DELETE, self._menu)
            for preset in self._presets:
                gone = QAction(_escaped(preset.name), forget)
                gone.triggered.connect(partial(self._gone, preset))
                forget.addAction(gone)
            self._menu.addMenu(forget)

    def _chosen(self, preset: Preset, _checked: bool = False) -> None:
        self.use(preset)

    def _gone(self, preset: Preset, _checked: bool = False) -> None:
        self.delete(preset)

    def _tint(self) -> None:
        self.setIcon(icon("preset", self._theme.palette))


def _whose(snapshot: Snapshot) -> str:
    """The id of the camera whose presets count; empty without one, and for a recording, which has nothing to set."""
    return snapshot.camera.stable_id if snapshot.camera is not None and snapshot.playback is None else ""


def _choices(snapshot: Snapshot) -> tuple[object, ...]:
    """All that a preset is about."""
    rules = snapshot.program, snapshot.goal, snapshot.damping
    return snapshot.ev_bias, snapshot.chosen_meter, rules, snapshot.adjustments, snapshot.holds_white_balance


def _escaped(name: str) -> str:
    """A name in a menu: an ampersand would underline the next letter, a tab begin the keys."""
    return name.replace("&", "&&").replace("\t", " ")
