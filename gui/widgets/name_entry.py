"""A line in a menu, for a new name."""

from __future__ import annotations

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QWidget, QWidgetAction

MARGINS_PX = (24, 4, 8, 4)
"""Around the line, so that it stands below the names that the menu has already."""
WIDTH_PX = 200


class NameEntry(QWidgetAction):
    """Closes the menu with Return; ``entered`` then carries what was typed, as it was typed.

    Parameters
    ----------
    text : stands in the empty line.
    longest : letters at most.
    """

    entered = pyqtSignal(str)

    def __init__(self, menu: QMenu, text: str, longest: int, tip: str = "") -> None:
        super().__init__(menu)
        self.line = QLineEdit()
        self.line.setPlaceholderText(text)
        self.line.setToolTip(tip)
        self.line.setAccessibleName(text)
        self.line.setMaxLength(longest)
        self.line.setMinimumWidth(WIDTH_PX)
        self.line.returnPressed.connect(menu.close)
        self.line.returnPressed.connect(lambda: self.entered.emit(self.line.text()))
        room = QWidget()
        room.setFocusProxy(self.line)
        row = QHBoxLayout(room)
        row.setContentsMargins(*MARGINS_PX)
        row.addWidget(self.line)
        self.setDefaultWidget(room)
