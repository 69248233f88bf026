"""Who judges the exposure, the network or a classical meter, and whether it keeps the night dark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PyQt6.QtCore import pyqtSignal

from autoexposure.control.commands import SetGoal, UsePolicy
from autoexposure.control.snapshot import Snapshot
from autoexposure.goal.goal import GoalConfig
from autoexposure.metering.meters import ATTENTION, METERS
from gui.actions.actions import Actions
from gui.bridge.optimistic import OptimisticValue
from gui.bridge.services import MeterChoice
from gui.style.theme import Theme
from gui.text import texts
from gui.text.wording import night_reason
from gui.widgets.picker import DETAIL_ROLE, ICON_ROLE, Picker


class MeterPicker(Picker):
    """Shows the meter the loop uses; choosing another emits ``command`` with a UsePolicy.

    The action ``night`` is a setting of whichever meter it is, and goes out as a SetGoal.
    """

    command = pyqtSignal(object)

    def __init__(self, theme: Theme, actions: Actions, meters: Sequence[MeterChoice]) -> None:
        super().__init__(theme, "meter", texts.METER, texts.METER_TIP)
        self._meters = {meter.name: meter for meter in meters}
        self._asked_for: OptimisticValue[str] = OptimisticValue()
        self._actions = actions
        self._goal: OptimisticValue[GoalConfig] = OptimisticValue()
        self._shown_goal = GoalConfig()
        actions["night"].triggered.connect(self._night_asked)
        for meter in meters:
            self._add(meter.name)
        self.setCurrentIndex(-1)
        self.activated.connect(self._chosen)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Follow the chosen meter; while another one stands in for it, the loop's notice says so."""
        name = self._asked_for.shown(snapshot.chosen_meter)
        if name and self.findData(name) < 0:
            self._add(name)
        index = self.findData(name) if name else -1
        if index != self.currentIndex():
            self.setCurrentIndex(index)
        self._shown_goal = self._goal.shown(snapshot.goal)
        self._actions.check("night", self._shown_goal.keep_night_dark)
        self._actions.allow("night", night_reason(snapshot))

    def _add(self, name: str) -> None:
        known = METERS.get(name)
        self.addItem(known.label if known is not None else name.capitalize(), name)
        self.setItemData(self.count() - 1, known.tip if known is not None else "", DETAIL_ROLE)
        self.setItemData(self.count() - 1, "attention" if name == ATTENTION else "meter", ICON_ROLE)

    def _chosen(self, index: int) -> None:
        meter = self._meters.get(self.itemData(index))
        if meter is None:
            return
        self._asked_for.ask(meter.name)
        self.command.emit(UsePolicy(meter.make_policy))

    def _night_asked(self, on: bool) -> None:
        self._shown_goal = replace(self._shown_goal, keep_night_dark=on)
        self._goal.ask(self._shown_goal)
        self.command.emit(SetGoal(self._shown_goal))
