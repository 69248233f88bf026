from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from autoexposure.camera import Camera
from autoexposure.clock import SimulatedClock
from autoexposure.evaluation.scores import LoopScores
from autoexposure.exposure import Exposure
from autoexposure.metering.classical import AverageMeter
from autoexposure.metering.policy import Decision
from autoexposure.metering.preview import Preview
from drivers.simulated.camera import open_simulated
from models.data.stacks import Stack
from models.evaluation.closed_loop import DELAYS_FRAMES, STEPS_EV, AtDelay, OpenView, run_closed_loop, within_frames
from models.evaluation.rests import count_rests
from models.evaluation.stack_camera import StackCamera, stack_view


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    path = tmp_path / "scene.hdr"
    light = np.random.default_rng(0).uniform(0.2, 2, (48, 64, 3)).astype(np.float32)
    cv2.imwrite(str(path), cv2.GaussianBlur(light, (0, 0), 3))
    return path


@pytest.fixture
def view(scene: Path) -> OpenView:
    def opened(delay_frames: int, start_ev: float, clock: SimulatedClock) -> Camera:
        what = f"scene={scene},light=steady,width=64,height=48,delay={delay_frames},start_ev={start_ev}"
        return open_simulated(what, clock)

    return opened


class Stubborn:
    """Never content, and never moved."""

    name, coarse = "stubborn", False

    def decide(self, preview: Preview) -> Decision:
        return Decision(0.0)


def test_a_meter_that_calculates_settles_in_time_whatever_the_delay(view: OpenView) -> None:
    done: list[tuple[str, float]] = []
    found = run_closed_loop(AverageMeter(), [view], lambda *what: done.append(what))
    assert done[-1] == ("settling", 1.0)
    assert found.views == 1
    assert [each.delay_frames for each in found.by_delay] == list(DELAYS_FRAMES)
    for each in found.by_delay:
        assert each.steps == len(STEPS_EV)
        assert each.settled_share == 1.0
        assert 0 < each.median_frames <= each.p90_frames <= within_frames(each.delay_frames)
        assert each.most_reversals <= 1
    slowest, fastest = found.by_delay[-1], found.by_delay[0]
    assert slowest.median_frames > fastest.median_frames


def test_a_loop_that_does_not_move_settles_at_once(view: OpenView) -> None:
    (found,) = run_closed_loop(Stubborn(), [view], delays_frames=(2,)).by_delay
    assert (found.median_frames, found.soon_share, found.most_overshoot_ev) == (0, 1.0, 0.0)
    assert found.is_met


def test_a_real_stack_settles_too_and_ends_where_its_frames_end() -> None:
    """Its codes rise by more than the light does."""
    light = np.random.default_rng(0).uniform(0.05, 1, (48, 64, 3)).astype(np.float32)
    evs = tuple(np.arange(-4.0, 4.5, 1.0).tolist())
    codes = [np.clip(255 * (light * 0.3 * 2.0 ** (1.3 * ev)) ** (1 / 2.2), 0, 255).astype(np.uint8) for ev in evs]
    stack = Stack("bright", evs, tuple(codes))
    (found,) = run_closed_loop(AverageMeter(), [stack_view(stack)], delays_frames=(2,)).by_delay
    assert found.settled_share == 1.0
    assert found.most_overshoot_ev > 0.3  # the meter takes a stop for a stop, which it is not
    with StackCamera(stack, 1, 0.0, SimulatedClock()) as camera:
        first = camera.read(1.0)
        camera.set_exposure(Exposure(10.0))
        later = [camera.read(1.0) for _ in range(2)]
        assert [np.array_equal(frame.pixels, first.pixels) for frame in later] == [True, False]
        assert np.array_equal(later[1].pixels, codes[-1])
        assert later[1].exposure == camera.exposure
    assert count_rests(AverageMeter(), [stack], 1).several == {}


def scores(frames: int | None, turns: int = 0, overshoot_ev: float = 0.1) -> LoopScores:
    return LoopScores(0.0, 3.0, frames, overshoot_ev, turns, 1.0, 1, 0, 0.0, None)


@pytest.mark.parametrize(
    ("runs", "is_met"),
    [
        ([scores(4)] * 10 + [scores(9)] * 9 + [scores(10)], True),
        ([scores(4)] * 9 + [scores(9)] * 11, False),  # too few are there soon
        ([scores(4)] * 18 + [scores(None)] * 2, False),  # too many never are
        ([scores(4)] * 19 + [scores(4, turns=2)], False),  # one hunts
        ([scores(4)] * 19 + [scores(4, overshoot_ev=0.4)], True),
        ([scores(4)] * 19 + [scores(4, overshoot_ev=0.41)], False),  # one goes too far
    ],
)
def test_a_loop_has_to_be_fast_and_steady(runs: list[LoopScores], is_met: bool) -> None:
    assert AtDelay.of(2, runs).is_met == is_met
