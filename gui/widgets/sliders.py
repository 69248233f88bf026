"""Sliders: over a camera's true range of exposure times or gains, over plain numbers, and around zero."""

from __future__ import annotations

import math

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PyQt6.QtWidgets import QSlider

from autoexposure.camera import ControlRange
from gui.style.theme import Theme

STEPS_PER_STOP = 6
KEY_STEPS = 2
"""An arrow key moves a third of a stop, as a camera's dial does."""


class StopSlider(QSlider):
    """Emits ``asked`` with a value the camera has when the user moves it; ``show_value`` moves it without asking."""

    asked = pyqtSignal(float)

    def __init__(self, name: str) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._range: ControlRange | None = None
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSingleStep(KEY_STEPS)
        self.setPageStep(STEPS_PER_STOP)
        self.valueChanged.connect(self._moved)

    def set_range(self, control: ControlRange | None) -> None:
        """Move over these values from now on."""
        if control == self._range:
            return
        self._range = control
        self.blockSignals(True)
        self.setRange(0, 0 if control is None else math.ceil(_stops(control, control.maximum) * STEPS_PER_STOP))
        self.blockSignals(False)

    def show_value(self, value: float) -> None:
        """Stand where ``value`` is, unless the user is just moving it."""
        if self._range is None or self.isSliderDown():
            return
        self.blockSignals(True)  # showing is not asking
        self.setValue(round(_stops(self._range, value) * STEPS_PER_STOP))
        self.blockSignals(False)

    def _moved(self, position: int) -> None:
        if self._range is not None:
            wanted = _lowest(self._range) * 2.0 ** (position / STEPS_PER_STOP)
            self.asked.emit(self._range.nearest(min(wanted, self._range.maximum)))


def _lowest(control: ControlRange) -> float:
    """Where the scale begins; ranges that claim to reach zero begin a thousandth below their end."""
    return control.minimum if control.minimum > 0 else control.maximum / 1024


def _stops(control: ControlRange, value: float) -> float:
    return max(0.0, math.log2(max(value, 1e-12) / _lowest(control)))


MOST_STEPS = 100_000
"""Positions of a slider: more than any screen has pixels."""
PAGES = 10
"""The page keys cross the whole range in as many steps."""


class NumberSlider(QSlider):
    """From ``minimum`` to ``maximum`` in even steps; a double click asks for ``default``, where there is one.

    Emits ``asked`` with a number when the user moves it; ``show_value`` moves it without asking. The wheel scrolls what
    it lies on.
    """

    asked = pyqtSignal(float)

    def __init__(self, name: str, minimum: float, maximum: float, step: float, default: float | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        steps = min(round((maximum - minimum) / step), MOST_STEPS)
        self._minimum = minimum
        self._step = (maximum - minimum) / steps if steps else step
        self._default = default
        self.setRange(0, steps)
        self.setPageStep(max(1, steps // PAGES))
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.valueChanged.connect(lambda position: self.asked.emit(self._minimum + position * self._step))

    def show_value(self, value: float) -> None:
        """Stand where ``value`` is, unless the user is just moving it."""
        if self.isSliderDown():
            return
        self.blockSignals(True)  # showing is not asking
        self.setValue(round((value - self._minimum) / self._step))
        self.blockSignals(False)

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        """Ask for the default."""
        if self._default is not None:
            self.setSliderDown(False)
            self.asked.emit(self._default)

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """Leave the wheel to the panel: scrolling past a slider must not set a camera."""
        if event is not None:
            event.ignore()


HANDLE_PX = 20
"""Width of the handle with the gap around it, as the style sheet gives it to other sliders: all stand in line."""
KNOB_PX = 14


class BiasSlider(QSlider):
    """From ``-limit`` to ``+limit`` whole units, each of ``steps`` slider steps; a double click goes back to zero."""

    def __init__(self, theme: Theme, *, limit: int, steps: int) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._theme = theme
        self._steps = steps
        theme.changed.connect(self.update)
        self.setRange(-limit * steps, limit * steps)
        self.setPageStep(steps)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def sizeHint(self) -> QSize:
        """The size it likes best, in logical pixels."""
        return QSize(160, 24)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Move the handle to the mouse."""
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self.setValue(self._value_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Drag the handle."""
        if event is not None and self.isSliderDown():
            self.setValue(self._value_at(event.position().x()))

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """Let go of the handle."""
        self.setSliderDown(False)

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        """Go back to zero."""
        self.setValue(0)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint it in the theme's colours."""
        palette = self._theme.palette
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = self.height() / 2
        enabled = self.isEnabled()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(palette.control))
        painter.drawRoundedRect(QRectF(0, middle - 2, self.width(), 4), 2, 2)
        painter.setBrush(QColor(palette.accent if enabled else palette.faint))
        start, end = sorted((self._x(0), self._x(self.value())))
        painter.drawRoundedRect(QRectF(start - 1, middle - 2, end - start + 2, 4), 2, 2)
        painter.setBrush(QColor(palette.faint))
        for value in range(self.minimum(), self.maximum() + 1, self._steps):
            painter.drawEllipse(QPointF(self._x(value), middle + 10), 1.4, 1.4)
        knob = QPointF(self._x(self.value()), middle)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(palette.card))
        painter.drawEllipse(knob, HANDLE_PX / 2, HANDLE_PX / 2)
        lit = enabled and (self.hasFocus() or self.underMouse())
        painter.setBrush(QColor(palette.accent if lit else palette.text if enabled else palette.faint))
        painter.drawEllipse(knob, KNOB_PX / 2, KNOB_PX / 2)

    def _x(self, value: int) -> float:
        room = self.width() - HANDLE_PX
        return HANDLE_PX / 2 + (value - self.minimum()) / (self.maximum() - self.minimum()) * room

    def _value_at(self, x: float) -> int:
        share = (x - HANDLE_PX / 2) / max(1, self.width() - HANDLE_PX)
        return round(self.minimum() + share * (self.maximum() - self.minimum()))
