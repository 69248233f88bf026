"""TimeUnit: whole numbers that count exposure times evenly, in a unit that is known or guessed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

from autoexposure.camera import ControlRange, believed_times
from drivers.common.time_code import TICKS_PER_S


@dataclass(frozen=True, slots=True)
class TimeUnit:
    """How exposure times are counted.

    Attributes
    ----------
    per_s : units in a second.
    zero : the code that would be no time at all.
    known : False for a scale without a unit, which is taken to rise evenly and to end with a whole frame.
    """

    per_s: float = TICKS_PER_S
    zero: int = 0
    known: bool = True

    @classmethod
    def of_scale(cls, minimum: int, maximum: int, frame_interval_s: float) -> Self:
        """The unit of a bare scale. Sensors count lines, of which there are about as many as a frame has."""
        zero = min(0, minimum - 1) if minimum < 0 else 0
        return cls(max(1, maximum - zero) / frame_interval_s, zero, known=False)

    def seconds(self, code: int) -> float:
        """The time that ``code`` stands for; one unit at least."""
        return max(code - self.zero, 1) / self.per_s

    def code(self, time_s: float) -> float:
        """The code of a time, not rounded."""
        return time_s * self.per_s + self.zero

    def range(self, minimum: int, maximum: int, step: int, *, reads_back: bool) -> ControlRange | None:
        """The times of a control, as far as they can be; None if none can."""
        step = max(1, step)
        first = minimum - self.zero
        if first < 1:  # no exposure; the next one on the grid is
            first += -(-(1 - first) // step) * step
        last = maximum - self.zero
        times = believed_times(first / self.per_s, last / self.per_s, step / self.per_s, reads_back=reads_back)
        return replace(times, unit_known=self.known) if times is not None else None
