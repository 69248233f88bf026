"""TimeCode: the whole numbers by which devices mean exposure times."""

from __future__ import annotations

import math
from enum import Enum

from autoexposure.camera import ControlRange, believed_times

TICKS_PER_S = 10_000
"""UVC counts exposure times in 100 microseconds, as V4L2 does."""

LEAST_CODE, MOST_CODE = -26, 19
"""Powers of two, in seconds, that exposure times can be: see `autoexposure.exposure.TIMES_S`."""


class TimeCode(Enum):
    """How a device counts exposure times."""

    TICKS = "100 microseconds"
    LOG2 = "the power of two of a second, so that each step is a whole stop"

    def seconds(self, raw: int) -> float:
        """The exposure time that ``raw`` stands for."""
        return max(raw, 1) / TICKS_PER_S if self is TimeCode.TICKS else 2.0 ** max(LEAST_CODE, min(raw, MOST_CODE))

    def nearest(self, time_s: float, minimum: int, maximum: int, step: int = 1) -> int:
        """The code from ``minimum`` to ``maximum`` nearest to ``time_s``."""
        meant = time_s * TICKS_PER_S if self is TimeCode.TICKS else math.log2(time_s)
        return max(minimum, min(minimum + round((meant - minimum) / step) * step, maximum))

    def range(self, minimum: int, maximum: int, step: int = 1) -> ControlRange | None:
        """The exposure times as a control; None if they can't be."""
        if self is TimeCode.LOG2:
            minimum, maximum = max(minimum, LEAST_CODE), min(maximum, MOST_CODE)
            codes = {*range(minimum, maximum + 1, max(1, step)), maximum} if minimum <= maximum else ()
            times_s = tuple(sorted(2.0**code for code in codes))
            return believed_times(times_s[0], times_s[-1], values=times_s) if times_s else None
        shortest = minimum if minimum > 0 else minimum + step
        return believed_times(shortest / TICKS_PER_S, maximum / TICKS_PER_S, step / TICKS_PER_S)


TICKS, LOG2 = TimeCode.TICKS, TimeCode.LOG2
