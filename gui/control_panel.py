"""EV bias, lock, pause, and the camera's own automatic: wishes on their way to the loop."""

from __future__ import annotations

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout

from autoexposure.commands import Command, Lock, Pause, SetBias, UseNativeAuto
from autoexposure.snapshot import Snapshot
from gui import texts
from gui.actions import Actions
from gui.bias_slider import BiasSlider
from gui.controls import ActionButton, Card, WordButton, label
from gui.theme import Theme
from gui.wish import Wish

BIAS_STEPS_PER_EV = 3
"""Thirds of a stop, as on every camera's dial."""
BIAS_LIMIT_EV = 3

CONTROL_ACTIONS = ("lock", "bias_up", "bias_down", "bias_reset")


def control_reason(snapshot: Snapshot) -> str:
    """Why the exposure can't be controlled just now, or nothing."""
    capabilities = snapshot.capabilities
    if capabilities is None:
        return texts.NOT_READY
    if capabilities.controls_exposure:
        return ""
    return texts.NO_CONTROL_BECAUSE.format(note=capabilities.note) if capabilities.note else texts.NO_CONTROL


class ControlPanel(Card):
    """Shows what the loop says; what the user asks for goes out as ``wished``."""

    wished = pyqtSignal(object)

    def __init__(self, theme: Theme, actions: Actions) -> None:
        super().__init__()
        self._actions = actions
        self._bias: Wish[int] = Wish()
        self._switches: dict[str, Wish[bool]] = {"lock": Wish(), "pause": Wish(), "native": Wish()}
        self._shown_bias = 0
        self.setAccessibleName(texts.CONTROL)

        head = QHBoxLayout()
        head.addWidget(label(texts.EV_BIAS, "title"))
        head.addStretch(1)
        self._value = label(texts.EV_BIAS_ZERO)
        head.addWidget(self._value)
        head.addWidget(ActionButton(actions["bias_reset"], role="flat", icon_px=16))
        self.body.addLayout(head)

        self.slider = BiasSlider(theme, limit=BIAS_LIMIT_EV, steps=BIAS_STEPS_PER_EV)
        self.slider.setAccessibleName(texts.EV_BIAS)
        self._tip = texts.EV_BIAS_TIP.format(
            down=actions["bias_down"].shortcut().toString(), up=actions["bias_up"].shortcut().toString()
        )
        self.slider.setToolTip(self._tip)
        self.slider.valueChanged.connect(self._bias_asked)
        row = QHBoxLayout()
        row.addWidget(ActionButton(actions["bias_down"], role="flat", icon_px=16))
        row.addWidget(self.slider, 1)
        row.addWidget(ActionButton(actions["bias_up"], role="flat", icon_px=16))
        self.body.addLayout(row)

        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for name in ("lock", "pause", "native"):
            buttons.addWidget(WordButton(actions[name], theme))
        self.body.addLayout(buttons)

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
        self.slider.setEnabled(not reason)
        self.slider.setToolTip(reason or self._tip)
        self._show_bias(self._bias.shown(round(snapshot.ev_bias * BIAS_STEPS_PER_EV)))
        for name, actual in (("lock", snapshot.locked), ("pause", snapshot.paused), ("native", snapshot.native_auto)):
            self._actions.check(name, self._switches[name].shown(actual))

    def _show_bias(self, steps: int) -> None:
        if steps == self._shown_bias:
            return
        self._shown_bias = steps
        self.slider.blockSignals(True)  # showing is not asking
        self.slider.setValue(steps)
        self.slider.blockSignals(False)
        text = texts.EV_BIAS_VALUE.format(ev=steps / BIAS_STEPS_PER_EV) if steps else texts.EV_BIAS_ZERO
        self._value.setText(text.replace("-", "−"))

    def _bias_asked(self, steps: int) -> None:
        self._bias.ask(steps)
        self._show_bias(steps)
        self.wished.emit(SetBias(steps / BIAS_STEPS_PER_EV))

    def _switch_asked(self, name: str, on: bool, command: Command) -> None:
        self._switches[name].ask(on)
        self.wished.emit(command)
