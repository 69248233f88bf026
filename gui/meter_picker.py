"""Who judges the exposure: the network or a classical meter."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import pyqtSignal

from autoexposure.control.commands import UsePolicy
from autoexposure.control.snapshot import Snapshot
from autoexposure.metering.meters import ATTENTION, METERS
from gui.bridge.optimistic import OptimisticValue
from gui.bridge.services import MeterChoice
from gui.style.theme import Theme
from gui.text import texts
from gui.widgets.picker import DETAIL_ROLE, ICON_ROLE, Picker


class MeterPicker(Picker):
    """Shows the meter the loop uses; choosing another emits ``command`` with a UsePolicy."""

    command = pyqtSignal(object)

    def __init__(self, theme: Theme, meters: Sequence[MeterChoice]) -> None:
        super().__init__(theme, "meter", texts.METER, texts.METER_TIP)
        self._meters = {meter.name: meter for meter in meters}
        self._asked_for: OptimisticValue[str] = OptimisticValue()
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
