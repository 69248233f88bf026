"""The Camera card's switch for holding the white balance while the exposure is searched."""

from __future__ import annotations

from PyQt6.QtCore import pyqtSignal

from gui.bridge.optimistic import OptimisticValue
from gui.panels.adjustment_rows import SwitchRow
from gui.style.theme import Theme
from gui.text import texts


class HoldRow(SwitchRow):
    """``wanted`` carries whether the user wants it held."""

    wanted = pyqtSignal(bool)

    def __init__(self, theme: Theme) -> None:
        super().__init__(texts.WHITE_BALANCE_HOLD, texts.WHITE_BALANCE_HOLD_NAME, texts.WHITE_BALANCE_HOLD_TIP, theme)
        self._asked: OptimisticValue[bool] = OptimisticValue()
        self.asked.connect(self._ask)

    def follow(self, on: bool, hindrance: str, *, automatic: bool) -> None:
        """Show what the loop does; without the ``automatic`` white balance there is nothing to hold."""
        self.show_value(self._asked.shown(on), hindrance or ("" if automatic else texts.WHITE_BALANCE_HELD))

    def _ask(self, value: float) -> None:
        on = bool(value)
        self._asked.ask(on)
        self.wanted.emit(on)
