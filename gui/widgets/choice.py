"""A slim drop-down for a short list of values."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PyQt6.QtCore import QRect, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QPaintEvent, QWheelEvent
from PyQt6.QtWidgets import QComboBox, QSizePolicy, QStyle, QStyleOptionComboBox, QStylePainter

from gui.style.icons import pixmap
from gui.style.theme import Theme

Choices = Sequence[tuple[str, float]]
"""What is written, and the value it stands for."""


class Choice(QComboBox):
    """Emits ``asked`` with the value the user picked; ``show_value`` picks without asking."""

    asked = pyqtSignal(float)

    def __init__(self, theme: Theme, name: str, tip: str) -> None:
        super().__init__()
        self._theme = theme
        self._choices: Choices = ()
        self.setObjectName("choice")
        self.setAccessibleName(name)
        self.setToolTip(tip)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.activated.connect(lambda index: self.asked.emit(self._choices[index][1]))
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """The size it likes best, in logical pixels."""
        return QSize(86, 25)

    def minimumSizeHint(self) -> QSize:
        """The smallest size that it can be used in."""
        return QSize(72, 25)

    def set_choices(self, choices: Choices) -> None:
        """Offer these from now on."""
        if list(choices) == list(self._choices):
            return
        self._choices = tuple(choices)
        self.clear()
        self.addItems([text for text, _ in choices])

    def show_value(self, value: float) -> None:
        """Show the choice that is nearest to ``value`` as a ratio; 0 and infinity are the two ends."""
        if not self._choices:
            return
        index = min(range(len(self._choices)), key=lambda at: _apart(self._choices[at][1], value))
        if index != self.currentIndex():
            self.setCurrentIndex(index)

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """Leave the wheel to the panel: scrolling past a list must not choose from it."""
        if event is not None:
            event.ignore()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint it in the theme's colours."""
        painter = QStylePainter(self)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        palette = self._theme.palette
        colour = palette.text if self.isEnabled() else palette.faint
        arrow = pixmap("chevron-down", colour, 14, self.devicePixelRatioF())
        painter.drawPixmap(self.width() - 21, self.height() // 2 - 7, arrow)
        painter.setPen(QColor(colour))
        room = QRect(9, 0, self.width() - 31, self.height())
        text = self.fontMetrics().elidedText(self.currentText(), Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, text)


def _apart(one: float, other: float) -> float:
    """Distance of two values in stops."""
    if one == other:
        return 0.0
    if min(one, other) <= 0 or math.isinf(max(one, other)):
        return math.inf
    return abs(math.log2(one / other))
