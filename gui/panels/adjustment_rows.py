"""The rows of the Camera card: one for each control that a camera has beside exposure."""

from __future__ import annotations

from PyQt6.QtCore import QObject, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QGridLayout, QSizePolicy, QToolButton, QWidget

from autoexposure.abilities.adjustable import AUTOMATICS, NAMES, Adjustment, AdjustmentKind
from autoexposure.adjusting.white_balance import AUTOMATIC as WHITE_BALANCE
from gui.bridge.optimistic import OptimisticValue
from gui.style.icons import icon
from gui.style.theme import Theme
from gui.text import texts
from gui.widgets.choice import Choice
from gui.widgets.controls import Segments, Switch, label, plain_tip
from gui.widgets.sliders import NumberSlider

SEGMENTS_PX = 176
"""Entries that take more room side by side stand in a drop-down list."""
RESET_PX = 14


class Row(QObject):
    """One control; ``asked`` carries the value that the user wants.

    Attributes
    ----------
    caption : its name, in the first column.
    control : what sets it.
    """

    asked = pyqtSignal(float)

    def __init__(self, name: str, tip: str) -> None:
        super().__init__()
        self.caption = label(name)
        self.control: QWidget = QWidget()
        self._tip = tip

    def place(self, grid: QGridLayout, at: int) -> None:
        """Take row ``at`` of a grid of four columns: name, control, value, reset."""
        grid.addWidget(self.caption, at, 0)
        grid.addWidget(self.control, at, 1, 1, 3, Qt.AlignmentFlag.AlignRight)

    def show_value(self, value: float, hindrance: str) -> None:
        """Stand at ``value``; ``hindrance`` says why it can't be set now, empty if it can."""
        self.caption.setEnabled(not hindrance)
        self.enable(not hindrance)
        tip = plain_tip(hindrance or self._tip)
        if self.caption.toolTip() != tip:
            self.caption.setToolTip(tip)
            self.tell(tip)
        self.stand(value)

    def enable(self, on: bool) -> None:
        """Let the control be used, or not."""
        self.control.setEnabled(on)

    def tell(self, tip: str) -> None:
        """Say this while the mouse rests on the control."""
        self.control.setToolTip(tip)

    def stand(self, value: float) -> None:
        """Show this value."""
        raise NotImplementedError


class AutomaticRow(Row):
    """Auto or Hold; ``beside`` says whether a slider sets what it moves."""

    choices: tuple[str, ...] = texts.AUTOMATIC_CHOICES

    def __init__(self, adjustment: Adjustment, *, beside: bool) -> None:
        super().__init__(short_name(adjustment.name), texts.AUTOMATIC_TIP_VALUE if beside else texts.AUTOMATIC_TIP)
        self.segments = Segments(list(self.choices), adjustment.text, self._tip)
        self.segments.chosen.connect(self.choose)
        self.control = self.segments

    def choose(self, index: int) -> None:
        """Ask for what this segment means."""
        self.asked.emit(float(index == 0))

    def tell(self, tip: str) -> None:
        """As Row.tell."""
        self.segments.set_tip(tip)

    def stand(self, value: float) -> None:
        """As Row.stand."""
        self.segments.choose(0 if value else 1)


class WhiteBalanceRow(AutomaticRow):
    """Auto, Calm or Hold; ``calmed`` carries whether it is to be held while the exposure is searched."""

    calmed = pyqtSignal(bool)
    choices = texts.WHITE_BALANCE_CHOICES

    def __init__(self, adjustment: Adjustment, *, beside: bool) -> None:
        super().__init__(adjustment, beside=beside)
        self._tip = f"{self._tip} {texts.CALM_TIP}"
        self._value = adjustment.value
        self._calm = False
        self._asked: OptimisticValue[bool] = OptimisticValue()

    def choose(self, index: int) -> None:
        """As AutomaticRow.choose."""
        if index < 2:
            self._asked.ask(index == 1)
            self.calmed.emit(index == 1)
        if self._value != float(index < 2):
            self.asked.emit(float(index < 2))

    def follow(self, calm: bool) -> None:
        """Show whether the loop holds it while the exposure is searched."""
        self._calm = calm
        self.stand(self._value)

    def stand(self, value: float) -> None:
        """As Row.stand."""
        self._value = value
        self.segments.choose(2 if not value else int(self._asked.shown(self._calm)))


class SwitchRow(Row):
    """On or off."""

    def __init__(self, adjustment: Adjustment, theme: Theme) -> None:
        super().__init__(short_name(adjustment.name), adjustment.text)
        self._action = QAction(adjustment.text, self)
        self._action.setCheckable(True)
        self._action.triggered.connect(lambda on: self.asked.emit(float(on)))
        self.control = Switch(self._action, theme)

    def enable(self, on: bool) -> None:
        """As Row.enable."""
        self._action.setEnabled(on)

    def tell(self, tip: str) -> None:
        """As Row.tell."""
        self._action.setToolTip(tip)

    def stand(self, value: float) -> None:
        """As Row.stand."""
        self._action.setChecked(bool(value))


