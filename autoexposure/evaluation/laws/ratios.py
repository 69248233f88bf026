"""Laws that jump: the exposure times what the picture should be, divided by what it is."""

from __future__ import annotations

import math

import numpy as np

from autoexposure.evaluation.laws.law import Facts, light, light_of_code, luma
from autoexposure.exposure import Exposure


class SpinnakerController:
    """The controller of ROS drivers for FLIR cameras.

    Constants of ``master_exposure_controller.cpp`` in spinnaker_synchronized_camera_driver. Its brightness is a mean of
    code values; the ratio is taken in linear light here, where it is right, and its target and tolerance stay in codes.
    """

    TARGET_CODE, TOLERANCE = 120.0, 5.0
    MOST_RATIO = 10.0
    SAME = 0.05
    """A picture made with time and gain this near to those that were set shows them."""

    def next_exposure(self, facts: Facts) -> Exposure | None:
        """See `Law`."""
        mean = max(float(luma(facts.pixels).mean()), 1.0)
        if abs(mean - self.TARGET_CODE) <= self.TOLERANCE or not self._shows(facts):
            return None
        ratio = light_of_code(self.TARGET_CODE) / light_of_code(mean)
        ratio = min(max(ratio, 1 / self.MOST_RATIO), self.MOST_RATIO)
        return facts.program.split(facts.set_to.ev + math.log2(ratio))

    def _shows(self, facts: Facts) -> bool:
        made, told = facts.made_with, facts.set_to
        pairs = ((made.time_s, told.time_s), (made.gain, told.gain))
        return all(abs(is_so - was_set) <= self.SAME * (is_so + was_set) for is_so, was_set in pairs)


class GstAutoexposure:
    """Teledyne's plug-in for GStreamer: the mean of raw light is set at once, then it waits.

    Constants of the README of gst-autoexposure; its tolerance has no published default.
    """

    TARGET = 60 / 255
    TOLERANCE = 5 / 255

    def next_exposure(self, facts: Facts) -> Exposure | None:
        """See `Law`."""
        mean = float(light(facts.pixels).mean())
        if abs(mean - self.TARGET) <= self.TOLERANCE or not facts.arrived:
            return None
        return facts.program.split(facts.set_to.ev + math.log2(self.TARGET / max(mean, 1e-3)))


class ElphelPercentile:
    """Elphel's cameras: a percentile of the picture is brought to a level just below white.

    ``AEXP_FRACPIX``, ``AEXP_LEVEL`` and ``AE_PERIOD`` as the cameras are initialised (elphel-web, autocampars). How it
    leaves a white picture and when it rests is not in them: here it halves the exposure, and rests within a tenth EV.
    """

    FRACTION = 0xFF80 / 0x10000
    LEVEL_CODE = 0xF800 / 0x10000 * 255
    PERIOD_FRAMES = 4
    WHITE_CODE = 254.0
    DEAD_BAND_EV = 0.1

    def __init__(self) -> None:
        self._until_look = 0

    def next_exposure(self, facts: Facts) -> Exposure | None:
        """See `Law`."""
        self._until_look -= 1
        if self._until_look > 0 or not facts.arrived:
            return None
        self._until_look = self.PERIOD_FRAMES
        codes = luma(facts.pixels).ravel()
        rank = min(int(codes.size * self.FRACTION), codes.size - 1)
        code = float(np.partition(codes, rank)[rank])
        if code >= self.WHITE_CODE:
            return facts.program.split(facts.set_to.ev - 1)
        off_ev = math.log2(light_of_code(self.LEVEL_CODE) / max(light_of_code(code), 1e-3))
        return facts.program.split(facts.set_to.ev + off_ev) if abs(off_ev) > self.DEAD_BAND_EV else None
