"""Measures a camera: what its settings really do, and when. `probe` is all that others need.

It changes exposure time and gain, looks at a still scene, and puts everything back, whatever happens. The figures come
from pure functions of what was seen (in `delay`, `flicker`, `light_fit` and `control_points`); here is the order in
which things are looked at.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from autoexposure import __version__
from autoexposure.camera import Camera
from autoexposure.clock import Clock, SystemClock
from autoexposure.control.program import ExposureProgram
from autoexposure.custody.custody import Custody, left_changed
from autoexposure.custody.journal import Journal
from autoexposure.errors import AutoexposureError, ProbeCancelled, ProbeError, UnsupportedControl
from autoexposure.exposure import Exposure
from autoexposure.probe.delay import measure_delay, startup_frames
from autoexposure.probe.findings import (
    UNSTEADY_EV,
    cap_s,
    doubts,
    gain_found,
    interval_found,
    moves,
    slows_frames,
    time_found,
)
from autoexposure.probe.flicker import measure_flicker
from autoexposure.probe.light_fit import PLACES_NEEDED
from autoexposure.probe.places import places_of
from autoexposure.probe.regulating import keeps_regulating
from autoexposure.probe.rig import Progress, Stand
from autoexposure.probe.survey import Survey
from autoexposure.probe.sweep import Sweep, SweepConfig
from autoexposure.profiles.profile import CameraProfile, Delay
from autoexposure.response import srgb

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ProbeConfig:
    """How thoroughly to measure.

    Attributes
    ----------
    budget_s : after this nothing is refined any more, so that the whole stays below two minutes.
    startup_pictures : how many pictures after opening are watched.
    middle_code : code value to which the picture's median is brought.
    sweep : how densely settings are measured.
    """

    budget_s: float = 85.0
    startup_pictures: int = 45
    middle_code: float = 100.0
    sweep: SweepConfig = field(default_factory=SweepConfig)


def ignore(_progress: Progress) -> None:
    """Show no progress."""


def never() -> bool:
    """Never cancel."""
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
    progress : called with how far the measurement is, in this thread.
    cancelled : asked before every picture; True ends the measurement with ProbeCancelled.
    journal : keeps the camera's original settings while they are changed.

    Raises
    ------
    UnsupportedControl : there is nothing to measure.
    ProbeCancelled : ``cancelled`` said so.
    ProbeError : the picture does not allow it, being too dark for example.
    CameraError : the camera itself fails.
    """
    if not camera.capabilities.controls_exposure:
        raise UnsupportedControl(camera.capabilities.note or f"{camera.info.name} has no exposure control to measure")
    if cancelled():
        raise ProbeCancelled("measuring was cancelled before it began; the camera is as it was")
    custody = Custody(camera, journal or Journal())
    try:
        custody.take()  # and put it back, where an earlier run could not
        stand = Stand(camera, clock or SystemClock(), progress, cancelled)
        with custody.changing():
            camera.take_control()
            profile = _Measurement(stand, config or ProbeConfig()).run()
        custody.give_back()
    except BaseException:
        try:
            custody.give_back()
        except AutoexposureError as error:
            log.error("%s", left_changed(camera.info.name, error))
        raise
    finally:
        custody.release()
    return profile


