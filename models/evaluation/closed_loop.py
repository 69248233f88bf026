"""A model in the live loop, before scenes and real stacks: how fast it settles after a step of 3 EV, and how steadily.

Clock and camera are simulated, so the figures are the same on every machine and no time is spent waiting.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from autoexposure.camera import Camera
from autoexposure.clock import SimulatedClock
from autoexposure.control.loop import ControlLoop
from autoexposure.custody.journal import Journal
from autoexposure.evaluation.scores import LoopScores, score, trace_of
from autoexposure.metering.policy import Policy
from autoexposure.process.long_work import Tell, tell_nobody

STEPS_EV = (-3.0, 3.0)
"""Where a loop starts, EV from the exposure that an average meter asks for."""

DELAYS_FRAMES = (0, 2, 4, 5, 8)
"""Of the simulated cameras: none, a webcam's, those of webcams with long queues, and a camera behind a network."""

FRAMES = 60
"""Of each run: more than twice `within_frames` of the longest delay, so that hunting shows."""

IN_TIME = 0.95
"""Share of the steps that should settle within `within_frames`; half of them should within `soon_frames`."""

MOST_OVERSHOOT_EV = 0.4
"""Further beyond where it ends no step may go: twice the band within which it counts as settled."""

OpenView = Callable[[int, float, SimulatedClock], Camera]
"""(delay_frames, start_ev, clock) -> a camera before one view, ``start_ev`` off what an average meter asks for."""


def within_frames(delay_frames: int) -> int:
    """Frames within which a loop should settle: two rounds of the camera's delay, and a few to be sure."""
    return 2 * delay_frames + 5


def soon_frames(delay_frames: int) -> int:
    """Frames within which half of the steps should settle: one round, and two more for the picture and the answer."""
    return delay_frames + 2


@dataclass(frozen=True, slots=True)
class AtDelay:
    """What became of all the steps on a camera with one delay.

    Attributes
    ----------
    delay_frames : of the camera.
    steps : how many; every view gets every step of STEPS_EV.
    settled_share : share of the steps that settled within `within_frames`.
    soon_share : share that settled within `soon_frames`.
    median_frames, p90_frames : frames to settling, of those that settled at all.
    median_overshoot_ev, most_overshoot_ev : over the steps.
    most_reversals : of any step; more than 1 is hunting. hunting_share : share of the steps with more than 1.
    """

    delay_frames: int
    steps: int
    settled_share: float
    soon_share: float
    median_frames: float
    p90_frames: float
    median_overshoot_ev: float
    most_overshoot_ev: float
    most_reversals: int
    hunting_share: float

    @classmethod
    def of(cls, delay_frames: int, runs: Sequence[LoopScores]) -> AtDelay:
        """Put the scores of its ``runs``, at least one, together."""
        frames = [run.settling_frames for run in runs if run.settling_frames is not None]
        overshoots = [run.overshoot_ev for run in runs]
        return cls(
            delay_frames,
            len(runs),
            sum(count <= within_frames(delay_frames) for count in frames) / len(runs),
            sum(count <= soon_frames(delay_frames) for count in frames) / len(runs),
            float(np.median(frames)) if frames else float("nan"),
            float(np.quantile(frames, 0.9)) if frames else float("nan"),
            float(np.median(overshoots)),
            max(overshoots),
            max(run.reversals for run in runs),
            sum(run.reversals > 1 for run in runs) / len(runs),
        )

    @property
    def is_met(self) -> bool:
        """Whether it settles as it should: nearly always in time, half of the steps soon, none too far or hunting."""
        steady = self.most_overshoot_ev <= MOST_OVERSHOOT_EV and self.most_reversals <= 1
        return self.settled_share >= IN_TIME and self.soon_share >= 0.5 and steady


@dataclass(frozen=True, slots=True)
class ClosedLoop:
    """What became of all the steps before ``views`` views, by the camera's delay."""

    views: int
    by_delay: tuple[AtDelay, ...]


def run_closed_loop(
    policy: Policy,
    views: Sequence[OpenView],
    tell: Tell = tell_nobody,
    delays_frames: Sequence[int] = DELAYS_FRAMES,
) -> ClosedLoop:
    """Let the loop with ``policy`` settle on every view from every step, on cameras with each of the delays."""
    found = []
    for place, delay in enumerate(delays_frames):
        runs: list[LoopScores] = []
        for number, view in enumerate(views, 1):
            runs += [_one(policy, view, delay, start_ev) for start_ev in STEPS_EV]
            tell("settling", (place + number / len(views)) / len(delays_frames))
        found.append(AtDelay.of(delay, runs))
    return ClosedLoop(len(views), tuple(found))


def _one(policy: Policy, view: OpenView, delay_frames: int, start_ev: float) -> LoopScores:
    clock = SimulatedClock()
    with tempfile.TemporaryDirectory() as journal:
        loop = ControlLoop(
            lambda: view(delay_frames, start_ev, clock), lambda: policy, journal=Journal(Path(journal)), clock=clock
        )
        try:
            snapshots = [loop.turn() for _ in range(FRAMES)]
        finally:
            loop.stop()
    return score(trace_of([snapshot for snapshot in snapshots if snapshot.frame is not None]))
