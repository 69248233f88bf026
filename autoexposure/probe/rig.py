"""The stand: sets a camera that is being measured, waits until a picture shows it, and averages what pictures say."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from autoexposure.camera import Camera, Settings
from autoexposure.clock import Clock
from autoexposure.errors import CameraDisconnected, CameraError, FrameTimeout, ProbeCancelled, ProbeError
from autoexposure.exposure import Exposure
from autoexposure.frame import Frame
from autoexposure.probe.places import Places, noise_of, places_of, roughness_of, usable_after, usable_places

TIMEOUT_S = 2.0
TIMEOUTS_ALLOWED = 3
"""Pictures in a row that may fail to come before the camera is taken to be stuck."""

REFUSALS_ALLOWED = 3
REFUSED_PAUSE_S = 0.2
"""A setting that is refused is tried again after a pause: cameras are sometimes not ready."""

STEADY_CODES = 1.5
"""Pictures whose means differ by less than this are taken to be made alike."""

FRAMES, FRAMES_UNDER_LAMPS = 2, 6
"""Pictures averaged for a sample. At 30 a second the bands of 50 Hz lamps come round in three; two rounds of it."""

EXTRA_FRAMES = 6
"""How many more pictures to wait for until they are steady: a busy machine shows a setting late."""

STALE_INTERVALS, STALE_READS = 3.0, 3
"""A picture older than the first, in frame intervals, is replaced by a newer one, at most as often as the second."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a measurement is.

    Attributes
    ----------
    done : 0 to 1.
    doing : what is being measured, in words for a person.
    """

    done: float
    doing: str


@dataclass(frozen=True, slots=True)
class Write:
    """A setting that was made.

    Attributes
    ----------
    asked : what was asked for.
    returned : what the driver says was set.
    read_sequence : the newest picture read before.
    newest_sequence : the picture the camera had probably reached by then, as `CameraSession.write` reckons.
    before_s, after_s : when the writing began and ended.
    """

    asked: Exposure
    returned: Exposure
    read_sequence: int
    newest_sequence: int
    before_s: float
    after_s: float


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """What the pictures were like under one setting.

    Attributes
    ----------
    asked, returned : as in `Write`.
    read_back : what the camera said it uses while the pictures came; None where it can't say.
    codes : raw values of its controls.
    places : (1200, 3) mean code value of each place.
    roughness : (1200, 3) standard deviation within each place, in code values.
    noise : standard deviation of a mid-tone pixel over time, in code values; NaN without mid-tones.
    interval_s : between two pictures.
    at_s : when.
    """

    asked: Exposure
    returned: Exposure
    read_back: Exposure | None
    codes: Settings
    places: Places
    roughness: Places
    noise: float
    interval_s: float
    at_s: float

    @property
    def usable(self) -> int:
        """How many places are neither clipped nor lost in darkness."""
        return usable_places(self.places, self.noise)

    def usable_after(self, factor: float) -> int:
        """How many places would be with ``factor`` times the light."""
        return usable_after(self.places, self.noise, factor)


class Stand:
    """A camera under measurement; the caller has taken control of it and puts it back.

    Parameters
    ----------
    progress : called now and then, in the thread that measures.
    cancelled : asked before every picture; True ends the measurement with ProbeCancelled.

    Attributes
    ----------
    longest_delay : pictures after which a setting is sure to show.
    frames_read : so far.
    transfer_s : the shortest time that a picture took from its timestamp until it was read; infinite before the first.
    lamps_flicker : pictures are averaged over the bands of lamps.
    """

    def __init__(
        self, camera: Camera, clock: Clock, progress: Callable[[Progress], None], cancelled: Callable[[], bool]
    ) -> None:
        self.camera = camera
        self.clock = clock
        self.longest_delay = camera.capabilities.delay_frames[1]
        self.frames_read = 0
        self.transfer_s = math.inf
        self.lamps_flicker = False
        self._progress = progress
        self._cancelled = cancelled
        self._newest: Frame | None = None
        self._written: Write | None = None

    def tell(self, done: float, doing: str) -> None:
        """Say how far the measurement is."""
        self._progress(Progress(min(max(done, 0.0), 1.0), doing))

    def read(self) -> Frame:
        """The next picture. Raises ProbeCancelled, ProbeError, CameraDisconnected."""
        for _ in range(TIMEOUTS_ALLOWED):
            if self._cancelled():
                raise ProbeCancelled("measuring was cancelled; the camera is as it was before")
            try:
                self._newest = self.camera.read(TIMEOUT_S + self._exposure_time_s())
            except FrameTimeout:
                continue
            self.frames_read += 1
            self.transfer_s = min(self.transfer_s, max(0.0, self.clock.now() - self._newest.timestamp_s))
            return self._newest
        raise ProbeError(
            f"{self.camera.info.name} sent no picture for {TIMEOUTS_ALLOWED * TIMEOUT_S:g} s: plug it in again and "
            "measure again"
        )

    def write(self, exposure: Exposure) -> Write:
        """Set the camera, at once. Raises CameraError if it refuses again and again."""
        newest = self._fresh_frame()
        for _ in range(REFUSALS_ALLOWED - 1):
            before_s = self.clock.now()
            try:
                returned = self.camera.set_exposure(exposure)
                break
            except CameraDisconnected:
                raise
            except CameraError:
                self.clock.sleep(REFUSED_PAUSE_S)
        else:
            before_s = self.clock.now()
            returned = self.camera.set_exposure(exposure)
        after_s = self.clock.now()
        reached = newest.sequence + max(0, int((after_s - newest.timestamp_s) / self.camera.frame_interval_s))
        self._written = Write(exposure, returned, newest.sequence, reached, before_s, after_s)
        return self._written

    def settle(self, exposure: Exposure) -> Frame:
        """Set the camera and wait for the first picture that shows it."""
        write = self.write(exposure)
        while (frame := self.read()).sequence <= write.newest_sequence + self.longest_delay:
            pass
        return frame

    def sample(self, exposure: Exposure) -> Sample:
        """What the pictures are like under ``exposure``, over a few of them once they are steady."""
        taken = [self.settle(exposure)]
        places = [places_of(taken[0].pixels)]
        frames = FRAMES_UNDER_LAMPS if self.lamps_flicker else FRAMES
        for _ in range(frames - 1 + EXTRA_FRAMES):
            taken.append(self.read())
            places.append(places_of(taken[-1].pixels))
            levels = [float(picture.mean()) for picture in places[-frames:]]
            if len(levels) == frames and (self.lamps_flicker or max(levels) - min(levels) <= STEADY_CODES):
                break
        assert self._written is not None
        first, last = taken[-frames], taken[-1]
        passed = max(1, last.sequence - first.sequence)
        return Sample(
            asked=exposure,
            returned=self._written.returned,
            read_back=last.exposure if last.reported else self.camera.exposure,
            codes=self.camera.settings(),
            places=np.mean(places[-frames:], axis=0, dtype=np.float32),
            roughness=roughness_of(last.pixels),
            noise=noise_of(taken[-2].pixels, taken[-1].pixels, banded=self.lamps_flicker),
            interval_s=(last.timestamp_s - first.timestamp_s) / passed,
            at_s=last.timestamp_s,
        )

    def _fresh_frame(self) -> Frame:
        """The newest picture read; one read now, where that is old.

        Between two reads a camera without free buffers neither takes nor counts pictures, so its sequence numbers say
        nothing about the time that has passed.
        """
        frame = self._newest or self.read()
        for _ in range(STALE_READS):
            age_s = self.clock.now() - frame.timestamp_s
            if age_s <= STALE_INTERVALS * max(self.camera.frame_interval_s, self._exposure_time_s()):
                break
            frame = self.read()
        return frame

    def _exposure_time_s(self) -> float:
        return self._written.asked.time_s if self._written is not None else 0.0
