"""What the camera itself offers beside exposure: its mode, white balance, focus, tone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from PyQt6.QtCore import QSettings, QTimer, pyqtSignal
from PyQt6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from autoexposure.abilities.adjustable import AUTOMATICS, Adjustment
from autoexposure.abilities.moded import PictureMode
from autoexposure.abilities.several_adjustments import changes
from autoexposure.adjusting.white_balance import AUTOMATIC as WHITE_BALANCE
from autoexposure.control.commands import Adjust, HoldWhiteBalance
from autoexposure.control.snapshot import Snapshot
from gui.actions.actions import Actions
from gui.bridge.optimistic import OptimisticValue
from gui.panels.adjustment_rows import NumberRow, Row, WhiteBalanceRow, make_row, short_name
from gui.panels.mode_rows import ModeRows
from gui.panels.side_panel import Panel
from gui.style.theme import Theme
from gui.text import texts
from gui.widgets.card import FoldButton
from gui.widgets.controls import ActionButton, WordButton, wrapped

FIRST = (
    "white_balance_automatic",
    "white_balance_temperature",
    "focus_automatic",
    "focus_distance",
    "power_line_frequency",
)
"""What the exposure depends on, or suffers from, is in view; the rest folds where there is much of it."""
MOST_ROWS = 8
"""So many controls stand together; of more, those that are not in ``FIRST`` fold."""
UNFOLDED_SETTING = "panel/more_controls"
SEND_EVERY_MS = 60
"""A slider that is dragged is heard of this often: every write costs the camera some time, and with it the pictures."""


class CameraPanel(Panel):
    """Built anew for each camera from what its driver offers; changes go out as ``command``.

    ``mode_wanted`` carries the PictureMode that the user chose.
    """

    mode_wanted = pyqtSignal(object)

    def __init__(self, theme: Theme, actions: Actions, settings: QSettings) -> None:
        super().__init__(texts.CAMERA)
        self._theme = theme
        self._actions = actions
        self._settings = settings
        self.rows: dict[str, Row] = {}
        self._asked: dict[str, OptimisticValue[float]] = {}
        self._offered: tuple[Adjustment, ...] = ()
        self._adjustments: tuple[Adjustment, ...] = ()
        self._found: dict[str, float] = {}
        self._camera = ""
        self._hindrance = ""
        self._waiting: dict[str, float] = {}
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(SEND_EVERY_MS)
        self._pause.timeout.connect(self._catch_up)
        for name in ("mirror", "turn"):
            button = ActionButton(actions[name], role="flat", icon_px=16)
            self.head.addWidget(button)
            self.folded_changed.connect(button.setHidden)
        self.modes = ModeRows(theme)
        self.modes.asked.connect(self._use_mode)
        self.body.addWidget(self.modes)
        self._none = wrapped(texts.NO_CONTROLS, "muted")
        self.body.addWidget(self._none)
        self._controls = QWidget()
        self.body.addWidget(self._controls)
        self._back = QWidget()
        back = QHBoxLayout(self._back)
        back.setContentsMargins(0, 2, 0, 0)
        back.setSpacing(8)
        for name in ("controls_found", "controls_default"):
            back.addWidget(WordButton(actions[name], theme))
        self.body.addWidget(self._back)
        actions["controls_found"].triggered.connect(lambda: self._set(self._found))
        actions["controls_default"].triggered.connect(lambda: self._set(_defaults(self._adjustments)))
        self._build(())
        self._allow()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Follow the loop, except for what has just been asked of it."""
        hindrance = texts.NOT_READY if snapshot.camera is None else ""
        self.modes.show_modes(snapshot.modes, snapshot.mode, hindrance)
        if snapshot.camera is not None:
            other = snapshot.camera.stable_id != self._camera
            if other:
                self._camera, self._found, self._waiting = snapshot.camera.stable_id, {}, {}
            if other or snapshot.adjustments != self._adjustments or not snapshot.found.items() <= self._found.items():
                self._take(snapshot.adjustments, snapshot.found)
        if hindrance != self._hindrance or any(asked.pending for asked in self._asked.values()):
            self._hindrance = hindrance
            self._show()
        if isinstance(white_balance := self.rows.get(WHITE_BALANCE), WhiteBalanceRow):
            white_balance.follow(snapshot.holds_white_balance)

    def _take(self, adjustments: tuple[Adjustment, ...], found: Mapping[str, float]) -> None:
        """Show other values, in other rows where the camera offers others; what was ``found`` is what undoes them."""
        self._adjustments = adjustments
        offered = tuple(replace(one, value=one.minimum, active=True) for one in adjustments)
        if offered != self._offered:
            self._build(offered)
        for adjustment in adjustments:
            self._found.setdefault(adjustment.name, adjustment.value)
        self._found |= found
        self._show()

    def _show(self) -> None:
        wanted = self._wanted()
        for one in self._adjustments:
            self.rows[one.name].show_value(wanted[one.name], self._hindrance or _hindrance(one, wanted))
        self._allow()

    def _wanted(self) -> dict[str, float]:
        """Every control's value, what has just been asked for included."""
        return {one.name: self._asked[one.name].shown(one.value) for one in self._adjustments}

    def _allow(self) -> None:
        for name, wanted in (("controls_found", self._found), ("controls_default", _defaults(self._adjustments))):
            nothing = "" if changes(self._adjustments, wanted) else texts.CONTROLS_UNCHANGED
            self._actions.allow(name, self._hindrance or nothing)

    def _ask(self, name: str, value: float) -> None:
        self._catch_up()  # in the order in which things were asked for
        self._asked[name].ask(value)
        self.command.emit(Adjust(name, value))
        self._show()

    def _slide(self, name: str, value: float) -> None:
        if not self._pause.isActive():
            self._ask(name, value)
            self._pause.start()
            return
        self._waiting[name] = value
        self._asked[name].ask(value)
        self._show()

    def _catch_up(self) -> None:
        """Send the newest of what has waited."""
        waiting, self._waiting = self._waiting, {}
        for name, value in waiting.items():
            self.command.emit(Adjust(name, value))
            self._pause.start()

    def _use_mode(self, mode: PictureMode) -> None:
        """Have the camera opened in another mode, which puts it back as it was found, and then set again as it is."""
        self._catch_up()
        now = self._wanted()
        found = [replace(one, value=self._found[one.name]) for one in self._adjustments]
        self.mode_wanted.emit(mode)
        for name, value in changes(found, now):
            self.command.emit(Adjust(name, value))

    def _set(self, values: dict[str, float]) -> None:
        for name, value in changes(self._adjustments, values):
            self._ask(name, value)

    # How the rows are laid out

    def _build(self, offered: Sequence[Adjustment]) -> None:
        self._offered = tuple(offered)
        self.rows, self._asked = {}, {}
        names = frozenset(one.name for one in offered)
        for one in offered:
            row = make_row(one, names, self._theme)
            row.asked.connect(partial(self._slide if isinstance(row, NumberRow) else self._ask, one.name))
            if isinstance(row, WhiteBalanceRow):
                row.calmed.connect(lambda on: self.command.emit(HoldWhiteBalance(on)))
            self.rows[one.name], self._asked[one.name] = row, OptimisticValue()
        before, self._controls = self._controls, self._laid_out()
        self.body.replaceWidget(before, self._controls)
        before.hide()
        before.deleteLater()
        for widget, there in ((self._controls, bool(offered)), (self._back, bool(offered)), (self._none, not offered)):
            widget.setVisible(there)

    def _laid_out(self) -> QWidget:
        self._align()
        first = [row for name, row in self.rows.items() if name in FIRST]
        rest = [row for name, row in self.rows.items() if name not in FIRST]
        if len(self.rows) <= MOST_ROWS or not first:
            return _grid([*first, *rest])
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        more = FoldButton(texts.MORE_CONTROLS, self._theme)
        folded = _grid(rest)
        column.addWidget(_grid(first))
        column.addWidget(more)
        column.addWidget(folded)
        more.toggled.connect(folded.setVisible)
        more.toggled.connect(lambda on: self._settings.setValue(UNFOLDED_SETTING, on))
        more.setChecked(self._settings.value(UNFOLDED_SETTING, False, type=bool))
        folded.setVisible(more.isChecked())
        return box

    def _align(self) -> None:
        """Give names and values the same width in both grids."""
        widest = max((row.caption.sizeHint().width() for row in self.rows.values()), default=0)
        for row in self.rows.values():
            row.caption.setMinimumWidth(widest)
        numbers = [row for row in self.rows.values() if isinstance(row, NumberRow)]
        widest = max((row.widest_px for row in numbers), default=0)
        for row in numbers:
            row.value.setMinimumWidth(widest)


def _grid(rows: Sequence[Row]) -> QWidget:
    box = QWidget()
    grid = QGridLayout(box)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(8)
    grid.setVerticalSpacing(4)
    grid.setColumnStretch(1, 1)
    for at, row in enumerate(rows):
        row.setParent(box)
        row.place(grid, at)
    return box


def _defaults(adjustments: Sequence[Adjustment]) -> dict[str, float]:
    return {one.name: one.default for one in adjustments if one.default is not None}


def _hindrance(adjustment: Adjustment, wanted: dict[str, float]) -> str:
    """Why a control can't be set now, given what is ``wanted`` of all of them."""
    automatic = AUTOMATICS.get(adjustment.name, "")
    if wanted.get(automatic):
        return texts.AUTOMATIC_HAS_IT.format(name=short_name(automatic))
    if adjustment.active or automatic in wanted:  # its automatic was just let go of: the camera has not said so yet
        return ""
    return texts.CONTROL_INACTIVE
