"""What a published law of exposure is told of a picture, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from autoexposure.camera import Capabilities, ControlRange
from autoexposure.control.program import ExposureProgram
from autoexposure.exposure import Exposure
from autoexposure.frame import Pixels
from autoexposure.response import REC709, srgb

EVERY_PX = 2
"""Every second pixel each way is looked at: firmware and drivers skip pixels too, and a mean hardly changes by it."""

REC601 = (0.299, 0.587, 0.114)
"""Share of red, green and blue code values in luma (ITU-R BT.601)."""

_LIGHT = srgb().relative
"""Relative exposure of each code value. Every law is told that the camera's response is sRGB, which it is here."""


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """One picture, and what a law may know of the camera.

    Attributes
    ----------
    pixels : (H, W, 3) uint8 RGB.
    made_with : what the law takes to have made this picture: the truth where the camera's delay is known; elsewhere
        what was set as long ago as the law reckons with by default.
    set_to : what the camera was told last.
    since_write : pictures read since then, this one included.
    delay_frames : that the law reckons with, the camera's own where it is known.
    capabilities : times and gains there are.
    program : splits an EV with the least gain, as the loop of this program does.
    """

    pixels: Pixels
    made_with: Exposure
    set_to: Exposure
    since_write: int
    delay_frames: int
    capabilities: Capabilities
    program: ExposureProgram

    @property
    def arrived(self) -> bool:
        """Whether the picture shows what was set last, as far as the law can know."""
        return self.since_write > self.delay_frames

    @property
    def times(self) -> ControlRange:
        """Exposure times in seconds, no longer than the frame rate allows."""
        limits, times = self.program.limits, self.capabilities.time_s
        step = times.step if times is not None else 0.0
        return ControlRange(limits.shortest_s, limits.longest_s, step)

    @property
    def gains(self) -> ControlRange:
        """Linear gains."""
        return self.capabilities.gain or ControlRange(1.0, 1.0)


class Law(Protocol):
    """A law with its own damping; an object is used for one camera, from its first picture on."""

    def next_exposure(self, facts: Facts) -> Exposure | None:
        """What to set after this picture; None leaves the camera alone."""


def luma(pixels: Pixels) -> NDArray[np.float32]:
    """(H, W, 3) uint8 -> (h, w) float32, code values 0..255 of every EVERY_PX-th pixel."""
    return _weighed(pixels[::EVERY_PX, ::EVERY_PX].astype(np.float32), REC601)


def light(pixels: Pixels) -> NDArray[np.float32]:
    """(H, W, 3) uint8 -> (h, w) float32, linear luminance 0..1 of every EVERY_PX-th pixel, 1 = saturation."""
    return _weighed(_LIGHT[pixels[::EVERY_PX, ::EVERY_PX]], REC709)


def light_of_code(code: float) -> float:
    """Relative exposure of a code value 0..255, which may be a fraction."""
    return float(np.interp(code, np.arange(256), _LIGHT))


def mean_sample_value(codes: NDArray[np.float32]) -> float:
    """Mean number, from 1 to 5, of the fifth of the code range in which pixels lie.

    Nourani-Vatani and Roberts, "Automatic camera exposure control", ACRA 2007.
    """
    counts, _ = np.histogram(codes, bins=5, range=(0, 255))
    return float(counts @ np.arange(1, 6) / counts.sum())


def _weighed(picture: NDArray[np.float32], weights: tuple[float, float, float]) -> NDArray[np.float32]:
    return np.asarray(cv2.transform(picture, np.array([weights], np.float32)), np.float32)
