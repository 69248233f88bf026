"""An optimistic value: what was asked of the loop is shown at once, until the loop agrees or clearly never will."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")

PATIENCE_S = 1.5
"""How long a widget shows what was asked for while snapshots still say otherwise: several frames at 5 fps."""


class OptimisticValue(Generic[Value]):
    """What the user asked for, on its way to the loop.

    Widgets show snapshots, but a snapshot made before a command was carried out would throw a slider back under
    the hand that drags it. So the asked-for value is shown until a snapshot agrees; if none does within
    ``PATIENCE_S``, the loop's value wins, because it is the truth.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._asked: Value | None = None
        self._until_s = 0.0

    def ask(self, value: Value) -> None:
        """Remember that ``value`` was sent."""
        self._asked = value
        self._until_s = self._clock() + PATIENCE_S

    def shown(self, actual: Value) -> Value:
        """What to show, given what the newest snapshot says."""
        if self._asked is None:
            return actual
        if actual == self._asked or self._clock() > self._until_s:
            self._asked = None
            return actual
        return self._asked

    @property
    def pending(self) -> bool:
        """Whether something was asked for that no snapshot has confirmed yet."""
        return self._asked is not None
