from dataclasses import asdict
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from autoexposure.camera import Camera, CameraInfo, Capabilities, ControlRange
from autoexposure.clock import SimulatedClock
from autoexposure.control.snapshot import Snapshot
from autoexposure.errors import ConfigError
from autoexposure.evaluation.comparison import Side
from autoexposure.exposure import Exposure
from autoexposure.figures.response import SETTLE_S, SHOWN_S, Seen, around_change, recorded, respond, run_on
from autoexposure.frame import Frame
from autoexposure.metering.classical import AverageMeter
from autoexposure.recording.writer import PictureFormat, RecordingWriter
from autoexposure.states import LoopState
from drivers.discovery import open_camera

CAMERA = CameraInfo("sim:", "A camera", "sim:")
ABLE = Capabilities(time_s=ControlRange(1e-4, 0.03), gain=ControlRange(1, 16), native_auto=True)
BLACK = np.zeros((6, 8, 3), np.uint8)


def made_run(light_ev: list[float], evs: list[float] | None, fps: float = 10.0) -> list[Seen]:
    """Pictures of a scene with this light, made with these exposures (all the same where they are unknown)."""
    exposures = evs or [0.0] * len(light_ev)
    return [
        Seen(number / fps, BLACK, light + ev, None if evs is None else ev)
        for number, (light, ev) in enumerate(zip(light_ev, exposures, strict=True))
    ]


def test_the_change_is_found_and_a_move_of_the_loop_is_none() -> None:
    light = [0.0] * 60 + [-2.0] * 60
    evs = [0.0] * 30 + [3.0] * 40 + [5.0] * 50  # a move of 3 EV at 3 s, the answer to the change at 6 s
    part, change = around_change(made_run(light, evs))
    assert part[change].at_s == 6.0


def test_the_first_change_counts() -> None:
    part, change = around_change(made_run([0.0] * 40 + [-1.0] * 20 + [2.0] * 20, None))
    assert part[change].at_s == 4.0
    assert part[0].at_s == 3.5
    assert part[-1].at_s == 7.9


def test_the_search_at_the_start_is_no_change() -> None:
    early = int(SETTLE_S * 10) - 5
    with pytest.raises(ConfigError, match="no sudden change"):
        around_change(made_run([0.0] * early + [3.0] * 50, None))


def test_the_numbers_of_a_made_response() -> None:
    """Down by 2 EV, 0.5 EV too far up after 0.4 s, at rest after 0.6 s at -0.1 EV."""
    run = made_run([0.0] * 50 + [-2.0] * 4 + [0.5] * 2 + [-0.1] * 60, None)
    strip, found = respond(run, "ours", Side.OURS)
    assert found.step_ev == pytest.approx(-2.0)
    assert found.settled_s == pytest.approx(0.6)
    assert found.overshoot_ev == pytest.approx(0.6)
    assert found.end_ev == pytest.approx(-0.1)
    assert [at_s for at_s, _ in strip.pictures] == pytest.approx(SHOWN_S, abs=0.051)
    assert min(strip.times_s) == pytest.approx(-0.5)
    assert max(strip.times_s) <= 4.0


@pytest.fixture(scope="module")
def runs() -> dict[Side, list[Seen]]:
    spec = "sim:scene=coffee,light=switch,width=96,height=72,report=on,noise=off,fps=15"
    return {side: list(run_on(partial(opened, spec), AverageMeter, side, 20.0)) for side in Side}


def opened(spec: str, clock: SimulatedClock) -> Camera:
    return open_camera(spec, clock=clock)


def test_on_the_simulated_camera_the_lamp_is_found_in_both_runs(runs: dict[Side, list[Seen]]) -> None:
    for side, run in runs.items():
        assert all(late.at_s > early.at_s for early, late in pairwise(run))
        part, change = around_change(run)
        assert part[change].at_s - run[0].at_s == pytest.approx(15.0, abs=0.2)
        _, found = respond(run, side.value, side)
        assert found.step_ev == pytest.approx(np.log2(1 / 6), abs=0.35)
        assert found.settled_s is not None
        assert abs(found.end_ev) < 0.35


def test_a_recording_tells_the_same(runs: dict[Side, list[Seen]], tmp_path: Path) -> None:
    run = runs[Side.OURS]
    with RecordingWriter(tmp_path / "run.tar", PictureFormat.PNG) as writer:
        for number, seen in enumerate(run):
            assert seen.ev is not None
            frame = Frame(seen.pixels, seen.at_s, number, Exposure(2.0**seen.ev, 1.0), reported=True)
            writer.add(Snapshot(loop_state=LoopState.RUNNING, camera=CAMERA, capabilities=ABLE, frame=frame))
    _, live = respond(run, "ours", Side.OURS)
    _, replayed = respond(recorded(tmp_path / "run.tar"), "ours", Side.OURS)
    assert asdict(replayed) == pytest.approx(asdict(live), abs=1e-3)
