"""A model in the live loop, on scenes in true light: how fast it settles after a step of 3 EV, and how steadily.

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

DELAY_FRAMES = 2
"""Of the simulated camera, as webcams have it."""

WITHIN_FRAMES = 2 * DELAY_FRAMES + 5
"""Frames within which a loop should settle: two rounds of the camera's delay, and a few to be sure."""

FRAMES = 60
"""Of each run: several times WITHIN_FRAMES, so that hunting shows."""

OpenScene = Callable[[Path, float, SimulatedClock], Camera]
"""(file, start_ev, clock) -> a simulated camera before that scene, ``start_ev`` off, with a delay of DELAY_FRAMES."""


@dataclass(frozen=True, slots=True)
class ClosedLoop:
    """What became of all the steps.

    Attributes
    ----------
    scenes, steps : how many; every scene gets every step of STEPS_EV.
    settled_share : share of the steps that settled within WITHIN_FRAMES.
    median_frames : median of the frames to settling, of those that settled at all.
    most_overshoot_ev : of any step.
    most_reversals : of any step; more than 1 is hunting.
    """

    scenes: int
    steps: int
    settled_share: float
    median_frames: float
    most_overshoot_ev: float
    most_reversals: int


def run_closed_loop(
    policy: Policy, scenes: Sequence[Path], open_scene: OpenScene, tell: Tell = tell_nobody
) -> ClosedLoop:
    """Let the loop with ``policy`` settle on every scene from every step."""
    runs: list[LoopScores] = []
    for number, scene in enumerate(scenes, 1):
        runs += [_one(policy, scene, start_ev, open_scene) for start_ev in STEPS_EV]
        tell("settling in HDR scenes", number / len(scenes))
    frames = [run.settling_frames for run in runs if run.settling_frames is not None]
    return ClosedLoop(
        len(scenes),
        len(runs),
        sum(count <= WITHIN_FRAMES for count in frames) / len(runs),
        float(np.median(frames)) if frames else float("nan"),
        max(run.overshoot_ev for run in runs),
        max(run.reversals for run in runs),
    )


def _one(policy: Policy, scene: Path, start_ev: float, open_scene: OpenScene) -> LoopScores:
    clock = SimulatedClock()
    with tempfile.TemporaryDirectory() as journal:
        loop = ControlLoop(
            lambda: open_scene(scene, start_ev, clock), lambda: policy, journal=Journal(Path(journal)), clock=clock
        )
        try:
            snapshots = [loop.turn() for _ in range(FRAMES)]
        finally:
            loop.stop()
    return score(trace_of([snapshot for snapshot in snapshots if snapshot.frame is not None]))
