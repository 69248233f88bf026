"""Choosing among the sizes, frame rates and formats in which a camera delivers its pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class PictureMode:
    """One combination a camera offers, is in, or is to be opened in.

    Attributes
    ----------
    fourcc : the pixel format's four letters, ``YUYV``; empty where there is nothing to choose, or left to the driver.
    width_px, height_px : size of the picture.
    rates_fps : frame rates offered at this size, any order; empty where the driver doesn't say, or is to choose.
    """

    fourcc: str
    width_px: int
    height_px: int
    rates_fps: tuple[float, ...] = ()

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height."""
        return self.width_px, self.height_px


@runtime_checkable
class Moded(Protocol):
    """A further ability of some cameras: they know in which modes they could be opened.

    Another mode is another specification, which `autoexposure.family.Family.in_mode` writes.
    """

    def modes(self) -> tuple[PictureMode, ...]:
        """Every mode that can be decoded, largest first, as they were at opening; empty where there is no choice."""

    @property
    def mode(self) -> PictureMode | None:
        """The one in use; its only rate is the one in use. None where that isn't known."""
