"""TimeCode: the whole numbers by which devices mean exposure times."""

from __future__ import annotations

import math
from enum import Enum

from autoexposure.camera import ControlRange

TICKS_PER_S = 10_000


class TimeCode(Enum):
    """How a device counts exposure times."""

    TICKS = "100 microseconds"
    LOG2 = "the power of two of a second, so that each step is a whole stop"

    def seconds(self, raw: int) -> float:
        """The exposure time that ``raw`` stands for."""
        return max(raw, 1) / TICKS_PER_S if self is TimeCode.TICKS else 2.0**raw

    def nearest(self, time_s: float, minimum: int, maximum: int, step: int = 1) -> int:
        """The code from ``minimum`` to ``maximum`` nearest to ``time_s``."""
        meant = time_s * TICKS_PER_S if self is TimeCode.TICKS else math.log2(time_s)
        return max(minimum, min(minimum + round((meant - minimum) / step) * step, maximum))

    def range(self, minimum: int, maximum: int, step: int = 1) -> ControlRange:
        """The exposure times as a control."""
        if self is TimeCode.LOG2:
            codes = sorted({*range(minimum, maximum + 1, step), maximum})
            return ControlRange(2.0**minimum, 2.0**maximum, values=tuple(2.0**code for code in codes))
        shortest = minimum if minimum > 0 else minimum + step
        return ControlRange(shortest / TICKS_PER_S, maximum / TICKS_PER_S, step / TICKS_PER_S)


TICKS, LOG2 = TimeCode.TICKS, TimeCode.LOG2
