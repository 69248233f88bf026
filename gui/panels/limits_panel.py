"""What the automatic may do: limits of time and ISO, frame-rate guard, anti-flicker, motion, speed."""

from __future__ import annotations

import math
from dataclasses import replace

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QGridLayout, QHBoxLayout, QSlider

from autoexposure.camera import Capabilities, ControlRange
from autoexposure.control.commands import SetDamping, SetProgram
from autoexposure.control.program import MAINS_AUTO, ProgramConfig
from autoexposure.control.snapshot import Snapshot
from autoexposure.exposure import shutter_text
from autoexposure.motion.trade import Motion
from autoexposure.profiles.mains import regional_mains_hz
from gui.actions.actions import Actions
from gui.bridge.optimistic import OptimisticValue
from gui.panels.side_panel import Panel
from gui.plots.axes import NOMINAL_SHUTTER
from gui.style.theme import Theme
from gui.text import texts
from gui.text.wording import gain_reason, time_reason
from gui.widgets.choice import Choice, Choices
from gui.widgets.controls import Segments, Switch, label, plain_tip

MAINS = (0, 50, 60, MAINS_AUTO)
"""In the order of ``texts.ANTI_FLICKER_CHOICES``."""
SPEED_STEPS = 10


class LimitsPanel(Panel):
    """Shows the rules the loop splits exposures by; a change goes out as ``command``."""

    def __init__(self, theme: Theme, actions: Actions) -> None:
        super().__init__(texts.LIMITS)
        self._actions = actions
        self._program: OptimisticValue[ProgramConfig] = OptimisticValue()
        self._speed: OptimisticValue[int] = OptimisticValue()
        self._shown = ProgramConfig()
        self._shortest = self._choice(theme, texts.LIMITS_TIME_FROM)
        self._longest = self._choice(theme, texts.LIMITS_TIME_TO)
        self._lowest = self._choice(theme, texts.LIMITS_ISO_FROM)
        self._highest = self._choice(theme, texts.LIMITS_ISO_TO)
        self._shortest.asked.connect(lambda value: self._ask(min_time_s=value))
        self._longest.asked.connect(lambda value: self._ask(max_time_s=value))
        self._lowest.asked.connect(lambda value: self._ask(min_gain=value))
        self._highest.asked.connect(lambda value: self._ask(max_gain=value))
        tip = texts.ANTI_FLICKER_TIP.format(hz=regional_mains_hz())
        self._mains = Segments(list(texts.ANTI_FLICKER_CHOICES), texts.ANTI_FLICKER, tip)
        self._mains.chosen.connect(lambda index: self._ask(mains_hz=MAINS[index]))
        self._motion = Segments(list(texts.MOTION_CHOICES), texts.MOTION, texts.MOTION_TIP)
        self._motion.chosen.connect(lambda index: self._ask(motion=tuple(Motion)[index]))
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setRange(1, SPEED_STEPS)
        self._slider.setPageStep(2)
        self._slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._slider.setAccessibleName(texts.SPEED)
        self._slider.setToolTip(texts.SPEED_TIP)
        self._slider.valueChanged.connect(self._speed_asked)
        self._percent = label("")
        actions["keep_rate"].triggered.connect(lambda on: self._ask(allow_slow_frames=not on))
        self._lay_out(theme)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Follow the loop and offer what the open camera has."""
        if snapshot.camera is None or snapshot.capabilities is None:
            for widget in (
                self._shortest,
                self._longest,
                self._lowest,
                self._highest,
                self._mains,
                self._motion,
                self._slider,
            ):
                _allow(widget, texts.NOT_READY)
            self._actions.allow("keep_rate", texts.NOT_READY)
            return
        self._offer(snapshot.capabilities)
        no_time, no_gain = time_reason(snapshot), gain_reason(snapshot)
        for widget, reason in (
            (self._shortest, no_time),
            (self._longest, no_time),
            (self._lowest, no_gain),
            (self._highest, no_gain),
            (self._mains, no_time),
            (self._motion, no_time or no_gain or (texts.MOTION_MATCHED if snapshot.follows else "")),
            (self._slider, "" if snapshot.capabilities.controls_exposure else no_time),
        ):
            _allow(widget, reason)
        self._actions.allow("keep_rate", no_time)
        self._show_program(self._program.shown(snapshot.program))
        self._show_speed(self._speed.shown(round(snapshot.damping * SPEED_STEPS)))

    def _offer(self, capabilities: Capabilities) -> None:
        times = shutter_choices(capabilities.time_s)
        self._shortest.set_choices(_with_ends(times, lowest_is_free=True))
        self._longest.set_choices(_with_ends(times, lowest_is_free=False))
        gains = iso_choices(capabilities.gain, capabilities.base_iso)
        self._lowest.set_choices(_with_ends(gains, lowest_is_free=True))
        self._highest.set_choices(_with_ends(gains, lowest_is_free=False))

    def _ask(self, **changes: float | Motion) -> None:
        wanted = _consistent(self._shown, changes)
        if wanted == self._shown:
            return  # a choice made by key is reported twice
        self._program.ask(wanted)
        self._show_program(wanted)
        self.command.emit(SetProgram(wanted))

    def _speed_asked(self, steps: int) -> None:
        self._speed.ask(steps)
        self._show_speed(steps)
        self.command.emit(SetDamping(steps / SPEED_STEPS))

    def _show_program(self, program: ProgramConfig) -> None:
        self._shown = program
        self._shortest.show_value(program.min_time_s)
        self._longest.show_value(program.max_time_s)
        self._lowest.show_value(program.min_gain)
        self._highest.show_value(program.max_gain)
        self._mains.choose(MAINS.index(program.mains_hz))
        self._motion.choose(tuple(Motion).index(program.motion))
        self._actions.check("keep_rate", not program.allow_slow_frames)

    def _show_speed(self, steps: int) -> None:
        self._slider.blockSignals(True)  # showing is not asking
        self._slider.setValue(steps)
        self._slider.blockSignals(False)
        self._percent.setText(texts.SPEED_VALUE.format(percent=100 * steps / SPEED_STEPS))

    def _lay_out(self, theme: Theme) -> None:
        self.body.setSpacing(1)  # as the only open card it fits a window of 720 pixels
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)
        for row, (name, low, high) in enumerate(
            ((texts.TIME, self._shortest, self._longest), (texts.ISO, self._lowest, self._highest))
        ):
            grid.addWidget(label(name), row, 0)
            grid.addWidget(low, row, 1)
            grid.addWidget(label(texts.LIMITS_TO, "muted"), row, 2)
            grid.addWidget(high, row, 3)
        self.body.addLayout(grid)
        rows = (
            (texts.KEEP_RATE, Switch(self._actions["keep_rate"], theme)),
            (texts.ANTI_FLICKER_SHORT, self._mains),
            (texts.MOTION, self._motion),
        )
        for text, widget in rows:
            line = QHBoxLayout()
            line.addWidget(label(text))
            line.addStretch(1)
            line.addWidget(widget)
            self.body.addLayout(line)
        line = QHBoxLayout()
        line.setSpacing(10)
        line.addWidget(label(texts.SPEED))
        line.addWidget(self._slider, 1)
        self._percent.setMinimumWidth(
            self._percent.fontMetrics().horizontalAdvance(texts.SPEED_VALUE.format(percent=100))
        )
        self._percent.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        line.addWidget(self._percent)
        self.body.addLayout(line)

    def _choice(self, theme: Theme, name: str) -> Choice:
        return Choice(theme, name, texts.LIMITS_TIME_TIP.format(name=name))


def shutter_choices(times: ControlRange | None) -> Choices:
    """Dial values between a camera's shortest and longest time, both included as they are."""
    if times is None or times.minimum <= 0:
        return ()
    dial = [NOMINAL_SHUTTER.get(n, f"{2.0**n:g}") for n in range(-14, 6)]
    inner = [(texts.LIMITS_TIME.format(time=text), _nominal_s(text)) for text in dial]
    between = [(text, value) for text, value in inner if times.minimum * 1.2 < value < times.maximum / 1.2]
    ends = [(shutter_text(value), value) for value in (times.minimum, times.maximum)]
    return [ends[0], *between, ends[1]] if times.minimum < times.maximum else ends[:1]


