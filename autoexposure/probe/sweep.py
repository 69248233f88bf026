"""The sweep: which settings of a camera to measure, and in which order."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from autoexposure.camera import Capabilities, ControlRange
from autoexposure.exposure import Exposure
from autoexposure.probe.control_points import where_to_look
from autoexposure.probe.survey import ENOUGH_PLACES, Survey

PICTURES_PER_SAMPLE = 8
"""What a sample takes, roughly: a delay of two or three, transfer, and a few to average."""


@dataclass(frozen=True, slots=True)
class SweepConfig:
    """How densely to measure.

    Attributes
    ----------
    all_s : how long one pass over all times and gains may take; a slow camera is measured more coarsely.
    time_step_ev : distance of the exposure times measured first.
    long_s, longest_s : times above the first are measured one stop apart, above the second not at all.
    gain_values : how many gains are measured first.
    gain_step_ev : largest step of light between two measured gains.
    """

    all_s: float = 45.0
    time_step_ev: float = 1 / 3
    long_s: float = 0.2
    longest_s: float = 1.0
    gain_values: int = 9
    gain_step_ev: float = 0.35

    def at_pace(self, pictures_per_s: float, times: ControlRange | None) -> SweepConfig:
        """The same, or coarser where pictures come slowly."""
        for time_step_ev, gain_values in ((self.time_step_ev, self.gain_values), (1 / 2, 7), (1.0, 5)):
            config = replace(self, time_step_ev=time_step_ev, gain_values=gain_values)
            samples = gain_values + (len(times_to_look_at(times, config)) if times is not None else 1)
            if 1.2 * samples * PICTURES_PER_SAMPLE / pictures_per_s <= self.all_s:
                break
        return config


class Sweep:
    """Looks at the settings of one camera.

    Parameters
    ----------
    survey : takes and keeps the samples.
    lamp_period_s : of lamps that flicker in the picture; 0 where none do.
    late : whether time is up.

    Attributes
    ----------
    notes : sentences for a person about what could not be measured.
    """

    def __init__(
        self,
        survey: Survey,
        capabilities: Capabilities,
        config: SweepConfig,
        lamp_period_s: float,
        late: Callable[[], bool],
    ) -> None:
        self.survey = survey
        self.notes: list[str] = []
        self._time_range = capabilities.time_s
        self._gain_range = capabilities.gain
        self._config = config
        self._lamp_period_s = lamp_period_s
        self._late = late

    def once(self) -> None:
        """Measure times and gains over their whole ranges, once."""
        survey = self.survey
        survey.stand.tell(0.26, "measuring exposure times")
        dark = self._times()
        survey.stand.tell(0.5, "measuring gains")
        self._gains()
        # Times too short for the base gain are looked at through the highest one.
        if self._gain_range is not None and dark:
            for time_s in dark:
                if not survey.look_at(Exposure(time_s, self._gain_range.maximum)):
                    break

    def _times(self) -> list[float]:
        """From the best exposed time outwards; returns the times that are too dark at the base gain, longest first."""
        survey = self.survey
        base = survey.base_gain
        if self._time_range is None:
            survey.look_at(Exposure(survey.reference.time_s, base))
            return []
        values = times_to_look_at(self._time_range, self._config)
        if self._lamp_period_s:
            calm = (self._time_range.nearest(self._lamp_period_s * periods) for periods in (1, 2, 3))
            values = sorted({*values, *(time_s for time_s in calm if self._is_calm(time_s))})
        start = min(range(len(values)), key=lambda i: abs(math.log2(values[i] * base) - survey.reference.ev))
        shorter = values[start::-1]
        for done, time_s in enumerate(shorter):
            survey.stand.tell(0.26 + 0.24 * done / len(values), "measuring exposure times")
            if not survey.look_at(Exposure(time_s, base)):
                break
        else:
            done = len(shorter)
        for more, time_s in enumerate(values[start + 1 :]):
            survey.stand.tell(0.26 + 0.24 * (done + more) / len(values), "measuring exposure times")
            if self._late() or not survey.look_at(Exposure(time_s, base)):
                self.notes.append(f"Exposure times from {time_s:.3g} s on were too bright or too slow to measure here.")
                break
        return shorter[done:]

    def _gains(self) -> None:
        survey = self.survey
        if self._gain_range is None or self._gain_range.maximum == self._gain_range.minimum:
            return
        lowest, *between, highest = spread(self._gain_range, self._config.gain_values)
        for done, gain in enumerate((lowest, highest, *between)):
            if self._late() and done > 1:
                break
            survey.stand.tell(0.5 + 0.2 * done / self._config.gain_values, "measuring gains")
            self._look_at_gain(gain)

    def _look_at_gain(self, gain: float) -> None:
        """Measure a gain under the time whose base-gain sample suits it best; a shorter one if that is too bright."""
        survey = self.survey
        factor = gain / survey.base_gain
        at_base = [sample for sample in survey.samples if sample.asked.gain == survey.base_gain]
        # Whole periods of a flickering lamp show no bands, so that two pictures can be compared.
        calm = [s for s in at_base if self._is_calm(s.asked.time_s) and s.usable_after(factor) >= 4 * ENOUGH_PLACES]
        at_base = calm or at_base
        for _ in range(3):
            best = max(at_base, key=lambda sample: min(sample.usable, sample.usable_after(factor)))
            exposure = Exposure(best.asked.time_s, gain)
            if survey.has(exposure) or survey.look_at(exposure):
                return
            too_bright = float(np.median(survey.samples[-1].places)) > 128
            factor = factor * 3 if too_bright else factor / 3

    def _is_calm(self, time_s: float) -> bool:
        periods = time_s / self._lamp_period_s if self._lamp_period_s else 0.0
        return periods > 0.9 and abs(periods - round(periods)) < 0.03

    def closer(self) -> None:
        """Fit, and measure in between where the light makes jumps, until there are none or time is up."""
        survey = self.survey
        for turn in range(6):
            survey.fit()
            wanted = self._between()
            if not wanted:
                break
            for done, exposure in enumerate(wanted):
                survey.stand.tell(0.75 + 0.23 * (turn + done / len(wanted)) / 6, "looking closer")
                if self._late():
                    self.notes.append("Time ran out before everything was looked at closely.")
                    return
                survey.look_at(exposure)

    def _between(self) -> list[Exposure]:
        survey = self.survey
        wanted: list[Exposure] = []
        if self._time_range is not None:
            points = survey.time_points()
            asked, light = [p.asked for p in points], [p.light_ev for p in points]
            widest_ev = math.inf if self._time_range.unit_known else self._config.gain_step_ev
            for low, high in where_to_look(asked, light, widest_ev=widest_ev):
                middle_s = self._time_range.nearest(math.sqrt(low * high))
                if low < middle_s < high:
                    gain = next(s.asked.gain for s in survey.samples if s.asked.time_s in (low, high))
                    wanted.append(Exposure(middle_s, gain))
            if self._gain_range is not None:  # what was too dark after all is looked at through the highest gain
                lost = {sample.asked.time_s for sample in survey.samples} - set(asked)
                wanted += [Exposure(time_s, self._gain_range.maximum) for time_s in sorted(lost)]
        if self._gain_range is not None:
            points = survey.gain_points()
            asked, light = [p.asked for p in points], [p.light_ev for p in points]
            for low, high in where_to_look(asked, light, widest_ev=self._config.gain_step_ev):
                middle = self._gain_range.nearest((low + high) / 2)
                if low < middle < high:
                    time_s = next(s.asked.time_s for s in survey.samples if s.asked.gain == high)
                    wanted.append(Exposure(time_s, middle))
        return [exposure for exposure in wanted if not survey.has(exposure)]


def times_to_look_at(times: ControlRange, config: SweepConfig) -> list[float]:
    """Exposure times spread evenly in EV, among those that exist; long ones, which take long, farther apart."""
    longest = times.floor(config.longest_s)
    wanted: list[float] = []
    value = times.minimum
    while value < longest:
        wanted.append(value)
        value *= 2.0 ** (config.time_step_ev if value < config.long_s else 1.0)
    return sorted({times.nearest(value) for value in wanted} | {longest})


def spread(control: ControlRange, count: int) -> list[float]:
    """``count`` values evenly over the range, among those that exist."""
    return sorted({control.nearest(float(value)) for value in np.linspace(control.minimum, control.maximum, count)})
