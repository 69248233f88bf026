"""Laws that walk: from what they see follows the direction, and a step that hardly depends on how far it is."""

from __future__ import annotations

import math

from autoexposure.camera import ControlRange
from autoexposure.evaluation.laws.law import Facts, luma, mean_sample_value
from autoexposure.exposure import Exposure


class SoftIspStepper:
    """libcamera's software ISP: ten per cent a picture towards the middle of the histogram.

    Constants of ``src/ipa/simple/algorithms/agc.cpp`` as of libcamera 0.3 to 0.5. Its histogram is of raw light; here
    it is of code values, or the picture would come out more than a stop brighter than by any other law.
    """

    OPTIMUM = 2.5
    SATISFACTORY = 0.2
    """Of the mean sample value: no step within this of the optimum."""
    STEP = 0.1

    def next_exposure(self, facts: Facts) -> Exposure | None:
        """See `Law`."""
        off = self.OPTIMUM - mean_sample_value(luma(facts.pixels))
        if abs(off) <= self.SATISFACTORY:
            return None
        return one_step(facts, 1 + math.copysign(self.STEP, off))


class OmniVisionAec:
    """The automatic of OmniVision's sensors, which many webcams have: double or halve far off, a sixteenth near.

    Registers and steps are of "OV9650 CameraChip Implementation Guide" 1.1, section AEC convergence limits; the values
    are the defaults in the data sheet of the OV7670 (AEW, AEB, VPT). In a camera it works beside the sensor; here it
    waits until its last step shows, as it would overshoot otherwise.
    """

    STABLE = (0x63, 0x75)
    """Mean code values with which it is content."""
    CONTROL_ZONE = (0x40, 0xD0)
    """Outside these it doubles or halves."""
    NEAR_STEP = 1 / 16

    def next_exposure(self, facts: Facts) -> Exposure | None:
        """See `Law`."""
        mean = float(luma(facts.pixels).mean())
        low, high = self.STABLE
        if low <= mean <= high or not facts.arrived:
            return None
        if mean < low:
            return one_step(facts, 2.0 if mean < self.CONTROL_ZONE[0] else 1 + self.NEAR_STEP)
        return one_step(facts, 0.5 if mean > self.CONTROL_ZONE[1] else 1 - self.NEAR_STEP)


class Libv4lAutogain:
    """libv4l's automatic for webcams without one: steps of the controls, by how many times six codes it is off.

    Constants of ``lib/libv4lconvert/processing/autogain.c`` in v4l-utils. Of a time control it is assumed that its
    default is half its longest time, of a gain that its default is the lowest.
    """

    TARGET_CODE, DEAD_ZONE = 100, 6
    FINE_STEPS = 256
    """A control with more steps than this takes larger ones when it is three dead zones or more off."""
    LOWEST_STEPS = 10
    """So many steps above the shortest time are used last, being the coarsest."""
    LOOKS_EVERY, WAITS = 10, 2
    """Pictures from one look to the next; after a change it waits only for these."""
    USUAL_STEPS = 1000
    """Taken for a control that is continuous."""

    def __init__(self) -> None:
        self._last_steps = 0
        self._until_look = 0

    def next_exposure(self, facts: Facts) -> Exposure | None:
        """See `Law`."""
        self._until_look -= 1
        if self._until_look > 0:
            return None
        self._until_look = self.LOOKS_EVERY
        codes = luma(facts.pixels)
        height, width = codes.shape
        middle = codes[height // 4 : height - height // 4, width // 4 : width - width // 4]
        steps = int((self.TARGET_CODE - float(middle.mean())) / self.DEAD_ZONE)
        if steps * self._last_steps < 0:
            steps = int(steps / 2)
        wanted = self._walked(facts, steps) if steps else facts.set_to
        if wanted == facts.set_to:
            return None
        self._last_steps = steps
        self._until_look = max(self.WAITS, facts.delay_frames) + 1
        return wanted

    def _walked(self, facts: Facts, steps: int) -> Exposure:
        """Move the one control whose turn it is."""
        times, gains = facts.times, facts.gains
        time_s, gain = facts.set_to.time_s, facts.set_to.gain
        usual_s = times.nearest(times.maximum / 2)
        low_s = min(times.minimum + self.LOWEST_STEPS * self._step(times), usual_s)
        lowest = gains.minimum
        if steps > 0:
            for limit_s in (low_s, usual_s):
                if time_s < limit_s:
                    return Exposure(min(self._moved(times, time_s, steps), limit_s), gain)
            if gain < gains.maximum:
                return Exposure(time_s, min(self._moved(gains, gain, steps), gains.maximum))
            return Exposure(min(self._moved(times, time_s, steps), times.maximum), gain)
        if time_s > usual_s:
            return Exposure(max(self._moved(times, time_s, steps), usual_s), gain)
        if gain > lowest:
            return Exposure(time_s, max(self._moved(gains, gain, steps), lowest))
        return Exposure(max(self._moved(times, time_s, steps), low_s if time_s > low_s else times.minimum), gain)

    def _moved(self, control: ControlRange, value: float, steps: int) -> float:
        step = self._step(control)
        count = (control.maximum - control.minimum) / step if step else 0
        larger = int(count / self.FINE_STEPS) if abs(steps) >= 3 and count > self.FINE_STEPS else 1
        return max(value + steps * larger * step, control.minimum)

    def _step(self, control: ControlRange) -> float:
        return control.step or (control.maximum - control.minimum) / self.USUAL_STEPS


class MeanSampleValuePi:
    """A PI controller on the mean sample value, as robots have it.

    Nourani-Vatani and Roberts, "Automatic camera exposure control", ACRA 2007, with the gains of its widely used ROS
    version (auto_exposure_control), whose exposure value counts in EV.
    """

    TARGET = 2.5
    PROPORTIONAL, INTEGRAL = 0.05, 0.01
    """EV a picture for an error of one fifth of the code range, and for the sum of the errors."""
    MOST_SUM = 3.0
    DEAD_BAND = 0.5
    """Of the mean sample value: nearer than this nothing is set."""

    def __init__(self) -> None:
        self._sum = 0.0

    def next_exposure(self, facts: Facts) -> Exposure | None:
        """See `Law`."""
        off = self.TARGET - mean_sample_value(luma(facts.pixels))
        self._sum = min(max(self._sum + off, -self.MOST_SUM), self.MOST_SUM)
        if abs(off) <= self.DEAD_BAND:
            return None
        return facts.program.split(facts.made_with.ev + self.PROPORTIONAL * off + self.INTEGRAL * self._sum)


def one_step(facts: Facts, factor: float) -> Exposure:
    """The exposure that made the picture, times ``factor``; at least one step of the exposure time away from it.

    A rounding that leaves everything as it was would keep such a law from ever arriving.
    """
    made_with = facts.made_with
    stepped = facts.program.split(made_with.ev + math.log2(factor))
    if stepped.ev != made_with.ev:
        return stepped
    step_s = math.copysign(facts.times.step, factor - 1)
    return facts.program.split(Exposure(max(made_with.time_s + step_s, facts.times.minimum), made_with.gain).ev)
