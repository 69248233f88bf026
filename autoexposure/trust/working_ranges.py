"""What of a camera's controls is seen to work, where that is less than it announces."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace

from autoexposure.camera import Capabilities, ControlRange
from autoexposure.exposure import Exposure
from autoexposure.trust.obedience import Control, Controls, controls_of, values_of

ROUNDED = 1.01
"""Ratio up to which two values are one, rounded differently."""


class WorkingRanges:
    """The ranges of one camera's controls, narrowed by what it did."""

    def __init__(self) -> None:
        self._seen: dict[Control, ControlRange] = {}
        self._by_pictures: set[Control] = set()  # those narrowed by pictures alone

    def of(self, announced: Capabilities) -> Capabilities:
        """What it can do, as far as is known."""
        return replace(
            announced,
            time_s=self._seen.get(Control.TIME, announced.time_s),
            gain=self._seen.get(Control.GAIN, announced.gain),
        )

    def forget(self) -> None:
        """Believe what is announced."""
        self._seen.clear()
        self._by_pictures.clear()

    def hold(self, controls: Controls, now: Exposure) -> None:
        """Leave these as they are, and believe the others."""
        values = values_of(now)
        self._by_pictures.clear()
        self._seen = {control: ControlRange(values[control], values[control]) for control in controls}

    def seen_at(self, now: Exposure) -> bool:
        """Forget the ends beyond which the camera says it is set to now; returns whether there were any."""
        values = values_of(now)
        refuted = [
            control
            for control, range_ in self._seen.items()
            if range_.minimum < range_.maximum
            and not range_.minimum / ROUNDED <= values[control] <= range_.maximum * ROUNDED
        ]
        self._believe_again(refuted)
        return bool(refuted)

    def end_at(self, announced: Capabilities, control: Control, value: float, *, highest: bool) -> None:
        """Take this for the highest, or lowest, value of a control."""
        self._narrow(announced, control, *((0.0, value) if highest else (value, math.inf)))

    def stay_within(
        self, announced: Capabilities, stayed: Mapping[Control, tuple[float, float]], now: Exposure
    ) -> None:
        """Use controls between these values alone: beyond them they were seen to have no effect.

        Not where the other one, as it is ``now``, could not go on in their place. Where neither would have a way left,
        both are believed again: it is then no end of a range.
        """
        held = {control for control, range_ in self._seen.items() if range_.minimum == range_.maximum}
        if len(controls_of(announced)) < 2 or len(stayed.keys() | self._by_pictures | held) > 1:
            self._believe_again(self._by_pictures)
            return
        for control, (low, high) in stayed.items():
            other, value = (announced.gain, now.gain) if control is Control.TIME else (announced.time_s, now.time_s)
            assert other is not None  # both are among `controls_of`
            up, down = value * ROUNDED < other.maximum, value > other.minimum * ROUNDED
            if (up or low > 0) and (down or high < math.inf):
                self._by_pictures.add(control)
                self._narrow(announced, control, low, high)

    def obeyed_at(self, now: Exposure) -> None:
        """Pictures showed both controls to obey there: believe again in full what they spoke against."""
        values = values_of(now)
        self._believe_again(
            control
            for control in self._by_pictures & self._seen.keys()
            if not self._seen[control].minimum <= values[control] <= self._seen[control].maximum
        )

    def _believe_again(self, controls: Iterable[Control]) -> None:
        for control in tuple(controls):
            self._seen.pop(control, None)
            self._by_pictures.discard(control)

    def _narrow(self, announced: Capabilities, control: Control, low: float, high: float) -> None:
        known = self.of(announced)
        range_ = known.time_s if control is Control.TIME else known.gain
        if range_ is None:
            return
        low, high = max(low, range_.minimum), min(high, range_.maximum)
        if low > high or (low, high) == (range_.minimum, range_.maximum):
            return
        values = tuple(each for each in range_.values if low <= each <= high)
        if values:
            low, high = values[0], values[-1]
        self._seen[control] = replace(range_, minimum=low, maximum=high, values=values)