def iso_choices(gains: ControlRange | None, base_iso: int) -> Choices:
    """Whole stops of ISO between a camera's lowest and highest gain, both included as they are."""
    if gains is None or gains.minimum <= 0:
        return ()
    values = [gains.minimum]
    while values[-1] * 2 < gains.maximum / 1.1:
        values.append(values[-1] * 2)
    if gains.maximum > gains.minimum:
        values.append(gains.maximum)
    return [(f"{value * base_iso:.0f}", value) for value in values]


def _nominal_s(text: str) -> float:
    over, slash, under = text.partition("/")
    return float(over) / float(under) if slash else float(text)


def _with_ends(choices: Choices, *, lowest_is_free: bool) -> Choices:
    """The choices with the camera's own end standing for no limit at all."""
    if not choices:
        return choices
    if lowest_is_free:
        return [(choices[0][0], 0.0), *choices[1:]]
    return [*choices[:-1], (choices[-1][0], math.inf)]


def _consistent(program: ProgramConfig, changes: dict[str, float | Motion]) -> ProgramConfig:
    """``program`` with ``changes``; a limit that is passed by its partner moves along."""
    values = {**{name: getattr(program, name) for name in program.__dataclass_fields__}, **changes}
    for low, high in (("min_time_s", "max_time_s"), ("min_gain", "max_gain")):
        if values[low] > values[high]:
            moved = high if low in changes else low
            values[moved] = values[low if moved == high else high]
    return replace(program, **values)


def _allow(widget: Choice | Segments | QSlider, reason: str) -> None:
    """Enable a widget, or disable it with the reason as its tooltip."""
    if widget.property("tip") is None:
        widget.setProperty("tip", widget.toolTip())
    widget.setEnabled(not reason)
    widget.setToolTip(plain_tip(reason) or widget.property("tip"))
