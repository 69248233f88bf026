"""The Qt actions of one window, made from the table; buttons, menus and keys share them."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QObject, Qt
from PyQt6.QtGui import QAction, QKeyEvent, QKeySequence
from PyQt6.QtWidgets import QAbstractButton, QApplication, QComboBox, QWidget

from gui.actions.table import ACTS, GROUPS
from gui.style.icons import icon
from gui.style.theme import Theme
from gui.text import texts
from gui.widgets.controls import plain_tip


class Actions(QObject):
    """The actions of one window by name: ``actions["lock"]``."""

    def __init__(self, window: QWidget, theme: Theme) -> None:
        super().__init__(window)
        self._theme = theme
        self._tips: dict[str, str] = {}
        self._actions: dict[str, QAction] = {}
        for act in ACTS:
            action = QAction(act.text, window)
            action.setObjectName(act.name)
            action.setShortcuts([QKeySequence(key) for key in act.keys.split()])
            action.setCheckable(act.checkable)
            action.setAutoRepeat(act.repeats)
            self._actions[act.name] = action
            key = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            self._tips[act.name] = texts.with_shortcut(act.tip, key)
            action.setToolTip(self._tips[act.name])
            window.addAction(action)
        theme.changed.connect(self._tint)
        self._tint()
        window.installEventFilter(self)

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def groups(self) -> list[tuple[str, list[QAction]]]:
        """(heading, actions) of the list of shortcuts."""
        return [(group.heading, [self._actions[act.name] for act in group.acts]) for group in GROUPS]

    def items(self) -> list[tuple[str, QAction]]:
        """(name, action) of all, in the order they are shown in."""
        return list(self._actions.items())

    def hindrance(self, key: QKeySequence) -> str:
        """Why the action with this key can't be done now; empty if it can, or if no action has the key."""
        off = (action for action in self._actions.values() if not action.isEnabled() and key in action.shortcuts())
        return next((action.toolTip() for action in off), "")

    def allow(self, name: str, reason: str = "") -> None:
        """Enable an action, or disable it with the reason as its tooltip."""
        action = self._actions[name]
        if action.isEnabled() == (not reason) and action.toolTip() == (reason or self._tips[name]):
            return
        action.setEnabled(not reason)
        action.setToolTip(plain_tip(reason or self._tips[name]))

    def check(self, name: str, on: bool) -> None:
        """Show an action as on or off, without doing it."""
        action = self._actions[name]
        if action.isChecked() != on:
            action.setChecked(on)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Leave Space to the button or list that Tab has led to: there it presses, elsewhere it pauses."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            pressed = QKeySequence(event.keyCombination()) == QKeySequence(Qt.Key.Key_Space)
            if pressed and isinstance(QApplication.focusWidget(), QAbstractButton | QComboBox):
                event.accept()
                return True
        return super().eventFilter(watched, event)

    def _tint(self) -> None:
        palette = self._theme.palette
        for act in ACTS:
            colour = getattr(palette, act.colour) if act.colour else ""
            checked = palette.text if act.quiet else ""
            self._actions[act.name].setIcon(icon(act.icon, palette, colour=colour, checked=checked))
