"""Delivering smaller pictures where those cost less."""

from __future__ import annotations

from typing import Protocol, runtime_checkable


@runtime_checkable
class Shrinkable(Protocol):
    """What a camera can do besides whose pictures cost less when they are decoded smaller."""

    def shrink_to(self, least_px: int) -> None:
        """Deliver smaller pictures from now on where that saves time, no side of them below ``least_px``."""
