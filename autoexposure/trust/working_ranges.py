"""What of a camera's controls is seen to work, where that is less than it announces."""

from __future__ import annotations

from dataclasses import replace

from autoexposure.camera import Capabilities, ControlRange
from autoexposure.exposure import Exposure
from autoexposure.trust.obedience import Control, Controls, values_of

ROUNDED = 1.01
"""Ratio up to which two values are one, rounded differently."""


class WorkingRanges:
    """The ranges of one camera's controls, narrowed by what it did."""

    def __init__(self) -> None:
        self._seen: dict[Control, ControlRange] = {}

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

    def hold(self, controls: Controls, now: Exposure) -> None:
        """Leave these as they are, and believe the others."""
        values = values_of(now)
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
        for control in refuted:
            del self._seen[control]
        return bool(refuted)

    def end_at(self, announced: Capabilities, control: Control, value: float, *, highest: bool) -> None:
        """Take this for the highest, or lowest, value of a control."""
        known = self.of(announced)
        range_ = known.time_s if control is Control.TIME else known.gain
        if range_ is None or not range_.minimum < value < range_.maximum:
            return
        low, high = (range_.minimum, value) if highest else (value, range_.maximum)
        values = tuple(each for each in range_.values if low <= each <= high)
        if values:
            low, high = values[0], values[-1]
        self._seen[control] = replace(range_, minimum=low, maximum=high, values=values)
