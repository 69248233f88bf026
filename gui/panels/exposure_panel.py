"""The read-out of what made the picture, and where the controller is taking it."""

from __future__ import annotations

from PyQt6.QtWidgets import QGridLayout, QHBoxLayout, QLabel

from autoexposure.control.snapshot import Snapshot
from autoexposure.exposure import shutter_text
from autoexposure.states import LoopState
from gui.panels.side_panel import Panel
from gui.style.theme import Theme
from gui.text import texts
from gui.text.wording import signed
from gui.widgets.controls import Chip, label
from gui.widgets.ev_scale import EvScale

STATE_COLOURS = {
    "inactive": "inactive",
    "searching": "searching",
    "converged": "converged",
    "locked": "locked",
}


def say_state(chip: Chip, snapshot: Snapshot) -> None:
    """Put the state of loop and auto exposure into one chip: the loop's troubles first."""
    if snapshot.loop_state is LoopState.FAILED:
        text, tip = texts.FAILED_STATE
        chip.say(text, "failed", tip)
    elif snapshot.loop_state is LoopState.RECONNECTING:
        text, tip = texts.RECONNECTING_STATE
        chip.say(text, "searching", tip)
    elif snapshot.loop_state is LoopState.STARTING:
        text, tip = texts.STARTING_STATE
        chip.say(text, "inactive", tip)
    else:
        text, tip = texts.AE_STATES[snapshot.ae_state]
        chip.say(text, STATE_COLOURS[snapshot.ae_state], tip)


class ExposurePanel(Panel):
    """Time, ISO, EV, target, and the needle of delta EV."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(texts.EXPOSURE)
        matched, tip = texts.MATCHED
        self._matched = label(matched, scale=0.9)
        self._matched.setToolTip(tip)
        self._matched.hide()
        self._source = label("", "muted", scale=0.9)
        self.head.addWidget(self._matched)
        self.head.addWidget(self._source)
        large = QHBoxLayout()
        self._time = label(texts.UNKNOWN, scale=2.1, bold=True)
        self._iso = label(texts.UNKNOWN, scale=2.1, bold=True)
        large.addWidget(self._time)
        large.addStretch(1)
        large.addWidget(self._iso)
        self.body.addLayout(large)
        self._scale = EvScale(theme)
        self.body.addWidget(self._scale)
        numbers = QGridLayout()
        numbers.setHorizontalSpacing(8)
        self._delta = self._number(numbers, 0, texts.DELTA_EV, texts.SCALE_TIP)
        self._ev = self._number(numbers, 1, texts.EV, texts.EV_TIP)
        self._target = self._number(numbers, 2, texts.TARGET, texts.TARGET_TIP)
        self.body.addLayout(numbers)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show this turn."""
        exposure = snapshot.frame.exposure if snapshot.frame is not None else None
        if snapshot.frame is None or exposure is None:
            time, iso, ev, source = texts.UNKNOWN, texts.UNKNOWN, texts.UNKNOWN, texts.READOUT_UNKNOWN
        else:
            base_iso = snapshot.capabilities.base_iso if snapshot.capabilities is not None else 100
            time = shutter_text(exposure.time_s) if snapshot.time_known else texts.UNKNOWN
            iso = texts.ISO_VALUE.format(iso=exposure.iso(base_iso)) if snapshot.gain_known else texts.UNKNOWN
            ev = texts.UNKNOWN if snapshot.ev is None else signed(snapshot.ev)
            source = texts.READOUT_REPORTED if snapshot.frame.reported else texts.READOUT_INFERRED
            if snapshot.disobedient:
                source = texts.READOUT_DISOBEDIENT
            elif not snapshot.time_known:
                source = texts.READOUT_GAIN
        self._matched.setVisible(snapshot.follows)
        self._source.setText(source[0])
        for shown, text in ((self._time, time), (self._iso, iso)):
            shown.setText(text)
            shown.setToolTip(source[1])
        decision = snapshot.decision
        delta_ev, doubt_ev = (decision.delta_ev, decision.doubt_ev) if decision is not None else (None, None)
        self._scale.show_delta(delta_ev, snapshot.compensation_ev, doubt_ev, left_alone=snapshot.left_alone)
        self._delta.setText(texts.UNKNOWN if delta_ev is None else signed(delta_ev))
        self._delta.setToolTip(texts.SCALE_TIP if doubt_ev is None else texts.DOUBT_TIP.format(doubt=doubt_ev))
        self._ev.setText(ev)
        target_ev = snapshot.target_ev if snapshot.ev_known else None
        self._target.setText(texts.UNKNOWN if target_ev is None else signed(target_ev))

    def _number(self, grid: QGridLayout, column: int, name: str, tip: str) -> QLabel:
        pair = QHBoxLayout()
        pair.setSpacing(6)
        value = label(texts.UNKNOWN)
        value.setToolTip(tip)
        value.setAccessibleName(name)
        caption = label(name, "muted", scale=0.9)
        caption.setToolTip(tip)
        pair.addWidget(caption)
        pair.addWidget(value)
        pair.addStretch(1)
        grid.addLayout(pair, 0, column)
        grid.setColumnStretch(column, 1)
        return value
