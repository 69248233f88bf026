"""One law before one scene: which exposure made each picture, what was written, and what it cost."""

from __future__ import annotations

import tempfile
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from autoexposure.camera import CameraInfo, Capabilities, Settings
from autoexposure.clock import SimulatedClock
from autoexposure.control.config import LoopConfig
from autoexposure.control.loop import ControlLoop
from autoexposure.control.program import ExposureProgram
from autoexposure.custody.journal import Journal
from autoexposure.evaluation.laws.law import EVERY_PX, Facts
from autoexposure.evaluation.laws.table import PublishedLaw
from autoexposure.evaluation.scores import TracePoint
from autoexposure.evaluation.side_by_side.trial import Setup, Trial
from autoexposure.exposure import Exposure
from autoexposure.frame import Frame
from autoexposure.metering.clipping import clipping
from autoexposure.metering.policy import Policy
from autoexposure.response import srgb

UNKNOWN_DELAY = (0, 8)
"""What a camera says of its delay that does not know it; the usual range of `Capabilities`."""

LONGEST_READ_S = 5.0
"""More than any frame takes on a simulated clock."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture.

    Attributes
    ----------
    middle_s : the middle of its exposure, counted from the opening of the camera: which light it saw.
    highlights : share of it that is clipped. code : its mean code value.
    """

    sequence: int
    ev: float
    middle_s: float
    highlights: float
    code: float


@dataclass(frozen=True, slots=True)
class Played:
    """What became of one law before one scene.

    Attributes
    ----------
    shots : every picture. wrote : sequence numbers of those on account of which the camera was written to.
    cpu_s : processor time without that of the camera.
    """

    shots: tuple[Shot, ...]
    wrote: frozenset[int]
    cpu_s: float

    def trace(self, begin: int, end: int) -> list[TracePoint]:
        """Shots ``begin`` to ``end`` (exclusive) as `autoexposure.evaluation.scores` takes them."""
        return [TracePoint(shot.sequence, shot.ev, wrote=shot.sequence in self.wrote) for shot in self.shots[begin:end]]


Play = Callable[[Trial, Setup], Played]
"""Plays one law."""


def play_policy(make_policy: Callable[[], Policy], trial: Trial, setup: Setup) -> Played:
    """Let the control loop of this program run with a meter. Raises what made the loop fail."""
    clock = SimulatedClock()
    policy = make_policy()
    with tempfile.TemporaryDirectory() as folder, _Watched(trial, setup, clock) as camera:
        config = LoopConfig(response=trial.response or srgb())
        loop = ControlLoop(lambda: camera, lambda: policy, config=config, journal=Journal(Path(folder)), clock=clock)
        wrote: set[int] = set()
        begin_s = time.process_time()
        try:
            while len(camera.shots) < trial.frames:
                snapshot = loop.turn()
                if snapshot.failure is not None:
                    raise snapshot.failure
                if snapshot.wrote and snapshot.frame is not None:
                    wrote.add(snapshot.frame.sequence)
            cpu_s = time.process_time() - begin_s - camera.busy_s
        finally:
            loop.stop()
    return Played(tuple(camera.shots), frozenset(wrote), cpu_s)


def play_law(published: PublishedLaw, trial: Trial, setup: Setup) -> Played:
    """Let a published law drive the camera."""
    clock = SimulatedClock()
    with _Watched(trial, setup, clock) as camera:
        law = published.make()
        camera.take_control()
        reckons = setup.delay_frames if setup.known else published.reckons_frames
        program = ExposureProgram(camera.capabilities, camera.frame_interval_s)
        set_to = camera.exposure or program.split(program.plain_ev)
        recent = deque([set_to], maxlen=reckons + 1)  # what was set last, at each of the latest pictures
        since_write = reckons  # what it is set to at first has long arrived
        wrote: set[int] = set()
        begin_s = time.process_time()
        while len(camera.shots) < trial.frames:
            frame = camera.read(LONGEST_READ_S)
            since_write += 1
            made_with = camera.made_with if setup.known else recent[0]
            facts = Facts(frame.pixels, made_with, set_to, since_write, reckons, camera.capabilities, program)
            wanted = law.next_exposure(facts)
            if wanted is not None and wanted != set_to:
                really = camera.set_exposure(wanted)
                if really != set_to:
                    wrote.add(frame.sequence)
                    set_to, since_write = really, 0
            recent.append(set_to)
        cpu_s = time.process_time() - begin_s - camera.busy_s
    return Played(tuple(camera.shots), frozenset(wrote), cpu_s)


class _Watched:
    """A trial's camera, of which a law is told no more than the setup says; every picture is noted.

    Attributes
    ----------
    shots : so far. made_with : the exposure of the newest picture, in truth.
    busy_s : processor time that the camera itself took, which is no law's.
    """

    def __init__(self, trial: Trial, setup: Setup, clock: SimulatedClock) -> None:
        self._began_s = clock.now()
        self._camera = trial.open_camera(setup, clock)
        told = (setup.delay_frames, setup.delay_frames) if setup.known else UNKNOWN_DELAY
        self._capabilities = replace(self._camera.capabilities, reports_exposure=False, delay_frames=told)
        self.shots: list[Shot] = []
        self.made_with = Exposure(1.0)
        self.busy_s = 0.0

    @property
    def info(self) -> CameraInfo:
        return self._camera.info

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    @property
    def frame_interval_s(self) -> float:
        return self._camera.frame_interval_s

    @property
    def exposure(self) -> Exposure | None:
        return self._camera.exposure

    def settings(self) -> Settings:
        return self._camera.settings()

    def restore(self, settings: Settings) -> None:
        self._camera.restore(settings)

    def take_control(self) -> None:
        self._camera.take_control()

    def set_exposure(self, exposure: Exposure) -> Exposure:
        begin_s = time.process_time()
        try:
            return self._camera.set_exposure(exposure)
        finally:
            self.busy_s += time.process_time() - begin_s

    def set_native_auto(self, on: bool) -> None:
        self._camera.set_native_auto(on)

    def read(self, timeout_s: float) -> Frame:
        begin_s = time.process_time()
        frame = self._camera.read(timeout_s)
        assert frame.exposure is not None, "a trial's camera reports what made its pictures"
        self.made_with = frame.exposure
        middle_s = frame.timestamp_s - frame.exposure.time_s / 2 - self._began_s
        looked_at = np.ascontiguousarray(frame.pixels[::EVERY_PX, ::EVERY_PX])
        highlights, code = clipping(looked_at).highlights, float(looked_at.mean())
        self.shots.append(Shot(frame.sequence, frame.exposure.ev, middle_s, highlights, code))
        self.busy_s += time.process_time() - begin_s
        return replace(frame, exposure=None, reported=False)

    def close(self) -> None:
        self._camera.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
