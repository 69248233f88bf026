"""Hearing that a stream was begun anew."""

from __future__ import annotations

from typing import Protocol, runtime_checkable


@runtime_checkable
class Restarting(Protocol):
    """A further ability of cameras whose driver starts the stream anew by itself, as after a failed transfer.

    The driver then writes the exposure again that was set, since a device may have forgotten it; what was adjusted
    beside it is the loop's to set again.
    """

    @property
    def restarts(self) -> int:
        """How often that happened since the camera was opened."""
