"""Hearing when another program changes the exposure."""

from __future__ import annotations

from typing import Protocol, runtime_checkable


@runtime_checkable
class Watched(Protocol):
    """A further ability of some cameras: they hear when another program changes their settings."""

    def foreign_change(self) -> str:
        """What another program did to the exposure since the last call, while we were in control; empty if nothing.

        It reads like 'another program (obs, process 12) switched the automatic exposure on'. The camera's own
        automatic, on in secret, counts as another program where it is heard.
        """
