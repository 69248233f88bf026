"""Measures a camera: what its settings really do, and when. `probe` is all that others need.

It changes exposure time and gain, looks at a still scene, and puts everything back, whatever happens. The figures come
from pure functions of what was seen (`probe_delay`, `probe_flicker`, `probe_light`, `probe_control`); here is the order
in which things are looked at.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from autoexposure import __version__
from autoexposure.camera import Camera, ControlRange
from autoexposure.camera_profile import CameraProfile, Delay, MeasuredControl
from autoexposure.clock import Clock, SystemClock
from autoexposure.control_map import SAME_EV
from autoexposure.errors import AutoexposureError, ProbeError, UnsupportedControl
from autoexposure.exposure import Exposure
from autoexposure.journal import Journal
from autoexposure.probe_control import measured_control, where_to_look
from autoexposure.probe_delay import measure_delay, startup_frames
from autoexposure.probe_flicker import FlickerFound, measure_flicker
from autoexposure.probe_stand import Progress, Sample, Stand, places_of
from autoexposure.probe_survey import ENOUGH_PLACES, Survey, usable_after, usable_places
from autoexposure.program import ExposureProgram
from autoexposure.response import srgb

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ProbeConfig:
    """How thoroughly to measure.

    Attributes
    ----------
    budget_s : from here on nothing is refined any more; the whole stays below two minutes.
    sweep_s : what looking at all times and gains once may take; a slow camera is looked at more coarsely.
    startup_pictures : how many pictures after opening are watched.
    time_step_ev : distance of the exposure times looked at first.
    long_s, longest_s : times above the first are looked at one stop apart, above the second not at all.
    gain_values : how many gains are looked at first.
    gain_step_ev : largest step of light between two measured gains.
    middle_code : code value that the middle of the picture is brought to.
    """

    budget_s: float = 85.0
    sweep_s: float = 45.0
    startup_pictures: int = 45
    time_step_ev: float = 1 / 3
    long_s: float = 0.2
    longest_s: float = 1.0
    gain_values: int = 9
    gain_step_ev: float = 0.35
    middle_code: float = 100.0


FLAT_EV = 1.5
"""A scene whose places differ by less than this can't tell a response curve from a gain law for certain."""

PICTURES_PER_SAMPLE = 8
"""What a sample takes, roughly: a delay of two or three, transfer, and a few to average."""


def ignore(_progress: Progress) -> None:
    """Tell nobody."""


def never() -> bool:
    """Go on to the end."""
    return False


def probe(
    camera: Camera,
    progress: Callable[[Progress], None] = ignore,
    cancelled: Callable[[], bool] = never,
    *,
    journal: Journal | None = None,
    clock: Clock | None = None,
    config: ProbeConfig | None = None,
) -> CameraProfile:
    """Measure an open camera in one to two minutes, in the calling thread, and put all of its settings back.

    The camera should look at a scene that stands still in steady light, with something dark and something bright in it,
    and should be freshly opened: its first pictures are part of what is measured. The caller closes it.

    Parameters
    ----------
    progress : told how far it is, in this thread.
    cancelled : asked before every picture; True ends it with ProbeCancelled.
    journal : keeps the camera's original settings while they are changed.

    Raises UnsupportedControl (nothing to measure), ProbeCancelled, ProbeError (too dark and the like), and CameraError
    where the camera itself fails.
    """
    if not camera.capabilities.controls_exposure:
        raise UnsupportedControl(camera.capabilities.note or f"{camera.info.name} has no exposure control to measure")
    journal = journal or Journal()
    journal.put_back(camera)  # where an earlier run could not
    journal.note(camera.info, camera.settings())
    try:
        camera.take_control()
        measurement = _Measurement(Stand(camera, clock or SystemClock(), progress, cancelled), config or ProbeConfig())
        profile = measurement.run()
    except BaseException:
        try:
            journal.put_back(camera)
        except AutoexposureError as error:
            log.error("%s could not be put back to how it was: %s", camera.info.name, error)
        raise
    journal.put_back(camera)
    return profile


