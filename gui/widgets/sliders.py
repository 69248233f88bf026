"""A slider over a camera's true range of exposure times or gains, in even steps of light."""

from __future__ import annotations

import math

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QSlider

from autoexposure.camera import ControlRange

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
