"""Asking a device that says 'Ok' before it has done anything what it is really set to."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ReadBack:
    """How long to wait until a setting shows.

    Attributes
    ----------
    longest_s : after this the setting is taken as ignored. Phones show it within one or two pictures; the control
        loop stands still meanwhile.
    pause_s : between two questions.
    """

    longest_s: float = 0.4
    pause_s: float = 0.03

    def wait(self, ask: Callable[[], T], applied: Callable[[T], bool]) -> T:
        """Ask until ``applied``, or until ``longest_s`` is over; return the last answer either way."""
        deadline_s = time.monotonic() + self.longest_s
        while True:
            answer = ask()
            if applied(answer) or time.monotonic() + self.pause_s > deadline_s:
                return answer
            time.sleep(self.pause_s)
