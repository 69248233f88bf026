"""The menu behind the button at the right end of the tool bar, and the list of shortcuts."""

from __future__ import annotations

from importlib.metadata import version

from PyQt6.QtCore import QSettings, QSize, Qt
from PyQt6.QtGui import QAction, QActionGroup, QKeySequence
from PyQt6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QMenu, QToolButton, QVBoxLayout, QWidget

from gui.actions.actions import Actions
from gui.actions.table import MENU
from gui.style.icons import icon
from gui.style.theme import Theme, ThemeChoice
from gui.text import texts
from gui.widgets.controls import label, wrapped

THEME_SETTING = "theme"
COLUMNS = 4
LEAST_KEY_PX = 26
HEADING_ROWS = 1.6
"""Height of a group's heading with the gap above it, in rows."""


class MenuButton(QToolButton):
    """The button with the menu on it."""

    def __init__(self, window: QWidget, actions: Actions, theme: Theme, settings: QSettings) -> None:
        super().__init__()
        self._theme = theme
        self.setObjectName("view")
        self.setToolTip(texts.MENU)
        self.setAccessibleName(texts.MENU)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setIconSize(QSize(18, 18))
        menu = QMenu(self)
        self._themes = _theme_menu(menu, theme, settings)
        for section in MENU:
            if section[0].name == "first_minute":  # how the window looks stands before what explains it
                menu.addMenu(self._themes)
                menu.addSeparator()
            menu.addActions([actions[act.name] for act in section])
            menu.addSeparator()
        self.setMenu(menu)
        theme.changed.connect(self._tint)
        self._tint()
        actions["shortcuts"].triggered.connect(lambda: ShortcutsSheet(window, actions).show())
        actions["about"].triggered.connect(lambda: AboutSheet(window).show())

    def _tint(self) -> None:
        self.setIcon(icon("menu", self._theme.palette))
        self._themes.setIcon(icon("theme", self._theme.palette))


def _theme_menu(parent: QMenu, theme: Theme, settings: QSettings) -> QMenu:
    menu = QMenu(texts.THEME, parent)
    group = QActionGroup(menu)
    for choice in ThemeChoice:
        action = QAction(texts.THEMES[choice], menu)
        action.setCheckable(True)
        action.setChecked(choice is theme.choice)
        action.triggered.connect(lambda _=False, choice=choice: _choose(theme, settings, choice))
        group.addAction(action)
        menu.addAction(action)
    return menu


def _choose(theme: Theme, settings: QSettings, choice: ThemeChoice) -> None:
    settings.setValue(THEME_SETTING, str(choice))
    theme.choose(choice)


def kept_theme(settings: QSettings) -> ThemeChoice:
    """The theme chosen last time, else the system's."""
    try:
        return ThemeChoice(str(settings.value(THEME_SETTING, ThemeChoice.SYSTEM.value)))
    except ValueError:  # the file was edited by hand
        return ThemeChoice.SYSTEM


class ShortcutsSheet(QDialog):
    """Every action with its keys, in groups; Escape closes it, and it never blocks the window."""

    def __init__(self, parent: QWidget, actions: Actions) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(texts.SHORTCUTS_TITLE)
        columns = QHBoxLayout(self)
        columns.setContentsMargins(24, 20, 24, 24)
        columns.setSpacing(40)
        groups = actions.groups()
        rows_each = sum(len(members) + HEADING_ROWS for _, members in groups) / COLUMNS
        column, rows = QVBoxLayout(), 0.0
        for heading, members in groups:
            if column.isEmpty() or rows + (len(members) + HEADING_ROWS) / 2 > rows_each:
                column, rows = QVBoxLayout(), 0.0
                column.setSpacing(16)
                columns.addLayout(column)
            column.addLayout(_key_table(heading, members))
            rows += len(members) + HEADING_ROWS
        for index in range(columns.count()):
            item = columns.itemAt(index)
            filled = item.layout() if item is not None else None
            assert isinstance(filled, QVBoxLayout)
            filled.addStretch(1)


def _key_table(heading: str, actions: list[QAction]) -> QGridLayout:
    table = QGridLayout()
    table.setHorizontalSpacing(20)
    table.setVerticalSpacing(4)
    table.setColumnStretch(0, 1)
    table.addWidget(label(heading, "title"), 0, 0, 1, 2)
    for row, action in enumerate(actions, 1):
        table.addWidget(label(action.text()), row, 0)
        keys = QHBoxLayout()
        keys.setSpacing(4)
        keys.addStretch(1)
        for key in action.shortcuts():
            pressed = label(key.toString(QKeySequence.SequenceFormat.NativeText), "key")
            pressed.setAlignment(Qt.AlignmentFlag.AlignCenter)
            pressed.setMinimumWidth(max(LEAST_KEY_PX, pressed.sizeHint().width()))
            keys.addWidget(pressed)
        table.addLayout(keys, row, 1)
    return table


class AboutSheet(QDialog):
    """What the program is, its version and its licence."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(texts.ABOUT_TITLE)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(12)
        column.addWidget(label(texts.ABOUT_HEAD.format(version=version("autoexposure")), bold=True))
        words = wrapped(texts.ABOUT)
        words.setMinimumWidth(340)
        column.addWidget(words)
