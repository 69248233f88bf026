"""Choosing among the sizes, frame rates and formats in which a camera delivers its pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class PictureMode:
    """One combination a camera offers.

    Attributes
    ----------
    fourcc : the pixel format's four letters, ``YUYV``; empty where there is nothing to choose.
    width_px, height_px : size of the picture.
    rates_fps : frame rates offered at this size, any order; empty where the driver doesn't say.
    """

    fourcc: str
    width_px: int
    height_px: int
    rates_fps: tuple[float, ...] = ()


@runtime_checkable
class Moded(Protocol):
    """A further ability of some cameras: they know in which modes they could be opened."""

    def modes(self) -> tuple[PictureMode, ...]:
        """Every mode that can be decoded, largest first; asked once, after opening."""

    @property
    def mode(self) -> PictureMode:
        """The one in use; its only rate is the one in use."""

    def spec_in(self, mode: PictureMode) -> str:
        """The camera specification that opens this camera in ``mode``, at its first rate."""