class _Measurement:
    """One measurement from beginning to end."""

    def __init__(self, stand: Stand, config: ProbeConfig) -> None:
        self.stand = stand
        self.config = config
        self.camera = stand.camera
        self.began_s = stand.clock.now()
        self.capabilities = self.camera.capabilities
        self.interval_s = self.camera.frame_interval_s
        self.times = self.capabilities.time_s
        self.gains = self.capabilities.gain
        self.timed = self.times is not None and self.times.unit_known
        self.program = ExposureProgram(self.capabilities, self.interval_s)

    @property
    def late(self) -> bool:
        return self.stand.clock.now() - self.began_s > self.config.budget_s

    def run(self) -> CameraProfile:
        stand, camera = self.stand, self.camera
        stand.tell(0.0, "watching the first pictures")
        levels = self._first_pictures()
        pictures_per_s = len(levels) / max(stand.clock.now() - self.began_s, 1e-6)
        stand.tell(0.04, "finding a middle exposure")
        reference = self._middle_exposure()
        stand.tell(0.08, "measuring the delay")
        delay = self._delay(reference)
        if delay is None:
            self._check_it_holds_still(reference)
        stand.tell(0.18, "looking for lamps that flicker")
        flicker = measure_flicker(stand, lambda time_s, off: self._same_light(reference, time_s, off))
        lamp_period_s = 1 / (2 * flicker.mains_hz) if flicker is not None and flicker.mains_hz else 0.0
        stand.lamps_flicker = lamp_period_s > 0
        base_gain = self.gains.minimum if self.gains is not None else 1.0
        swing_ev = flicker.swing_ev if flicker is not None else 0.0
        survey = Survey(stand, reference, base_gain, timed=self.timed, flicker_ev=swing_ev)
        config = self.config.sweep.at_pace(pictures_per_s, self.times)
        sweep = Sweep(survey, self.capabilities, config, lamp_period_s, lambda: self.late)
        sweep.once()
        stand.tell(0.75, "looking closer")
        sweep.closer()
        stand.tell(0.98, "working it out")
        survey.check_light()
        survey.fit()
        if survey.changes or survey.drift_ev > UNSTEADY_EV:
            self._check_it_holds_still(reference)
        time, gain = time_found(survey, self.capabilities), gain_found(survey, self.capabilities)
        if not (moves(time) or moves(gain)):
            raise ProbeError(
                "the picture doesn't show what the settings do: light the scene evenly, point the camera at something "
                "with dark and bright parts, and measure again; if that changes nothing, the camera ignores what it is "
                "set to, as one does whose automatic exposure stays on"
            )
        notes = list(sweep.notes)
        if delay is None:
            notes.append("The delay did not show in the picture; safe defaults stay in use.")
        if flicker is None:
            notes.append("With this camera in this light, flicker of lamps could not be measured.")
        return CameraProfile(
            stable_id=camera.info.stable_id,
            name=camera.info.name,
            detail=camera.info.detail,
            measured_at=datetime.now().astimezone().isoformat(timespec="seconds"),
            program=__version__,
            took_s=round(stand.clock.now() - self.began_s, 1),
            frame_interval_s=round(interval_found(survey, self.interval_s), 6),
            startup_frames=startup_frames(levels, delay.longest if delay is not None else stand.longest_delay),
            delay=delay,
            time=time,
            gain=gain,
            response=survey.found.curve if survey.found is not None and self.timed and time else None,
            slows_frames=slows_frames(survey, self.interval_s),
            capped_at_s=cap_s(time),
            mains_hz=flicker.mains_hz if flicker is not None else 0,
            flicker_ev=round(flicker.swing_ev, 3) if flicker is not None else 0.0,
            drift_ev=round(survey.drift_ev, 3),
            notes=(*notes, *doubts(survey, self.capabilities, time, gain)),
        )

    # The stages, in order

    def _first_pictures(self) -> list[float]:
        if self.camera.exposure is None:
            self.stand.write(self.program.split(self.program.plain_ev))
        return [float(places_of(self.stand.read().pixels).mean()) for _ in range(self.config.startup_pictures)]

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
        if self.stand.sample(exposure).usable < PLACES_NEEDED:
            raise ProbeError(
                "hardly anything in the picture is neither black nor white: light the scene (or take the cover off the "
                "camera) and measure again"
            )
        return exposure

    def _another(self, reference: Exposure) -> Exposure:
        """A setting whose pictures are another, for certain."""
        other = self.program.split(reference.ev - 2)
        return other if reference.ev - other.ev >= 1 else self.program.split(reference.ev + 1.5)

    def _check_it_holds_still(self, reference: Exposure) -> None:
        """Raise ProbeError if it is the camera that changes the picture, and not the light."""
        if keeps_regulating(self.stand, reference, self._another(reference)):
            raise ProbeError(
                f"{self.camera.info.name} keeps regulating its exposure by itself although its automatic is switched "
                "off, so that it can't be measured: plug it in again, and measure again"
            )

    def _delay(self, reference: Exposure) -> Delay | None:
        delay = measure_delay(self.stand, reference, self._another(reference))
        if delay is not None:
            self.stand.longest_delay = delay.longest + 1
        return delay

    def _same_light(self, reference: Exposure, time_s: float, off: float) -> Exposure | None:
        """The reference's light, or as near as a short time gets, with another time; None if it can't be set."""
        if self.times is None or self.gains is None or not self.timed:
            return None
        near_s = self.times.nearest(time_s)
        if not 1 / off <= near_s / time_s <= off:
            return None
        ev = min(reference.ev, math.log2(self.gains.maximum / 400))
        gain = self.gains.nearest(2.0**ev / near_s)
        return Exposure(near_s, gain) if abs(math.log2(near_s * gain) - reference.ev) < 2.5 else None
