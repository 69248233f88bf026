from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from autoexposure.camera import Camera
from autoexposure.clock import SimulatedClock
from autoexposure.metering.classical import AverageMeter
from autoexposure.metering.policy import Decision
from autoexposure.metering.preview import Preview
from drivers.simulated.camera import open_simulated
from models.evaluation.closed_loop import STEPS_EV, WITHIN_FRAMES, run_closed_loop


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    path = tmp_path / "scene.hdr"
    light = np.random.default_rng(0).uniform(0.2, 2, (48, 64, 3)).astype(np.float32)
    cv2.imwrite(str(path), cv2.GaussianBlur(light, (0, 0), 3))
    return path


def open_scene(scene: Path, start_ev: float, clock: SimulatedClock) -> Camera:
    return open_simulated(f"scene={scene},light=steady,width=64,height=48,delay=2,start_ev={start_ev}", clock)


class Stubborn:
    """Never content, and never moved."""

    name, coarse = "stubborn", False

    def decide(self, preview: Preview) -> Decision:
        return Decision(0.0)


def test_a_meter_that_calculates_settles_in_time(scene: Path) -> None:
    done: list[tuple[str, float]] = []
    found = run_closed_loop(AverageMeter(), [scene], open_scene, lambda *what: done.append(what))
    assert done == [("settling in HDR scenes", 1.0)]
    assert (found.scenes, found.steps) == (1, len(STEPS_EV))
    assert found.settled_share == 1.0
    assert 0 < found.median_frames <= WITHIN_FRAMES
    assert found.most_reversals <= 1


def test_a_loop_that_does_not_move_settles_at_once(scene: Path) -> None:
    assert run_closed_loop(Stubborn(), [scene], open_scene).median_frames == 0
