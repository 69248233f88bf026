"""One picture and what is known of how it was made."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from autoexposure.exposure import Exposure

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A picture as a camera delivered it. ``pixels`` must not be modified once the frame is made.

    Attributes
    ----------
    pixels : (H, W, 3) uint8, RGB, in the camera's own response curve.
    timestamp_s : monotonic time at which the picture was taken (or arrived, where the device gives no time).
    sequence : the sensor's running number; a gap means pictures that were dropped.
    exposure : what made THIS picture; None where it is not known yet (the driver could not tell).
    reported : True if the device itself said so, False if it was inferred from the commands sent.
    placeholder : shown by a camera that has no picture yet, as a phone's pairing code is. That code lets a phone in, so
        such a frame is for the screen alone: no recording, no other program and no answer gets it.

    Raises
    ------
    ValueError
        If ``pixels`` are not such an array.
    """

    pixels: Pixels
    timestamp_s: float
    sequence: int
    exposure: Exposure | None = None
    reported: bool = False
    placeholder: bool = False

    def __post_init__(self) -> None:
        check_pixels(self.pixels)  # here, where every picture passes: a driver's fault is found as the driver's

    def made_by(self, exposure: Exposure) -> Frame:
        """The same picture with an inferred exposure."""
        return replace(self, exposure=exposure, reported=False)

    @property
    def size_px(self) -> tuple[int, int]:
        """(width, height)."""
        height, width = self.pixels.shape[:2]
        return width, height

    def __repr__(self) -> str:
        width, height = self.size_px
        return f"Frame(#{self.sequence}, {width}x{height}, {self.timestamp_s:.3f} s, {self.exposure})"


def check_pixels(pixels: object) -> Pixels:
    """Return ``pixels`` if they are an (H, W, 3) uint8 array with at least one pixel: the border of every picture.

    Raises
    ------
    ValueError
        If they are not; the message says what to do about it. A driver's own bug is found early so.
    """
    if not isinstance(pixels, np.ndarray):
        raise ValueError(
            f"a picture must be an (H, W, 3) uint8 array of RGB, given {type(pixels).__name__}: "
            "make an array with numpy.asarray"
        )
    if pixels.dtype == np.uint8 and pixels.ndim == 3 and pixels.shape[2] == 3 and pixels.size:
        return pixels
    raise ValueError(
        f"a picture must be an (H, W, 3) uint8 array of RGB, given {pixels.shape} {pixels.dtype}: {_remedy(pixels)}"
    )


def _remedy(pixels: np.ndarray) -> str:
    """How to make a picture of an array that is none."""
    if not pixels.size:
        return "it holds no pixel"
    if pixels.ndim == 2:
        return "a grey picture needs its one channel three times, as by numpy.dstack((grey, grey, grey))"
    if pixels.ndim != 3 or pixels.shape[2] not in (3, 4):
        return "one picture at a time, the colours last"
    if pixels.shape[2] == 4:
        return "leave the fourth channel out, as by picture[..., :3]"
    if np.issubdtype(pixels.dtype, np.floating):
        return "values from 0 to 1 become code values by numpy.rint(picture * 255).astype(numpy.uint8)"
    return "bring its values to the range from 0 to 255 and convert it by .astype(numpy.uint8)"