class SegmentsRow(Row):
    """A choice of a few short entries."""

    def __init__(self, adjustment: Adjustment) -> None:
        super().__init__(short_name(adjustment.name), adjustment.text)
        self.adjustment = adjustment
        self._values = [choice.value for choice in adjustment.choices]
        self.segments = Segments([choice.text for choice in adjustment.choices], adjustment.text, adjustment.text)
        self.segments.chosen.connect(lambda index: self.asked.emit(float(self._values[index])))
        self.control = self.segments

    def tell(self, tip: str) -> None:
        """As Row.tell."""
        self.segments.set_tip(tip)

    def stand(self, value: float) -> None:
        """As Row.stand."""
        if value in self._values:
            self.segments.choose(self._values.index(int(value)))


class ListRow(Row):
    """A choice of many entries, or of long ones."""

    def __init__(self, adjustment: Adjustment, theme: Theme) -> None:
        super().__init__(short_name(adjustment.name), adjustment.text)
        self.adjustment = adjustment
        self.choice = Choice(theme, adjustment.text, adjustment.text)
        self.choice.set_choices([(choice.text, float(choice.value)) for choice in adjustment.choices])
        self.choice.asked.connect(self.asked)
        self.control = self.choice

    def place(self, grid: QGridLayout, at: int) -> None:
        """As Row.place, as wide as there is room."""
        grid.addWidget(self.caption, at, 0)
        grid.addWidget(self.control, at, 1, 1, 3)

    def stand(self, value: float) -> None:
        """As Row.stand."""
        self.choice.show_value(value)


class NumberRow(Row):
    """A slider with its value, and a button back to the default while it stands elsewhere."""

    def __init__(self, adjustment: Adjustment, theme: Theme) -> None:
        super().__init__(short_name(adjustment.name), number_tip(adjustment))
        self.adjustment = adjustment
        self._theme = theme
        self.slider = NumberSlider(
            adjustment.text, adjustment.minimum, adjustment.maximum, adjustment.step, adjustment.default
        )
        self.slider.asked.connect(lambda value: self.asked.emit(adjustment.nearest(value)))
        self.control = self.slider
        self.value = label()
        self.value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.reset = QToolButton()
        self.reset.setObjectName("flat")
        self.reset.setIconSize(QSize(RESET_PX, RESET_PX))
        self.reset.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        policy = QSizePolicy(self.reset.sizePolicy())
        policy.setRetainSizeWhenHidden(True)  # so that nothing moves as it comes and goes
        self.reset.setSizePolicy(policy)
        default = adjustment.default
        if default is not None:
            name = texts.RESET_CONTROL.format(name=adjustment.text, value=number_text(adjustment, default))
            self.reset.setAccessibleName(name)
            self.reset.setToolTip(name)
            self.reset.clicked.connect(lambda: self.asked.emit(default))
        theme.changed.connect(self._tint)
        self._tint()

    @property
    def widest_px(self) -> int:
        """Room that its longest value takes."""
        ends = (self.adjustment.minimum, self.adjustment.maximum)
        return max(self.value.fontMetrics().horizontalAdvance(number_text(self.adjustment, end)) for end in ends)

    def place(self, grid: QGridLayout, at: int) -> None:
        """As Row.place."""
        for column, widget in enumerate((self.caption, self.slider, self.value, self.reset)):
            grid.addWidget(widget, at, column)

    def stand(self, value: float) -> None:
        """As Row.stand."""
        self.slider.show_value(value)
        self.value.setText(number_text(self.adjustment, value))
        self.value.setEnabled(self.slider.isEnabled())
        elsewhere = self.adjustment.default is not None and value != self.adjustment.default
        self.reset.setVisible(elsewhere and self.slider.isEnabled())

    def _tint(self) -> None:
        self.reset.setIcon(icon("reset", self._theme.palette, colour=self._theme.palette.muted))


def make_row(adjustment: Adjustment, names: frozenset[str], theme: Theme) -> Row:
    """The row that fits a control; ``names`` are those of all that the camera has."""
    if adjustment.name in AUTOMATICS.values():
        beside = any(automatic == adjustment.name and name in names for name, automatic in AUTOMATICS.items())
        return (WhiteBalanceRow if adjustment.name == WHITE_BALANCE else AutomaticRow)(adjustment, beside=beside)
    if adjustment.kind is AdjustmentKind.SWITCH:
        return SwitchRow(adjustment, theme)
    if adjustment.kind is AdjustmentKind.NUMBER:
        return NumberRow(adjustment, theme)
    row = SegmentsRow(adjustment)
    return row if row.control.sizeHint().width() <= SEGMENTS_PX else ListRow(adjustment, theme)


def short_name(name: str) -> str:
    """What stands before a control; its tool tip and its accessible name say all of it."""
    return texts.SHORT_NAMES.get(name, NAMES[name])


def number_text(adjustment: Adjustment, value: float) -> str:
    """A value with its unit: ``4600 K``, ``−12``, ``0.25``."""
    whole = value == round(value)
    text = f"{value:.0f}" if whole else f"{value:.4g}"
    return f"{text} {adjustment.unit}".strip().replace("-", "−")


def number_tip(adjustment: Adjustment) -> str:
    """Which numbers there are, and how to get back to the default."""
    low, high = number_text(adjustment, adjustment.minimum), number_text(adjustment, adjustment.maximum)
    tip = texts.CONTROL_RANGE.format(name=adjustment.text, low=low, high=high)
    if adjustment.default is None:
        return tip
    return f"{tip} {texts.CONTROL_DEFAULT.format(value=number_text(adjustment, adjustment.default))}"
