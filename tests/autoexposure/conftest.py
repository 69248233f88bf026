"""A closed loop on the simulated camera and a simulated clock: exact, and faster than time."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from autoexposure.camera import Camera, CameraInfo, Capabilities
from autoexposure.clock import SimulatedClock
from autoexposure.control.loop import ControlLoop, LoopConfig
from autoexposure.control.snapshot import Snapshot
from autoexposure.custody.journal import Journal
from autoexposure.evaluation.scores import LoopScores, score, trace_of
from autoexposure.metering.policy import Policy
from autoexposure.states import LoopState
from drivers.simulated.camera import SimulatedCamera, make_scene
from drivers.simulated.config import parse_simulated


class VagueCamera(SimulatedCamera):
    """Does not know its own delay, as webcams don't."""

    @property
    def capabilities(self) -> Capabilities:
        return replace(super().capabilities, delay_frames=(0, 8))


class LastingCamera(SimulatedCamera):
    """Is noted and locked, as real cameras are."""

    @property
    def info(self) -> CameraInfo:
        return replace(super().info, lasting=True)


class ClosedLoop:
    """One loop, its camera and its clock."""

    def __init__(
        self,
        folder: Path,
        spec: str,
        make_policy: Callable[[], Policy],
        *,
        vague: bool = False,
        lasting: bool = False,
        config: LoopConfig | None = None,
    ) -> None:
        self.clock = SimulatedClock()
        self.journal = Journal(folder / "journal")
        kind = VagueCamera if vague else LastingCamera if lasting else SimulatedCamera
        settings = parse_simulated(spec)
        self.camera = kind(settings, make_scene(settings), self.clock, f"sim:{spec}")
        self.loop = ControlLoop(self.open, make_policy, config=config, journal=self.journal, clock=self.clock)

    def open(self) -> Camera:
        self.camera.settings()  # raises what an absent camera raises
        return self.camera

    def run(self, frames: int) -> list[Snapshot]:
        """Turn until ``frames`` more pictures were seen; raises what makes the loop fail."""
        seen: list[Snapshot] = []
        while len(seen) < frames:
            snapshot = self.loop.turn()
            if snapshot.loop_state is LoopState.FAILED:
                raise snapshot.error or RuntimeError(snapshot.notice)
            if snapshot.frame is not None and snapshot.loop_state is LoopState.RUNNING:
                seen.append(snapshot)
        return seen

    def score(self, seen: list[Snapshot]) -> LoopScores:
        """Judged by the exposures that really made the pictures, not by what the loop believes."""
        return score([replace(point, ev=self.camera.truth(point.sequence).ev) for point in trace_of(seen)])

    def truth_ev(self, snapshot: Snapshot) -> float:
        """EV that really made the picture of ``snapshot``."""
        assert snapshot.frame is not None
        return self.camera.truth(snapshot.frame.sequence).ev


@pytest.fixture
def closed_loop(tmp_path: Path) -> Callable[..., ClosedLoop]:
    """Makes a ClosedLoop with a journal of its own: ``closed_loop(spec, make_policy, vague=, lasting=, config=)``."""
    return partial(ClosedLoop, tmp_path)
