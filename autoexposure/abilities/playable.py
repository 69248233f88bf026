"""Playing a recording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Playback:
    """Where in a recording the newest picture stands.

    Attributes
    ----------
    index, count : number of the picture, from 0, and how many there are.
    position_s, length_s : its time and that of the last one, both from the first.
    playing : False while it is held; at the last picture it is held by itself.
    """

    index: int
    count: int
    position_s: float
    length_s: float
    playing: bool

    @property
    def ended(self) -> bool:
        """Whether it came to its last picture and stays there."""
        return not self.playing and self.index == self.count - 1


@runtime_checkable
class Playable(Protocol):
    """What a camera that plays a recording can do besides."""

    @property
    def playback(self) -> Playback:
        """Where it stands."""

    def play(self, on: bool) -> None:
        """Go on (from the beginning, if it had ended) or hold."""

    def seek(self, index: int) -> None:
        """Deliver picture ``index`` next, clamped to what there is; held or playing as before."""
