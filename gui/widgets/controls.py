"""The small controls that Qt has no good version of: labels, buttons of actions, switch, chip, segments."""

from __future__ import annotations

from html import escape

from PyQt6.QtCore import QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QAction, QColor, QFont, QIcon, QPainter, QPaintEvent
from PyQt6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from gui.style.theme import Theme


def label(text: str = "", role: str = "", *, scale: float = 1.0, bold: bool = False) -> QLabel:
    """A label in one of the style sheet's roles (``title``, ``muted`` or plain), ``scale`` times the body size.

    It shows every text as it stands: what devices and files call themselves is never taken for markup.
    """
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setObjectName(role)
    font = QFont(made.font())
    font.setPointSizeF(font.pointSizeF() * scale)
    if bold:
        font.setWeight(QFont.Weight.DemiBold)
    made.setFont(font)
    return made


def wrapped(text: str, role: str = "") -> QLabel:
    """A label whose words go on in the next line."""
    made = label(text, role)
    made.setWordWrap(True)
    return made


def plain_tip(text: str) -> str:
    """A tool tip that shows ``text`` as it stands: Qt takes what looks like markup for it, and tips have no switch."""
    return f"<qt>{escape(text)}</qt>" if "<" in text else text


def set_role(widget: QWidget, role: str) -> None:
    """Have a widget look as the style sheet gives this role, also after it was shown in another."""
    if widget.objectName() != role:
        widget.setObjectName(role)
        style = widget.style()
        assert style is not None
        style.unpolish(widget)
        style.polish(widget)


class ActionButton(QToolButton):
    """A tool button for an action, reached by Tab but never taking the focus from a click.

    Without that, Space would press the button clicked last instead of pausing.
    """

    def __init__(self, action: QAction, *, role: str = "", icon_px: int = 18) -> None:
        super().__init__()
        self.setObjectName(role)
        self.setDefaultAction(action)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setIconSize(QSize(icon_px, icon_px))
        self.setAccessibleName(action.text())


class BoundButton(QAbstractButton):
    """A button that paints itself and follows an action: its text, whether it is on, allowed, and why not."""

    def __init__(self, action: QAction, theme: Theme) -> None:
        super().__init__()
        self.action = action
        self.theme = theme
        theme.changed.connect(self.update)
        self.setText(action.text())
        self.setAccessibleName(action.text())
        self.setCheckable(action.isCheckable())
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(action.trigger)
        action.changed.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        self.setChecked(self.action.isChecked())
        self.setEnabled(self.action.isEnabled())
        self.setToolTip(self.action.toolTip())


class WordButton(BoundButton):
    """Icon and word together in the middle; in the accent colour while it is on."""

    def __init__(self, action: QAction, theme: Theme) -> None:
        super().__init__(action, theme)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """The size it likes best, in logical pixels."""
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + 44, 32)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint it in the theme's colours."""
        palette, enabled, on = self.theme.palette, self.isEnabled(), self.isChecked()
        ground = palette.accent if on else palette.pressed if self.isDown() else palette.control
        if enabled and not on and self.underMouse() and not self.isDown():
            ground = palette.hover
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(palette.accent) if self.hasFocus() else Qt.PenStyle.NoPen)
        painter.setBrush(QColor(ground if enabled or not on else palette.control))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 7, 7)
        side, gap = 17, 7
        left = (self.width() - side - gap - self.fontMetrics().horizontalAdvance(self.text())) // 2
        mode = QIcon.Mode.Normal if enabled else QIcon.Mode.Disabled
        state = QIcon.State.On if on else QIcon.State.Off
        self.action.icon().paint(painter, QRect(left, (self.height() - side) // 2, side, side), mode=mode, state=state)
        painter.setPen(QColor(palette.faint if not enabled else palette.on_accent if on else palette.text))
        room = QRect(left + side + gap, 0, self.width(), self.height())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, self.text())


class Switch(BoundButton):
    """An on/off switch with a sliding knob."""

    def __init__(self, action: QAction, theme: Theme) -> None:
        super().__init__(action, theme)
        self.setFixedSize(36, 20)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint it in the theme's colours."""
        palette = self.theme.palette
        on, enabled = self.isChecked(), self.isEnabled()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        track = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.setPen(QColor(palette.accent) if self.hasFocus() else Qt.PenStyle.NoPen)
        painter.setBrush(QColor(palette.accent if on and enabled else palette.pressed if enabled else palette.control))
        painter.drawRoundedRect(track, track.height() / 2, track.height() / 2)
        knob = QRectF(0, 0, 14, 14)
        knob.moveCenter(track.center())
        knob.moveLeft(track.right() - 16 if on else track.left() + 2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor("#ffffff" if enabled else palette.faint))
        painter.drawEllipse(knob)


class Chip(QWidget):
    """A word in a coloured pill: the state of something."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._text, self._colour = "", "inactive"
        theme.changed.connect(self.update)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    @property
    def text(self) -> str:
        """The word it shows."""
        return self._text

    def say(self, text: str, colour: str, tip: str) -> None:
        """Show ``text`` in the palette's colour of that name; repaints only when something changed."""
        if (text, colour) == (self._text, self._colour):
            return
        self._text, self._colour = text, colour
        self.setToolTip(tip)
        self.setAccessibleName(text)
        self.setFixedSize(self.sizeHint())  # a status bar does not ask again by itself before it is shown
        self.update()

    def sizeHint(self) -> QSize:
        """The size it likes best, in logical pixels."""
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self._text) + 32, max(22, metrics.height() + 6))

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint it in the theme's colours."""
        colour = QColor(getattr(self._theme.palette, self._colour))
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = QColor(colour)
        ground.setAlphaF(0.16)
        pill = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(pill, pill.height() / 2, pill.height() / 2)
        painter.setBrush(colour)
        painter.drawEllipse(QRectF(10, pill.center().y() - 3.5, 7, 7))
        painter.setPen(colour)
        painter.drawText(self.rect().adjusted(23, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, self._text)


class Segments(QFrame):
    """Two or more choices side by side, of which one holds. Emits ``chosen`` with its index on a click."""

    chosen = pyqtSignal(int)

    def __init__(self, choices: list[str], name: str, tip: str) -> None:
        super().__init__()
        self.setObjectName("segments")
        self.setAccessibleName(name)
        row = QHBoxLayout(self)
        row.setContentsMargins(2, 2, 2, 2)
        row.setSpacing(2)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._group = QButtonGroup(self)
        for index, text in enumerate(choices):
            button = QToolButton()
            button.setObjectName("segment")
            button.setText(text)
            button.setAccessibleName(f"{name}: {text}")
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            self._group.addButton(button, index)
            row.addWidget(button)
        self._group.idClicked.connect(self.chosen)
        self.set_tip(tip)

    def set_tip(self, tip: str) -> None:
        """Say this while the mouse rests anywhere on it."""
        self.setToolTip(tip)
        for button in self._group.buttons():
            button.setToolTip(tip)

    def choose(self, index: int) -> None:
        """Show this choice as the one that holds."""
        button = self._group.button(index)
        if button is not None:
            button.setChecked(True)
