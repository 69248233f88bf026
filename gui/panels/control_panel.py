"""EV bias, exposure time and ISO by hand, lock, pause, and the camera's own automatic."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QSlider

from autoexposure.control.commands import Command, Lock, Pause, SetBias, SetExposure, UseNativeAuto
from autoexposure.control.snapshot import Snapshot
from autoexposure.exposure import Exposure, shutter_text
from gui.actions.actions import Actions
from gui.bridge.optimistic import OptimisticValue
from gui.panels.side_panel import Panel
from gui.style.theme import Theme
from gui.text import texts
from gui.text.wording import control_reason, gain_reason, time_reason
from gui.widgets.controls import ActionButton, WordButton, label, plain_tip
from gui.widgets.sliders import BiasSlider, StopSlider

BIAS_STEPS_PER_EV = 3
"""Thirds of a stop, as on every camera's dial."""
BIAS_LIMIT_EV = 3

CONTROL_ACTIONS = ("lock", "bias_up", "bias_down", "bias_reset")


class ControlPanel(Panel):
    """Shows what the loop says; what the user asks for goes out as ``command``."""

    def __init__(self, theme: Theme, actions: Actions) -> None:
        super().__init__(texts.CONTROL)
        self._actions = actions
        self._bias: OptimisticValue[int] = OptimisticValue()
        self._exposure: OptimisticValue[Exposure] = OptimisticValue()
        self._switches: dict[str, OptimisticValue[bool]] = {
            "lock": OptimisticValue(),
            "pause": OptimisticValue(),
            "native": OptimisticValue(),
        }
        self._shown_bias = 0
        self._shown_exposure: Exposure | None = None
        self.slider = BiasSlider(theme, limit=BIAS_LIMIT_EV, steps=BIAS_STEPS_PER_EV)
        self.slider.setAccessibleName(texts.EV_BIAS)
        self.slider.valueChanged.connect(self._bias_asked)
        self.time = StopSlider(texts.TIME)
        self.gain = StopSlider(texts.ISO)
        self.time.asked.connect(lambda time_s: self._exposure_asked(time_s=time_s))
        self.gain.asked.connect(lambda gain: self._exposure_asked(gain=gain))
        self._tips = {
            self.slider: texts.EV_BIAS_TIP.format(
                down=actions["bias_down"].shortcut().toString(), up=actions["bias_up"].shortcut().toString()
            ),
            self.time: texts.TIME_TIP,
            self.gain: texts.GAIN_TIP,
        }
        self._bias_value, self._time_value, self._iso_value = (label("") for _ in range(3))
        self._show_bias_value(0)
        self._lay_out(theme)
        actions["bias_up"].triggered.connect(lambda: self.slider.setValue(self.slider.value() + 1))
        actions["bias_down"].triggered.connect(lambda: self.slider.setValue(self.slider.value() - 1))
        actions["bias_reset"].triggered.connect(lambda: self.slider.setValue(0))
        actions["lock"].triggered.connect(lambda on: self._switch_asked("lock", on, Lock(on)))
        actions["pause"].triggered.connect(lambda on: self._switch_asked("pause", on, Pause(on)))
        actions["native"].triggered.connect(lambda on: self._switch_asked("native", on, UseNativeAuto(on)))

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Follow the loop, except for what has just been asked of it."""
        reason = control_reason(snapshot)
        for name in CONTROL_ACTIONS:
            self._actions.allow(name, reason)
        self._actions.allow("pause", texts.NOT_READY if snapshot.camera is None else "")
        capabilities = snapshot.capabilities
        no_native = reason or ("" if capabilities is not None and capabilities.native_auto else texts.NO_NATIVE)
        self._actions.allow("native", no_native)
        by_itself = texts.NATIVE_IS_ON if snapshot.native_auto else ""
        self._allow(self.slider, reason)
        self._allow(self.time, time_reason(snapshot) or by_itself)
        self._allow(self.gain, gain_reason(snapshot) or by_itself)
        self._show_bias(self._bias.shown(round(snapshot.ev_bias * BIAS_STEPS_PER_EV)))
        self._show_exposure(snapshot)
        for name, actual in (("lock", snapshot.locked), ("pause", snapshot.paused), ("native", snapshot.native_auto)):
            self._actions.check(name, self._switches[name].shown(actual))

    def _show_bias(self, steps: int) -> None:
        if steps == self._shown_bias:
            return
        self._shown_bias = steps
        self.slider.blockSignals(True)  # showing is not asking
        self.slider.setValue(steps)
        self.slider.blockSignals(False)
        self._show_bias_value(steps)

    def _show_bias_value(self, steps: int) -> None:
        text = texts.EV_BIAS_VALUE.format(ev=steps / BIAS_STEPS_PER_EV) if steps else texts.EV_BIAS_ZERO
        self._bias_value.setText(text.replace("-", "−"))

    def _show_exposure(self, snapshot: Snapshot) -> None:
        """Show the newest setting, which the picture may not have yet; without one, the exposure of the picture."""
        actual = snapshot.commanded or (snapshot.frame.exposure if snapshot.frame is not None else None)
        capabilities = snapshot.capabilities
        if actual is None or capabilities is None:
            self._shown_exposure = None
            self._time_value.setText(texts.UNKNOWN)
            self._iso_value.setText(texts.UNKNOWN)
            return
        self.time.set_range(capabilities.time_s)
        self.gain.set_range(capabilities.gain)
        shown = self._exposure.shown(actual)
        if shown != self._shown_exposure or shown != actual:
            self._shown_exposure = shown
            self.time.show_value(shown.time_s)
            self.gain.show_value(shown.gain)
        self._time_value.setText(shutter_text(shown.time_s) if snapshot.time_known else texts.UNKNOWN)
        self._iso_value.setText(f"{shown.iso(capabilities.base_iso):.0f}" if snapshot.gain_known else texts.UNKNOWN)

    def _bias_asked(self, steps: int) -> None:
        self._bias.ask(steps)
        self._show_bias(steps)
        self.command.emit(SetBias(steps / BIAS_STEPS_PER_EV))

    def _exposure_asked(self, *, time_s: float | None = None, gain: float | None = None) -> None:
        before = self._shown_exposure
        if before is None:
            return
        wanted = Exposure(before.time_s if time_s is None else time_s, before.gain if gain is None else gain)
        self._exposure.ask(wanted)
        self._shown_exposure = wanted
        self._time_value.setText(shutter_text(wanted.time_s))
        self._switches["lock"].ask(True)  # setting by hand locks
        self.command.emit(SetExposure(wanted))

    def _switch_asked(self, name: str, on: bool, command: Command) -> None:
        self._switches[name].ask(on)
        self.command.emit(command)

    def _allow(self, slider: QSlider, reason: str) -> None:
        slider.setEnabled(not reason)
        slider.setToolTip(plain_tip(reason) or self._tips[slider])

    def _lay_out(self, theme: Theme) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        widest = self._time_value.fontMetrics().horizontalAdvance("1/10000 s")
        for value in (self._time_value, self._iso_value):
            value.setMinimumWidth(widest)  # so that the sliders keep still
        rows: tuple[tuple[str, QSlider, QLabel], ...] = (
            (texts.EV_BIAS, self.slider, self._bias_value),
            (texts.TIME, self.time, self._time_value),
            (texts.ISO, self.gain, self._iso_value),
        )
        for row, (name, slider, value) in enumerate(rows):
            value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            grid.addWidget(label(name), row, 0)
            grid.addWidget(slider, row, 1)
            if slider is self.slider:
                cell = QHBoxLayout()
                cell.setSpacing(0)
                cell.addWidget(ActionButton(self._actions["bias_reset"], role="flat", icon_px=14))
                cell.addWidget(value, 1)
                grid.addLayout(cell, row, 2)
            else:
                grid.addWidget(value, row, 2)
        self.body.addLayout(grid)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for name in ("lock", "pause", "native"):
            buttons.addWidget(WordButton(self._actions[name], theme))
        self.body.addLayout(buttons)