class _Measurement:
    """One measurement from beginning to end."""

    def __init__(self, stand: Stand, config: ProbeConfig) -> None:
        self.stand = stand
        self.config = config
        self.camera = stand.camera
        self.began_s = stand.clock.now()
        capabilities = self.camera.capabilities
        self.interval_s = self.camera.frame_interval_s
        self.times = capabilities.time_s
        self.gains = capabilities.gain
        self.program = ExposureProgram(capabilities, self.interval_s)
        self.notes: list[str] = []
        self.lamp_period_s = 0.0

    @property
    def late(self) -> bool:
        return self.stand.clock.now() - self.began_s > self.config.budget_s

    def run(self) -> CameraProfile:
        stand, camera = self.stand, self.camera
        stand.tell(0.0, "watching the first pictures")
        levels = self._first_pictures()
        self._keep_pace(len(levels) / max(stand.clock.now() - self.began_s, 1e-6))
        stand.tell(0.04, "finding a middle exposure")
        reference = self._middle_exposure()
        stand.tell(0.08, "measuring the delay")
        delay = self._delay(reference)
        stand.tell(0.18, "looking for lamps that flicker")
        flicker = measure_flicker(stand, lambda time_s, off: self._same_light(reference, time_s, off))
        self.lamp_period_s = 1 / (2 * flicker.mains_hz) if flicker is not None and flicker.mains_hz else 0.0
        stand.lamps_flicker = self.lamp_period_s > 0
        base_gain = self.gains.minimum if self.gains is not None else 1.0
        swing_ev = flicker.swing_ev if flicker is not None else 0.0
        survey = Survey(stand, reference, base_gain, timed=self.times is not None, flicker_ev=swing_ev)
        self._sweep(survey, reference)
        stand.tell(0.75, "looking closer")
        self._look_closer(survey)
        stand.tell(0.98, "working it out")
        survey.check_light()
        survey.fit()
        time, gain = self._controls(survey)
        if time is None and gain is None:
            raise ProbeError(
                "the picture doesn't show what the settings do: light the scene evenly, point the camera at something "
                "with dark and bright parts, and measure once more"
            )
        return CameraProfile(
            stable_id=camera.info.stable_id,
            name=camera.info.name,
            detail=camera.info.detail,
            measured_at=datetime.now().astimezone().isoformat(timespec="seconds"),
            program=__version__,
            took_s=round(stand.clock.now() - self.began_s, 1),
            frame_interval_s=round(self._interval_s(survey), 6),
            startup_frames=startup_frames(levels, delay.longest if delay is not None else stand.longest_delay),
            delay=delay,
            time=time,
            gain=gain,
            response=survey.found.curve if survey.found is not None and self.times is not None and time else None,
            slows_frames=self._slows_frames(survey),
            capped_at_s=self._cap_s(time),
            mains_hz=flicker.mains_hz if flicker is not None else 0,
            flicker_ev=round(flicker.swing_ev, 3) if flicker is not None else 0.0,
            drift_ev=round(survey.drift_ev, 3),
            notes=self._notes(survey, delay, flicker, time, gain),
        )

    # One after the other

    def _first_pictures(self) -> list[float]:
        if self.camera.exposure is None:
            self.stand.write(self.program.split(self.program.plain_ev))
        return [float(places_of(self.stand.read().pixels).mean()) for _ in range(self.config.startup_pictures)]

    def _keep_pace(self, pictures_per_s: float) -> None:
        """Look at fewer values where pictures come slowly."""
        for time_step_ev, gain_values in ((1 / 3, 9), (1 / 2, 7), (1.0, 5)):
            self.config = replace(self.config, time_step_ev=time_step_ev, gain_values=gain_values)
            samples = gain_values + (len(times_to_look_at(self.times, self.config)) if self.times is not None else 1)
            if 1.2 * samples * PICTURES_PER_SAMPLE / pictures_per_s <= self.config.sweep_s:
                break

    def _middle_exposure(self) -> Exposure:
        """A setting that brings the middle of the picture to a middle code value, as near as the camera gets."""
        wanted = srgb().linearise(np.array([self.config.middle_code], np.float32))[0]
        exposure = self.program.split(self.camera.exposure.ev if self.camera.exposure else self.program.plain_ev)
        for _ in range(8):
            sample = self.stand.sample(exposure)
            now = float(np.median(srgb().linearise(sample.places)))
            missing_ev = min(max(math.log2(wanted / max(now, 1e-3)), -4.0), 4.0)
            better = self.program.split(exposure.ev + missing_ev)
            if abs(missing_ev) < 0.4 or better == exposure:
                break
            exposure = better
        if usable_places(self.stand.sample(exposure)) < 12:
            raise ProbeError(
                "hardly anything in the picture is neither black nor white: light the scene (or take the cover off the "
                "camera) and measure once more"
            )
        return exposure

    def _delay(self, reference: Exposure) -> Delay | None:
        other = self.program.split(reference.ev - 2)
        if reference.ev - other.ev < 1:
            other = self.program.split(reference.ev + 1.5)
        delay = measure_delay(self.stand, reference, other)
        if delay is not None:
            self.stand.longest_delay = delay.longest + 1
        return delay

    def _same_light(self, reference: Exposure, time_s: float, off: float) -> Exposure | None:
        """The reference's light, or as near as a short time gets, with another time; None if it can't be set."""
        if self.times is None or self.gains is None:
            return None
        near_s = self.times.nearest(time_s)
        if not 1 / off <= near_s / time_s <= off:
            return None
        ev = min(reference.ev, math.log2(self.gains.maximum / 400))
        gain = self.gains.nearest(2.0**ev / near_s)
        return Exposure(near_s, gain) if abs(math.log2(near_s * gain) - reference.ev) < 2.5 else None

    def _sweep(self, survey: Survey, reference: Exposure) -> None:
        self.stand.tell(0.26, "measuring exposure times")
        dark = self._sweep_times(survey, reference)
        self.stand.tell(0.5, "measuring gains")
        self._sweep_gains(survey)
        # Times too short for the base gain are looked at through the highest one.
        if self.gains is not None and dark:
            for time_s in dark:
                if not survey.look_at(Exposure(time_s, self.gains.maximum)):
                    break

    def _sweep_times(self, survey: Survey, reference: Exposure) -> list[float]:
        """From the best exposed time outwards; returns the times that are too dark at the base gain, longest first."""
        base = survey.base_gain
        if self.times is None:
            survey.look_at(Exposure(reference.time_s, base))
            return []
        values = times_to_look_at(self.times, self.config)
        if self.lamp_period_s:
            calm = (self.times.nearest(self.lamp_period_s * periods) for periods in (1, 2, 3))
            values = sorted({*values, *(time_s for time_s in calm if self._is_calm(time_s))})
        start = min(range(len(values)), key=lambda i: abs(math.log2(values[i] * base) - reference.ev))
        shorter = values[start::-1]
        for done, time_s in enumerate(shorter):
            self.stand.tell(0.26 + 0.24 * done / len(values), "measuring exposure times")
            if not survey.look_at(Exposure(time_s, base)):
                break
        else:
            done = len(shorter)
        for more, time_s in enumerate(values[start + 1 :]):
            self.stand.tell(0.26 + 0.24 * (done + more) / len(values), "measuring exposure times")
            if self.late or not survey.look_at(Exposure(time_s, base)):
                self.notes.append(f"Exposure times from {time_s:.3g} s on were too bright or too slow to measure here.")
                break
        return shorter[done:]

    def _sweep_gains(self, survey: Survey) -> None:
        if self.gains is None or self.gains.maximum == self.gains.minimum:
            return
        for done, gain in enumerate(spread(self.gains, self.config.gain_values)):
            if self.late and done > 1:
                break
            self.stand.tell(0.5 + 0.2 * done / self.config.gain_values, "measuring gains")
            self._look_at_gain(survey, gain)

    def _look_at_gain(self, survey: Survey, gain: float) -> None:
        """Under the time of the base gain's best sample for it; a shorter one, if that turns out too bright."""
        factor = gain / survey.base_gain
        at_base = [sample for sample in survey.samples if sample.asked.gain == survey.base_gain]
        # Whole periods of a flickering lamp show no bands, so that two pictures can be compared.
        calm = [s for s in at_base if self._is_calm(s.asked.time_s) and usable_after(s, factor) >= 4 * ENOUGH_PLACES]
        at_base = calm or at_base
        for _ in range(3):
            best = max(at_base, key=lambda sample: min(usable_places(sample), usable_after(sample, factor)))
            exposure = Exposure(best.asked.time_s, gain)
            if survey.has(exposure) or survey.look_at(exposure):
                return
            too_bright = float(np.median(survey.samples[-1].places)) > 128
            factor = factor * 3 if too_bright else factor / 3

    def _is_calm(self, time_s: float) -> bool:
        periods = time_s / self.lamp_period_s if self.lamp_period_s else 0.0
        return periods > 0.9 and abs(periods - round(periods)) < 0.03

    def _look_closer(self, survey: Survey) -> None:
        """Fit, and measure in between where the light makes jumps, until there are none or time is up."""
        for turn in range(6):
            survey.fit()
            wanted = self._between(survey)
            if not wanted or self.late:
                break
            for done, exposure in enumerate(wanted):
                self.stand.tell(0.75 + 0.23 * (turn + done / len(wanted)) / 6, "looking closer")
                if self.late:
                    break
                survey.look_at(exposure)

    def _between(self, survey: Survey) -> list[Exposure]:
        wanted: list[Exposure] = []
        if self.times is not None:
            points = survey.time_points()
            asked, light = [p.asked for p in points], [p.light_ev for p in points]
            for low, high in where_to_look(asked, light, widest_ev=math.inf):
                middle_s = self.times.nearest(math.sqrt(low * high))
                if low < middle_s < high:
                    gain = next(s.asked.gain for s in survey.samples if s.asked.time_s in (low, high))
                    wanted.append(Exposure(middle_s, gain))
            if self.gains is not None:  # what was too dark after all is looked at through the highest gain
                lost = {sample.asked.time_s for sample in survey.samples} - set(asked)
                wanted += [Exposure(time_s, self.gains.maximum) for time_s in sorted(lost)]
        if self.gains is not None:
            points = survey.gain_points()
            asked, light = [p.asked for p in points], [p.light_ev for p in points]
            for low, high in where_to_look(asked, light, widest_ev=self.config.gain_step_ev):
                middle = self.gains.nearest((low + high) / 2)
                if low < middle < high:
                    time_s = next(s.asked.time_s for s in survey.samples if s.asked.gain == high)
                    wanted.append(Exposure(time_s, middle))
        return [exposure for exposure in wanted if not survey.has(exposure)]

    # What it comes to

    def _controls(self, survey: Survey) -> tuple[MeasuredControl | None, MeasuredControl | None]:
        time = gain = None
        if self.times is not None and len(points := survey.time_points()) >= 2:
            time = measured_control(points, self.times, gain=False)
        if self.gains is not None and len(points := survey.gain_points()) >= 2:
            gain = measured_control(points, self.gains, gain=True)
        moved = [control for control in (time, gain) if control is not None and control.span_ev > 4 * SAME_EV]
        return (time, gain) if moved else (None, None)

    def _interval_s(self, survey: Survey) -> float:
        short = [sample.interval_s for sample in survey.samples if sample.asked.time_s <= self.interval_s]
        return float(np.median(short)) if short else self.interval_s

    def _slow(self, survey: Survey) -> list[Sample]:
        return [sample for sample in survey.samples if sample.asked.time_s > 1.3 * self.interval_s]

    def _slows_frames(self, survey: Survey) -> bool | None:
        slow = self._slow(survey)
        if not slow:
            return None
        return any(sample.interval_s > 0.8 * sample.asked.time_s for sample in slow)

    def _cap_s(self, time: MeasuredControl | None) -> float | None:
        """Where longer times bring no more light."""
        if time is None or not time.dead_zones or time.dead_zones[-1].high < time.asked[-1]:
            return None
        return float(2.0 ** time.light_ev[-1])

    def _notes(
        self,
        survey: Survey,
        delay: Delay | None,
        flicker: FlickerFound | None,
        time: MeasuredControl | None,
        gain: MeasuredControl | None,
    ) -> tuple[str, ...]:
        notes = self.notes
        if delay is None:
            notes.append("The delay could not be seen in the picture; safe defaults stay in use.")
        if flicker is None:
            notes.append("Whether lamps flicker could not be told with this camera in this light.")
        shortest_s = min((point.asked for point in survey.time_points()), default=0.0)
        if time is not None and self.times is not None and shortest_s > self.times.minimum * 1.05:
            notes.append(f"Exposure times below {shortest_s:.3g} s were too dark to measure here.")
        if survey.changes:
            notes.append("The light changed while measuring: parts were measured again, steady light is better.")
        if survey.contrast_ev < FLAT_EV:
            notes.append("The scene has little contrast: with dark and bright parts in it the figures are surer.")
        if survey.drift_ev > 0.15:
            notes.append(f"The light changed by {survey.drift_ev:.2f} EV meanwhile: measure again in steadier light.")
        if self.late:
            notes.append("Time ran out before everything was looked at closely.")
        for name, control in (("exposure time", time), ("gain", gain)):
            if control is not None and control.span_ev < 4 * SAME_EV:
                notes.append(f"The {name} moves nothing in the picture.")
        return tuple(notes)


def times_to_look_at(times: ControlRange, config: ProbeConfig) -> list[float]:
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
