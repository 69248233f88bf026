"""FirmwareAuto: the auto exposure that webcams have built in, as the simulated camera has it: the native baseline."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from autoexposure.control.program import ExposureProgram
from autoexposure.exposure import Exposure
from autoexposure.simulation.scene import MID_GREY, luminance
from autoexposure.simulation.sensor import Radiance

METER_WIDTH_PX, METER_HEIGHT_PX = 80, 60

Meter = NDArray[np.float32]
"""(60, 80, 3) float32: radiance of pixels all over the scene, single ones, since averages would hide clipping."""

DARKEST = 1e-4
"""What black counts as, so that the error stays finite."""


class FirmwareAuto:
    """Brings the mean light of the picture, weighted to the centre, to mid grey, in damped steps.

    Parameters
    ----------
    program : splits an EV into time and gain; may be exchanged.
    """

    SPEED = 0.15
    """Share of the error corrected every frame: three stops take about half a second, as in webcams; stable with the
    firmware's own delay of two frames."""

    DEAD_BAND_EV = 0.1
    """Below this error nothing is done, so that the picture rests."""

    DELAY_FRAMES = 1
    """Frames between the one metered and the first with the new setting, on the way to it already: the sensor latches
    exposure one frame ahead."""

    def __init__(self, program: ExposureProgram) -> None:
        self.program = program
        rows = np.linspace(-1, 1, METER_HEIGHT_PX)[:, np.newaxis]
        columns = np.linspace(-1, 1, METER_WIDTH_PX)
        self._weights = np.exp(-(rows**2 + columns**2) / 0.5)
        self._wanted_ev: float | None = None

    def restart(self) -> None:
        """Begin from whatever exposure the next picture was made with."""
        self._wanted_ev = None

    def next_exposure(self, meter: Meter, made_with: Exposure, aim_ev: float = 0.0) -> Exposure:
        """Look at a picture, and say what to set next to bring it to ``aim_ev`` above mid grey."""
        if self._wanted_ev is None:
            self._wanted_ev = made_with.ev
        error_ev = metering_error_ev(meter, made_with.ev, self._weights) + aim_ev
        if abs(error_ev) > self.DEAD_BAND_EV:
            # The wish itself is not rounded to the device's steps, or small corrections would never add up to one.
            wanted_ev = self._wanted_ev + self.SPEED * error_ev
            self._wanted_ev = min(max(wanted_ev, self.program.lowest_ev), self.program.highest_ev)
        return self.program.split(self._wanted_ev)


def average_ev(meter: Meter) -> float:
    """The EV at which the plain mean of the picture's light, highlights clipped, is mid grey."""
    low, high = -40.0, 40.0
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (middle, high) if metering_error_ev(meter, middle) > 0 else (low, middle)
    return (low + high) / 2


def metering_error_ev(meter: Meter, ev: float, weights: NDArray[np.float64] | None = None) -> float:
    """How much more exposure than ``ev`` would bring the (weighted) mean to mid grey, were nothing clipped."""
    seen = np.minimum(meter * np.float32(2.0**ev), np.float32(1))
    mean = float(np.average(luminance(seen), weights=weights))
    return math.log2(MID_GREY / max(mean, DARKEST))


def metered(radiance: Radiance) -> Meter:
    """What the firmware's meter sees of (H, W, 3) radiance."""
    points = cv2.resize(radiance, (METER_WIDTH_PX, METER_HEIGHT_PX), interpolation=cv2.INTER_NEAREST)
    return np.asarray(points, np.float32)
